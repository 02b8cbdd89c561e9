"""Rescales channels so that each makes use of the int8 range of its tensor, without changing what the network computes.

It knows which layers let a channel's scale through, and nothing of pictures or files. After Nagel et al. 2019,
"Data-free quantization through weight equalization and bias correction".
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from netbuild.graph import Graph, Layer

    FloatArray = NDArray[np.float32]

_THROUGH = {"max_pool", "upsample", "add", "prelu", "pad", "mean"}
"""Layers whose inputs and output must share one scale for each channel."""


def tied_groups(graph: Graph) -> list[set[str]]:
    """Sets of tensors that must be rescaled together; tensors with a fixed scale (input, outputs) are left out."""
    group = {tensor: {tensor} for tensor in graph.shapes}
    for layer in graph.layers:
        if layer.kind in _THROUGH and not layer.pad_channels:
            for tensor in layer.inputs:
                merged = group[tensor] | group[layer.output]
                for member in merged:
                    group[member] = merged
    mixing = [layer for layer in graph.layers if layer.kind == "reshape" or layer.pad_channels or layer.relu6]
    fixed = {graph.input, *graph.outputs} | {tensor for layer in mixing for tensor in (*layer.inputs, layer.output)}
    unique = {min(members): members for members in group.values() if not members & fixed}
    return [unique[name] for name in sorted(unique)]


def rescale(graph: Graph, factors: Mapping[str, FloatArray]) -> Graph:
    """The same network with tensor t carrying factors[t] times its values, channel by channel.

    Convolutions take the factors into their weights; the network's function is unchanged as long as tied tensors have
    the same factors.
    """
    result = graph.emptied()
    for layer in graph.layers:
        result.append(_rescaled(layer, factors))
    return result


def spread_outputs(graph: Graph, spans: Mapping[str, tuple[FloatArray, FloatArray]]) -> Graph:
    """The same network with output t, made by a convolution, giving (value − offset) / scale, channel by channel.

    Args:
        graph: the network.
        spans: output → (scale, offset), each (channels,).
    """
    result = graph.emptied()
    for layer in graph.layers:
        if layer.output in spans and layer.weights is not None and layer.bias is not None:
            scale, offset = spans[layer.output]
            by_channel = scale[:, None, None, None] if layer.kind == "conv" else scale
            weights, bias = layer.weights / by_channel, (layer.bias - offset) / scale
            layer = dataclasses.replace(layer, weights=weights.astype(np.float32), bias=bias.astype(np.float32))  # noqa: PLW2901
        result.append(layer)
    return result


def factors(graph: Graph, peaks: Mapping[str, FloatArray], share: float) -> dict[str, FloatArray]:
    """One factor for each channel of each tensor that may be rescaled.

    A tensor read only by depthwise layers gets channels of equal peak, which costs nothing: their weights have a scale
    for each channel. Where a convolution mixes the channels, a larger share for the activations is a smaller one for
    its weights.

    Args:
        graph: the network.
        peaks: tensor → (channels,) largest absolute value seen.
        share: 0 evens out the weights only, 1 the activations only.
    """
    result: dict[str, FloatArray] = {}
    for group in tied_groups(graph):
        peak = _floored(np.max([peaks[tensor] for tensor in group], axis=0))
        mixers = [layer for tensor in group for layer in graph.consumers(tensor) if layer.kind == "conv"]
        factor = 1 / peak
        if mixers:
            reach = _floored(np.max([_reach(layer) for layer in mixers], axis=0))
            factor = reach ** (1 - share) / peak**share
        factor = (factor / np.exp(np.log(factor).mean())).astype(np.float32)
        result.update(dict.fromkeys(group, factor))
    return result


def _reach(layer: Layer) -> FloatArray:
    """The largest weight that reads each input channel of a convolution."""
    result: FloatArray = np.abs(np.asarray(layer.weights)).max(axis=(0, 1, 2))
    return result


def _floored(values: FloatArray) -> FloatArray:
    """Dead channels keep a hundredth of the largest, so that their factor stays finite."""
    result: FloatArray = np.maximum(values, values.max() * 0.01)
    return result


def _rescaled(layer: Layer, factors: Mapping[str, FloatArray]) -> Layer:
    if layer.kind not in {"conv", "depthwise"} or layer.weights is None or layer.bias is None:
        return layer
    out, source = factors.get(layer.output), factors.get(layer.inputs[0])
    weights, bias = layer.weights, layer.bias
    if source is not None:
        weights = weights / source
    if out is not None:
        weights = weights * (out[:, None, None, None] if layer.kind == "conv" else out)
        bias = bias * out
    return dataclasses.replace(layer, weights=weights.astype(np.float32), bias=bias.astype(np.float32))
