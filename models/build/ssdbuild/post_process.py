"""Puts anchors, decoding and suppression behind the outputs of a network with anchors, as the Object Detection API exports them.

The operator is TFLite_Detection_PostProcess, after Liu et al., "SSD: Single Shot MultiBox Detector", ECCV 2016; it knows files and numbers,
and no card.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from flatbuffers import flexbuffers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MOST_FACES = 20
BOX_CHANNELS = 4
LEAST_SCORE, LEAST_SIDE = 0.01, 1e-4
"""Score of a box that is given at all, and side, as part of the input, whose logarithm is taken: the operator wants exponentials."""
ANCHOR = 1.0
"""Side of every anchor as part of the input."""
OUTPUTS = {"boxes": (1, MOST_FACES, BOX_CHANNELS), "classes": (1, MOST_FACES), "scores": (1, MOST_FACES), "count": (1,)}
_OPS, _FLOAT, _INT = schema.BuiltinOperator, schema.TensorType.FLOAT32, schema.TensorType.INT32


@dataclass(frozen=True, slots=True)
class Level:
    """A grid of anchors: stride and side of the input in pixels, anchors in each cell, and what the stored numbers mean, as on a card."""

    stride: int
    anchors: int
    side: int
    score_scale: tuple[float, ...]
    score_offset: tuple[float, ...]
    box_scale: tuple[float, ...]
    box_offset: tuple[float, ...]

    @property
    def cells(self) -> int:
        """Cells along a side of the grid."""
        return self.side // self.stride

    @property
    def rows(self) -> int:
        """Anchors in all cells."""
        return self.cells * self.cells * self.anchors

    def places(self) -> NDArray[np.float32]:
        """Give y, x, height and width of each anchor, (rows, 4), as parts of the input."""
        down, across = np.mgrid[: self.cells, : self.cells].reshape(2, -1)
        middles = (np.stack([down, across], axis=1) + 0.5) / self.cells
        return np.repeat(np.hstack([middles, np.full_like(middles, ANCHOR)]), self.anchors, axis=0).astype(np.float32)


def with_post_process(content: bytes, levels: Sequence[Level], nms_iou: float) -> bytes:
    """Give a file whose outputs are scores and then boxes, level by level, the operator's four outputs in their place."""
    made = _Extended(content)
    rows, count = sum(level.rows for level in levels), len(levels)
    scores, boxes = made.outputs[:count], made.outputs[count:]
    logits = [
        made.values(tensor, (1, level.rows, 1), level.score_scale, level.score_offset) for tensor, level in zip(scores, levels, strict=True)
    ]
    likely = made.add(_OPS.LOGISTIC, [made.joined(logits, (1, rows, 1), 1)], (1, rows, 1))
    deltas = [
        made.values(tensor, (1, level.rows, len(level.box_scale) // level.anchors), level.box_scale, level.box_offset)
        for tensor, level in zip(boxes, levels, strict=True)
    ]
    channels = len(levels[0].box_scale) // levels[0].anchors
    all_deltas = made.joined(deltas, (1, rows, channels), 1)
    middles, sides = (made.chosen(all_deltas, places, rows) for places in ((1, 0), (3, 2)))
    at_least = made.add(_OPS.MAXIMUM, [sides, made.constant(np.float32(LEAST_SIDE))], (1, rows, 2), "MaximumMinimumOptions")
    encoded = made.joined([middles, made.add(_OPS.LOG, [at_least], (1, rows, 2))], (1, rows, BOX_CHANNELS), 2)
    return made.finish([encoded, likely, made.constant(np.concatenate([level.places() for level in levels]))], nms_iou)


class _Extended:
    """A file that operators are put behind."""

    def __init__(self, content: bytes) -> None:
        self._model: Any = schema.ModelT.InitFromPackedBuf(content, 0)
        self._graph = self._model.subgraphs[0]
        self.outputs = [int(index) for index in self._graph.outputs]

    def constant(self, values: NDArray[Any] | np.float32) -> int:
        """Add a constant; its index."""
        values = np.asarray(values)
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8)
        self._model.buffers.append(buffer)
        return self._tensor(values.shape, _INT if values.dtype == np.int32 else _FLOAT, len(self._model.buffers) - 1)

    def add(self, code: int, inputs: list[int], shape: tuple[int, ...], options: str = "", **fields: object) -> int:
        """Add an operator with one float output of this shape; its index."""
        output = self._tensor(shape, _FLOAT, 0)
        self._operate(code, inputs, [output], options, fields)
        return output

    def values(self, tensor: int, shape: tuple[int, ...], scale: tuple[float, ...], offset: tuple[float, ...]) -> int:
        """Add what turns stored numbers of an output into values, and into rows of anchors; its index."""
        form = tuple(int(side) for side in self._graph.tensors[tensor].shape)
        stored = self.add(_OPS.DEQUANTIZE, [tensor], form)
        scaled = self.add(_OPS.MUL, [stored, self.constant(np.array(scale, np.float32))], form, "MulOptions")
        real = self.add(_OPS.ADD, [scaled, self.constant(np.array(offset, np.float32))], form, "AddOptions")
        return self.add(_OPS.RESHAPE, [real, self.constant(np.array(shape, np.int32))], shape, "ReshapeOptions")

    def joined(self, parts: list[int], shape: tuple[int, ...], axis: int) -> int:
        """Add what puts tensors one behind the other; its index."""
        return self.add(_OPS.CONCATENATION, parts, shape, "ConcatenationOptions", axis=axis)

    def chosen(self, tensor: int, channels: tuple[int, int], rows: int) -> int:
        """Add what takes two channels; its index."""
        return self.add(_OPS.GATHER, [tensor, self.constant(np.array(channels, np.int32))], (1, rows, 2), "GatherOptions", axis=2)

    def finish(self, inputs: list[int], nms_iou: float) -> bytes:
        """Add the last operator, and give the file's bytes."""
        outputs = [self._tensor(shape, _FLOAT, 0) for shape in OUTPUTS.values()]
        self._operate(_OPS.CUSTOM, inputs, outputs, custom=_options(nms_iou))
        self._graph.outputs, self._model.signatureDefs = outputs, None
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(self._model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def _tensor(self, shape: tuple[int, ...], kind: int, buffer: int) -> int:
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type, tensor.buffer = f"decoded {len(self._graph.tensors)}".encode(), list(shape), kind, buffer
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1

    def _operate(
        self,
        code: int,
        inputs: list[int],
        outputs: list[int],
        options: str = "",
        fields: dict[str, object] | None = None,
        custom: bytes = b"",
    ) -> None:
        kind, operator = schema.OperatorCodeT(), schema.OperatorT()
        kind.builtinCode, kind.deprecatedBuiltinCode, kind.version = code, min(code, 127), 2 if code == _OPS.DEQUANTIZE else 1
        kind.customCode = b"TFLite_Detection_PostProcess" if custom else None
        self._model.operatorCodes.append(kind)
        operator.opcodeIndex, operator.inputs, operator.outputs = len(self._model.operatorCodes) - 1, inputs, outputs
        if options:
            operator.builtinOptionsType, operator.builtinOptions = getattr(schema.BuiltinOptions, options), getattr(schema, f"{options}T")()
            for name, value in (fields or {}).items():
                setattr(operator.builtinOptions, name, value)
        operator.customOptions = np.frombuffer(custom, np.uint8) if custom else None
        self._graph.operators.append(operator)


def _options(nms_iou: float) -> bytes:
    builder = flexbuffers.Builder()
    with builder.Map():
        for name, number in (("max_detections", MOST_FACES), ("max_classes_per_detection", 1), ("num_classes", 1)):
            builder.Int(name, number)
        builder.Bool("use_regular_nms", value=False)
        for name, value in (("nms_score_threshold", LEAST_SCORE), ("nms_iou_threshold", nms_iou)):
            builder.Float(name, value)
        for name in ("y_scale", "x_scale", "h_scale", "w_scale"):
            builder.Float(name, ANCHOR)
    return bytes(builder.Finish())
