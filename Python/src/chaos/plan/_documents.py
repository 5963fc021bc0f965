"""JSON in and out: Python values as documents without a loss, and the reading of fields."""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Callable, NoReturn, TypeVar

from ._errors import Fault, InvalidDocument
from ._text import single_line
from ._time import FORM, parse_time

if TYPE_CHECKING:
    from ._quantity import Quantity

_T = TypeVar("_T")

# No document is nested so deep; a list that contains itself is.
_MOST_DEPTH = 16

# Python refuses to write integers of more than 4300 digits; none that is allowed has 20.
_MOST_BITS = 4096

_WHOLE = "a whole number in the range of its key"


def whole_or_text(value: Fraction) -> int | str:
    """Return a fraction of an instance: an integer if it is one, else a text that is refused."""
    return value.numerator if value.denominator == 1 else str(value)


def encode(
    document: object, error: type[InvalidDocument], fraction: Callable[[Fraction], int | str]
) -> str:
    """Write a document as one line of JSON, which the program reads.

    Parameters
    ----------
    document : object
        Mappings, sequences, texts and numbers. What is not right is passed on as it is, since the
        program says best what is allowed, except where JSON has no words for it.
    error : type of InvalidDocument
        What is raised.
    fraction : callable
        How an exact fraction is written.

    Returns
    -------
    str
        One line.

    Raises
    ------
    InvalidDocument
        With each place whose value JSON cannot express.
    """
    faults: list[Fault] = []
    value = _plain(document, "", 0, faults, fraction)
    if faults:
        raise error(faults)
    return compact(value)


def compact(value: object, *, sort_keys: bool = False) -> str:
    """Return a value as one line of JSON without spaces, texts as they are."""
    return json.dumps(
        value, sort_keys=sort_keys, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def _plain(
    value: object,
    path: str,
    depth: int,
    faults: list[Fault],
    fraction: Callable[[Fraction], int | str],
) -> object:
    """Return the value in the types of JSON; what cannot be is a fault and None."""
    if depth > _MOST_DEPTH:
        faults.append(Fault(path, "a value nested deeper", f"at most {_MOST_DEPTH} levels"))
        return None
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _plain_text(value, path, faults)
    if isinstance(value, Mapping):
        plain: dict[str, object] = {}
        for key, member in value.items():
            if not isinstance(key, str):
                faults.append(Fault(path, f"the key {show(key)}", "keys that are texts"))
                continue
            place = member_path(path, key)
            plain[_plain_text(key, place, faults)] = _plain(
                member, place, depth + 1, faults, fraction
            )
        return plain
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray, memoryview)):
        return [
            _plain(element, f"{path}[{index}]", depth + 1, faults, fraction)
            for index, element in enumerate(value)
        ]
    return _plain_number(value, path, faults, fraction)


def _plain_text(text: str, path: str, faults: list[Fault]) -> str:
    if any("\ud800" <= character <= "\udfff" for character in text):
        faults.append(Fault(path, show(text), "a text without lone surrogates, which UTF-8 lacks"))
    # A subclass, such as a member of an enumeration, counts by its characters.
    return str.__str__(text)


def _plain_number(
    value: object, path: str, faults: list[Fault], fraction: Callable[[Fraction], int | str]
) -> object:
    if isinstance(value, Fraction):
        value = fraction(value)
        if isinstance(value, str):
            return value
    if isinstance(value, Decimal):
        # Rounding is harmless: only the seconds of a plan, for reading, may be no whole number.
        # The exponent is looked at first: a short Decimal can be a number of a million digits.
        is_whole = value.is_finite() and value.adjusted() < 100 and value == int(value)
        value = int(value) if is_whole else float("nan" if value.is_nan() else value)
    if isinstance(value, float):
        if math.isfinite(value):
            return float(value)
        faults.append(Fault(path, str(value), "a finite number"))
        return None
    try:
        # Integers of other packages too, such as those of arrays.
        whole = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        faults.append(
            Fault(path, f"a value of type {type(value).__name__}", "texts, numbers, lists, dicts")
        )
        return None
    if whole.bit_length() > _MOST_BITS:
        faults.append(Fault(path, show(whole), _WHOLE))
        return None
    return whole


def parse(text: str | bytes, error: type[InvalidDocument]) -> object:
    """Read a JSON text.

    Parameters
    ----------
    text : str or bytes
        The document; bytes in UTF-8.
    error : type of InvalidDocument
        What is raised.

    Returns
    -------
    object
        Its value; numbers with a fraction or an exponent as `decimal.Decimal`.

    Raises
    ------
    InvalidDocument
        If it is no JSON, or a key stands twice in an object.
    """

    def unique(members: list[tuple[str, object]]) -> dict[str, object]:
        value = dict(members)
        if len(value) < len(members):
            seen: set[str] = set()
            for name, _ in members:
                if name in seen:
                    found = f"the key {show(name)} twice in an object"
                    raise error([Fault("", found, "each key once")])
                seen.add(name)
        return value

    def refuse_constant(name: str) -> NoReturn:
        raise error([Fault("", name, "JSON, which has no such number")])

    try:
        return json.loads(
            (text.decode() if isinstance(text, bytes) else text).lstrip("\ufeff"),
            parse_float=Decimal,
            parse_constant=refuse_constant,
            object_pairs_hook=unique,
        )
    except json.JSONDecodeError as problem:
        place = f"line {problem.lineno}, column {problem.colno}"
        raise error([Fault(place, f"no valid JSON: {problem.msg}", "a JSON document")]) from None
    except UnicodeDecodeError as problem:
        found = f"no UTF-8 at byte {problem.start}"
        raise error([Fault("", found, "a JSON document in UTF-8")]) from None
    except RecursionError:
        allowed = f"at most {_MOST_DEPTH} levels"
        raise error([Fault("", "a document nested deeper", allowed)]) from None
    except InvalidDocument:
        raise
    except ValueError:
        # An integer of so many digits that Python does not read it.
        raise error([Fault("", "a number of thousands of digits", _WHOLE)]) from None


def member_path(path: str, key: str) -> str:
    """Return the place of a member of the object at `path`."""
    key = single_line(key)
    return f"{path}.{key}" if path else key


def show(value: object) -> str:
    """Return a value for a message, as JSON would show it."""
    if value is None or isinstance(value, bool):
        shown = {None: "null", True: "true", False: "false"}[value]
    elif isinstance(value, str):
        shown = f'"{single_line(value)}"'
    elif isinstance(value, Mapping):
        shown = "an object"
    elif isinstance(value, (list, tuple)):
        shown = "a list"
    elif isinstance(value, int) and value.bit_length() > _MOST_BITS:
        shown = f"an integer of {value.bit_length()} bits"
    elif isinstance(value, (int, float, Decimal)):
        shown = str(value)
    else:
        shown = f"a value of type {type(value).__name__}"
    return shown


class Fields:
    """An object of a document that is read key by key; faults are collected.

    Parameters
    ----------
    value : object
        What should be an object.
    path : str
        Its place.
    faults : list of Fault
        Where faults are added.
    keys : sequence of str
        The keys that it may have.
    required : sequence of str
        Those that it must have.
    """

    def __init__(
        self,
        value: object,
        path: str,
        faults: list[Fault],
        keys: Sequence[str],
        required: Sequence[str] = (),
    ) -> None:
        self._path = path
        self._faults = faults
        self._members: dict[str, object] = {}
        if not isinstance(value, Mapping):
            faults.append(Fault(path, show(value), "an object"))
            return
        for key, member in value.items():
            if isinstance(key, str) and key in keys:
                self._members[key] = member
            else:
                name = key if isinstance(key, str) else show(key)
                allowed = f"the keys {', '.join(keys)}"
                faults.append(Fault(member_path(path, name), "an unknown key", allowed))
        for key in required:
            if key not in value:
                allowed = f"an object with the keys {', '.join(required)}"
                faults.append(Fault(self.path(key), "the key is missing", allowed))

    def path(self, key: str) -> str:
        """Return the place of a member."""
        return member_path(self._path, key)

    def has(self, key: str) -> bool:
        """Return whether the member is there."""
        return key in self._members

    def refuse(self, key: str, allowed: str, why: str = "") -> None:
        """Add a fault at a member."""
        found = show(self._members[key]) + (f" {why}" if why else "")
        self._faults.append(Fault(self.path(key), found, allowed))

    def raw(self, key: str) -> object:
        """Return a member as it is; None if it is not there."""
        return self._members.get(key)

    def constant(self, key: str, value: str | int) -> None:
        """Refuse a member that is there and has another value."""
        member = self._members.get(key, value)
        if (member if isinstance(member, str) else as_whole(member)) != value:
            self.refuse(key, show(value))

    def text(self, key: str) -> str | None:
        """Return a text; None if it is not there or refused."""
        value = self._members.get(key)
        if isinstance(value, str):
            return value
        if key in self._members:
            self.refuse(key, "a text")
        return None

    def boolean(self, key: str) -> bool | None:
        """Return a truth value; None if it is not there or refused."""
        value = self._members.get(key)
        if isinstance(value, bool):
            return value
        if key in self._members:
            self.refuse(key, "true or false")
        return None

    def whole(self, key: str, allowed: str = "a whole number") -> int | None:
        """Return an integer; None if it is not there or refused."""
        if key not in self._members:
            return None
        value = as_whole(self._members[key])
        if value is None:
            self.refuse(key, allowed)
        return value

    def quantity(self, key: str, kind: Quantity) -> int | None:
        """Return a quantity in base units; None if it is not there or refused."""
        if key not in self._members:
            return None
        return read_quantity(self._members[key], self.path(key), kind, self._faults)

    def time(self, key: str) -> Fraction | None:
        """Return an exact time in nanoseconds; None if it is not there or refused."""
        value = self._members.get(key)
        if isinstance(value, Fraction) and value >= 0:
            return value
        time = parse_time(value) if isinstance(value, str) else None
        if time is None and key in self._members:
            self.refuse(key, FORM)
        return time

    def elements(self, key: str, allowed: str) -> Iterator[tuple[str, object]]:
        """Return place and value of each element of a list; none if it is not there."""
        value = self._members.get(key)
        if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)):
            for index, element in enumerate(value):
                yield f"{self.path(key)}[{index}]", element
        elif key in self._members:
            self.refuse(key, allowed)


def as_whole(value: object) -> int | None:
    """Return the value as an integer if it is one exactly and no truth value, else None."""
    if isinstance(value, Fraction) and value.denominator == 1:
        return value.numerator
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return None


def read_quantity(value: object, path: str, kind: Quantity, faults: list[Fault]) -> int | None:
    """Return a quantity in base units, from an integer or a text with a unit, or add a fault."""
    if isinstance(value, str):
        amount = kind.parse(value)
        if isinstance(amount, str):
            faults.append(Fault(path, f"{show(value)} {amount}", kind.allowed))
            return None
        return amount
    whole = as_whole(value)
    if whole is None:
        faults.append(Fault(path, show(value), kind.allowed))
    return whole


def finished(value: _T, faults: Sequence[Fault], error: type[InvalidDocument]) -> _T:
    """Return what was read, or raise its faults."""
    if faults:
        raise error(faults)
    return value


def require_type(value: object, kind: type, path: str) -> None:
    """Raise a TypeError if a part of a document is not of its class, such as a dict inside one."""
    if not isinstance(value, kind):
        message = (
            f"{path}: a value of type {type(value).__name__}; allowed: a {kind.__name__}, or a "
            "document all of dicts and lists, as from_dict takes it"
        )
        raise TypeError(message)
