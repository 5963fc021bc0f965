"""What test_cluster trains, as a program: it trains beside a node, and writes its parameters."""

from __future__ import annotations

import sys

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - as all torch code does
from torch.utils.data import TensorDataset

import chaos.torch as chaos

SAMPLES, BATCH, STEPS = 200, 32, 60
RATE, DECAY, NORM = 3e-3, 0.05, 0.5
WARMUP, FLOOR = 10, 0.1


# Whole numbers over a power of two: others that torch draws differ by processor in some bits, and
# founders must begin with the same.


def dataset() -> TensorDataset:
    generator = torch.Generator().manual_seed(7)
    x = torch.randint(-128, 129, (SAMPLES, 12), generator=generator) / 64
    return TensorDataset(x, torch.randint(0, 5, (SAMPLES,), generator=generator))


def network() -> nn.Module:
    """Return the network before the first step, the same each time."""
    model = nn.Sequential(nn.Linear(12, 24), nn.Tanh(), nn.Linear(24, 5))
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in model.parameters():
            values = torch.randint(-64, 65, parameter.shape, generator=generator)
            parameter.copy_(values / 256)
    return model


def main(socket: str, result: str, device: str) -> None:
    torch.set_num_threads(1)
    model = network().to(device)
    opt = chaos.AdamW(
        model.parameters(),
        lr=RATE,
        weight_decay=DECAY,
        max_norm=NORM,
        schedule=chaos.Cosine(STEPS, warmup=WARMUP, floor=FLOOR),
    )
    run = chaos.join(model, opt, socket, timeout=120)
    for x, y in run.batches(dataset(), micro_batch=10, device=device):
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        opt.step(loss=loss)
        opt.zero_grad()
    assert run.finished
    torch.save(model.cpu().state_dict(), result)


if __name__ == "__main__":
    main(*sys.argv[1:])
