"""What a node says, read from its lines (ENGINE.md)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Callable, Union

from ..plan._text import single_line
from ._errors import ProtocolError

VERSION = 1
"""Of the protocol."""

MOST_BYTES = 2**24
"""Of a line."""

_MOST_SHOWN = 80


@dataclass(frozen=True)
class Welcome:
    """The node takes this engine; `begins`: it needs the first state."""

    version: int
    node: int
    cluster: str
    numbers: int
    samples: int
    batch: int
    begins: bool


@dataclass(frozen=True)
class Refusal:
    """The node refuses what has been sent, and ends the connection."""

    path: str
    found: str
    allowed: str


@dataclass(frozen=True)
class State:
    """The parameters are those before this step."""

    step: int


@dataclass(frozen=True)
class Compute:
    """A share of a step is to be computed."""

    ticket: int
    view: int
    members: int
    step: int
    samples: tuple[int, ...]


@dataclass(frozen=True)
class Stop:
    """The answer to this ticket is not wanted any more."""

    ticket: int


@dataclass(frozen=True)
class Finished:
    """All steps are done; the parameters are the last ones."""

    step: int


@dataclass(frozen=True)
class Ended:
    """The node ends."""

    reason: str


Message = Union[Welcome, Refusal, State, Compute, Stop, Finished, Ended]


def parse(line: bytes) -> Message:
    """Read a message.

    Parameters
    ----------
    line : bytes
        Without the line feed, at most `MOST_BYTES`.

    Returns
    -------
    Message
        Its texts may have any characters.

    Raises
    ------
    ProtocolError
        If it is none of ENGINE.md: no JSON, another type, a field that is missing, unknown, there
        twice or of a wrong kind.
    """
    try:
        document = json.loads(line.decode(), object_pairs_hook=_fields)
    except (ValueError, RecursionError) as error:
        raise _refuse(line) from error
    if not isinstance(document, dict):
        raise _refuse(line)
    kind = document.pop("type", None)
    made = _KINDS.get(kind) if isinstance(kind, str) else None
    if made is None:
        raise _refuse(line)
    message, checks = made
    if document.keys() != checks.keys():
        raise _refuse(line)
    for key, check in checks.items():
        if not check(document[key]):
            raise _refuse(line)
    if "samples" in document and message is Compute:
        document["samples"] = tuple(document["samples"])
    result: Message = message(**document)
    if isinstance(result, Welcome) and result.version != VERSION:
        text = f"the node speaks version {result.version}; allowed: {VERSION}"
        raise ProtocolError(text)
    return result


def _fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        message = "a field is there twice"
        raise ValueError(message)
    return fields


def _refuse(line: bytes) -> ProtocolError:
    shown = single_line(line[: 4 * _MOST_SHOWN].decode(errors="replace"), _MOST_SHOWN)
    return ProtocolError(f"the node says {shown}; allowed: a message of ENGINE.md")


def _whole(value: object) -> bool:
    # True is a number to Python.
    return type(value) is int and 0 <= value < 2**64


def _positive(value: object) -> bool:
    return _whole(value) and value != 0


def _text(value: object) -> bool:
    return isinstance(value, str)


def _truth(value: object) -> bool:
    return isinstance(value, bool)


def _wholes(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_whole, value))


_KINDS: dict[str, tuple[Callable[..., Message], dict[str, Callable[[object], bool]]]] = {
    "welcome": (
        Welcome,
        {
            "version": _whole,
            "node": _whole,
            "cluster": _text,
            "numbers": _positive,
            "samples": _positive,
            "batch": _positive,
            "begins": _truth,
        },
    ),
    "refused": (Refusal, {"path": _text, "found": _text, "allowed": _text}),
    "state": (State, {"step": _whole}),
    "compute": (
        Compute,
        {
            "ticket": _whole,
            "view": _whole,
            "members": _positive,
            "step": _whole,
            "samples": _wholes,
        },
    ),
    "stop": (Stop, {"ticket": _whole}),
    "finished": (Finished, {"step": _whole}),
    "ended": (Ended, {"reason": _text}),
}
