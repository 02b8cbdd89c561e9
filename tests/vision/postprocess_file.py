"""A small detector of the form of Coral's: pixels as uint8 in, boxes, classes, scores and a count of TFLite_Detection_PostProcess out.

Its one grid of cells takes the greenest for a face, or what looks like one portrait: a
stand-in for an accelerator's file, which cannot be here.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import cv2
import flatbuffers  # type: ignore[import-untyped]
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from flatbuffers import flexbuffers

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from edged.types import Uint8Array

SIDE, CELLS = 96, 6
STRIDE = SIDE // CELLS
ANCHOR = 0.25
"""Side of every anchor, as part of the input."""
PLACE, LIKE = (1, 2), 0.9
"""Row and column of the cell in which the golden portrait has its face, and the score of what looks like it."""
_OPS = schema.BuiltinOperator
_OUTPUTS = {"boxes": (1, 10, 4), "classes": (1, 10), "scores": (1, 10), "count": (1,)}


def write(folder: Path, portrait: Uint8Array | None = None) -> Path:
    """Write the file and its card into a folder of this name; where.

    With a portrait, (H, W, 3) BGR, it finds what looks like that portrait's cell PLACE, and its card says what it must find there.
    """
    content = _file(_greenest() if portrait is None else _like(portrait))
    folder.mkdir(parents=True)
    (folder / "greenest.tflite").write_bytes(content)
    (folder / "model.toml").write_text(CARD.format(side=SIDE, sha256=hashlib.sha256(content).hexdigest()), encoding="utf-8")
    if portrait is not None:
        with (folder / "model.toml").open("a", encoding="utf-8") as card:
            card.write(GOLDEN.format(side=SIDE, score=LIKE, box=_box(portrait.shape[1], portrait.shape[0])))
    return folder


CARD = """id = "greenest-uint8-1"
task = "detection"
network = "SSD"
version = "1"
licence = "Apache-2.0"

[source]
package = "tests"
version = "1"
file = "postprocess_file.py"
sha256 = "none"

[[file]]
name = "greenest.tflite"
width = {side}
height = {side}
sha256 = "{sha256}"

[input]
colour = "RGB"
low = 0
high = 255

[score]
formula = "as given"
threshold = 0.5
nms_iou = 0.5

[landmarks]
names = []

[post_process]
"""


GOLDEN = """
[golden]
score = {score}
score_tolerance = 0.1
box_xyxy = {box}
small_side_px = {side}
small_score = {score}
small_tolerance = 0.1
"""


class _Model:
    def __init__(self) -> None:
        self.model, self.sub = schema.ModelT(), schema.SubGraphT()
        self.model.version, self.model.buffers, self.model.operatorCodes = 3, [schema.BufferT()], []
        self.sub.tensors, self.sub.operators, self.sub.name = [], [], b"main"

    def tensor(
        self,
        name: str,
        shape: tuple[int, ...],
        kind: int,
        values: NDArray[np.generic] | None = None,
        scale: tuple[float, int] | None = None,
    ) -> int:
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type, tensor.buffer = name.encode(), list(shape), kind, 0
        if values is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8)
            self.model.buffers.append(buffer)
            tensor.buffer = len(self.model.buffers) - 1
        if scale:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale, tensor.quantization.zeroPoint = [scale[0]], [scale[1]]
        self.sub.tensors.append(tensor)
        return len(self.sub.tensors) - 1

    def operate(
        self, code: int, inputs: list[int], outputs: list[int], options: tuple[int, object] = (0, None), custom: bytes = b""
    ) -> None:
        kind, operator = schema.OperatorCodeT(), schema.OperatorT()
        kind.builtinCode, kind.deprecatedBuiltinCode, kind.version = code, min(code, 127), 1
        kind.customCode = b"TFLite_Detection_PostProcess" if custom else None
        self.model.operatorCodes.append(kind)
        operator.opcodeIndex, operator.inputs, operator.outputs = len(self.model.operatorCodes) - 1, inputs, outputs
        operator.builtinOptionsType, operator.builtinOptions = options
        if custom:
            operator.customOptions = np.frombuffer(custom, np.uint8)
        self.sub.operators.append(operator)


def _greenest() -> NDArray[np.float32]:
    """Weights of a cell that is green, and neither red nor blue."""
    return np.broadcast_to(np.array([-0.5, 1, -0.5], np.float32) / STRIDE**2, (STRIDE, STRIDE, 3))


def _like(portrait: Uint8Array) -> NDArray[np.float32]:
    """Weights of a cell that looks like that of the portrait."""
    small = cv2.resize(portrait, (SIDE, SIDE), interpolation=cv2.INTER_AREA)[..., ::-1].astype(np.float32) / 255
    row, column = PLACE
    cell = small[row * STRIDE : (row + 1) * STRIDE, column * STRIDE : (column + 1) * STRIDE]
    cell = cell - cell.mean()
    return np.asarray(LIKE * cell / (cell**2).sum(), np.float32)


def _box(width: int, height: int) -> list[float]:
    """Where the anchor of PLACE lies in a picture of this size."""
    row, column = ((place + 0.5) / CELLS for place in PLACE)
    half = ANCHOR / 2
    return [(column - half) * width, (row - half) * height, (column + half) * width, (row + half) * height]


def _file(face: NDArray[np.float32]) -> bytes:
    made, cells = _Model(), CELLS * CELLS
    types = schema.TensorType
    source = made.tensor("input", (1, SIDE, SIDE, 3), types.UINT8, scale=(1 / 255, 0))
    real = made.tensor("real", (1, SIDE, SIDE, 3), types.FLOAT32)
    made.operate(_OPS.DEQUANTIZE, [source], [real])
    kernel = np.zeros((2, STRIDE, STRIDE, 3), np.float32)
    kernel[1] = face
    weights = made.tensor("kernel", kernel.shape, types.FLOAT32, kernel)
    bias = made.tensor("bias", (2,), types.FLOAT32, np.zeros(2, np.float32))
    grid = made.tensor("grid", (1, CELLS, CELLS, 2), types.FLOAT32)
    options = schema.Conv2DOptionsT()
    options.padding, options.strideH, options.strideW = schema.Padding.VALID, STRIDE, STRIDE
    made.operate(_OPS.CONV_2D, [real, weights, bias], [grid], (schema.BuiltinOptions.Conv2DOptions, options))
    shape = made.tensor("shape", (3,), types.INT32, np.array([1, cells, 2], np.int32))
    scores = made.tensor("class scores", (1, cells, 2), types.FLOAT32)
    made.operate(_OPS.RESHAPE, [grid, shape], [scores], (schema.BuiltinOptions.ReshapeOptions, schema.ReshapeOptionsT()))
    middles = (np.arange(CELLS, dtype=np.float32) + 0.5) / CELLS
    anchors = np.array([[y, x, ANCHOR, ANCHOR] for y in middles for x in middles], np.float32)
    boxes = made.tensor("box encodings", (1, cells, 4), types.FLOAT32, np.zeros((1, cells, 4), np.float32))
    fixed = made.tensor("anchors", anchors.shape, types.FLOAT32, anchors)
    outputs = [made.tensor(name, form, types.FLOAT32) for name, form in _OUTPUTS.items()]
    made.operate(_OPS.CUSTOM, [boxes, scores, fixed], outputs, custom=_options())
    made.sub.inputs, made.sub.outputs = [source], outputs
    made.model.subgraphs, made.model.description = [made.sub], b"of the form of Coral's face detector"
    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(made.model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _options() -> bytes:
    builder = flexbuffers.Builder()
    with builder.Map():
        for name, number in (("max_detections", 10), ("max_classes_per_detection", 1), ("detections_per_class", 10), ("num_classes", 1)):
            builder.Int(name, number)
        builder.Bool("use_regular_nms", value=False)
        for name, value in (("nms_score_threshold", 0.01), ("nms_iou_threshold", 0.3)):
            builder.Float(name, value)
        for name, value in (("y_scale", 10.0), ("x_scale", 10.0), ("h_scale", 5.0), ("w_scale", 5.0)):
            builder.Float(name, value)
    return bytes(builder.Finish())
