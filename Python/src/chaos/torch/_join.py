"""Joining: the model of this process becomes that of its node."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Union
from weakref import WeakValueDictionary

import torch

from ..plan._text import single_line
from ._connection import Connection
from ._description import Description, describe
from ._errors import DaemonGone, Misuse, ProtocolError
from ._exchange import Exchange
from ._messages import VERSION, Ended, Refusal, Welcome
from ._optimizers import NodeOptimizer
from ._refusal import error_of
from ._run import Run
from ._windows import Windows

SocketPath = Union[str, "os.PathLike[str]"]

# Of this process, by the real paths of their sockets: running a cell of a notebook again must not
# find the node taken by the run of last time.
_runs: WeakValueDictionary[str, Run] = WeakValueDictionary()


def join(
    model: torch.nn.Module,
    optimizer: NodeOptimizer,
    socket_path: SocketPath,
    *,
    timeout: float | None = None,
) -> Run:
    """Attach this process to its node, and load the parameters of the run into the model.

    Returns when the replica of the node is whole. If the run begins with this node, its first
    parameters are those that the model has. A run of this process that is open on the same socket
    is closed before.

    Parameters
    ----------
    model : torch.nn.Module
        What is trained, on any device. Parameters that do not require gradients, and persistent
        buffers of whole numbers, must be the same on all nodes.
    optimizer : AdamW, Adam or SGD
        Of this package, with all parameters of the model that require gradients.
    socket_path : str or path
        ``trainer.socket`` of the node.
    timeout : float, optional
        The most seconds to wait for the replica; None: as long as it takes.

    Returns
    -------
    Run
        Whose `batches` give out the samples.

    Raises
    ------
    DaemonGone
        If no node listens there, or it ends.
    Mismatch
        If the model is not that of the run, with the first difference.
    Unsupported
        If something in the model cannot be trained, with its name.
    Refused
        If the node does not take an engine for another reason, such as a second one.
    JoinTimeout
        If it takes longer than `timeout`.
    ProtocolError
        If the node speaks another protocol.

    Examples
    --------
    >>> opt = chaos.AdamW(model.parameters(), lr=3e-4, max_norm=1.0)
    >>> run = chaos.join(model, opt, "/run/chaos/node.sock")

    Notes
    -----
    From now on the nodes wait for this one's share of each step, so let the loop begin soon.
    Cost: beside the wait, a digest of what is not trained and a copy of the parameters.
    """
    if not isinstance(optimizer, NodeOptimizer):
        message = (
            f"optimizer: {type(optimizer).__name__}; allowed: chaos.AdamW, chaos.Adam or "
            "chaos.SGD, whose update the nodes apply"
        )
        raise TypeError(message)
    # The form of the comparison refuses what is no number as well.
    if timeout is not None and not timeout > 0:
        message = f"timeout: {timeout!r}; allowed: None or a number of seconds above 0"
        raise ValueError(message)
    deadline = None if timeout is None else time.monotonic() + timeout
    description = describe(model, optimizer)
    path = os.fspath(socket_path)
    key = str(Path(path).resolve())
    earlier = _runs.pop(key, None)
    if earlier is not None:
        earlier.close()
    if optimizer._run is not None and not optimizer._run.closed:
        message = "an optimizer of a run that is open; allowed: one of its own for each run"
        raise Misuse(message)
    connection = Connection(path)
    try:
        run = _attach(connection, description, optimizer, deadline)
    except BaseException:
        connection.close()
        raise
    optimizer._run = run
    _runs[key] = run
    return run


def _attach(
    connection: Connection,
    description: Description,
    optimizer: NodeOptimizer,
    deadline: float | None,
) -> Run:
    connection.send(
        {
            "type": "attach",
            "version": VERSION,
            "engine": f"torch {torch.__version__}",
            "process": os.getpid(),
            "model": description.document,
        }
    )
    welcome = connection.receive(deadline)
    if isinstance(welcome, Refusal):
        raise error_of(welcome, description.document)
    if isinstance(welcome, Ended):
        message = f"the node has ended: {single_line(welcome.reason)}"
        raise DaemonGone(message)
    if not isinstance(welcome, Welcome):
        message = f"the node says {type(welcome).__name__.lower()} first; allowed: welcome"
        raise ProtocolError(message)
    if welcome.numbers != description.numbers:
        message = f"the node has {welcome.numbers} numbers; allowed: {description.numbers}"
        raise ProtocolError(message)
    descriptors = connection.take_descriptors()
    try:
        windows = Windows(descriptors, welcome.numbers)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    exchange = Exchange(description, windows)
    if welcome.begins:
        exchange.begin()
        connection.send({"type": "initial"})
    run = Run(connection, exchange, welcome, optimizer, description.document)
    run._attach(deadline)
    return run
