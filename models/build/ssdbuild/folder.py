"""Writes the folder of the detector: its file, and the card that says how its boxes are read.

It knows what BlazeFace's own card says, and nothing of how the file is put together.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from edged.vision.detection_card import DetectionCard
from ssdbuild.post_process import Level, with_post_process

if TYPE_CHECKING:
    from pathlib import Path

FOLDER, SOURCE = "detection_blazeface_boxes", "detection_blazeface"
FILE = "blazeface_boxes_128x128.tflite"


def write_folder(models: Path, folder: Path) -> Path:
    """Write the detector into a new folder, of the one below a folder of models; where."""
    card = DetectionCard.read(models / SOURCE)
    if card.anchors is None or card.golden is None:
        raise ValueError(f"{card.id} has no anchors, or no golden answer")
    square = next(file for file in card.file if file.width == file.height)
    levels = [
        Level(
            level.stride, len(level.anchors), square.width, level.scores.scale, level.scores.offset, level.boxes.scale, level.boxes.offset
        )
        for level in card.anchors.level
    ]
    content = with_post_process((models / SOURCE / square.name).read_bytes(), levels, card.score.nms_iou)
    folder.mkdir()
    (folder / FILE).write_bytes(content)
    golden = "\n".join(f"{name} = {list(value) if isinstance(value, tuple) else value}" for name, value in card.golden.model_dump().items())
    text = _CARD.format(
        file=FILE,
        side=square.width,
        sha256=hashlib.sha256(content).hexdigest(),
        source=square.sha256,
        threshold=card.score.threshold,
        nms_iou=card.score.nms_iou,
        curve=[list(point) for point in card.score.curve],
        golden=golden,
    )
    (folder / "model.toml").write_text(text, encoding="utf-8")
    return folder


_CARD = """id = "blazeface-short-int8-1-boxes"
task = "detection"
network = "BlazeFace with TFLite_Detection_PostProcess"
version = "short range"
licence = "Apache-2.0"

[source]
package = "edged"
version = "0.1.0"
file = "models/detection_blazeface/blazeface_128x128.tflite"
sha256 = "{source}"

[[file]]
name = "{file}"
width = {side}
height = {side}
sha256 = "{sha256}"

[input]
colour = "BGR"
low = 0
high = 255
padding = 0

[score]
formula = "as given"
threshold = {threshold}
nms_iou = {nms_iou}
curve = {curve}

[landmarks]
names = []

[golden]
{golden}

[post_process]
"""
