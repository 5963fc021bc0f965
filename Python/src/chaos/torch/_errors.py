"""What can go wrong between a training loop and its node."""

from __future__ import annotations

from ..plan import ChaosError


class DaemonGone(ChaosError, ConnectionError):
    """The node is not there, has ended, or the connection to it is lost.

    Its replica and those of the other nodes are as they were. Once the node is back, `join` again.
    """


class Mismatch(ChaosError, ValueError):
    """The model, its optimizer or the data set is not that of the run.

    The message names the first difference, such as ``h.0.attn.weight: shape (768, 2304) here,
    (768, 768) in the run``.
    """


class Unsupported(ChaosError, ValueError):
    """The model, its optimizer or the loop does what cannot be trained here; the message says what.

    Parameters are named as `torch.nn.Module.named_parameters` names them.
    """


class Refused(ChaosError):
    """The node refuses for a reason other than a model that differs from that of the run.

    Parameters
    ----------
    path : str
        The place in the message that it refuses, such as ``model.groups[0].decay``.
    found : str
        What is there.
    allowed : str
        What may be there.
    """

    def __init__(self, path: str, found: str, allowed: str) -> None:
        self.path = path
        self.found = found
        self.allowed = allowed
        # What a copy in another process is made from.
        super().__init__(path, found, allowed)

    def __str__(self) -> str:
        """Return it as one line."""
        place = f"{self.path}: " if self.path else ""
        return f"refused by the node: {place}{self.found}; allowed: {self.allowed}"


class ProtocolError(ChaosError):
    """The node says what Documentation/ENGINE.md does not foresee: it is of another version."""


class JoinTimeout(ChaosError, TimeoutError):
    """The node had no whole replica within the timeout of `join`."""


class Misuse(ChaosError, RuntimeError):
    """The loop is not of the form that `Run.batches` describes; the message says what to do."""
