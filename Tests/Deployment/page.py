"""Reads a page: what is to be done on which machine, which files are to be written, and what is said to be seen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


class PageError(Exception):
    """The page has something that is not understood."""


@dataclass(frozen=True)
class Commands:
    """Commands that are run on machines, on one after the other."""

    line: int
    machines: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class File:
    """A file as it is to be on machines."""

    line: int
    machines: tuple[str, ...]
    path: str
    text: str


@dataclass(frozen=True)
class Carry:
    """A file that is carried from a machine to another one."""

    line: int
    source: str
    source_path: str
    target: str
    target_path: str


@dataclass(frozen=True)
class Output:
    """What commands print: those of the block before, or some of its own on one machine, at once or after a while."""

    line: int
    machine: str | None
    command: str | None
    text: str


@dataclass(frozen=True)
class Prose:
    """What a paragraph says, in one line."""

    line: int
    text: str


Item = Commands | File | Carry | Output | Prose

_MACHINES = r"On (?P<machines>\*\*[\w-]+\*\*(?:(?:, then on |, | and )\*\*[\w-]+\*\*)*)"
_COMMANDS = re.compile(_MACHINES + r"(?:, in the folder with the package)?:$")
_FILE = re.compile(_MACHINES + r", the file `(?P<path>[^`]+)`:$")
_OUTPUT = re.compile(r"It prints:$")
_LATER = re.compile(r"On (?P<machine>[\w-]+)(?:, `(?P<command>[^`]+)`| it) comes to print:$")
_CARRY = re.compile(r"Carry `([^`]+)` from \*\*([\w-]+)\*\* to \*\*([\w-]+)\*\*, as `([^`]+)`\.$")


def read(path: Path) -> list[Item]:
    """Reads all that the page says, in its order."""
    items: list[Item] = []
    paragraph: list[str] = []
    start = 0
    fence: list[str] | None = None
    language = ""
    lead = ""

    def end_paragraph() -> None:
        nonlocal lead
        if not paragraph:
            return
        lead = " ".join(paragraph)
        items.append(Prose(start, lead))
        for offset, text in enumerate(paragraph):
            if text.startswith("Carry "):
                items.append(_carry(start + offset, text))
        paragraph.clear()

    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if fence is not None:
            if line == "```":
                items.append(_block(start, language, lead, "".join(f"{text}\n" for text in fence)))
                fence = None
                lead = ""
            else:
                fence.append(line)
        elif line.startswith("```"):
            end_paragraph()
            fence, language, start = [], line[3:], number
        elif line.strip() and not line.startswith("#"):
            if not paragraph:
                start = number
            paragraph.append(line.strip())
        else:
            end_paragraph()
    if fence is not None:
        raise PageError(f"line {start}: a block without an end")
    end_paragraph()
    return items


def _carry(line: int, text: str) -> Carry:
    match = _CARRY.match(text)
    if not match:
        raise PageError(
            f"line {line}: {text}; allowed: Carry `PATH` from **MACHINE** to **MACHINE**, as `PATH`."
        )
    return Carry(line, match[2], match[1], match[3], match[4])


def _block(line: int, language: str, lead: str, text: str) -> Item:
    if language == "text":
        if _OUTPUT.search(lead):
            return Output(line, None, None, text)
        if match := _LATER.search(lead):
            return Output(line, match["machine"], match["command"], text)
    elif language == "sh":
        if match := _COMMANDS.search(lead):
            return Commands(line, _names(match), text)
    elif match := _FILE.search(lead):
        return File(line, _names(match), match["path"], text)
    raise PageError(
        f"line {line}: a block of the kind {language!r} below {lead[-100:]!r}; allowed: sh below 'On **MACHINE**:', text "
        "below 'It prints:' or 'On MACHINE it comes to print:', others below 'On **MACHINE**, the file `PATH`:'"
    )


def _names(match: re.Match[str]) -> tuple[str, ...]:
    return tuple(re.findall(r"\*\*([\w-]+)\*\*", match["machines"]))


_UNIT = re.compile(r"([KMGTP]i)?B|[kMGT]?bit/s|[nµm]?s|min|h")
_BAR = set("█▏▎▍▌▋▊▉░")


def expected(text: str) -> re.Pattern[str]:
    """Returns what matches a text in which words with digits and their units are others, and so are spaces and bars."""
    return re.compile(r"\n".join(map(_expected_line, text.splitlines())) + r"\n*")


def _expected_line(line: str) -> str:
    parts: list[str] = []
    for word in line.split():
        end = word[-1] if word[-1] in ",:;%" else ""
        body = word.removesuffix(end)
        has_digit = any(c.isdigit() for c in body) and not body.startswith("/")
        if has_digit or (body and set(body) <= _BAR) or _UNIT.fullmatch(body):
            # A time may have more words: 2 min 0.5 s.
            if parts and parts[-1] == _ANY:
                parts.pop()
            parts.append(_ANY)
            if end:
                parts[-1] += re.escape(end)
        else:
            parts.append(re.escape(word))
    return r"[ \t]*" + r"[ \t]+".join(parts) + r"[ \t]*"


_ANY = r"\S+(?:[ \t]+\S+)*"
