"""What goes between a model and the windows of its node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from ._errors import Unsupported

if TYPE_CHECKING:
    from ._description import Buffer, Description
    from ._windows import Windows


@dataclass
class _Parameter:
    """A parameter, its place in both windows, and the sum of its gradients."""

    name: str
    tensor: torch.nn.Parameter
    place: slice
    value: torch.Tensor
    answer: torch.Tensor
    # In the window itself, or on the parameter's device: then a micro-batch costs no copy from it.
    total: torch.Tensor


@dataclass
class _Buffer:
    """A buffer, its place in both windows, and what it was when it was loaded."""

    buffer: Buffer
    place: slice
    value: torch.Tensor
    answer: torch.Tensor
    loaded: torch.Tensor


def _has_own_memory(device: torch.device) -> bool:
    return device.type != "cpu"


class Exchange:
    """Loads parameters from the node, and makes answers of gradients or of local steps for it.

    The windows are Float32; what the model has in another type is cast on the way. If all of it is
    on one GPU, a step costs one copy each way, to and from memory there that is as large as a
    window; after local steps the parameters are copied there once more. Else each parameter has
    copies of its own.

    Parameters
    ----------
    description : Description
        Whose arrays lie in the windows one after the other.
    windows : Windows
        Of as many numbers.
    """

    def __init__(self, description: Description, windows: Windows) -> None:
        self._parameters: list[_Parameter] = []
        self._buffers: list[_Buffer] = []
        self._description = description
        self._windows = windows
        # What was loaded, then the sums, on the GPU that has the whole model. None: there is none.
        self._stage: torch.Tensor | None = None
        # Whether there is no sum yet.
        self._is_empty = True
        end = 0

        def place(shape: torch.Size) -> tuple[slice, torch.Tensor, torch.Tensor]:
            nonlocal end
            start, end = end, end + shape.numel()
            part = slice(start, end)
            return part, windows.parameters[part].view(shape), windows.gradients[part].view(shape)

        for name, parameter in description.parameters:
            part, value, answer = place(parameter.shape)
            self._parameters.append(_Parameter(name, parameter, part, value, answer, answer))
        for buffer in description.buffers:
            loaded = buffer.tensor.detach()
            self._buffers.append(_Buffer(buffer, *place(loaded.shape), loaded))

    def _settle(self) -> None:
        """Make memory on the GPU that has the whole model now, or give it up."""
        devices = {parameter.tensor.device for parameter in self._parameters}
        devices |= {item.buffer.tensor.device for item in self._buffers}
        device = devices.pop() if len(devices) == 1 else None
        if device is not None and not _has_own_memory(device):
            device = None
        if device == (None if self._stage is None else self._stage.device):
            return
        self._stage = None
        if device is not None:
            self._stage = torch.empty_like(self._windows.parameters, device=device)
            if device.type == "cuda":
                self._windows.lock(device)
        # None keeps the memory that there was.
        for parameter in self._parameters:
            parameter.total = self._staged(parameter)

    def _staged(self, item: _Parameter | _Buffer) -> torch.Tensor:
        """Return where an array lies in the memory on the GPU, or without that in the answer."""
        if self._stage is None:
            return item.answer
        return self._stage[item.place].view(item.answer.shape)

    @torch.no_grad()
    def begin(self) -> None:
        """Write the model as it is to the gradients' window, as the first state of the run."""
        for parameter in self._parameters:
            parameter.answer.copy_(parameter.tensor)
        for buffer in self._buffers:
            buffer.answer.copy_(buffer.buffer.tensor)

    @torch.no_grad()
    def load(self, step: int) -> None:
        """Put into the model what the parameters' window has, and forget the sums.

        Parameters
        ----------
        step : int
            The one before which they are; the counters of BatchNorm become it.

        Raises
        ------
        Unsupported
            If the model has other parameters than at `join`.
        """
        self._description.check()
        self._settle()
        if self._stage is not None:
            self._stage.copy_(self._windows.parameters)
        for parameter in self._parameters:
            parameter.tensor.copy_(self._loaded(parameter))
        for item in self._buffers:
            tensor = item.buffer.tensor
            tensor.copy_(self._loaded(item))
            # Not the window: what a type with fewer digits has lost is no change of the buffer.
            item.loaded = tensor.clone()
        for counter in self._description.counters:
            counter.tensor.fill_(step)
        if self._stage is not None and self._stage.device.type == "cuda":
            # Whatever stream the model computes on next, its parameters are there.
            torch.cuda.current_stream(self._stage.device).synchronize()
        # Of whatever was gathered with other parameters.
        self._is_empty = True

    def _make_total(self, parameter: _Parameter) -> None:
        """Make memory for a sum where its parameter is, if the model is not on one GPU."""
        device = parameter.tensor.device
        if self._stage is not None or parameter.total.device == device:
            return
        parameter.total = (
            torch.empty_like(parameter.answer, device=device)
            if _has_own_memory(device)
            else parameter.answer
        )

    def _loaded(self, item: _Parameter | _Buffer) -> torch.Tensor:
        """Return what is to be loaded, in the memory on the GPU if there is one."""
        return item.value if self._stage is None else self._staged(item)

    @torch.no_grad()
    def add(self, weight: float) -> None:
        """Add the gradients that the parameters have to the sums.

        Parameters
        ----------
        weight : float
            Makes a gradient the sum over its samples. None is zeros.

        Raises
        ------
        Unsupported
            If a gradient is sparse, with the name of the parameter.
        """
        if self._is_empty:
            self._settle()
        for parameter in self._parameters:
            gradient = parameter.tensor.grad
            if gradient is not None and gradient.layout is not torch.strided:
                message = f"{parameter.name}: a sparse gradient; allowed: a dense one, sparse=False"
                raise Unsupported(message)
            if self._is_empty:
                self._make_total(parameter)
                # First as Float32, then times the weight: the product may have more digits than the
                # gradient's type.
                if gradient is None:
                    parameter.total.zero_()
                else:
                    torch.mul(gradient.to(torch.float32), weight, out=parameter.total)
            elif gradient is not None:
                parameter.total.add_(gradient.to(torch.float32), alpha=weight)
        self._is_empty = False

    @torch.no_grad()
    def complete(self, samples: int) -> None:
        """Make the gradients' window the answer to the node.

        Parameters
        ----------
        samples : int
            Of how many samples the sums are.
        """
        if self._stage is None:
            for parameter in self._parameters:
                if parameter.total is not parameter.answer:
                    parameter.answer.copy_(parameter.total)
        self._complete_buffers(samples)

    @torch.no_grad()
    def complete_local(self, samples: int) -> None:
        """Make the gradients' window the answer to the node after local steps.

        For each parameter it is what was loaded less what it is now, times the number of samples.

        Parameters
        ----------
        samples : int
            Of how many samples the steps were.

        Notes
        -----
        What was loaded is in the parameters' window, which the node leaves as it is until it has
        the answer or has sent a stop, and after a stop nobody wants the answer.
        """
        self._settle()
        if self._stage is not None:
            self._stage.copy_(self._windows.parameters)
        for parameter in self._parameters:
            now = parameter.tensor.detach()
            value, answer = self._loaded(parameter), self._staged(parameter)
            if now.dtype is torch.float64:
                answer.copy_((value.to(now.device, now.dtype) - now) * samples)
                continue
            # As it was loaded: what a type with fewer digits has lost is no step.
            loaded = value.to(now.dtype).to(torch.float32)
            torch.sub(loaded, now.to(answer.device, torch.float32), out=answer).mul_(samples)
        self._complete_buffers(samples)

    def _complete_buffers(self, samples: int) -> None:
        for item in self._buffers:
            now = item.buffer.tensor
            wide = torch.float64 if now.dtype is torch.float64 else torch.float32
            change = (now.to(wide) - item.loaded.to(now.device, wide)) * samples
            self._staged(item).copy_(change)
        if self._stage is not None:
            self._windows.gradients.copy_(self._stage)
        self._is_empty = True
