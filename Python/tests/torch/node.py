"""Nodes for tests: they speak ENGINE.md, and their update is plain gradient descent."""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import queue
import signal
import socket
import threading
from typing import TYPE_CHECKING, Any, Callable

import torch
from torch.utils.data import TensorDataset

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typing_extensions import Self

# Nothing takes so long but what hangs.
HANG = 60.0

# Of the data set of most tests.
SAMPLES = 24

Message = dict[str, Any]


def labeled() -> TensorDataset:
    """Return samples of six numbers, of three classes."""
    generator = torch.Generator().manual_seed(7)
    x = torch.randn(SAMPLES, 6, generator=generator)
    return TensorDataset(x, torch.randint(3, (SAMPLES,), generator=generator))


class Interrupted(TensorDataset):
    """A data set at whose n-th sample the user presses Ctrl-C."""

    def __init__(self, data: TensorDataset, left: int) -> None:
        super().__init__(*data.tensors)
        self.left = left

    def __getitem__(self, index: int) -> tuple[torch.Tensor, ...]:
        self.left -= 1
        if self.left == 0:
            signal.raise_signal(signal.SIGINT)
        return tuple(tensor[index] for tensor in self.tensors)


class Link:
    """The node's end of a connection."""

    def __init__(self, accepted: socket.socket) -> None:
        self.socket = accepted
        self.socket.settimeout(HANG)
        self.incoming = b""
        self.parameters = torch.empty(0)
        self.gradients = torch.empty(0)
        self.ticket = 0
        self.share: list[int] = []

    def send(self, message: Message | bytes, descriptors: tuple[int, ...] = ()) -> None:
        line = message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n"
        # One that an engine does not read any more is lost, as by any node.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            if descriptors:
                sent = socket.send_fds(self.socket, [line], descriptors)
                line = line[sent:]
            self.socket.sendall(line)

    def receive(self) -> Message | None:
        """Return the next message; None at the end."""
        while b"\n" not in self.incoming:
            try:
                piece = self.socket.recv(1 << 16)
            except ConnectionResetError:
                piece = b""
            if not piece:
                return None
            self.incoming += piece
        line, self.incoming = self.incoming.split(b"\n", 1)
        message: Message = json.loads(line)
        return message

    def try_receive(self, seconds: float) -> Message | None:
        """Return the next message; an empty one if none came in time; None at the end."""
        self.socket.settimeout(seconds)
        try:
            return self.receive()
        except TimeoutError:
            return {}
        except socket.timeout:
            return {}
        finally:
            self.socket.settimeout(HANG)

    def welcome(self, numbers: int, **fields: object) -> None:
        """Say welcome, with two windows."""
        message = {
            "type": "welcome",
            "version": 1,
            "node": 3,
            "cluster": "test",
            "numbers": numbers,
            "samples": 8,
            "batch": 8,
            "begins": False,
            **fields,
        }
        files = [os.memfd_create("window") for _ in range(2)]
        tensors = []
        for file in files:
            os.ftruncate(file, 4 * numbers)
            memory = mmap.mmap(file, 4 * numbers)
            tensors.append(torch.frombuffer(memory, dtype=torch.float32))
        self.parameters, self.gradients = tensors
        self.send(message, tuple(files))
        for file in files:
            os.close(file)

    def close(self) -> None:
        self.socket.close()


def numbers_of(model: Message) -> int:
    """Return how many numbers a described model has."""
    arrays = model["parameters"] + model["buffers"]
    return sum(torch.Size(array["shape"]).numel() for array in arrays)


@contextlib.contextmanager
def playing(path: Path, script: Callable[[Link], None]) -> Iterator[None]:
    """Play a node by a script, in a thread, for one engine that attaches; its faults are raised."""
    with listening(path) as listener, threaded(lambda: _play(listener, script)):
        yield


def _play(listener: socket.socket, script: Callable[[Link], None]) -> None:
    listener.settimeout(HANG)
    link = Link(listener.accept()[0])
    try:
        script(link)
    finally:
        link.close()


@contextlib.contextmanager
def listening(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        yield listener
    path.unlink()


@contextlib.contextmanager
def threaded(body: Callable[[], None]) -> Iterator[None]:
    """Run something beside the body of the with statement, and raise what it raises."""
    faults: list[BaseException] = []

    def run() -> None:
        try:
            body()
        except BaseException as error:  # noqa: BLE001 - raised where the test sees it
            faults.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield
    thread.join(HANG)
    if faults:
        raise faults[0]
    assert not thread.is_alive()


class _Over(Exception):
    """The test wants nothing more of its nodes."""


class Cluster:
    """Nodes that train together, an engine each.

    Step t has the samples t · batch … modulo their number, divided into shares one after the other.
    A step is made when all shares are there. Parameters follow p ← p − rate · (g + decay · p) with
    the rate and decay of their group, with Nesterov's momentum for g if the group has that, and
    whatever their optimizer is otherwise; buffers change by their mean.
    An engine that goes is waited for, and gets its share anew.
    """

    def __init__(
        self, folder: Path, *, samples: int, batch: int, steps: int, engines: int = 1
    ) -> None:
        self.paths = [folder / f"node{k}.sock" for k in range(engines)]
        self.samples = samples
        self.batch = batch
        self.steps = steps
        self.model: Message = {}
        # Parameters, then buffers.
        self.values = torch.empty(0)
        self.moments = torch.empty(0)
        self.totals: list[torch.Tensor] = []
        self.skipped = 0
        # To the rates of all groups.
        self.rate_factor = 1.0
        # What engines have said, of each node.
        self.heard: list[list[Message]] = [[] for _ in range(engines)]
        self.step = 0
        self._links: list[Link] = []
        self._listeners: list[socket.socket] = []
        self._tickets = 0
        # What tests want to be done, by the thread.
        self._commands: queue.Queue[tuple[Callable[[], None], threading.Event]] = queue.Queue()
        # Set by a test that ends before the training does.
        self.is_over = False
        self._exits = contextlib.ExitStack()

    @property
    def path(self) -> str:
        return str(self.paths[0])

    def __enter__(self) -> Self:
        self._listeners = [self._exits.enter_context(listening(path)) for path in self.paths]
        self._exits.enter_context(threaded(self._run))
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is not None:
            # The test has failed already; what becomes of the thread is of no interest.
            self.is_over = True
            with contextlib.suppress(BaseException):
                self._exits.close()
        self._exits.close()

    # MARK: What a test does

    def do(self, command: Callable[[], None]) -> None:
        """Have something done by the thread, and wait for it."""
        done = threading.Event()
        self._commands.put((command, done))
        assert done.wait(HANG)

    def stop(self, share: list[int] | None) -> None:
        """Tell the first engine to stop, and give it another share; None: the same."""

        def command() -> None:
            link = self._links[0]
            link.send({"type": "stop", "ticket": link.ticket})
            # As a node may that has begun with something else.
            link.parameters.fill_(float("nan"))
            self._tell(link, link.share if share is None else share)

        self.do(command)

    def say(self, message: Message) -> None:
        """Send the first engine a message; for `do`."""
        self._links[0].send(message)

    def die(self, last: Message | None = None) -> None:
        """Close all connections."""

        def command() -> None:
            self.is_over = True
            for link in self._links:
                if last is not None:
                    link.send(last)
                link.close()

        self.do(command)

    # MARK: The thread

    def _run(self) -> None:
        try:
            for k in range(len(self.paths)):
                self._links.append(self._attach(k))
            while self.step < self.steps:
                self._make_step()
            for link in self._links:
                link.parameters.copy_(self.values)
                link.send({"type": "finished", "step": self.step})
            for link in self._links:
                while link.try_receive(0.01) is not None:
                    self._obey()
        except _Over:
            pass
        finally:
            for link in self._links:
                link.close()

    def _obey(self) -> None:
        while not self._commands.empty():
            command, done = self._commands.get()
            command()
            done.set()
        if self.is_over:
            raise _Over

    def _accept(self, k: int) -> socket.socket:
        self._listeners[k].settimeout(0.01)
        while True:
            self._obey()
            try:
                return self._listeners[k].accept()[0]
            except TimeoutError:
                continue
            except socket.timeout:
                continue

    def _attach(self, k: int) -> Link:
        link = Link(self._accept(k))
        attach = link.receive()
        assert attach is not None
        self.heard[k].append(attach)
        assert attach["type"] == "attach"
        model = attach["model"]
        assert not self.model or model == self.model, "engines that train different models"
        begins = not self.model
        self.model = model
        link.welcome(
            numbers_of(model), node=k, samples=self.samples, batch=self.batch, begins=begins
        )
        if begins:
            assert link.receive() == {"type": "initial"}
            self.values = link.gradients.clone()
            self.moments = torch.zeros_like(self.values)
        link.parameters.copy_(self.values)
        link.send({"type": "state", "step": self.step})
        return link

    def _make_step(self) -> None:
        first = self.step * self.batch
        samples = [(first + k) % self.samples for k in range(self.batch)]
        count = len(self._links)
        ends = [len(samples) * k // count for k in range(count + 1)]
        for k, link in enumerate(self._links):
            self._tell(link, samples[ends[k] : ends[k + 1]])
        answers = [self._hear(k) for k in range(count)]
        self._update(torch.stack(answers).sum(0), sum(len(link.share) for link in self._links))
        self.step += 1

    def _tell(self, link: Link, share: list[int]) -> None:
        self._tickets += 1
        link.ticket = self._tickets
        link.share = share
        link.parameters.copy_(self.values)
        link.send(
            {
                "type": "compute",
                "ticket": link.ticket,
                "view": 2,
                "members": len(self._links),
                "step": self.step,
                "samples": share,
            }
        )

    def _hear(self, k: int) -> torch.Tensor:
        while True:
            self._obey()
            link = self._links[k]
            message = link.try_receive(0.01)
            if message is None:
                share = link.share
                link.close()
                self._links[k] = self._attach(k)
                self._tell(self._links[k], share)
            elif message:
                self.heard[k].append(message)
                assert message["type"] == "gradient"
                if message["ticket"] == link.ticket:
                    assert message["samples"] == len(link.share)
                    return link.gradients.clone()

    def _update(self, total: torch.Tensor, samples: int) -> None:
        self.totals.append(total)
        if not bool(total.isfinite().all()):
            self.skipped += 1
            return
        mean = total / samples
        place = 0
        of_group = {
            name: (
                group["rate"],
                group["decay"],
                group["momentum"] if group.get("nesterov") else 0,
            )
            for group in self.model["groups"]
            for name in group["parameters"]
        }
        for array in self.model["parameters"]:
            part = slice(place, place + torch.Size(array["shape"]).numel())
            rate, decay, momentum = of_group[array["name"]]
            rate *= self.rate_factor
            gradient = mean[part] + decay * self.values[part]
            if momentum:
                self.moments[part] = momentum * self.moments[part] + gradient
                gradient += momentum * self.moments[part]
            self.values[part] -= rate * gradient
            place = part.stop
        self.values[place:] += mean[place:]

    def value(self, name: str) -> torch.Tensor:
        """Return what the nodes have of a parameter or buffer."""
        return self._part(self.values, name)

    def total(self, step: int, name: str) -> torch.Tensor:
        """Return what the answers of a step had of a parameter or buffer, summed over engines."""
        return self._part(self.totals[step], name)

    def _part(self, values: torch.Tensor, name: str) -> torch.Tensor:
        place = 0
        for array in self.model["parameters"] + self.model["buffers"]:
            shape = torch.Size(array["shape"])
            if array["name"] == name:
                return values[place : place + shape.numel()].view(shape)
            place += shape.numel()
        raise KeyError(name)
