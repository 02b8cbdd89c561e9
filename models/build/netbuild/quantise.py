"""Turns a float graph and the ranges of its tensors into int8 numbers.

It knows the arithmetic of TFLite's int8 scheme, and neither pictures nor how the ranges were found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netbuild.flatbuffer import Constant, Numbers, Quant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from netbuild.graph import Graph, Layer

    FloatArray = NDArray[np.float32]
    Ranges = Mapping[str, tuple[float, float]]

_LOW, _HIGH = -128, 127
_SAME_QUANT = {"max_pool", "upsample", "pad", "reshape", "maximum"}
"""Layers that only move or choose values: their output shares the quantisation of their input."""
_CHANNEL_AXIS = {"conv": 0, "depthwise": 3, "dense": 0}


def quantise(graph: Graph, ranges: Ranges, biases: Mapping[str, FloatArray] | None = None) -> Numbers:
    """int8 activations (one scale a tensor), int8 weights (one scale an output channel), int32 biases.

    Args:
        graph: the float network.
        ranges: tensor → (lowest, highest) value to represent; values outside saturate. A tensor without a range shares
            the quantisation of the layer's first input.
        biases: layer output → bias to use instead of the layer's own (bias correction).
    """
    activations = {graph.input: _activation(*ranges[graph.input])}
    constants: dict[tuple[str, str], Constant] = {}
    for layer in graph.layers:
        source = activations.get(layer.inputs[0])
        if source is None or layer.kind == "dequantise":
            _stay_float(layer, activations, constants, ranges)
            continue
        shared = layer.kind in _SAME_QUANT
        activations[layer.output] = source if shared or layer.output not in ranges else _activation(*ranges[layer.output])
        if layer.kind in _CHANNEL_AXIS:
            bias = (biases or {}).get(layer.output, layer.bias)
            weights, stored_bias = _convolution(layer, bias, float(source.scale[0]))
            constants[layer.output, "weights"], constants[layer.output, "bias"] = weights, stored_bias
        elif layer.weights is not None:
            constants[layer.output, "weights"] = _operand(layer.weights)
    return Numbers(constants, activations)


def _stay_float(layer: Layer, activations: dict[str, Quant], constants: dict[tuple[str, str], Constant], ranges: Ranges) -> None:
    """Layers between `dequantise` and `quantise` work in float32."""
    if layer.kind == "quantise":
        activations[layer.output] = _activation(*ranges[layer.output])
    for role, values in (("weights", layer.weights), ("bias", layer.bias)):
        if values is not None:
            constants[layer.output, role] = Constant(np.asarray(values, np.float32))


def _activation(low: float, high: float) -> Quant:
    """Asymmetric int8 whose range holds zero exactly."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = max(high - low, 1e-6) / (_HIGH - _LOW)
    zero_point = int(np.clip(round(_LOW - low / scale), _LOW, _HIGH))
    return Quant(np.array([scale], np.float32), zero_point)


def _convolution(layer: Layer, bias: FloatArray | None, input_scale: float) -> tuple[Constant, Constant]:
    """Symmetric int8 weights per output channel, and the bias in steps of input scale times weight scale."""
    axis, weights = _CHANNEL_AXIS[layer.kind], np.asarray(layer.weights, np.float64)
    others = tuple(index for index in range(weights.ndim) if index != axis)
    scales = np.maximum(np.abs(weights).max(axis=others), 1e-9) / _HIGH
    shape = [-1 if index == axis else 1 for index in range(weights.ndim)]
    stored = np.clip(np.rint(weights / scales.reshape(shape)), -_HIGH, _HIGH).astype(np.int8)
    steps = input_scale * scales
    limit = np.iinfo(np.int32)
    stored_bias = np.clip(np.rint(np.asarray(bias, np.float64) / steps), limit.min, limit.max).astype(np.int32)
    return (
        Constant(stored, Quant(scales.astype(np.float32), 0, axis)),
        Constant(stored_bias, Quant(steps.astype(np.float32), 0, 0)),
    )


def _operand(values: FloatArray) -> Constant:
    """The constant operand of an elementwise layer, with one scale."""
    peak = float(np.abs(values).max())
    scale = 1.0 if peak == -_LOW else peak / _HIGH
    stored = np.clip(np.rint(values / scale), _LOW, _HIGH).astype(np.int8)
    return Constant(stored, Quant(np.array([scale], np.float32)))
