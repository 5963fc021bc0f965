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
    value: torch.Tensor
    answer: torch.Tensor
    # In the window itself, or on the parameter's device: then a micro-batch costs no copy from it.
    total: torch.Tensor


@dataclass
class _Buffer:
    """A buffer, its place in both windows, and what it was when it was loaded."""

    buffer: Buffer
    value: torch.Tensor
    answer: torch.Tensor
    loaded: torch.Tensor


class Exchange:
    """Loads parameters from the node, and makes answers of gradients or of local steps for it.

    The windows are Float32; what the model has in another type is cast on the way.

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
        # Whether there is no sum yet.
        self._is_empty = True
        place = 0

        def views(shape: torch.Size) -> tuple[torch.Tensor, torch.Tensor]:
            nonlocal place
            start, place = place, place + shape.numel()
            return (
                windows.parameters[start:place].view(shape),
                windows.gradients[start:place].view(shape),
            )

        for name, parameter in description.parameters:
            value, answer = views(parameter.shape)
            self._parameters.append(_Parameter(name, parameter, value, answer, answer))
        for buffer in description.buffers:
            value, answer = views(buffer.tensor.shape)
            self._buffers.append(_Buffer(buffer, value, answer, buffer.tensor.detach()))

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
        for parameter in self._parameters:
            parameter.tensor.copy_(parameter.value)
        for item in self._buffers:
            tensor = item.buffer.tensor
            tensor.copy_(item.value)
            # Not the window: what a type with fewer digits has lost is no change of the buffer.
            item.loaded = tensor.clone()
        for counter in self._description.counters:
            counter.tensor.fill_(step)
        # Of whatever was gathered with other parameters.
        self._is_empty = True

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
        for parameter in self._parameters:
            gradient = parameter.tensor.grad
            if gradient is not None and gradient.layout is not torch.strided:
                message = f"{parameter.name}: a sparse gradient; allowed: a dense one, sparse=False"
                raise Unsupported(message)
            if self._is_empty:
                device = parameter.tensor.device
                if parameter.total.device != device:
                    shape = parameter.answer.shape
                    parameter.total = (
                        parameter.answer
                        if device.type == "cpu"
                        else torch.empty(shape, dtype=torch.float32, device=device)
                    )
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
        for parameter in self._parameters:
            now, answer = parameter.tensor.detach(), parameter.answer
            if now.dtype is torch.float64:
                answer.copy_((parameter.value.to(now.device, now.dtype) - now) * samples)
                continue
            # As it was loaded: what a type with fewer digits has lost is no step.
            loaded = parameter.value.to(now.dtype).to(torch.float32)
            answer.copy_(now)
            torch.sub(loaded, answer, out=answer).mul_(samples)
        self._complete_buffers(samples)

    def _complete_buffers(self, samples: int) -> None:
        for item in self._buffers:
            now = item.buffer.tensor
            wide = torch.float64 if now.dtype is torch.float64 else torch.float32
            item.answer.copy_((now.to(wide) - item.loaded.to(now.device, wide)) * samples)
        self._is_empty = True
