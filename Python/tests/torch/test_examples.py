"""The examples run, and learn."""

from __future__ import annotations

import gzip
import importlib.util
import re
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from node import SAMPLES, Cluster, labeled

import chaos.torch as chaos

if TYPE_CHECKING:
    from types import ModuleType

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
DIGITS = EXAMPLES.parents[1] / "Data" / "digits"

torch.set_num_threads(1)


def example(name: str) -> ModuleType:
    specification = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_digits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Cluster(tmp_path, samples=1438, batch=64, steps=200) as cluster:
        # The nodes of tests descend along the gradient, which needs a higher rate than Adam.
        cluster.rate_factor = 100
        example("digits").main(["--socket", cluster.path, "--data", str(DIGITS)])
    told = re.fullmatch(
        r"step 200: (\d+\.\d)% of 359 test rows are right\n", capsys.readouterr().out
    )
    assert told is not None
    assert float(told[1]) > 90


def test_digits_are_divided_as_the_nodes_do() -> None:
    """The first numbers are those of SplitMix64 with seed 1, worked out apart."""
    order = example("digits").permutation(1797)
    assert sorted(order) == list(range(1797))
    # floor(n · 1797 / 2^64) for n = 0x910a2dec89025cc1, the first number of the generator.
    assert order[0] == 0x910A2DEC89025CC1 * 1797 >> 64


def write_idx(path: Path, shape: tuple[int, ...], content: bytes, kind: int = 8) -> None:
    header = struct.pack(f">HBB{len(shape)}I", 0, kind, len(shape), *shape)
    path.write_bytes(gzip.compress(header + content))


@pytest.mark.parametrize("count", [40])
def test_fashion(tmp_path: Path, capsys: pytest.CaptureFixture[str], count: int) -> None:
    """Images whose class is the row that is white."""
    folder = tmp_path / "data"
    folder.mkdir()
    images = torch.zeros(count, 28, 28, dtype=torch.uint8)
    labels = torch.arange(count) % 10
    for image, label in zip(images, labels.tolist()):
        image[2 * label : 2 * label + 4] = 255
    for name in ("train", "t10k"):
        write_idx(
            folder / f"{name}-images-idx3-ubyte.gz",
            (count, 28, 28),
            bytes(images.flatten().tolist()),
        )
        write_idx(folder / f"{name}-labels-idx1-ubyte.gz", (count,), bytes(labels.tolist()))
    with Cluster(tmp_path, samples=count, batch=20, steps=30) as cluster:
        cluster.rate_factor = 100
        example("fashion").main(["--socket", cluster.path, "--data", str(folder)])
    told = re.fullmatch(
        r"step 30: (\d+\.\d)% of 40 test images are right\n", capsys.readouterr().out
    )
    assert told is not None
    assert float(told[1]) > 60
    # The parameters and their gradients are Float32 all the same.
    assert cluster.value("0.weight").dtype == torch.float32


def test_characters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A text whose every character follows from the one before."""
    text = tmp_path / "text"
    text.write_text("hamlet, " * 200, encoding="utf-8")
    # Of 1600 characters the last 32 are for the test, and windows end one before the end.
    with Cluster(tmp_path, samples=195, batch=16, steps=60) as cluster:
        size = ["--context", "8", "--width", "16", "--depth", "2", "--micro-batch", "4"]
        rates = ["--rate", "0.01", "--momentum", "0.5", "--rounds", "60"]
        example("characters").main(["--socket", cluster.path, "--text", str(text), *size, *rates])
    told = re.fullmatch(
        r"round 60: (\d+\.\d{3}) bits for a character of 24\n", capsys.readouterr().out
    )
    assert told is not None
    # Three bits tell eight characters apart.
    assert float(told[1]) < 1
    # Tied weights are one parameter.
    names = [array["name"] for array in cluster.model["parameters"]]
    assert "characters.weight" in names
    assert "head.weight" not in names


def test_what_decays_in_characters() -> None:
    """Matrices, and neither embeddings nor biases nor norms."""
    characters = example("characters")
    model = characters.GPT(5, 8, 16, 2)
    names = {parameter: name for name, parameter in model.named_parameters()}
    decaying, rest = (group for group in characters.groups(model))
    assert (decaying["weight_decay"], rest["weight_decay"]) == (0.1, 0.0)
    assert len(decaying["params"]) + len(rest["params"]) == len(names)
    assert "characters.weight" in {names[parameter] for parameter in rest["params"]}
    matrices = {names[parameter] for parameter in decaying["params"]}
    assert matrices == {
        name for name in names.values() if name.startswith("blocks") and name.endswith(".weight")
    } - {name for name in names.values() if "norm" in name}


@pytest.mark.parametrize("mode", [0, 1])
def test_readme(tmp_path: Path, mode: int) -> None:
    """The first loop is of gradients, the second of local steps."""
    text = (EXAMPLES.parent / "README.md").read_text(encoding="utf-8")
    loops = re.findall(r"```py\n(.*?)```", text, re.DOTALL)
    assert len(loops) == 2
    model = torch.nn.Linear(6, 3)
    names = {
        "torch": torch,
        "F": torch.nn.functional,
        "chaos": chaos,
        "model": model,
        "dataset": labeled(),
    }
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=3) as cluster:
        code = loops[mode].replace("/run/chaos/node.sock", cluster.path)
        exec(compile(code, "README.md", "exec"), names)  # noqa: S102 - our own text
    assert cluster.step == 3


@pytest.mark.parametrize("spoiled", ["kind", "short"])
def test_files_that_are_none(tmp_path: Path, spoiled: str) -> None:
    options: dict[str, Any] = {"kind": 9} if spoiled == "kind" else {}
    write_idx(tmp_path / "x.gz", (2, 2), bytes(3 if spoiled == "short" else 4), **options)
    with pytest.raises(ValueError, match=r"x\.gz: not an array of bytes"):
        example("fashion").idx(tmp_path / "x.gz")
