"""SFace 2021dec (128-d face embedding) as a graph, from its ONNX constants.

It knows the network's layers; alignment, calibration and files are others' business.
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

SIDE = 112
MEAN, SPREAD = 127.5, 128.0
CENTRE = 128.0
"""The graph subtracts 128 (exact in int8) and adds the missing half grey level as a bias of the first convolution."""
_BLOCKS = range(2, 15)
_STRIDED = (3, 5, 7, 13)
_EPSILON, _TAIL_EPSILON = 1e-3, 2e-5


def build_graph(weights: Weights) -> Graph:
    """SFace for (1, 112, 112, 3) RGB 0…255; the output `embedding` is (1, 128), not normalised."""
    graph = Graph("input", {"input": (1, SIDE, SIDE, 3)})
    centre = np.full((1, 1, 1, 3), -CENTRE, np.float32)
    tensor = graph.append(Layer("add", ("input",), "centred", centre))
    kernel, bias = _folded(weights, "conv_1", "conv_1_batchnorm")
    kernel = kernel / SPREAD
    bias = bias + (CENTRE - MEAN) * kernel.sum(axis=(1, 2, 3))
    tensor = graph.append(Layer("conv", (tensor,), "conv_1.linear", kernel, bias))
    tensor = _activate(graph, weights, tensor, "conv_1")
    for block in _BLOCKS:
        tensor = _block(graph, weights, tensor, block)
    _tail(graph, weights, tensor)
    return graph


def _block(graph: Graph, weights: Weights, tensor: str, block: int) -> str:
    """A 3×3 depthwise convolution and a pointwise one, each with batch normalisation and PReLU."""
    name = f"conv_{block}_dw"
    kernel, bias = _folded(weights, name, f"{name}_batchnorm")
    strided = block in _STRIDED
    if strided:
        tensor = graph.append(Layer("pad", (tensor,), f"{name}.padded", pad=1))
    layer = Layer(
        "depthwise",
        (tensor,),
        f"{name}.linear",
        kernel.transpose(3, 1, 2, 0),
        bias,
        2 if strided else 1,
        same=not strided,
    )
    tensor = _activate(graph, weights, graph.append(layer), name)
    name = f"conv_{block}"
    kernel, bias = _folded(weights, name, f"{name}_batchnorm")
    tensor = graph.append(Layer("conv", (tensor,), f"{name}.linear", kernel, bias))
    return _activate(graph, weights, tensor, name)


def _tail(graph: Graph, weights: Weights, tensor: str) -> None:
    """Both batch normalisations fold into the dense layer between them."""
    scale, shift = _batch_normalisation(weights, "bn1", _TAIL_EPSILON)
    out_scale, out_shift = _batch_normalisation(weights, "fc1", _TAIL_EPSILON)
    dense = weights["pre_fc1_weight_dequantized"].reshape(-1, len(scale), 7, 7)
    bias = weights["pre_fc1_bias_dequantized"] + (dense.sum(axis=(2, 3)) * shift).sum(axis=1)
    dense = (dense * scale[:, None, None] * out_scale[:, None, None, None]).transpose(0, 2, 3, 1)
    tensor = graph.append(Layer("reshape", (tensor,), "flat", shape=(1, dense.size // len(dense))))
    layer = Layer("dense", (tensor,), "embedding", dense.reshape(len(dense), -1), bias * out_scale + out_shift)
    graph.outputs.append(graph.append(layer))


def _activate(graph: Graph, weights: Weights, tensor: str, name: str) -> str:
    return graph.append(Layer("prelu", (tensor,), name, weights[f"{name}_relu_gamma"].reshape(1, 1, -1)))


def _folded(weights: Weights, name: str, norm: str) -> tuple[FloatArray, FloatArray]:
    """Kernel (out, height, width, in) and bias with the batch normalisation folded in."""
    scale, shift = _batch_normalisation(weights, norm, _EPSILON)
    kernel = weights[f"{name}_conv2d_weight_reshaped"].transpose(0, 2, 3, 1)
    return kernel * scale[:, None, None, None], shift


def _batch_normalisation(weights: Weights, name: str, epsilon: float) -> tuple[FloatArray, FloatArray]:
    scale = weights[f"{name}_gamma"] / np.sqrt(weights[f"{name}_moving_var"] + epsilon)
    return scale, weights[f"{name}_beta"] - weights[f"{name}_moving_mean"] * scale
