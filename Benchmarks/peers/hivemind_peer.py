"""A peer of hivemind: its DHT and its Optimizer.

usage: hivemind_peer.py ADDRESS BYTES member|joiner [PEER]
"""

from __future__ import annotations

import sys

import hivemind
import torch
from peer import SAMPLES, Audit, backward, network, note, state


def main(address: str, size: str, kind: str, *peers: str) -> None:
    """Train until the process is ended."""
    note("start")
    audit = Audit()
    dht = hivemind.DHT(host_maddrs=[f"/ip4/{address}/tcp/0"], initial_peers=list(peers), start=True)
    note("address", address=str(dht.get_visible_maddrs()[0]))
    model = network()
    ballast = state(int(size), joins=kind == "joiner")
    opt = hivemind.Optimizer(
        dht=dht, run_id="peers", batch_size_per_step=SAMPLES, target_batch_size=150 * SAMPLES,
        optimizer=torch.optim.AdamW, params=list(model.parameters()), matchmaking_time=2.0, averaging_timeout=60.0,
        next_chunk_timeout=60.0, average_state_every=1 << 30, extra_tensors=[ballast])
    if kind == "joiner":
        opt.load_state_from_peers()
        note("state", complete=bool((opt.state_averager.extra_tensors[0] == 1).all()))
    epoch = opt.local_epoch
    while True:
        backward(model)
        opt.step()
        opt.zero_grad()
        if opt.local_epoch != epoch:
            epoch = opt.local_epoch
            note("step", step=epoch, participates=True)
            # Not the model: each averages for itself, by counts of its own, which need not give the same bits.
            audit.after(epoch, opt.state_averager.extra_tensors)
        else:
            note("gradient")


if __name__ == "__main__":
    main(*sys.argv[1:])
