"""Real nodes: chaosd, which is looked for beside the program that CHAOS_PROGRAM names."""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from socket import create_server
from typing import TYPE_CHECKING, Any, Callable

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - as all torch code does
import trainee
from test_examples import example
from torch import nn

import chaos.torch as chaos

if TYPE_CHECKING:
    from collections.abc import Iterator

# Nothing takes so long but what hangs.
HANG = 120.0

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = os.environ.get("CHAOS_PROGRAM", "")
DAEMON = Path(PROGRAM or "chaos").with_name("chaosd")

pytestmark = pytest.mark.skipif(
    not PROGRAM or not DAEMON.exists(), reason="no chaosd beside CHAOS_PROGRAM"
)
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")


def test_a_scenario_with_joins_and_kills(tmp_path: Path) -> None:
    """All replicas are the same, and have learnt."""
    environment = dict(os.environ)
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    environment["PYTHONWARNINGS"] = "ignore"
    result = subprocess.run(
        [PROGRAM, "lab", "Instances/scenarios/engines.yaml", "--directory", str(tmp_path)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "no promise broken" in result.stdout
    words = [
        (tmp_path / f"engine-{node}.log").read_text(encoding="utf-8").splitlines()[-1]
        for node in (1, 2, 4)
    ]
    assert len(set(words)) == 1, words
    found = re.fullmatch(r"step 4000: ([0-9.]+)% of 359 test rows are right", words[0])
    assert found is not None, words
    assert float(found[1]) >= 95


class Cluster:
    """Nodes that train together, each with a process beside it (`trainee.py`)."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        self.numbers = list(range(1, count + 1))
        with contextlib.ExitStack() as stack:
            free = [stack.enter_context(create_server(("127.0.0.1", 0))) for _ in self.numbers]
            self.addresses = [f"127.0.0.1:{server.getsockname()[1]}" for server in free]
        self.nodes = [self._start([str(DAEMON), "--config", self._config(k)]) for k in self.numbers]
        self.trainees: list[subprocess.Popen[bytes]] = []

    def _start(self, command: list[str], **variables: str) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("a", encoding="utf-8") as log:
            environment = {**os.environ, **variables}
            return subprocess.Popen(command, stdout=log, stderr=log, env=environment)

    def _config(self, node: int) -> str:
        peers = [
            {"node": k, "address": address}
            for k, address in zip(self.numbers, self.addresses)
            if k != node
        ]
        config: dict[str, object] = {
            "node": node,
            "cluster": "equal",
            "listen": self.addresses[node - 1],
            "founding": {"members": self.numbers},
            "trainer": {"kind": "engine", "socket": self.socket(node), "samples": trainee.SAMPLES},
            "training": {"batch": trainee.BATCH, "steps": trainee.STEPS, "chunks": 3},
            "journal": {"file": str(self.folder / f"{node}.journal"), "digests": 1},
        }
        if peers:
            config["peers"] = peers
        path = self.folder / f"{node}.yaml"
        # What is JSON is YAML.
        path.write_text(json.dumps(config), encoding="utf-8")
        return str(path)

    def socket(self, node: int) -> str:
        return str(self.folder / f"{node}.engine")

    def train(self, device: str) -> None:
        """Train to the end.

        The process of the first node computes on that device, that of the last one as on an older
        processor.
        """
        for node in self.numbers:
            wait_until(Path(self.socket(node)).exists)
            capability = {"ATEN_CPU_CAPABILITY": "default"} if node == self.numbers[-1] else {}
            program = [sys.executable, trainee.__file__, self.socket(node), self._result(node)]
            program.append(device if node == 1 else "cpu")
            self.trainees.append(self._start(program, OMP_NUM_THREADS="1", **capability))
        log = self.folder / "log"
        for process in self.trainees:
            assert process.wait(timeout=HANG) == 0, log.read_text(encoding="utf-8")

    def _result(self, node: int) -> str:
        return str(self.folder / f"{node}.pt")

    def parameters(self, node: int) -> dict[str, torch.Tensor]:
        values: dict[str, torch.Tensor] = torch.load(self._result(node))
        return values

    def steps(self, node: int) -> list[dict[str, Any]]:
        """Return what the journal says of steps, once it has the last one."""

        def entries() -> list[dict[str, Any]]:
            text = (self.folder / f"{node}.journal").read_text(encoding="utf-8")
            lines = [line for line in text.splitlines(keepends=True) if line.endswith("\n")]
            found = [json.loads(line) for line in lines]
            return [entry for entry in found if entry["event"] in ("applied", "completed")]

        def is_done() -> bool:
            # Who was left out at first, since its links came late, may have got the last state.
            last = [(entry["event"], entry["step"]) for entry in entries()[-1:]]
            return last in ([("applied", trainee.STEPS - 1)], [("completed", trainee.STEPS)])

        wait_until(is_done)
        return [entry for entry in entries() if entry["event"] == "applied"]

    def end(self) -> None:
        for process in [*self.trainees, *self.nodes]:
            process.kill()
            process.wait()


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + HANG
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def cluster(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path, request.param)
    yield cluster
    cluster.end()


def samples(step: int) -> list[int]:
    """Return those of a step, as Sources/ChaosTraining/SampleSchedule.swift says."""
    steps_of_epoch = -(-trainee.SAMPLES // trainee.BATCH)
    epoch, place = divmod(step, steps_of_epoch)
    # The seed of an epoch is the first number of SplitMix64 with a seed of its own.
    z = (1 + epoch * 0xD1342543DE82EF95 + 0x9E3779B97F4A7C15) % 2**64
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
    order: list[int] = example("digits").permutation(trainee.SAMPLES, z ^ (z >> 31))
    return order[place * trainee.BATCH : (place + 1) * trainee.BATCH]


@pytest.mark.parametrize(
    ("cluster", "device"),
    [(1, "cpu"), (3, "cpu"), (5, "cpu"), pytest.param(3, "cuda", marks=needs_gpu)],
    indirect=["cluster"],
)
def test_the_same_as_plain_torch(cluster: Cluster, device: str) -> None:
    """With the same samples, torch's own optimizer makes the same steps but for roundings.

    A rounding is 2^-24 of a number, and one of a parameter of about 1 is 6e-8; sixty steps, each of
    which begins with what the roundings of those before have made, stay below 3e-5. How many nodes
    there are only decides which roundings: the sum of a gradient has other parts.
    """
    cluster.train(device)
    first = cluster.parameters(1)
    digests: dict[int, set[str]] = {}
    losses: dict[int, float] = {}
    positions: dict[int, list[int]] = {}
    for node in cluster.numbers:
        # To the bit, whatever has computed the gradients.
        values = cluster.parameters(node)
        assert all(torch.equal(values[name], first[name]) for name in first)
        for entry in cluster.steps(node):
            step = entry["step"]
            # A node that is behind with its digests leaves some out, but not the last.
            if "digest" in entry:
                digests.setdefault(step, set()).add(entry["digest"])
            bounds = entry["positions"]
            share = [k for first, end in zip(bounds[::2], bounds[1::2]) for k in range(first, end)]
            positions.setdefault(step, []).extend(share)
            losses[step] = losses.get(step, 0) + (entry["loss"] * len(share) if share else 0)
    assert trainee.STEPS - 1 in digests
    assert all(len(found) == 1 for found in digests.values())

    plain = trainee.network()
    x, y = trainee.dataset().tensors
    own = torch.optim.AdamW(plain.parameters(), lr=trainee.RATE, weight_decay=trainee.DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(own, factor)
    for step in range(trainee.STEPS):
        rows = samples(step)
        # Each sample once.
        assert sorted(positions[step]) == list(range(len(rows)))
        own.zero_grad()
        loss = F.cross_entropy(plain(x[rows]), y[rows])
        loss.backward()
        nn.utils.clip_grad_norm_(plain.parameters(), trainee.NORM)
        own.step()
        schedule.step()
        assert abs(float(loss.detach()) - losses[step] / len(rows)) < 1e-5
    for name, theirs in plain.state_dict().items():
        assert float((first[name] - theirs).abs().max()) < 3e-5


class Everything(nn.Module):
    """Has what a model may have: statistics, tied and frozen weights, some that are not used."""

    def __init__(self) -> None:
        super().__init__()
        # A bias before BatchNorm has no gradient but roundings, which Adam makes steps of.
        self.inner = nn.Linear(12, 8, bias=False)
        self.norm = nn.BatchNorm1d(8)
        self.outer = nn.Linear(8, 8, bias=False)
        self.tied = nn.Linear(8, 8, bias=False)
        self.tied.weight = self.outer.weight
        self.frozen = nn.Linear(8, 8)
        self.frozen.requires_grad_(requires_grad=False)
        self.unused = nn.Linear(3, 3)
        self.head = nn.Linear(8, 5)
        generator = torch.Generator().manual_seed(5)
        with torch.no_grad():
            for parameter in self.parameters():
                values = torch.randint(-64, 65, parameter.shape, generator=generator)
                parameter.copy_(values / 256)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.tanh(self.norm(self.inner(x)))
        result: torch.Tensor = self.head(self.tied(torch.tanh(self.outer(self.frozen(x)))))
        return result

    def groups(self) -> list[dict[str, Any]]:
        """Return matrices, which decay, then the rest at another rate."""
        trained = [parameter for parameter in self.parameters() if parameter.requires_grad]
        return [
            {"params": [parameter for parameter in trained if parameter.dim() > 1]},
            {
                "params": [parameter for parameter in trained if parameter.dim() == 1],
                "lr": 1e-3,
                "weight_decay": 0.0,
            },
        ]


@pytest.mark.parametrize("cluster", [1], indirect=True)
def test_a_model_with_everything(cluster: Cluster) -> None:
    """A node makes of it what torch's own optimizer makes, but for roundings as above."""
    wait_until(Path(cluster.socket(1)).exists)
    model = Everything()
    opt = chaos.AdamW(
        model.groups(),
        lr=trainee.RATE,
        weight_decay=trainee.DECAY,
        max_norm=trainee.NORM,
        schedule=chaos.Cosine(trainee.STEPS, warmup=trainee.WARMUP, floor=trainee.FLOOR),
    )
    run = chaos.join(model, opt, cluster.socket(1), timeout=HANG)
    # All of a step at once, so that BatchNorm sees what it sees in plain training.
    for x, y in run.batches(trainee.dataset(), micro_batch=trainee.BATCH):
        F.cross_entropy(model(x), y).backward()
        opt.step()
        opt.zero_grad()
    assert run.finished

    plain = Everything()
    start = {name: value.clone() for name, value in plain.state_dict().items()}
    x, y = trainee.dataset().tensors
    own = torch.optim.AdamW(plain.groups(), lr=trainee.RATE, weight_decay=trainee.DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(own, factor)
    for step in range(trainee.STEPS):
        rows = samples(step)
        own.zero_grad(set_to_none=False)
        F.cross_entropy(plain(x[rows]), y[rows]).backward()
        # What torch's optimizers skip has zeros here, and decays.
        for parameter in plain.unused.parameters():
            parameter.grad = torch.zeros_like(parameter)
        trained = [parameter for parameter in plain.parameters() if parameter.requires_grad]
        nn.utils.clip_grad_norm_(trained, trainee.NORM)
        own.step()
        schedule.step()
    mine = model.state_dict()
    for name, theirs in plain.state_dict().items():
        torch.testing.assert_close(mine[name], theirs, rtol=0, atol=3e-5, msg=name)
    for name in ("frozen.weight", "frozen.bias", "unused.bias"):
        assert torch.equal(mine[name], start[name]), name
    assert not torch.equal(mine["unused.weight"], start["unused.weight"])
    assert int(mine["norm.num_batches_tracked"]) == trainee.STEPS


@pytest.mark.parametrize("cluster", [1], indirect=True)
def test_parameters_of_fewer_digits(cluster: Cluster) -> None:
    """The state has digits that the model's type has not: small steps add up."""
    wait_until(Path(cluster.socket(1)).exists)
    model = trainee.network().to(torch.bfloat16)
    first = model.get_submodule("0")
    # A step of a bias is 8e-5, and numbers of bfloat16 about 1/4 are 1/1024 apart.
    opt = chaos.SGD(model.parameters(), lr=1e-3)
    run = chaos.join(model, opt, cluster.socket(1), timeout=HANG)
    ones = torch.ones(trainee.SAMPLES, 12, dtype=torch.bfloat16)
    for (x,) in run.batches(torch.utils.data.TensorDataset(ones), micro_batch=trainee.BATCH):
        (first(x).sum() / 12 / x.shape[0]).backward()
        opt.step()
        opt.zero_grad()
    assert run.finished
    start = trainee.network().get_parameter("0.bias").detach()
    expected = (start - trainee.STEPS * 1e-3 / 12).to(torch.bfloat16)
    bias = model.get_parameter("0.bias").detach()
    torch.testing.assert_close(bias, expected, rtol=2**-7, atol=2**-12)
    assert not torch.equal(bias, start.to(torch.bfloat16))


@pytest.mark.parametrize("cluster", [1], indirect=True)
def test_local_steps(cluster: Cluster) -> None:
    """A node's rounds are those of a loop in torch alone, but for roundings.

    A rounding of a parameter of about 1 is 6e-8; sixty rounds of a few steps stay below 1e-5.
    """
    wait_until(Path(cluster.socket(1)).exists)
    model = trainee.network()
    inner = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.05)
    run = chaos.join(model, chaos.Nesterov(), cluster.socket(1), inner=inner, timeout=HANG)
    rounds: dict[int, list[list[int]]] = {}
    batches = run.batches(trainee.dataset(), micro_batch=10, with_indices=True)
    for (inputs, labels), indices in batches:
        rounds.setdefault(run.step, []).append(list(indices))
        inner.zero_grad()
        loss = F.cross_entropy(model(inputs), labels)
        loss.backward()
        inner.step()
        run.note(loss)
    assert run.finished
    assert run.loss is not None
    assert sorted(rounds) == list(range(trainee.STEPS))
    assert max(len(steps) for steps in rounds.values()) > 1

    plain = trainee.network()
    x, y = trainee.dataset().tensors
    own = torch.optim.AdamW(plain.parameters(), lr=1e-3, weight_decay=0.05)
    shared = [parameter.detach().clone().requires_grad_() for parameter in plain.parameters()]
    outer = torch.optim.SGD(shared, lr=0.7, momentum=0.9, nesterov=True)
    for step in range(trainee.STEPS):
        for rows in rounds[step]:
            own.zero_grad()
            F.cross_entropy(plain(x[rows]), y[rows]).backward()
            own.step()
        with torch.no_grad():
            for before, after in zip(shared, plain.parameters()):
                before.grad = before - after
            outer.step()
            for before, after in zip(shared, plain.parameters()):
                after.copy_(before)
    for mine, theirs in zip(model.parameters(), plain.parameters()):
        assert float((mine - theirs).detach().abs().max()) < 1e-5


@pytest.mark.parametrize("cluster", [1], indirect=True)
def test_local_steps_and_gradients_do_not_mix(cluster: Cluster) -> None:
    """Who computes something else than the run is told so, and the run waits for another."""
    wait_until(Path(cluster.socket(1)).exists)
    model = trainee.network()
    chaos.join(model, chaos.Nesterov(), cluster.socket(1), timeout=HANG).close()
    inner = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(chaos.Mismatch, match=r"computes: change here, gradient in the run"):
        chaos.join(model, chaos.Nesterov(), cluster.socket(1), inner=inner, timeout=HANG)
    chaos.join(model, chaos.Nesterov(), cluster.socket(1), timeout=HANG).close()


def factor(step: int) -> float:
    """Return the factor of the rate as ENGINE.md has it."""
    if step < trainee.WARMUP:
        return (step + 1) / trainee.WARMUP
    part = (min(step, trainee.STEPS) - trainee.WARMUP) / (trainee.STEPS - trainee.WARMUP)
    return trainee.FLOOR + (1 - trainee.FLOOR) * (1 + math.cos(math.pi * part)) / 2
