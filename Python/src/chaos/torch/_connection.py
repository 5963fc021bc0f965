"""The connection to a node: lines in, lines out, and the two descriptors that come with one."""

from __future__ import annotations

import array
import contextlib
import json
import os
import select
import socket
import time
import weakref
from typing import TYPE_CHECKING

from ..plan._text import single_line
from ._errors import DaemonGone, JoinTimeout, ProtocolError, Unsupported
from ._messages import MOST_BYTES, parse

if TYPE_CHECKING:
    from ._messages import Message

_PIECE = 2**16

# How often a wait looks whether another thread has closed the connection, in seconds.
_SLICE = 0.25

# How long `close` waits for the node to see that the engine is gone, in seconds: whoever attaches
# next is refused before.
_FAREWELL = 1.0

# How many descriptors may come: more than the two that are right, so that a wrong number is seen.
_MOST_DESCRIPTORS = 8


class Connection:
    """A connection that waits for the node as long as it takes, and can be interrupted meanwhile.

    Parameters
    ----------
    path : str
        The node's socket.

    Raises
    ------
    DaemonGone
        If nobody listens there.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._incoming = bytearray()
        # How far the incoming bytes have been searched for a line feed.
        self._searched = 0
        self._descriptors: list[int] = []
        # Whether descriptors are taken: before, and never after, the first line.
        self._takes_descriptors = True
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.connect(path)
        except OSError as error:
            self._socket.close()
            raise DaemonGone(
                f"no node listens at {single_line(path)}: {error.strerror or error}; allowed: the "
                "path of trainer.socket of a node that runs"
            ) from error
        self._socket.setblocking(False)
        _open.add(self)

    def send(self, message: dict[str, object]) -> None:
        """Send a message.

        Parameters
        ----------
        message : dict
            As ENGINE.md describes it.

        Raises
        ------
        Unsupported
            If it is longer than a line may be: the description of very many parameters.
        DaemonGone
            If this connection has been closed here. One that the node has closed is not noticed
            before `receive`, which first gives what the node has said of it.
        """
        line = json.dumps(message, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        rest = memoryview(line.encode() + b"\n")
        if len(rest) > MOST_BYTES:
            text = f"a model whose description has {len(rest)} bytes; allowed: {MOST_BYTES}"
            raise Unsupported(text)
        while rest:
            self._wait(select.POLLOUT, None)
            try:
                rest = rest[self._socket.send(rest) :]
            except BlockingIOError:
                continue
            except OSError:
                return

    def receive(self, deadline: float | None = None) -> Message:
        """Wait for the next message.

        Parameters
        ----------
        deadline : float, optional
            Of `time.monotonic`, when to give up; None: never.

        Raises
        ------
        DaemonGone
            If the connection is at its end.
        ProtocolError
            If the node says what is no message.
        JoinTimeout
            At the deadline.
        """
        while True:
            message = self._next()
            if message is not None:
                return message
            self._wait(select.POLLIN, deadline)
            self._read()

    def poll(self) -> Message | None:
        """Return the next message if it is there, without waiting.

        Raises
        ------
        DaemonGone, ProtocolError
            As of `receive`.
        """
        message = self._next()
        while message is None and self._is_ready(select.POLLIN, 0):
            self._read()
            message = self._next()
        return message

    def take_descriptors(self) -> list[int]:
        """Return the descriptors that have come, which are the caller's from now on.

        None is taken afterwards.
        """
        descriptors, self._descriptors = self._descriptors, []
        self._takes_descriptors = False
        return descriptors

    def close(self) -> None:
        """End the connection, and wait a moment for the node to see it."""
        for descriptor in self.take_descriptors():
            os.close(descriptor)
        if self._socket.fileno() < 0:
            return
        # The node is told at once; the wait for its end is a courtesy to the next engine.
        end = time.monotonic() + _FAREWELL
        try:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)
                while (left := end - time.monotonic()) > 0 and self._is_ready(select.POLLIN, left):
                    if not self._socket.recv(_PIECE):
                        break
        finally:
            self._socket.close()

    def _next(self) -> Message | None:
        """Return the next message that is there as a whole."""
        end = self._incoming.find(b"\n", self._searched)
        if max(end, len(self._incoming) if end < 0 else 0) > MOST_BYTES:
            message = f"the node sends a line of more than {MOST_BYTES} bytes"
            raise ProtocolError(message)
        if end < 0:
            self._searched = len(self._incoming)
            return None
        line = bytes(self._incoming[:end])
        del self._incoming[: end + 1]
        self._searched = 0
        return parse(line)

    def _read(self) -> None:
        """Read what is there, at most a piece."""
        try:
            piece = self._receive_piece()
        except BlockingIOError:
            return
        except OSError as error:
            raise self._lost(error.strerror or str(error)) from error
        if not piece:
            raise self._lost("the node has closed it")
        self._incoming += piece

    def _receive_piece(self) -> bytes:
        if not self._takes_descriptors:
            # Without room for them the system closes descriptors that come.
            return self._socket.recv(_PIECE)
        # Not socket.recv_fds, which keeps from its caller whether descriptors were lost.
        size = array.array("i").itemsize
        room = socket.CMSG_SPACE(size * _MOST_DESCRIPTORS)
        piece, parts, flags, _ = self._socket.recvmsg(
            _PIECE, room, getattr(socket, "MSG_CMSG_CLOEXEC", 0)
        )
        for level, kind, data in parts:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                come = array.array("i", data[: len(data) - len(data) % size])
                self._descriptors += come
        if flags & socket.MSG_CTRUNC or len(self._descriptors) > _MOST_DESCRIPTORS:
            message = f"the node sends more than {_MOST_DESCRIPTORS} descriptors; allowed: two"
            raise ProtocolError(message)
        return piece

    def _lost(self, reason: str) -> DaemonGone:
        return DaemonGone(
            f"the connection to the node at {single_line(self._path)} is lost: {reason}; its "
            "replica is not: once the node is there, join again"
        )

    def _is_ready(self, event: int, seconds: float) -> bool:
        """Wait for an event at most so long. Not by `select`, which knows descriptors to 1023."""
        if self._socket.fileno() < 0:
            raise self._lost("it has been closed here")
        poll = select.poll()
        poll.register(self._socket, event)
        return bool(poll.poll(1000 * seconds))

    def _wait(self, event: int, deadline: float | None) -> None:
        # In slices, between which Python raises a KeyboardInterrupt on every system, and sees that
        # another thread has closed the connection.
        while True:
            left = _SLICE if deadline is None else min(_SLICE, deadline - time.monotonic())
            if self._is_ready(event, max(0, left)):
                return
            if left <= 0:
                message = "the node has no whole replica yet; allowed: a longer timeout"
                raise JoinTimeout(message)


_open: weakref.WeakSet[Connection] = weakref.WeakSet()


def _leave_to_parent() -> None:
    """Close what a forked process has of the connections, without a word to the node.

    Otherwise the node would not see the end of a process whose children live on, and a child that
    ends would detach its parent.
    """
    for connection in list(_open):
        connection._socket.close()


os.register_at_fork(after_in_child=_leave_to_parent)
