"""The examples of the README run and print what it says."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import chaos

if TYPE_CHECKING:
    import pytest

README = Path(__file__).resolve().parents[1] / "README.md"


def test_readme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(README.parents[1])
    text = README.read_text(encoding="utf-8")
    names: dict[str, object] = {}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
            exec(compile(code, "README.md", "exec"), names)  # noqa: S102 - our own text
    expected = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    assert printed.getvalue().startswith(expected[0])
    assert printed.getvalue().endswith("neighbors[0].bandwidth\n")


def test_names() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", chaos.__version__)
    # The package has the names of its module for plans, and its version.
    assert set(chaos.__all__) == {*chaos.plan.__all__, "__version__"}
    for name in chaos.plan.__all__:
        assert getattr(chaos, name) is getattr(chaos.plan, name)


def test_version_is_that_of_the_programs() -> None:
    release = README.parents[1] / "Sources" / "ChaosDocuments" / "Release.swift"
    assert f'version = "{chaos.__version__}"' in release.read_text(encoding="utf-8")
