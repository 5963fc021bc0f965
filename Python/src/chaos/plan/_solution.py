"""Solutions: what the solver finds out about each shard size (MODEL.md, section 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ._errors import BeyondRange, Infeasible
from ._plan import Plan, plan_of
from ._time import parse_time

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction


@dataclass(frozen=True)
class SizeFinding:
    """What is known of one shard size. What does not belong to its finding is None.

    Parameters
    ----------
    shard_size : int
        s in bytes.
    shards : int
        K, the number of shards that the state needs.
    finding : str
        ``makespan``: the least makespan of this size is known; ``cannot-beat``: it is no better
        than another size; ``infeasible``: the limits leave too few shards; ``beyond-range``: its
        makespan is beyond 2^76 ns.
    makespan_ns : fractions.Fraction, optional
        The least makespan in nanoseconds, exact.
    incumbent_ns : fractions.Fraction, optional
        A makespan of another size in nanoseconds, exact, which is a lower bound of this one's.
    incumbent_size : int, optional
        That other size in bytes.
    reached : int, optional
        How many shards can be complete by then: fewer than needed.
    attainable : int, optional
        How many shards the limits allow.
    missing : int, optional
        How many more are needed.
    """

    shard_size: int
    shards: int
    finding: str
    makespan_ns: Fraction | None = None
    incumbent_ns: Fraction | None = None
    incumbent_size: int | None = None
    reached: int | None = None
    attainable: int | None = None
    missing: int | None = None


@dataclass(frozen=True)
class Solution:
    """The answer of the solver to one instance.

    Parameters
    ----------
    status : str
        ``optimal``: the plan is best over all sizes; ``optimal-at-size``: best at the size that was
        asked for; ``infeasible``: the limits leave too few shards; ``beyond-range``: the least
        makespan is beyond 2^76 ns.
    sizes : tuple of SizeFinding
        For each size that was looked at, smallest first.
    plan : Plan or None
        The fastest plan, if there is one.
    """

    status: str
    sizes: tuple[SizeFinding, ...]
    plan: Plan | None

    def require_plan(self) -> Plan:
        """Return the plan.

        Returns
        -------
        Plan
            The fastest.

        Raises
        ------
        Infeasible, BeyondRange
            If there is none.
        """
        if self.plan is not None:
            return self.plan
        raise (Infeasible if self.status == "infeasible" else BeyondRange)(self.sizes)


def solution_of(document: Mapping[str, Any]) -> Solution:
    """Return the solution that the program printed; what is none raises anything."""
    plan = document["plan"]
    return Solution(
        status=document["status"],
        sizes=tuple(_finding_of(size) for size in document["sizes"]),
        plan=None if plan is None else plan_of(plan),
    )


def _finding_of(document: Mapping[str, Any]) -> SizeFinding:
    members = dict(document)
    for key in ("makespan_ns", "incumbent_ns"):
        if key in members:
            members[key] = parse_time(members[key])
            if members[key] is None:
                raise ValueError(key)
    return SizeFinding(**members)
