"""What is said of a model and its optimizer, and what is refused before a node sees it."""

from __future__ import annotations

import hashlib
import inspect
import json
import struct
from typing import Any

import pytest
import torch
from torch import nn

import chaos.torch as chaos
from chaos.torch._description import describe


def network() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.Linear(2, 2))


def document(model: nn.Module, opt: Any = None) -> dict[str, Any]:
    described = describe(model, opt or chaos.AdamW(model.parameters())).document
    # As it is sent.
    result: dict[str, Any] = json.loads(json.dumps(described, allow_nan=False))
    return result


def test_a_whole_description() -> None:
    model = network()
    model[0].bias.requires_grad_(False)
    model.register_buffer("mask", torch.tensor([True, False]))
    weights: list[Any] = [model[0].weight, model[2].weight, model[0].bias]
    rest: list[Any] = [model[1].weight, model[1].bias, model[2].bias]
    groups: list[dict[str, Any]] = [
        {"params": weights},
        {"params": rest, "weight_decay": 0.0, "lr": 0.5, "betas": (0, 0.5)},
    ]
    opt = chaos.AdamW(
        groups,
        lr=0.25,
        eps=1e-6,
        max_norm=1.5,
        skips=7,
        schedule=chaos.Cosine(100, warmup=10, floor=0.5),
    )
    described = document(model, opt)
    bias = b"torch.float32 [2]\n" + struct.pack("2f", *weights[2].tolist())
    mask = b"torch.bool [2]\n\x01\x00"
    adam = {"optimizer": "adamw", "epsilon": 1e-6}
    assert described == {
        "parameters": [
            {"name": "0.weight", "shape": [2, 3]},
            {"name": "1.weight", "shape": [2]},
            {"name": "1.bias", "shape": [2]},
            {"name": "2.weight", "shape": [2, 2]},
            {"name": "2.bias", "shape": [2]},
        ],
        "buffers": [
            {"name": "1.running_mean", "shape": [2]},
            {"name": "1.running_var", "shape": [2]},
        ],
        "constants": [
            {"name": "0.bias", "sha256": hashlib.sha256(bias).hexdigest()},
            {"name": "mask", "sha256": hashlib.sha256(mask).hexdigest()},
        ],
        "computes": "gradient",
        "groups": [
            {
                **adam,
                "parameters": ["0.weight", "2.weight"],
                "rate": 0.25,
                "beta1": 0.9,
                "beta2": 0.999,
                "decay": 0.01,
            },
            {
                **adam,
                "parameters": ["1.weight", "1.bias", "2.bias"],
                "rate": 0.5,
                "beta1": 0,
                "beta2": 0.5,
                "decay": 0,
            },
        ],
        "schedule": {"type": "cosine", "warmup": 10, "steps": 100, "floor": 0.5},
        "max_norm": 1.5,
        "skips": 7,
    }


@pytest.mark.parametrize(
    "constant",
    [
        torch.arange(6).reshape(2, 3).T,
        torch.tensor(3),
        torch.empty(0, 4, dtype=torch.int64),
        torch.tensor([1 + 2j, 3 - 1j]).conj(),
        torch.arange(4, dtype=torch.uint8)[::2],
    ],
)
def test_constants_are_their_values(constant: torch.Tensor) -> None:
    """However they lie in memory; and another value, type or shape is another digest."""
    if not (constant.is_complex() or constant.dtype == torch.uint8):
        values = constant.flatten().tolist()
        content = struct.pack(f"{len(values)}q", *values)
        text = f"{constant.dtype} {list(constant.shape)}\n".encode()
        assert digest(constant) == hashlib.sha256(text + content).hexdigest()
    assert digest(constant) == digest(constant.clone(memory_format=torch.contiguous_format))
    others = [
        constant.unsqueeze(0),
        constant.to(torch.int32) if not constant.is_complex() else None,
    ]
    others += [constant + 1] if constant.numel() else []
    for other in others:
        assert other is None or digest(constant) != digest(other)


def digest(constant: torch.Tensor) -> str:
    model = nn.Linear(1, 1)
    model.register_buffer("constant", constant)
    described = document(model)
    assert described["buffers"] == []
    (told,) = described["constants"]
    assert told["name"] == "constant"
    assert isinstance(told["sha256"], str)
    return told["sha256"]


def test_groups_that_train_nothing_are_left_out() -> None:
    model = network()
    for parameter in model[0].parameters():
        parameter.requires_grad_(False)
    groups = [{"params": list(layer.parameters())} for layer in model]
    described = document(model, chaos.SGD(groups))
    assert [group["parameters"] for group in described["groups"]] == [
        ["1.weight", "1.bias"],
        ["2.weight", "2.bias"],
    ]


def test_a_compiled_model_is_the_same() -> None:
    model = network()
    assert document(torch.compile(model)) == document(model)  # type: ignore[arg-type]


def test_modules_and_buffers_that_are_there_twice() -> None:
    model = network()
    model.add_module("again", model[1])
    other = nn.Module()
    running_mean = model[1].running_mean
    assert isinstance(running_mean, torch.Tensor)
    other.register_buffer("same", running_mean)
    model.add_module("other", other)
    assert document(model) == document(network())


def test_optimizers() -> None:
    model = nn.Linear(1, 1)
    parameters = ["weight", "bias"]
    adam = {"rate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
    assert document(model, chaos.Adam(model.parameters()))["groups"] == [
        {"parameters": parameters, "optimizer": "adam", **adam, "decay": 0}
    ]
    assert document(model, chaos.AdamW(model.parameters()))["groups"] == [
        {"parameters": parameters, "optimizer": "adamw", **adam, "decay": 0.01}
    ]
    opt = chaos.SGD(model.parameters(), 0.5, 0.9, nesterov=True, weight_decay=0.125)
    described = document(model, opt)
    assert described["groups"] == [
        {
            "parameters": parameters,
            "optimizer": "sgd",
            "rate": 0.5,
            "momentum": 0.9,
            "nesterov": True,
            "decay": 0.125,
        }
    ]
    assert described["schedule"] == {"type": "constant", "warmup": 0}
    assert described["max_norm"] is None
    assert described["skips"] == 0


@pytest.mark.parametrize("name", ["Adam", "AdamW", "SGD"])
def test_defaults_are_those_of_torch(name: str) -> None:
    ours = inspect.signature(getattr(chaos, name)).parameters
    theirs = inspect.signature(getattr(torch.optim, name)).parameters
    own = {"max_norm", "skips", "schedule"}
    assert own < ours.keys()
    for key in ours.keys() - own:
        assert ours[key].default == theirs[key].default, key
    # What can be given by place is in the same places.
    placed = [key for key, value in ours.items() if value.kind == value.POSITIONAL_OR_KEYWORD]
    assert placed == list(theirs)[: len(placed)]


# MARK: What is refused


def change(model: nn.Sequential, what: str) -> nn.Module:
    layer = model[0]
    if what == "complex":
        layer.weight = nn.Parameter(torch.zeros(2, 3, dtype=torch.complex64))
    elif what == "sparse":
        layer.weight = nn.Parameter(torch.zeros(2, 3).to_sparse())
    elif what == "meta":
        layer.weight = nn.Parameter(torch.zeros(2, 3, device="meta"))
    elif what == "lazy":
        model[0] = nn.LazyLinear(2)
    elif what == "sparse buffer":
        layer.register_buffer("table", torch.zeros(2, 3).to_sparse())
    elif what == "meta buffer":
        layer.register_buffer("table", torch.zeros(2, device="meta"))
    elif what == "sparse constant":
        layer.weight = nn.Parameter(torch.zeros(2, 3).to_sparse(), requires_grad=False)
    elif what == "lazy constant":
        model[0] = nn.LazyLinear(2)
        for parameter in model[0].parameters():
            parameter.requires_grad = False
    elif what == "lazy buffer":
        model[1] = nn.LazyBatchNorm1d(affine=False)
    return model


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("complex", r"0\.weight: a complex parameter"),
        ("sparse", r"0\.weight: a sparse parameter"),
        ("meta", r"0\.weight: a meta parameter"),
        ("lazy", r"0\.weight: not initialized yet"),
        ("sparse buffer", r"0\.table: a sparse buffer"),
        ("meta buffer", r"0\.table: a meta buffer"),
        ("sparse constant", r"0\.weight: a constant without bytes"),
        ("lazy buffer", r"1\.running_mean: not initialized yet"),
        ("lazy constant", r"0\.weight: not initialized yet"),
    ],
)
def test_arrays_that_cannot_be_trained(what: str, message: str) -> None:
    model = change(network(), what)
    with pytest.raises(chaos.Unsupported, match=f"^{message}; allowed: "):
        document(model)


def test_parameters_in_no_group() -> None:
    model = network()
    with pytest.raises(chaos.Unsupported, match=r"^1\.weight: in no group of the optimizer"):
        document(model, chaos.SGD(model[0].parameters()))
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    with pytest.raises(chaos.Unsupported, match=r"^a model without a parameter"):
        document(model, chaos.SGD(model[0].parameters()))


def test_parameters_of_another_model() -> None:
    model = network()
    stray = nn.Parameter(torch.zeros(7))
    with pytest.raises(
        chaos.Unsupported,
        match=r"^param_groups\[1\]\['params'\]\[0\], of shape \(7,\), is not in the model",
    ):
        document(model, chaos.SGD([{"params": list(model.parameters())}, {"params": [stray]}]))


def test_named_parameters_of_another_model() -> None:
    model = network()
    try:
        opt = chaos.SGD([*model.named_parameters(), ("stray", nn.Parameter(torch.zeros(7)))])
    except TypeError:
        pytest.skip("this torch takes no names")
    with pytest.raises(chaos.Unsupported, match=r"^stray: param_groups\[0\]"):
        document(model, opt)
    assert document(model, chaos.SGD(model.named_parameters())) == document(
        model, chaos.SGD(model.parameters())
    )


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (chaos.SGD, {"lr": 0.0}, "lr: 0.0; allowed: a number above 0"),
        (chaos.SGD, {"lr": float("nan")}, "lr: nan"),
        (chaos.Adam, {"eps": 0}, "eps: 0.0"),
        (chaos.Adam, {"betas": (0.9, 1.0)}, r"betas\[1\]: 1.0"),
        (chaos.AdamW, {"weight_decay": -1}, "weight_decay: -1.0"),
        (chaos.SGD, {"momentum": 1}, "momentum: 1.0"),
        (chaos.SGD, {"nesterov": True}, "nesterov: True with momentum 0"),
        (chaos.SGD, {"max_norm": 0.0}, "max_norm: 0.0"),
        (chaos.SGD, {"max_norm": float("inf")}, "max_norm: inf"),
        (chaos.SGD, {"skips": -1}, "skips: -1"),
        (chaos.SGD, {"skips": True}, "skips: True"),
    ],
)
def test_settings_out_of_range(kind: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        kind(network().parameters(), **options)
    with pytest.raises(TypeError):
        kind(network().parameters(), schedule=torch.optim.lr_scheduler.StepLR)


def test_a_rate_as_a_tensor_is_a_number() -> None:
    opt = chaos.AdamW(network().parameters(), lr=torch.tensor(0.5))  # type: ignore[arg-type]
    assert opt.param_groups[0]["lr"] == 0.5
    assert isinstance(opt.param_groups[0]["lr"], float)


@pytest.mark.parametrize("option", ["amsgrad", "maximize", "dampening"])
def test_options_that_only_torch_has(option: str) -> None:
    model = network()
    with pytest.raises(chaos.Unsupported, match=f"^{option}: True; allowed"):
        chaos.SGD([{"params": model.parameters(), option: True}])
    with pytest.raises(TypeError):
        chaos.SGD(model.parameters(), **{option: True})  # type: ignore[arg-type]


def test_groups_of_sgd_keep_the_same_state() -> None:
    model = network()
    groups: list[dict[str, Any]] = [
        {"params": model[0].parameters(), "momentum": 0.5},
        {"params": model[1].parameters()},
    ]
    with pytest.raises(ValueError, match=r"^momentum: 0.0 beside 0.5"):
        chaos.SGD(groups)


def test_only_optimizers_of_this_package() -> None:
    model = network()
    with pytest.raises(TypeError, match=r"^optimizer: AdamW; allowed: chaos\.AdamW"):
        chaos.join(model, torch.optim.AdamW(model.parameters()), "none")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^timeout: 0; allowed"):
        chaos.join(model, chaos.AdamW(model.parameters()), "none", timeout=0)


# MARK: Schedules


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (chaos.Constant(), {"type": "constant", "warmup": 0}),
        (chaos.Constant(5), {"type": "constant", "warmup": 5}),
        (chaos.Linear(9, 3), {"type": "linear", "warmup": 3, "steps": 9, "floor": 0.0}),
        (chaos.Cosine(9, floor=1), {"type": "cosine", "warmup": 0, "steps": 9, "floor": 1.0}),
    ],
)
def test_schedules(schedule: chaos.Schedule, expected: dict[str, Any]) -> None:
    model = network()
    assert (
        document(model, chaos.Adam(model.parameters(), schedule=schedule))["schedule"] == expected
    )


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (chaos.Constant, {"warmup": -1}, "warmup: -1"),
        (chaos.Constant, {"warmup": 2**40 + 1}, "warmup: 1099511627777"),
        (chaos.Constant, {"warmup": 1.5}, "warmup: 1.5"),
        (chaos.Linear, {"steps": 0}, "steps: 0"),
        (chaos.Linear, {"steps": 5, "warmup": 5}, "steps: 5; allowed: a whole number above warmup"),
        (chaos.Cosine, {"steps": 2**40 + 1}, "steps: 1099511627777"),
        (chaos.Cosine, {"steps": True}, "steps: True"),
        (chaos.Cosine, {"steps": 5, "floor": 1.5}, "floor: 1.5"),
        (chaos.Cosine, {"steps": 5, "floor": float("nan")}, "floor: nan"),
    ],
)
def test_schedules_out_of_range(kind: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        kind(**options)


def test_a_mask_is_no_statistic() -> None:
    model = network()
    model.register_buffer("mask", torch.full((3, 3), -torch.inf).triu(1))
    told = r"mask: a buffer with numbers that are not finite; allowed: finite ones, or persistent="
    with pytest.raises(chaos.Unsupported, match=told):
        describe(model, chaos.SGD(model.parameters(), lr=0.1))
