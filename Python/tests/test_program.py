"""The program: how it is found, and what happens when it does not do what it should."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

import pytest

from chaos.plan import (
    Plan,
    ProgramFailed,
    ProgramNotFound,
    ProgramTimeout,
    find_program,
    solve,
    solve_many,
    verify,
)

if TYPE_CHECKING:
    from conftest import MakeProgram

Ask = Callable[[dict[str, Any]], object]

ASKS: list[Ask] = [
    lambda document: solve(document, timeout=1),
    lambda document: list(solve_many([document], timeout=1)),
    lambda document: verify(document, {}, timeout=1),
]

# Prints its process and stays.
STAY = "open(os.path.dirname(sys.argv[0]) + '/pid', 'w').write(str(os.getpid()))\ntime.sleep(60)"


def is_running(folder: Path) -> bool:
    """Return whether the program in the folder runs, or has ended and nobody has waited for it."""
    told = folder / "pid"
    if told.exists() and (process := told.read_text(encoding="utf-8")):
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(process), 0)
            return True
        return False
    # On a busy machine it may have been ended before it had told its process.
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if os.fsencode(folder) in line.read_bytes():
                return True
    return False


@pytest.mark.parametrize("named", ["no/such/program", "/", "no-such-program", __file__])
@pytest.mark.parametrize("ask", ASKS)
def test_a_named_program_that_is_none(
    ask: Ask, named: str, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAOS_PROGRAM", named)
    with pytest.raises(ProgramNotFound, match=r"CHAOS_PROGRAM names .*; allowed: "):
        ask(document)


def test_no_program_on_path(
    document: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for variable in ("", None):
        if variable is None:
            monkeypatch.delenv("CHAOS_PROGRAM")
        else:
            monkeypatch.setenv("CHAOS_PROGRAM", variable)
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(ProgramNotFound, match="no chaos is on PATH; allowed: "):
            solve(document)


def test_the_program_on_path(
    document: dict[str, Any], program: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    expected = solve(document)
    (tmp_path / "chaos").symlink_to(program)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHAOS_PROGRAM", raising=False)
    assert find_program() == str(tmp_path / "chaos")
    assert solve(document) == expected
    # A relative name holds for the folder at the time of the call.
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHAOS_PROGRAM", "./chaos")
    assert list(solve_many([document])) == [expected]


@pytest.mark.parametrize("ask", ASKS)
def test_a_program_that_cannot_run(
    ask: Ask, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "chaos"
    broken.write_bytes(b"\x7fELF no program")
    broken.chmod(0o755)
    monkeypatch.setenv("CHAOS_PROGRAM", str(broken))
    with pytest.raises(ProgramNotFound, match=r"cannot be run: .*; allowed: "):
        ask(document)


@pytest.mark.parametrize("ask", ASKS)
def test_timeout(
    ask: Ask, document: dict[str, Any], make_program: MakeProgram, tmp_path: Path
) -> None:
    make_program(STAY)
    begin = time.monotonic()
    with pytest.raises(ProgramTimeout, match="within 1 s") as caught:
        ask(document)
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.seconds == 1
    assert time.monotonic() - begin < 30
    assert not is_running(tmp_path)


@pytest.mark.parametrize("ask", [solve, lambda document: list(solve_many([document]))])
def test_interrupt(
    ask: Ask, document: dict[str, Any], make_program: MakeProgram, tmp_path: Path
) -> None:
    make_program(STAY)

    def interrupt() -> None:
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text(encoding="utf-8"):
            time.sleep(0.01)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        ask(document)
    thread.join()
    assert time.monotonic() - begin < 30
    assert not is_running(tmp_path)


def test_closing_the_iterator_ends_the_program(
    document: dict[str, Any], make_program: MakeProgram, program: str, tmp_path: Path
) -> None:
    solution = {
        "format": "chaos-solution",
        "version": 1,
        "status": "optimal",
        "sizes": [],
        "plan": solve(document).to_dict(),
    }
    make_program(
        f"import json\nsolution = json.loads({json.dumps(json.dumps(solution))})\n"
        "paths = [a for a in sys.argv if a.endswith('.json')]\n"
        "print(json.dumps(dict(solution, file=paths[0])), flush=True)\n" + STAY
    )
    plans = solve_many([document] * 3, timeout=20)
    assert isinstance(next(plans), Plan)
    while not (tmp_path / "pid").exists():
        time.sleep(0.01)
    while not (tmp_path / "pid").read_text(encoding="utf-8"):
        time.sleep(0.01)
    plans.close()
    assert not is_running(tmp_path)
    assert program


@pytest.mark.parametrize(
    "code",
    [
        "sys.exit(0)",
        "sys.exit(64)",
        "os.kill(os.getpid(), 9)",
        "print('hello')",
        "print('{}')",
        "print('[' * 100000)",
        "sys.stdout.buffer.write(b'\\xff\\xfe\\n')",
        'print(\'{"format":"chaos-solution","version":2,"status":"optimal"}\')',
        'print(\'{"format":"chaos-solution","version":1,"status":"optimal"}\')',
        'print(\'{"format":"chaos-solution","version":1,"status":"new"}\')',
        'print(\'{"format":"chaos-solution","version":1,"status":"optimal","sizes":3,"plan":{}}\')',
        'print(\'{"format":"chaos-verification","version":1,"verdict":"optimal"}\')',
        "sys.stderr.buffer.write(b'\\x1b[31m\\xff\\n' * 100000); sys.exit(5)",
    ],
)
@pytest.mark.parametrize("ask", ASKS)
def test_nonsense_is_a_failure(
    ask: Ask, code: str, document: dict[str, Any], make_program: MakeProgram
) -> None:
    make_program(code)
    with pytest.raises(ProgramFailed) as caught:
        ask(document)
    assert str(caught.value).startswith("chaos failed: ")
    assert str(caught.value).isprintable()


def test_failure_has_status_and_standard_error(
    document: dict[str, Any], make_program: MakeProgram
) -> None:
    make_program("print('out of paper', file=sys.stderr); sys.exit(9)")
    for ask in (solve, lambda document: list(solve_many([document]))):
        with pytest.raises(ProgramFailed, match="exit status 9; it said: out of paper") as caught:
            ask(document)
        assert caught.value.status == 9
        assert caught.value.stderr == "out of paper\n"


def test_a_program_that_does_not_read(document: dict[str, Any], make_program: MakeProgram) -> None:
    document["comment"] = "x" * 10**6
    make_program("sys.exit(3)")
    with pytest.raises(ProgramFailed, match="exit status 3"):
        solve(document)


def test_many_batches_and_no_end(document: dict[str, Any]) -> None:
    taken = 0

    def endless() -> Any:
        nonlocal taken
        while True:
            taken += 1
            yield document

    plans = solve_many(endless(), timeout=60)
    expected = solve(document)
    assert taken == 0
    for _ in range(70):
        assert next(plans) == expected
    assert taken == 128
    plans.close()
    assert list(solve_many([])) == []
