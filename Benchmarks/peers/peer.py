"""What the peers of all systems have in common: a small model, a large state beside it, and a diary.

The gradient is small and the state large, so that what is measured is how the state comes.
"""

from __future__ import annotations

import json
import sys
import time

import torch
from torch import nn

PAUSE, SAMPLES, WIDTH = 0.1, 4, 64


def network() -> nn.Module:
    """Return the model that is trained."""
    torch.manual_seed(1)
    return nn.Linear(WIDTH, 10)


def state(size: int, *, joins: bool) -> torch.Tensor:
    """Return as many bytes of state; who joins has none of it yet."""
    return torch.zeros(size // 4) if joins else torch.ones(size // 4)


def backward(model: nn.Module) -> None:
    """Compute the gradient of a step, which takes a tenth of a second."""
    time.sleep(PAUSE)
    model(torch.ones(SAMPLES, WIDTH)).square().mean().backward()


def note(event: str, **fields: object) -> None:
    """Tell what happens, on a line of JSON."""
    sys.stdout.write(json.dumps({"event": event, "time": time.time(), **fields}) + "\n")
    sys.stdout.flush()
