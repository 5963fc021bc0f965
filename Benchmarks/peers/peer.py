"""What the peers of all systems have in common: a small model, a large state beside it, and a diary.

The gradient is small and the state large, so that what is measured is how the state comes.
"""

from __future__ import annotations

import hashlib
import json
import signal
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


def digest(saved: object) -> str:
    """Return the SHA-256 of tensors and what else a state is made of, however they lie in memory."""
    sha256 = hashlib.sha256()

    def add(value: object) -> None:
        if isinstance(value, torch.Tensor):
            sha256.update(f"{value.dtype} {list(value.shape)} ".encode())
            sha256.update(value.detach().cpu().contiguous().numpy().data)
        elif isinstance(value, dict):
            sha256.update(f"{len(value)} keys ".encode())
            for key in sorted(value, key=str):
                add(key)
                add(value[key])
        elif isinstance(value, (list, tuple)):
            sha256.update(f"{len(value)} values ".encode())
            for each in value:
                add(each)
        else:
            sha256.update(f"{value!r} ".encode())

    add(saved)
    return sha256.hexdigest()


class Audit:
    """From SIGUSR1 on, the digest of the state after each step is told: at a step that all have told, it is to be one."""

    def __init__(self) -> None:
        self.is_asked = False
        signal.signal(signal.SIGUSR1, self.ask)

    def ask(self, *_: object) -> None:
        """Tell it from now on."""
        self.is_asked = True

    def after(self, step: int, saved: object) -> None:
        """Tell it, if that was asked for."""
        if self.is_asked:
            note("digest", step=step, digest=digest(saved))
