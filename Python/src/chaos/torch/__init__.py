"""Training with PyTorch: the engine of a node, which computes gradients.

The node, a program of its own, owns the parameters and applies the update, so that all replicas are
identical to the bit. Everything between the two is in ENGINE.md of the project's documentation.

Examples
--------
>>> import chaos.torch as chaos
>>> opt = chaos.AdamW(model.parameters(), lr=3e-4, max_norm=1.0)
>>> run = chaos.join(model, opt, "/run/chaos/node.sock")
>>> for x, y in run.batches(dataset, micro_batch=32):
...     F.cross_entropy(model(x), y).backward()
...     opt.step()
...     opt.zero_grad()
"""

from ..plan import ChaosError
from ._errors import (
    DaemonGone,
    JoinTimeout,
    Mismatch,
    Misuse,
    ProtocolError,
    Refused,
    Unsupported,
)
from ._join import join
from ._optimizers import SGD, Adam, AdamW
from ._run import Run
from ._schedule import Constant, Cosine, Linear, Schedule

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "ChaosError",
    "Constant",
    "Cosine",
    "DaemonGone",
    "JoinTimeout",
    "Linear",
    "Mismatch",
    "Misuse",
    "ProtocolError",
    "Refused",
    "Run",
    "Schedule",
    "Unsupported",
    "join",
]
