"""A run: this process's part in a training that a node takes part in."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any, Callable, Literal

import torch

from ..plan._text import single_line
from ._errors import DaemonGone, Misuse, ProtocolError, Unsupported
from ._messages import Compute, Ended, Finished, Refusal, State, Stop
from ._progress import Progress
from ._reader import MapDataset, Reader, check_dataset, divide
from ._refusal import error_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from ._connection import Connection
    from ._exchange import Exchange
    from ._messages import Message, Welcome
    from ._optimizers import Loss, NodeOptimizer

Reduction = Literal["mean", "sum"]
"""What the loss of a micro-batch is of the losses of its samples."""


class Run:
    """An engine that is attached to its node, made by `join`.

    Leaving the loop over `batches`, by ``break``, by an exception or by Ctrl-C, detaches it, and so
    does `close`: the node gives the samples to others at once. To go on, `join` again. Until then
    local steps of a round that has not ended stay in the model.

    Attributes
    ----------
    step : int
        The step before which the model's parameters are; with local steps the round.
    view, members : int or None
        The number of the view under which the last share was computed, and how many nodes train
        under it; None before the first share.
    node : int
        The node's number.
    cluster : str
        The name of its cluster.
    samples : int
        How many samples the data set has.
    batch : int
        How many samples a step has at most, over all nodes.
    loss : float or None
        The mean loss of this node's samples in the last step; None if the loop does not say it.
    finished : bool
        Whether all steps are done.
    closed : bool
        Whether it is detached.
    """

    def __init__(
        self,
        connection: Connection,
        exchange: Exchange,
        welcome: Welcome,
        optimizer: NodeOptimizer,
        model: dict[str, object],
        *,
        is_local: bool,
        takes_one: bool,
    ) -> None:
        self.step = 0
        self.view: int | None = None
        self.members: int | None = None
        self.node = welcome.node
        self.cluster = single_line(welcome.cluster)
        self.samples = welcome.samples
        self.batch = welcome.batch
        self.loss: float | None = None
        self.finished = False
        self.closed = False
        self._connection = connection
        # Given up with the connection, since its windows are as large as the model.
        self._exchange: Exchange | None = exchange
        self._optimizer = optimizer
        # Whether an inner optimizer makes the steps, and the node gets what they have changed.
        self._is_local = is_local
        # Whether the model takes a micro-batch of one sample: BatchNorm does not.
        self._takes_one = takes_one
        # How often each sample is in the micro-batch.
        self._copies = 1
        self._model = model
        # The settings of the update that the nodes know.
        self._settings = optimizer._values()
        self._reduction: Reduction = "mean"
        # What has come and is not loaded yet.
        self._pending: State | Compute | Finished | None = None
        # The share at hand; None: it has been answered or stopped.
        self._share: Compute | None = None
        # How many of its samples are in the sums, or in local steps.
        self._gathered = 0
        # How many samples the micro-batch has that step() has not taken yet, or that the loop has
        # not come back from.
        self._outstanding = 0
        # What note() has said of it.
        self._noted: Loss | None = None
        # The losses of its micro-batches, with what makes each a sum. Kept as they come: to read a
        # loss from a GPU waits for everything before it.
        self._losses: list[tuple[Loss, float]] | None = []
        self._is_in_loop = False

    # MARK: For the user

    def batches(
        self,
        dataset: MapDataset,
        micro_batch: int = 32,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        device: torch.device | str | None = None,
        *,
        reduction: Reduction = "mean",
        with_indices: bool = False,
        progress: bool = False,
    ) -> Iterator[Any]:
        """Give out this node's samples, micro-batch by micro-batch, until the training is finished.

        For each micro-batch the loop computes gradients and calls `step` of the optimizer once:
        with local steps of the inner one, otherwise of that of this package.

        With local steps, a round ends when the loop asks for what follows the last micro-batch of
        this node's share: then what the steps have changed goes to the node, and the model gets the
        parameters of the next round. A round that the node has given up meanwhile begins again with
        the parameters of the run. The inner optimizer stays as it is each time.

        Parameters
        ----------
        dataset : map-style data set
            With ``__getitem__`` and ``__len__``; the same samples by the same numbers on all nodes.
        micro_batch : int, default 32
            The most samples of a micro-batch. Those of a share differ by one sample at most. For a
            model with BatchNorm, which takes no single sample, one that is alone comes twice and
            counts once.
        num_workers : int, default 0
            Threads that read ahead; 0: none does. Then the data set must allow several at once.
        collate_fn : callable, optional
            Makes a batch of a list of samples; by default `torch.utils.data.default_collate`.
        device : torch.device or str, optional
            Where the tensors of a batch are put; by default they stay.
        reduction : {"mean", "sum"}, default "mean"
            Whether the loss, and with it the gradient, is the mean over the micro-batch or the sum.
        with_indices : bool, default False
            Give out pairs of a batch and the list of the numbers of its samples.
        progress : bool, default False
            Show a bar, if tqdm is installed.

        Yields
        ------
        object
            What `collate_fn` makes.

        Raises
        ------
        Mismatch
            At once, if the data set has not as many samples as the run.
        Unsupported
            At once, if it is not map-style. With local steps, if a setting of the outer optimizer
            has been changed since `join`.
        ValueError
            At once, if another argument is out of range.
        Misuse
            If the loop asks for a micro-batch before `step` has taken the last one. With local
            steps nobody counts them.
        DaemonGone, Refused, ProtocolError
            The node has gone or refuses.

        Examples
        --------
        >>> for x, y in run.batches(dataset, micro_batch=32):
        ...     F.cross_entropy(model(x), y).backward()
        ...     opt.step()
        ...     opt.zero_grad()
        """
        check_dataset(dataset, self.samples)
        for name, value, least in (
            ("micro_batch", micro_batch, 1),
            ("num_workers", num_workers, 0),
        ):
            if type(value) is not int or value < least:
                message = f"{name}: {value!r}; allowed: a whole number from {least} on"
                raise ValueError(message)
        if reduction not in ("mean", "sum"):
            message = f"reduction: {reduction!r}; allowed: mean or sum"
            raise ValueError(message)
        if not self.finished:
            self._require_open()
        if self._is_in_loop:
            message = "a second loop over the batches of a run; allowed: one at a time"
            raise Misuse(message)
        reader = Reader(dataset, collate_fn, num_workers, device)
        return self._give_out(reader, micro_batch, reduction, with_indices, progress)

    def note(self, loss: Loss) -> None:
        """Say the loss of the micro-batch that `batches` has given out last, for people.

        For local steps, which have no ``opt.step(loss=loss)``. `Run.loss` and the node's reports
        have it once it has been said for each micro-batch of a share.

        Parameters
        ----------
        loss : float or Tensor
            The mean or the sum, as the ``reduction`` of `batches` says. What is said last counts.

        Raises
        ------
        Misuse
            If there is no micro-batch, or it has been taken already.
        ValueError
            If it is not a single number.

        Examples
        --------
        >>> for x, y in run.batches(dataset):
        ...     inner.zero_grad()
        ...     loss = F.cross_entropy(model(x), y)
        ...     loss.backward()
        ...     inner.step()
        ...     run.note(loss)
        """
        self._require_single(loss)
        if not self._outstanding:
            message = (
                "note() without a micro-batch that has not been taken; allowed: within the loop of "
                "batches, and before opt.step()"
            )
            raise Misuse(message)
        # A loss that is kept must not keep what it was computed from.
        self._noted = loss.detach() if isinstance(loss, torch.Tensor) else loss

    def close(self) -> None:
        """Detach, at once: the node keeps its replica and gives the samples to others."""
        self.closed = True
        self._exchange = None
        self._connection.close()

    def __enter__(self) -> Run:
        """Return the run."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Detach."""
        self.close()

    def __repr__(self) -> str:
        """Say where the run is."""
        state = "finished" if self.finished else "detached" if self.closed else "attached"
        return f"<Run of {self.cluster}, node {self.node}: step {self.step}, {state}>"

    # MARK: The loop

    def _give_out(
        self,
        reader: Reader,
        micro_batch: int,
        reduction: Reduction,
        with_indices: bool,
        progress: bool,
    ) -> Iterator[Any]:
        self._reduction = reduction
        self._is_in_loop = True
        bar = Progress(progress, self.step)
        share: Compute | None = None
        try:
            while self._has_share():
                bar.show(self)
                if share is not self._share:
                    share = self._require_share()
                    parts = divide(share.samples, micro_batch)
                    reader.begin([part * self._copies_of(part) for part in parts])
                part = reader.next()
                if part is None:
                    # All have been given out, and not all have come back.
                    raise self._not_taken()
                # The samples of a share are different.
                self._outstanding = len(set(part[0]))
                self._copies = len(part[0]) // self._outstanding
                self._noted = None
                yield (part[1], part[0]) if with_indices else part[1]
            bar.show(self)
        finally:
            # Also when the loop has been left in any other way: then the generator is closed.
            self._is_in_loop = False
            bar.close()
            reader.close()
            self.close()

    def _copies_of(self, part: list[int]) -> int:
        return 2 if len(part) == 1 and not self._takes_one else 1

    def _has_share(self) -> bool:
        """Make sure that there is a share to compute; false if the training is finished."""
        if self.finished:
            return False
        if self._is_local:
            self._take_local()
        elif self._outstanding and self._share is not None:
            raise self._not_taken()
        self._drain()
        if self._share is None:
            self._advance()
        return not self.finished

    def _take_local(self) -> None:
        """Count the micro-batch that the loop comes back from, and end the round with the last."""
        count, self._outstanding = self._outstanding, 0
        self._drain()
        if not count or self._share is None:
            return
        self._count(count, self._noted)
        if self._gathered == len(self._share.samples):
            self._require_settings()
            self._answer(self._share)

    def _not_taken(self) -> Misuse:
        return Misuse(
            "opt.step() has not been called for the last micro-batch, whose samples would be lost; "
            "allowed: once for each micro-batch"
        )

    def _require_share(self) -> Compute:
        assert self._share is not None  # noqa: S101 - what _has_share has made sure of
        return self._share

    def _require_open(self) -> None:
        if self.closed:
            message = (
                "this run is detached, as it is after the loop of batches, however that was left; "
                "allowed: run = chaos.join(…) once more"
            )
            raise Misuse(message)

    # MARK: step() of the optimizer

    def _require_micro_batch(self) -> None:
        """Refuse a step() that has nothing to take."""
        if self._is_local:
            message = (
                "step() of the outer optimizer, whose steps the nodes make; allowed: that of the "
                "inner one"
            )
            raise Misuse(message)
        if self.finished:
            message = "step() after the training is finished; allowed: within the loop of batches"
            raise Misuse(message)
        self._require_open()
        if not self._outstanding:
            message = (
                "step() without a micro-batch that has not been taken; allowed: once for each that "
                "run.batches(…) gives out"
            )
            raise Misuse(message)
        self._require_settings()

    def _require_single(self, loss: Loss) -> None:
        """Refuse a loss that is not one number."""
        if isinstance(loss, torch.Tensor) and loss.numel() != 1:
            message = f"loss: a tensor of shape {tuple(loss.shape)}; allowed: a single number"
            raise ValueError(message)

    def _require_settings(self) -> None:
        """Refuse an optimizer that is not as at join."""
        now = self._optimizer._values()
        for index, (before, after) in enumerate(zip(self._settings, now)):
            for key, value in before.items():
                if after[key] != value:
                    message = (
                        f"param_groups[{index}]['{key}'] is {after[key]} and was {value} at join; "
                        "allowed: as at join, since all nodes apply the same update. For a rate "
                        "that changes, pass schedule=chaos.Cosine(…) or chaos.Linear(…) to the "
                        "optimizer instead of a scheduler"
                    )
                    raise Unsupported(message)

    def _gather(self, loss: Loss | None, scale: float, is_scaled: bool) -> None:
        """Take the gradients of the micro-batch, and those of the whole share to the node.

        Parameters
        ----------
        loss : float, Tensor or None
            Of the micro-batch.
        scale : float
            By which the gradients are to be divided.
        is_scaled : bool
            Whether a GradScaler is used.
        """
        if is_scaled and not self._optimizer.skips:
            warnings.warn(
                "a GradScaler with skips=0: the first gradient that is not finite ends the "
                "training; pass skips=20 or so to the optimizer",
                stacklevel=4,
            )
        count, self._outstanding = self._outstanding, 0
        try:
            self._drain()
            if self._share is not None:
                self._require_exchange().add(self._weight(count) / scale)
                self._count(count, self._noted if loss is None else loss)
                if self._gathered == len(self._share.samples):
                    self._answer(self._share)
            if self._share is None:
                self._advance()
        except BaseException:
            # Whatever interrupts this, Ctrl-C too, leaves sums of nobody knows what.
            self.close()
            raise

    def _count(self, count: int, loss: Loss | None) -> None:
        self._gathered += count
        if loss is None:
            self._losses = None
        elif self._losses is not None:
            kept = loss.detach() if isinstance(loss, torch.Tensor) else loss
            self._losses.append((kept, self._weight(count)))

    def _weight(self, count: int) -> float:
        """Return what makes the loss, or gradient, of a micro-batch of so many samples a sum."""
        return count if self._reduction == "mean" else 1 / self._copies

    def _answer(self, share: Compute) -> None:
        count = len(share.samples)
        exchange = self._require_exchange()
        if self._is_local:
            exchange.complete_local(count)
        else:
            exchange.complete(count)
        total = None
        if self._losses is not None:
            total = _sum([float(loss) * weight for loss, weight in self._losses])
        self.loss = None if total is None else total / count
        self._share = None
        self._connection.send(
            {
                "type": "gradient",
                "ticket": share.ticket,
                "samples": count,
                # JSON has no words for other numbers.
                "loss": total if total is not None and math.isfinite(total) else None,
            }
        )

    # MARK: The node

    def _drain(self) -> None:
        """Take what the node has said already."""
        while not self.finished and (message := self._connection.poll()) is not None:
            self._take(message)

    def _advance(self) -> None:
        """Wait for the node to say what comes next, and load the parameters.

        Afterwards there is a share, or `finished` is true.
        """
        while self._share is None and not self.finished:
            # All that is there first: a stop may follow.
            self._drain()
            if self._pending is None:
                self._take(self._connection.receive())
            else:
                self._load(self._pending)

    def _attach(self, deadline: float | None) -> None:
        """Wait until the replica is whole, and load its parameters."""
        while self._pending is None:
            self._take(self._connection.receive(deadline))
        self._load(self._pending)
        # A share may have come already; then the window may have changed during the copy.
        self._drain()
        if self._pending is not None:
            self._load(self._pending)

    def _take(self, message: Message) -> None:
        """Take a message: what follows from it is in `_pending` and `_share`."""
        if isinstance(message, Refusal):
            raise error_of(message, self._model)
        if isinstance(message, Ended):
            reason = single_line(message.reason)
            raise DaemonGone(f"the node has ended: {reason}; once it is there again, join again")
        if isinstance(message, Stop):
            if self._share is not None and self._share.ticket == message.ticket:
                self._share = None
                self._outstanding = 0
            pending = self._pending
            if isinstance(pending, Compute) and pending.ticket == message.ticket:
                self._pending = None
            return
        if not isinstance(message, (State, Compute, Finished)):
            text = f"the node says {type(message).__name__.lower()} at a time when it must not"
            raise ProtocolError(text)
        if self._share is not None or isinstance(self._pending, (Compute, Finished)):
            text = (
                f"the node says {type(message).__name__.lower()} before an answer to the last "
                "compute; allowed: a stop before"
            )
            raise ProtocolError(text)
        if isinstance(message, Compute):
            self._check(message)
        self._pending = message

    def _check(self, compute: Compute) -> None:
        if len(compute.samples) > self.batch or max(compute.samples) >= self.samples:
            message = (
                f"the node says a share of {len(compute.samples)} samples up to "
                f"{max(compute.samples)}; allowed: {self.batch} samples below {self.samples}"
            )
            raise ProtocolError(message)

    def _load(self, pending: State | Compute | Finished) -> None:
        self._pending = None
        self._require_exchange().load(pending.step)
        self.step = pending.step
        self._gathered = 0
        self._outstanding = 0
        self._losses = []
        if isinstance(pending, Compute):
            self._share = pending
            self.view = pending.view
            self.members = pending.members
        elif isinstance(pending, Finished):
            self.finished = True

    def _require_exchange(self) -> Exchange:
        if self._exchange is None:
            message = "this run has been closed meanwhile"
            raise Misuse(message)
        return self._exchange


def _sum(losses: list[float]) -> float:
    """Return the sum; of infinite losses of both signs, or of too large ones, it is no number."""
    try:
        return math.fsum(losses)
    except (ValueError, OverflowError):
        return math.nan
