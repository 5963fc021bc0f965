"""Fastest plans for pulling training state, and their verification, by the program ``chaos``.

The model is that of MODEL.md in the project's documentation. Everything is exact: quantities are
integers, times are `fractions.Fraction` in nanoseconds.
"""

from ._errors import (
    BeyondRange,
    ChaosError,
    Fault,
    Infeasible,
    InvalidDocument,
    InvalidInstance,
    InvalidPlan,
    ProgramFailed,
    ProgramNotFound,
    ProgramTimeout,
    TooLarge,
)
from ._instance import Group, Instance, InstanceLike, Neighbor, State
from ._plan import Assignment, InstanceReference, Plan, PlanLike
from ._program import find_program
from ._solution import SizeFinding, Solution
from ._solve import Algorithm, analyze, solve, solve_many
from ._verify import SizeCheck, Verdict, verify

__all__ = [
    "Algorithm",
    "Assignment",
    "BeyondRange",
    "ChaosError",
    "Fault",
    "Group",
    "Infeasible",
    "Instance",
    "InstanceLike",
    "InstanceReference",
    "InvalidDocument",
    "InvalidInstance",
    "InvalidPlan",
    "Neighbor",
    "Plan",
    "PlanLike",
    "ProgramFailed",
    "ProgramNotFound",
    "ProgramTimeout",
    "SizeCheck",
    "SizeFinding",
    "Solution",
    "State",
    "TooLarge",
    "Verdict",
    "analyze",
    "find_program",
    "solve",
    "solve_many",
    "verify",
]
