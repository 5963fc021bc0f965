"""Machines of the test: Linux namespaces with an overlay of this system's files, on one network."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

# Beyond any time that something takes on a machine that is busy.
LIMIT = 120.0

ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LC_ALL": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
    "NO_COLOR": "1",
}

# The first process of a machine: it makes the file system, says so, and waits for whoever ends.
INIT = """
import os, signal, subprocess, sys
folder, name = sys.argv[1:]
def sh(script):
    subprocess.run(["sh", "-euc", script, "sh", folder, name], check=True)
sh('''
hostname "$2"
mkdir -p "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
cd "$1/root"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount --rbind /dev dev
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=700 tmpfs root
mount -t tmpfs -o mode=755 tmpfs home
mkdir -p run/lock root/packages
mount --bind "$1/../packages" root/packages
# Nothing of this system is to serve in the place of what the page makes.
rm -rf etc/chaos var/lib/chaos var/lib/private/chaos etc/nftables.conf etc/sysusers.d/chaos.conf \\
    etc/systemd/system/chaosd* usr/local/bin/chaos usr/local/bin/chaosd
cp "$1/../nftables.conf" etc/nftables.conf
printf '127.0.0.1 localhost\\n127.0.1.1 %s\\n' "$2" > etc/hosts
printf 'hosts: files\\n' >> etc/nsswitch.conf
: > etc/resolv.conf.test && mv etc/resolv.conf.test etc/resolv.conf || true
for name in systemctl journalctl; do
    { echo '#!/usr/bin/python3 -B'; cat "$1/../systemctl.py"; } > usr/local/sbin/$name
    chmod 755 usr/local/sbin/$name
done
ip link set lo up
mkdir -p mnt
pivot_root . mnt
umount -l mnt
''')
os.chroot("/")
os.chdir("/root")
print("ready", flush=True)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGINT, signal.SIG_IGN)
while True:
    try:
        os.wait()
    except ChildProcessError:
        # Nobody is there; whoever comes is told by a signal.
        signal.sigwait({signal.SIGCHLD})
"""


class Failure(Exception):
    """Something is not as the page says."""


class Machine:
    """A machine: commands run on it until it ends with the process that made it."""

    def __init__(self, name: str, folder: Path, address: str | None) -> None:
        self.name = name
        self.address = address
        here = folder / name
        here.mkdir()
        self._init = subprocess.Popen(
            ["unshare", "--net", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child",
             "/usr/bin/python3", "-c", INIT, str(here), name],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=ENVIRONMENT,
        )  # fmt: skip

    def wait_until_ready(self, networks: list[str]) -> None:
        """Waits for its file system, and puts it on the network if it has an address."""
        assert self._init.stdout
        if self._init.stdout.readline() != b"ready\n":
            raise Failure(f"the machine {self.name} does not start")
        children = (
            Path(f"/proc/{self._init.pid}/task/{self._init.pid}/children").read_text().split()
        )
        self._target = int(children[0])
        if self.address is None:
            return
        near, far = f"to-{self.name}", "eth0"
        call(
            "ip",
            "link",
            "add",
            "name",
            near,
            "type",
            "veth",
            "peer",
            "name",
            far,
            "netns",
            str(self._target),
        )
        call("ip", "link", "set", near, "master", "bridge0", "up")
        self.run(f"ip address add {self.address}/32 dev {far} && ip link set {far} up")
        for network in networks:
            self.run(f"ip route add {network} dev {far} src {self.address}")

    def command(self, *words: str) -> list[str]:
        """Returns what runs a command on this machine."""
        enter = [
            "nsenter",
            "--target",
            str(self._target),
            "--mount",
            "--net",
            "--pid",
            "--uts",
            "--ipc",
            "--root",
            "--wd",
        ]
        return [*enter, "--", *words]

    def run(self, script: str, *, check: bool = True) -> str:
        """Runs a script of bash to its end and returns what it prints.

        - check: whether a status that is not 0 is a failure
        """
        return self.run_with_errors(script, check=check)[0]

    def run_with_errors(self, script: str, *, check: bool = True) -> tuple[str, int]:
        """Runs a script and returns its output, and its status."""
        try:
            # Into a file: a process that goes on in the background holds no pipe that is waited for.
            with open(self_file(), "w+b", buffering=0) as output:
                result = subprocess.run(
                    self.command("bash", "-euo", "pipefail", "-c", script),
                    stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=ENVIRONMENT, timeout=LIMIT, check=False,
                )  # fmt: skip
                output.seek(0)
                text = output.read().decode(errors="replace")
        except subprocess.TimeoutExpired:
            raise Failure(f"on {self.name}: not done after {LIMIT:.0f} s: {script}") from None
        if check and result.returncode:
            raise Failure(f"on {self.name}: status {result.returncode} of: {script}\n{text}")
        return text, result.returncode

    def write(self, path: str, content: bytes) -> None:
        """Writes a file; its mode is what a new file has."""
        self._with_input(content, "sh", "-c", 'cat > "$0"', path)

    def read(self, path: str) -> bytes:
        """Reads a file."""
        result = subprocess.run(
            self.command("cat", path), capture_output=True, env=ENVIRONMENT, check=False
        )
        if result.returncode:
            raise Failure(f"on {self.name}: {result.stderr.decode()}")
        return result.stdout

    def _with_input(self, content: bytes, *words: str) -> None:
        result = subprocess.run(
            self.command(*words), input=content, capture_output=True, env=ENVIRONMENT, check=False
        )
        if result.returncode:
            raise Failure(f"on {self.name}: {result.stderr.decode()}")

    def status(self, socket: str) -> dict[str, Any] | None:
        """Returns what the node of this machine says of itself; None if none answers."""
        text, code = self.run_with_errors(
            f"chaos status --socket {socket} --format json", check=False
        )
        if code:
            return None
        document: dict[str, Any] = json.loads(text)
        return document


def self_file() -> int:
    """Returns a file without a name."""
    return os.memfd_create("output")


def call(*words: str) -> str:
    """Runs a command of the test itself."""
    result = subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise Failure(f"{' '.join(words)}: {result.stdout}{result.stderr}")
    return result.stdout


def make_packages(root: Path, programs: Path, folder: Path, versions: list[str]) -> None:
    """Makes the Debian package of the programs, once for each version.

    Workers that are not among the programs are stood in for: nothing of the page solves by them.
    """
    build = folder / "build"
    build.mkdir()
    for name in ["chaos", "chaosd", *(path.name for path in (root / "Sources").glob("chaos-*"))]:
        found = programs / name
        (build / name).symlink_to(found if found.exists() else "/bin/true")
    packages = folder / "packages"
    packages.mkdir()
    made = Path(call(str(root / "Scripts/make-package"), str(build), str(packages), "none").strip())
    if made.name != f"chaos_{versions[0]}_amd64.deb":
        raise Failure(
            f"the package is {made.name}; the page installs version {versions[0]} on amd64 first"
        )
    for version in versions[1:]:
        tree = folder / "tree"
        call("dpkg-deb", "--raw-extract", str(made), str(tree))
        control = tree / "DEBIAN/control"
        control.write_text(
            control.read_text().replace(f"\nVersion: {versions[0]}\n", f"\nVersion: {version}\n")
        )
        call(
            "dpkg-deb",
            "--root-owner-group",
            "-Znone",
            "--build",
            str(tree),
            str(packages / f"chaos_{version}_amd64.deb"),
        )
        shutil.rmtree(tree)


class Wire:
    """What passes over the network, as seen by the bridge."""

    def __init__(self, port: int) -> None:
        import socket

        self.port = port
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 26)
        self._socket.bind(("to-beta", 0x0003))

    def take(self) -> bytes:
        """Returns the bytes of all TCP segments of the port that have passed beta's link since the last call."""
        parts = []
        while select.select([self._socket], [], [], 0)[0]:
            packet = self._socket.recv(1 << 17)[14:]
            if len(packet) < 40 or packet[0] >> 4 != 4 or packet[9] != 6:
                continue
            segment = packet[(packet[0] & 15) * 4 :]
            if self.port in (int.from_bytes(segment[:2]), int.from_bytes(segment[2:4])):
                parts.append(segment[(segment[12] >> 4) * 4 :])
        return b"".join(parts)


_BEGAN = time.monotonic()


def say(text: str) -> None:
    """Tells what is done, and when, in seconds."""
    print(f"{time.monotonic() - _BEGAN:6.1f}  {text}", file=sys.stderr, flush=True)
