"""A replica of a job of AdaptDL, the trainer of Pollux, with its data loader and its data-parallel model.

usage: adaptdl_peer.py BYTES [STORAGE]

A job grows by a restart: at SIGTERM all replicas stop after the same step, rank 0 writes all states, each process ends with
143, and the job is started again with one replica more, all of which read what was written. Whoever starts them tells them
their ranks in AdaptDL's variables. Rank 0 has the checkpoint on its own machine, where it wrote it. Others get it over their
links from the address STORAGE, adaptdl_storage.py beside rank 0, into a local folder, from which AdaptDL loads.
"""

from __future__ import annotations

import sys
import tarfile
import time
import types
import urllib.request
from typing import IO

import adaptdl.checkpoint
import adaptdl.env
import adaptdl.reducer
import adaptdl.torch
import torch
from adaptdl_storage import BLOCK
from peer import SAMPLES, backward, digest, network, note, state

# Who comes before rank 0 listens, as rank 0 itself may, tries again after 5 s, and 26 times at most.
PAUSE = 0.5


class Ballast(adaptdl.checkpoint.State):  # type: ignore[misc]  # AdaptDL has no types
    """The large part of the state, saved as AdaptDL saves the model."""

    def __init__(self, size: int, *, joins: bool) -> None:
        super().__init__("ballast")
        self.tensor = state(size, joins=joins)

    def save(self, fileobj: IO[bytes]) -> None:
        """Write it."""
        torch.save(self.tensor, fileobj)

    def load(self, fileobj: IO[bytes]) -> None:
        """Read it."""
        self.tensor = torch.load(fileobj)


def fetch(storage: str) -> None:
    """Copy the newest checkpoint to where AdaptDL looks for it."""
    with urllib.request.urlopen(storage) as answer, tarfile.open(fileobj=answer, mode="r|", bufsize=BLOCK) as archive:
        archive.extractall(adaptdl.env.checkpoint_path(), filter="data")


def main(size: str, *storage: str) -> None:
    """Train until SIGTERM."""
    note("start")
    adaptdl.reducer.time = types.SimpleNamespace(sleep=lambda _: time.sleep(PAUSE))
    adaptdl.torch.init_process_group("gloo")
    note("group")
    for address in storage:
        fetch(address)
    restarted = adaptdl.env.num_restarts() > 0
    ballast = Ballast(int(size), joins=restarted)
    adaptdl.checkpoint.load_state(ballast)
    inner = network()
    opt = torch.optim.AdamW(inner.parameters())
    model = adaptdl.torch.AdaptiveDataParallel(inner, opt)
    loader = adaptdl.torch.AdaptiveDataLoader(range(1_000_000), batch_size=3 * SAMPLES)
    if restarted:
        note("state", complete=bool((ballast.tensor == 1).all()))
    try:
        for _ in adaptdl.torch.remaining_epochs_until(1):
            for _ in loader:
                opt.zero_grad()
                backward(model)
                opt.step()
                note("step", participates=True)
    except SystemExit:
        if restarted:
            note("end", digest=digest((inner.state_dict(), opt.state_dict(), ballast.tensor)))
        raise


if __name__ == "__main__":
    main(*sys.argv[1:])
