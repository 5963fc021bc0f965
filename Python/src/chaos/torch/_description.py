"""What is trained: the arrays of a model, and how its optimizer updates them.

``attach`` (ENGINE.md) carries it. All nodes of a run must describe the same.
"""

from __future__ import annotations

import ctypes
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import torch
from torch.nn.modules.batchnorm import _BatchNorm

from ._errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._optimizers import NodeOptimizer

# The wrapper of torch.compile puts this before names; without it a model is the same as compiled.
_COMPILED = "_orig_mod."

# The counter of BatchNorm: how many batches it has seen, which is the step.
_COUNTER = "num_batches_tracked"


@dataclass(frozen=True)
class Buffer:
    """A buffer and where it is: modules put other tensors in its place, `Module.to` does.

    Parameters
    ----------
    name : str
        As in the model's `state_dict`.
    module : torch.nn.Module
        The one that has it.
    key : str
        Its name there.
    """

    name: str
    module: torch.nn.Module
    key: str

    @property
    def tensor(self) -> torch.Tensor:
        """What it is now."""
        return cast("torch.Tensor", getattr(self.module, self.key))


@dataclass(frozen=True)
class Description:
    """What is trained, for the node and for the exchange with it.

    Parameters
    ----------
    parameters : tuple of pairs
        Name and parameter, in the order of the windows.
    buffers : tuple of Buffer
        What follows from the samples and is averaged; behind the parameters in the windows.
    counters : tuple of Buffer
        Whole numbers that are the step.
    document : dict
        The field ``model`` of ``attach``.
    takes_one : bool
        Whether the model takes a batch of one sample: BatchNorm does not.
    model : torch.nn.Module
        Of which all this is.
    frozen : tuple of pairs
        Name and parameter of what is not trained.
    """

    parameters: tuple[tuple[str, torch.nn.Parameter], ...]
    buffers: tuple[Buffer, ...]
    counters: tuple[Buffer, ...]
    document: dict[str, object]
    takes_one: bool
    model: torch.nn.Module
    frozen: tuple[tuple[str, torch.nn.Parameter], ...]

    def check(self) -> None:
        """See that the model has the parameters that it had at `join`.

        Raises
        ------
        Unsupported
            If a parameter has been added, removed, replaced, frozen or unfrozen: it would not be
            trained, without a word. With its name.

        Notes
        -----
        Cost: O(parameters), none of whose numbers is looked at.
        """
        known = {name: (parameter, True) for name, parameter in self.parameters}
        known.update({name: (parameter, False) for name, parameter in self.frozen})
        for name, parameter in self.model.named_parameters():
            parameter_then, was_trained = known.pop(_plain(name), (None, False))
            if parameter_then is not parameter:
                change = "added" if parameter_then is None else "replaced"
            elif parameter.requires_grad != was_trained:
                change = "unfrozen" if parameter.requires_grad else "frozen"
            else:
                continue
            raise Unsupported(_changed(_plain(name), change))
        for name in known:
            raise Unsupported(_changed(name, "removed"))

    @property
    def numbers(self) -> int:
        """How many Float32 a window has."""
        return sum(parameter.numel() for _, parameter in self.parameters) + sum(
            buffer.tensor.numel() for buffer in self.buffers
        )


def describe(
    model: torch.nn.Module, optimizer: NodeOptimizer, *, local: bool = False
) -> Description:
    """Describe what is trained.

    Parameters
    ----------
    model : torch.nn.Module
        Parameters that require gradients are trained, those that do not are constants. Persistent
        buffers of floating-point numbers are averaged over the samples, others are constants, but
        for the counters of BatchNorm. Buffers that are not in the `state_dict` are nobody's
        business.
    optimizer : NodeOptimizer
        Its groups together have all trained parameters, each once.
    local : bool, optional
        Whether what is computed is the change that local steps make, and not a gradient.

    Returns
    -------
    Description
        Tied parameters are in it once, by their first name.

    Raises
    ------
    Unsupported
        If a parameter is complex, sparse, on the meta device or not initialized yet; if a trained
        one is in no group; if one of a group is not in the model. With its name.

    Notes
    -----
    Cost: a digest of all constants.
    """
    named = [(_plain(name), parameter) for name, parameter in model.named_parameters()]
    names = {parameter: name for name, parameter in named}
    trained = tuple((name, parameter) for name, parameter in named if parameter.requires_grad)
    groups = _groups(optimizer, names)
    grouped = {name for group in groups for name in cast("list[str]", group["parameters"])}
    for name, parameter in trained:
        _check_parameter(name, parameter)
        if name not in grouped:
            message = (
                f"{name}: in no group of the optimizer; allowed: in one, or requires_grad_(False)"
            )
            raise Unsupported(message)
    if not trained:
        message = "a model without a parameter that requires gradients; allowed: at least one"
        raise Unsupported(message)
    constants: list[tuple[str, torch.Tensor]] = [
        (name, value) for name, value in named if not value.requires_grad
    ]
    buffers: list[Buffer] = []
    counters: list[Buffer] = []
    for buffer in _persistent_buffers(model):
        tensor = buffer.tensor
        _check_initialized(buffer.name, tensor)
        if tensor.layout is not torch.strided or tensor.is_meta:
            message = f"{buffer.name}: a {_kind(tensor)} buffer; allowed: a dense one with numbers"
            raise Unsupported(message)
        if tensor.is_floating_point():
            if not bool(torch.isfinite(tensor).all()):
                # A mask, as a rule, which is no statistic that could be averaged.
                message = (
                    f"{buffer.name}: a buffer with numbers that are not finite; allowed: finite "
                    "ones, or persistent=False"
                )
                raise Unsupported(message)
            buffers.append(buffer)
        elif buffer.key == _COUNTER:
            counters.append(buffer)
        else:
            constants.append((buffer.name, tensor))
    document: dict[str, object] = {
        "parameters": [
            {"name": name, "shape": list(parameter.shape)} for name, parameter in trained
        ],
        "buffers": [{"name": item.name, "shape": list(item.tensor.shape)} for item in buffers],
        "constants": [{"name": name, "sha256": _digest(name, value)} for name, value in constants],
        "computes": "change" if local else "gradient",
        "groups": groups,
        "schedule": optimizer.schedule.document(),
        "max_norm": optimizer.max_norm,
        "skips": optimizer.skips,
    }
    takes_one = not any(isinstance(module, _BatchNorm) for module in model.modules())
    frozen = tuple((name, value) for name, value in named if not value.requires_grad)
    return Description(trained, tuple(buffers), tuple(counters), document, takes_one, model, frozen)


def _changed(name: str, change: str) -> str:
    return f"{name}: {change} since join; allowed: the parameters as then, or another join"


def check_inner(inner: tuple[torch.optim.Optimizer, ...], description: Description) -> None:
    """Refuse inner optimizers of other parameters than those that are trained.

    Parameters
    ----------
    inner : tuple of Optimizer
        They make the local steps.
    description : Description
        Of what is trained.

    Raises
    ------
    Unsupported
        If a parameter of theirs is not in the model, or a trained one in none of their groups.
    """
    known = {parameter for _, parameter in (*description.parameters, *description.frozen)}
    groups = [group for optimizer in inner for group in optimizer.param_groups]
    for index, group in enumerate(groups):
        for place, parameter in enumerate(group["params"]):
            if parameter not in known:
                raise _not_in_model(f"inner.param_groups[{index}]", place, parameter, group)
    stepped = {parameter for group in groups for parameter in group["params"]}
    for name, parameter in description.parameters:
        if parameter not in stepped:
            message = (
                f"{name}: in no group of the inner optimizer; allowed: in one, or "
                "requires_grad_(False)"
            )
            raise Unsupported(message)


def _not_in_model(
    where: str, place: int, parameter: torch.Tensor, group: dict[str, Any]
) -> Unsupported:
    told = group.get("param_names")
    name = f"{told[place]}: " if told else ""
    return Unsupported(
        f"{name}{where}['params'][{place}], of shape {tuple(parameter.shape)}, is not in the "
        "model; allowed: its parameters"
    )


def _plain(name: str) -> str:
    return name.replace(_COMPILED, "")


def _groups(
    optimizer: NodeOptimizer, names: dict[torch.nn.Parameter, str]
) -> list[dict[str, object]]:
    """Return the groups that train something, with the names of their trained parameters."""
    groups: list[dict[str, object]] = []
    for index, group in enumerate(optimizer.param_groups):
        trained: list[str] = []
        for place, parameter in enumerate(group["params"]):
            if parameter not in names:
                raise _not_in_model(f"param_groups[{index}]", place, parameter, group)
            if parameter.requires_grad:
                trained.append(names[parameter])
        if trained:
            groups.append({"parameters": trained, **optimizer._document(group)})
    return groups


def _check_initialized(name: str, tensor: torch.Tensor) -> None:
    """Refuse an array that has no shape yet, before anything else is asked of it."""
    if torch.nn.parameter.is_lazy(tensor):
        message = f"{name}: not initialized yet; allowed: after a batch has gone through the model"
        raise Unsupported(message)


def _check_parameter(name: str, parameter: torch.nn.Parameter) -> None:
    """Refuse what cannot be trained."""
    _check_initialized(name, parameter)
    if parameter.layout is not torch.strided or parameter.is_meta or parameter.is_complex():
        message = f"{name}: a {_kind(parameter)} parameter; allowed: a dense one of real numbers"
        raise Unsupported(message)


def _kind(tensor: torch.Tensor) -> str:
    if tensor.is_meta:
        return "meta"
    return "complex" if tensor.is_complex() else "sparse"


def _persistent_buffers(model: torch.nn.Module) -> Iterator[Buffer]:
    """Give out the buffers of the `state_dict`, one that is in it twice by its first name."""
    seen: set[torch.Tensor] = set()
    for prefix, module in model.named_modules():
        for key, tensor in module._buffers.items():
            if tensor is None or key in module._non_persistent_buffers_set:
                continue
            if tensor not in seen:
                seen.add(tensor)
                yield Buffer(_plain(f"{prefix}.{key}" if prefix else key), module, key)


def _digest(name: str, tensor: torch.Tensor) -> str:
    """Return the SHA-256 of a constant: of its type, shape and bytes, in hexadecimal digits."""
    _check_initialized(name, tensor)
    if tensor.layout is not torch.strided or tensor.is_meta:
        message = f"{name}: a constant without bytes; allowed: a dense one with numbers"
        raise Unsupported(message)
    value = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous()
    digest = hashlib.sha256(f"{value.dtype} {list(value.shape)}\n".encode())
    count = value.numel() * value.element_size()
    if count:
        # Without NumPy a tensor has no other way to its bytes that does not copy them one by one.
        digest.update((ctypes.c_ubyte * count).from_address(value.data_ptr()))
    return digest.hexdigest()
