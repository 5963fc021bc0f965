"""Schedules: how the learning rate depends on the step.

A schedule is described to the nodes, which work it out by themselves: the rate is a function of the
step of the run, the same on all nodes whenever they join, and not of how often something is called.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

_MOST_STEPS = 2**40


@dataclass(frozen=True)
class Constant:
    """The rate of each group stays as it is.

    Parameters
    ----------
    warmup : int, default 0
        The first steps, 0 … 2^40: in step t of them the factor is (t + 1) ÷ `warmup`.

    Raises
    ------
    ValueError
        If it is out of range.
    """

    warmup: int = 0

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        _check_warmup(self.warmup)

    def document(self) -> dict[str, object]:
        """Return the schedule as ENGINE.md describes it."""
        return {"type": "constant", "warmup": self.warmup}


@dataclass(frozen=True)
class Linear:
    """After the warm-up the factor goes from 1 to `floor` on a straight line.

    Parameters
    ----------
    steps : int
        The step from which on it is `floor`: more than `warmup`, at most 2^40.
    warmup : int, default 0
        The first steps, 0 … 2^40: in step t of them the factor is (t + 1) ÷ `warmup`.
    floor : float, default 0
        The last factor, 0 … 1.

    Raises
    ------
    ValueError
        If one is out of range.
    """

    steps: int
    warmup: int = 0
    floor: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        _check_decay(self.steps, self.warmup, self.floor)

    def document(self) -> dict[str, object]:
        """Return the schedule as ENGINE.md describes it."""
        return _decay("linear", self.steps, self.warmup, self.floor)


@dataclass(frozen=True)
class Cosine:
    """After the warm-up the factor goes from 1 to `floor` as half a period of the cosine.

    Parameters
    ----------
    steps : int
        The step from which on it is `floor`: more than `warmup`, at most 2^40.
    warmup : int, default 0
        The first steps, 0 … 2^40: in step t of them the factor is (t + 1) ÷ `warmup`.
    floor : float, default 0
        The last factor, 0 … 1.

    Raises
    ------
    ValueError
        If one is out of range.

    Notes
    -----
    Source: Loshchilov and Hutter 2017, without restarts.
    """

    steps: int
    warmup: int = 0
    floor: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        _check_decay(self.steps, self.warmup, self.floor)

    def document(self) -> dict[str, object]:
        """Return the schedule as ENGINE.md describes it."""
        return _decay("cosine", self.steps, self.warmup, self.floor)


Schedule = Union[Constant, Linear, Cosine]
"""How the learning rate depends on the step."""


def _decay(kind: str, steps: int, warmup: int, floor: float) -> dict[str, object]:
    return {"type": kind, "warmup": warmup, "steps": steps, "floor": float(floor)}


def _check_warmup(warmup: int) -> None:
    # JSON would write True as true.
    if type(warmup) is not int or not 0 <= warmup <= _MOST_STEPS:
        message = f"warmup: {warmup!r}; allowed: a whole number of steps, 0 … 2^40"
        raise ValueError(message)


def _check_decay(steps: int, warmup: int, floor: float) -> None:
    _check_warmup(warmup)
    if type(steps) is not int or not warmup < steps <= _MOST_STEPS:
        message = f"steps: {steps!r}; allowed: a whole number above warmup, {warmup}, up to 2^40"
        raise ValueError(message)
    # The form of the comparison refuses what is no number as well.
    if not 0 <= floor <= 1:
        message = f"floor: {floor!r}; allowed: 0 … 1"
        raise ValueError(message)
