"""Fashion-MNIST: a small convolutional network in bfloat16, trained by all nodes together.

The images are those of Debian's package dataset-fashion-mnist. The node needs ``trainer: {kind:
engine, socket: SOCKET, samples: 60000}``. Then:

    python3 Python/examples/fashion.py --socket SOCKET
"""

from __future__ import annotations

import argparse
import gzip
import math
import struct
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812 - as all torch code does
from torch import nn
from torch.utils.data import TensorDataset

import chaos.torch as chaos


def idx(file: Path) -> torch.Tensor:
    """Return an array of bytes of the format of MNIST: its rank, its sizes, its numbers."""
    content = bytearray(gzip.decompress(file.read_bytes()))
    zero, kind, rank = struct.unpack_from(">HBB", content)
    start = 4 + 4 * rank
    shape = struct.unpack_from(f">{rank}I", content, 4)
    if zero != 0 or kind != 8 or len(content) != start + math.prod(shape):
        message = f"{file}: not an array of bytes; allowed: a file of the format of MNIST"
        raise ValueError(message)
    return torch.frombuffer(content, dtype=torch.uint8, offset=start).view(shape)


def read(folder: Path, name: str) -> TensorDataset:
    """Return images as numbers 0 … 1 of one channel, and their classes."""
    images = idx(folder / f"{name}-images-idx3-ubyte.gz").unsqueeze(1) / 255
    return TensorDataset(images, idx(folder / f"{name}-labels-idx1-ubyte.gz").long())


def network() -> nn.Module:
    """Return two convolutions with BatchNorm and a linear layer."""
    return nn.Sequential(
        *(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(32 * 7 * 7, 10)),
    )


def main(arguments: list[str] | None = None) -> None:
    """Train until the node says that all steps are done."""
    folder = Path("/usr/share/datasets/fashion-mnist")
    parser = argparse.ArgumentParser(description="Train on Fashion-MNIST.")
    parser.add_argument("--socket", required=True, help="trainer.socket of the node")
    parser.add_argument("--data", type=Path, default=folder, help=f"default {folder}")
    options = parser.parse_args(arguments)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    training, tests = read(options.data, "train"), read(options.data, "t10k")
    torch.manual_seed(1)
    model = network().to(device)

    opt = chaos.AdamW(model.parameters(), lr=2e-3, max_norm=1.0)
    run = chaos.join(model, opt, options.socket)
    for x, y in run.batches(training, micro_batch=128, device=device, progress=True):
        with torch.autocast(device, torch.bfloat16):
            loss = F.cross_entropy(model(x), y)
        loss.backward()
        opt.step(loss=loss)
        opt.zero_grad()

    model.eval()
    right = 0
    with torch.no_grad():
        for x, y in zip(*(tensor.split(1000) for tensor in tests.tensors)):
            right += int((model(x.to(device)).argmax(1) == y.to(device)).sum())
    print(f"step {run.step}: {right / len(tests):.1%} of {len(tests)} test images are right")


if __name__ == "__main__":
    main()
