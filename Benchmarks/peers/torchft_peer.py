"""A replica group of one process, with torchft's manager and its HTTP transport.

usage: torchft_peer.py ADDRESS LIGHTHOUSE BYTES member|joiner TIMEOUT
TIMEOUT is that of all that torchft waits for, in seconds.
"""

from __future__ import annotations

import sys
from datetime import timedelta

import torch
from peer import Audit, backward, network, note, state
from torch.distributed import TCPStore
from torchft import Manager, Optimizer, ProcessGroupGloo


def main(address: str, lighthouse: str, size: str, kind: str, seconds: str) -> None:
    """Train until the process is ended."""
    note("start")
    store = TCPStore(address, 0, is_master=True, wait_for_workers=False)
    model = network()
    inner = torch.optim.AdamW(model.parameters())
    ballast = state(int(size), joins=kind == "joiner")

    def save() -> dict:
        return {"model": model.state_dict(), "optim": inner.state_dict(), "ballast": ballast}

    def load(saved: dict) -> None:
        model.load_state_dict(saved["model"])
        inner.load_state_dict(saved["optim"])
        ballast.copy_(saved["ballast"])
        note("state", complete=bool((ballast == 1).all()))

    timeout = timedelta(seconds=int(seconds))
    manager = Manager(
        pg=ProcessGroupGloo(timeout=timeout), load_state_dict=load, state_dict=save,
        min_replica_size=3, timeout=timeout, quorum_timeout=timeout, rank=0,
        world_size=1, store_addr=address, store_port=store.port, lighthouse_addr=lighthouse, replica_id=address,
        hostname=address, init_sync=False)
    opt = Optimizer(manager, inner)
    audit = Audit()
    while True:
        opt.zero_grad()
        backward(model)
        for parameter in model.parameters():
            manager.allreduce(parameter.grad).wait()
        opt.step()
        note("step", step=manager.current_step(), participates=manager.is_participating())
        audit.after(manager.current_step(), save())


if __name__ == "__main__":
    main(*sys.argv[1:])
