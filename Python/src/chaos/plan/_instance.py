"""Instances of the shard assignment problem (MODEL.md, sections 2 and 6)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Union

from ._documents import (
    Fields,
    compact,
    encode,
    finished,
    parse,
    read_quantity,
    require_type,
    whole_or_text,
)
from ._errors import Fault, InvalidInstance
from ._quantity import BANDWIDTH, BYTES, TIME

if TYPE_CHECKING:
    import os

FORMAT = "chaos-instance"
VERSION = 1

_BITS_PER_BYTE_AND_NS_PER_S = 8 * 10**9


@dataclass(frozen=True)
class State:
    """The training state that the joiner pulls.

    Parameters
    ----------
    bytes : int
        S, its size in bytes, 1 … 2^53.
    model, optimizer : str, optional
        Their names, for people.

    Notes
    -----
    Source: MODEL.md, section 2. Like all parts of an instance it takes any values; the program
    checks them when it is asked to solve.
    """

    bytes: int
    model: str | None = None
    optimizer: str | None = None


@dataclass(frozen=True)
class Neighbor:
    """A member of the cluster that shards can be pulled from.

    Parameters
    ----------
    id : str
        Its name, not empty and used once in an instance.
    bandwidth : int
        b, of its link to the joiner in bit/s, 1 … 2^50.
    latency : int, default 0
        l, from a request to its first byte in ns, 0 … 2^50.
    ready : int, default 0
        r, the earliest time at which it can serve in ns, 0 … 2^50.
    overhead : int, default 0
        o, the fixed cost of each shard in ns, 0 … 2^50.
    limit : int, optional
        u, the most bytes that it sends, 0 … 2^53; None: no limit.
    group : str, optional
        The id of the group that it is in; None: none.

    Notes
    -----
    Source: MODEL.md, section 2.
    """

    id: str
    bandwidth: int
    latency: int = 0
    ready: int = 0
    overhead: int = 0
    limit: int | None = None
    group: str | None = None

    def completion_time(self, shards: int, shard_size: int) -> Fraction | None:
        """Return C(n), when the neighbour's own link has brought its n-th shard.

        A group around it may be done later.

        Parameters
        ----------
        shards : int
            n, the number of shards, 0 or more.
        shard_size : int
            s in bytes, 1 or more.

        Returns
        -------
        fractions.Fraction or None
            The time in nanoseconds, exact; None if the limit allows no n shards.

        Raises
        ------
        ValueError
            If a number is out of its range.

        Notes
        -----
        C(0) = 0 and C(n) = r + l + n · (o + 8·10^9·s / b) for 1 ≤ n ≤ ⌊u / s⌋ (MODEL.md,
        section 2). Cost: constant.
        """
        if shards < 0:
            message = f"shards: {shards}; allowed: 0 or more"
            raise ValueError(message)
        if shard_size < 1:
            message = f"shard_size: {shard_size}; allowed: 1 byte or more"
            raise ValueError(message)
        if self.bandwidth < 1:
            message = f"bandwidth: {self.bandwidth}; allowed: 1 bit/s or more"
            raise ValueError(message)
        if shards == 0:
            return Fraction(0)
        if self.limit is not None and shards * shard_size > self.limit:
            return None
        transfer = Fraction(_BITS_PER_BYTE_AND_NS_PER_S * shard_size, self.bandwidth)
        return self.ready + self.latency + shards * (self.overhead + transfer)


@dataclass(frozen=True)
class Group:
    """A capacity that the neighbours below it share, such as an institution's uplink.

    Parameters
    ----------
    id : str
        Its name, not empty and used once among the groups.
    bandwidth : int
        B, the capacity in bit/s, 1 … 2^50.
    parent : str, optional
        The id of the group around it; None: none. Parents form no cycle.

    Notes
    -----
    Source: MODEL.md, section 2. With groups a makespan is a lower bound of what sharing takes.
    """

    id: str
    bandwidth: int
    parent: str | None = None


@dataclass(frozen=True)
class Instance:
    """An instance: who can send the state, in shards of which sizes.

    Parameters
    ----------
    state : State
        What is pulled.
    shard_sizes : sequence of int
        The allowed sizes in bytes, 1 … 2^53: each a larger multiple of the one before.
    neighbors : sequence of Neighbor
        At least one. At equal times the one listed first gets the shard.
    groups : sequence of Group, default ()
        The shared capacities.
    name, source, comment, joiner : str, optional
        Texts for people.

    Notes
    -----
    Source: MODEL.md, sections 2 and 6. Sequences are kept as tuples, so that an instance can be
    hashed. Values are not checked before the program is asked, which names all faults at once.
    """

    state: State
    shard_sizes: Sequence[int]
    neighbors: Sequence[Neighbor]
    groups: Sequence[Group] = ()
    name: str | None = None
    source: str | None = None
    comment: str | None = None
    joiner: str | None = None

    def __post_init__(self) -> None:
        """Keep sequences as tuples; refuse parts of a wrong type, by a TypeError."""
        for key in ("shard_sizes", "neighbors", "groups"):
            object.__setattr__(self, key, tuple(getattr(self, key)))
        require_type(self.state, State, "state")
        for index, neighbor in enumerate(self.neighbors):
            require_type(neighbor, Neighbor, f"neighbors[{index}]")
        for index, group in enumerate(self.groups):
            require_type(group, Group, f"groups[{index}]")

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> Instance:
        """Return the instance that a document describes.

        Parameters
        ----------
        document : mapping
            As an instance file has it. Quantities are integers in base units or texts with a unit,
            which are converted exactly.

        Returns
        -------
        Instance
            With quantities in base units and the list of shard sizes.

        Raises
        ------
        InvalidInstance
            If its form is not that of an instance: a key is missing or unknown, a value is of the
            wrong type, a text is no quantity. Ranges, names and the chain of sizes are checked by
            the program.

        Notes
        -----
        Source: MODEL.md, section 6. Cost: one pass.
        """
        faults: list[Fault] = []
        return finished(_read_instance(document, faults), faults, InvalidInstance)

    @classmethod
    def from_json(cls, text: str | bytes) -> Instance:
        """Return the instance of a JSON document.

        Parameters
        ----------
        text : str or bytes
            The content of an instance file; bytes in UTF-8.

        Returns
        -------
        Instance
            As of `from_dict`.

        Raises
        ------
        InvalidInstance
            If it is no JSON, or as of `from_dict`.
        """
        faults: list[Fault] = []
        value = parse(text, InvalidInstance)
        return finished(_read_instance(value, faults), faults, InvalidInstance)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Instance:
        """Return the instance of a file.

        Parameters
        ----------
        path : path-like
            An instance file.

        Returns
        -------
        Instance
            As of `from_json`.

        Raises
        ------
        OSError
            If the file cannot be read.
        InvalidInstance
            As of `from_json`, with the file's name.
        """
        try:
            return cls.from_json(Path(path).read_bytes())
        except InvalidInstance as error:
            raise InvalidInstance(error.faults, error.count, str(path)) from None

    def to_dict(self) -> dict[str, object]:
        """Return the document of an instance file: base units, defaults left out.

        Returns
        -------
        dict
            Of new dicts and lists.
        """
        state = {
            "bytes": self.state.bytes,
            **_given(model=self.state.model, optimizer=self.state.optimizer),
        }
        document: dict[str, object] = {
            "format": FORMAT,
            "version": VERSION,
            **_given(name=self.name, source=self.source, comment=self.comment),
            "state": state,
            "shard_sizes": list(self.shard_sizes),
            **_given(joiner=self.joiner),
            "neighbors": [_neighbor_document(neighbor) for neighbor in self.neighbors],
        }
        if self.groups:
            document["groups"] = [
                {"id": group.id, "bandwidth": group.bandwidth, **_given(parent=group.parent)}
                for group in self.groups
            ]
        return document

    def to_json(self) -> str:
        """Return the instance as JSON in one line, which `chaos` and `from_json` read.

        Returns
        -------
        str
            Without a line end.

        Raises
        ------
        InvalidInstance
            If JSON cannot express a value.
        """
        return encode(self.to_dict(), InvalidInstance, whole_or_text)

    @property
    def sha256(self) -> str:
        """The digest of the canonical form, by which plans name their instance.

        It is that of the program for every instance that the program accepts (MODEL.md, section
        6). Raises `InvalidInstance` if JSON cannot express a value. Cost: one pass.
        """
        canonical = compact(parse(self.to_json(), InvalidInstance), sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()


InstanceLike = Union[Instance, Mapping[str, object]]
"""An instance, or the document of an instance file."""


def instance_text(instance: InstanceLike) -> str:
    """Return what the program reads for an instance or a document."""
    if isinstance(instance, Instance):
        return instance.to_json()
    if not isinstance(instance, Mapping):
        # Callers without a type checker pass other things, such as the name of a file.
        raise InvalidInstance(
            [Fault("", f"a value of type {type(instance).__name__}", "an Instance or a mapping")]
        )
    return encode(instance, InvalidInstance, whole_or_text)


def _given(**members: str | None) -> dict[str, str]:
    return {key: value for key, value in members.items() if value is not None}


def _neighbor_document(neighbor: Neighbor) -> dict[str, object]:
    document: dict[str, object] = {"id": neighbor.id, "bandwidth": neighbor.bandwidth}
    times = {
        "latency": neighbor.latency,
        "ready": neighbor.ready,
        "overhead": neighbor.overhead,
    }
    # Not what equals 0 in some other type, such as False: the program has to see and refuse it.
    document.update((key, time) for key, time in times.items() if type(time) is not int or time)
    if neighbor.limit is not None:
        document["limit"] = neighbor.limit
    document.update(_given(group=neighbor.group))
    return document


def _read_instance(value: object, faults: list[Fault]) -> Instance:
    """Return an instance; what is refused is added to the faults and stands for something else."""
    keys = ["format", "version", "name", "source", "comment", "state", "shard_sizes", "joiner"]
    required = ["format", "version", "state", "shard_sizes", "neighbors"]
    fields = Fields(value, "", faults, [*keys, "neighbors", "groups"], required)
    fields.constant("format", FORMAT)
    fields.constant("version", VERSION)
    return Instance(
        state=_read_state(fields, faults),
        shard_sizes=_read_sizes(fields, faults),
        neighbors=[
            _read_neighbor(element, path, faults)
            for path, element in fields.elements("neighbors", "a list of neighbors")
        ],
        groups=[
            _read_group(element, path, faults)
            for path, element in fields.elements("groups", "a list of groups")
        ],
        name=fields.text("name"),
        source=fields.text("source"),
        comment=fields.text("comment"),
        joiner=fields.text("joiner"),
    )


def _read_state(parent: Fields, faults: list[Fault]) -> State:
    if not parent.has("state"):
        return State(1)
    fields = Fields(
        parent.raw("state"), "state", faults, ["bytes", "model", "optimizer"], ["bytes"]
    )
    size = fields.quantity("bytes", BYTES)
    return State(1 if size is None else size, fields.text("model"), fields.text("optimizer"))


def _read_sizes(parent: Fields, faults: list[Fault]) -> list[int]:
    sizes = parent.raw("shard_sizes")
    if isinstance(sizes, Mapping):
        return _read_geometric(sizes, faults)
    elements = parent.elements("shard_sizes", "a list of sizes, or smallest, factor and count")
    values = [read_quantity(element, path, BYTES, faults) for path, element in elements]
    return [value for value in values if value is not None]


def _read_geometric(sizes: Mapping[str, object], faults: list[Fault]) -> list[int]:
    """Return smallest · factor^k for k below count."""
    keys = ["smallest", "factor", "count"]
    fields = Fields(sizes, "shard_sizes", faults, keys, keys)
    smallest = fields.quantity("smallest", BYTES)
    factor = fields.whole("factor", "a whole number, 2 or more")
    count = fields.whole("count", "a whole number, 1 … 54")
    if smallest is None or factor is None or count is None:
        return []
    # What is written here in short has no other place where its range could be checked.
    if not 1 <= smallest <= 2**53:
        fields.refuse("smallest", "1 … 2^53 bytes")
    elif factor < 2:
        fields.refuse("factor", "2 or more")
    elif not 1 <= count <= 54:
        fields.refuse("count", "1 … 54")
    elif smallest * factor ** (count - 1) > 2**53:
        fields.refuse("count", "fewer: the largest size is beyond 2^53 bytes")
    else:
        return [smallest * factor**k for k in range(count)]
    return []


def _read_neighbor(value: object, path: str, faults: list[Fault]) -> Neighbor:
    keys = ["id", "bandwidth", "latency", "ready", "overhead", "limit", "group"]
    fields = Fields(value, path, faults, keys, ["id", "bandwidth"])
    return Neighbor(
        id=fields.text("id") or "",
        bandwidth=fields.quantity("bandwidth", BANDWIDTH) or 0,
        latency=fields.quantity("latency", TIME) or 0,
        ready=fields.quantity("ready", TIME) or 0,
        overhead=fields.quantity("overhead", TIME) or 0,
        limit=fields.quantity("limit", BYTES),
        group=fields.text("group"),
    )


def _read_group(value: object, path: str, faults: list[Fault]) -> Group:
    fields = Fields(value, path, faults, ["id", "bandwidth", "parent"], ["id", "bandwidth"])
    return Group(
        id=fields.text("id") or "",
        bandwidth=fields.quantity("bandwidth", BANDWIDTH) or 0,
        parent=fields.text("parent"),
    )
