"""The refusals of a node, as errors that speak of the model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from ..plan._text import single_line
from ._errors import Mismatch, Refused

if TYPE_CHECKING:
    from ..plan import ChaosError
    from ._messages import Refusal

# What the node adds to that which the run has.
_IN_THE_RUN = ", as in the run"

_PLACE = re.compile(r"model\.(parameters|buffers|constants)\[(\d{1,9})\](?:\.(\w+))?")
_SHAPED = re.compile(r"(?:(.*) of shape )?\[([0-9, ]*)\]")


def error_of(refusal: Refusal, model: dict[str, object]) -> ChaosError:
    """Return the error that a refusal is.

    Parameters
    ----------
    refusal : Refusal
        What the node says; its texts may have any characters.
    model : dict
        The description that has been sent, for the names of its arrays.

    Returns
    -------
    Mismatch
        If the place is in the model: its message has the name of the array.
    Refused
        Otherwise.
    """
    path, found, allowed = map(single_line, (refusal.path, refusal.found, refusal.allowed))
    if path.split(".")[0] != "model":
        return Refused(path, found, allowed)
    place, name = _place(path, model)
    if not allowed.endswith(_IN_THE_RUN):
        return Mismatch(f"{place}: {found}; allowed: {allowed}")
    run = allowed[: -len(_IN_THE_RUN)]
    here, there = _SHAPED.fullmatch(found), _SHAPED.fullmatch(run)
    if name and here and there and {here[1], there[1]} <= {None, name}:
        return Mismatch(f"{name}: shape {_shape(here[2])} here, {_shape(there[2])} in the run")
    return Mismatch(f"{place}: {_without(name, found)} here, {_without(name, run)} in the run")


def _place(path: str, model: dict[str, object]) -> tuple[str, str]:
    """Return the place for people, and the name of the array if it is one that is there."""
    match = _PLACE.fullmatch(path)
    if match:
        arrays = cast("list[dict[str, object]]", model[match[1]])
        index = int(match[2])
        if index < len(arrays):
            name = single_line(str(arrays[index]["name"]))
            return (f"{name}, {match[3]}" if match[3] and match[3] != "shape" else name), name
    return path.partition(".")[2] or "the model", ""


def _without(name: str, text: str) -> str:
    """Return a text without the name at its beginning, which is said already."""
    for between in (" of ", " with "):
        if name and text.startswith(name + between):
            return text[len(name + between) :]
    return text


def _shape(sizes: str) -> str:
    """Return a shape as Python writes it."""
    numbers = [size.strip() for size in sizes.split(",") if size.strip()]
    return f"({numbers[0]},)" if len(numbers) == 1 else f"({', '.join(numbers)})"
