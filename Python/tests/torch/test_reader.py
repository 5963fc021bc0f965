"""Reading samples: micro-batches, threads, devices, the bar."""

from __future__ import annotations

import subprocess
import sys
import threading
import types
from collections import namedtuple
from typing import TYPE_CHECKING, Any

import pytest
import torch
from node import HANG, Cluster, labeled
from torch import nn
from torch.utils.data import Subset

import chaos.torch as chaos
from chaos.torch._reader import Reader, divide, to_device

if TYPE_CHECKING:
    from pathlib import Path


def test_divide() -> None:
    assert divide([5, 6, 7], 2) == [[5], [6, 7]]
    assert [len(part) for part in divide(range(33), 32)] == [16, 17]
    for count in range(1, 40):
        for most in range(1, 42):
            parts = divide(range(count), most)
            lengths = [len(part) for part in parts]
            assert [index for part in parts for index in part] == list(range(count))
            assert max(lengths) <= most
            assert max(lengths) - min(lengths) <= 1
            assert len(parts) == -(-count // most)


@pytest.mark.parametrize("workers", [0, 1, 4])
def test_reader_goes_from_share_to_share(workers: int) -> None:
    """In order, and without what was left of the share before."""
    reader = Reader(range(100), None, workers, None)
    reader.begin([[1, 2], [3], [4, 5]])
    first = reader.next()
    assert first is not None
    assert first[0] == [1, 2]
    assert torch.equal(first[1], torch.tensor([1, 2]))
    reader.begin([[k] for k in range(50)])
    read = []
    while (part := reader.next()) is not None:
        assert part[1].tolist() == part[0]
        read += part[0]
    assert read == list(range(50))
    reader.close()
    assert reader.next() is None


def test_threads_read_ahead_and_not_too_far() -> None:
    lock = threading.Lock()
    reads: list[int] = []

    class Counting:
        def __len__(self) -> int:
            return 100

        def __getitem__(self, index: int) -> int:
            with lock:
                reads.append(index)
            return index

    reader = Reader(Counting(), list, 2, None)
    reader.begin([[k] for k in range(100)])
    for k in range(20):
        assert reader.next() == ([k], [k])
        with lock:
            assert len(reads) <= k + 1 + 4
    reader.close()


def test_many_at_once_if_the_data_set_can() -> None:
    calls: list[list[int]] = []

    class Fast:
        def __len__(self) -> int:
            return 9

        def __getitem__(self, index: int) -> int:
            raise AssertionError(index)

        def __getitems__(self, indices: list[int]) -> list[int]:
            calls.append(indices)
            return indices

    reader = Reader(Fast(), None, 0, None)
    reader.begin([[3, 1]])
    part = reader.next()
    assert part is not None
    assert part[1].tolist() == [3, 1]
    assert calls == [[3, 1]]


Pair = namedtuple("Pair", "x y")


def test_to_device() -> None:
    x = torch.ones(2)
    batch = {"a": [x, (x, "text")], "b": Pair(x, 3)}
    moved = to_device(batch, "meta")
    assert moved["a"][0].is_meta
    assert moved["a"][1][0].is_meta
    assert moved["a"][1][1] == "text"
    assert isinstance(moved["b"], Pair)
    assert moved["b"].x.is_meta
    assert moved["b"].y == 3
    assert to_device(batch, None) is batch


def test_collate_subset_and_device(tmp_path: Path) -> None:
    model = nn.Linear(6, 3)
    whole = labeled()
    seen: list[Any] = []

    def collate(samples: list[Any]) -> dict[str, torch.Tensor]:
        return {"x": torch.stack([x for x, _ in samples])}

    with Cluster(tmp_path, samples=10, batch=5, steps=2) as cluster:
        opt = chaos.SGD(model.parameters())
        run = chaos.join(model, opt, cluster.path, timeout=HANG)
        dataset = Subset(whole, range(10, 20))
        for batch in run.batches(dataset, collate_fn=collate, device=torch.device("cpu")):
            seen.append(batch["x"])
            model(batch["x"]).sum().backward()
            opt.step()
            opt.zero_grad()
    assert torch.equal(torch.cat(seen), whole.tensors[0][10:20])


@pytest.mark.parametrize("has_tqdm", [False, True])
def test_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_tqdm: bool) -> None:
    shown: list[Any] = []

    class Bar:
        def __init__(self, initial: int, unit: str) -> None:
            self.n = initial
            shown.append(unit)

        def set_postfix(self, values: dict[str, Any], refresh: bool) -> None:
            assert not refresh
            shown.append(values)

        def update(self, steps: int) -> None:
            self.n += steps
            shown.append(self.n)

        def close(self) -> None:
            shown.append("closed")

    tqdm = types.ModuleType("tqdm")
    tqdm.tqdm = Bar  # type: ignore[attr-defined]
    # None: as if it were not installed.
    monkeypatch.setitem(sys.modules, "tqdm", tqdm if has_tqdm else None)
    model = nn.Linear(6, 3)
    with Cluster(tmp_path, samples=24, batch=8, steps=2) as cluster:
        opt = chaos.SGD(model.parameters())
        run = chaos.join(model, opt, cluster.path, timeout=HANG)
        for x, _ in run.batches(labeled(), progress=True):
            loss = model(x).square().mean()
            loss.backward()
            opt.step(loss=torch.tensor(0.25))
            opt.zero_grad()
    if has_tqdm:
        first, later = {"members": 1}, {"loss": "0.25", "members": 1}
        assert shown == [" steps", first, 0, later, 1, later, 2, "closed"]
    else:
        assert shown == []


def test_the_package_does_not_need_torch() -> None:
    code = "import sys, chaos; assert not {'torch', 'chaos.torch'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_numpy_is_not_asked_for() -> None:
    code = (
        "import sys; sys.modules['numpy'] = None\n"
        "import warnings; warnings.simplefilter('ignore')\n"
        "import chaos.torch\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_names() -> None:
    assert set(chaos.__all__) == {name for name in vars(chaos) if not name.startswith("_")}
    errors = [value for value in vars(chaos).values() if isinstance(value, type)]
    for error in errors:
        if issubclass(error, Exception):
            assert issubclass(error, chaos.ChaosError)
