"""Stands in for systemctl and journalctl on a machine of the test, where systemd does not run.

It reads the very unit files that the packages bring and does what they say. A directive that it does not know is refused, so
that nothing of a unit is passed over in silence; those that only the kernel could enforce are listed below.
"""

from __future__ import annotations

import os
import pwd
import re
import resource
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

STATE = Path("/run/systemctl")
LOGS = Path("/var/log/systemctl")
FOLDERS = (
    Path("/etc/systemd/system"),
    Path("/usr/lib/systemd/system"),
    Path("/lib/systemd/system"),
)

DONE = {
    "Description", "Documentation", "Type", "RemainAfterExit", "ExecStartPre", "ExecStart", "ExecReload", "ExecStop",
    "Restart", "RestartSec", "RestartPreventExitStatus", "StartLimitIntervalSec", "StartLimitBurst", "TimeoutStopSec",
    "User", "Group", "StateDirectory", "StateDirectoryMode", "RuntimeDirectory", "RuntimeDirectoryMode",
    "WorkingDirectory", "LimitNOFILE", "NoNewPrivileges", "ProtectSystem", "ProtectHome", "PrivateTmp", "WantedBy",
    # There is one process and its input is empty.
    "KillMode", "StandardInput",
}  # fmt: skip
# The order of units, and what the kernel would enforce.
NOT_DONE = {
    "Wants", "After", "Before", "Conflicts", "DefaultDependencies", "PrivateDevices", "ProtectKernelTunables",
    "ProtectKernelModules", "ProtectControlGroups", "RestrictAddressFamilies", "RestrictNamespaces", "RestrictSUIDSGID",
    "LockPersonality", "SystemCallArchitectures",
}  # fmt: skip

# What precedes the program in a mount namespace of its own: $1 is ProtectSystem, $2 ProtectHome, $3 PrivateTmp, $4 the
# folders that stay writable.
SANDBOX = """
set -eu
for folder in $4; do mount --bind "$folder" "$folder"; done
case $1 in
strict) mount -o remount,bind,ro /; mount -o remount,bind,ro /run ;;
full) for folder in /usr /etc; do mount --bind $folder $folder; mount -o remount,bind,ro $folder; done ;;
esac
if [ "$2" = yes ]; then for folder in /home /root; do mount -t tmpfs -o ro tmpfs $folder; done; fi
if [ "$3" = yes ]; then mount -t tmpfs -o mode=1777 tmpfs /tmp; fi
shift 4
exec "$@"
"""


class Unit:
    """A unit file, with its drop-ins, of an instance if it is a template."""

    def __init__(self, name: str) -> None:
        if not name.endswith(".service"):
            name += ".service"
        self.name = name
        stem, _, instance = name.removesuffix(".service").partition("@")
        self.instance = instance
        template = f"{stem}@.service" if instance else name
        candidates = [folder / file for file in (name, template) for folder in FOLDERS]
        found = [path for path in candidates if path.is_file()]
        if not found:
            fail(f"Unit {name} could not be found")
        self.path = found[0]
        self.values: dict[str, list[str]] = {}
        drop_ins = [d for f in (template, name) for d in sorted(FOLDERS[0].glob(f"{f}.d/*.conf"))]
        for path in [self.path, *dict.fromkeys(drop_ins)]:
            self._read(path)

    def _read(self, path: Path) -> None:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if not line.strip() or line.startswith(("#", ";", "[")):
                continue
            key, equals, value = line.partition("=")
            if not equals or key not in DONE | NOT_DONE:
                fail(f"{path}:{number}: the directive {key!r} is not one that the test knows")
            value = re.sub(r"%(.)", self._specifier, value)
            if key.startswith("Exec") and value:
                self.values.setdefault(key, []).append(value)
            else:
                self.values[key] = [value] if value else []

    def _specifier(self, match: re.Match[str]) -> str:
        known = {"i": self.instance, "n": self.name, "%": "%"}
        if match[1] not in known:
            fail(f"{self.path}: the specifier {match[0]} is not one that the test knows")
        return known[match[1]]

    def all(self, key: str) -> list[str]:
        return self.values.get(key, [])

    def one(self, key: str, default: str = "") -> str:
        values = self.all(key)
        return values[0] if values else default

    def seconds(self, key: str, default: str) -> float:
        text = self.one(key, default)
        match = re.fullmatch(r"(\d+)(s|min|h)?", text)
        if not match:
            fail(f"{self.path}: {key}={text}: a time that the test does not know")
        return int(match[1]) * {None: 1, "s": 1, "min": 60, "h": 3600}[match[2]]

    def yes(self, key: str) -> bool:
        return self.one(key) in ("yes", "true", "1", "on")

    @property
    def state(self) -> Path:
        return STATE / self.name

    @property
    def log(self) -> Path:
        return LOGS / self.name

    def folders(self) -> list[str]:
        kinds = (("StateDirectory", "/var/lib/"), ("RuntimeDirectory", "/run/"))
        return [root + name for key, root in kinds for name in self.one(key).split()]

    def make_folders(self) -> None:
        """Makes them as systemd does: those above belong to root, the last one to the user and its group."""
        if self.one("User"):
            user = pwd.getpwnam(self.one("User"))
        else:
            user = pwd.getpwuid(0)
        for key, root in (("StateDirectory", "/var/lib/"), ("RuntimeDirectory", "/run/")):
            for name in self.one(key).split():
                path = Path(root + name)
                path.mkdir(parents=True, exist_ok=True)
                path.chmod(int(self.one(key + "Mode", "0755"), 8))
                for below in [path, *path.rglob("*")]:
                    os.lchown(below, user.pw_uid, user.pw_gid)

    def remove_runtime_folders(self) -> None:
        for name in self.one("RuntimeDirectory").split():
            subprocess.run(["rm", "-rf", f"/run/{name}"], check=True)

    def command(self, line: str) -> list[str]:
        """Returns the command in the surroundings that the unit asks for."""
        words = shlex.split(line)
        identity = []
        if user := self.one("User"):
            identity = ["--reuid", user, "--regid", self.one("Group", user), "--init-groups"]
        if self.yes("NoNewPrivileges"):
            identity.append("--no-new-privs")
        setpriv = ["setpriv", *identity, "--"] if identity else []
        # Where root may not raise its own bounds, such as in a container, these are the bounds.
        limit = int(self.one("LimitNOFILE", "1024"))
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        modes = [self.one("ProtectSystem", "no"), "yes" if self.yes("ProtectHome") else "no"]
        modes.append("yes" if self.yes("PrivateTmp") else "no")
        inner = ["sh", "-c", SANDBOX, "sh", *modes, " ".join(self.folders()), *setpriv]
        bounds = ["prlimit", f"--nofile={limit}:{limit}"]
        return [*bounds, "unshare", "--mount", "--propagation", "private", *inner, *words]

    def run(self, line: str, main: int | None = None) -> int:
        environment = dict(os.environ)
        if main is not None:
            environment["MAINPID"] = str(main)
        words = [
            re.sub(r"^\$MAINPID$", environment.get("MAINPID", ""), w) for w in shlex.split(line)
        ]
        with self.log.open("ab") as log:
            return subprocess.run(
                words, env=environment, stdout=log, stderr=log, check=False
            ).returncode


def fail(text: str, status: int = 1) -> NoReturn:
    print(text, file=sys.stderr)
    raise SystemExit(status)


def read_number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (FileNotFoundError, ValueError):
        return None


def write(path: Path, text: str) -> None:
    aside = path.with_suffix(".new")
    aside.write_text(text)
    aside.rename(path)


class Supervisor:
    """Keeps one unit as its file says, in a process of its own."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.stopping = False
        self.main: subprocess.Popen[bytes] | None = None
        signal.signal(signal.SIGTERM, self._stop)

    def _stop(self, *_: object) -> None:
        self.stopping = True

    def run(self) -> None:
        unit = self.unit
        prevented = {int(word) for word in unit.one("RestartPreventExitStatus").split()}
        starts: list[float] = []
        result = "inactive"
        while not self.stopping:
            interval = unit.seconds("StartLimitIntervalSec", "10s")
            starts = [*(t for t in starts if time.monotonic() - t < interval), time.monotonic()]
            if len(starts) > int(unit.one("StartLimitBurst", "5")):
                self._say("start request repeated too quickly")
                result = "failed"
                break
            status = self._live()
            polite = status == 0 or (
                status < 0
                and -status in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE)
            )
            self._say(f"main process ended, status {status}")
            result = "inactive" if polite else "failed"
            if (
                self.stopping
                or polite
                or status in prevented
                or unit.one("Restart", "no") != "on-failure"
            ):
                break
            write(unit.state / "active", "activating")
            end = time.monotonic() + unit.seconds("RestartSec", "1s")
            while time.monotonic() < end and not self.stopping:
                time.sleep(0.02)
        write(unit.state / "active", result)
        (unit.state / "supervisor").unlink()

    def _say(self, text: str) -> None:
        print(f"systemd: {self.unit.name}: {text}", flush=True)

    def _live(self) -> int:
        """Starts the unit and returns the status of its main process when that has ended."""
        unit = self.unit
        unit.make_folders()
        for line in unit.all("ExecStartPre"):
            status = subprocess.run(
                unit.command(line), cwd=unit.one("WorkingDirectory", "/"), check=False
            ).returncode
            if status:
                return status
        self.main = subprocess.Popen(
            unit.command(unit.one("ExecStart")),
            cwd=unit.one("WorkingDirectory", "/"),
        )
        write(unit.state / "main", str(self.main.pid))
        write(unit.state / "active", "active")
        self._say(f"started, main process {self.main.pid}")
        end: float | None = None
        while self.main.poll() is None:
            if self.stopping and end is None:
                self.main.terminate()
                end = time.monotonic() + unit.seconds("TimeoutStopSec", "90s")
            if end is not None and time.monotonic() > end:
                self._say("it does not end, and is killed")
                self.main.kill()
                end = None
                self.main.wait()
            time.sleep(0.02)
        (unit.state / "main").unlink()
        unit.remove_runtime_folders()
        return self.main.returncode


def active(unit: Unit) -> str:
    path = unit.state / "active"
    return path.read_text() if path.exists() else "inactive"


def start(unit: Unit) -> None:
    if active(unit) in ("active", "activating"):
        return
    unit.state.mkdir(parents=True, exist_ok=True)
    LOGS.mkdir(parents=True, exist_ok=True)
    if unit.one("Type", "simple") == "oneshot":
        for line in [*unit.all("ExecStartPre"), *unit.all("ExecStart")]:
            if unit.run(line):
                write(unit.state / "active", "failed")
                fail(f"Job for {unit.name} failed:\n{unit.log.read_text()}")
        write(unit.state / "active", "active" if unit.yes("RemainAfterExit") else "inactive")
        return
    if unit.one("Type", "simple") != "simple":
        fail(f"{unit.path}: Type={unit.one('Type')}: not one that the test knows")
    write(unit.state / "active", "activating")
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.close(reader)
        os.setsid()
        with unit.log.open("ab") as log, Path("/dev/null").open("rb") as nothing:
            os.dup2(nothing.fileno(), 0)
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        write(unit.state / "supervisor", str(os.getpid()))
        os.close(writer)
        try:
            Supervisor(unit).run()
        finally:
            if (unit.state / "supervisor").exists():
                write(unit.state / "active", "failed")
                (unit.state / "supervisor").unlink()
        raise SystemExit(0)
    os.close(writer)
    os.read(reader, 1)
    # As of the type simple: it is started when its process is there, or it has failed before.
    while active(unit) == "activating" and not (unit.state / "main").exists():
        time.sleep(0.02)


def stop(unit: Unit) -> None:
    supervisor = read_number(unit.state / "supervisor")
    if supervisor is not None:
        os.kill(supervisor, signal.SIGTERM)
        while (unit.state / "supervisor").exists():
            time.sleep(0.02)
    elif active(unit) == "active":
        for line in unit.all("ExecStop"):
            unit.run(line)
    unit.state.mkdir(parents=True, exist_ok=True)
    write(unit.state / "active", "inactive")


def reload(unit: Unit) -> None:
    if active(unit) != "active":
        fail(f"{unit.name} is not active, cannot reload")
    for line in unit.all("ExecReload"):
        if unit.run(line, read_number(unit.state / "main")):
            fail(f"Reload of {unit.name} failed:\n{unit.log.read_text()[-2000:]}")


def links(unit: Unit) -> list[Path]:
    return [FOLDERS[0] / f"{target}.wants" / unit.name for target in unit.one("WantedBy").split()]


def enable(unit: Unit) -> None:
    for link in links(unit):
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(unit.path)


def disable(unit: Unit) -> None:
    for link in links(unit):
        link.unlink(missing_ok=True)


def restart(unit: Unit) -> None:
    stop(unit)
    start(unit)


def status(unit: Unit) -> None:
    print(
        f"{unit.name} - {unit.one('Description')}\n     Active: {active(unit)}\n   Main PID: {read_number(unit.state / 'main')}"
    )
    raise SystemExit(0 if active(unit) == "active" else 3)


def is_active(unit: Unit) -> None:
    print(active(unit))
    raise SystemExit(0 if active(unit) == "active" else 3)


def is_enabled(unit: Unit) -> None:
    enabled = any(link.is_symlink() for link in links(unit))
    print("enabled" if enabled else "disabled")
    raise SystemExit(0 if enabled else 1)


VERBS = {
    "start": (start,),
    "stop": (stop,),
    "restart": (restart,),
    "reload": (reload,),
    "enable": (enable,),
    "disable": (disable,),
    "status": (status,),
    "is-active": (is_active,),
    "is-enabled": (is_enabled,),
}
WITH_NOW = {"enable": (enable, start), "disable": (disable, stop)}


def systemctl(arguments: list[str]) -> None:
    options = [word for word in arguments if word.startswith("-")]
    words = [word for word in arguments if not word.startswith("-")]
    verbs = WITH_NOW if options == ["--now"] else VERBS if not options else {}
    if len(words) < 2 or words[0] not in verbs:
        fail(
            f"systemctl {shlex.join(arguments)}: the test does not know this; allowed: {', '.join(VERBS)}, --now",
            64,
        )
    for name in words[1:]:
        unit = Unit(name)
        for verb in verbs[words[0]]:
            verb(unit)


def journalctl(arguments: list[str]) -> None:
    if arguments[:2] != ["--no-pager", "--unit"] or len(arguments) != 3:
        fail(
            f"journalctl {shlex.join(arguments)}: the test does not know this; allowed: --no-pager --unit UNIT",
            64,
        )
    log = Unit(arguments[2]).log
    print(log.read_text() if log.exists() else "-- No entries --", end="")


if __name__ == "__main__":
    {"systemctl": systemctl, "journalctl": journalctl}[Path(sys.argv[0]).name](sys.argv[1:])
