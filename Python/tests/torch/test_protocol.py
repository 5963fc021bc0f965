"""The connection: what a node may say, what it may not, and what its refusals are to a user."""

from __future__ import annotations

import fcntl
import gc
import json
import os
import re
import socket
import struct
import warnings
from typing import TYPE_CHECKING, Any, Callable

import pytest
import torch
from node import HANG, Link, numbers_of, playing
from torch import nn

import chaos.torch as chaos
from chaos.torch._messages import MOST_BYTES

if TYPE_CHECKING:
    from pathlib import Path


def network() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))


def join(path: Path) -> chaos.Run:
    model = network()
    return chaos.join(model, chaos.SGD(model.parameters(), lr=0.5), path, timeout=HANG)


def play(path: Path, script: Callable[[Link], None]) -> None:
    """Join a node that plays a script after it has been told who attaches."""

    def whole(link: Link) -> None:
        assert link.receive() is not None
        script(link)
        # Until the engine has gone.
        while link.receive() is not None:
            pass

    with playing(path, whole):
        run = join(path)
        for x in run.batches(torch.zeros(8, 3)):
            # One is given out where a share is followed by what is wrong.
            assert x.shape == (1, 3)


def test_what_an_engine_says_first(tmp_path: Path) -> None:
    heard: list[Any] = []

    def script(link: Link) -> None:
        heard.append(link.receive())
        link.welcome(16, begins=True)
        heard.append(link.receive())
        heard.append(link.gradients.clone())
        link.send({"type": "state", "step": 0})
        link.send({"type": "finished", "step": 0})
        assert link.receive() is None

    with playing(tmp_path / "node.sock", script):
        run = join(tmp_path / "node.sock")
        list(run.batches(torch.zeros(8, 3)))
    attach, initial, numbers = heard
    assert attach["type"] == "attach"
    assert attach["version"] == 1
    assert attach["engine"] == f"torch {torch.__version__}"
    assert attach["process"] == os.getpid()
    assert set(attach) == {"type", "version", "engine", "process", "model"}
    assert numbers_of(attach["model"]) == 16
    assert initial == {"type": "initial"}
    values = [
        value.flatten() for value in network().state_dict().values() if value.is_floating_point()
    ]
    assert torch.equal(numbers, torch.cat(values))
    assert run.step == 0


# What is right, and of which each of these is then wrong.
COMPUTE = {"type": "compute", "ticket": 1, "view": 1, "members": 1, "step": 0, "samples": [0]}
WRONG: list[dict[str, object]] = [
    {"samples": []},
    {"samples": [8]},
    {"samples": [-1]},
    {"samples": [0.5]},
    {"samples": [0] * 9},
    {"samples": 3},
    {"members": 0},
    {"ticket": None},
]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"no JSON\n",
        b"\xff\xfe{}\n",
        b"\x1b[31m\x07\n",
        b"[]\n",
        b"null\n",
        b"{}\n",
        b'{"type": "dance"}\n',
        b'{"type": ["state"], "step": 1}\n',
        b'{"type": "state"}\n',
        b'{"type": "state", "step": 1, "more": 1}\n',
        b'{"type": "state", "step": 1, "step": 1}\n',
        b'{"type": "state", "step": -1}\n',
        b'{"type": "state", "step": 1.0}\n',
        b'{"type": "state", "step": true}\n',
        b'{"type": "state", "step": "1"}\n',
        b'{"type": "state", "step": NaN}\n',
        b'{"type": "state", "step": 18606760073709551616}\n',
        b'{"type": "state", "step": ' + 5000 * b"1" + b"}\n",
        b'{"type": "state", "step": ' + 100_000 * b"[" + b"\n",
        *(json.dumps({**COMPUTE, **change}).encode() + b"\n" for change in WRONG),
        b'{"type": "stop", "ticket": "7"}\n',
        b'{"type": "ended", "reason": 7}\n',
        b'{"type": "refused", "path": "", "found": ""}\n',
        b'{"type": "welcome"}\n',
    ],
)
@pytest.mark.parametrize("when", ["first", "welcomed"])
def test_malformed_lines(tmp_path: Path, line: bytes, when: str) -> None:
    def script(link: Link) -> None:
        if when == "welcomed":
            link.welcome(16)
            link.send({"type": "state", "step": 0})
        link.send(line)
        link.socket.shutdown(socket.SHUT_WR)

    with pytest.raises(chaos.DaemonGone if not line else chaos.ProtocolError) as caught:
        play(tmp_path / "node.sock", script)
    if line:
        assert str(caught.value).startswith("the node says ")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_a_line_that_never_ends(tmp_path: Path) -> None:
    def script(link: Link) -> None:
        for _ in range(20):
            link.send(bytes(1 << 20))

    with pytest.raises(chaos.ProtocolError, match=f"a line of more than {MOST_BYTES} bytes"):
        play(tmp_path / "node.sock", script)


def test_the_longest_line_is_read(tmp_path: Path) -> None:
    def script(link: Link) -> None:
        rest = json.dumps({"type": "ended", "reason": ""}).encode()
        line = rest[:-2] + (MOST_BYTES - len(rest)) * b"x" + b'"}\n'
        link.send(line)

    with pytest.raises(chaos.DaemonGone, match="the node has ended: xxx"):
        play(tmp_path / "node.sock", script)


def test_lines_in_small_pieces(tmp_path: Path) -> None:
    """A message may come in parts, and a part may have two."""

    def script(link: Link) -> None:
        link.welcome(16)
        # Longer than what follows.
        for byte in b'{"type": "state", "step": 3' + 40 * b" " + b"}\n":
            link.send(bytes([byte]))
        link.send(b'{"type": "stop", "ticket": 1}\n{"type": "finished", "step": 4}\n')

    play(tmp_path / "node.sock", script)


@pytest.mark.parametrize(
    ("messages", "found"),
    [
        ([{"type": "finished", "step": 1}], "finished first"),
        ([{"type": "state", "step": 1}], "state first"),
    ],
)
def test_no_welcome(tmp_path: Path, messages: list[dict[str, Any]], found: str) -> None:
    def script(link: Link) -> None:
        for message in messages:
            link.send(message)

    with pytest.raises(chaos.ProtocolError, match=f"the node says {found}; allowed: welcome"):
        play(tmp_path / "node.sock", script)


@pytest.mark.parametrize(
    "last",
    [
        {**COMPUTE, "ticket": 2},
        {"type": "state", "step": 1},
        {"type": "finished", "step": 1},
    ],
)
def test_no_answer_and_no_stop(tmp_path: Path, last: dict[str, Any]) -> None:
    def script(link: Link) -> None:
        link.welcome(16)
        link.send({"type": "state", "step": 0})
        # At once, so that the engine cannot have answered.
        link.send(b"".join(json.dumps(message).encode() + b"\n" for message in (COMPUTE, last)))

    with pytest.raises(chaos.ProtocolError, match="before an answer to the last compute"):
        play(tmp_path / "node.sock", script)


def test_a_second_welcome(tmp_path: Path) -> None:
    def script(link: Link) -> None:
        link.welcome(16)
        link.welcome(16)

    with pytest.raises(chaos.ProtocolError, match="the node says welcome at a time"):
        play(tmp_path / "node.sock", script)


def test_another_version(tmp_path: Path) -> None:
    with pytest.raises(chaos.ProtocolError, match="the node speaks version 2; allowed: 1"):
        play(tmp_path / "node.sock", lambda link: link.welcome(16, version=2))


def test_another_number_of_numbers(tmp_path: Path) -> None:
    with pytest.raises(chaos.ProtocolError, match="the node has 17 numbers; allowed: 16"):
        play(tmp_path / "node.sock", lambda link: link.welcome(17))


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ([], "0 descriptors"),
        ([64], "1 descriptors"),
        ([64, 64, 64], "3 descriptors"),
        ([64, 60], "a window of 60 bytes; allowed: 64"),
        ([0, 64], "a window of 0 bytes; allowed: 64"),
        ([None, 64], "a window of 0 bytes; allowed: 64"),
        (9 * [64], "more than 8 descriptors"),
        (20 * [64], "more than 8 descriptors"),
    ],
)
def test_windows_that_are_none(tmp_path: Path, sizes: list[int | None], message: str) -> None:
    """And none of the descriptors is left open here."""

    def script(link: Link) -> None:
        files = []
        for size in sizes:
            if size is None:
                files.append(os.open("/dev/null", os.O_RDWR))
            else:
                files.append(os.memfd_create("window"))
                os.ftruncate(files[-1], size)
        welcome = {
            "type": "welcome",
            "version": 1,
            "node": 3,
            "cluster": "test",
            "numbers": 16,
            "samples": 8,
            "batch": 8,
            "begins": False,
        }
        link.send(json.dumps(welcome).encode() + b"\n", tuple(files))
        for file in files:
            os.close(file)

    # Those of earlier tests go when they are collected.
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - entries vanish meanwhile
    with pytest.raises(chaos.ProtocolError, match=message):
        play(tmp_path / "node.sock", script)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_the_parameters_window_need_not_be_writable(tmp_path: Path) -> None:
    """Nor does torch warn that it is not."""

    def script(link: Link) -> None:
        files = [os.memfd_create("window", os.MFD_ALLOW_SEALING) for _ in range(2)]
        for file in files:
            os.ftruncate(file, 64)
        os.pwrite(files[0], struct.pack("16f", *[1.0] * 16), 0)
        # F_SEAL_FUTURE_WRITE, as the node does; Python has no name for it.
        fcntl.fcntl(files[0], fcntl.F_ADD_SEALS, 0x10 | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK)
        welcome = {"type": "welcome", "version": 1, "node": 3, "cluster": "a\x1b[1mb"}
        rest = {"numbers": 16, "samples": 8, "batch": 8, "begins": False}
        link.send(json.dumps({**welcome, **rest}).encode() + b"\n", tuple(files))
        link.send({"type": "state", "step": 1})
        assert link.receive() is not None
        assert link.receive() is None
        for file in files:
            os.close(file)

    with playing(tmp_path / "node.sock", script):
        model = network()
        opt = chaos.SGD(model.parameters())
        torch.set_warn_always(True)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            run = chaos.join(model, opt, tmp_path / "node.sock", timeout=HANG)
        torch.set_warn_always(False)
        assert all(bool((parameter == 1).all()) for parameter in model.parameters())
        assert run.cluster == "a\\u{1b}[1mb"
        run.close()


# MARK: Refusals

RUN = "as in the run"


@pytest.mark.parametrize(
    ("path", "found", "allowed", "message"),
    [
        (
            "model.parameters[0].shape",
            "[2, 3]",
            f"[3, 2], {RUN}",
            "0.weight: shape (2, 3) here, (3, 2) in the run",
        ),
        (
            "model.parameters[1]",
            "0.bias of shape [2]",
            f"0.bias of shape [], {RUN}",
            "0.bias: shape (2,) here, () in the run",
        ),
        (
            "model.buffers[0]",
            "1.running_mean of shape [2]",
            f"other of shape [2], {RUN}",
            "1.running_mean: shape [2] here, other of shape [2] in the run",
        ),
        (
            "model.parameters[7]",
            "nothing",
            f"2.weight of shape [9], {RUN}",
            "parameters[7]: nothing here, 2.weight of shape [9] in the run",
        ),
        (
            "model.parameters[0]",
            "0.weight with SHA-256 00",
            f"nothing, {RUN}",
            "0.weight: SHA-256 00 here, nothing in the run",
        ),
        ("model.constants[0]", "a", f"b, {RUN}", "constants[0]: a here, b in the run"),
        ("model.groups[0]", "sgd", f"adam, {RUN}", "groups[0]: sgd here, adam in the run"),
        ("model", "a", f"b, {RUN}", "the model: a here, b in the run"),
        (
            "model.parameters[0].name",
            "\x1b[31m",
            "1 … 1000 bytes",
            "0.weight, name: \\u{1b}[31m; allowed: 1 … 1000 bytes",
        ),
        (
            "type",
            "a second engine",
            "one at a time",
            "refused by the node: type: a second engine; allowed: one at a time",
        ),
        ("", "it", "that\x07", "refused by the node: it; allowed: that\\u{7}"),
    ],
)
@pytest.mark.parametrize("begins", [True, False])
def test_refusals(  # noqa: PLR0917 - the cases are rows
    tmp_path: Path, path: str, found: str, allowed: str, message: str, begins: bool
) -> None:
    """At the beginning and later."""

    def script(link: Link) -> None:
        if not begins:
            link.welcome(16)
            link.send({"type": "state", "step": 0})
        link.send({"type": "refused", "path": path, "found": found, "allowed": allowed})

    error = chaos.Mismatch if path.startswith("model") else chaos.Refused
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        play(tmp_path / "node.sock", script)


def test_ended_first(tmp_path: Path) -> None:
    with pytest.raises(chaos.DaemonGone, match="the node has ended: left"):
        play(tmp_path / "node.sock", lambda link: link.send({"type": "ended", "reason": "left"}))


def test_a_description_that_is_too_long(tmp_path: Path) -> None:
    model = nn.Linear(1, 1)
    model.register_module(17_000_000 * "x", nn.Linear(1, 1))

    def script(link: Link) -> None:
        assert link.receive() is None

    with (
        playing(tmp_path / "node.sock", script),
        pytest.raises(chaos.Unsupported, match="a model whose description has"),
    ):
        chaos.join(model, chaos.SGD(model.parameters()), tmp_path / "node.sock")
