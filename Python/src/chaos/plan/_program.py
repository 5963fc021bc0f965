"""The program ``chaos``: how it is found, run and ended."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from ._documents import parse
from ._errors import InvalidDocument, ProgramFailed, ProgramNotFound, ProgramTimeout
from ._text import single_line

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

VARIABLE = "CHAOS_PROGRAM"
"""The environment variable that names the program."""

# About eleven days. Operating systems do not wait for as long as a number may say.
_MOST_SECONDS = 10**6

_HOW_TO_NAME_IT = (
    f"allowed: the path of the program chaos in the environment variable {VARIABLE}, or a folder "
    "with it on PATH"
)


@dataclass(frozen=True)
class Ended:
    """A program that ended."""

    status: int
    stdout: bytes
    stderr: str

    def failure(self, reason: str) -> ProgramFailed:
        """Return the error that says so."""
        return ProgramFailed(reason, self.status, self.stderr)


def find_program() -> str:
    """Return the path of the program ``chaos``.

    Returns
    -------
    str
        What the environment variable ``CHAOS_PROGRAM`` names if it is set and not empty, else the
        first ``chaos`` on ``PATH``; absolute.

    Raises
    ------
    ProgramNotFound
        If there is none. A variable that names none is an error even if one is on ``PATH``.
    """
    named = os.environ.get(VARIABLE)
    # A name without a folder is looked for on PATH, as a shell does.
    found = shutil.which(named or "chaos")
    if found is not None:
        return str(Path(found).absolute())
    where = f'{VARIABLE} names "{single_line(named)}"' if named else "no chaos is on PATH"
    what = ", which is no program that can be run" if named else ""
    message = f"{where}{what}; {_HOW_TO_NAME_IT}"
    raise ProgramNotFound(message)


def run(arguments: Sequence[str], text: str, timeout: float | None) -> Ended:
    """Run the program once and wait for its end.

    Parameters
    ----------
    arguments : sequence of str
        Its command line, without its name; no shell reads it.
    text : str
        What it reads from standard input.
    timeout : float or None
        The most seconds that it may take.

    Returns
    -------
    Ended
        Its status and all that it wrote.

    Raises
    ------
    ProgramNotFound, ProgramTimeout, ValueError
        The program is ended at a timeout and at every exception, such as a KeyboardInterrupt.
    """
    check_timeout(timeout)
    program = find_program()
    pipe = subprocess.PIPE
    child = _start([program, *arguments], stdin=pipe, stdout=pipe, stderr=pipe)
    try:
        stdout, stderr = child.communicate(text.encode(), timeout)
    except subprocess.TimeoutExpired:
        raise ProgramTimeout(cast("float", timeout)) from None
    finally:
        # Unlike subprocess.run, which leaves a process that was interrupted unwaited for.
        _end(child)
    return Ended(child.returncode, stdout, stderr.decode(errors="replace"))


def run_lines(arguments: Sequence[str], timeout: float | None) -> Generator[bytes, None, Ended]:
    """Run the program and give out the lines that it prints as they come.

    Parameters
    ----------
    arguments : sequence of str
        Its command line, without its name.
    timeout : float or None
        The most seconds to wait for a line and for its end. The time that the caller takes between
        lines does not count.

    Yields
    ------
    bytes
        A line.

    Returns
    -------
    Ended
        Once it has ended by itself; what it printed is not in it.

    Raises
    ------
    ProgramNotFound, ProgramTimeout, ValueError
        The program is ended when the generator is closed, whatever the reason.
    """
    check_timeout(timeout)
    program = find_program()
    # What it writes to standard error goes to a file without a name: nobody reads it meanwhile.
    with tempfile.TemporaryFile() as errors:
        child = _start(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        try:
            while line := _line_in_time(child, timeout):
                yield line
            try:
                status = child.wait(timeout)
            except subprocess.TimeoutExpired:
                raise ProgramTimeout(cast("float", timeout)) from None
        finally:
            _end(child)
        errors.seek(0)
        return Ended(status, b"", errors.read().decode(errors="replace"))


def document_of(line: bytes, form: str) -> dict[str, Any] | None:
    """Return the document that the program printed in a line; None if it is none of this form."""
    try:
        document = parse(line, InvalidDocument)
    except InvalidDocument:
        return None
    if not isinstance(document, dict):
        return None
    is_known = document.get("format") == form and document.get("version") == 1
    return document if is_known else None


def check_timeout(timeout: float | None) -> None:
    """Refuse a timeout that is none."""
    # The form of the comparison refuses what is no number as well.
    if timeout is not None and not 0 < timeout <= _MOST_SECONDS:
        message = f"timeout: {timeout}; allowed: None, or more than 0 up to {_MOST_SECONDS} seconds"
        raise ValueError(message)


def _start(
    command: Sequence[str], *, stdin: int, stdout: int, stderr: int | IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start the program without a shell."""
    try:
        return subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=stderr)
    except OSError as error:
        reason = error.strerror or str(error)
        message = f"{single_line(command[0])} cannot be run: {reason}; {_HOW_TO_NAME_IT}"
        raise ProgramNotFound(message) from error


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the program if it still runs, wait for it, and close what leads to it."""
    child.kill()
    child.wait()
    for stream in (child.stdin, child.stdout, child.stderr):
        if stream is not None:
            # What could not be written to a program that has ended is lost with it.
            with contextlib.suppress(BrokenPipeError):
                stream.close()


def _line_in_time(child: subprocess.Popen[bytes], timeout: float | None) -> bytes:
    """Return the next line, empty at the end. At a timeout the child is ended, which ends it."""
    output = child.stdout
    if output is None:
        return b""
    if timeout is None:
        return output.readline()
    expired = threading.Event()

    def end() -> None:
        expired.set()
        child.kill()

    timer = threading.Timer(timeout, end)
    timer.daemon = True
    timer.start()
    try:
        line = output.readline()
    finally:
        timer.cancel()
    if expired.is_set():
        raise ProgramTimeout(timeout)
    return line
