"""FaceRes (age and gender on MobileNet) as a graph, from its TensorFlow.js weights.

It knows the network's layers (Savchenko 2019, "Efficient facial representations for age, gender and identity
recognition"); crops, calibration and files are others' business.
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
AGES = tuple(range(1, 101))
"""The years that the age output stands for, in its order."""
CENTRE = 128.0
"""Subtracted in the graph, exact in int8; what is missing to MEAN is a bias of the first convolution."""
_MEAN = np.array([103.939, 116.779, 123.68], np.float32)
"""Blue, green, red: the mean colour of ImageNet, which the network was trained to have subtracted."""
_BLOCKS = range(1, 14)
_STRIDED = (2, 4, 6, 12)


def build_graph(weights: Weights) -> Graph:
    """FaceRes for (1, 224, 224, 3) BGR 0…255.

    Its outputs are logits: `age` (1, 1, 1, 100), to be softened over AGES, and `gender` (1, 1, 1, 1), high for male.
    """
    graph = Graph("input", {"input": (1, SIDE, SIDE, 3)})
    tensor = graph.append(Layer("add", ("input",), "centred", np.full((1, 1, 1, 3), -CENTRE, np.float32)))
    kernel = weights["conv1/convolution/merged_input"].transpose(3, 0, 1, 2)
    bias = weights["conv1_bn/batchnorm_1/sub"] + (kernel * (np.float32(CENTRE) - _MEAN)).sum(axis=(1, 2, 3))
    tensor = graph.append(Layer("conv", (tensor,), "conv1", kernel, bias, stride=2, relu6=True))
    for block in _BLOCKS:
        tensor = _block(graph, weights, tensor, block)
    tensor = graph.append(Layer("mean", (tensor,), "pooled"))
    tensor = graph.append(Layer("conv", (tensor,), "feats", *_dense(weights, "feats"), relu=True))
    for name in ("age", "gender"):
        graph.outputs.append(graph.append(Layer("conv", (tensor,), name, *_dense(weights, f"{name}_pred"))))
    return graph


def _block(graph: Graph, weights: Weights, tensor: str, block: int) -> str:
    """A 3×3 depthwise convolution and a pointwise one, each with batch normalisation folded in and ReLU6."""
    name = f"conv_dw_{block}"
    kernel = weights[f"{name}/depthwise_kernel"].transpose(3, 0, 1, 2) * weights[f"{name}_bn/batchnorm_1/mul"]
    stride = 2 if block in _STRIDED else 1
    layer = Layer("depthwise", (tensor,), name, kernel, weights[f"{name}_bn/batchnorm_1/sub"], stride, relu6=True)
    tensor, name = graph.append(layer), f"conv_pw_{block}"
    kernel = weights[f"{name}/convolution/merged_input"].transpose(3, 0, 1, 2)
    return graph.append(Layer("conv", (tensor,), name, kernel, weights[f"{name}_bn/batchnorm_1/sub"], relu6=True))


def _dense(weights: Weights, name: str) -> tuple[FloatArray, FloatArray]:
    """A dense layer as a pointwise convolution."""
    return weights[f"{name}/kernel"].T[:, None, None, :], weights[f"{name}/bias"]
