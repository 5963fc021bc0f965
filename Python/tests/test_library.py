"""The instance library: what Python says is what `chaos solve` says."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from conftest import INSTANCES, library

from chaos.plan import (
    BeyondRange,
    Infeasible,
    Instance,
    Plan,
    analyze,
    solve,
    solve_many,
    verify,
)

if TYPE_CHECKING:
    from pathlib import Path

Reference = dict[str, Any]

# One instance of each kind, for what takes a process of its own each time.
SOME = [
    INSTANCES / name
    for name in (
        "skyplane/aws-sa-east-1-7-nearest-gpt2_medium-overhead-rtt.json",
        "corner-cases/deep-groups.json",
        "corner-cases/largest-state-with-groups.json",
        "corner-cases/near-tie-largest-denominators.json",
        "corner-cases/limit-zero.json",
    )
]


def test_library_is_there() -> None:
    assert len(library()) > 100


@pytest.mark.parametrize("path", library(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_solve_is_chaos_solve(path: Path, reference: dict[Path, Reference]) -> None:
    expected = reference[path]
    solution = analyze(Instance.read(path))
    assert solution.status == expected["status"]
    assert [size.shard_size for size in solution.sizes] == [
        size["shard_size"] for size in expected["sizes"]
    ]
    for size, line in zip(solution.sizes, expected["sizes"]):
        for key, value in line.items():
            found = getattr(size, key)
            assert found == (Fraction(value) if key.endswith("_ns") else value)
    if expected["plan"] is None:
        assert solution.plan is None
        error = Infeasible if expected["status"] == "infeasible" else BeyondRange
        with pytest.raises(error, match="allowed: "):
            solution.require_plan()
    else:
        assert solution.plan is not None
        assert solution.plan.to_dict() == expected["plan"]


def test_many_are_chaos_solve(reference: dict[Path, Reference]) -> None:
    results = list(solve_many(map(Instance.read, reference), return_exceptions=True, jobs=2))
    assert len(results) == len(reference)
    for result, expected in zip(results, reference.values()):
        if isinstance(result, Plan):
            assert result.to_dict() == expected["plan"]
        else:
            assert isinstance(result, (Infeasible, BeyondRange))
            assert expected["plan"] is None


def test_documents_round_trip(reference: dict[Path, Reference]) -> None:
    for path, expected in reference.items():
        instance = Instance.read(path)
        assert Instance.from_json(instance.to_json()) == instance
        assert Instance.from_dict(instance.to_dict()) == instance
        if expected["plan"] is not None:
            # The digest covers every value of the instance.
            assert instance.sha256 == expected["plan"]["instance"]["sha256"]
            plan = Plan.from_dict(expected["plan"])
            assert Plan.from_json(plan.to_json()) == plan
            assert Plan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan


def test_finish_times_are_completion_times(reference: dict[Path, Reference]) -> None:
    for path, expected in reference.items():
        if expected["plan"] is None:
            continue
        plan = Plan.from_dict(expected["plan"])
        neighbors = {neighbor.id: neighbor for neighbor in Instance.read(path).neighbors}
        for run in plan.assignments:
            neighbor = neighbors[run.neighbor]
            assert neighbor.completion_time(run.count, plan.shard_size) == run.finish_ns
        assert sum(plan.counts.values()) == plan.shards


@pytest.mark.parametrize("path", SOME, ids=lambda path: path.stem)
def test_plans_verify(path: Path, program: str, tmp_path: Path) -> None:
    import subprocess  # noqa: PLC0415 - only here is a file of the program itself wanted

    instance = Instance.read(path)
    plan = solve(instance)
    verdict = verify(instance, plan)
    assert verdict
    assert verdict.is_optimal
    assert verdict.makespan_ns == plan.makespan_ns
    assert verdict.faults == ()
    assert all(size.before < size.needed for size in verdict.sizes)
    assert verify(instance.to_dict(), plan.to_dict()) == verdict

    file = tmp_path / "plan.json"
    subprocess.run([program, "solve", "--output", file, path], check=True, capture_output=True)
    assert plan.to_json() == file.read_text(encoding="utf-8")
    assert Plan.read(file) == plan
    assert isinstance(plan.makespan_seconds, Decimal)
