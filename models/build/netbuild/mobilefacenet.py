"""MobileFaceNet (512-d face embedding) as a graph, layer by layer from its ONNX file.

It knows the network's operations; alignment, calibration and files are others' business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import numpy_helper

from netbuild.graph import Graph, Layer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float32]
    Weights = Mapping[str, FloatArray]

SIDE = 112
CENTRE, SPREAD = 127.0, 128.0
"""What is subtracted of a grey level, and by what the rest is divided. Borders are padded with the centre, which int8 holds."""


def build_graph(path: Path) -> Graph:
    """MobileFaceNet for (1, 112, 112, 3) BGR 0…255; the output `embedding` is (1, 512), not normalised."""
    onnx_graph = onnx.load(str(path)).graph
    weights = {item.name: numpy_helper.to_array(item).astype(np.float32) for item in onnx_graph.initializer}
    graph = Graph("input", {"input": (1, SIDE, SIDE, 3)})
    graph.append(Layer("add", ("input",), "centred", np.full((1, 1, 1, 3), -CENTRE, np.float32)))
    names = {onnx_graph.input[0].name: "centred"}
    for number, node in enumerate(onnx_graph.node):
        names[node.output[0]] = _ADDED[node.op_type](graph, node, weights, [names[name] for name in node.input if name in names], number)
    graph.outputs.append(names[onnx_graph.output[0].name])
    return graph


def _convolution(graph: Graph, node: onnx.NodeProto, weights: Weights, inputs: list[str], number: int) -> str:
    """A convolution with its border; the first one divides by the spread of the grey levels too."""
    options = {item.name: list(item.ints) or item.i for item in node.attribute}
    kernel, name = weights[node.input[1]], f"conv_{number}"
    border, depthwise, stride = options["pads"][0], options["group"] > 1, options["strides"][0]
    source = inputs[0]
    if border and stride > 1:
        source = graph.append(Layer("pad", (source,), f"{name}.padded", pad=border))
    arranged = kernel.transpose(1, 2, 3, 0) if depthwise else kernel.transpose(0, 2, 3, 1)
    return graph.append(
        Layer(
            "depthwise" if depthwise else "conv",
            (source,),
            name,
            arranged / np.float32(SPREAD if number == 0 else 1),
            weights[node.input[2]],
            stride,
            same=bool(border) and stride == 1,
        )
    )


def _prelu(graph: Graph, node: onnx.NodeProto, weights: Weights, inputs: list[str], number: int) -> str:
    return graph.append(Layer("prelu", (inputs[0],), f"prelu_{number}", weights[node.input[1]].reshape(1, 1, -1)))


def _sum(graph: Graph, _: onnx.NodeProto, __: Weights, inputs: list[str], number: int) -> str:
    return graph.append(Layer("add", tuple(inputs), f"sum_{number}"))


def _flat(graph: Graph, _: onnx.NodeProto, __: Weights, inputs: list[str], ___: int) -> str:
    return graph.append(Layer("reshape", (inputs[0],), "embedding", shape=(1, graph.shapes[inputs[0]][-1])))


_ADDED = {"Conv": _convolution, "PRelu": _prelu, "Add": _sum, "Reshape": _flat}
"""What each kind of the file's nodes becomes."""
