"""Does what the deployment page says, on machines made of namespaces, and looks whether what it claims comes about.

It is run by `run`, as the first process of namespaces of its own: all that it starts and makes ends with it.
"""

from __future__ import annotations

import re
import shlex
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import page
from machine import LIMIT, Failure, Machine, Wire, call, make_packages, say

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "Documentation/DEPLOYMENT.md"

NAME = "rehearsal"
UNIT = f"chaosd@{NAME}"
PORT = 7000
SOCKET = f"/run/chaos/{NAME}/control.sock"
STATE = f"/var/lib/chaos/{NAME}/state"
FILE = f"/etc/chaos/{NAME}.yaml"
NETWORKS = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"]
# The machines of the page, and one that it keeps out.
ADDRESSES = {
    "vault-one": None,
    "vault-two": None,
    "alpha": "192.0.2.10",
    "beta": "198.51.100.20",
    "gamma": "198.51.100.21",
    "stranger": "203.0.113.66",
}
INSTITUTIONS = {"alpha": "Institute One", "beta": "Institute Two", "gamma": "Institute Two"}


def eventually(what: str, condition: Callable[[], Any]) -> Any:
    """Waits until a condition holds, and returns what it gives.

    - what: what is waited for, for people
    """
    end = time.monotonic() + LIMIT
    while True:
        try:
            if value := condition():
                return value
            why = ""
        except Failure as failure:
            why = f": {failure}"
        if time.monotonic() > end:
            raise Failure(f"not within {LIMIT:.0f} s: {what}{why}")
        time.sleep(0.1)


def require(holds: object, what: str) -> None:
    """Fails with what should be unless it is."""
    if not holds:
        raise Failure(f"not so: {what}")


class Play:
    """The machines, and what has been seen on them."""

    def __init__(self, programs: Path, folder: Path, items: list[page.Item]) -> None:
        self.items = items
        call("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(folder))
        (folder / "systemctl.py").write_bytes((ROOT / "Tests/Deployment/systemctl.py").read_bytes())
        # As Debian's package brings it.
        (folder / "nftables.conf").write_text("#!/usr/sbin/nft -f\n\nflush ruleset\n")
        versions = list(
            dict.fromkeys(
                re.findall(r"chaos_([0-9.]+)_amd64\.deb", PAGE.read_text(encoding="utf-8"))
            )
        )
        make_packages(ROOT, programs, folder, versions)
        call("ip", "link", "add", "name", "bridge0", "type", "bridge")
        call("ip", "link", "set", "bridge0", "up")
        self.machines = {
            name: Machine(name, folder, address) for name, address in ADDRESSES.items()
        }
        for machine in self.machines.values():
            machine.wait_until_ready(NETWORKS)
            machine.run("cp --symbolic-link /root/packages/*.deb /root")
        self.wire = Wire(PORT)
        self.last: page.Commands | None = None
        self.printed: dict[str, str] = {}
        self.step = 0
        self.before: dict[str, dict[str, Any]] = {}

    def run(self) -> None:
        """Does all items of the page in its order."""
        claims = dict(CLAIMS)
        for item in self.items:
            try:
                self._do(item, claims)
            except Failure as failure:
                say(f"{PAGE.relative_to(ROOT)}:{item.line}: {failure}")
                self._tell_logs()
                raise SystemExit(1) from None
            self._watch_steps()
        if claims:
            raise SystemExit("the page does not say any more what is tested: " + "; ".join(claims))

    def _do(self, item: page.Item, claims: dict[str, Callable[[Play], None]]) -> None:
        if isinstance(item, page.Prose):
            for text in sorted((t for t in claims if t in item.text), key=item.text.find):
                began = time.monotonic()
                claims.pop(text)(self)
                say(f"line {item.line}: it is so: {text} ({time.monotonic() - began:.1f} s)")
        elif isinstance(item, page.Commands):
            for name in item.machines:
                say(f"line {item.line}: on {name}: {item.text.splitlines()[0]} …")
                self.printed[name] = self.machine(name).run(f"cd /root\n{item.text}")
                self._watch_steps()
            self.last = item
        elif isinstance(item, page.File):
            for name in item.machines:
                say(f"line {item.line}: on {name}: the file {item.path}")
                self.machine(name).write(item.path, item.text.encode())
        elif isinstance(item, page.Carry):
            say(f"line {item.line}: {item.source_path} from {item.source} to {item.target}")
            content = self.machine(item.source).read(item.source_path)
            self.machine(item.target).write(item.target_path, content)
            self.machine(item.target).run(f"chmod 600 {shlex.quote(item.target_path)}")
        else:
            self._look(item)

    def _look(self, item: page.Output) -> None:
        """Looks whether what is printed is what the page shows."""
        pattern = page.expected(item.text)
        require(self.last, "commands before what they print")
        assert self.last
        if item.machine is None:
            for name in self.last.machines:
                require(
                    pattern.fullmatch(self.printed[name]),
                    f"it prints on {name}:\n{item.text}but:\n{self.printed[name]}",
                )
            return
        machine = self.machine(item.machine)
        command = item.command or self.last.text
        printed = ""

        def shows() -> bool:
            nonlocal printed
            printed = machine.run(command)
            return pattern.fullmatch(printed) is not None

        try:
            eventually("", shows)
        except Failure:
            raise Failure(f"it never printed:\n{item.text}but:\n{printed}") from None
        say(f"line {item.line}: it prints that")

    def _tell_logs(self) -> None:
        for name in INSTITUTIONS:
            say(f"--- the log of {name}")
            say(
                self.machine(name).run(
                    f"tail -n 40 /var/log/systemctl/{UNIT}.service 2>&1", check=False
                )
            )
            say(self.machine(name).run(f"chaos status --socket {SOCKET} 2>&1", check=False))

    def machine(self, name: str) -> Machine:
        """Returns a machine of the page."""
        if name not in self.machines:
            raise Failure(f"a machine {name}; allowed: {', '.join(ADDRESSES)}")
        return self.machines[name]

    def status(self, name: str) -> dict[str, Any]:
        """Returns what the node of a machine says of itself."""
        status = self.machine(name).status(SOCKET)
        if status is None:
            raise Failure(f"no node answers on {name}")
        return status

    def log(self, name: str) -> str:
        """Returns the log of the node of a machine."""
        return self.machine(name).run(f"journalctl --no-pager --unit {UNIT}")

    def _watch_steps(self) -> None:
        """Steps never go back, unless the cluster is restored."""
        steps = [
            s["step"]
            for n in INSTITUTIONS
            if (s := self.machine(n).status(SOCKET)) and s["phase"] == "training"
        ]
        if steps:
            require(max(steps) >= self.step, f"steps go on: {max(steps)} after {self.step}")
            self.step = max(steps)

    def one_view(self, names: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Waits until all that are named train as the members of one view, and nobody else, and goes on by steps."""
        names = list(names)

        def together() -> dict[str, dict[str, Any]] | None:
            found = {name: self.status(name) for name in names}
            # One that has just been started has none.
            views = [status["view"] for status in found.values() if status["view"]]
            if len(views) < len(names):
                return None
            members = {member["node"] for view in views for member in view["members"]}
            same = len({view["number"] for view in views}) == 1
            all_train = all(status["phase"] == "training" for status in found.values())
            return (
                found
                if same and all_train and members == {s["node"] for s in found.values()}
                else None
            )

        found: dict[str, dict[str, Any]] = eventually(
            f"{', '.join(names)} train in one view", together
        )
        self.goes_on(names)
        return found

    def goes_on(self, names: Iterable[str], steps: int = 5) -> None:
        """Waits until nodes have done some steps more."""
        goals = {name: self.status(name)["step"] + steps for name in names}
        for name, goal in goals.items():
            eventually(f"{name} comes to step {goal}", self._is_at(name, goal))
        self._watch_steps()

    def _is_at(self, name: str, step: int) -> Callable[[], bool]:
        return lambda: self.status(name)["step"] >= step

    def links_up(self, name: str) -> dict[str, str]:
        """Returns whom a node has a link with, and of which institution each is."""
        return {
            link["peer"]: link["institution"] for link in self.status(name)["links"] if link["up"]
        }

    def dropped(self, name: str) -> int:
        """Returns how many packets the firewall of a machine has dropped."""
        rules = self.machine(name).run("nft list chain inet chaos input")
        found = re.search(r"counter packets (\d+) .*drop", rules)
        require(found, f"a rule with a counter that drops on {name}:\n{rules}")
        assert found
        return int(found[1])

    def cannot_reach(self, source: str, target: str) -> None:
        """A machine cannot reach the port of another one: its packets are dropped; that it is on the network is seen."""
        address = self.machine(target).address
        probe = (
            "import socket; s = socket.socket(); s.settimeout(float({t}));\n"
            "try: s.connect(('{a}', {p})); print('connected')\n"
            "except OSError as e: print(type(e).__name__)"
        )
        # Where no rule drops, and nobody listens, it is refused at once.
        said = self._python(source, probe.format(a=address, p=PORT + 1, t=LIMIT))
        require(said == "ConnectionRefusedError", f"{source} reaches {target}: {said}")
        before = self.dropped(target)

        def is_dropped() -> bool:
            said = self._python(source, probe.format(a=address, p=PORT, t=0.5))
            require(said == "TimeoutError", f"{source} does not reach the port of {target}: {said}")
            return self.dropped(target) > before

        eventually(f"packets from {source} to {target} are dropped", is_dropped)

    def _python(self, name: str, program: str) -> str:
        return self.machine(name).run(f"python3 -c {shlex.quote(program)}").strip()


# What the page claims, and how it is looked at: each when the page has come to its words.


def keys_are_safe(play: Play) -> None:
    vault = play.machine("vault-one")
    for key in ("/root/authority/authority.key", "/root/nodes/alpha.key"):
        require(vault.run(f"stat --format=%a {key}") == "600\n", f"{key} has mode 0600")
    before = vault.read("/root/nodes/alpha.key")
    for command in (
        'chaosd identity create "Institute One" --directory /root/authority',
        "chaosd identity issue alpha --authority /root/authority --directory /root/nodes",
    ):
        text, status = vault.run_with_errors(command, check=False)
        require(status == 5, f"status 5 of {command}: {status}, {text}")
    require(vault.read("/root/nodes/alpha.key") == before, "the key is as it was")


def fingerprints_agree(play: Play) -> None:
    for vault, node, file in (("vault-one", "beta", "one"), ("vault-two", "alpha", "two")):
        require(
            play.printed[vault] == play.printed[node],
            f"the fingerprints of {vault} and {node} are the same",
        )
        digits = play.printed[vault].split("=")[1].strip()
        require(len(digits.split(":")) == 32, "a fingerprint has 32 pairs")
        play.machine("alpha").run(
            f"chaosd identity show /root/{file}.pem | grep --fixed-strings 'SHA-256 {digits.replace(':', '').lower()}'"
        )


def faults_are_told(play: Play) -> None:
    beta = play.machine("beta")
    check = "runuser -u chaos -- chaosd --check --config /tmp/wrong.yaml"
    for change, named in (
        ("s/state: 1 MiB/state: 1 Mib/", ["trainer.state"]),
        ("s,/etc/chaos/node.key,/tmp/open.key,", ["/tmp/open.key"]),
        # Of the file itself and of what it names, at once.
        ("s/^peers:/peer:/; s,/etc/chaos/trust,/tmp/nobody,", ["peer", "/tmp/nobody"]),
    ):
        beta.run("install -m 640 -o chaos -g chaos /etc/chaos/node.key /tmp/open.key")
        beta.run(f"sed {shlex.quote(change)} {FILE} > /tmp/wrong.yaml")
        text, status = beta.run_with_errors(check, check=False)
        require(
            status == 5 and all(name in text for name in named) and "allowed" in text,
            f"faults of {named}: status {status}, {text}",
        )
    beta.run("shred --remove /tmp/open.key; rm /tmp/wrong.yaml")


def unit_is_sound(play: Play) -> None:
    text = play.machine("alpha").run(f"systemd-analyze verify --man=no {UNIT}.service 2>&1")
    require(
        f"{UNIT}" not in text and "chaosd@.service" not in text,
        f"systemd finds no fault with the unit: {text}",
    )
    require(
        play.machine("alpha").run(f"systemctl is-enabled {UNIT}") == "enabled\n",
        "the unit is enabled",
    )


def it_is_healthy(play: Play) -> None:
    eventually(
        "both have a checkpoint",
        lambda: all(play.status(name)["checkpoint_step"] for name in ("alpha", "beta")),
    )
    found = play.one_view(["alpha", "beta"])
    for name, other in (("alpha", "Institute Two"), ("beta", "Institute One")):
        require(list(play.links_up(name).values()) == [other], f"{name} has a link to {other}")
        require(found[name]["institution"] == INSTITUTIONS[name], f"{name} is of its institution")
        require(
            found[name]["reason"] is None and found[name]["trouble"] is None,
            f"{name} has no trouble",
        )
    owners = play.machine("alpha").run(f"ps -o user= -C chaosd; stat --format=%U:%a {SOCKET}")
    require(
        owners.split() == ["chaos", "chaos:600"],
        f"the node and its socket are of the user chaos: {owners}",
    )


def strangers_stay_out(play: Play) -> None:
    for target in ("alpha", "beta"):
        play.cannot_reach("stranger", target)
    # Whoever may connect, but has no certificate, gets no byte but those of TLS.
    said = play._python(
        "beta",
        f"import socket; s = socket.create_connection(('192.0.2.10', {PORT}), {LIMIT}); s.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n')\n"
        "b = b''\n"
        "try:\n"
        "    while (c := s.recv(4096)): b += c\n"
        "except ConnectionResetError: pass\n"
        "print(b.hex())",
    )
    require(
        re.fullmatch(r"(150303....02..)*", said),
        f"a plain connection is closed with no more than an alert: {said}",
    )
    text = play.machine("beta").run(
        f"openssl s_client -connect 192.0.2.10:{PORT} -tls1_3 -ign_eof < /dev/null 2>&1",
        check=False,
    )
    require("alert" in text, f"a connection without a certificate is refused by an alert:\n{text}")
    require(NAME not in text, f"it gets nothing of the protocol:\n{text}")
    # Of the two nodes, meanwhile, much has passed, and nothing that can be read.
    passed = play.wire.take()
    for _ in range(2):
        play.goes_on(["alpha"])
        passed += play.wire.take()
    require(len(passed) > 1 << 20, f"the state passes: {len(passed)} bytes")
    require(b"\x16\x03\x01" in passed and b"\x17\x03\x03" in passed, "what passes is TLS")
    for word in (NAME.encode(), b"synthetic", b"Institute", b"alpha"):
        require(word not in passed, f"{word!r} is not to be read on the wire")


def found_is_told(play: Play) -> None:
    eventually(
        "the log names the key",
        lambda: re.search(r"keys=.*found.*changed keys need a new start", play.log("alpha")),
    )
    play.goes_on(["alpha", "beta"])


def any_may_go(play: Play) -> None:
    names = list(INSTITUTIONS)
    eventually("each has two links", lambda: all(len(play.links_up(name)) == 2 for name in names))
    before = play.one_view(names)
    play.machine("gamma").run(f"kill -KILL $(cat /run/systemctl/{UNIT}.service/main)")
    eventually(
        "alpha and beta go on without gamma",
        lambda: (
            before["gamma"]["node"]
            not in {m["node"] for m in play.status("alpha")["view"]["members"]}
        ),
    )
    after = play.one_view(names)
    require(after["gamma"]["node"] != before["gamma"]["node"], "gamma is back under another id")
    require(after["alpha"]["node"] == before["alpha"]["node"], "alpha is who it was")
    eventually(
        "each has two links again", lambda: all(len(play.links_up(name)) == 2 for name in names)
    )


def remember(play: Play) -> None:
    play.before = play.one_view(INSTITUTIONS)


def renewal_keeps_the_view(play: Play) -> None:
    before = play.before["alpha"]
    eventually(
        "alpha has the new certificate",
        lambda: play.status("alpha")["certificate_expiry"] > before["certificate_expiry"],
    )
    after = play.one_view(INSTITUTIONS)
    require(after["alpha"]["view"]["number"] == before["view"]["number"], "the view is the same")
    for link in before["links"]:
        now = next(other for other in after["alpha"]["links"] if other["peer"] == link["peer"])
        require(
            now["sent_bytes"] >= link["sent_bytes"], f"the connection to {link['peer']} is the same"
        )
    # One that does not fit the key.
    alpha = play.machine("alpha")
    alpha.run(
        f"cp /etc/chaos/node.pem /root/good.pem; cp /root/one.pem /etc/chaos/node.pem; systemctl reload {UNIT}"
    )
    eventually(
        "the log has the error",
        lambda: re.search(r"error chaosd: .*(node\.pem|node\.key)", play.log("alpha")),
    )
    alpha.run(f"cp /root/good.pem /etc/chaos/node.pem; systemctl reload {UNIT}")
    last = play.one_view(INSTITUTIONS)
    require(
        last["alpha"]["view"]["number"] == before["view"]["number"], "the view is the same still"
    )
    shown = "openssl x509 -noout -fingerprint -sha256"
    client = f"openssl s_client -connect 192.0.2.10:{PORT} -tls1_3 < /dev/null 2> /dev/null"
    served = play.machine("beta").run(f"set +o pipefail; {client} | {shown}")
    require(
        served == alpha.run(f"{shown} -in /etc/chaos/node.pem"),
        "new connections see the new certificate",
    )


def step_of(state: bytes) -> int:
    """Returns the step of a checkpoint."""
    start = 8 + int.from_bytes(state[:8], "little")
    return int.from_bytes(state[start + 8 : start + 16], "little")


def last_one_keeps_it(play: Play) -> None:
    backup = step_of(play.machine("alpha").read("/root/backup/state"))
    left = step_of(play.machine("alpha").read(STATE))
    printed = int(play.printed["alpha"])
    require(printed == left, f"the step of the state is {left}: {printed}")
    require(left >= play.step > 0, f"the state of step {play.step} or later is written: {left}")
    require(left >= backup > 0, f"the backup is not later: {backup}")
    play.machine("alpha").run(f"cd {STATE.rsplit('/', 1)[0]} && sha256sum --check state.sha256")
    play.step = backup


def restored(play: Play) -> None:
    backup = step_of(play.machine("alpha").read("/root/backup/state"))
    text = eventually(
        "the state is restored", lambda: re.search(r"step=(\d+) state restored", play.log("alpha"))
    )
    require(int(text[1]) == backup, f"it goes on from step {backup}: {text[1]}")
    # Damaged, or of another configuration.
    alpha = play.machine("alpha")
    wrong = "sed -e 's,/var/lib/chaos/rehearsal,/tmp/wrong,; s,/run/chaos/rehearsal,/tmp/wrong,; s/:7000\"$/:0\"/'"
    alpha.run(
        f"install -d -o chaos /tmp/wrong; cp /root/backup/state* /tmp/wrong; {wrong} {FILE} > /tmp/wrong.yaml;"
        "printf x | dd of=/tmp/wrong/state bs=1 seek=500000 conv=notrunc status=none"
    )
    run = "runuser -u chaos -- chaosd --config /tmp/wrong.yaml"
    text, status = alpha.run_with_errors(run, check=False)
    require(
        status == 5 and "SHA-256" in text, f"a damaged state is refused with 5: {status}, {text}"
    )
    alpha.run("sed -i 's/state: 1 MiB/state: 2 MiB/' /tmp/wrong.yaml")
    text, status = alpha.run_with_errors(run, check=False)
    require(
        status == 5 and "/tmp/wrong/state" in text,
        f"a state of another kind is refused with 5: {status}, {text}",
    )
    alpha.run("rm -r /tmp/wrong /tmp/wrong.yaml")


def all_are_back(play: Play) -> None:
    play.one_view(INSTITUTIONS)


def upgraded(play: Play) -> None:
    after = play.one_view(INSTITUTIONS)
    for name in INSTITUTIONS:
        version = play.machine(name).run("dpkg-query --show --showformat='${Version}' chaos")
        require(version == "0.2.0", f"{name} has the new version: {version}")
        require(after[name]["node"] != play.before[name]["node"], f"{name} is back under a new id")
    eventually(
        "each has two links", lambda: all(len(play.links_up(name)) == 2 for name in INSTITUTIONS)
    )
    play.before = play.one_view(INSTITUTIONS)


def trust_is_withdrawn(play: Play) -> None:
    began = time.monotonic()
    others = ("beta", "gamma")
    eventually(
        "beta and gamma have no link to alpha",
        lambda: all("Institute One" not in play.links_up(name).values() for name in others),
    )
    say(
        f"the links of alpha are closed, seen {time.monotonic() - began:.2f} s after the last reload"
    )
    play.one_view(["beta", "gamma"])
    halted = eventually("alpha halts", lambda: (s := play.status("alpha"))["halted"] and s)
    play.goes_on(["beta", "gamma"], steps=15)
    now = play.status("alpha")
    require(now["halted"] and now["step"] == halted["step"], "alpha trains no step more")
    require(not play.links_up("alpha"), "alpha gets in nowhere")
    text = play.log("beta") + play.log("alpha")
    require(re.search(r"trust", text), "the log says why")


def trusted_again(play: Play) -> None:
    play.one_view(INSTITUTIONS)


def gamma_halts(play: Play) -> None:
    halted = eventually("gamma halts", lambda: (s := play.status("gamma"))["halted"] and s)
    # Members differ by one step at most, and of the others nobody hears again.
    require(halted["step"] >= play.step - 1, f"gamma is at step {play.step}: {halted['step']}")
    play.step = halted["step"]
    play.before = {"gamma": halted}


def others_are_refused(play: Play) -> None:
    status = play.status("gamma")
    own = str(status["node"])
    others = [node for m in status["view"]["members"] if (node := str(m["node"])) != own]
    require(len(others) == 2, f"gamma is one of three members: {status['view']}")
    for named in ([others[0]], [*others, own], ["7"]):
        command = f"chaos proceed --socket {SOCKET} --without {' '.join(named)} --yes"
        text, code = play.machine("gamma").run_with_errors(command, check=False)
        require(code == 5, f"status 5 of {command}: {code}, {text}")
    text, code = play.machine("gamma").run_with_errors(
        f"echo no | chaos proceed --socket {SOCKET} --without {' '.join(others)}", check=False
    )
    require(
        code == 5 and all(f"{node} of Institute" in text for node in others),
        f"it tells who they are, and another word is refused with 5: {code}, {text}",
    )
    now = play.status("gamma")
    require(now["halted"] and now["step"] == play.before["gamma"]["step"], "nothing has happened")


def gamma_proceeds(play: Play) -> None:
    after = play.one_view(["gamma"])["gamma"]
    before = play.before["gamma"]
    require(after["epoch"] != before["epoch"], f"the epoch is another one: {after['epoch']}")
    require(after["node"] == before["node"], "gamma is who it was")
    play.before = {"gamma": after}


def lost_ones_are_replaced(play: Play) -> None:
    after = play.one_view(INSTITUTIONS)
    for name in INSTITUTIONS:
        require(
            after[name]["epoch"] == play.before["gamma"]["epoch"], f"{name} is in gamma's epoch"
        )


def gamma_is_gone(play: Play) -> None:
    play.one_view(["alpha", "beta"])
    text, status = play.machine("gamma").run_with_errors(
        f"systemctl is-enabled {UNIT}", check=False
    )
    require(status == 1, f"gamma is not started again: {text}")


def gamma_is_kept_out(play: Play) -> None:
    for target in ("alpha", "beta"):
        play.cannot_reach("gamma", target)
    play.one_view(["alpha", "beta"])


CLAIMS: list[tuple[str, Callable[[Play], None]]] = [
    ("Both keys have mode 0600, and no file is ever overwritten", keys_are_safe),
    (
        "`chaosd identity show` prints the same digits without colons, as small letters",
        fingerprints_agree,
    ),
    ("It has told all faults of the file with the place and what is allowed", faults_are_told),
    ("a node that crashes is started again after 10 s and joins under another id", unit_is_sound),
    ("Healthy is:", it_is_healthy),
    ("A machine that is not in the rule cannot connect", strangers_stay_out),
    (
        "The node goes on; the log says that the key has changed and takes effect at the next start",
        found_is_told,
    ),
    ("Each two of the three nodes have a link now, and any of them may go", any_may_go),
    ("From 14 days before a certificate expires", remember),
    ("Neither the view nor a connection has been lost", renewal_keeps_the_view),
    ("one that has left has written its state, so that no step is lost", last_one_keeps_it),
    ("The log says from which file and at which step it begins", restored),
    ("When all are in the view, take the two away again", all_are_back),
    ("A node that is stopped leaves, the others train on", remember),
    ("All three are in the view again, and no step was lost", upgraded),
    ("beta and gamma are two of three members and go on", trust_is_withdrawn),
    ("alpha has asked again and is a member", trusted_again),
    ("gamma halts, and says which members it reaches", gamma_halts),
    ("if others are named, or not all, it refuses and nothing happens", others_are_refused),
    ("gamma goes on with the state that it has, in a new epoch", gamma_proceeds),
    (
        "They have pulled the state from gamma and are members of its epoch",
        lost_ones_are_replaced,
    ),
    ("It has left the view at once, and the others go on", gamma_is_gone),
    ("Now gamma cannot connect", gamma_is_kept_out),
]


def main() -> None:
    """Plays the page."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(130))
    began = time.monotonic()
    programs, folder = map(Path, sys.argv[1:])
    try:
        items = page.read(PAGE)
        play = Play(programs, folder, items)
        say(f"the machines are there ({time.monotonic() - began:.1f} s)")
        play.run()
    except (page.PageError, Failure) as failure:
        say(f"{PAGE.relative_to(ROOT)}: {failure}")
        raise SystemExit(1) from None
    blocks = sum(isinstance(item, (page.Commands, page.File, page.Output)) for item in items)
    say(
        f"{blocks} blocks and {len(CLAIMS)} claims of the page are as it says, in {time.monotonic() - began:.0f} s"
    )


if __name__ == "__main__":
    main()
