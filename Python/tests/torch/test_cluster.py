"""Real nodes: chaosd, which is looked for beside the program that CHAOS_PROGRAM names."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402 - without torch there is nothing to test
from torch.nn import functional as F  # noqa: E402, N812 - as all torch code does
from torch.utils.data import TensorDataset  # noqa: E402

import chaos.torch as chaos  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = os.environ.get("CHAOS_PROGRAM", "")
DAEMON = Path(PROGRAM).with_name("chaosd")

pytestmark = pytest.mark.skipif(
    not PROGRAM or not DAEMON.exists(), reason="no chaosd beside CHAOS_PROGRAM"
)


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


@pytest.fixture
def socket(tmp_path: Path) -> Iterator[str]:
    """A node that trains alone, and the socket of its engine."""
    config = tmp_path / "node.yaml"
    config.write_text(
        f"""
node: 1
cluster: alone
listen: "127.0.0.1:0"
founding: {{members: [1]}}
trainer: {{kind: engine, socket: {tmp_path}/engine, samples: 200}}
training: {{batch: 32, steps: {STEPS}}}
""",
        encoding="utf-8",
    )
    with (tmp_path / "node.log").open("w", encoding="utf-8") as log:
        node = subprocess.Popen([str(DAEMON), "--config", str(config)], stdout=log, stderr=log)
    yield f"{tmp_path}/engine"
    node.kill()
    node.wait()


STEPS = 60


def network() -> nn.Module:
    """Return the network before the first step, the same each time."""
    torch.manual_seed(5)
    return nn.Sequential(nn.Linear(12, 24), nn.Tanh(), nn.Linear(24, 5))


def test_the_same_as_plain_torch(socket: str) -> None:
    """With the same samples, torch's own optimizer makes the same steps but for roundings.

    A rounding is 2^-24 of a number, and one of a parameter of about 1 is 6e-8; sixty steps, each of
    which begins with what the roundings of those before have made, stay below 3e-5.
    """
    generator = torch.Generator().manual_seed(7)
    x = torch.randn(200, 12, generator=generator)
    y = torch.randint(0, 5, (200,), generator=generator)
    model = network()
    opt = chaos.AdamW(
        model.parameters(),
        lr=3e-3,
        weight_decay=0.05,
        max_norm=0.5,
        schedule=chaos.Cosine(STEPS, warmup=10, floor=0.1),
    )
    run = chaos.join(model, opt, socket, timeout=120)
    steps: dict[int, list[int]] = {}
    losses: dict[int, float] = {}
    batches = run.batches(TensorDataset(x, y), micro_batch=10, with_indices=True)
    for (inputs, labels), indices in batches:
        step = run.step
        steps.setdefault(step, []).extend(int(i) for i in indices)
        loss = F.cross_entropy(model(inputs), labels)
        losses[step] = losses.get(step, 0) + float(loss.detach()) * len(labels)
        loss.backward()
        opt.step(loss=loss)
        opt.zero_grad()
    assert sorted(steps) == list(range(STEPS))

    plain = network()
    own = torch.optim.AdamW(plain.parameters(), lr=3e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        own, lambda t: float(chaos_factor(t, warmup=10, steps=STEPS, floor=0.1))
    )
    for step in range(STEPS):
        rows = steps[step]
        own.zero_grad()
        loss = F.cross_entropy(plain(x[rows]), y[rows])
        loss.backward()
        nn.utils.clip_grad_norm_(plain.parameters(), 0.5)
        own.step()
        schedule.step()
        assert abs(float(loss.detach()) - losses[step] / len(rows)) < 1e-5
    for mine, theirs in zip(model.parameters(), plain.parameters()):
        assert float((mine - theirs).abs().max()) < 3e-5


def chaos_factor(step: int, warmup: int, steps: int, floor: float) -> float:
    """Return the factor of the rate as ENGINE.md has it."""
    if step < warmup:
        return (step + 1) / warmup
    part = (min(step, steps) - warmup) / (steps - warmup)
    return floor + (1 - floor) * (1 + float(torch.cos(torch.tensor(torch.pi * part)))) / 2
