"""Exact times (MODEL.md, section 7): fractions of nanoseconds, as texts in files."""

from __future__ import annotations

import re
from fractions import Fraction

from ._text import single_line

# At most 2^76 over at most 2^50: 23 and 16 digits. What is longer is not read at all.
_FORM = re.compile(r"(0|[1-9][0-9]{0,38})(?:/([1-9][0-9]{0,15}))?", re.ASCII)

FORM = '"p" or "p/q" in lowest terms, in nanoseconds'
"""What messages say is allowed."""


def parse_time(text: str) -> Fraction | None:
    """Read an exact time.

    Parameters
    ----------
    text : str
        ``p`` or ``p/q`` in lowest terms, in nanoseconds.

    Returns
    -------
    fractions.Fraction or None
        The time in nanoseconds; None if the text is none.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    value = Fraction(int(match[1]), int(match[2] or 1))
    return value if time_text(value) == text else None


def time_text(time: Fraction | int) -> str:
    """Return ``p`` or ``p/q`` in lowest terms for a time in nanoseconds."""
    return str(Fraction(time))


def exact(time: object, path: str) -> Fraction:
    """Return a time in nanoseconds as a fraction.

    Parameters
    ----------
    time : object
        What should be a `fractions.Fraction` or an int.
    path : str
        What it is, for the message.

    Returns
    -------
    fractions.Fraction
        The same.

    Raises
    ------
    TypeError
        If it is anything else, such as a float, which would look exact and be rounded.
    """
    if isinstance(time, (int, Fraction)) and not isinstance(time, bool):
        return Fraction(time)
    message = f"{path}: {single_line(repr(time))}; allowed: a Fraction or an int, in nanoseconds"
    raise TypeError(message)
