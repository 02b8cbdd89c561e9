"""BlazeFace short range (faces near the camera, with six points) as a graph, from MediaPipe's float file.

It knows the network's input and heads (Bazarevsky et al. 2019, "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs");
calibration and files are others' business.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from netbuild.graph import Graph, Layer
from netbuild.tflite_graph import read_graph

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float32]

SIDE = 128
"""Side of the anchors, and of the input that the network was taught with, in pixels."""
STRIDES, ANCHORS = (8, 16), (2, 6)
"""Strides of the two grids of cells, and the anchors in each cell; all are squares of SIDE."""
POINTS = ("right_eye", "left_eye", "nose_tip", "mouth")
"""The points used of six: the last two lie before the ears."""
CENTRE = 128.0
_MEAN, _SPREAD = 127.5, 127.5
_ALL_CHANNELS, _CHANNELS = 16, 4 + 2 * len(POINTS)
"""Numbers of an anchor in the file, and of those that are used: dx, dy, width, height, and the points."""


def build_graph(content: bytes, width: int, height: int) -> Graph:
    """The network for one input size (both sides multiples of 16), from the float file's bytes.

    The input is (1, height, width, 3), BGR 0…255. The outputs `scores_8`, `scores_16` (logits, one for each anchor) and `boxes_8`,
    `boxes_16` (fractions of SIDE) are (1, height / s, width / s, anchors · 1 or 12).
    """
    source = read_graph(content, ())
    graph = Graph("input", {"input": (1, height, width, 3)})
    centred = graph.append(Layer("add", ("input",), "centred", np.full((1, 1, 1, 3), -CENTRE, np.float32)))
    first = source.layers[0]
    kernel = _weights(first)[..., ::-1] / np.float32(_SPREAD)
    bias = _bias(first) + np.float32(CENTRE - _MEAN) * kernel.sum(axis=(1, 2, 3))
    graph.append(dataclasses.replace(first, inputs=(centred,), weights=kernel, bias=bias))
    for layer in source.layers[1:]:
        graph.append(_head(layer))
    graph.outputs = [f"{kind}_{stride}" for kind in ("scores", "boxes") for stride in STRIDES]
    return graph


def _head(layer: Layer) -> Layer:
    """The layer as it is, or a head with its new name, that of boxes in fractions of SIDE and without the ears."""
    kind, _, stride = layer.output.rpartition("_")
    if kind == "classificator":
        return dataclasses.replace(layer, output=f"scores_{stride}")
    if kind != "regressor":
        return layer
    kernel, bias = (
        values.reshape(-1, _ALL_CHANNELS, *values.shape[1:])[:, :_CHANNELS] / np.float32(SIDE) for values in (_weights(layer), _bias(layer))
    )
    return dataclasses.replace(layer, output=f"boxes_{stride}", weights=kernel.reshape(-1, *kernel.shape[2:]), bias=bias.ravel())


def _weights(layer: Layer) -> FloatArray:
    if layer.weights is None:
        msg = f"layer {layer.output} needs weights"
        raise ValueError(msg)
    return layer.weights


def _bias(layer: Layer) -> FloatArray:
    if layer.bias is None:
        msg = f"layer {layer.output} needs a bias"
        raise ValueError(msg)
    return layer.bias
