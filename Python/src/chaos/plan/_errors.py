"""What can go wrong: one exception for each way in which a question has no answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._text import single_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._solution import SizeFinding


class ChaosError(Exception):
    """The base of every exception that this package raises for a document or the program."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a document.

    Parameters
    ----------
    path : str
        The place inside the document, such as ``neighbors[2].bandwidth``; empty for all of it.
    found : str
        What is there.
    allowed : str
        What may be there.
    """

    path: str
    found: str
    allowed: str

    def __str__(self) -> str:
        """Return the fault as one line."""
        return (f"{self.path}: " if self.path else "") + f"{self.found}; allowed: {self.allowed}"


class InvalidDocument(ChaosError, ValueError):
    """A document is refused. All of its faults are named, not only the first.

    Parameters
    ----------
    faults : sequence of Fault
        At least one. The program names the first hundred.
    count : int, optional
        How many faults there are, those that are not listed included.
    file : str, optional
        The file that the document is from.

    Attributes
    ----------
    faults : tuple of Fault
    count : int
    file : str or None
    """

    def __init__(
        self, faults: Sequence[Fault], count: int | None = None, file: str | None = None
    ) -> None:
        self.faults = tuple(faults)
        self.count = len(self.faults) if count is None else count
        self.file = file
        # What a copy in another process is made from.
        super().__init__(self.faults, self.count, self.file)

    @property
    def path(self) -> str:
        """The place of the first fault, such as ``neighbors[2].bandwidth``."""
        return self.faults[0].path

    @property
    def found(self) -> str:
        """What is at the place of the first fault."""
        return self.faults[0].found

    @property
    def allowed(self) -> str:
        """What may be at the place of the first fault."""
        return self.faults[0].allowed

    def __str__(self) -> str:
        """Return a line for each fault."""
        prefix = "" if self.file is None else f"{single_line(self.file)}: "
        lines = [f"{prefix}{fault}" for fault in self.faults]
        if self.count > len(lines):
            lines.append(f"{prefix}and {self.count - len(lines)} more faults")
        return "\n".join(lines)


class InvalidInstance(InvalidDocument):
    """An instance is refused (MODEL.md, section 6)."""


class InvalidPlan(InvalidDocument):
    """A plan is none by its form (MODEL.md, section 7). One that is merely wrong is a verdict."""


class _WithoutPlan(ChaosError):
    """A valid instance has no plan that could be returned."""

    def __init__(self, sizes: Sequence[SizeFinding]) -> None:
        self.sizes = tuple(sizes)
        super().__init__(self.sizes)


class Infeasible(_WithoutPlan):
    """The limits of the neighbours leave too few shards at every size (MODEL.md, section 4.1).

    Parameters
    ----------
    sizes : sequence of SizeFinding
        For each shard size how many shards are needed, attainable and missing.
    """

    def __str__(self) -> str:
        """Return what is missing at the size that comes closest in bytes."""
        short = [size for size in self.sizes if size.missing is not None]
        if not short:
            return "infeasible: the limits of the neighbors leave too few shards"
        size = min(short, key=lambda size: (size.missing or 0) * size.shard_size)
        return (
            f"infeasible: at shard size {size.shard_size} the state needs {size.shards} shards and "
            f"the limits of the neighbors allow {size.attainable}; allowed: limits for "
            f"{size.missing} more"
        )


class BeyondRange(_WithoutPlan):
    """The least makespan is beyond 2^76 ns, to which times are computed (MODEL.md, section 5).

    Parameters
    ----------
    sizes : sequence of SizeFinding
        What is known of each shard size.
    """

    def __str__(self) -> str:
        """Return what is allowed."""
        return (
            "the least makespan is beyond 2^76 ns (2.4 million years); allowed: state, shard "
            "sizes, overheads and bandwidths whose makespan is below"
        )


class TooLarge(ChaosError):
    """The instance is too large for the algorithm; the message says what is allowed."""


class ProgramNotFound(ChaosError):
    """There is no program ``chaos`` to ask, or it cannot be run."""


class ProgramTimeout(ChaosError, TimeoutError):
    """The program gave no answer in time and was ended.

    Parameters
    ----------
    seconds : float
        The time that it had.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(seconds)

    def __str__(self) -> str:
        """Return how long the program had."""
        return f"chaos gave no answer within {self.seconds} s, the timeout, and was ended"


class ProgramFailed(ChaosError):
    """The program ended in a way that its manual does not foresee.

    Parameters
    ----------
    reason : str
        What was amiss.
    status : int or None
        Its exit status; negative: the signal that ended it; None: it was not waited for.
    stderr : str
        What it wrote to standard error, as it stands.
    """

    def __init__(self, reason: str, status: int | None, stderr: str) -> None:
        self.reason = reason
        self.status = status
        self.stderr = stderr
        super().__init__(reason, status, stderr)

    def __str__(self) -> str:
        """Return the reason, the status and the beginning of standard error."""
        said = "; ".join(single_line(line) for line in self.stderr.splitlines()[:5])
        ending = "" if self.status is None else f", exit status {self.status}"
        return f"chaos failed: {self.reason}{ending}" + (f"; it said: {said}" if said else "")
