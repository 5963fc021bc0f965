"""Joining: the model of this process becomes that of its node."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Union
from weakref import WeakValueDictionary

import torch

from ..plan._text import single_line
from ._connection import Connection
from ._description import Description, check_inner, describe
from ._errors import DaemonGone, Misuse, ProtocolError
from ._exchange import Exchange
from ._messages import VERSION, Ended, Refusal, Welcome
from ._optimizers import NodeOptimizer
from ._refusal import error_of
from ._run import Run
from ._windows import Windows

if TYPE_CHECKING:
    from collections.abc import Iterable

SocketPath = Union[str, "os.PathLike[str]"]

# Of this process, by the real paths of their sockets: running a cell of a notebook again must not
# find the node taken by the run of last time.
_runs: WeakValueDictionary[str, Run] = WeakValueDictionary()


def join(
    model: torch.nn.Module,
    optimizer: NodeOptimizer,
    socket_path: SocketPath,
    *,
    inner: torch.optim.Optimizer | Iterable[torch.optim.Optimizer] | None = None,
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
    optimizer : AdamW, Adam, SGD or Nesterov
        Of this package, with all parameters of the model that require gradients. With `inner` it is
        the outer optimizer.
    socket_path : str or path
        ``trainer.socket`` of the node.
    inner : Optimizer or several, optional
        Of torch, with all parameters of the model that require gradients: the loop makes a step of
        it with each micro-batch, and the nodes apply `optimizer` to what these local steps have
        made of the parameters. Its moments stay with this process, and are nobody else's.
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
        If something in the model cannot be trained, with its name, or `inner` has other parameters.
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

    With local steps:

    >>> inner = torch.optim.AdamW(model.parameters(), lr=4e-4)
    >>> outer = chaos.Nesterov(lr=0.7, momentum=0.9)
    >>> run = chaos.join(model, outer, "/run/chaos/node.sock", inner=inner)

    Notes
    -----
    From now on the nodes wait for this one's share of each step, so let the loop begin soon.
    Cost: beside the wait, a digest of what is not trained and a copy of the parameters.

    With `inner` a step of the run is a round. How long a round is, is not said here: it is this
    node's share of ``training.batch`` samples, and has as many local steps as micro-batches, so
    that faster nodes, with larger shares, make more of them. Either all engines of a run have inner
    optimizers or none; one that differs is refused. Source: Douillard et al. 2023, DiLoCo.
    """
    if not isinstance(optimizer, NodeOptimizer):
        message = (
            f"optimizer: {type(optimizer).__name__}; allowed: chaos.AdamW, chaos.Adam, chaos.SGD "
            "or chaos.Nesterov, whose update the nodes apply"
        )
        raise TypeError(message)
    inners = _inners(inner)
    # The form of the comparison refuses what is no number as well.
    if timeout is not None and not timeout > 0:
        message = f"timeout: {timeout!r}; allowed: None or a number of seconds above 0"
        raise ValueError(message)
    deadline = None if timeout is None else time.monotonic() + timeout
    optimizer._follow(model)
    description = describe(model, optimizer, local=inners is not None)
    if inners is not None:
        check_inner(inners, description)
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
        run = _attach(connection, description, optimizer, inners is not None, deadline)
    except BaseException:
        connection.close()
        raise
    optimizer._run = run
    _runs[key] = run
    return run


def _inners(
    inner: torch.optim.Optimizer | Iterable[torch.optim.Optimizer] | None,
) -> tuple[torch.optim.Optimizer, ...] | None:
    if inner is None:
        return None
    inners = (inner,) if isinstance(inner, torch.optim.Optimizer) else tuple(inner)
    for each in inners:
        if not isinstance(each, torch.optim.Optimizer) or isinstance(each, NodeOptimizer):
            message = (
                f"inner: {type(each).__module__}.{type(each).__name__}; allowed: optimizers of "
                "torch's, which make their steps in this process"
            )
            raise TypeError(message)
    return inners


def _attach(
    connection: Connection,
    description: Description,
    optimizer: NodeOptimizer,
    is_local: bool,
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
    run = Run(
        connection,
        exchange,
        welcome,
        optimizer,
        description.document,
        is_local=is_local,
        takes_one=description.takes_one,
    )
    run._attach(deadline)
    return run
