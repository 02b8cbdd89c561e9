"""Respells layers that the int8 kernels run badly as layers that they run well, computing exactly the same.

It knows which spellings are fast in XNNPACK, and nothing of a network's purpose.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from netbuild.equalise import rescale
from netbuild.graph import Layer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from netbuild.graph import Graph

    FloatArray = NDArray[np.float32]
    Shapes = Mapping[str, tuple[int, ...]]

_NARROW = 16
"""A convolution that reads or writes at most this many channels is computed for two columns at once."""


def prelu_as_maximum(graph: Graph) -> Graph:
    """PReLU as MAXIMUM(x, x · slope): XNNPACK has no int8 PReLU and would go through float32 and back.

    That holds for slopes up to 1. A channel with a steeper slope runs with its sign turned, where the same formula
    is right: −PReLU(x) = max(−x, −x · slope); the convolutions around it turn the sign back.
    """
    signs: dict[str, FloatArray] = {}
    result = graph.emptied()
    for layer in graph.layers:
        if layer.kind != "prelu" or layer.weights is None:
            result.append(layer)
            continue
        sign = np.where(layer.weights.ravel() > 1, -1, 1).astype(np.float32)
        scaled = f"{layer.output}.scaled"
        result.append(Layer("mul", layer.inputs, scaled, layer.weights[None]))
        result.append(Layer("maximum", (layer.inputs[0], scaled), layer.output))
        signs |= dict.fromkeys((layer.inputs[0], layer.output), sign)
    for layer in result.layers:
        if layer.kind == "pad" and layer.inputs[0] in signs:
            signs[layer.output] = signs[layer.inputs[0]]
    return rescale(result, signs)


def prelu_through_float(graph: Graph) -> Graph:
    """The plain spelling, for comparison: DEQUANTIZE → PRELU → QUANTIZE."""
    result = graph.emptied()
    for layer in graph.layers:
        if layer.kind == "prelu":
            result.append(Layer("dequantise", layer.inputs, f"{layer.output}.float_in"))
            result.append(dataclasses.replace(layer, inputs=(f"{layer.output}.float_in",), output=f"{layer.output}.float_out"))
            layer = Layer("quantise", (f"{layer.output}.float_out",), layer.output)  # noqa: PLW2901
        result.append(layer)
    return result


def narrow_layers_in_pairs(graph: Graph) -> Graph:
    """Computes two neighbouring columns at once in every convolution that reads or writes few channels.

    Few channels leave most of a matrix unit idle. Seen as (height, width / 2, 6), a picture gives two columns of n outputs
    in one 3×3 convolution with 2n outputs, and a pointwise convolution n → m becomes 2n → 2m with two equal blocks. The
    bytes of such a view lie in the same order, and the numbers are the same to the last bit; the price is a multiplication
    by zero for each one by a weight.
    """
    narrow = {layer.output for layer in graph.layers if _is_narrow(layer) and graph.shapes[layer.output][2] % 2 == 0}
    narrow |= {layer.output for layer in graph.layers if layer.kind == "pad" and graph.consumers(layer.output)[0].output in narrow}
    result = graph.emptied()
    for layer in graph.layers:
        if layer.output in narrow:
            _append_pairs(result, layer, graph.shapes)
            continue
        for tensor in layer.inputs:
            _append_columns(result, tensor, graph.shapes)
        result.append(layer)
    for tensor in graph.outputs:
        _append_columns(result, tensor, graph.shapes)
    return result


def input_channels_reversed(graph: Graph) -> Graph:
    """The same network for pictures whose channels come the other way round: BGR instead of RGB."""
    first = next(layer for layer in graph.layers if layer.kind == "conv")
    result = graph.emptied()
    for layer in graph.layers:
        result.append(dataclasses.replace(layer, weights=_weights(layer)[..., ::-1]) if layer is first else layer)
    return result


def pair_name(tensor: str) -> str:
    """The name of a tensor that holds two columns of the given one in its channels."""
    return f"{tensor}.pairs"


def _is_narrow(layer: Layer) -> bool:
    return layer.kind == "conv" and min(_weights(layer).shape[0], _weights(layer).shape[3]) <= _NARROW


def _append_pairs(result: Graph, layer: Layer, shapes: Shapes) -> None:
    """The layer over pairs, and before it the view of its input as pairs, unless that is there."""
    source = layer.inputs[0]
    if pair_name(source) not in result.shapes:
        _, height, width, channels = shapes[source]
        result.append(Layer("reshape", (source,), pair_name(source), shape=(1, height, width // 2, 2 * channels)))
    paired = dataclasses.replace(layer, inputs=(pair_name(source),), output=pair_name(layer.output))
    if layer.kind == "conv":
        paired = dataclasses.replace(paired, weights=_paired_kernel(layer), bias=_twice(layer.bias))
    result.append(paired)


def _append_columns(result: Graph, tensor: str, shapes: Shapes) -> None:
    """The view of pairs as single columns, unless the tensor is there."""
    if tensor not in result.shapes:
        result.append(Layer("reshape", (pair_name(tensor),), tensor, shape=shapes[tensor]))


def _paired_kernel(layer: Layer) -> FloatArray:
    """(2n, k, k', 2m) from (n, k, k, m): column c of a pair starts stride · c + 1 pixels into the pairs before, here, behind."""
    weights = _weights(layer)
    count, height, width, channels = weights.shape
    pairs = 1 if width == 1 else width
    wide = np.zeros((2, count, height, 2 * pairs, channels), np.float32)
    for column in (0, 1):
        start = column if width == 1 else layer.stride * column + 1
        wide[column, :, :, start : start + width] = weights
    return wide.reshape(2 * count, height, pairs, 2 * channels)


def _weights(layer: Layer) -> FloatArray:
    if layer.weights is None:
        msg = f"layer {layer.output} needs weights"
        raise ValueError(msg)
    return layer.weights


def _twice(bias: FloatArray | None) -> FloatArray | None:
    return None if bias is None else np.tile(bias, 2)
