"""What the tests share: the program, the instance library, and programs that misbehave."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from chaos.plan import find_program

if TYPE_CHECKING:
    from collections.abc import Iterator

# Whoever runs the tests in the background may have it ignored, and some send it.
signal.signal(signal.SIGINT, signal.default_int_handler)

INSTANCES = Path(__file__).resolve().parents[2] / "Instances"
ENGINE_TESTS = Path(__file__).resolve().parent / "torch"

# The package is one without chaos.torch where there is no torch. A folder of that name is beside
# this file, which Python takes for a package of no file.
_torch = importlib.util.find_spec("torch")
HAS_TORCH = _torch is not None and _torch.origin is not None
collect_ignore = [] if HAS_TORCH else ["torch"]


def pytest_report_header() -> str:
    """Say if tests are left out."""
    return "torch: " + ("installed" if HAS_TORCH else "not installed, and chaos.torch not tested")


class MakeProgram(Protocol):
    """Puts a program in the place of chaos: Python code that prints or does what it is given."""

    def __call__(self, code: str) -> Path: ...


def library() -> list[Path]:
    """Return all instance files of the library."""
    paths = sorted(path for path in INSTANCES.rglob("*.json") if "scenarios" not in path.parts)
    return [path for path in paths if '"chaos-instance"' in path.read_text(encoding="utf-8")]


@pytest.fixture(scope="session")
def program() -> str:
    """Fail every test, rather than skip any, if there is no program to test with."""
    return find_program()


@pytest.fixture(autouse=True)
def _with_program(request: pytest.FixtureRequest) -> None:
    # Training is with a node, which the tests of it play themselves.
    if request.path.parent != ENGINE_TESTS:
        request.getfixturevalue("program")


@pytest.fixture(scope="session")
def reference(program: str) -> dict[Path, dict[str, Any]]:
    """Return what `chaos solve` itself says of each file of the library."""
    paths = library()
    command = [program, "solve", "--format", "json", *map(str, paths)]
    lines = subprocess.run(command, capture_output=True, check=False).stdout.splitlines()
    return dict(zip(paths, map(json.loads, lines)))


@pytest.fixture
def make_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeProgram:
    def make(code: str) -> Path:
        path = tmp_path / "fake"
        path.write_text(f"#!{sys.executable} -IS\nimport os, sys, time\n{code}\n", encoding="utf-8")
        path.chmod(0o755)
        monkeypatch.setenv("CHAOS_PROGRAM", str(path))
        return path

    return make


@pytest.fixture(autouse=True)
def temporary_folder(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """Give each test a folder for temporary files, in which it must leave nothing."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    yield folder
    if request.path.parent == ENGINE_TESTS:
        # torch keeps a folder there.
        return
    assert os.listdir(folder) == []  # noqa: PTH208 - the names say what was left


@pytest.fixture
def document() -> dict[str, Any]:
    """Return a small instance."""
    return {
        "format": "chaos-instance",
        "version": 1,
        "name": "two clouds",
        "state": {"bytes": 1493277696, "model": "gpt2_small"},
        "shard_sizes": {"smallest": 65536, "factor": 2, "count": 6},
        "neighbors": [
            {"id": "b", "bandwidth": "4.5 Gbit/s", "latency": "12.3 ms", "group": "uplink"},
            {"id": "c", "bandwidth": 1000000000, "overhead": 200000, "limit": "300 MB"},
        ],
        "groups": [{"id": "uplink", "bandwidth": "6 Gbit/s"}],
    }
