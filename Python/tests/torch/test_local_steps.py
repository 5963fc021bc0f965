"""Local steps: an inner optimizer trains, and the nodes get what it has changed."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Callable

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - as all torch code does
from node import HANG, SAMPLES, Cluster, Interrupted, Link, labeled, numbers_of, playing, threaded
from torch import nn

import chaos.torch as chaos
from chaos.torch._description import describe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torch.utils.data import TensorDataset

torch.set_num_threads(1)

Inner = Callable[[nn.Module], torch.optim.Optimizer]


@pytest.fixture
def dataset() -> TensorDataset:
    return labeled()


def network() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3))


def with_norm() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 3))


def sgd(model: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD(model.parameters(), lr=0.5)


def adamw(model: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.AdamW(model.parameters(), lr=0.01)


def mean() -> chaos.Nesterov:
    """Return an outer optimizer that makes the parameters the mean of all engines'."""
    return chaos.Nesterov(lr=1, momentum=0)


def make_step(
    model: nn.Module, inner: torch.optim.Optimizer, x: torch.Tensor, y: torch.Tensor
) -> torch.Tensor:
    inner.zero_grad()
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    inner.step()
    return loss


def train(
    model: nn.Module,
    outer: Any,
    inner: torch.optim.Optimizer,
    path: object,
    dataset: TensorDataset,
    *,
    micro_batch: int = 32,
) -> chaos.Run:
    run = chaos.join(model, outer, str(path), inner=inner, timeout=HANG)
    for x, y in run.batches(dataset, micro_batch=micro_batch):
        make_step(model, inner, x, y)
    assert run.finished
    return run


def void(_: object) -> None:
    """Make a statement of an expression."""


def assert_close(model: nn.Module, other: nn.Module, bound: float) -> None:
    for (name, a), (_, b) in zip(model.state_dict().items(), other.state_dict().items()):
        torch.testing.assert_close(a, b, rtol=0, atol=bound, msg=name)


def assert_is_clusters(model: nn.Module, cluster: Cluster) -> None:
    """Check that the model is what the nodes have, to the bit."""
    for array in cluster.model["parameters"] + cluster.model["buffers"]:
        value = cluster.value(array["name"])
        assert torch.equal(model.state_dict()[array["name"]], value), array["name"]


def answered(cluster: Cluster) -> list[int]:
    """Return of how many samples each answer was."""
    return [message["samples"] for message in cluster.heard[0] if message["type"] == "gradient"]


def diloco(
    models: list[nn.Module],
    inner: Inner,
    dataset: Any,
    rounds: list[list[list[list[int]]]],
    *,
    lr: float,
    momentum: float,
) -> None:
    """Train by torch alone: of each round and model the samples of its micro-batches."""
    inners = [inner(model) for model in models]
    shared = [value.detach().clone().requires_grad_() for value in models[0].parameters()]
    outer = torch.optim.SGD(shared, lr=lr, momentum=momentum, nesterov=momentum > 0)
    for parts in rounds:
        counts = [sum(len(rows) for rows in part) for part in parts]
        for model, own, part in zip(models, inners, parts):
            for rows in part:
                make_step(model, own, *dataset[rows])
        with torch.no_grad():
            for k, value in enumerate(shared):
                nows = [list(model.parameters())[k] for model in models]
                total = sum(n * (value - now) for n, now in zip(counts, nows))
                value.grad = torch.as_tensor(total) / sum(counts)
            outer.step()
            for model in models:
                for now, value in zip(model.parameters(), shared):
                    now.copy_(value)


# MARK: What the nodes make of local steps


@pytest.mark.parametrize("kind", ["Nesterov", "SGD"])
def test_a_step_a_round_is_plain_training(
    tmp_path: Path, dataset: TensorDataset, kind: str
) -> None:
    """With rate 1 and no momentum. Five rounds, each with two roundings of numbers below 2."""
    model, expected = network(), network()
    outer = mean() if kind == "Nesterov" else chaos.SGD(model.parameters(), lr=1)
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=5) as cluster:
        run = train(model, outer, sgd(model), cluster.path, dataset)
    assert (run.step, run.closed) == (5, True)
    own = sgd(expected)
    for step in range(5):
        make_step(expected, own, *dataset[[(8 * step + k) % SAMPLES for k in range(8)]])
    assert_close(model, expected, 1e-6)
    assert_is_clusters(model, cluster)
    assert answered(cluster) == 5 * [8]


def test_steps_of_adamw_are_diloco(tmp_path: Path, dataset: TensorDataset) -> None:
    """Eight rounds of four steps each, whose moments go on; the bound is twenty roundings."""
    model, expected = network(), network()
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=8) as cluster:
        train(model, chaos.Nesterov(), adamw(model), cluster.path, dataset, micro_batch=2)
    starts = [[(8 * step + 2 * k) % SAMPLES for k in range(4)] for step in range(8)]
    rounds = [[[[first, first + 1] for first in firsts]] for firsts in starts]
    diloco([expected], adamw, dataset, rounds, lr=0.7, momentum=0.9)
    assert_close(model, expected, 20 * 2**-24)
    assert_is_clusters(model, cluster)
    group = cluster.model["groups"][0]
    assert {key: group[key] for key in group if key != "parameters"} == {
        "optimizer": "sgd",
        "rate": 0.7,
        "momentum": 0.9,
        "nesterov": True,
        "decay": 0.0,
    }


def test_unequal_shares_are_weighted(tmp_path: Path, dataset: TensorDataset) -> None:
    """Four samples in two steps here, five in three there."""
    models, expected = [network(), network()], [network(), network()]
    inners = [adamw(model) for model in models]
    with Cluster(tmp_path, samples=SAMPLES, batch=9, steps=4, engines=2) as cluster:
        a, b = cluster.paths
        with threaded(
            lambda: void(train(models[1], chaos.Nesterov(), inners[1], b, dataset, micro_batch=2))
        ):
            train(models[0], chaos.Nesterov(), inners[0], a, dataset, micro_batch=2)
    rounds = []
    for step in range(4):
        rows = [(9 * step + k) % SAMPLES for k in range(9)]
        rounds.append([[rows[0:2], rows[2:4]], [rows[4:5], rows[5:7], rows[7:9]]])
    diloco(list(expected), adamw, dataset, rounds, lr=0.7, momentum=0.9)
    for model, inner in zip(models, inners):
        assert_close(model, expected[0], 20 * 2**-24)
        assert_is_clusters(model, cluster)
        steps = {int(state["step"]) for state in inner.state.values()}
        assert steps == {8 if inner is inners[0] else 12}


def test_buffers_are_means_of_where_the_steps_have_led(
    tmp_path: Path, dataset: TensorDataset
) -> None:
    models, apart = [with_norm(), with_norm()], [with_norm(), with_norm()]
    with Cluster(tmp_path, samples=SAMPLES, batch=9, steps=1, engines=2) as cluster:
        a, b = cluster.paths
        with threaded(
            lambda: void(train(models[1], mean(), sgd(models[1]), b, dataset, micro_batch=3))
        ):
            train(models[0], mean(), sgd(models[0]), a, dataset, micro_batch=3)
    for model, parts in zip(apart, ([[0, 1], [2, 3]], [[4, 5], [6, 7, 8]])):
        own = sgd(model)
        for rows in parts:
            make_step(model, own, *dataset[rows])
    for name, value in apart[0].state_dict().items():
        there = apart[1].state_dict()[name]
        for model in models:
            now = model.state_dict()[name]
            if value.is_floating_point():
                torch.testing.assert_close(now, (4 * value + 5 * there) / 9)
            else:
                # The counter is the step, whatever the inner steps have made of it.
                assert int(now) == 1
    for model in models:
        assert_is_clusters(model, cluster)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_differences_of_other_types(tmp_path: Path, dtype: torch.dtype) -> None:
    """They are of Float32, and what the type cannot hold of the state is no difference."""
    model = nn.Linear(2, 1, bias=False).to(dtype)
    change = 2**-40 if dtype is torch.float64 else 2**-10
    with Cluster(tmp_path, samples=6, batch=3, steps=2) as cluster:
        run = chaos.join(model, mean(), cluster.path, inner=sgd(model), timeout=HANG)
        for number, _ in enumerate(run.batches(range(6))):
            if number == 0:
                # Before the second round the state has more digits than sixteen bits hold.
                cluster.do(lambda: void(cluster.values.fill_(1 / 3)))
            else:
                loaded = model.weight.detach().clone()
                with torch.no_grad():
                    model.weight[0, 0] -= change
                now = model.weight.detach().clone()
    assert not cluster.totals[0].any()
    assert torch.equal(loaded, torch.full((1, 2), 1 / 3).to(dtype))
    expected = 3 * (loaded - now).double().flatten()
    assert expected[0] != 0
    assert torch.equal(cluster.totals[1].double(), expected)


def test_no_step_is_no_difference(tmp_path: Path, dataset: TensorDataset) -> None:
    model = network()
    start = copy.deepcopy(model.state_dict())
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=2) as cluster:
        run = chaos.join(model, mean(), cluster.path, inner=sgd(model), timeout=HANG)
        assert len(list(run.batches(dataset, micro_batch=4))) == 4
    assert not any(total.any() for total in cluster.totals)
    assert all(torch.equal(value, start[name]) for name, value in model.state_dict().items())


def test_what_is_not_finite_is_left_out(tmp_path: Path, dataset: TensorDataset) -> None:
    model = network()
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=2) as cluster:
        outer = chaos.Nesterov(lr=1, momentum=0, skips=5)
        run = chaos.join(model, outer, cluster.path, inner=sgd(model), timeout=HANG)
        for _ in run.batches(dataset):
            assert all(bool(value.isfinite().all()) for value in model.parameters())
            with torch.no_grad():
                next(model.parameters())[0, 0] = float("inf")
    assert cluster.skipped == 2


def test_a_grad_scaler_is_the_inner_optimizers(tmp_path: Path, dataset: TensorDataset) -> None:
    model, expected = network(), network()
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=3) as cluster:
        inner = sgd(model)
        scaler = torch.amp.GradScaler("cpu", 1024.0)
        run = chaos.join(model, mean(), cluster.path, inner=inner, timeout=HANG)
        for x, y in run.batches(dataset, micro_batch=4):
            inner.zero_grad()
            scaler.scale(F.cross_entropy(model(x), y)).backward()
            scaler.step(inner)
            scaler.update()
    own = sgd(expected)
    for first in range(0, 24, 4):
        make_step(expected, own, *dataset[list(range(first, first + 4))])
    assert_close(model, expected, 1e-6)


def test_several_inner_optimizers(tmp_path: Path, dataset: TensorDataset) -> None:
    model, expected = network(), network()

    def inners(model: nn.Sequential) -> list[torch.optim.Optimizer]:
        return [sgd(model[0]), adamw(model[2])]

    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=3) as cluster:
        own = inners(model)
        run = chaos.join(model, mean(), cluster.path, inner=own, timeout=HANG)
        for x, y in run.batches(dataset):
            make_step(model, own[0], x, y)
            own[1].step()
            own[1].zero_grad()
    assert run.finished
    own = inners(expected)
    for first in (0, 8, 16):
        make_step(expected, own[0], *dataset[list(range(first, first + 8))])
        own[1].step()
        own[1].zero_grad()
    assert_close(model, expected, 1e-6)


# MARK: In the middle of a round


@pytest.mark.parametrize("workers", [0, 2])
def test_a_stop_voids_the_round(tmp_path: Path, dataset: TensorDataset, workers: int) -> None:
    """The next share begins with the parameters of the run, and the inner optimizer as it is."""
    model, expected = with_norm(), with_norm()
    start = copy.deepcopy(model.state_dict())
    seen: list[list[int]] = []
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=1) as cluster:
        inner = adamw(model)
        run = chaos.join(model, mean(), cluster.path, inner=inner, timeout=HANG)
        for (x, y), indices in run.batches(
            dataset, micro_batch=4, num_workers=workers, with_indices=True
        ):
            if len(seen) == 2:
                assert all(torch.equal(v, start[k]) for k, v in model.state_dict().items())
            seen.append(indices)
            make_step(model, inner, x, y)
            if len(seen) == 2:
                # The whole share has been computed, and is not handed over.
                cluster.stop([20, 21, 22])
    assert seen == [[0, 1, 2, 3], [4, 5, 6, 7], [20, 21, 22]]
    assert answered(cluster) == [3]
    own = adamw(expected)
    for rows in seen:
        if rows == [20, 21, 22]:
            expected.load_state_dict(start)
        make_step(expected, own, *dataset[rows])
    assert_close(model, expected, 1e-6)


def test_samples_of_another_of_the_same_step(tmp_path: Path, dataset: TensorDataset) -> None:
    """They are computed from the parameters of the run again: the answers add up."""
    model, expected = network(), [network(), network()]
    start = torch.cat([value.detach().flatten() for value in model.parameters()])
    differences = []

    def script(link: Link) -> None:
        attach = link.receive()
        assert attach is not None
        link.welcome(numbers_of(attach["model"]), samples=SAMPLES, begins=True)
        assert link.receive() == {"type": "initial"}
        link.parameters.copy_(link.gradients)
        link.send({"type": "state", "step": 5})
        for ticket, samples in ((1, [0, 1, 2]), (2, [3, 4])):
            share = {"view": 1, "members": 1, "step": 5, "ticket": ticket, "samples": samples}
            link.send({"type": "compute", **share})
            answer = link.receive()
            assert answer is not None
            assert (answer["ticket"], answer["samples"]) == (ticket, len(samples))
            differences.append(link.gradients.clone())
        link.send({"type": "finished", "step": 6})
        assert link.receive() is None

    path = tmp_path / "node.sock"
    with playing(path, script):
        train(model, chaos.Nesterov(), sgd(model), path, dataset)
    for each, rows, difference in zip(expected, ([0, 1, 2], [3, 4]), differences):
        make_step(each, sgd(each), *dataset[rows])
        now = torch.cat([value.detach().flatten() for value in each.parameters()])
        torch.testing.assert_close(difference, len(rows) * (start - now), rtol=0, atol=1e-6)


@pytest.mark.parametrize("how", ["break", "error", "Ctrl-C"])
def test_leaving_in_the_middle_and_again(tmp_path: Path, dataset: TensorDataset, how: str) -> None:
    """Nothing of the round is handed over; the same outer optimizer serves the next run."""
    model, outer = network(), chaos.Nesterov()
    inner = adamw(model)

    def leave(batches: Iterator[Any]) -> None:
        for number, (x, y) in enumerate(batches):
            make_step(model, inner, x, y)
            if number == 2:
                if how == "error":
                    raise ZeroDivisionError
                if how == "break":
                    break

    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=3) as cluster:
        run = chaos.join(model, outer, cluster.path, inner=inner, timeout=HANG)
        data = Interrupted(dataset, 13) if how == "Ctrl-C" else dataset
        if how == "break":
            leave(run.batches(data, micro_batch=4))
        else:
            with pytest.raises((ZeroDivisionError, KeyboardInterrupt)):
                leave(run.batches(data, micro_batch=4))
        assert (run.closed, run.step) == (True, 1)
        run = chaos.join(model, outer, cluster.path, inner=inner, timeout=HANG)
        assert_is_clusters(model, cluster)
        for x, y in run.batches(dataset, micro_batch=4):
            make_step(model, inner, x, y)
    assert run.finished
    assert answered(cluster) == [8, 8, 8]
    assert_is_clusters(model, cluster)


# MARK: Losses


@pytest.mark.parametrize("kind", ["tensor", "number", "twice", "some", "none"])
def test_note(tmp_path: Path, dataset: TensorDataset, kind: str) -> None:
    model = network()
    losses: list[float] = []
    means: list[float | None] = []
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=2) as cluster:
        inner = sgd(model)
        run = chaos.join(model, mean(), cluster.path, inner=inner, timeout=HANG)
        for x, y in run.batches(dataset, micro_batch=3):
            means.append(run.loss)
            loss = make_step(model, inner, x, y)
            if kind == "twice":
                run.note(7.0)
            if kind in ("tensor", "twice") or (kind == "some" and len(losses) % 3 == 0):
                run.note(loss)
            if kind == "number":
                run.note(loss=loss.item())
            losses.append(loss.item() * len(x))
    sent = [message["loss"] for message in cluster.heard[0] if message["type"] == "gradient"]
    if kind in ("some", "none"):
        assert sent == [None, None]
        assert run.loss is None
    else:
        assert sent == pytest.approx([sum(losses[:3]), sum(losses[3:])])
        assert means == [None, None, None, *3 * [pytest.approx(sent[0] / 8)]]
        assert run.loss == pytest.approx(sent[1] / 8)


def test_note_serves_the_other_mode_too(tmp_path: Path, dataset: TensorDataset) -> None:
    model = network()
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=1) as cluster:
        opt = chaos.SGD(model.parameters())
        run = chaos.join(model, opt, cluster.path, timeout=HANG)
        with pytest.raises(chaos.Misuse, match=r"note\(\) without a micro-batch"):
            run.note(1.0)
        for x, y in run.batches(dataset, micro_batch=4):
            loss = F.cross_entropy(model(x), y)
            with pytest.raises(ValueError, match=r"a tensor of shape \(4,\)"):
                run.note(F.cross_entropy(model(x), y, reduction="none"))
            run.note(2.0)
            loss.backward()
            opt.step()
            with pytest.raises(chaos.Misuse, match=r"before opt\.step"):
                run.note(loss)
    assert run.loss == 2.0


# MARK: Misuse


def test_the_outer_optimizer_makes_no_step(tmp_path: Path, dataset: TensorDataset) -> None:
    model = network()
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=2) as cluster:
        outer, inner = chaos.Nesterov(), sgd(model)
        run = chaos.join(model, outer, cluster.path, inner=inner, timeout=HANG)
        for x, y in run.batches(dataset):
            make_step(model, inner, x, y)
            with pytest.raises(chaos.Misuse, match="allowed: that of the inner one"):
                outer.step()
    # The mistake has changed nothing.
    assert answered(cluster) == [8, 8]


def test_settings_that_change(tmp_path: Path, dataset: TensorDataset) -> None:
    """The outer optimizer's are the run's, the inner one's are nobody else's."""
    model = network()
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=3) as cluster:
        outer, inner = chaos.Nesterov(), sgd(model)
        run = chaos.join(model, outer, cluster.path, inner=inner, timeout=HANG)
        batches = run.batches(dataset)
        for _ in range(2):
            make_step(model, inner, *next(batches))
            inner.param_groups[0]["lr"] *= 0.5
        outer.param_groups[0]["lr"] = 0.25
        with pytest.raises(chaos.Unsupported, match=r"\['lr'\] is .* pass schedule="):
            next(batches)
        assert run.closed
        cluster.is_over = True


def test_inner_optimizers_of_other_parameters() -> None:
    model = network()
    with pytest.raises(
        chaos.Unsupported,
        match=r"^inner\.param_groups\[0\]\['params'\]\[0\], of shape \(5, 6\), is not in the model",
    ):
        chaos.join(model, chaos.Nesterov(), "none", inner=sgd(network()))
    with pytest.raises(chaos.Unsupported, match=r"^2\.weight: in no group of the inner optimizer"):
        chaos.join(model, chaos.Nesterov(), "none", inner=sgd(model[0]))
    # Once there is nothing to train in them, nothing is missing.
    model[2].requires_grad_(False)
    with pytest.raises(chaos.DaemonGone):
        chaos.join(model, chaos.Nesterov(), "none", inner=sgd(model[0]))


def test_inner_optimizers_are_torchs() -> None:
    model = network()
    for inner in (chaos.AdamW(model.parameters()), [sgd(model), 3]):
        with pytest.raises(TypeError, match=r"^inner: .*; allowed: optimizers of torch's"):
            chaos.join(model, chaos.Nesterov(), "none", inner=inner)  # type: ignore[arg-type]


def test_a_nesterov_of_its_own_parameters() -> None:
    model = network()
    groups: list[dict[str, Any]] = [
        {"params": model[0].parameters(), "lr": 0.5},
        {"params": model[2].parameters()},
    ]
    schedule = chaos.Linear(100)
    outer = chaos.Nesterov(groups, max_norm=2.0, skips=3, schedule=schedule)
    document = describe(model, outer).document
    assert [group["rate"] for group in document["groups"]] == [0.5, 0.7]  # type: ignore[attr-defined]
    assert (document["max_norm"], document["skips"]) == (2.0, 3)
    assert document["schedule"] == schedule.document()


def test_a_nesterov_without_parameters_takes_the_models() -> None:
    model = network()
    model[0].weight.requires_grad_(False)
    outer = chaos.Nesterov(lr=0.5)
    assert outer.param_groups == []
    for each in (model, network(), model):
        with pytest.raises(chaos.DaemonGone):
            chaos.join(each, outer, "none", inner=sgd(each))
    assert outer.param_groups[0]["params"] == list(model.parameters())[1:]
    assert outer.param_groups[0]["nesterov"]


@pytest.mark.parametrize(
    ("options", "message"),
    [({"lr": 0}, "lr: 0.0"), ({"momentum": 1}, "momentum: 1.0"), ({"skips": -1}, "skips: -1")],
)
def test_settings_out_of_range(options: dict[str, Any], message: str) -> None:
    for params in (None, network().parameters()):
        with pytest.raises(ValueError, match=f"^{message}"):
            chaos.Nesterov(params, **options)
