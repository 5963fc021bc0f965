"""Plans: who sends which shards, and when each is done (MODEL.md, section 7)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Union

from ._documents import Fields, as_whole, encode, finished, parse, require_type
from ._errors import Fault, InvalidPlan
from ._time import exact, time_text

if TYPE_CHECKING:
    import os

FORMAT = "chaos-plan"
VERSION = 1


@dataclass(frozen=True)
class InstanceReference:
    """The instance that a plan is for.

    Parameters
    ----------
    sha256 : str
        The digest of the canonical instance, 64 hexadecimal digits in lower case.
    name : str, optional
        The instance's name.
    """

    sha256: str
    name: str | None = None


@dataclass(frozen=True)
class Assignment:
    """One neighbour's contiguous run of shards.

    Parameters
    ----------
    neighbor : str
        The neighbour's id.
    first : int
        The index of its first shard, 0 or more; shard k begins at byte k·s of the state.
    count : int
        The number of its shards, 1 or more.
    finish_ns : fractions.Fraction
        When the neighbour's own link is done, in nanoseconds, exact. A group around it may be done
        later.
    """

    neighbor: str
    first: int
    count: int
    finish_ns: Fraction

    def __post_init__(self) -> None:
        """Refuse a time that is not exact, by a TypeError."""
        object.__setattr__(self, "finish_ns", exact(self.finish_ns, "finish_ns"))


@dataclass(frozen=True)
class Plan:
    """Who sends which shards to the joiner, and when each is done.

    Parameters
    ----------
    instance : InstanceReference
        What the plan is for.
    shard_size : int
        s in bytes, 1 … 2^53.
    shards : int
        K, the number of shards that cover the state; the last one may be short.
    makespan_ns : fractions.Fraction
        T, when the last shard is complete, in nanoseconds, exact.
    assignments : sequence of Assignment
        In the order of the instance; neighbours without a shard are left out.
    optimal : bool, default False
        Whether what made the plan proves it best over all shard sizes.
    algorithm : str, default ""
        What made the plan.
    makespan_seconds : decimal.Decimal, optional
        T in seconds, rounded: for reading only.

    Notes
    -----
    Source: MODEL.md, section 7. A value need not be right: `verify` says whether it is. The
    assignments are kept as a tuple, so that a plan can be hashed.
    """

    instance: InstanceReference
    shard_size: int
    shards: int
    makespan_ns: Fraction
    assignments: Sequence[Assignment]
    optimal: bool = False
    algorithm: str = ""
    makespan_seconds: Decimal | None = None

    def __post_init__(self) -> None:
        """Keep the assignments as a tuple; refuse what is of a wrong type, by a TypeError."""
        object.__setattr__(self, "makespan_ns", exact(self.makespan_ns, "makespan_ns"))
        object.__setattr__(self, "assignments", tuple(self.assignments))
        require_type(self.instance, InstanceReference, "instance")
        for index, run in enumerate(self.assignments):
            require_type(run, Assignment, f"assignments[{index}]")

    @property
    def counts(self) -> dict[str, int]:
        """The number of shards of each neighbour that has any, by its id."""
        return {run.neighbor: run.count for run in self.assignments}

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> Plan:
        """Return the plan that a document describes.

        Parameters
        ----------
        document : mapping
            As a plan file has it; times are texts ``p`` or ``p/q``, or `fractions.Fraction`.

        Returns
        -------
        Plan
            The same with exact times.

        Raises
        ------
        InvalidPlan
            If its form is not that of a plan. Whether it is right, `verify` says.

        Notes
        -----
        Source: MODEL.md, section 7. Cost: one pass.
        """
        return plan_of(document)

    @classmethod
    def from_json(cls, text: str | bytes) -> Plan:
        """Return the plan of a JSON document.

        Parameters
        ----------
        text : str or bytes
            The content of a plan file; bytes in UTF-8.

        Returns
        -------
        Plan
            As of `from_dict`.

        Raises
        ------
        InvalidPlan
            If it is no JSON, or as of `from_dict`.
        """
        return plan_of(parse(text, InvalidPlan))

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Plan:
        """Return the plan of a file.

        Parameters
        ----------
        path : path-like
            A plan file.

        Returns
        -------
        Plan
            As of `from_json`.

        Raises
        ------
        OSError
            If the file cannot be read.
        InvalidPlan
            As of `from_json`, with the file's name.
        """
        try:
            return cls.from_json(Path(path).read_bytes())
        except InvalidPlan as error:
            raise InvalidPlan(error.faults, error.count, str(path)) from None

    def to_dict(self) -> dict[str, object]:
        """Return the document of a plan file.

        Returns
        -------
        dict
            Times are texts, and exact; ``makespan_seconds``, for reading only, is a float.
        """
        name = {} if self.instance.name is None else {"name": self.instance.name}
        seconds = (
            {}
            if self.makespan_seconds is None
            else {"makespan_seconds": float(self.makespan_seconds)}
        )
        return {
            "format": FORMAT,
            "version": VERSION,
            "instance": {**name, "sha256": self.instance.sha256},
            "shard_size": self.shard_size,
            "shards": self.shards,
            "makespan_ns": time_text(self.makespan_ns),
            **seconds,
            "assignments": [
                {
                    "neighbor": run.neighbor,
                    "first": run.first,
                    "count": run.count,
                    "finish_ns": time_text(run.finish_ns),
                }
                for run in self.assignments
            ],
            "optimal": self.optimal,
            "algorithm": self.algorithm,
        }

    def to_json(self) -> str:
        """Return the content of a plan file, an assignment a line.

        Returns
        -------
        str
            The very text that ``chaos solve --output`` writes for the same plan.

        Raises
        ------
        InvalidPlan
            If JSON cannot express a value.
        """
        document = self.to_dict()
        encode(document, InvalidPlan, time_text)
        members = []
        for key, value in document.items():
            if key == "makespan_seconds":
                # All digits, which a float need not hold.
                text = f"{self.makespan_seconds:f}"
            elif key == "assignments" and self.assignments:
                runs = ",\n".join(f"    {_spaced(run.__dict__)}" for run in self.assignments)
                text = f"[\n{runs}\n  ]"
            else:
                text = _spaced(value)
            members.append(f'  "{key}": {text}')
        return "{\n" + ",\n".join(members) + "\n}\n"


PlanLike = Union[Plan, Mapping[str, object]]
"""A plan, or the document of a plan file."""


def plan_text(plan: PlanLike) -> str:
    """Return what the program reads for a plan or a document."""
    if isinstance(plan, Plan):
        return plan.to_json()
    if not isinstance(plan, Mapping):
        # Callers without a type checker pass other things, such as the name of a file.
        raise InvalidPlan(
            [Fault("", f"a value of type {type(plan).__name__}", "a Plan or a mapping")]
        )
    return encode(plan, InvalidPlan, time_text)


def plan_of(value: object) -> Plan:
    """Return the plan of a document, or raise `InvalidPlan` with all faults of its form."""
    faults: list[Fault] = []
    keys = ["format", "version", "instance", "shard_size", "shards", "makespan_ns"]
    fields = Fields(
        value,
        "",
        faults,
        [*keys, "makespan_seconds", "assignments", "optimal", "algorithm"],
        [*keys, "assignments"],
    )
    fields.constant("format", FORMAT)
    fields.constant("version", VERSION)
    plan = Plan(
        instance=_read_reference(fields, faults),
        shard_size=fields.whole("shard_size", "1 … 2^53 bytes") or 0,
        shards=fields.whole("shards", "1 … 2^53") or 0,
        makespan_ns=fields.time("makespan_ns") or Fraction(0),
        assignments=[
            _read_run(element, path, faults)
            for path, element in fields.elements("assignments", "a list of assignments")
        ],
        optimal=fields.boolean("optimal") or False,
        algorithm=fields.text("algorithm") or "",
        makespan_seconds=_read_seconds(fields),
    )
    return finished(plan, faults, InvalidPlan)


def _spaced(value: object) -> str:
    """Return JSON in one line, with spaces, texts as they are."""
    return json.dumps(value, ensure_ascii=False, default=time_text)


def _read_reference(parent: Fields, faults: list[Fault]) -> InstanceReference:
    if not parent.has("instance"):
        return InstanceReference("")
    fields = Fields(parent.raw("instance"), "instance", faults, ["name", "sha256"], ["sha256"])
    return InstanceReference(fields.text("sha256") or "", fields.text("name"))


def _read_run(value: object, path: str, faults: list[Fault]) -> Assignment:
    keys = ["neighbor", "first", "count", "finish_ns"]
    fields = Fields(value, path, faults, keys, keys)
    return Assignment(
        neighbor=fields.text("neighbor") or "",
        first=fields.whole("first", "0 … 2^53") or 0,
        count=fields.whole("count", "1 … 2^53") or 0,
        finish_ns=fields.time("finish_ns") or Fraction(0),
    )


def _read_seconds(fields: Fields) -> Decimal | None:
    value = fields.raw("makespan_seconds")
    whole = as_whole(value)
    if whole is not None:
        return Decimal(whole)
    # The shortest text of a float is the number that a file would hold.
    seconds = Decimal(repr(value)) if isinstance(value, float) else value
    if isinstance(seconds, Decimal) and seconds.is_finite() and abs(seconds.adjusted()) < 100:
        return seconds
    if fields.has("makespan_seconds"):
        fields.refuse("makespan_seconds", "a number of seconds, 0 or more")
    return None
