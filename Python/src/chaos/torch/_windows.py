"""The two memory files that an engine shares with its node, as tensors."""

from __future__ import annotations

import contextlib
import mmap
import os
import warnings
import weakref
from typing import TYPE_CHECKING

import torch

from ._errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Sequence

_BYTES = 4

# cudaHostRegisterReadOnly
_READ_ONLY = 8


class Windows:
    """Parameters out, gradients in; mapped as long as a tensor of theirs is there.

    Parameters
    ----------
    descriptors : sequence of int
        The parameters' file, then the gradients'; closed by the caller.
    numbers : int
        How many Float32 each has.

    Attributes
    ----------
    parameters : Tensor
        Float32, flat. Only the node writes it: whoever writes to it here ends by a signal.
    gradients : Tensor
        Float32, flat.

    Raises
    ------
    ProtocolError
        If they are not two files of this size.
    """

    def __init__(self, descriptors: Sequence[int], numbers: int) -> None:
        if len(descriptors) != 2:
            message = f"{len(descriptors)} descriptors with the welcome of the node; allowed: two"
            raise ProtocolError(message)
        self.parameters = _mapped(descriptors[0], numbers, mmap.PROT_READ)
        self.gradients = _mapped(descriptors[1], numbers, mmap.PROT_READ | mmap.PROT_WRITE)
        self._is_locked = False

    def lock(self, device: torch.device) -> None:
        """Lock the pages in memory for CUDA, if it can: copies take a quarter of the time then.

        They are unlocked with the last reference to this.

        Parameters
        ----------
        device : device
            The GPU of the model: no other one is touched.
        """
        if self._is_locked:
            return
        self._is_locked = True
        cuda = torch.cuda.cudart()
        with torch.cuda.device(device):
            # Made before a call may fail, so that it is the kernel that is told of that.
            scratch = torch.zeros(1, device=device)
            for tensor, flags in ((self.parameters, _READ_ONLY), (self.gradients, 0)):
                place = tensor.data_ptr()
                if int(cuda.cudaHostRegister(place, _BYTES * tensor.numel(), flags)) == 0:
                    # Before the tensors go, and so while the memory is there.
                    weakref.finalize(self, _unlock, place, os.getpid())
                else:
                    # Takes CUDA's last error, which a later kernel would be blamed for.
                    with contextlib.suppress(RuntimeError):
                        scratch.zero_()


def _unlock(place: int, process: int) -> None:
    # A forked process has the memory and no CUDA.
    if os.getpid() == process:
        torch.cuda.cudart().cudaHostUnregister(place)


def _mapped(descriptor: int, numbers: int, protection: int) -> torch.Tensor:
    try:
        size = os.fstat(descriptor).st_size
        # Beyond the end of a file memory is there and kills whoever touches it.
        if size != _BYTES * numbers:
            message = f"a window of {size} bytes; allowed: {_BYTES * numbers}"
            raise ProtocolError(message)
        memory = mmap.mmap(descriptor, size, mmap.MAP_SHARED, protection)
    except OSError as error:
        message = f"a window that cannot be mapped: {error.strerror or error}"
        raise ProtocolError(message) from error
    with warnings.catch_warnings():
        # That torch does not know of memory which must not be written. It is not.
        warnings.filterwarnings("ignore", "The given buffer is not writable")
        return torch.frombuffer(memory, dtype=torch.float32)
