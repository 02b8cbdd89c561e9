"""YuNet 2023mar (faces and five landmarks) as a graph, from its ONNX constants.

It knows the network's layers; sizes, calibration and files are others' business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netbuild.graph import Graph, Layer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float32]
    Weights = Mapping[str, FloatArray]

STRIDES = (8, 16, 32)
CHANNELS = ("cls", "obj", "bbox", "kps")
"""The 16 channels of each output are cls (1), obj (1), bbox (4: dx, dy, log w, log h), kps (10: five x, y)."""

# The bodies of the ten units after the stem, by the number ONNX gave their depthwise weights. `pool` stands before a unit.
_BACKBONE = (
    ("model0.conv2", 423, ""),
    ("model1.conv1", 426, "pool"),
    ("model1.conv2", 429, ""),
    ("model2.conv1", 432, ""),
    ("model2.conv2", 435, ""),
    ("model3.conv1", 438, "pool"),
    ("model3.conv2", 441, ""),
    ("model4.conv1", 444, "pool"),
    ("model4.conv2", 447, ""),
    ("model5.conv1", 450, "pool"),
    ("model5.conv2", 453, ""),
)
_LATERALS = (("neck.lateral_convs.2", 456), ("neck.lateral_convs.1", 459), ("neck.lateral_convs.0", 462))


def build_graph(weights: Weights, width: int, height: int) -> Graph:
    """YuNet for one input size (both sides multiples of 32).

    The input is (1, height, width, 3), BGR 0…255. The outputs `stride_8`, `stride_16`, `stride_32` are (1, height / s,
    width / s, 16): raw logits and deltas. The four heads of a stride read the same tensor and have no activation between
    their two convolutions, so they stand side by side in one 64 → 16 convolution and one 16-channel depthwise one.
    """
    graph = Graph("input", {"input": (1, height, width, 3)})
    tensor = graph.append(Layer("pad", ("input",), "input.padded", pad=1))
    stem, bias = weights["420_reshaped"].transpose(0, 2, 3, 1), _constant(weights, "421")
    tensor = graph.append(Layer("conv", (tensor,), "stem", stem, bias, stride=2, same=False, relu=True))
    levels = []
    for name, number, before in _BACKBONE:
        if before:
            tensor = graph.append(Layer("max_pool", (tensor,), f"{name}.pooled", same=False))
        tensor = _unit(graph, weights, tensor, f"backbone.{name}", number)
        levels.append(tensor)
    _neck_and_heads(graph, weights, levels[6], levels[8], levels[10])
    return graph


def _neck_and_heads(graph: Graph, weights: Weights, fine: str, middle: str, coarse: str) -> None:
    laterals: list[str] = []
    for (name, number), tensor in zip(_LATERALS, (coarse, middle, fine), strict=True):
        merged = tensor
        if laterals:
            larger = graph.append(Layer("upsample", (laterals[-1],), f"{name}.upsampled"))
            merged = graph.append(Layer("add", (tensor, larger), f"{name}.sum"))
        laterals.append(_unit(graph, weights, merged, name, number))
    for level, (stride, tensor) in enumerate(zip(STRIDES, reversed(laterals), strict=True)):
        graph.outputs.append(_heads(graph, weights, tensor, level, f"stride_{stride}"))


def _unit(graph: Graph, weights: Weights, tensor: str, name: str, depthwise: int) -> str:
    """A pointwise convolution, then a 3×3 depthwise one with ReLU."""
    kernel, bias = _constant(weights, f"{name}.conv1.weight"), _constant(weights, f"{name}.conv1.bias")
    tensor = graph.append(Layer("conv", (tensor,), f"{name}.pointwise", kernel.transpose(0, 2, 3, 1), bias))
    kernel, bias = _constant(weights, str(depthwise)), _constant(weights, str(depthwise + 1))
    return graph.append(Layer("depthwise", (tensor,), name, kernel.transpose(1, 2, 3, 0), bias, relu=True))


def _heads(graph: Graph, weights: Weights, tensor: str, level: int, output: str) -> str:
    def stack(part: str) -> FloatArray:
        return np.concatenate([_constant(weights, f"bbox_head.multi_level_{head}.{level}.{part}") for head in CHANNELS])

    pointwise = stack("conv1.weight").transpose(0, 2, 3, 1)
    tensor = graph.append(Layer("conv", (tensor,), f"{output}.pointwise", pointwise, stack("conv1.bias")))
    depthwise = stack("conv2.weight").transpose(1, 2, 3, 0)
    return graph.append(Layer("depthwise", (tensor,), output, depthwise, stack("conv2.bias")))


def _constant(weights: Weights, name: str) -> FloatArray:
    """A constant by its name, whether or not ONNX holds it quantised."""
    for suffix in ("_reshaped", "_dequantized", ""):
        if name + suffix in weights:
            return weights[name + suffix]
    msg = f"the ONNX file has no constant {name}"
    raise ValueError(msg)
