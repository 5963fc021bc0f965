"""King James's Bible by characters: a GPT with tied weights, trained by all nodes together.

Each node makes local steps with AdamW; what these have changed goes over the network in rounds, and
the nodes apply Nesterov's momentum to its mean (DiLoCo). The text is that of Debian's packages
bible-kjv and bible-kjv-text. The model has 10.8 million parameters unless ``--width`` and
``--depth`` say otherwise. The node needs ``trainer: {kind: engine, socket: SOCKET, samples:
16860, timeout: 1 h}``, since a round takes minutes, and ``training: {batch: 2048, lost: dropped,
wire: int8}``; with another ``--context`` or ``--text`` the error of `batches` says how many
samples. Then:

    python3 Python/examples/characters.py --socket SOCKET
"""

from __future__ import annotations

import argparse
import math
import subprocess
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - as all torch code does
from torch import nn
from torch.utils.data import TensorDataset

import chaos.torch as chaos


def read(file: Path | None, context: int) -> tuple[TensorDataset, TensorDataset, int]:
    """Return windows for training, those of the last fiftieth of the text, and the alphabet's size.

    A window is `context` characters, and those that follow each of them.
    """
    program = ["bible", "-l400", "-f", "gen1:1-rev22:21"]
    content = file.read_bytes() if file else subprocess.check_output(program)
    values, text = torch.frombuffer(bytearray(content), dtype=torch.uint8).unique(
        return_inverse=True
    )

    def windows(part: torch.Tensor) -> TensorDataset:
        end = (len(part) - 1) // context * context
        return TensorDataset(part[:end].view(-1, context), part[1 : end + 1].view(-1, context))

    held = len(text) // 50
    return windows(text[:-held]), windows(text[-held:]), len(values)


class Block(nn.Module):
    """Causal attention and two layers, each added to what there was."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.attention = nn.Linear(width, 3 * width)
        self.mixing = nn.Linear(width, width)
        self.widening = nn.Linear(width, 4 * width)
        self.narrowing = nn.Linear(4 * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return as many vectors, each of which knows of those before it."""
        q, k, v = (
            part.unflatten(2, (self.heads, -1)).transpose(1, 2)
            for part in self.attention(self.norms[0](x)).chunk(3, dim=2)
        )
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)
        x = x + self.dropout(self.mixing(seen))
        wide = F.gelu(self.widening(self.norms[1](x)))
        result: torch.Tensor = x + self.dropout(self.narrowing(wide))
        return result


class GPT(nn.Module):
    """Says of each character what follows it."""

    def __init__(
        self, alphabet: int, context: int, width: int, depth: int, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.characters = nn.Embedding(alphabet, width)
        self.places = nn.Embedding(context, width)
        self.dropout = nn.Dropout(dropout)
        heads = max(1, width // 64)
        self.blocks = nn.Sequential(*(Block(width, heads, dropout) for _ in range(depth)))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, alphabet, bias=False)
        self.head.weight = self.characters.weight
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                is_added = name.endswith(("mixing.weight", "narrowing.weight"))
                nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * depth) if is_added else 0.02)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits."""
        x = self.dropout(self.characters(x) + self.places.weight[: x.shape[1]])
        logits: torch.Tensor = self.head(self.norm(self.blocks(x)))
        return logits


def groups(model: nn.Module) -> list[dict[str, Any]]:
    """Return the matrices, which decay, and embeddings, norms and biases, which do not."""
    matrices = {m.weight for m in model.modules() if isinstance(m, nn.Linear)}
    matrices -= {m.weight for m in model.modules() if isinstance(m, nn.Embedding)}
    rest = [parameter for parameter in model.parameters() if parameter not in matrices]
    decaying = [parameter for parameter in model.parameters() if parameter in matrices]
    return [{"params": decaying, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}]


def bits(model: nn.Module, windows: TensorDataset, device: str) -> float:
    """Return what a character costs, in bits."""
    model.eval()
    total = 0.0
    with torch.no_grad():
        for x, y in zip(*(tensor.to(device).split(32) for tensor in windows.tensors)):
            total += float(F.cross_entropy(model(x).flatten(0, 1), y.flatten(), reduction="sum"))
    return total / windows.tensors[0].numel() / math.log(2)


def main(arguments: list[str] | None = None) -> None:
    """Train until the node says that all steps are done."""
    parser = argparse.ArgumentParser(description="Train on the characters of a text.")
    parser.add_argument("--socket", required=True, help="trainer.socket of the node")
    parser.add_argument("--text", type=Path, help="a file instead of the Bible")
    parser.add_argument("--context", type=int, default=256, help="characters of a window")
    parser.add_argument("--width", type=int, default=384, help="a multiple of 64, or less")
    parser.add_argument("--depth", type=int, default=6)
    parser.add_argument("--rate", type=float, default=1e-3, help="of local steps")
    parser.add_argument("--outer-rate", type=float, default=0.7, help="of rounds")
    parser.add_argument("--momentum", type=float, default=0.9, help="of rounds")
    parser.add_argument("--rounds", type=int, default=200, help="when the rate is at its least")
    parser.add_argument("--micro-batch", type=int, default=16)
    options = parser.parse_args(arguments)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    training, tests, alphabet = read(options.text, options.context)
    torch.manual_seed(1)
    model = GPT(alphabet, options.context, options.width, options.depth).to(device)

    inner = torch.optim.AdamW(groups(model), lr=options.rate, betas=(0.9, 0.99))
    outer = chaos.Nesterov(lr=options.outer_rate, momentum=options.momentum)
    run = chaos.join(model, outer, options.socket, inner=inner)
    for x, y in run.batches(training, options.micro_batch, device=device, progress=True):
        # A function of the round, so that whoever joins late is where the others are.
        rate = options.rate * (0.1 + 0.9 * max(0.0, 1 - run.step / options.rounds))
        for group in inner.param_groups:
            group["lr"] = rate
        inner.zero_grad()
        loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        inner.step()
        run.note(loss)

    cost = bits(model, tests, device)
    print(f"round {run.step}: {cost:.3f} bits for a character of {tests.tensors[0].numel()}")


if __name__ == "__main__":
    main()
