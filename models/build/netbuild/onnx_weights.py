"""Reads the constants of a block-quantised ONNX file back to float arrays.

It knows how ONNX spells quantised weights, and nothing of what the network does with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import numpy_helper

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float32]


def read_weights(path: Path) -> dict[str, FloatArray]:
    """Every constant a layer uses, by the name under which the layer asks for it.

    `DequantizeLinear` and the `Reshape` behind it are carried out in float32, so `conv.weight_reshaped` is the weight
    in its ONNX layout (out, in / groups, height, width).
    """
    graph = onnx.load(str(path)).graph
    constants = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    for node in graph.node:
        if not all(name in constants for name in node.input):
            continue
        values = [constants[name] for name in node.input]
        if node.op_type == "DequantizeLinear":
            constants[node.output[0]] = _dequantise(values, _integers(node))
        elif node.op_type == "Reshape":
            constants[node.output[0]] = values[0].reshape([int(size) for size in values[1]])
    return {name: value.astype(np.float32) for name, value in constants.items() if value.dtype.kind == "f"}


def _integers(node: onnx.NodeProto) -> dict[str, int]:
    return {item.name: item.i for item in node.attribute if item.type == onnx.AttributeProto.INT}


def _dequantise(values: list[NDArray[np.generic]], options: Mapping[str, int]) -> FloatArray:
    """One scale and zero point for each block of `block_size` values along `axis` (ONNX opset 21)."""
    quantised, scales, zero_points = (np.asarray(value, dtype=np.float32) for value in values)
    axis, length = options["axis"], quantised.shape[options["axis"]]

    def stretch(blocks: FloatArray) -> FloatArray:
        return np.repeat(blocks, options["block_size"], axis=axis).take(range(length), axis=axis)

    result: FloatArray = (quantised - stretch(zero_points)) * stretch(scales)
    return result
