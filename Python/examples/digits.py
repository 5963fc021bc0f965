"""Handwritten digits: a perceptron with BatchNorm, trained by all nodes together.

The node needs ``trainer: {kind: engine, socket: SOCKET, samples: 1438}``. From the top folder:

    python3 Python/examples/digits.py --socket SOCKET
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812 - as all torch code does
from torch import nn
from torch.utils.data import TensorDataset

import chaos.torch as chaos

_WORD = 2**64


def permutation(count: int, seed: int = 1) -> list[int]:
    """Shuffle 0 … count - 1 by SplitMix64, as the nodes do that know these digits themselves."""

    def draw() -> int:
        nonlocal seed
        seed = (seed + 0x9E3779B97F4A7C15) % _WORD
        z = seed
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % _WORD
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB % _WORD
        return z ^ (z >> 31)

    def below(width: int) -> int:
        # Each number equally likely (Lemire 2019).
        product = draw() * width
        while product % _WORD < (_WORD - width) % width:
            product = draw() * width
        return product // _WORD

    order = list(range(count))
    for i in range(count):
        j = i + below(count - i)
        order[i], order[j] = order[j], order[i]
    return order


def read(folder: Path) -> tuple[TensorDataset, TensorDataset]:
    """Return the rows for training and the fifth for tests."""
    with (folder / "digits.csv").open(newline="", encoding="utf-8") as file:
        rows = [[int(field) for field in row] for row in list(csv.reader(file))[1:]]
    table = torch.tensor([rows[i] for i in permutation(len(rows))])
    x, y = table[:, :-1] / 16, table[:, -1]
    tests = len(rows) // 5
    return TensorDataset(x[tests:], y[tests:]), TensorDataset(x[:tests], y[:tests])


def main(arguments: list[str] | None = None) -> None:
    """Train until the node says that all steps are done."""
    parser = argparse.ArgumentParser(description="Train on handwritten digits.")
    parser.add_argument("--socket", required=True, help="trainer.socket of the node")
    parser.add_argument("--data", type=Path, default=Path("Data/digits"))
    options = parser.parse_args(arguments)
    training, tests = read(options.data)
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 10))

    opt = chaos.AdamW(model.parameters(), lr=3e-3, max_norm=1.0)
    run = chaos.join(model, opt, options.socket)
    for x, y in run.batches(training, micro_batch=32, progress=True):
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        opt.step(loss=loss)
        opt.zero_grad()

    model.eval()
    x, y = tests.tensors
    with torch.no_grad():
        accuracy = (model(x).argmax(1) == y).float().mean()
    print(f"step {run.step}: {accuracy:.1%} of {len(y)} test rows are right")


if __name__ == "__main__":
    main()
