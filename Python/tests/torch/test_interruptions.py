"""What happens in the middle: stops, nodes that die, Ctrl-C, engines that come back, misuse."""

from __future__ import annotations

import _thread
import contextlib
import gc
import json
import os
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - as all torch code does
from node import (
    HANG,
    SAMPLES,
    Cluster,
    Interrupted,
    Link,
    labeled,
    listening,
    numbers_of,
    playing,
    threaded,
)
from torch import nn
from torch.utils.data import IterableDataset, TensorDataset

import chaos.torch as chaos
from chaos.torch._exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

torch.set_num_threads(1)


@pytest.fixture
def dataset() -> TensorDataset:
    return labeled()


def network() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 3))


def joined(path: str, **options: Any) -> tuple[nn.Module, chaos.SGD, chaos.Run]:
    model = network()
    opt = chaos.SGD(model.parameters(), lr=0.5, **options)
    return model, opt, chaos.join(model, opt, path, timeout=HANG)


def go_on(model: nn.Module, opt: chaos.SGD, x: torch.Tensor, y: torch.Tensor) -> None:
    F.cross_entropy(model(x), y).backward()
    opt.step()
    opt.zero_grad()


def go_through(model: nn.Module, opt: chaos.SGD, batches: Iterator[Any]) -> None:
    for x, y in batches:
        go_on(model, opt, x, y)


def answered(cluster: Cluster) -> list[int]:
    """Return of how many samples each answer was that the node took."""
    return [message["samples"] for message in cluster.heard[0] if message["type"] == "gradient"]


# MARK: Stops


@pytest.mark.parametrize("when", ["before the step", "before the next"])
@pytest.mark.parametrize("workers", [0, 2])
def test_a_stop_voids_what_was_gathered(
    tmp_path: Path, dataset: TensorDataset, when: str, workers: int
) -> None:
    seen: list[list[int]] = []
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=2) as cluster:
        model, opt, run = joined(cluster.path)
        for (x, y), indices in run.batches(
            dataset, micro_batch=4, num_workers=workers, with_indices=True
        ):
            seen.append(indices)
            stops = len(seen) == 2 and run.step == 0
            F.cross_entropy(model(x), y).backward()
            if stops and when == "before the step":
                cluster.stop([20, 21, 22])
            if stops and when == "before the next":
                # The first answer is there already, and voids nothing of the second step.
                opt.step()
                assert run.step == 1
                cluster.stop([20, 21, 22])
            else:
                opt.step()
            opt.zero_grad()
    if when == "before the step":
        # Two of four micro-batches are of no answer; the second step is as it was to be.
        assert seen == [[0, 1, 2, 3], [4, 5, 6, 7], [20, 21, 22], [8, 9, 10, 11], [12, 13, 14, 15]]
    else:
        assert seen == [[0, 1, 2, 3], [4, 5, 6, 7], [20, 21, 22]]
    assert answered(cluster) == ([3, 8] if when == "before the step" else [8, 3])
    assert cluster.totals[0].isfinite().all()
    assert run.finished


def test_after_a_stop_the_answer_is_of_the_new_share_alone(
    tmp_path: Path, dataset: TensorDataset
) -> None:
    """The buffers too, which the voided micro-batch has changed."""
    expected = network()
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=1) as cluster:
        model, opt, run = joined(cluster.path)
        for number, (x, y) in enumerate(run.batches(dataset, micro_batch=4)):
            F.cross_entropy(model(x), y).backward()
            if number == 0:
                opt.step()
                cluster.stop([20, 21, 22])
            elif number == 1:
                # Of the share that is void; the node has told so.
                opt.step()
            else:
                raise AssertionError
            opt.zero_grad()
    x, y = dataset[[20, 21, 22]]
    loss = F.cross_entropy(expected(x), y, reduction="sum")
    loss.backward()
    for name, parameter in expected.named_parameters():
        torch.testing.assert_close(cluster.total(0, name), parameter.grad)
    for name in ("1.running_mean", "1.running_var"):
        torch.testing.assert_close(cluster.value(name), expected.state_dict()[name])


def test_a_stop_after_the_answer_does_no_harm(tmp_path: Path, dataset: TensorDataset) -> None:
    """The answer is on its way when the node gives up; the next share is computed."""

    def script(link: Link) -> None:
        attach = link.receive()
        assert attach is not None
        link.welcome(numbers_of(attach["model"]), samples=SAMPLES)
        link.send({"type": "state", "step": 5})
        share = {"type": "compute", "view": 1, "members": 1, "step": 5}
        link.send({**share, "ticket": 1, "samples": [0, 1]})
        assert link.receive() == {"type": "gradient", "ticket": 1, "samples": 2, "loss": None}
        # As if it had crossed the answer. Two more are begun and stopped at once.
        link.send({"type": "stop", "ticket": 1})
        for ticket in (2, 3):
            link.send({**share, "ticket": ticket, "samples": [2, 3, 4]})
            link.send({"type": "stop", "ticket": ticket})
        link.send({**share, "ticket": 4, "samples": [5, 6, 7]})
        assert link.receive() == {"type": "gradient", "ticket": 4, "samples": 3, "loss": None}
        link.send({"type": "finished", "step": 6})
        assert link.receive() is None

    path = tmp_path / "node.sock"
    with playing(path, script):
        model, opt, run = joined(str(path))
        assert run.step == 5
        for x, y in run.batches(dataset):
            go_on(model, opt, x, y)
    assert (run.step, run.finished) == (6, True)


def test_a_compute_that_is_stopped_during_join(tmp_path: Path, dataset: TensorDataset) -> None:
    has_joined = threading.Event()

    def script(link: Link) -> None:
        attach = link.receive()
        assert attach is not None
        link.welcome(numbers_of(attach["model"]), samples=SAMPLES)
        share = {"type": "compute", "view": 1, "members": 1, "step": 5, "samples": [0, 1]}
        first = (
            {"type": "state", "step": 5},
            {**share, "ticket": 1},
            {"type": "stop", "ticket": 1},
        )
        link.parameters.fill_(2)
        # In one piece, so that all are there when the first is looked at.
        link.send(b"".join(json.dumps(message).encode() + b"\n" for message in first))
        assert has_joined.wait(HANG)
        link.send({**share, "ticket": 2})
        answer = link.receive()
        assert answer is not None
        assert answer["ticket"] == 2
        link.send({"type": "finished", "step": 6})
        assert link.receive() is None

    path = tmp_path / "node.sock"
    with playing(path, script):
        model, opt, run = joined(str(path))
        has_joined.set()
        assert run.step == 5
        assert all(bool((parameter == 2).all()) for parameter in model.parameters())
        for x, y in run.batches(dataset):
            go_on(model, opt, x, y)


def test_a_stop_of_something_else(tmp_path: Path, dataset: TensorDataset) -> None:
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=2) as cluster:
        model, opt, run = joined(cluster.path)
        for number, (x, y) in enumerate(run.batches(dataset, micro_batch=4)):
            if number == 3:
                cluster.do(lambda: cluster.say({"type": "stop", "ticket": 1}))
            go_on(model, opt, x, y)
    assert answered(cluster) == [8, 8]


# MARK: Ends


@pytest.mark.parametrize(
    ("last", "message"),
    [
        (None, "the node has closed it"),
        ({"type": "ended", "reason": "left\x1b[31m"}, r"the node has ended: left\\u{1b}\[31m"),
    ],
)
def test_the_node_dies(
    tmp_path: Path, dataset: TensorDataset, last: dict[str, Any] | None, message: str
) -> None:
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=5) as cluster:
        model, opt, run = joined(cluster.path)
        batches = run.batches(dataset)
        x, y = next(batches)
        cluster.die(last)
        with pytest.raises(chaos.DaemonGone, match=message):
            go_on(model, opt, x, y)
        assert run.closed
        assert not run.finished


@pytest.mark.parametrize("when", ["before the answer", "during it"])
def test_the_node_refuses_in_the_middle(
    tmp_path: Path, dataset: TensorDataset, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    late = {
        "type": "refused",
        "path": "gradient",
        "found": "none within 1 ms",
        "allowed": "an answer within trainer.timeout",
    }
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=5) as cluster:
        model, opt, run = joined(cluster.path)
        batches = run.batches(dataset)
        x, y = next(batches)
        # Closed by the node: what is sent afterwards is lost, what it has said is not.
        if when == "during it":
            monkeypatch.setattr(Exchange, "complete", lambda *_: cluster.die(late))
        else:
            cluster.die(late)
        with pytest.raises(chaos.Refused, match="gradient: none within 1 ms; allowed: ") as caught:
            go_on(model, opt, x, y)
        assert caught.value.path == "gradient"


def test_no_node(tmp_path: Path) -> None:
    with pytest.raises(chaos.DaemonGone, match=r"no node listens at .*No such file"):
        joined(str(tmp_path / "none.sock"))
    with listening(tmp_path / "deaf.sock") as listener:
        listener.close()
        with pytest.raises(chaos.DaemonGone, match=r"no node listens at .*refused"):
            joined(str(tmp_path / "deaf.sock"))


def test_a_timeout_of_join(tmp_path: Path) -> None:
    def script(link: Link) -> None:
        attach = link.receive()
        assert attach is not None
        link.welcome(numbers_of(attach["model"]))
        # No state comes.
        assert link.receive() is None

    model = network()
    opt = chaos.SGD(model.parameters())
    with playing(tmp_path / "node.sock", script), pytest.raises(chaos.JoinTimeout):
        chaos.join(model, opt, tmp_path / "node.sock", timeout=0.05)
    # It is attached to nothing.
    with pytest.raises(chaos.Misuse):
        opt.step()


def test_join_after_the_end(tmp_path: Path, dataset: TensorDataset) -> None:
    def script(link: Link) -> None:
        attach = link.receive()
        assert attach is not None
        link.welcome(numbers_of(attach["model"]), samples=SAMPLES)
        link.parameters.fill_(2)
        link.send({"type": "finished", "step": 9})
        assert link.receive() is None

    path = tmp_path / "node.sock"
    with playing(path, script):
        model, opt, run = joined(str(path))
        assert (run.step, run.finished) == (9, True)
        assert list(run.batches(dataset)) == []
    assert run.closed
    assert all(bool((parameter == 2).all()) for parameter in model.parameters())
    with pytest.raises(chaos.Misuse, match="after the training is finished"):
        opt.step()
    # Nothing more comes, and nothing is wrong.
    assert list(run.batches(dataset)) == []


# MARK: Ctrl-C, and coming back


def test_ctrl_c_and_again(tmp_path: Path, dataset: TensorDataset) -> None:
    """In the loop: the run is detached at once; running the cell again goes on."""
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=4) as cluster:
        model, opt, run = joined(cluster.path)
        with pytest.raises(KeyboardInterrupt):
            go_through(model, opt, run.batches(Interrupted(dataset, 13)))
        assert run.closed
        assert run.step == 1
        with pytest.raises(chaos.Misuse, match="detached"):
            run.batches(dataset)
        with pytest.raises(chaos.Misuse, match="detached"):
            opt.step()
        model, opt, run = joined(cluster.path)
        assert run.step == 1
        for x, y in run.batches(dataset):
            go_on(model, opt, x, y)
    assert run.finished
    assert answered(cluster) == [8, 8, 8, 8]


def test_ctrl_c_while_waiting_in_step(tmp_path: Path, dataset: TensorDataset) -> None:
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=4, engines=2) as cluster:
        model, opt, run = joined(str(cluster.paths[0]))
        # So that the first waits for the second, which does nothing.
        second = joined(str(cluster.paths[1]))
        batches = run.batches(dataset)
        x, y = next(batches)
        F.cross_entropy(model(x), y).backward()

        def interrupt() -> None:
            while not answered(cluster):
                time.sleep(0.001)
            _thread.interrupt_main()

        with threaded(interrupt), pytest.raises(KeyboardInterrupt):
            opt.step()
        assert run.closed
        cluster.is_over = True
        second[2].close()


def test_ctrl_c_while_waiting_in_join(tmp_path: Path) -> None:
    def script(link: Link) -> None:
        attach = link.receive()
        assert attach is not None
        link.welcome(numbers_of(attach["model"]))
        _thread.interrupt_main()
        assert link.receive() is None

    path = tmp_path / "node.sock"
    with playing(path, script), pytest.raises(KeyboardInterrupt):
        joined(str(path))


@pytest.mark.parametrize("how", ["break", "error", "close", "with", "new join"])
def test_ways_to_leave(tmp_path: Path, dataset: TensorDataset, how: str) -> None:
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=4) as cluster:
        model, opt, run = joined(cluster.path)
        if how == "break":
            for _ in run.batches(dataset):
                break
        elif how == "error":
            with pytest.raises(ZeroDivisionError):
                [1 // 0 for _ in run.batches(dataset)]
        elif how == "close":
            batches = run.batches(dataset)
            next(batches)
            run.close()
            run.close()
        elif how == "with":
            with run as same:
                assert same is run
        assert run.closed == (how != "new join")
        earlier = run
        model, opt, run = joined(cluster.path)
        assert earlier.closed
        assert repr(earlier) == "<Run of test, node 0: step 0, detached>"
        assert repr(run) == "<Run of test, node 0: step 0, attached>"
        for x, y in run.batches(dataset):
            go_on(model, opt, x, y)
    assert repr(run) == "<Run of test, node 0: step 4, finished>"


def test_a_forked_process_has_no_part_in_it(tmp_path: Path, dataset: TensorDataset) -> None:
    """It neither keeps the connection open nor ends it, however it ends itself."""
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=3) as cluster:
        model, opt, run = joined(cluster.path)
        batches = run.batches(dataset, 8)
        x, y = next(batches)
        child = os.fork()
        if child == 0:
            # What a child does that leaves the loop.
            code = 1
            with contextlib.suppress(BaseException):
                run.close()
                code = 0 if run._connection._socket.fileno() < 0 else 2
            os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        go_on(model, opt, x, y)
        go_through(model, opt, batches)
        assert run.finished


def test_closing_by_another_thread_ends_a_wait(tmp_path: Path, dataset: TensorDataset) -> None:
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=4, engines=2) as cluster:
        model, opt, run = joined(str(cluster.paths[0]))
        second = joined(str(cluster.paths[1]))
        batches = run.batches(dataset)
        x, y = next(batches)
        F.cross_entropy(model(x), y).backward()

        def close() -> None:
            while not answered(cluster):
                time.sleep(0.001)
            run.close()

        with threaded(close), pytest.raises(chaos.ChaosError):
            opt.step()
        cluster.is_over = True
        second[2].close()


def test_nothing_is_kept_of_runs_that_are_over(tmp_path: Path, dataset: TensorDataset) -> None:
    """Neither descriptors nor windows, however often a cell runs."""
    import os  # noqa: PLC0415 - only here

    def count() -> int:
        gc.collect()
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - entries vanish meanwhile

    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=1000) as cluster:
        for _ in joined(cluster.path)[2].batches(dataset):
            break
        before = count()
        for _ in range(5):
            model, opt, run = joined(cluster.path)
            for x, y in run.batches(dataset):
                go_on(model, opt, x, y)
                break
            with open("/proc/self/maps", encoding="utf-8") as maps:  # noqa: PTH123 - as above
                mapped = sum("memfd:window" in line for line in maps)
            # The node of the test has its own two.
            assert mapped <= 4
        assert count() <= before + 4
        cluster.is_over = True


# MARK: Misuse


def test_step_before_join() -> None:
    opt = chaos.AdamW(network().parameters())
    with pytest.raises(chaos.Misuse, match=r"allowed: after run = chaos\.join"):
        opt.step()


def test_step_without_a_micro_batch(tmp_path: Path, dataset: TensorDataset) -> None:
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=2) as cluster:
        model, opt, run = joined(cluster.path)
        with pytest.raises(chaos.Misuse, match="without a micro-batch"):
            opt.step()
        for x, y in run.batches(dataset, micro_batch=4):
            go_on(model, opt, x, y)
            with pytest.raises(chaos.Misuse, match=r"without a micro-batch|is finished"):
                opt.step()
    # The mistakes have changed nothing.
    assert answered(cluster) == [8, 8]


def test_a_micro_batch_without_step(tmp_path: Path, dataset: TensorDataset) -> None:
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=2) as cluster:
        _, _, run = joined(cluster.path)
        batches = run.batches(dataset, micro_batch=4)
        next(batches)
        with pytest.raises(chaos.Misuse, match=r"opt\.step\(\) has not been called"):
            next(batches)
        assert run.closed
        cluster.is_over = True


def test_two_loops(tmp_path: Path, dataset: TensorDataset) -> None:
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=2) as cluster:
        _, _, run = joined(cluster.path)
        batches = run.batches(dataset)
        next(batches)
        with pytest.raises(chaos.Misuse, match="a second loop"):
            run.batches(dataset)
        cluster.is_over = True


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"micro_batch": 0}, ValueError, "micro_batch: 0"),
        ({"micro_batch": 2.0}, ValueError, "micro_batch: 2.0"),
        ({"num_workers": -1}, ValueError, "num_workers: -1"),
        ({"reduction": "none"}, ValueError, "reduction: 'none'"),
    ],
)
def test_arguments_of_batches(
    tmp_path: Path,
    dataset: TensorDataset,
    options: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=2) as cluster:
        _, _, run = joined(cluster.path)
        with pytest.raises(error, match=message):
            run.batches(dataset, **options)
        assert not run.closed
        cluster.is_over = True


class Stream(IterableDataset[int]):
    def __iter__(self) -> Iterator[int]:
        return iter(range(SAMPLES))

    def __len__(self) -> int:
        return SAMPLES


def test_data_sets_of_other_kinds(tmp_path: Path, dataset: TensorDataset) -> None:
    loader = torch.utils.data.DataLoader(dataset)
    short = torch.utils.data.Subset(dataset, range(SAMPLES - 1))
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=2) as cluster:
        _, _, run = joined(cluster.path)
        for other in (loader, Stream(), iter(range(SAMPLES))):
            with pytest.raises(chaos.Unsupported, match=f"of type {type(other).__name__}; allowed"):
                run.batches(other)  # type: ignore[arg-type]
        with pytest.raises(
            chaos.Mismatch, match=r"^the dataset has 23 samples here, 24 in the run$"
        ):
            run.batches(short)
        cluster.is_over = True


@pytest.mark.parametrize("workers", [0, 3])
def test_what_a_data_set_raises_comes_out(tmp_path: Path, workers: int) -> None:
    class Broken:
        def __len__(self) -> int:
            return SAMPLES

        def __getitem__(self, index: int) -> torch.Tensor:
            message = f"no file {index}"
            raise FileNotFoundError(message)

    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=2) as cluster:
        _, _, run = joined(cluster.path)
        with pytest.raises(FileNotFoundError, match="no file 0"):
            next(run.batches(Broken(), num_workers=workers))
        assert run.closed
        cluster.is_over = True


# MARK: Settings that change


@pytest.mark.parametrize("how", ["group", "scheduler", "other"])
def test_settings_that_change_after_join(tmp_path: Path, dataset: TensorDataset, how: str) -> None:
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=3) as cluster:
        model, opt, run = joined(cluster.path)
        scheduler = torch.optim.lr_scheduler.StepLR(opt, 1)
        key = "weight_decay" if how == "other" else "lr"
        batches = run.batches(dataset)
        x, y = next(batches)
        go_on(model, opt, x, y)
        if how == "scheduler":
            scheduler.step()
        else:
            opt.param_groups[0][key] = 0.25
        x, y = next(batches)
        with pytest.raises(chaos.Unsupported, match=rf"\['{key}'\] is .* pass schedule="):
            go_on(model, opt, x, y)
        with pytest.raises(chaos.Unsupported, match="after join"):
            opt.add_param_group({"params": [nn.Parameter(torch.zeros(2))]})
        cluster.is_over = True


def test_an_optimizer_of_two_runs(tmp_path: Path) -> None:
    with Cluster(tmp_path, samples=SAMPLES, batch=8, steps=3, engines=2) as cluster:
        model, opt, _ = joined(str(cluster.paths[0]))
        with pytest.raises(chaos.Misuse, match="one of its own for each run"):
            chaos.join(model, opt, cluster.paths[1])
        cluster.is_over = True
