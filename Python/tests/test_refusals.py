"""Bad inputs: the right exception, with the right place."""

from __future__ import annotations

import copy
import dataclasses
import enum
import pickle
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Callable

import pytest

from chaos.plan import (
    Group,
    Infeasible,
    Instance,
    InvalidInstance,
    InvalidPlan,
    Neighbor,
    Plan,
    State,
    TooLarge,
    analyze,
    solve,
    solve_many,
    verify,
)

if TYPE_CHECKING:
    from pathlib import Path

Change = Callable[[dict[str, Any]], object]


def change(path: str, value: object) -> Change:
    """Return what puts a value at a place of a document."""

    def put(document: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        target: Any = document
        for key in parents:
            target = target[int(key) if key.isdigit() else key]
        target[int(last) if last.isdigit() else last] = value

    return put


SURROGATE = "\ud800"

# What is put where, the place that is named, and whether Python's own reader sees it: ranges and
# names are for the program to judge.
REFUSED: list[tuple[str, object, str, bool]] = [
    ("neighbors.1.bandwidth", 0, "neighbors[1].bandwidth", False),
    ("neighbors.1.bandwidth", -5, "neighbors[1].bandwidth", False),
    ("neighbors.1.bandwidth", 2**50 + 1, "neighbors[1].bandwidth", False),
    ("neighbors.1.bandwidth", 2**200, "neighbors[1].bandwidth", False),
    ("neighbors.1.bandwidth", 10**6000, "neighbors[1].bandwidth", False),
    ("neighbors.1.bandwidth", 1e9, "neighbors[1].bandwidth", True),
    ("neighbors.1.bandwidth", float("nan"), "neighbors[1].bandwidth", True),
    ("neighbors.1.bandwidth", float("inf"), "neighbors[1].bandwidth", True),
    ("neighbors.1.bandwidth", Decimal("sNaN"), "neighbors[1].bandwidth", True),
    ("neighbors.1.bandwidth", Decimal("1e999999"), "neighbors[1].bandwidth", True),
    ("neighbors.1.bandwidth", True, "neighbors[1].bandwidth", True),
    ("neighbors.1.bandwidth", None, "neighbors[1].bandwidth", True),
    ("neighbors.1.bandwidth", Fraction(1, 3), "neighbors[1].bandwidth", True),
    ("neighbors.1.bandwidth", "4.5 Gbit", "neighbors[1].bandwidth", True),
    ("neighbors.1.bandwidth", "0.3 bit/s", "neighbors[1].bandwidth", True),
    ("neighbors.1.bandwidth", "1" * 5000 + " bit/s", "neighbors[1].bandwidth", True),
    ("neighbors.1.bandwidth", b"1", "neighbors[1].bandwidth", True),
    ("neighbors.0.latency", "1 byte", "neighbors[0].latency", True),
    ("neighbors.0.group", "downlink", "neighbors[0].group", False),
    ("neighbors.0.id", "c", "neighbors[1].id", False),
    ("neighbors.0.id", 5, "neighbors[0].id", True),
    ("neighbors.0.id", SURROGATE, "neighbors[0].id", False),
    ("neighbors.0.weight", 1, "neighbors[0].weight", True),
    ("neighbors.0", 3, "neighbors[0]", True),
    ("neighbors", [], "neighbors", False),
    ("neighbors", "b", "neighbors", True),
    ("state.bytes", 2**53 + 1, "state.bytes", False),
    ("state.bytes", "1.39 GiB", "state.bytes", True),
    ("state", 7, "state", True),
    ("shard_sizes", [4, 6], "shard_sizes[1]", False),
    ("shard_sizes", [4, "8"], "shard_sizes[1]", True),
    ("shard_sizes.factor", 1, "shard_sizes.factor", True),
    ("shard_sizes.count", 60, "shard_sizes.count", True),
    ("shard_sizes.count", 40, "shard_sizes.count", True),
    ("groups.0.parent", "uplink", "groups[0].parent", False),
    ("groups.0.bandwidth", "fast", "groups[0].bandwidth", True),
    ("version", 2, "version", True),
    ("version", True, "version", True),
    ("format", "chaos-plan", "format", True),
    ("extra", {}, "extra", True),
    ("ex\x1b[31mtra", 1, "ex\\u{1b}[31mtra", True),
]


@pytest.mark.parametrize(
    ("place", "value", "path", "by_reader"),
    REFUSED,
    ids=[f"{i}-{place}".replace("\x1b", "ESC") for i, (place, *_) in enumerate(REFUSED)],
)
def test_the_place_is_named(
    place: str, value: object, path: str, by_reader: bool, document: dict[str, Any]
) -> None:
    change(place, value)(document)
    with pytest.raises(InvalidInstance) as caught:
        solve(document)
    error = caught.value
    assert error.path == path
    assert error.found
    assert error.allowed
    assert str(error).splitlines()[0] == f"{path}: {error.found}; allowed: {error.allowed}"
    assert str(error).replace("\n", "").isprintable()
    (result,) = solve_many([document], return_exceptions=True)
    assert isinstance(result, InvalidInstance)
    assert result.faults == error.faults
    if by_reader:
        with pytest.raises(InvalidInstance) as read:
            Instance.from_dict(document)
        assert read.value.path == path
    else:
        # The dataclass gives the same as the document, with the program to judge.
        with pytest.raises(InvalidInstance) as again:
            solve(Instance.from_dict(document))
        assert again.value.path == path


def test_a_missing_key_is_named(document: dict[str, Any]) -> None:
    for key in ("format", "version", "state", "shard_sizes", "neighbors"):
        short = {name: value for name, value in document.items() if name != key}
        for ask in (solve, Instance.from_dict):
            with pytest.raises(InvalidInstance) as caught:
                ask(short)
            assert caught.value.path == key
    del document["neighbors"][1]["bandwidth"]
    with pytest.raises(InvalidInstance) as caught:
        solve(document)
    assert caught.value.path == "neighbors[1].bandwidth"


def test_all_faults_are_listed(document: dict[str, Any]) -> None:
    document["neighbors"] = [{"id": f"n{i}", "bandwidth": 0} for i in range(150)]
    del document["groups"]
    with pytest.raises(InvalidInstance) as caught:
        solve(document)
    assert len(caught.value.faults) == 100
    assert caught.value.count == 150
    assert str(caught.value).endswith("and 50 more faults")
    assert {fault.path for fault in caught.value.faults} == {
        f"neighbors[{i}].bandwidth" for i in range(100)
    }


def test_what_is_no_document() -> None:
    for wrong in ("instance.json", 5, None, [1]):
        with pytest.raises(InvalidInstance, match="allowed: an Instance or a mapping"):
            solve(wrong)  # type: ignore[arg-type]
    nested: list[object] = []
    nested.append(nested)
    with pytest.raises(InvalidInstance, match="nested deeper"):
        solve({"neighbors": nested})
    with pytest.raises(InvalidInstance, match="the key 5; allowed: keys that are texts"):
        solve({5: 1})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", "line 1, column 1"),
        ("{\n x", "line 2, column 2"),
        (b"\xff", ""),
        ("[" * 100000, ""),
        ('{"name": NaN}', ""),
        ('{"name": "a", "name": "b"}', ""),
        ("1" * 5000, ""),
        ("3", ""),
    ],
)
def test_what_is_no_json(text: str | bytes, path: str, tmp_path: Path) -> None:
    for read in (Instance.from_json, Plan.from_json):
        with pytest.raises((InvalidInstance, InvalidPlan)) as caught:
            read(text)
        assert caught.value.path == path
    file = tmp_path / "some\x07file.json"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InvalidInstance, match=r"some\\u\{7\}file.json: ") as caught_file:
        Instance.read(file)
    assert caught_file.value.file == str(file)


def test_verify_names_the_place(document: dict[str, Any]) -> None:
    plan = solve(document).to_dict()
    for place, value, path in [
        ("shards", "x", "shards"),
        ("shards", 0, "shards"),
        ("makespan_ns", "2/4", "makespan_ns"),
        ("makespan_ns", 5, "makespan_ns"),
        ("assignments.1.count", 0, "assignments[1].count"),
        ("assignments.0.finish_ns", "soon", "assignments[0].finish_ns"),
        ("instance.sha256", "abc", "instance.sha256"),
        ("surprise", 1, "surprise"),
        ("sur: prise; allowed: x", 1, "sur: prise; allowed: x"),
        ("assignments.0.a b", 1, "assignments[0].a b"),
        ("format", "chaos-instance", "format"),
    ]:
        wrong = copy.deepcopy(plan)
        change(place, value)(wrong)
        with pytest.raises(InvalidPlan) as caught:
            verify(document, wrong)
        assert caught.value.path == path
    document["neighbors"][1]["bandwidth"] = 0
    with pytest.raises(InvalidInstance) as refused:
        verify(document, plan)
    assert refused.value.path == "neighbors[1].bandwidth"
    with pytest.raises(InvalidPlan, match="allowed: a Plan or a mapping"):
        verify(document, "plan.json")  # type: ignore[arg-type]


def test_a_wrong_plan_is_a_verdict(document: dict[str, Any]) -> None:
    plan = solve(document)
    wrong = plan.to_dict()
    wrong["makespan_ns"] = plan.makespan_ns + Fraction(1, 3)
    verdict = verify(document, wrong)
    assert not verdict
    assert verdict.verdict == "wrong"
    assert verdict.makespan_ns == plan.makespan_ns + Fraction(1, 3)
    assert verdict.faults[0].path == "makespan_ns"
    assert verdict.fault_count == len(verdict.faults)

    slow = solve(document, shard_size=65536)
    verdict = verify(document, slow)
    assert verdict
    assert not verdict.is_optimal
    assert not slow.optimal
    assert any(size.before >= size.needed for size in verdict.sizes)


def test_infeasible_says_what_is_missing(document: dict[str, Any]) -> None:
    for neighbor in document["neighbors"]:
        neighbor["limit"] = "300 MB"
    with pytest.raises(
        Infeasible, match=r"the state needs 22786 shards .* allow 9154; allowed: "
    ) as caught:
        solve(document)
    assert caught.value.sizes[0].missing == 22786 - 9154
    assert analyze(document).plan is None


def test_too_large_says_what_is_allowed(document: dict[str, Any]) -> None:
    document["neighbors"] += [{"id": f"n{i}", "bandwidth": 10**9} for i in range(5)]
    with pytest.raises(TooLarge, match="allowed: at most 2000000 assignments"):
        solve(document, algorithm="brute")
    (result,) = solve_many([document], algorithm="brute", return_exceptions=True)
    assert isinstance(result, TooLarge)


def test_wrong_arguments(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match='algorithm: "fast"; allowed: threshold, greedy, brute'):
        solve(document, algorithm="fast")  # type: ignore[arg-type]
    for timeout in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=r"timeout: .*; allowed: "):
            solve(document, timeout=timeout)
        with pytest.raises(ValueError, match=r"timeout: .*; allowed: "):
            solve_many([document], timeout=timeout)
    for jobs in (0, 257, True):
        with pytest.raises(ValueError, match=r"jobs: .*; allowed: 1 … 256"):
            solve_many([document], jobs=jobs)
    for size in (0, -1, 2**53 + 1, 1.5, True):
        with pytest.raises(ValueError, match=r"shard_size: .*; allowed: "):
            solve(document, shard_size=size)  # type: ignore[arg-type]
    with pytest.raises(InvalidInstance, match="allowed: 65536, 131072") as caught:
        solve(document, shard_size=5)
    assert caught.value.path == "shard_sizes"
    with pytest.raises(ValueError, match="bandwidth: 0; allowed: 1 bit/s or more"):
        Neighbor("a", 0).completion_time(1, 1)
    neighbor = Neighbor("a", 1)
    with pytest.raises(ValueError, match="shards: -1; allowed: 0 or more"):
        neighbor.completion_time(-1, 1)
    with pytest.raises(ValueError, match="shard_size: 0; allowed: 1 byte or more"):
        neighbor.completion_time(1, 0)


def test_one_bad_instance_of_many(document: dict[str, Any]) -> None:
    bad = {**document, "version": 2}
    results = list(solve_many([document, bad, document], return_exceptions=True))
    assert isinstance(results[0], Plan)
    assert isinstance(results[1], InvalidInstance)
    assert results[2] == results[0]
    plans = solve_many([document, bad, document])
    assert next(plans) == results[0]
    with pytest.raises(InvalidInstance):
        next(plans)


def test_exceptions_can_be_sent_to_other_processes(document: dict[str, Any]) -> None:
    document["neighbors"][0]["bandwidth"] = 0
    with pytest.raises(InvalidInstance) as caught:
        solve(document)
    copied = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - made here
    assert (copied.faults, copied.count) == (caught.value.faults, caught.value.count)


def test_wrong_types_in_dataclasses() -> None:
    class Name(str, enum.Enum):
        HOME = "home"

    neighbors = [Neighbor("a", 10**9, latency=False), Neighbor(Name.HOME, 10**9)]
    with pytest.raises(InvalidInstance) as caught:
        solve(Instance(State(10), [1], neighbors, [Group("g", 5)]))
    assert caught.value.path == "neighbors[0].latency"
    plan = solve(Instance(State(10), [1], neighbors[1:]))
    assert plan.counts == {"home": 10}


def test_parts_of_wrong_types(document: dict[str, Any]) -> None:
    neighbor = Neighbor("a", 1)
    with pytest.raises(
        TypeError, match=r"neighbors\[1\]: a value of type dict; allowed: a Neighbor"
    ):
        Instance(State(1), [1], [neighbor, {"id": "b"}])  # type: ignore[list-item]
    with pytest.raises(TypeError, match=r"groups\[0\]: a value of type str; allowed: a Group"):
        Instance(State(1), [1], [neighbor], "g")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="state: a value of type int; allowed: a State"):
        Instance(1, [1], [neighbor])  # type: ignore[arg-type]
    plan = solve(document)
    for time in (0.5, "5", True, None):
        with pytest.raises(TypeError, match=r"makespan_ns: .*; allowed: a Fraction or an int"):
            dataclasses.replace(plan, makespan_ns=time)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"finish_ns: .*; allowed: a Fraction or an int"):
            dataclasses.replace(plan.assignments[0], finish_ns=time)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"assignments\[0\]: a value of type dict; allowed: "):
        dataclasses.replace(plan, assignments=[{}])  # type: ignore[list-item]
