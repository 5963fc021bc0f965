"""Models on a GPU; without one, with its memory's part played by the processor's."""

from __future__ import annotations

import copy
import gc
import os
from typing import TYPE_CHECKING, Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - as all torch code does
from node import HANG, SAMPLES, Cluster, labeled
from torch import nn

import chaos.torch as chaos
from chaos.torch import _exchange
from chaos.torch._description import describe
from chaos.torch._windows import Windows

if TYPE_CHECKING:
    from pathlib import Path

torch.set_num_threads(1)

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")

STEPS, BATCH = 6, 8


def network() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 3))


def train(
    folder: Path,
    model: nn.Module,
    *,
    is_local: bool = False,
    device: str = "cpu",
    autocast: torch.dtype | None = None,
    scaler: Any = None,
) -> Cluster:
    """Train to the end, two micro-batches a step."""
    inner = torch.optim.SGD(model.parameters(), lr=0.1) if is_local else None
    opt: Any = (
        chaos.Nesterov(lr=0.7, momentum=0.9)
        if is_local
        else chaos.AdamW(model.parameters(), lr=0.01, skips=20)
    )
    folder.mkdir(exist_ok=True)
    with Cluster(folder, samples=SAMPLES, batch=BATCH, steps=STEPS) as cluster:
        run = chaos.join(model, opt, cluster.path, inner=inner, timeout=HANG)
        for x, y in run.batches(labeled(), micro_batch=4, device=device):
            assert x.device.type == torch.device(device).type
            with torch.autocast(device, autocast or torch.bfloat16, enabled=autocast is not None):
                loss = F.cross_entropy(model(x), y)
            if inner is not None:
                inner.zero_grad()
                loss.backward()
                inner.step()
            elif scaler is not None:
                scaler.scale(loss).backward()
                scaler.step(opt)
                scaler.update()
                opt.zero_grad()
            else:
                loss.backward()
                opt.step(loss=loss)
                opt.zero_grad()
        assert run.finished
    for array in cluster.model["parameters"] + cluster.model["buffers"]:
        value = model.state_dict()[array["name"]].cpu()
        assert torch.equal(value, cluster.value(array["name"]).to(value.dtype)), array["name"]
    return cluster


@pytest.mark.parametrize("is_local", [False, True])
def test_memory_there_changes_no_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_local: bool
) -> None:
    """What is copied in one piece is what is copied one by one."""
    model = network()
    other = copy.deepcopy(model)
    here = train(tmp_path / "a", model, is_local=is_local)
    monkeypatch.setattr(_exchange, "_has_own_memory", lambda _: True)
    there = train(tmp_path / "b", other, is_local=is_local)
    assert all(torch.equal(a, b) for a, b in zip(here.totals, there.totals))
    assert all(
        torch.equal(a, b) for a, b in zip(model.state_dict().values(), other.state_dict().values())
    )


@needs_gpu
@pytest.mark.parametrize("is_local", [False, True])
def test_a_gpu_trains_as_a_processor_does(tmp_path: Path, *, is_local: bool) -> None:
    """But for roundings, which Adam makes as large as its rate where a moment is small."""
    model = network()
    other = copy.deepcopy(model).to("cuda")
    here = train(tmp_path / "a", model, is_local=is_local)
    there = train(tmp_path / "b", other, is_local=is_local, device="cuda")
    torch.testing.assert_close(there.totals[0], here.totals[0], rtol=1e-4, atol=1e-5)
    for name, value in model.state_dict().items():
        torch.testing.assert_close(other.state_dict()[name].cpu(), value, rtol=1e-3, atol=1e-3)


@needs_gpu
def test_windows_are_locked_as_long_as_they_are_there() -> None:
    """And what cannot be locked, since it is already, is told by no later kernel."""
    numbers = 1000
    files = [os.memfd_create(name) for name in ("parameters", "gradients")]
    for file in files:
        os.ftruncate(file, 4 * numbers)
    windows = Windows(files, numbers)
    assert not windows.gradients.is_pinned()
    for _ in range(2):
        windows.lock(torch.device("cuda"))
        windows._is_locked = False
    torch.ones(1, device="cuda").sum().item()
    parameters, gradients = windows.parameters, windows.gradients
    assert parameters.is_pinned()
    assert gradients.is_pinned()
    gradients.copy_(torch.arange(numbers, device="cuda"))
    assert torch.equal(gradients, torch.arange(numbers, dtype=torch.float32))
    del windows
    gc.collect()
    assert not parameters.is_pinned()
    assert not gradients.is_pinned()
    for file in files:
        os.close(file)


@needs_gpu
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_mixed_precision(tmp_path: Path, dtype: torch.dtype) -> None:
    """With a GradScaler for float16; both train, and the nodes have what the model has."""
    model = network().to("cuda")
    scaler = torch.amp.GradScaler("cuda") if dtype is torch.float16 else None
    cluster = train(tmp_path, model, device="cuda", autocast=dtype, scaler=scaler)
    assert torch.isfinite(cluster.totals[-1]).all()
    assert all(parameter.dtype is torch.float32 for parameter in model.parameters())


@needs_gpu
def test_parameters_of_fewer_digits(tmp_path: Path) -> None:
    model = network().to("cuda", torch.bfloat16)
    inputs = nn.Sequential(_Cast(torch.bfloat16), model)
    cluster = train(tmp_path, inputs, device="cuda")
    assert all(torch.isfinite(total).all() for total in cluster.totals)


class _Cast(nn.Module):
    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = dtype

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.to(self.dtype)


@needs_gpu
@pytest.mark.parametrize("is_local", [False, True])
def test_a_model_on_two_devices(tmp_path: Path, *, is_local: bool) -> None:
    """Each parameter is copied by itself then."""
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(6, 5).to("cuda"), nn.Tanh(), _Move(), nn.Linear(5, 3))
    train(tmp_path, nn.Sequential(_Move("cuda"), *model), is_local=is_local)


@needs_gpu
def test_local_steps_need_no_memory_for_sums() -> None:
    """A model on two devices has none for its parameters; sums of gradients have."""
    model = nn.Sequential(nn.Linear(6, 5).to("cuda"), nn.Linear(5, 3))
    opt = chaos.Nesterov()
    opt._follow(model)
    numbers = sum(parameter.numel() for parameter in model.parameters())
    files = [os.memfd_create(name) for name in ("parameters", "gradients")]
    for file in files:
        os.ftruncate(file, 4 * numbers)
    exchange = _exchange.Exchange(describe(model, opt), Windows(files, numbers))
    exchange.load(0)
    exchange.complete_local(3)
    assert all(item.total is item.answer for item in exchange._parameters)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    exchange.add(1)
    assert [item.total.device.type for item in exchange._parameters] == 2 * ["cuda"] + 2 * ["cpu"]
    model.to("cuda")
    exchange.load(1)
    assert exchange._stage is not None
    model[1].to("cpu")
    exchange.load(2)
    assert exchange._stage is None
    # No view keeps the memory that is not wanted any more.
    assert all(item.total is item.answer for item in exchange._parameters)
    for file in files:
        os.close(file)


class _Move(nn.Module):
    def __init__(self, device: str = "cpu") -> None:
        super().__init__()
        self.device = device

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.to(self.device)


@needs_gpu
def test_a_model_that_is_moved_between_steps(tmp_path: Path) -> None:
    model = network()
    with Cluster(tmp_path, samples=SAMPLES, batch=BATCH, steps=STEPS) as cluster:
        opt = chaos.AdamW(model.parameters(), lr=0.01)
        run = chaos.join(model, opt, cluster.path, timeout=HANG)
        for k, (x, y) in enumerate(run.batches(labeled(), micro_batch=BATCH)):
            device = "cuda" if k % 3 == 1 else "cpu"
            model.to(device)
            F.cross_entropy(model(x.to(device)), y.to(device)).backward()
            opt.step()
            opt.zero_grad()
        assert run.finished
    for array in cluster.model["parameters"]:
        assert torch.equal(model.state_dict()[array["name"]].cpu(), cluster.value(array["name"]))
