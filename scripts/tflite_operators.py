"""Takes a TFLite file apart: each operator as a file of its own, and how often it multiplies.

It knows the file's form, and nothing of how fast anything is.
"""

from __future__ import annotations

import copy
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
from bench_machine import BenchError

try:
    from ai_edge_litert import schema_py_generated as schema
except ImportError:  # tflite-runtime does not bring the form of its files
    schema = None

if TYPE_CHECKING:
    from collections.abc import Sequence

IDENTIFIER = b"TFL3"
OUTPUT_AXIS = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 0}
"""Axis of the weights that the channels of the output lie along, of the operators that multiply a value by many weights."""
PAD = "PAD"
WEIGHTS = 1
"""Place of the weights among an operator's inputs."""
NO_TENSOR = -1
"""Index of an input that is left out."""
FORM_VERSION, CONVOLUTION_VERSION = 3, 3
"""Versions of the file's form, and of a convolution that is int8 by channel."""
IN_SCALE, WEIGHT_SCALE, OUT_SCALE = 1 / 128, 1 / 128, 1 / 8
"""Quantisation of the convolution that is made here; any does, since int8 takes as long whatever it stands for."""


@dataclass(frozen=True, slots=True, eq=False)
class Operator:
    """One operator, with the PAD before it: its kind as TFLite names it, its multiplications, and a file of its own with its weights."""

    kind: str
    multiplications: int
    content: bytes


def operators_of(content: bytes) -> list[Operator]:
    """Take the file with these bytes apart, in the order in which its operators run; a PAD goes with the one that it pads for.

    XNNPACK computes such a pair as one, so that the first alone takes what it never takes in the network.

    Raises:
        BenchError: the form of the files is not known to this runtime.
    """
    model = _schema().ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    readers = Counter(int(index) for operator in graph.operators for index in operator.inputs)
    waiting: dict[int, Any] = {}
    found = []
    for operator in graph.operators:
        if _kind(model, operator) == PAD and readers[operator.outputs[0]] == 1:
            waiting[operator.outputs[0]] = operator
            continue
        before = [waiting.pop(index) for index in operator.inputs if index in waiting]
        found.append(_cut_out(model, [*before, operator]))
    return found


def plain_convolution(places: tuple[int, int], channels: tuple[int, int]) -> bytes:
    """Make a file with one int8 convolution of 1×1 at so many places (height, width), from and to so many channels."""
    source, to = channels
    weights = np.random.default_rng(0).integers(-127, 128, (to, 1, 1, source), dtype=np.int8)
    types, (height, width) = _schema().TensorType, places
    tensors = [
        _tensor("in", (1, height, width, source), types.INT8, [IN_SCALE], 0),
        _tensor("weights", weights.shape, types.INT8, [WEIGHT_SCALE] * to, 1),
        _tensor("bias", (to,), types.INT32, [IN_SCALE * WEIGHT_SCALE] * to, 2),
        _tensor("out", (1, height, width, to), types.INT8, [OUT_SCALE], 0),
    ]
    operator = _schema().OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = 0, [0, 1, 2], [3]
    operator.builtinOptionsType, operator.builtinOptions = _schema().BuiltinOptions.Conv2DOptions, _schema().Conv2DOptionsT()
    operator.builtinOptions.strideW = operator.builtinOptions.strideH = 1
    code = _schema().OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = _schema().BuiltinOperator.CONV_2D
    code.version = CONVOLUTION_VERSION
    return _file([operator], [code], tensors, [b"", weights.tobytes(), np.zeros(to, np.int32).tobytes()], [0])


def _cut_out(model: Any, operators: list[Any]) -> Operator:  # noqa: ANN401 - the generated schema is untyped
    """Operators one behind the other as a file of their own, by the name of the last."""
    tensors, last = model.subgraphs[0].tensors, operators[-1]
    made = {int(index) for operator in operators for index in operator.outputs}
    used = dict.fromkeys(int(index) for operator in operators for index in (*operator.inputs, *operator.outputs) if index != NO_TENSOR)
    place = {index: number for number, index in enumerate(used)} | {NO_TENSOR: NO_TENSOR}
    cut, buffers, given = [], [b""], []
    for index in used:
        tensor, data = copy.copy(tensors[index]), model.buffers[tensors[index].buffer].data
        tensor.buffer = 0 if data is None else len(buffers)
        buffers += [] if data is None else [bytes(data)]
        given += [place[index]] if data is None and index not in made else []
        cut.append(tensor)
    alone = [copy.copy(operator) for operator in operators]
    for number, operator in enumerate(alone):
        operator.opcodeIndex = number
        operator.inputs, operator.outputs = ([place[int(index)] for index in ends] for ends in (operator.inputs, operator.outputs))
    codes = [model.operatorCodes[operator.opcodeIndex] for operator in operators]
    kind = _kind(model, last)
    return Operator(kind, _multiplications(kind, last, tensors), _file(alone, codes, cut, buffers, given))


def _kind(model: Any, operator: Any) -> str:  # noqa: ANN401 - as above
    code = model.operatorCodes[operator.opcodeIndex]
    number = max(code.builtinCode, code.deprecatedBuiltinCode)
    return str(next(name for name, value in vars(_schema().BuiltinOperator).items() if value == number))


def _multiplications(kind: str, operator: Any, tensors: Sequence[Any]) -> int:  # noqa: ANN401 - as above
    if kind not in OUTPUT_AXIS:
        return 0
    weights, out = tensors[operator.inputs[WEIGHTS]].shape, tensors[operator.outputs[0]].shape
    return math.prod(map(int, out)) * math.prod(map(int, weights)) // int(weights[OUTPUT_AXIS[kind]])


def _tensor(name: str, shape: Sequence[int], kind: int, scales: list[float], buffer: int) -> Any:  # noqa: ANN401 - as above
    tensor = _schema().TensorT()
    tensor.name, tensor.shape, tensor.type, tensor.buffer = name.encode(), list(shape), kind, buffer
    tensor.quantization = _schema().QuantizationParametersT()
    tensor.quantization.scale, tensor.quantization.zeroPoint = scales, [0] * len(scales)
    return tensor


def _file(operators: list[Any], codes: list[Any], tensors: list[Any], buffers: list[bytes], given: list[int]) -> bytes:
    """The bytes of a file whose outputs are those of its last operator."""
    graph, model = _schema().SubGraphT(), _schema().ModelT()
    graph.tensors, graph.operators, graph.inputs, graph.outputs = tensors, operators, given, operators[-1].outputs
    model.version, model.operatorCodes, model.subgraphs = FORM_VERSION, codes, [graph]
    model.buffers = [_buffer(data) for data in buffers]
    builder = flatbuffers.Builder(sum(map(len, buffers)) + (1 << 14))
    builder.Finish(model.Pack(builder), IDENTIFIER)
    return bytes(builder.Output())


def _buffer(data: bytes) -> Any:  # noqa: ANN401 - as above
    buffer = _schema().BufferT()
    buffer.data = np.frombuffer(data, np.uint8) if data else None
    return buffer


def _schema() -> Any:  # noqa: ANN401 - as above
    if schema is None:
        raise BenchError("Operators are timed with ai-edge-litert only; it is not installed here.")
    return schema
