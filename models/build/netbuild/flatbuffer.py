"""Writes a graph as a TFLite file, in float32 or in int8.

It knows the flatbuffer's form, and not where the numbers in it come from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from netbuild.graph import Graph, Layer

_TYPES = {"float32": schema.TensorType.FLOAT32, "int8": schema.TensorType.INT8, "int32": schema.TensorType.INT32}


@dataclass(frozen=True, slots=True, eq=False)
class Quant:
    """real = scale · (stored − zero_point); one scale, or one for each index along `axis`."""

    scale: NDArray[np.float32]
    zero_point: int = 0
    axis: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """A constant as it stands in the file, with its quantisation if it has one."""

    values: NDArray[Any]
    quant: Quant | None = None


@dataclass(frozen=True, slots=True)
class Numbers:
    """The stored numbers of a graph: (output of the layer, "weights" | "bias") → constant, and tensor → quantisation."""

    constants: Mapping[tuple[str, str], Constant]
    activations: Mapping[str, Quant]


def float_numbers(graph: Graph) -> Numbers:
    """The graph's own float32 values, nothing quantised."""
    constants = {}
    for layer in graph.layers:
        for role, values in (("weights", layer.weights), ("bias", layer.bias)):
            if values is not None:
                constants[layer.output, role] = Constant(np.asarray(values, np.float32))
    return Numbers(constants, {})


def write_tflite(graph: Graph, numbers: Numbers, outputs: Sequence[str] | None = None, description: str = "") -> bytes:
    """The file's bytes; the same graph and numbers always give the same bytes.

    Args:
        graph: the network.
        numbers: what `float_numbers` or the quantiser made of it.
        outputs: tensors to give out instead of the graph's own outputs.
        description: free text stored in the file.
    """
    writer = _Writer(graph, numbers)
    for layer in graph.layers:
        writer.add(layer)
    return writer.finish(list(outputs or graph.outputs), description)


class _Writer:
    def __init__(self, graph: Graph, numbers: Numbers) -> None:
        self._graph, self._numbers = graph, numbers
        self._model = schema.ModelT()
        self._model.version, self._model.buffers, self._model.operatorCodes = 3, [_buffer(b"")], []
        self._sub = schema.SubGraphT()
        self._sub.tensors, self._sub.operators, self._sub.name = [], [], b"main"
        self._index: dict[str, int] = {}
        self._codes: dict[int, int] = {}
        self._activation(graph.input)

    def add(self, layer: Layer) -> None:
        code, options_type, options = _operator(layer)
        inputs = [self._index[name] for name in layer.inputs] + self._constants(layer)
        operator = schema.OperatorT()
        operator.opcodeIndex = self._code(code)
        operator.inputs, operator.outputs = inputs, [self._activation(layer.output)]
        if options is not None:
            operator.builtinOptionsType, operator.builtinOptions = options_type, options
        self._sub.operators.append(operator)

    def finish(self, outputs: list[str], description: str) -> bytes:
        self._sub.inputs = [self._index[self._graph.input]]
        self._sub.outputs = [self._index[name] for name in outputs]
        self._model.subgraphs, self._model.description = [self._sub], description.encode()
        self._model.signatureDefs = [_signature(self._graph.input, self._sub.inputs[0], outputs, self._sub.outputs)]
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(self._model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def _constants(self, layer: Layer) -> list[int]:
        names = [(layer.output, role) for role in ("weights", "bias") if (layer.output, role) in self._numbers.constants]
        indices = [self._tensor("/".join(name), self._numbers.constants[name]) for name in names]
        extra = _shape_operand(layer, self._graph.shapes[layer.output])
        return indices if extra is None else [*indices, self._tensor(f"{layer.output}/operand", Constant(extra))]

    def _activation(self, name: str) -> int:
        shape, quant = self._graph.shapes[name], self._numbers.activations.get(name)
        self._index[name] = self._append(name, shape, "int8" if quant else "float32", quant, 0)
        return self._index[name]

    def _tensor(self, name: str, constant: Constant) -> int:
        self._model.buffers.append(_buffer(constant.values.tobytes()))
        dtype = constant.values.dtype.name
        return self._append(name, constant.values.shape, dtype, constant.quant, len(self._model.buffers) - 1)

    def _append(self, name: str, shape: Sequence[int], dtype: str, quant: Quant | None, buffer: int) -> int:
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type, tensor.buffer = name.encode(), list(shape), _TYPES[dtype], buffer
        if quant is not None:
            tensor.quantization = schema.QuantizationParametersT()
            scales = np.atleast_1d(quant.scale)
            tensor.quantization.scale = [float(value) for value in scales]
            tensor.quantization.zeroPoint = [quant.zero_point] * len(scales)
            tensor.quantization.quantizedDimension = quant.axis
        self._sub.tensors.append(tensor)
        return len(self._sub.tensors) - 1

    def _code(self, builtin: int) -> int:
        if builtin not in self._codes:
            code = schema.OperatorCodeT()
            code.builtinCode, code.deprecatedBuiltinCode, code.version = (
                builtin,
                min(builtin, 127),
                _VERSIONS.get(builtin, 2),
            )
            self._codes[builtin] = len(self._model.operatorCodes)
            self._model.operatorCodes.append(code)
        return self._codes[builtin]


_OPS = schema.BuiltinOperator
_VERSIONS = {_OPS.CONV_2D: 3, _OPS.DEPTHWISE_CONV_2D: 3, _OPS.FULLY_CONNECTED: 4, _OPS.RESHAPE: 1, _OPS.PRELU: 1}


def _buffer(data: bytes) -> Any:  # noqa: ANN401 - the generated schema is untyped
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(data, np.uint8) if data else None
    return buffer


def _signature(source: str, index: int, outputs: list[str], indices: list[int]) -> Any:  # noqa: ANN401
    def entry(name: str, tensor: int) -> Any:  # noqa: ANN401
        pair = schema.TensorMapT()
        pair.name, pair.tensorIndex = name.encode(), tensor
        return pair

    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = b"serving_default", 0
    signature.inputs = [entry(source, index)]
    signature.outputs = [entry(name, tensor) for name, tensor in zip(outputs, indices, strict=True)]
    return signature


def _shape_operand(layer: Layer, shape: tuple[int, ...]) -> NDArray[np.int32] | None:
    if layer.kind == "reshape":
        return np.array(shape, np.int32)
    if layer.kind == "upsample":
        return np.array(shape[1:3], np.int32)
    if layer.kind == "pad":
        return np.array([[0, 0], [layer.pad, layer.pad], [layer.pad, layer.pad], [0, layer.pad_channels]], np.int32)
    if layer.kind == "mean":
        return np.array([1, 2], np.int32)
    return None


def _activation_of(layer: Layer) -> int:
    if layer.relu6:
        return int(schema.ActivationFunctionType.RELU6)
    return int(schema.ActivationFunctionType.RELU) if layer.relu else 0


def _operator(layer: Layer) -> tuple[int, int, Any]:
    """(operator, options type, options) of a layer."""
    name, options_name = {
        "conv": ("CONV_2D", "Conv2DOptions"),
        "depthwise": ("DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions"),
        "dense": ("FULLY_CONNECTED", "FullyConnectedOptions"),
        "max_pool": ("MAX_POOL_2D", "Pool2DOptions"),
        "mean": ("MEAN", "ReducerOptions"),
        "upsample": ("RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighborOptions"),
        "add": ("ADD", "AddOptions"),
        "mul": ("MUL", "MulOptions"),
        "maximum": ("MAXIMUM", "MaximumMinimumOptions"),
        "prelu": ("PRELU", ""),
        "quantise": ("QUANTIZE", ""),
        "dequantise": ("DEQUANTIZE", ""),
        "pad": ("PAD", "PadOptions"),
        "reshape": ("RESHAPE", "ReshapeOptions"),
    }[layer.kind]
    if not options_name:
        return getattr(_OPS, name), 0, None
    options = getattr(schema, f"{options_name}T")()
    _fill(options, layer)
    return getattr(_OPS, name), getattr(schema.BuiltinOptions, options_name), options


def _fill(options: Any, layer: Layer) -> None:  # noqa: ANN401
    """Sets those fields that this kind of options has."""
    stride = 2 if layer.kind == "max_pool" else layer.stride
    values = {
        "padding": schema.Padding.SAME if layer.same else schema.Padding.VALID,
        "strideW": stride,
        "strideH": stride,
        "filterWidth": layer.window,
        "filterHeight": layer.window,
        "keepDims": True,
        "depthMultiplier": 1,
        "fusedActivationFunction": _activation_of(layer),
    }
    for name, value in values.items():
        if hasattr(options, name):
            setattr(options, name, value)
