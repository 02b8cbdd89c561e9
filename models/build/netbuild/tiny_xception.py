"""The tiny Xception of face-api.js (age and gender) as a graph, from its TensorFlow.js weights.

It knows the network's layers (face-api.js by Vincent Mühler, `AgeGenderNet`); crops, calibration and files are others'
business.
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

SIDE = 224
"""Twice the side that the network was trained on: a crop is halved in the graph, by the mean of each 2×2 pixels."""
CENTRE = 128.0
"""Subtracted in the graph, exact in int8; what is missing to _MEAN is the bias of the halving."""
_MEAN = np.array([104.298, 117.001, 122.782], np.float32)
"""Blue, green, red: the mean colour that the network was trained to have subtracted."""
_RANGE = np.float32(255)
_MAIN_BLOCKS = 2


def build_graph(weights: Weights) -> Graph:
    """The network for (1, 224, 224, 3) BGR 0…255.

    Its outputs are (1, 1, 1, 1) each: `age` in years, and `gender`, a logit, high for male.
    """
    graph = Graph("input", {"input": (1, SIDE, SIDE, 3)})
    tensor = graph.append(Layer("add", ("input",), "centred", np.full((1, 1, 1, 3), -CENTRE, np.float32)))
    halves = np.full((1, 2, 2, 3), 0.25, np.float32)
    tensor = graph.append(Layer("depthwise", (tensor,), "halved", halves, np.float32(CENTRE) - _MEAN, stride=2))
    kernel = _kernel(weights["entry_flow/conv_in/filters"])[..., ::-1] / _RANGE
    tensor = graph.append(Layer("conv", (tensor,), "conv_in", kernel, weights["entry_flow/conv_in/bias"], 2, relu=True))
    tensor, read = _reduction(graph, weights, "entry_flow/reduction_block_0", (tensor, tensor), relu=True)
    tensor, read = _reduction(graph, weights, "entry_flow/reduction_block_1", (tensor, read), relu=True)
    for block in range(_MAIN_BLOCKS):
        tensor, read = _main(graph, weights, f"middle_flow/main_block_{block}", (tensor, read))
    tensor, _ = _reduction(graph, weights, "exit_flow/reduction_block", (tensor, read), relu=False)
    tensor = _separable(graph, weights, "exit_flow/separable_conv", tensor, relu=True)
    tensor = graph.append(Layer("mean", (tensor,), "pooled"))
    male = {part: weights[f"fc/gender/{part}"] for part in ("weights", "bias")}
    male = {part: values[..., :1] - values[..., 1:] for part, values in male.items()}
    for name, dense in (("age", {part: weights[f"fc/age/{part}"] for part in male}), ("gender", male)):
        graph.outputs.append(graph.append(Layer("conv", (tensor,), name, dense["weights"].T[:, None, None, :], dense["bias"])))
    return graph


def _reduction(graph: Graph, weights: Weights, name: str, sources: tuple[str, str], *, relu: bool) -> tuple[str, str]:
    """A block that halves: two separable convolutions and a pool, plus a strided pointwise one; the sum, and its ReLU if wanted."""
    plain, read = sources
    inner = _separable(graph, weights, f"{name}/separable_conv0", read, relu=True)
    inner = _separable(graph, weights, f"{name}/separable_conv1", inner, relu=False)
    pooled = graph.append(Layer("max_pool", (inner,), f"{name}.pooled", window=3))
    short = (_kernel(weights[f"{name}/expansion_conv/filters"]), weights[f"{name}/expansion_conv/bias"])
    beside = graph.append(Layer("conv", (plain,), f"{name}.short", *short, stride=2))
    return _sum(graph, name, pooled, beside, relu=relu)


def _main(graph: Graph, weights: Weights, name: str, sources: tuple[str, str]) -> tuple[str, str]:
    """Three separable convolutions, plus what came in."""
    plain, inner = sources
    for number, relu in enumerate((True, True, False)):
        inner = _separable(graph, weights, f"{name}/separable_conv{number}", inner, relu=relu)
    return _sum(graph, name, inner, plain, relu=True)


def _sum(graph: Graph, name: str, first: str, second: str, *, relu: bool) -> tuple[str, str]:
    """The sum as it is, and through a ReLU, which an ADD makes for nothing."""
    plain = graph.append(Layer("add", (first, second), name))
    return plain, graph.append(Layer("add", (first, second), f"{name}.relu", relu=True)) if relu else plain


def _separable(graph: Graph, weights: Weights, name: str, source: str, *, relu: bool) -> str:
    kernel = _kernel(weights[f"{name}/depthwise_filter"])
    tensor = graph.append(Layer("depthwise", (source,), f"{name}.depthwise", kernel, np.zeros(kernel.shape[3], np.float32)))
    return graph.append(Layer("conv", (tensor,), name, _kernel(weights[f"{name}/pointwise_filter"]), weights[f"{name}/bias"], relu=relu))


def _kernel(stored: FloatArray) -> FloatArray:
    """(out, height, width, in) from TensorFlow's layout; (1, height, width, channels) of a depthwise one."""
    return stored.transpose(3, 0, 1, 2)
