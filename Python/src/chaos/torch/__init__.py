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

With local steps (DiLoCo) an optimizer of torch's makes steps in this process, and the nodes apply
another one to the mean of what those have changed:

>>> inner = torch.optim.AdamW(model.parameters(), lr=4e-4)
>>> outer = chaos.Nesterov(lr=0.7, momentum=0.9)
>>> run = chaos.join(model, outer, "/run/chaos/node.sock", inner=inner)
>>> for x, y in run.batches(dataset, micro_batch=32):
...     inner.zero_grad()
...     F.cross_entropy(model(x), y).backward()
...     inner.step()
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
from ._optimizers import SGD, Adam, AdamW, Nesterov
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
    "Nesterov",
    "ProtocolError",
    "Refused",
    "Run",
    "Schedule",
    "Unsupported",
    "join",
]
