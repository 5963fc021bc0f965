"""An engine of nothing but Python's library, for tests (Documentation/ENGINE.md).

Its model has one array of numbers p and one buffer b. Sample i wants p to be t_i = (i mod 7) - 3: its loss is half the
square of p - t_i, summed over the numbers, and it moves b by t_i. So every gradient is a small whole number at first.

    plain_engine.py SOCKET [--numbers N] [--rate R] [--at STEP ACTION]

At the first compute of step STEP or a later one it does ACTION once: die, hang, lie (answer for too few samples),
babble (send what is no message), scribble (write to both windows while it computes), leave; nan, a gradient that is not
finite, whenever it computes that step. It prints a line for every message that it gets, and the parameters when all steps are done.
"""

from __future__ import annotations

import argparse
import array
import json
import mmap
import os
import socket
import sys
import time


def connect(path: str) -> socket.socket:
    for _ in range(600):
        try:
            link = socket.socket(socket.AF_UNIX)
            link.connect(path)
            return link
        except OSError:
            link.close()
            time.sleep(0.1)
    sys.exit(f"nobody listens at {path}")


class Link:
    """Lines in and out, and the two windows."""

    def __init__(self, path: str) -> None:
        self.socket = connect(path)
        self.pending = b""
        self.descriptors: list[int] = []

    def send(self, message: object) -> None:
        text = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.socket.sendall(text + b"\n")

    def receive(self) -> dict:
        while b"\n" not in self.pending:
            data, descriptors, _, _ = socket.recv_fds(self.socket, 1 << 16, 4)
            self.descriptors += descriptors
            if not data:
                sys.exit("the connection is closed")
            self.pending += data
        line, self.pending = self.pending.split(b"\n", 1)
        message = json.loads(line)
        print(json.dumps(message), flush=True)
        return message


def target(sample: int) -> float:
    return float(sample % 7 - 3)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("socket")
    options.add_argument("--numbers", type=int, default=16)
    options.add_argument("--rate", type=float, default=0.125)
    options.add_argument("--skips", type=int, default=0)
    options.add_argument("--at", nargs=2, default=None)
    options.add_argument("--pause", type=float, default=0.0)
    given = options.parse_args()
    action = None if given.at is None else (int(given.at[0]), given.at[1])

    link = Link(given.socket)
    group = {"parameters": ["p"], "optimizer": "sgd", "rate": given.rate, "momentum": 0.5, "nesterov": False, "decay": 0}
    link.send(
        {
            "type": "attach",
            "version": 1,
            "engine": "plain",
            "process": os.getpid(),
            "model": {
                "parameters": [{"name": "p", "shape": [given.numbers]}],
                "buffers": [{"name": "b", "shape": [1]}],
                "constants": [],
                "computes": "gradient",
                "groups": [group],
                "schedule": {"type": "constant", "warmup": 0},
                "max_norm": None,
                "skips": given.skips,
            },
        }
    )
    message = link.receive()
    if message["type"] != "welcome":
        sys.exit(3)
    count = message["numbers"]
    parameters = mmap.mmap(link.descriptors[0], 4 * count, prot=mmap.PROT_READ)
    gradients = mmap.mmap(link.descriptors[1], 4 * count)
    if message["begins"]:
        gradients[:] = array.array("f", [0.0] * count).tobytes()
        link.send({"type": "initial"})
    while True:
        message = link.receive()
        kind = message["type"]
        if kind == "finished":
            values = array.array("f", parameters[:])
            print("parameters", [values[0], values[-2], values[-1]], flush=True)
            return
        if kind in ("ended", "refused"):
            sys.exit(3 if kind == "refused" else 0)
        if kind != "compute":
            continue
        do = None
        if action is not None and action[1] == "nan":
            do = "nan" if message["step"] == action[0] else None
        elif action is not None and message["step"] >= action[0]:
            do, action = action[1], None
        if do == "die":
            os._exit(9)
        if do == "leave":
            return
        if do == "hang":
            time.sleep(3600)
        if do == "babble":
            link.send(b'{"type": "gradient", "ticket": [[[')
            continue
        if do == "scribble":
            link.send({"type": "gradient", "ticket": message["ticket"] - 1, "samples": 1, "loss": None})
            gradients[:] = b"\xff" * len(gradients)
            try:
                mmap.mmap(link.descriptors[0], 4 * count)[:] = b"\xff" * len(gradients)
            except (OSError, ValueError) as error:
                print(f"not written: {error}", flush=True)
            try:
                os.ftruncate(link.descriptors[1], 0)
            except OSError as error:
                print(f"not cut: {error}", flush=True)
        time.sleep(given.pause)
        values = array.array("f", parameters[:])
        samples = message["samples"]
        wanted = [target(sample) for sample in samples]
        sums = [len(samples) * p - sum(wanted) for p in values[:-1]]
        loss = sum(0.5 * (p - t) ** 2 for p in values[:-1] for t in wanted)
        sums.append(sum(wanted))
        if do == "nan":
            sums[0] = float("nan")
        gradients[:] = array.array("f", sums).tobytes()
        told = len(samples) + (1 if do == "lie" else 0)
        link.send({"type": "gradient", "ticket": message["ticket"], "samples": told, "loss": loss})


main()
