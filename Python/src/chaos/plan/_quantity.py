"""Quantities with a unit, as instance files may write them (MODEL.md, section 6)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_FORM = re.compile(r" *([0-9]+(?:\.[0-9]+)?) +([^ ]+) *", re.ASCII)

# A whole number of at most 2^62 base units has fewer digits; the rest is refused before it is
# computed with.
_MOST_DIGITS = 100


@dataclass(frozen=True)
class Quantity:
    """A physical quantity: its base unit, and what one of each unit is in it."""

    base: str
    units: Mapping[str, int]
    allowed: str

    def parse(self, text: str) -> int | str:
        """Return the value of a text in base units, exactly, or why it is refused."""
        match = _FORM.fullmatch(text)
        if match is None or len(match[1]) > _MOST_DIGITS:
            return f"is no number of at most {_MOST_DIGITS} digits with a unit"
        if match[2] not in self.units:
            return f"has an unknown unit; known are {', '.join(self.units)}"
        value = Fraction(match[1]) * self.units[match[2]]
        if value.denominator != 1:
            return f"is no whole number of {self.base}, and nothing is rounded"
        return value.numerator


BYTES = Quantity(
    "bytes",
    {
        "byte": 1,
        "bytes": 1,
        "B": 1,
        "kB": 10**3,
        "MB": 10**6,
        "GB": 10**9,
        "TB": 10**12,
        "PB": 10**15,
        "KiB": 2**10,
        "MiB": 2**20,
        "GiB": 2**30,
        "TiB": 2**40,
        "PiB": 2**50,
    },
    'a whole number of bytes, or a text such as "1.5 GiB" that is one exactly',
)

BANDWIDTH = Quantity(
    "bit/s",
    {
        "bit/s": 1,
        "kbit/s": 10**3,
        "Mbit/s": 10**6,
        "Gbit/s": 10**9,
        "Tbit/s": 10**12,
        "Kibit/s": 2**10,
        "Mibit/s": 2**20,
        "Gibit/s": 2**30,
        "B/s": 8,
        "kB/s": 8 * 10**3,
        "MB/s": 8 * 10**6,
        "GB/s": 8 * 10**9,
        "KiB/s": 2**13,
        "MiB/s": 2**23,
        "GiB/s": 2**33,
    },
    'a whole number of bit/s, or a text such as "4.5 Gbit/s" that is one exactly',
)

TIME = Quantity(
    "ns",
    {
        # The micro sign and the Greek letter look alike; files hold either.
        "ns": 1,
        "us": 10**3,
        "\u00b5s": 10**3,
        "\u03bcs": 10**3,
        "ms": 10**6,
        "s": 10**9,
        "min": 60 * 10**9,
        "h": 3600 * 10**9,
    },
    'a whole number of ns, or a text such as "12.3 ms" that is one exactly',
)
