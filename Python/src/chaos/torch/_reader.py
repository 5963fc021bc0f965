"""Reading the samples of a share from a data set, ahead of the loop if it is asked to."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Callable, Protocol

import torch
from torch.utils.data import IterableDataset, default_collate

from ._errors import Mismatch, Unsupported

if TYPE_CHECKING:
    from collections.abc import Sequence

# How many micro-batches are read ahead for each worker, as DataLoader does.
_AHEAD = 2


class MapDataset(Protocol):
    """A data set whose samples have numbers from 0 on, such as most of `torch.utils.data`."""

    def __getitem__(self, index: int, /) -> Any:
        """Return a sample."""
        ...

    def __len__(self) -> int:
        """Return how many there are."""
        ...


def check_dataset(dataset: object, samples: int) -> None:
    """Refuse what is no data set of this run.

    Parameters
    ----------
    dataset : object
        What the user has given.
    samples : int
        How many samples the run has.

    Raises
    ------
    Unsupported
        If it is not map-style: one without ``__getitem__`` and ``__len__``.
    Mismatch
        If it has more or fewer samples.
    """
    is_map = hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__")
    if not is_map or isinstance(dataset, IterableDataset):
        message = (
            f"a data set of type {type(dataset).__name__}; allowed: a map-style one, with "
            "__getitem__ and __len__: the nodes say which samples are whose"
        )
        raise Unsupported(message)
    count = len(dataset)  # type: ignore[arg-type]
    if count != samples:
        message = f"the dataset has {count} samples here, {samples} in the run"
        raise Mismatch(message)


def divide(samples: Sequence[int], most: int) -> list[list[int]]:
    """Divide a share into as few micro-batches as there can be.

    Parameters
    ----------
    samples : sequence of int
        At least one.
    most : int
        How many a micro-batch may have.

    Returns
    -------
    list of lists
        In order. Their lengths differ by one at most: 33 samples by 32 are 17 and 16, since
        BatchNorm takes no single sample.
    """
    count = -(-len(samples) // most)
    ends = [len(samples) * part // count for part in range(count + 1)]
    return [list(samples[start:end]) for start, end in zip(ends, ends[1:])]


class Reader:
    """Reads the micro-batches of one share after the other.

    Parameters
    ----------
    dataset : MapDataset
        With ``__getitems__``, if it has that, a micro-batch is read by one call.
    collate : callable or None
        Makes a batch of a list of samples; None: `torch.utils.data.default_collate`.
    workers : int
        How many threads read ahead; 0: samples are read when they are asked for.
    device : torch.device, str or None
        Where tensors of the batch are put; None: they stay.
    """

    def __init__(
        self,
        dataset: MapDataset,
        collate: Callable[[list[Any]], Any] | None,
        workers: int,
        device: torch.device | str | None,
    ) -> None:
        self._dataset = dataset
        self._collate = default_collate if collate is None else collate
        self._device = device
        self._waiting: deque[list[int]] = deque()
        self._read_ahead: deque[tuple[list[int], Future[Any]]] = deque()
        self._most_ahead = _AHEAD * workers
        # Threads and not processes: which samples come is known for one step only, and may change
        # within it, so that a DataLoader's processes would be started for every step. What takes
        # time in a data set (files, decoding, torch's own functions) lets other threads run.
        self._pool = ThreadPoolExecutor(workers, "chaos reader") if workers else None

    def begin(self, parts: list[list[int]]) -> None:
        """Go on with the micro-batches of another share; what has been read of the last is lost."""
        for _, future in self._read_ahead:
            future.cancel()
        self._read_ahead.clear()
        self._waiting = deque(parts)
        self._fill()

    def next(self) -> tuple[list[int], Any] | None:
        """Return the next micro-batch: its samples and the batch; None after the last.

        Raises
        ------
        Exception
            What the data set or the collating function raises.
        """
        if self._pool is None:
            if not self._waiting:
                return None
            indices = self._waiting.popleft()
            return indices, to_device(self._read(indices), self._device)
        if not self._read_ahead:
            return None
        indices, future = self._read_ahead.popleft()
        batch = future.result()
        self._fill()
        return indices, to_device(batch, self._device)

    def close(self) -> None:
        """Stop reading."""
        self.begin([])
        if self._pool is not None:
            self._pool.shutdown(wait=False)

    def _fill(self) -> None:
        if self._pool is None:
            return
        while self._waiting and len(self._read_ahead) < self._most_ahead:
            indices = self._waiting.popleft()
            self._read_ahead.append((indices, self._pool.submit(self._read, indices)))

    def _read(self, indices: list[int]) -> Any:
        read_many = getattr(self._dataset, "__getitems__", None)
        samples = read_many(indices) if read_many else [self._dataset[index] for index in indices]
        return self._collate(samples)


def to_device(batch: Any, device: torch.device | str | None) -> Any:
    """Return a batch with its tensors on a device.

    Parameters
    ----------
    batch : object
        A tensor, or tuples, lists and mappings of batches; anything else stays as it is.
    device : torch.device, str or None
        None: everything stays as it is.
    """
    if device is None:
        return batch
    if isinstance(batch, torch.Tensor):
        return batch.to(device, non_blocking=True)
    if isinstance(batch, Mapping):
        return {key: to_device(value, device) for key, value in batch.items()}
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*(to_device(value, device) for value in batch))
    if isinstance(batch, (tuple, list)):
        return type(batch)(to_device(value, device) for value in batch)
    return batch
