"""Training: what the nodes get is the sum of the gradients, and the model is what they have."""

from __future__ import annotations

import copy
import math
import warnings
from typing import TYPE_CHECKING, Any, Callable, Literal

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - as all torch code does
from node import SAMPLES, Cluster, labeled, threaded
from torch import nn
from torch.utils.data import TensorDataset

import chaos.torch as chaos

if TYPE_CHECKING:
    from pathlib import Path

torch.set_num_threads(1)


@pytest.fixture
def dataset() -> TensorDataset:
    return labeled()


def network(*, bias: bool = True) -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(6, 5, bias=bias), nn.Tanh(), nn.Linear(5, 3))


def train(
    model: nn.Module,
    opt: Any,
    path: str,
    dataset: TensorDataset,
    *,
    tells_loss: bool = False,
    **options: Any,
) -> chaos.Run:
    run = chaos.join(model, opt, path, timeout=60)
    for x, y in run.batches(dataset, **options):
        loss = F.cross_entropy(model(x), y, reduction=options.get("reduction", "mean"))
        loss.backward()
        if tells_loss:
            opt.step(loss=loss)
        else:
            opt.step()
        opt.zero_grad()
    assert run.finished
    return run


def reference(
    model: nn.Module, opt: torch.optim.Optimizer, dataset: Any, steps: int, batch: int
) -> None:
    """Train as torch alone does, with whole batches."""
    for step in range(steps):
        samples = [(step * batch + k) % SAMPLES for k in range(batch)]
        x, y = dataset[samples]
        opt.zero_grad()
        F.cross_entropy(model(x), y).backward()
        opt.step()


def assert_same(model: nn.Module, other: nn.Module) -> None:
    for (name, a), (_, b) in zip(model.state_dict().items(), other.state_dict().items()):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6, msg=name)


def assert_is_clusters(model: nn.Module, cluster: Cluster) -> None:
    """Check that the model is what the nodes have, to the bit."""
    for array in cluster.model["parameters"] + cluster.model["buffers"]:
        value = cluster.value(array["name"])
        assert torch.equal(model.state_dict()[array["name"]], value), array["name"]


@pytest.mark.parametrize("micro_batch", [1, 4, 5, 8, 100])
@pytest.mark.parametrize("workers", [0, 2])
def test_micro_batches_are_the_whole_batch(
    tmp_path: Path, dataset: TensorDataset, micro_batch: int, workers: int
) -> None:
    model, expected = network(), network()
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=5) as cluster:
        opt = chaos.SGD(model.parameters(), lr=0.5)
        run = train(model, opt, cluster.path, dataset, micro_batch=micro_batch, num_workers=workers)
    assert (run.step, run.view, run.members) == (5, 2, 1)
    assert (run.node, run.cluster, run.samples, run.batch) == (0, "test", SAMPLES, 8)
    assert run.closed
    reference(expected, torch.optim.SGD(expected.parameters(), lr=0.5), dataset, 5, 8)
    assert_same(model, expected)
    assert_is_clusters(model, cluster)


def test_sums_instead_of_means(tmp_path: Path, dataset: TensorDataset) -> None:
    model, expected = network(), network()
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=3) as cluster:
        opt = chaos.SGD(model.parameters(), lr=0.5)
        run = train(
            model, opt, cluster.path, dataset, micro_batch=3, reduction="sum", tells_loss=True
        )
    reference(expected, torch.optim.SGD(expected.parameters(), lr=0.5), dataset, 3, 8)
    assert_same(model, expected)
    assert run.loss is not None
    assert cluster.heard[0][-1]["loss"] == pytest.approx(8 * run.loss)


def test_two_engines_add_up(tmp_path: Path, dataset: TensorDataset) -> None:
    models, expected = [network(), network()], network()
    with Cluster(tmp_path, samples=SAMPLES, batch=9, steps=4, engines=2) as cluster:
        paths = [str(path) for path in cluster.paths]
        opts = [chaos.SGD(model.parameters(), lr=0.5) for model in models]
        with threaded(lambda: void(train(models[1], opts[1], paths[1], dataset, micro_batch=2))):
            run = train(models[0], opts[0], paths[0], dataset, micro_batch=3)
    assert run.members == 2
    reference(expected, torch.optim.SGD(expected.parameters(), lr=0.5), dataset, 4, 9)
    for model in models:
        assert_same(model, expected)
        assert_is_clusters(model, cluster)


def void(_: object) -> None:
    """Make a statement of an expression."""


def test_groups_and_exclusions(tmp_path: Path, dataset: TensorDataset) -> None:
    model, expected = network(), network()

    def groups(model: nn.Module) -> list[dict[str, Any]]:
        named = dict(model.named_parameters())
        biases = [value for name, value in named.items() if name.endswith("bias")]
        weights = [value for name, value in named.items() if not name.endswith("bias")]
        return [{"params": weights, "weight_decay": 0.1}, {"params": biases, "lr": 0.25}]

    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=5) as cluster:
        train(model, chaos.SGD(groups(model), lr=0.5), cluster.path, dataset)
    reference(expected, torch.optim.SGD(groups(expected), lr=0.5), dataset, 5, 8)
    assert_same(model, expected)
    assert [group["parameters"] for group in cluster.model["groups"]] == [
        ["0.weight", "2.weight"],
        ["0.bias", "2.bias"],
    ]


class WithNorm(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.a = nn.Linear(6, 5)
        self.norm = nn.BatchNorm1d(5)
        self.b = nn.Linear(5, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.b(self.norm(self.a(x)).relu())
        return y


def test_batch_norm(tmp_path: Path, dataset: TensorDataset) -> None:
    """A whole share at once by one engine: then BatchNorm is that of torch alone."""
    model, expected = WithNorm(), WithNorm()
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=4) as cluster:
        train(model, chaos.SGD(model.parameters(), lr=0.1), cluster.path, dataset)
    reference(expected, torch.optim.SGD(expected.parameters(), lr=0.1), dataset, 4, 8)
    assert_same(model, expected)
    assert_is_clusters(model, cluster)
    assert model.norm.num_batches_tracked is not None
    assert int(model.norm.num_batches_tracked) == 4
    assert [array["name"] for array in cluster.model["buffers"]] == [
        "norm.running_mean",
        "norm.running_var",
    ]


def test_batch_norm_of_an_odd_share(tmp_path: Path, dataset: TensorDataset) -> None:
    """Three samples by two are one, which comes twice, and two."""
    model = WithNorm()
    seen = []
    with Cluster(tmp_path, samples=SAMPLES, batch=3, steps=2) as cluster:
        opt = chaos.SGD(model.parameters(), lr=0.1)
        run = chaos.join(model, opt, cluster.path, timeout=60)
        for (x, y), indices in run.batches(dataset, 2, with_indices=True):
            seen.append(indices)
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            # What a loss of both infinities is, nobody knows; it is for people only.
            opt.step(loss=math.inf if len(seen) % 2 else -math.inf)
            opt.zero_grad()
            assert run.loss is None or math.isnan(run.loss)
    assert [len(set(indices)) for indices in seen] == [1, 2, 1, 2]
    assert all(len(indices) == 2 for indices in seen)
    assert run.finished


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_batch_norm_of_one_sample(
    tmp_path: Path, dataset: TensorDataset, reduction: Literal["mean", "sum"]
) -> None:
    """A share may be a single sample: it comes twice, and counts once."""
    model, expected = WithNorm(), WithNorm()
    seen = []
    with Cluster(tmp_path, samples=SAMPLES, batch=1, steps=3) as cluster:
        opt = chaos.SGD(model.parameters(), lr=0.1)
        run = chaos.join(model, opt, cluster.path, timeout=60)
        batches = run.batches(dataset, 4, reduction=reduction, with_indices=True)
        for (x, y), indices in batches:
            seen.append(indices)
            loss = F.cross_entropy(model(x), y, reduction=reduction)
            loss.backward()
            opt.step(loss=loss)
            opt.zero_grad()
            copies = 1 if reduction == "mean" else 2
            assert run.loss == pytest.approx(float(loss.detach()) / copies)
    assert all(len(indices) == 2 and len(set(indices)) == 1 for indices in seen)
    own = torch.optim.SGD(expected.parameters(), lr=0.1)
    for indices in seen:
        own.zero_grad()
        F.cross_entropy(expected(dataset[indices][0]), dataset[indices][1]).backward()
        own.step()
    assert_same(model, expected)


def test_batch_norm_of_two_engines(tmp_path: Path, dataset: TensorDataset) -> None:
    """Statistics are the means of those of the engines, weighted by samples."""
    models, apart = [WithNorm(), WithNorm()], [WithNorm(), WithNorm()]
    with Cluster(tmp_path, samples=SAMPLES, batch=9, steps=1, engines=2) as cluster:
        paths = [str(path) for path in cluster.paths]
        opts = [chaos.SGD(model.parameters(), lr=0.1) for model in models]
        with threaded(lambda: void(train(models[1], opts[1], paths[1], dataset))):
            train(models[0], opts[0], paths[0], dataset)
    for model, samples in zip(apart, (range(4), range(4, 9))):
        model(dataset[list(samples)][0])
    a, b = (model.norm.running_mean for model in apart)
    assert a is not None
    assert b is not None
    for model in models:
        torch.testing.assert_close(model.norm.running_mean, (4 * a + 5 * b) / 9)
        assert_is_clusters(model, cluster)


def test_counters_are_the_step(tmp_path: Path, dataset: TensorDataset) -> None:
    """Into however many micro-batches it is divided."""
    model = WithNorm()
    counts = []
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=3) as cluster:
        opt = chaos.SGD(model.parameters(), lr=0.1)
        run = chaos.join(model, opt, cluster.path, timeout=60)
        for x, y in run.batches(dataset, micro_batch=4):
            counts.append(int(torch.as_tensor(model.norm.num_batches_tracked)))
            F.cross_entropy(model(x), y).backward()
            opt.step()
    assert counts == [0, 1, 1, 2, 2, 3]
    assert int(torch.as_tensor(model.norm.num_batches_tracked)) == 3


def test_a_buffer_that_nobody_changes_stays_to_the_bit(
    tmp_path: Path, dataset: TensorDataset
) -> None:
    model = network()
    model.register_buffer("few_digits", torch.tensor([0.1, 1 / 3], dtype=torch.bfloat16))
    model.register_buffer("many_digits", torch.tensor([0.1, 1 / 3], dtype=torch.float64))
    model.register_buffer("not_saved", torch.ones(7), persistent=False)
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=3) as cluster:
        opt = chaos.SGD(model.parameters(), lr=0.1)
        run = chaos.join(model, opt, cluster.path, timeout=60)
        for number, (x, y) in enumerate(run.batches(dataset, micro_batch=4)):
            if number == 0:
                # The state has more digits than the buffer here.
                cluster.do(lambda: void(cluster.value("few_digits").fill_(1 / 7)))
            F.cross_entropy(model(x), y).backward()
            opt.step()
            opt.zero_grad()
    for step in range(3):
        assert not cluster.total(step, "few_digits").any()
        assert not cluster.total(step, "many_digits").any()
    assert cluster.value("few_digits").tolist() == 2 * [torch.tensor(1 / 7).item()]
    assert len(cluster.model["buffers"]) == 2


def test_frozen_parameters_are_constants(tmp_path: Path, dataset: TensorDataset) -> None:
    model, expected = network(), network()
    for each in (model, expected):
        each[0].weight.requires_grad_(False)
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=3) as cluster:
        # As is usual, also with those that are frozen.
        train(model, chaos.SGD(model.parameters(), lr=0.5), cluster.path, dataset)
    reference(expected, torch.optim.SGD(expected.parameters(), lr=0.5), dataset, 3, 8)
    assert_same(model, expected)
    assert [constant["name"] for constant in cluster.model["constants"]] == ["0.weight"]
    assert "0.weight" not in cluster.model["groups"][0]["parameters"]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_other_types_are_cast(tmp_path: Path, dataset: TensorDataset, dtype: torch.dtype) -> None:
    model = network().to(dtype)
    start = copy.deepcopy(model.state_dict())
    data = TensorDataset(dataset.tensors[0].to(dtype), dataset.tensors[1])
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=3) as cluster:
        train(model, chaos.SGD(model.parameters(), lr=0.01), cluster.path, data, micro_batch=3)
    for name, value in model.state_dict().items():
        assert value.dtype == dtype
        # The state has more digits than bfloat16: small steps add up there.
        assert torch.equal(value, cluster.value(name).to(dtype))
        assert not torch.equal(cluster.value(name), start[name].to(torch.float32))


def test_sums_of_bfloat16_are_exact(tmp_path: Path) -> None:
    """A gradient times the number of samples has more digits than bfloat16."""
    model = nn.Linear(1, 1, bias=False).to(torch.bfloat16)
    # 1 + 2⁻⁷ has all digits of a bfloat16; times three it has two more.
    x = torch.full((3, 1), 1.0078125, dtype=torch.bfloat16)
    with Cluster(tmp_path, samples=3, batch=3, steps=1) as cluster:
        opt = chaos.SGD(model.parameters(), lr=0.5)
        run = chaos.join(model, opt, cluster.path, timeout=60)
        for batch in run.batches(TensorDataset(x)):
            model(batch[0]).mean().backward()
            opt.step()
    assert float(cluster.totals[0][0]) == 3 * 1.0078125


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.a = nn.Linear(6, 6)
        self.b = nn.Linear(6, 6)
        self.b.weight = self.a.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.b(self.a(x).tanh())
        return y


def test_tied_weights_once(tmp_path: Path, dataset: TensorDataset) -> None:
    model, expected = Tied(), Tied()
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=3) as cluster:
        train(model, chaos.SGD(model.parameters(), lr=0.5), cluster.path, dataset, micro_batch=3)
    reference(expected, torch.optim.SGD(expected.parameters(), lr=0.5), dataset, 3, 8)
    assert_same(model, expected)
    assert model.b.weight is model.a.weight
    assert [a["name"] for a in cluster.model["parameters"]] == ["a.weight", "a.bias", "b.bias"]


def test_gradients_that_are_none(tmp_path: Path, dataset: TensorDataset) -> None:
    """Zeros, whether always or only for some micro-batches, and whatever was in the window."""
    model = network()
    unused = nn.Parameter(torch.ones(4))
    model.register_parameter("unused", unused)
    seen: list[int] = []
    with Cluster(tmp_path, samples=SAMPLES, batch=6, steps=3) as cluster:
        opt = chaos.SGD(model.parameters(), lr=0.5)
        run = chaos.join(model, opt, cluster.path, timeout=60)
        for (x, y), indices in run.batches(dataset, micro_batch=2, with_indices=True):
            seen += indices
            loss = F.cross_entropy(model(x), y)
            if indices[0] % 6 == 2:
                loss = loss + 3 * unused.sum()
            loss.backward()
            opt.step()
            opt.zero_grad()
    assert seen == list(range(18))
    for step in range(3):
        assert torch.equal(cluster.total(step, "unused"), torch.full((4,), 6.0))


def test_sparse_gradients_are_refused(tmp_path: Path) -> None:
    model = nn.Embedding(9, 2, sparse=True)
    with Cluster(tmp_path, samples=9, batch=3, steps=3) as cluster:
        opt = chaos.SGD(model.parameters())
        run = chaos.join(model, opt, cluster.path, timeout=60)
        batches = run.batches(range(9))
        model(next(batches)).sum().backward()
        with pytest.raises(chaos.Unsupported, match=r"^weight: a sparse gradient"):
            opt.step()
        assert run.closed
        cluster.is_over = True


def test_dropout_needs_nothing(tmp_path: Path, dataset: TensorDataset) -> None:
    model = nn.Sequential(nn.Linear(6, 5), nn.Dropout(), nn.Linear(5, 3))
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=3) as cluster:
        train(model, chaos.AdamW(model.parameters()), cluster.path, dataset)
    assert_is_clusters(model, cluster)
    assert cluster.model["constants"] == []


@pytest.mark.parametrize("unscales", [False, True])
def test_grad_scaler(tmp_path: Path, dataset: TensorDataset, unscales: bool) -> None:
    """Gradients are unscaled once, with a scale that changes, and what is infinite is passed on."""
    model, expected = network(), network()
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=4) as cluster:
        opt = chaos.SGD(model.parameters(), lr=0.5, skips=20)
        scaler = torch.amp.GradScaler("cpu", 1024.0, growth_factor=4.0, growth_interval=2)
        run = chaos.join(model, opt, cluster.path, timeout=60)
        scales = set()
        for x, y in run.batches(dataset, micro_batch=3):
            scales.add(scaler.get_scale())
            is_second = run.step == 1
            scaler.scale(F.cross_entropy(model(x), y)).backward()
            if is_second:
                gradient = next(model.parameters()).grad
                assert gradient is not None
                gradient[0, 0] = float("inf")
            if unscales:
                scaler.unscale_(opt)
            scaler.step(opt)
            scaler.update()
            opt.zero_grad()
    assert len(scales) > 2
    assert cluster.skipped == 1
    assert cluster.total(1, "0.weight")[0, 0] == float("inf")
    # The second batch is left out.
    torch_opt = torch.optim.SGD(expected.parameters(), lr=0.5)
    for first in (0, 16, 24):
        x, y = dataset[[(first + k) % SAMPLES for k in range(8)]]
        torch_opt.zero_grad()
        F.cross_entropy(expected(x), y).backward()
        torch_opt.step()
    assert_same(model, expected)


def test_grad_scaler_that_is_off(tmp_path: Path, dataset: TensorDataset) -> None:
    model, expected = network(), network()
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=2) as cluster, warnings.catch_warnings():
        warnings.simplefilter("error")
        opt = chaos.SGD(model.parameters(), lr=0.5)
        scaler = torch.amp.GradScaler("cpu", enabled=False)
        run = chaos.join(model, opt, cluster.path, timeout=60)
        for x, y in run.batches(dataset):
            scaler.scale(F.cross_entropy(model(x), y)).backward()
            scaler.step(opt)
            scaler.update()
            opt.zero_grad()
    reference(expected, torch.optim.SGD(expected.parameters(), lr=0.5), dataset, 2, 8)
    assert_same(model, expected)


def test_grad_scaler_without_skips_is_warned_of(tmp_path: Path, dataset: TensorDataset) -> None:
    model = network()
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=1) as cluster:
        opt = chaos.SGD(model.parameters(), lr=0.5)
        scaler = torch.amp.GradScaler("cpu", init_scale=2.0)
        run = chaos.join(model, opt, cluster.path, timeout=60)
        for x, y in run.batches(dataset):
            scaler.scale(F.cross_entropy(model(x), y)).backward()
            with pytest.warns(UserWarning, match="skips=20"):
                scaler.step(opt)
    assert cluster.skipped == 0


@pytest.mark.parametrize("kind", ["tensor", "number", "closure", "nan", "some", "none"])
def test_loss(tmp_path: Path, dataset: TensorDataset, kind: str) -> None:
    model = network()
    losses: list[float] = []
    means: list[float | None] = []
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=2) as cluster:
        opt = chaos.SGD(model.parameters(), lr=0.5)
        run = chaos.join(model, opt, cluster.path, timeout=60)
        assert run.loss is None
        for x, y in run.batches(dataset, micro_batch=3):

            def closure(x: torch.Tensor = x, y: torch.Tensor = y) -> Any:
                loss = F.cross_entropy(model(x), y)
                loss.backward()
                return loss

            if kind == "closure":
                with torch.no_grad():
                    loss = opt.step(closure)
            else:
                loss = closure()
                told: Any = {"tensor": loss, "number": loss.item(), "nan": float("nan")}.get(kind)
                opt.step(loss=loss if kind == "some" and len(losses) % 3 == 0 else told)
            losses.append(float(torch.as_tensor(loss).detach()) * len(x))
            opt.zero_grad()
            means.append(run.loss)
    sent = [message["loss"] for message in cluster.heard[0] if message["type"] == "gradient"]
    if kind in ("tensor", "number", "closure"):
        assert sent == pytest.approx([sum(losses[:3]), sum(losses[3:])])
        assert means[:3] == [None, None, pytest.approx(sent[0] / 8)]
        assert run.loss == pytest.approx(sent[1] / 8)
    else:
        assert sent == [None, None]
        assert (run.loss is None) == (kind != "nan")


def test_a_loss_must_be_one_number(tmp_path: Path, dataset: TensorDataset) -> None:
    model = network()
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=1) as cluster:
        opt = chaos.SGD(model.parameters())
        run = chaos.join(model, opt, cluster.path, timeout=60)
        for x, y in run.batches(dataset):
            loss = F.cross_entropy(model(x), y, reduction="none")
            with pytest.raises(ValueError, match=r"a tensor of shape \(8,\)"):
                opt.step(loss=loss)
            opt.step()


def test_a_model_that_moves_keeps_its_buffers(tmp_path: Path, dataset: TensorDataset) -> None:
    """`Module.to` puts other tensors in the place of buffers."""
    model, expected = WithNorm(), WithNorm()
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=3) as cluster:
        opt = chaos.SGD(model.parameters(), lr=0.1)
        run = chaos.join(model, opt, cluster.path, timeout=60)
        for x, y in run.batches(dataset):
            model.to(torch.float64)
            model.to(torch.float32)
            F.cross_entropy(model(x), y).backward()
            opt.step()
            opt.zero_grad()
    reference(expected, torch.optim.SGD(expected.parameters(), lr=0.1), dataset, 3, 8)
    assert_same(model, expected)


def test_the_state_is_loaded_at_join(tmp_path: Path) -> None:
    """The second engine has other parameters; those of the run are the first one's."""
    models = [network(), network()]
    first = copy.deepcopy(models[0].state_dict())
    with torch.no_grad():
        next(models[1].parameters()).fill_(9)
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=1, engines=2) as cluster:
        opts = [chaos.SGD(model.parameters()) for model in models]
        runs = [chaos.join(models[0], opts[0], cluster.paths[0], timeout=60)]
        runs.append(chaos.join(models[1], opts[1], cluster.paths[1], timeout=60))
        for name, value in first.items():
            assert torch.equal(models[1].state_dict()[name], value)
        assert [run.step for run in runs] == [0, 0]
        cluster.is_over = True


def unfreeze(model: nn.Sequential) -> None:
    model[0].requires_grad_(True)


def freeze(model: nn.Sequential) -> None:
    model[2].requires_grad_(False)


def replace(model: nn.Sequential) -> None:
    model.load_state_dict({k: v.clone() for k, v in model.state_dict().items()}, assign=True)


def add(model: nn.Sequential) -> None:
    model.append(nn.Linear(3, 3))


def remove(model: nn.Sequential) -> None:
    del model[2]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (unfreeze, r"0\.weight: unfrozen"),
        (freeze, r"2\.weight: frozen"),
        (replace, r"0\.weight: replaced"),
        (add, r"3\.weight: added"),
        (remove, r"2\.weight: removed"),
    ],
)
def test_parameters_that_change_are_noticed(
    tmp_path: Path, dataset: TensorDataset, change: Callable[[nn.Sequential], None], told: str
) -> None:
    """Otherwise they would not be trained, without a word."""

    def half_frozen() -> tuple[nn.Sequential, chaos.SGD]:
        torch.manual_seed(2)
        model = nn.Sequential(nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 3))
        model[0].requires_grad_(False)
        return model, chaos.SGD(model[2].parameters(), lr=0.1)

    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=4) as cluster:
        model, opt = half_frozen()
        run = chaos.join(model, opt, cluster.path, timeout=60)
        batches = run.batches(dataset, 8)
        next(batches)
        change(model)
        with pytest.raises(chaos.Unsupported, match=f"{told} since join; allowed: "):
            opt.step()
        assert run.closed
        train(*half_frozen(), cluster.path, dataset)
