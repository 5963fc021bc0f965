"""Verification: whether a plan is right, by the checker that shares no code with the solver."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._errors import Fault, InvalidDocument, InvalidInstance, InvalidPlan
from ._instance import InstanceLike, instance_text
from ._plan import PlanLike, plan_text
from ._program import document_of, run
from ._solve import faults_of
from ._time import parse_time

if TYPE_CHECKING:
    from fractions import Fraction

# The exit status of each verdict (README, "Exit status").
_EXIT_STATUS = {"optimal": 0, "feasible": 6, "wrong": 6}


@dataclass(frozen=True)
class SizeCheck:
    """What one shard size says about a makespan: the certificate of MODEL.md, section 4.7.

    Parameters
    ----------
    shard_size : int
        s in bytes.
    needed : int
        K, the shards that the state needs.
    before : int
        F, how many can be complete strictly before the makespan, counted up to `needed`. No plan
        with this size is faster exactly if ``before < needed``.
    """

    shard_size: int
    needed: int
    before: int


@dataclass(frozen=True)
class Verdict:
    """What the checker says of a plan. It counts as true if the plan is what it says.

    Parameters
    ----------
    verdict : str
        ``optimal``: feasible, exact, and no plan is faster; ``feasible``: the same, but a plan is
        faster, and this one does not claim otherwise; ``wrong``: the plan is not what it says.
    makespan_ns : fractions.Fraction
        What the plan claims, in nanoseconds, exact.
    faults : tuple of Fault
        What is wrong, with places inside the plan; at most the first hundred.
    fault_count : int
        How many faults there are.
    sizes : tuple of SizeCheck
        The certificate, for each shard size of the instance.
    """

    verdict: str
    makespan_ns: Fraction
    faults: tuple[Fault, ...]
    fault_count: int
    sizes: tuple[SizeCheck, ...]

    @property
    def is_optimal(self) -> bool:
        """Whether no plan of the instance is faster."""
        return self.verdict == "optimal"

    def __bool__(self) -> bool:
        """Return whether the plan is what it says: optimal or feasible."""
        return self.verdict != "wrong"


def verify(instance: InstanceLike, plan: PlanLike, *, timeout: float | None = None) -> Verdict:
    """Check that a plan is feasible, its times exact, and whether no plan is faster.

    Parameters
    ----------
    instance : Instance or mapping
        What the plan is for; a mapping is the document of an instance file.
    plan : Plan or mapping
        The plan, by whatever made it; a mapping is the document of a plan file.
    timeout : float, optional
        The most seconds to wait, more than 0; None: as long as it takes.

    Returns
    -------
    Verdict
        A wrong plan is a verdict, no exception.

    Raises
    ------
    InvalidInstance
        If the instance is refused, with every fault.
    InvalidPlan
        If the plan is none by its form, with every fault.
    ProgramNotFound, ProgramFailed, ProgramTimeout
        If the program gives no answer.
    ValueError
        If `timeout` is out of its range.

    Notes
    -----
    Source: MODEL.md, section 4.7. The checker uses no solver and shares no code with any. Cost: one
    process; one pass over neighbours and groups for each shard size. The instance stands in a
    temporary file meanwhile.
    """
    plan_document = plan_text(plan)
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        path = Path(folder, "instance.json")
        path.write_text(instance_text(instance), encoding="utf-8")
        arguments = ["verify", "--format", "json", str(path), "-"]
        ended = run(arguments, plan_document, timeout)
    document = document_of(ended.stdout, "chaos-verification")
    if document is None:
        raise ended.failure("no answer to verify that is a chaos-verification of version 1")
    try:
        if "faults" in document and document.get("status") == "invalid":
            error = InvalidInstance if document["file"] == str(path) else InvalidPlan
            raise error(faults_of(document), document["fault_count"])
        if _EXIT_STATUS.get(document.get("verdict", "")) == ended.status:
            return _verdict_of(document)
    except InvalidDocument:
        raise
    except (AttributeError, LookupError, TypeError, ValueError) as problem:
        raise ended.failure("a verdict that is not of its form") from problem
    raise ended.failure("its exit status does not fit its verdict")


def _verdict_of(document: dict[str, Any]) -> Verdict:
    makespan = parse_time(document["makespan_ns"])
    if makespan is None:
        raise ValueError(document["makespan_ns"])
    return Verdict(
        verdict=document["verdict"],
        makespan_ns=makespan,
        faults=tuple(faults_of(document)),
        fault_count=document["fault_count"],
        sizes=tuple(SizeCheck(**size) for size in document["sizes"]),
    )
