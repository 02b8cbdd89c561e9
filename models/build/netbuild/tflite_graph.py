"""Reads a float TFLite file of MediaPipe's kind as a graph, its float16 weights as float32.

It knows the flatbuffer's form and a dozen operations, and nothing of what the network sees.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from netbuild.graph import Graph, Layer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float32]

_OPS = schema.BuiltinOperator
_KINDS = {
    _OPS.CONV_2D: "conv",
    _OPS.DEPTHWISE_CONV_2D: "depthwise",
    _OPS.ADD: "add",
    _OPS.MAX_POOL_2D: "max_pool",
    _OPS.PAD: "pad",
    _OPS.PRELU: "prelu",
    _OPS.RELU: "relu",
}
_PASSED_OVER = {_OPS.DEQUANTIZE, _OPS.RESHAPE, _OPS.CONCATENATION}
"""Float16 weights made wide, and the heads laid behind each other: the graph ends in the heads themselves."""
_CHANNELS = 3
"""The axis of a tensor that its channels lie on."""


class _Reader:
    def __init__(self, content: bytes) -> None:
        model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))
        self.main, self._model = model.subgraphs[0], model
        self._wide = {int(op.outputs[0]): int(op.inputs[0]) for op in self.main.operators if self.code(op) == _OPS.DEQUANTIZE}

    def code(self, operator: Any) -> int:  # noqa: ANN401 - the generated schema is untyped
        code = self._model.operatorCodes[operator.opcodeIndex]
        return int(max(code.builtinCode, code.deprecatedBuiltinCode))

    def name(self, tensor: int) -> str:
        return str(self.main.tensors[tensor].name.decode())

    def shape(self, tensor: int) -> tuple[int, ...]:
        return tuple(int(side) for side in self.main.tensors[tensor].shape)

    def constant(self, tensor: int) -> NDArray[Any] | None:
        stored = self.main.tensors[self._wide.get(tensor, tensor)]
        data = self._model.buffers[stored.buffer].data
        if data is None:
            return None
        kind = {schema.TensorType.FLOAT32: np.float32, schema.TensorType.FLOAT16: np.float16, schema.TensorType.INT32: np.int32}
        return np.frombuffer(bytes(data), kind[stored.type]).reshape(stored.shape)


def read_graph(content: bytes, outputs: Sequence[str]) -> Graph:
    """The network as far as these outputs need it; each ReLU is joined to the layer before."""
    reader = _Reader(content)
    source = int(reader.main.inputs[0])
    graph = Graph(reader.name(source), {reader.name(source): reader.shape(source)}, outputs=list(outputs))
    layers = [_layer(reader, op) for op in reader.main.operators if reader.code(op) not in _PASSED_OVER]
    joined = {layer.inputs[0]: layer.output for layer in layers if layer.kind == "relu"}  # type: ignore[comparison-overlap] # for a moment
    for layer in layers:
        if layer.kind == "relu":  # type: ignore[comparison-overlap]
            continue
        name = joined.get(layer.output, layer.output)
        graph.append(dataclasses.replace(layer, output=name, relu=layer.relu or layer.output in joined))
    return graph


def _layer(reader: _Reader, operator: Any) -> Layer:  # noqa: ANN401
    kind, options = _KINDS[reader.code(operator)], operator.builtinOptions
    constants = [reader.constant(int(tensor)) for tensor in operator.inputs]
    inputs = tuple(reader.name(int(tensor)) for tensor, constant in zip(operator.inputs, constants, strict=True) if constant is None)
    numbers = [np.asarray(values, np.float32) for values in constants if values is not None]
    layer = Layer(kind, inputs, reader.name(int(operator.outputs[0])))  # type: ignore[arg-type] # a relu is joined before it is one
    if kind == "pad":
        return dataclasses.replace(layer, pad_channels=int(numbers[0][_CHANNELS][1]))
    if kind == "prelu":
        return dataclasses.replace(layer, weights=numbers[0])
    if kind in {"conv", "depthwise"}:
        layer = dataclasses.replace(layer, weights=numbers[0], bias=numbers[1])
    if kind in {"conv", "depthwise", "max_pool"}:
        layer = dataclasses.replace(layer, stride=int(options.strideW), same=options.padding == schema.Padding.SAME)
    return layer
