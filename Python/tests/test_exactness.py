"""Exact numbers in and out, and texts that try to be something else."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from chaos.plan import Group, Instance, Neighbor, Plan, State, solve, solve_many, verify


class Whole:
    """An integer as arrays have them."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value


def test_dict_and_dataclass_give_the_same(document: dict[str, Any]) -> None:
    instance = Instance(
        State(1493277696, model="gpt2_small"),
        [65536 * 2**k for k in range(6)],
        [
            Neighbor("b", 4_500_000_000, latency=12_300_000, group="uplink"),
            Neighbor("c", 1_000_000_000, overhead=200_000, limit=300_000_000),
        ],
        [Group("uplink", 6_000_000_000)],
        name="two clouds",
    )
    assert Instance.from_dict(document) == instance
    assert hash(Instance.from_dict(document)) == hash(instance)
    plan = solve(document)
    assert solve(instance) == plan
    assert list(solve_many([document, instance])) == [plan, plan]
    assert plan.instance.sha256 == instance.sha256
    assert verify(instance, plan) == verify(document, plan.to_dict())


def test_the_example_of_the_model(document: dict[str, Any]) -> None:
    # MODEL.md, section 7; the optimizer that it names as well only changes the digest.
    plan = solve(document)
    assert plan.shard_size == 2097152
    assert plan.makespan_ns == 2190060864
    assert plan.counts == {"b": 584, "c": 129}
    assert plan.assignments[0].finish_ns == Fraction(19706488288, 9)


def test_large_numbers_stay_exact() -> None:
    size = 2**53
    neighbors = [Neighbor("a", 2**50 - 1, ready=10**9 + 1), Neighbor("b", 2**50 - 3)]
    instance = Instance(State(size - 1), [1], neighbors)
    plan = solve(instance)
    assert len(plan.assignments) == 2
    for neighbor, run in zip(neighbors, plan.assignments):
        assert isinstance(run.finish_ns, Fraction)
        assert neighbor.completion_time(run.count, 1) == run.finish_ns
        # One shard more is later than the makespan, which doubles cannot tell.
        more = neighbor.completion_time(run.count + 1, 1)
        assert more is not None
        assert more > plan.makespan_ns >= run.finish_ns
    assert max(run.finish_ns for run in plan.assignments) == plan.makespan_ns
    assert sum(plan.counts.values()) == size - 1
    assert verify(instance, plan).is_optimal
    # The next fraction of the same denominator, which is the nearest that a file may hold.
    next_time = plan.makespan_ns + Fraction(1, plan.makespan_ns.denominator)
    assert float(next_time) == float(plan.makespan_ns)
    off = Plan.from_dict({**plan.to_dict(), "makespan_ns": next_time})
    assert not verify(instance, off)


def test_integers_of_every_kind(document: dict[str, Any]) -> None:
    expected = solve(document)
    neighbor = document["neighbors"][1]
    for value in (Whole(10**9), Fraction(10**9), Fraction(2 * 10**9, 2)):
        neighbor["bandwidth"] = value
        assert solve(document) == expected
        assert Instance.from_dict(document).neighbors[1].bandwidth == 10**9


@pytest.mark.parametrize(
    "name",
    [
        "\x00\x1b[2J\x07\r\n\x7f\x85\u2028\u202e",
        '"; allowed: \\ {}[]:,',
        "error: standard input: ",
        "\U0001f600 été e\u0301",
        "-",
        "--output",
        "x" * 100_000,
    ],
    ids=range(7),
)
def test_hostile_names(name: str) -> None:
    neighbors = [Neighbor(name, 10**9, group=name), Neighbor("b", 10**9)]
    instance = Instance(
        State(10**6, model=name, optimizer=name),
        [1000, 10_000],
        neighbors,
        [Group(name, 10**9)],
        name=name,
        source=name,
        comment=name,
        joiner=name,
    )
    plan = solve(instance)
    assert plan.counts == {name: 50, "b": 50}
    assert plan.instance.name == name
    assert plan.instance.sha256 == instance.sha256
    assert Plan.from_json(plan.to_json()) == plan
    assert verify(instance, plan).is_optimal
    assert list(solve_many([instance])) == [plan]
    # In a message too.
    unknown = Plan.from_dict(
        {**plan.to_dict(), "algorithm": name, "instance": {"sha256": "0" * 64}}
    )
    verdict = verify(Instance(State(10**6), [1000, 10_000], [Neighbor("b", 10**9)]), unknown)
    assert not verdict
    assert all(str(fault).isprintable() for fault in verdict.faults)
