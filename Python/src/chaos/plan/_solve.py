"""Solving: instances in, plans out, by the program ``chaos solve``."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from ._documents import as_whole, show
from ._errors import (
    BeyondRange,
    ChaosError,
    Fault,
    Infeasible,
    InvalidInstance,
    ProgramFailed,
    TooLarge,
)
from ._instance import InstanceLike, instance_text
from ._program import check_timeout, document_of, run, run_lines
from ._solution import Solution, solution_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from ._plan import Plan
    from ._program import Ended

Algorithm = Literal["threshold", "greedy", "brute"]
"""``threshold``: polynomial; ``greedy``: shard by shard; ``brute``: enumeration, tiny only."""

_ALGORITHMS = ("threshold", "greedy", "brute")

# How many instances one process solves: starting one takes longer than a usual instance, and the
# paths of so many stay far below the longest command line.
_BATCH = 64

# Of each status of an answer, the exit status of the program (README, "Exit status").
_EXIT_STATUS = {
    "optimal": 0,
    "optimal-at-size": 0,
    "infeasible": 3,
    "too-large": 4,
    "beyond-range": 5,
    "invalid": 5,
}


def solve(
    instance: InstanceLike,
    *,
    algorithm: Algorithm = "threshold",
    shard_size: int | None = None,
    timeout: float | None = None,
) -> Plan:
    """Return the fastest plan of an instance.

    Parameters
    ----------
    instance : Instance or mapping
        What to solve; a mapping is the document of an instance file.
    algorithm : {"threshold", "greedy", "brute"}, default "threshold"
        How: all return the best makespan, ``threshold`` in time that does not depend on the number
        of shards. ``greedy`` takes up to 5·10^7 shards, ``brute`` 2·10^6 assignments.
    shard_size : int, optional
        Fix the size to this one of the instance, in bytes. Such a plan does not claim to be
        optimal over all sizes.
    timeout : float, optional
        The most seconds to wait, more than 0; None: as long as it takes.

    Returns
    -------
    Plan
        With exact times.

    Raises
    ------
    InvalidInstance
        If the instance is refused, with every fault. Also if `shard_size` is none of its sizes.
    Infeasible
        If the limits of the neighbours leave too few shards at every size.
    BeyondRange
        If the least makespan is beyond 2^76 ns.
    TooLarge
        If the instance is too large for the algorithm.
    ProgramNotFound, ProgramFailed, ProgramTimeout
        If the program gives no answer.
    ValueError
        If another argument is not what is allowed.

    See Also
    --------
    analyze : The plan and what is known of every shard size.
    solve_many : Many instances with few processes.
    verify : Whether a plan is right.

    Notes
    -----
    Source: MODEL.md, sections 4 and 5. Cost: one process; for n neighbours and groups in a forest
    of height h, O(h·n·log n) for each size.
    """
    return analyze(
        instance, algorithm=algorithm, shard_size=shard_size, timeout=timeout
    ).require_plan()


def analyze(
    instance: InstanceLike,
    *,
    algorithm: Algorithm = "threshold",
    shard_size: int | None = None,
    all_sizes: bool = False,
    timeout: float | None = None,
) -> Solution:
    """Return the fastest plan of an instance, if there is one, and what is known of each size.

    Parameters
    ----------
    instance, algorithm, shard_size, timeout
        As of `solve`.
    all_sizes : bool, default False
        Solve also the sizes that cannot beat the best, so that each makespan is known.

    Returns
    -------
    Solution
        Its plan is None if there is none.

    Raises
    ------
    InvalidInstance, TooLarge, ProgramNotFound, ProgramFailed, ProgramTimeout, ValueError
        As of `solve`.

    Notes
    -----
    Source: MODEL.md, section 4. Cost: as of `solve`.
    """
    options = _options(algorithm, shard_size)
    if all_sizes:
        options.append("--all-sizes")
    ended = run(["solve", *options, "-"], instance_text(instance), timeout)
    document = document_of(ended.stdout, "chaos-solution")
    if document is None:
        raise ended.failure("no answer to solve that is a chaos-solution of version 1")
    if _EXIT_STATUS.get(document.get("status", "")) != ended.status:
        raise ended.failure(f"its exit status does not fit its answer {_status(document)}")
    try:
        return _answer(document)
    except _Unreadable as error:
        raise ended.failure(str(error)) from error


@overload
def solve_many(
    instances: Iterable[InstanceLike],
    *,
    algorithm: Algorithm = ...,
    return_exceptions: Literal[False] = ...,
    jobs: int = ...,
    timeout: float | None = ...,
) -> Generator[Plan, None, None]: ...


@overload
def solve_many(
    instances: Iterable[InstanceLike],
    *,
    algorithm: Algorithm = ...,
    return_exceptions: Literal[True],
    jobs: int = ...,
    timeout: float | None = ...,
) -> Generator[Plan | ChaosError, None, None]: ...


@overload
def solve_many(
    instances: Iterable[InstanceLike],
    *,
    algorithm: Algorithm = ...,
    return_exceptions: bool,
    jobs: int = ...,
    timeout: float | None = ...,
) -> Generator[Plan | ChaosError, None, None]: ...


def solve_many(
    instances: Iterable[InstanceLike],
    *,
    algorithm: Algorithm = "threshold",
    return_exceptions: bool = False,
    jobs: int = 1,
    timeout: float | None = None,
) -> Generator[Plan | ChaosError, None, None]:
    """Return the fastest plan of each instance, in their order.

    The program takes many files and prints a JSON line for each as soon as it is solved. So one
    process solves up to 64 instances, which stand in temporary files meanwhile; as many are taken
    from `instances` at once.

    Parameters
    ----------
    instances : iterable of Instance or mapping
        What to solve; may have no end.
    algorithm : {"threshold", "greedy", "brute"}, default "threshold"
        As of `solve`.
    return_exceptions : bool, default False
        False: the first instance without a plan ends it with its exception. True: the exception
        (`InvalidInstance`, `Infeasible`, `BeyondRange` or `TooLarge`) takes the place of the plan,
        and the others go on.
    jobs : int, default 1
        How many instances the program works on at once, 1 … 256.
    timeout : float, optional
        The most seconds to wait for the next plan, more than 0; None: as long as it takes.

    Returns
    -------
    generator of Plan
        Closing it ends the program and removes the files.

    Raises
    ------
    ChaosError, ValueError
        As of `solve`; wrong arguments at once, everything else when its turn has come.

    Notes
    -----
    Source: MODEL.md, sections 4 and 5. Cost: as of `solve` for each instance, without its process.
    """
    options = _options(algorithm, None)
    if not isinstance(jobs, int) or isinstance(jobs, bool) or not 1 <= jobs <= 256:
        message = f"jobs: {show(jobs)}; allowed: 1 … 256"
        raise ValueError(message)
    check_timeout(timeout)
    arguments = ["solve", *options, "--jobs", str(jobs)]
    return _plans(instances, arguments, return_exceptions, timeout)


class _Unreadable(Exception):
    """An answer is not what its format says."""


def _plans(
    instances: Iterable[InstanceLike],
    arguments: Sequence[str],
    return_exceptions: bool,
    timeout: float | None,
) -> Generator[Plan | ChaosError, None, None]:
    rest = iter(instances)
    while batch := list(itertools.islice(rest, _BATCH)):
        for result in _batch(batch, arguments, timeout):
            if isinstance(result, ChaosError) and not return_exceptions:
                raise result
            yield result


def _batch(
    batch: Sequence[InstanceLike], arguments: Sequence[str], timeout: float | None
) -> Generator[Plan | ChaosError, None, None]:
    """Solve a few instances by one process."""
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        # In the place of an instance that cannot even be written stands its exception.
        inputs = [_written(Path(folder, f"{i}.json"), each) for i, each in enumerate(batch)]
        paths = [str(place) for place in inputs if isinstance(place, Path)]
        if not paths:
            yield from (place for place in inputs if not isinstance(place, Path))
            return
        lines = run_lines([*arguments, *paths], timeout)
        try:
            for place in inputs:
                if isinstance(place, Path):
                    yield _next_result(lines, place)
                else:
                    yield place
            _check_end(lines)
        finally:
            # Ends the program if it still runs.
            lines.close()


def _written(path: Path, instance: InstanceLike) -> Path | InvalidInstance:
    try:
        path.write_text(instance_text(instance), encoding="utf-8")
    except InvalidInstance as error:
        return error
    return path


def _next_result(lines: Generator[bytes, None, Ended], path: Path) -> Plan | ChaosError:
    """Return the answer in the next line, which has to be that about the file."""
    try:
        line = next(lines)
    except StopIteration as end:
        raise end.value.failure("it ended before it had solved all instances") from None
    document = document_of(line, "chaos-solution")
    if document is None or document.get("file") != str(path):
        reason = "a line that is no chaos-solution of version 1 about the instance in turn"
        raise ProgramFailed(reason, None, "")
    try:
        return _answer(document).require_plan()
    except (InvalidInstance, Infeasible, BeyondRange, TooLarge) as error:
        return error
    except _Unreadable as error:
        raise ProgramFailed(str(error), None, "") from error


def _check_end(lines: Generator[bytes, None, Ended]) -> None:
    try:
        next(lines)
    except StopIteration as end:
        if end.value.status not in _EXIT_STATUS.values():
            raise end.value.failure("an exit status that solve does not have") from None
        return
    reason = "more lines than instances"
    raise ProgramFailed(reason, None, "")


def _options(algorithm: str, shard_size: int | None) -> list[str]:
    if algorithm not in _ALGORITHMS:
        message = f"algorithm: {show(algorithm)}; allowed: {', '.join(_ALGORITHMS)}"
        raise ValueError(message)
    options = ["--format", "json", "--algorithm", algorithm]
    if shard_size is not None:
        size = as_whole(shard_size)
        if size is None or not 1 <= size <= 2**53:
            message = f"shard_size: {show(shard_size)}; allowed: a whole number, 1 … 2^53 bytes"
            raise ValueError(message)
        options += ["--size", str(size)]
    return options


def _answer(document: dict[str, Any]) -> Solution:
    """Return the solution in a document, or raise what it says of the instance."""
    status = document.get("status")
    try:
        if status == "invalid" and "faults" in document:
            raise InvalidInstance(faults_of(document), document["fault_count"])
        if status == "too-large":
            raise TooLarge(document["error"])
        if status in _EXIT_STATUS and "sizes" in document:
            return solution_of(document)
    except ChaosError as error:
        if isinstance(error, (InvalidInstance, TooLarge)):
            raise
        # The plan inside is none.
        raise _Unreadable(str(error)) from error
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        message = f"an answer {_status(document)} that is not of its form"
        raise _Unreadable(message) from error
    error_text = document.get("error", "")
    message = f"an answer {_status(document)} without a result: {show(error_text)}"
    raise _Unreadable(message)


def faults_of(document: dict[str, Any]) -> list[Fault]:
    """Return the faults that the program lists; what are none raises anything."""
    return [
        Fault(str(fault["path"]), str(fault["found"]), str(fault["allowed"]))
        for fault in document["faults"]
    ]


def _status(document: dict[str, Any]) -> str:
    return show(document.get("status"))
