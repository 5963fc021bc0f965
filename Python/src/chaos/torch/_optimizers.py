"""Optimizers as PyTorch's users know them, whose update the nodes apply.

They say what the update is and keep nothing: moments and the step count are part of the replica,
which is the node's. Their `step` hands over gradients. Beside an inner optimizer they have no
`step`: then the nodes apply them to what local steps have made of the parameters.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Callable, ClassVar, overload

import torch

from ._errors import Misuse, Unsupported
from ._schedule import Constant, Cosine, Linear, Schedule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._run import Run

    Parameters = (
        Iterable[torch.Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, torch.Tensor]]
    )
    Loss = float | torch.Tensor

_MOST_SKIPS = 2**31

# What torch's optimizers can do and the nodes cannot; a group that asks for it would be trained
# otherwise than its author thinks.
_UNSUPPORTED_OPTIONS = ("amsgrad", "dampening", "maximize", "decoupled_weight_decay")


class NodeOptimizer(torch.optim.Optimizer):
    """What the optimizers have in common.

    Parameters
    ----------
    params : iterable
        Parameters or groups of them, as for any optimizer of torch.
    defaults : dict
        The settings of groups that do not say otherwise.
    max_norm : float or None
        The Euclidean norm, above 0, to which a longer mean gradient of all parameters is shortened,
        as by `torch.nn.utils.clip_grad_norm_`; None: none is.
    skips : int
        So many steps in a row, 0 … 2^31, may leave the parameters as they are because the gradient
        is not finite, before the training ends.
    schedule : Constant, Linear, Cosine or None
        How the rate depends on the step; None: not at all.
    """

    # torch.amp.GradScaler hands over its scale and calls step() even if a gradient is not finite:
    # only all nodes together can leave a step out.
    _step_supports_amp_scaling = True

    _settings: ClassVar[tuple[str, ...]]
    """The keys of a group that describe its update, but for ``betas``, which are two."""

    _run: Run | None = None

    def __init__(
        self,
        params: Parameters,
        defaults: dict[str, Any],
        *,
        max_norm: float | None,
        skips: int,
        schedule: Schedule | None,
    ) -> None:
        # The form of the comparisons refuses what is no number as well.
        if max_norm is not None and not 0 < max_norm < math.inf:
            message = f"max_norm: {max_norm!r}; allowed: None or a number above 0"
            raise ValueError(message)
        if type(skips) is not int or not 0 <= skips <= _MOST_SKIPS:
            message = f"skips: {skips!r}; allowed: a whole number, 0 … 2^31"
            raise ValueError(message)
        if schedule is not None and not isinstance(schedule, (Constant, Linear, Cosine)):
            message = f"schedule: {schedule!r}; allowed: None, Constant, Linear or Cosine"
            raise TypeError(message)
        self.max_norm = max_norm
        self.skips = skips
        self.schedule: Schedule = schedule or Constant()
        super().__init__(params, defaults)

    @overload
    def step(self, closure: None = None, *, loss: Loss | None = None) -> None: ...

    @overload
    def step(self, closure: Callable[[], float], *, loss: Loss | None = None) -> float: ...

    def step(
        self, closure: Callable[[], float] | None = None, *, loss: Loss | None = None
    ) -> float | None:
        """Take the gradients of the micro-batch that `Run.batches` has given out last.

        With those of the last micro-batch of this node's share of a step, the sums go to the node.
        Then the call waits until all nodes have made the step, and the model has its new
        parameters.

        Parameters
        ----------
        closure : callable, optional
            Computes the loss and the gradients anew, as torch's optimizers call it.
        loss : float or Tensor, optional
            The loss of the micro-batch, for people: `Run.loss` and the node's reports. That of the
            closure if there is one.

        Returns
        -------
        float or None
            What the closure has returned.

        Raises
        ------
        Misuse
            Before `join`, after the run has been closed, for a micro-batch that has been taken
            already, and beside an inner optimizer.
        ValueError
            If the loss is not a single number.
        Unsupported
            If a setting has been changed since `join`, or a gradient is sparse.
        DaemonGone, Mismatch, Refused, ProtocolError
            The node has gone or refuses. The run is closed then.
        """
        if self._run is None:
            message = (
                "step() of an optimizer whose node is not known; allowed: after "
                "run = chaos.join(model, optimizer, socket_path)"
            )
            raise Misuse(message)
        self._run._require_micro_batch()
        result: float | None = None
        if closure is not None:
            with torch.enable_grad():
                result = closure()
            loss = result if loss is None else loss
        if loss is not None:
            self._run._require_single(loss)
        # Set by GradScaler during its step(); None if it has been asked to unscale_ before.
        scale = getattr(self, "grad_scale", None)
        self._run._gather(loss, 1.0 if scale is None else float(scale), scale is not None)
        return result

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of parameters, as torch's optimizers do.

        Raises
        ------
        ValueError
            If a setting is out of range.
        Unsupported
            If the group has an option of torch's that the nodes do not have, or after `join`.
        """
        if self._run is not None and not self._run.closed:
            message = "a group of parameters added after join; allowed: before"
            raise Unsupported(message)
        super().add_param_group(param_group)
        self._settle(self.param_groups[-1])

    def _settle(self, group: dict[str, Any]) -> None:
        """Refuse a group with what the nodes do not have, and make its settings numbers."""
        for option in _UNSUPPORTED_OPTIONS:
            if group.get(option):
                message = f"{option}: {group[option]!r}; allowed: an optimizer without it"
                raise Unsupported(message)
        # As numbers: a tensor could be changed unseen.
        for key in self._settings:
            if key != "nesterov":
                group[key] = float(group[key])
        if "betas" in group:
            beta1, beta2 = group["betas"]
            group["betas"] = (float(beta1), float(beta2))
        self._check(group)

    def _check(self, group: dict[str, Any]) -> None:
        """Refuse settings that are out of range."""
        positive = [key for key in ("lr", "eps") if key in group]
        fractions = [("momentum", group["momentum"])] if "momentum" in group else []
        fractions += [(f"betas[{k}]", beta) for k, beta in enumerate(group.get("betas", ()))]
        for key in positive:
            if not 0 < group[key] < math.inf:
                message = f"{key}: {group[key]!r}; allowed: a number above 0"
                raise ValueError(message)
        for name, value in fractions:
            if not 0 <= value < 1:
                message = f"{name}: {value!r}; allowed: 0 … 1, 1 excluded"
                raise ValueError(message)
        if not 0 <= group["weight_decay"] < math.inf:
            message = f"weight_decay: {group['weight_decay']!r}; allowed: a number from 0 on"
            raise ValueError(message)

    def _follow(self, model: torch.nn.Module) -> None:
        """Take the parameters of a model that joins, if none have been given."""

    def _values(self) -> list[dict[str, Any]]:
        """Return the settings of each group, as they are now."""
        keys = [*self._settings, *(["betas"] if "betas" in self.defaults else [])]
        return [{key: group[key] for key in keys} for group in self.param_groups]

    def _document(self, group: dict[str, Any]) -> dict[str, object]:
        """Return the settings of a group as ENGINE.md describes them."""
        raise NotImplementedError


class _Adaptive(NodeOptimizer):
    """What Adam and AdamW have in common."""

    _settings = ("lr", "eps", "weight_decay")
    _kind: ClassVar[str]

    def _document(self, group: dict[str, Any]) -> dict[str, object]:
        beta1, beta2 = group["betas"]
        return {
            "optimizer": self._kind,
            "rate": group["lr"],
            "beta1": beta1,
            "beta2": beta2,
            "epsilon": group["eps"],
            "decay": group["weight_decay"],
        }


class AdamW(_Adaptive):
    """Adam with decoupled weight decay, as `torch.optim.AdamW`; the nodes apply it.

    Parameters
    ----------
    params : iterable
        Parameters or groups of them with `lr`, `betas`, `eps` and `weight_decay` of their own.
    lr : float, default 0.001
        The learning rate, above 0.
    betas : tuple of two floats, default (0.9, 0.999)
        Of the means of the gradient and of its square, 0 … 1 without 1.
    eps : float, default 1e-8
        Above 0.
    weight_decay : float, default 0.01
        From 0 on.
    max_norm : float, optional
        The Euclidean norm, above 0, to which a longer mean gradient of all parameters is shortened.
    skips : int, default 0
        So many steps in a row, 0 … 2^31, may leave the parameters as they are because the gradient
        is not finite, before the training ends. With a GradScaler at least 20, since its first
        scales are too large.
    schedule : Constant, Linear or Cosine, optional
        How the rate depends on the step.

    Raises
    ------
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> opt = chaos.AdamW(model.parameters(), lr=3e-4, max_norm=1.0)

    Notes
    -----
    Source: Loshchilov and Hutter 2019. Settings are rounded to Float32.
    """

    _kind = "adamw"

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        *,
        max_norm: float | None = None,
        skips: int = 0,
        schedule: Schedule | None = None,
    ) -> None:
        defaults = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, defaults, max_norm=max_norm, skips=skips, schedule=schedule)


class Adam(_Adaptive):
    """Adam, as `torch.optim.Adam`; the nodes apply it.

    Parameters
    ----------
    params : iterable
        Parameters or groups of them with `lr`, `betas`, `eps` and `weight_decay` of their own.
    lr : float, default 0.001
        The learning rate, above 0.
    betas : tuple of two floats, default (0.9, 0.999)
        Of the means of the gradient and of its square, 0 … 1 without 1.
    eps : float, default 1e-8
        Above 0.
    weight_decay : float, default 0
        From 0 on: so many times a parameter is added to its gradient.
    max_norm, skips, schedule
        As of `AdamW`.

    Raises
    ------
    ValueError
        If a setting is out of range.

    Notes
    -----
    Source: Kingma and Ba 2015, algorithm 1. Settings are rounded to Float32.
    """

    _kind = "adam"

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        max_norm: float | None = None,
        skips: int = 0,
        schedule: Schedule | None = None,
    ) -> None:
        defaults = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, defaults, max_norm=max_norm, skips=skips, schedule=schedule)


class SGD(NodeOptimizer):
    """Stochastic gradient descent, as `torch.optim.SGD`; the nodes apply it.

    Parameters
    ----------
    params : iterable
        Parameters or groups of them with `lr`, `momentum`, `weight_decay` and `nesterov` of their
        own. Either all groups have momentum or none.
    lr : float, default 0.001
        The learning rate, above 0.
    momentum : float, default 0
        0 … 1 without 1.
    weight_decay : float, default 0
        From 0 on: so many times a parameter is added to its gradient.
    nesterov : bool, default False
        Whether the step is Nesterov's, which needs momentum.
    max_norm, skips, schedule
        As of `AdamW`.

    Raises
    ------
    ValueError
        If a setting is out of range.

    Notes
    -----
    What follows `momentum` is named: torch has `dampening` in the next place. Settings are rounded
    to Float32.
    """

    _settings = ("lr", "momentum", "weight_decay", "nesterov")

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        momentum: float = 0.0,
        *,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        max_norm: float | None = None,
        skips: int = 0,
        schedule: Schedule | None = None,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
        }
        super().__init__(params, defaults, max_norm=max_norm, skips=skips, schedule=schedule)

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        if group["nesterov"] and group["momentum"] == 0:
            message = "nesterov: True with momentum 0; allowed: with momentum above 0"
            raise ValueError(message)
        if (group["momentum"] == 0) != (self.param_groups[0]["momentum"] == 0):
            message = (
                f"momentum: {group['momentum']} beside {self.param_groups[0]['momentum']}; "
                "allowed: all groups with momentum, or none, since they keep the same state"
            )
            raise ValueError(message)

    def _document(self, group: dict[str, Any]) -> dict[str, object]:
        return {
            "optimizer": "sgd",
            "rate": group["lr"],
            "momentum": group["momentum"],
            "nesterov": bool(group["nesterov"]),
            "decay": group["weight_decay"],
        }


class Nesterov(SGD):
    """Nesterov's momentum over local steps: the outer optimizer of DiLoCo; the nodes apply it.

    The gradient of a step of it is the mean, over the samples of a round, of the differences that
    the inner optimizers of all engines have made.

    Parameters
    ----------
    params : iterable, optional
        Parameters or groups of them, as of `SGD`; by default those of the model at `join` that
        require gradients, in one group.
    lr : float, default 0.7
        The rate, above 0; 1 without momentum makes the parameters the mean of all engines'.
    momentum : float, default 0.9
        0 … 1 without 1.
    max_norm, skips, schedule
        As of `AdamW`, of rounds: `max_norm` is that of the mean difference.

    Raises
    ------
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> inner = torch.optim.AdamW(model.parameters(), lr=4e-4)
    >>> outer = chaos.Nesterov(lr=0.7, momentum=0.9)
    >>> run = chaos.join(model, outer, "/run/chaos/node.sock", inner=inner)

    Notes
    -----
    Source: Douillard et al. 2023, DiLoCo. The nodes know it as `SGD` with ``nesterov=True``.
    """

    def __init__(
        self,
        params: Parameters | None = None,
        lr: float = 0.7,
        momentum: float = 0.9,
        *,
        max_norm: float | None = None,
        skips: int = 0,
        schedule: Schedule | None = None,
    ) -> None:
        self._follows_model = params is None
        super().__init__(
            # torch's optimizers refuse to be without any, and settings are checked with a group.
            [torch.nn.Parameter(torch.empty(0))] if params is None else params,
            lr,
            momentum,
            nesterov=bool(momentum),
            max_norm=max_norm,
            skips=skips,
            schedule=schedule,
        )
        if params is None:
            self.param_groups.clear()

    def _follow(self, model: torch.nn.Module) -> None:
        if not self._follows_model:
            return
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self.param_groups.clear()
        if trained:
            # Not the method of NodeOptimizer, which takes none while a run is open.
            torch.optim.Optimizer.add_param_group(self, {"params": trained})
            self._settle(self.param_groups[-1])
