"""What YuNet's card says of the network beside its files and outputs: how it is fed and read, and what was measured of it.

It knows the card's words, and nothing of how the files are made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netbuild.align import LANDMARKS
from netbuild.cards import INPUT, Section

if TYPE_CHECKING:
    from netbuild.cards import Value

_CHANNELS = ["cls", "obj", "dx", "dy", "log_width", "log_height"] + [f"{name}_{axis}" for name in LANDMARKS for axis in "xy"]
_LETTERBOX = "\nPictures are letterboxed: aspect kept, picture in the top left corner, the rest filled with `padding`."
_DECODING = (
    "Each output is (1, height / stride, width / stride, 16). value[c] = stored · scale[c] + offset[c], where stored is the\n"
    "number in the tensor, dequantised with the scale and zero point in the file. In cell (row, column):\n"
    "x = (column + dx) · stride, y = (row + dy) · stride are the box's centre, exp(log_width) · stride its width, and\n"
    "(column + …_x) · stride, (row + …_y) · stride the landmarks. cls and obj saturate: thresholds below 0.03 return all cells."
)
_SCORE: dict[str, Value] = {"formula": "sqrt(sigmoid(cls) * sigmoid(obj))", "threshold": 0.6, "nms_iou": 0.45}
_SCORE_NOTE = (
    "Set on the int8 file at 640×480, IoU 0.5, faces of at least 20 px: at 0.6 it finds 0.886 of 527 faces in 213 street pictures\n"
    "(facemask853_dev, odd) with 0.92 boxes a picture on no labelled face, and 0.904 of 73 in 50 of wider_val200_dev (odd) with 1.32;\n"
    "many of those boxes are unlabelled faces. At 0.7: 0.865 with 0.59, and 0.877 with 0.52."
)
_PROPORTIONS = {"box": 0.746, "box_spread": 0.054, "box_follows": 0.53, "eyes": 0.99, "eyes_spread": 0.068, "least_score": 0.8}
_PROPORTIONS_NOTE = (
    "Proportions of faces as the network shows them: width of the box over its height, distance of the eyes over that of their\n"
    "middle from the middle of the mouth's corners; medians, and standard deviations of the logarithms, over 895 faces within 20\n"
    "degrees of frontal and of at least least_score (299 of lfw_view1, 596 of world_dev), which faces on their side seldom reach\n"
    "(median 0.75) and squeezed ones nearly always (0.83 and more for 95 % at half width). box_follows: of pictures squeezed to k\n"
    "times their width the box's ratio changes by k to this power, 0.49 to 0.60 for k from 0.5 to 2."
)

YUNET_SECTIONS = (
    Section("[input]", {"colour": "BGR", "low": 0, "high": 255, "padding": 0}, INPUT + _LETTERBOX),
    Section("[score]", _SCORE, _SCORE_NOTE),
    Section("[landmarks]", {"names": list(LANDMARKS)}, "In the order of the channels; the subject's own right and left."),
    Section("[proportions]", _PROPORTIONS, _PROPORTIONS_NOTE),
    Section("[decoding]", {"channels": _CHANNELS}, _DECODING),
)
"""Its sections in the order of the card, between the files and the outputs."""
