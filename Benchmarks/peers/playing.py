"""The network of peers, and how those of torchft, hivemind and AdaptDL are started, for `run` and `failures`."""

from __future__ import annotations

import collections
import contextlib
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
SIZE = 300_000_000
# Of the links between the members and the joiner, which is the fourth.
RATES = (100, 200, 400)
JOINER = 4
# How long members train before something happens, and how long what is waited for may take.
BEFORE, LIMIT = 20.0, 90.0


@contextlib.contextmanager
def network():
    """Make a namespace for each peer, joined by a bridge; what goes between a member and the joiner is shaped."""
    names = {place: f"peers-{os.getpid()}-{place}" for place in (0, 1, 2, 3, JOINER)}

    def ip(place: int, *commands: str) -> None:
        subprocess.run(["ip", "-n", names[place], "-batch", "-"], input="\n".join(commands), text=True, check=True)

    try:
        for name in names.values():
            subprocess.run(["ip", "netns", "add", name], check=True)
        ip(0, "link add bridge type bridge", "link set bridge up", "address add 10.78.0.254/24 dev bridge", "link set lo up")
        for place in (1, 2, 3, JOINER):
            ip(place, "link set lo up", f"link add eth0 type veth peer name port{place} netns {names[0]}",
               f"address add {host(place)}/24 dev eth0", "link set eth0 up")
            ip(0, f"link set port{place} master bridge", f"link set port{place} up")
        for place, rate in enumerate(RATES, 1):
            for a, b in ((place, JOINER), (JOINER, place)):
                # Of a frame of 1514 bytes 1448 are a stream's.
                bits = rate * 1_000_000 * 1514 // 1448
                lines = [
                    f"class add dev eth0 parent 1: classid 1:{b} htb rate {bits}bit ceil {bits}bit quantum 1514",
                    f"filter add dev eth0 protocol ip parent 1: prio 1 u32 match ip dst {host(b)}/32 flowid 1:{b}",
                ]
                if a != JOINER or place == 1:
                    lines.insert(0, "qdisc add dev eth0 root handle 1: htb default 0")
                subprocess.run(
                    ["tc", "-n", names[a], "-batch", "-"], input="\n".join(lines), text=True, check=True)
        # Some peers tell others their host's name, which is the address here.
        named = "hostname $0; exec \"$@\""
        yield lambda place: ["ip", "netns", "exec", names[place], "unshare", "--uts", "sh", "-c", named, host(place)]
    finally:
        for name in names.values():
            subprocess.run(["ip", "netns", "delete", name], check=False, stderr=subprocess.DEVNULL)


def host(place: int) -> str:
    """Return an address."""
    return f"10.78.0.{place}"


class Peers:
    """Processes of peers, and their diaries."""

    def __init__(self, folder: str, within) -> None:
        self.folder, self.within = pathlib.Path(folder), within
        self.processes: list[subprocess.Popen] = []
        self.places: list[int] = []

    def start(self, place: int, *command: str) -> subprocess.Popen:
        """Start a peer in its namespace, whose diary goes on if it had one."""
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "eth0"}
        with (self.folder / f"{place}.out").open("ab") as out, (self.folder / f"{place}.err").open("ab") as err:
            self.processes.append(
                subprocess.Popen(
                    [*self.within(place), *command], stdout=out, stderr=err, env=environment, start_new_session=True))
        self.places.append(place)
        return self.processes[-1]

    def diary(self, place: int) -> list[dict]:
        """Return what a peer has noted so far."""
        lines = (self.folder / f"{place}.out").read_text(encoding="utf-8").splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("\n")]

    def wait(self, place: int, condition) -> dict:
        """Wait until a peer has noted such a thing."""
        limit = time.monotonic() + LIMIT
        while True:
            for entry in self.diary(place):
                if condition(entry):
                    return entry
            if time.monotonic() > limit:
                errors = (self.folder / f"{place}.err").read_text(encoding="utf-8", errors="replace")
                sys.exit(f"peer {place} does not come on: {self.diary(place)[-1:]} {errors[-2000:]}")
            time.sleep(0.05)

    def until(self, condition) -> None:
        """Wait until something holds."""
        limit = time.monotonic() + LIMIT
        while not condition():
            if time.monotonic() > limit:
                sys.exit("what is waited for does not come")
            time.sleep(0.02)

    def kill(self, place: int) -> None:
        """Kill the processes of a place, whose machine then closes their connections."""
        for process, where in zip(self.processes, self.places):
            if where == place:
                os.killpg(process.pid, signal.SIGKILL)

    def audit(self, *places: int) -> None:
        """Ask all for the digests of their states, and end if they differ after a step of which all have told one."""
        for process, where in zip(self.processes, self.places):
            # Only what has executed a peer knows this signal, which is the first process of each.
            if where in places and process.poll() is None:
                process.send_signal(signal.SIGUSR1)

        def told() -> list[set[str]]:
            digests = collections.defaultdict(dict)
            for place in places:
                for entry in self.diary(place):
                    if entry["event"] == "digest":
                        digests[entry["step"]][place] = entry["digest"]
            return [set(found.values()) for found in digests.values() if len(found) == len(places)]

        self.until(told)
        if any(len(found) > 1 for found in told()):
            sys.exit("the states differ")

    def silence(self, place: int) -> None:
        """Let nothing through any more to and from a place, and close nothing."""
        subprocess.run([*self.within(0), "ip", "link", "set", f"port{place}", "down"], check=True)

    def end(self) -> None:
        """End all, the last first."""
        # Some have processes of their own, which a signal to the first one leaves behind.
        for number in (signal.SIGTERM, signal.SIGKILL):
            for process in reversed(self.processes):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, number)
            for process in self.processes:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(10)


def received(within: list[str]) -> float:
    """Return how many million bytes have come to a peer, with headers."""
    return counted(within, "rx_bytes")


def sent(within: list[str]) -> float:
    """Return how many million bytes a peer has sent, with headers."""
    return counted(within, "tx_bytes")


def counted(within: list[str], counter: str) -> float:
    """Return what a peer's interface has counted."""
    command = [*within, "cat", f"/sys/class/net/eth0/statistics/{counter}"]
    return int(subprocess.run(command, capture_output=True, check=True).stdout) / 1e6


def is_step(entry: dict) -> bool:
    """Return whether the peer's gradient is in an update."""
    return entry["event"] == "step" and entry["participates"]


class Torchft:
    """Peers of torchft, and its lighthouse."""

    address = "http://10.78.0.254:29510"

    def __init__(self, timeout: int = 120) -> None:
        # In seconds, of whatever one waits for.
        self.timeout = timeout

    def start(self, peers: Peers, *places: int) -> None:
        """Start those who are there from the beginning, and let them train."""
        program = str(pathlib.Path(sys.executable).with_name("torchft_lighthouse"))
        peers.start(0, program, "--min_replicas", "3", "--join_timeout_ms", "2000", "--bind", "[::]:29510")
        time.sleep(1)
        for place in places:
            self.one(peers, place, "member")
        for place in places:
            peers.wait(place, is_step)
        time.sleep(BEFORE)

    def join(self, peers: Peers) -> None:
        """Start the joiner."""
        self.one(peers, JOINER, "joiner")

    def one(self, peers: Peers, place: int, kind: str) -> None:
        """Start a peer."""
        script = str(HERE / "torchft_peer.py")
        peers.start(
            place, sys.executable, script, host(place), self.address, str(SIZE), kind, str(self.timeout))


class Hivemind:
    """Peers of hivemind."""

    address = ""

    def start(self, peers: Peers, *places: int) -> None:
        """Start those who are there from the beginning, the first before the others, and let them train."""
        first, *others = places
        self.one(peers, first, "member")
        self.address = peers.wait(first, lambda entry: entry["event"] == "address")["address"]
        for place in others:
            self.one(peers, place, "member", self.address)
        for place in places:
            peers.wait(place, is_step)
        time.sleep(BEFORE)

    def join(self, peers: Peers) -> None:
        """Start the joiner."""
        self.one(peers, JOINER, "joiner", self.address)

    def one(self, peers: Peers, place: int, kind: str, *known: str) -> None:
        """Start a peer that knows this address."""
        peers.start(place, sys.executable, str(HERE / "hivemind_peer.py"), host(place), str(SIZE), kind, *known)


class AdaptDL:
    """Jobs of AdaptDL, the storage beside their rank 0, and what its scheduler does."""

    port = 29520

    def __init__(self) -> None:
        self.restarts = -1
        self.replicas: list[subprocess.Popen] = []

    def start(self, peers: Peers, *places: int) -> None:
        """Start the storage and the first job, rank 0 at the first place, and let it train."""
        folder = self.folder(peers, places[0])
        peers.start(places[0], sys.executable, str(HERE / "adaptdl_storage.py"), str(self.port), str(folder))
        self.run(peers, *places)
        for place in places:
            peers.wait(place, is_step)
        time.sleep(BEFORE)

    def folder(self, peers: Peers, place: int) -> pathlib.Path:
        """Return where a replica's machine has checkpoints."""
        folder = peers.folder / f"checkpoints-{place}"
        folder.mkdir(exist_ok=True)
        return folder

    def run(self, peers: Peers, *places: int) -> None:
        """Start the job, or start it again."""
        self.restarts += 1
        self.replicas = []
        for rank, place in enumerate(places):
            told = {
                # The last job's port is not free at once.
                "MASTER_ADDR": host(places[0]), "MASTER_PORT": self.port + 1 + self.restarts, "REPLICA_RANK": rank,
                "NUM_REPLICAS": len(places), "NUM_RESTARTS": self.restarts, "CHECKPOINT_PATH": self.folder(peers, place)}
            storage = [f"http://{host(places[0])}:{self.port}"] if rank > 0 and self.restarts > 0 else []
            self.replicas.append(
                peers.start(
                    # AdaptDL's checkpoints hold numbers of NumPy, which PyTorch loads since 2.6 only if it is told to.
                    place, "env", "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1", *(f"ADAPTDL_{name}={told[name]}" for name in told),
                    sys.executable, str(HERE / "adaptdl_peer.py"), str(SIZE), *storage))

    def stop(self) -> None:
        """Stop the job, which takes until the checkpoint is written."""
        for replica in self.replicas:
            replica.terminate()
        # With which AdaptDL says that there is one.
        if any(replica.wait(LIMIT) != 143 for replica in self.replicas):
            sys.exit("the job does not stop as it should")


def played(rounds: int, play) -> list:
    """Return what so many rounds give, each with peers on a network of their own."""
    results = []
    for _ in range(rounds):
        with network() as within, tempfile.TemporaryDirectory() as folder:
            peers = Peers(folder, within)
            try:
                results.append(play(peers))
            finally:
                peers.end()
    return results


def print_row(name: str, results) -> None:
    """Print the medians, and the ranges."""
    print(f"| {name} | " + " | ".join(told(column) for column in zip(*results)) + " |", flush=True)


def told(values) -> str:
    """Return the median, and the range."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} … {max(values):.2f})"
