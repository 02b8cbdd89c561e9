"""The card of a face detector: what its outputs mean, with anchors or without, and when a face counts.

It knows the form of a card, and loads no network.
"""

from __future__ import annotations

import itertools
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from edged.vision.model_card import Card, Positive, Strict, Unit

CHANNELS = ("cls", "obj", "dx", "dy", "log_width", "log_height")
"""The first channels of an output without anchors; the landmarks follow."""
BOX_CHANNELS = 4
"""Numbers that say where the box of an anchor is; the landmarks follow, x and y of each."""
MOUTH = "mouth"
"""The landmark of a network that shows one point of the mouth, its middle."""
MOUTH_CORNERS = ("right_mouth_corner", "left_mouth_corner")
"""The landmarks that are given in its place."""
Length = Annotated[float, Field(gt=0)]


class Score(Strict):
    """How logits become a score, the score below which there is no face, and how much two faces may overlap."""

    formula: Literal["sqrt(sigmoid(cls) * sigmoid(obj))", "sigmoid(face)", "as given"]
    threshold: Annotated[float, Field(gt=0, lt=1)]
    nms_iou: Unit
    curve: tuple[tuple[Unit, Unit], ...] = ()
    """Points of a line from the network's score to that of the detector on whose scores the limits of quality were set; none for itself."""

    def on_scale(self, score: float) -> float:
        """Bring a score of the network, 0…1, to the scale of the limits."""
        return float(np.interp(score, [one for one, _ in self.curve], [other for _, other in self.curve])) if self.curve else score

    @model_validator(mode="after")
    def _curve_rises(self) -> Score:
        if any(other <= one for one, other in itertools.pairwise(point[0] for point in self.curve)):
            raise ValueError("the scores of the curve rise from point to point")
        return self


class LandmarkNames(Strict):
    """The landmarks that are given, in this order; none where the network gives boxes alone.

    Where one of them is the middle of the mouth, mouth_width is how far its corners are apart, in distances between the eyes.
    """

    names: tuple[str, ...]
    mouth_width: Length | None = None

    @property
    def given(self) -> tuple[str, ...]:
        """The landmarks of a detection, the corners of the mouth in place of its middle."""
        return self.names if self.mouth_width is None else (*(name for name in self.names if name != MOUTH), *MOUTH_CORNERS)

    @model_validator(mode="after")
    def _mouth_has_a_width(self) -> LandmarkNames:
        if (MOUTH in self.names) is (self.mouth_width is None):
            raise ValueError(f"mouth_width stands beside the landmark '{MOUTH}', and nowhere else")
        return self


class Decoding(Strict):
    """The meaning of the channels of every output without anchors: logits, the box's deltas, the landmarks' deltas."""

    channels: tuple[str, ...]


class Output(Strict):
    """One output, (1, height / stride, width / stride, channels): value = dequantised · scale + offset, by channel."""

    tensor: str
    index: int
    stride: Positive
    scale: tuple[float, ...]
    offset: tuple[float, ...]


class AnchorTensor(Strict):
    """One output over anchors, (1, rows, columns, anchors · channels): value = dequantised · scale + offset, by anchor and channel."""

    index: int
    scale: tuple[float, ...]
    offset: tuple[float, ...]


class AnchorLevel(Strict):
    """A grid of cells, each stride pixels of the input wide and high, with the same anchors in each: width and height in input pixels.

    scores has one logit for each anchor; boxes has dx, dy, width, height and dx, dy of each landmark, all as fractions of the anchor.
    """

    stride: Positive
    anchors: Annotated[tuple[tuple[Length, Length], ...], Field(min_length=1)]
    scores: AnchorTensor
    boxes: AnchorTensor


class AnchorDecoding(Strict):
    """Boxes told from anchors: sizes are exponentials, as in the paper, or linear, as BlazeFace has them."""

    sizes: Literal["exponential", "linear"]
    level: Annotated[tuple[AnchorLevel, ...], Field(min_length=1)]


class PostProcess(Strict):
    """The outputs of TFLite_Detection_PostProcess, by index: faces found are those of face_class, their places 0…1 of the input."""

    boxes: int = 0
    classes: int = 1
    scores: int = 2
    count: int = 3
    face_class: int = 0


class FaceProportions(Strict):
    """Usual proportions of faces as a detector shows them, and how far they spread (standard deviations of the logarithms).

    box is width over height of the box, eyes the distance of the eyes over that to the mouth. Of a picture squeezed to k times its width,
    the box's ratio changes by k to the power of box_follows. Faces below least_score were not measured.
    """

    box: Length
    box_spread: Length
    box_follows: Annotated[float, Field(gt=0, le=1)]
    eyes: Length
    eyes_spread: Length
    least_score: Unit


class GoldenFace(Strict):
    """What this network says of the golden portrait, where that is not what `golden.toml` says of it; see there."""

    score: Unit
    score_tolerance: Unit
    box_xyxy: tuple[float, float, float, float]
    small_side_px: Positive
    small_score: Unit
    small_tolerance: Unit


class DetectionCard(Card):
    """A face detector of one of three families.

    output: each cell of each stride may hold a face, without anchors; decoding names the channels. anchors: each anchor of each cell may
    hold one. post_process: the network decodes by itself.
    """

    task: Literal["detection"]
    score: Score
    landmarks: LandmarkNames
    proportions: FaceProportions | None = None
    golden: GoldenFace | None = None
    decoding: Decoding | None = None
    output: tuple[Output, ...] = ()
    anchors: AnchorDecoding | None = None
    post_process: PostProcess | None = None

    @model_validator(mode="after")
    def _is_of_one_family(self) -> DetectionCard:
        families = [bool(self.output), self.anchors is not None, self.post_process is not None]
        if sum(families) != 1 or families[0] is (self.decoding is None):
            raise ValueError("one of [decoding] with [[output]], [anchors] and [post_process] says what the outputs mean")
        return self

    @model_validator(mode="after")
    def _channels_are_known(self) -> DetectionCard:
        points = [f"{name}_{axis}" for name in self.landmarks.names for axis in "xy"]
        if self.decoding and list(self.decoding.channels) != [*CHANNELS, *points]:
            raise ValueError(f"decoding.channels must be {', '.join(CHANNELS)}, and x and y of each landmark")
        if self.decoding and any(len(values) != len(self.decoding.channels) for row in self.output for values in (row.scale, row.offset)):
            raise ValueError("every output needs a scale and an offset for each channel")
        return self

    @model_validator(mode="after")
    def _anchors_have_all_channels(self) -> DetectionCard:
        for level in self.anchors.level if self.anchors else ():
            each = BOX_CHANNELS + 2 * len(self.landmarks.names)
            for tensor, channels in ((level.scores, 1), (level.boxes, each)):
                if {len(tensor.scale), len(tensor.offset)} != {channels * len(level.anchors)}:
                    raise ValueError(f"an output over anchors needs {channels} scales and offsets for each anchor")
        return self
