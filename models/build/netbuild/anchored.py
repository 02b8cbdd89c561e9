"""Makes int8 files of detectors with anchors, and the part of their cards that says how they are read.

It knows what was found to keep accuracy in their heads; the networks' layers stand in modules of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from netbuild.detect import letterbox
from netbuild.equalise import spread_outputs
from netbuild.flatbuffer import float_numbers, write_tflite
from netbuild.quantise import quantise
from netbuild.recipe import equalised
from netbuild.runtime import Network

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from netbuild.graph import Graph

    FloatArray = NDArray[np.float32]
    Pixels = NDArray[np.uint8]
    Spans = Mapping[str, tuple[FloatArray, FloatArray]]

LIKELY = -2.2
"""Boxes are calibrated on anchors whose logit is at least this, a score of 0.1; those of the others are never read."""
_LOWEST_LOGIT = -5.0
"""Logits saturate here, far below any threshold: plain background would take the range from the faces."""
_SPAN_PERCENTILE = 99.99
_PERCENTILE = 98.0
"""Of the extremes of single pictures."""
_LEAST_REACH = 1e-4
"""Half of a channel's range at least: a level that a single face reaches gives none."""
_FULL, CENTRED = (-1.0, 127 / 128), (-128.0, 127.0)


@dataclass(frozen=True, slots=True, eq=False)
class Anchored:
    """A detector with anchors, ready to be written: its int8 layers and ranges, and scale and offset of each channel of the outputs."""

    graph: Graph
    ranges: Mapping[str, tuple[float, float]]
    spans: Spans


def calibrate(plain: Graph, pictures: Sequence[Pixels], padding: int) -> Anchored:
    """Calibrate on (height, width, 3) BGR pictures; the outputs of the graph are its scores and then its boxes, level by level."""
    _, height, width, _ = plain.shapes[plain.input]
    boxed = [fitted(picture, width, height, padding) for picture in pictures]
    spans = _spans(plain, boxed)
    graph, ranges = equalised(spread_outputs(plain, spans), boxed, _PERCENTILE)
    return Anchored(graph, ranges | {"centred": CENTRED} | dict.fromkeys(graph.outputs, _FULL), spans)


def write_int8(calibrated: Anchored, plain: Graph) -> bytes:
    """The int8 file for the input size of this float graph; the numbers are the same for every size."""
    graph = plain.emptied()
    for layer in calibrated.graph.layers:
        graph.append(layer)
    return write_tflite(graph, quantise(graph, calibrated.ranges))


def write_float(plain: Graph) -> bytes:
    """The float file of a graph."""
    return write_tflite(plain, float_numbers(plain))


def plain_spans(graph: Graph) -> Spans:
    """Scale 1 and offset 0 for each channel: the outputs of a float file are the values themselves."""
    return {name: (np.ones(graph.shapes[name][3], np.float32), np.zeros(graph.shapes[name][3], np.float32)) for name in graph.outputs}


def fitted(picture: Pixels, width: int, height: int, padding: int) -> Pixels:
    """The picture letterboxed, with this grey around it."""
    boxed, scale = letterbox(picture, width, height)
    right, bottom = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
    boxed[bottom:], boxed[:, right:] = padding, padding
    return boxed


def _spans(graph: Graph, boxed: Sequence[Pixels]) -> dict[str, tuple[FloatArray, FloatArray]]:
    """What likely faces need of each output: (scale, offset) that bring its channels into −1…1; anchors of one level share them."""
    network, levels = Network(write_float(graph)), len(graph.outputs) // 2
    logits: list[list[FloatArray]] = [[] for _ in range(levels)]
    boxes: list[list[FloatArray]] = [[] for _ in range(levels)]
    for picture in boxed:
        values = network.run(picture)
        for level in range(levels):
            scores = values[level].reshape(-1)
            logits[level].append(scores)
            boxes[level].append(values[levels + level].reshape(len(scores), -1)[scores >= LIKELY])
    spans = {}
    for name, found, least in [
        *((name, np.concatenate(parts)[:, None], _LOWEST_LOGIT) for name, parts in zip(graph.outputs, logits, strict=False)),
        *((name, np.concatenate(parts), None) for name, parts in zip(graph.outputs[levels:], boxes, strict=True)),
    ]:
        if not len(found):
            found = np.ones((1, found.shape[1]), np.float32) * [[-1], [1]]  # noqa: PLW2901 - no face is as large: any range does
        low, high = (np.percentile(found, share, axis=0) for share in (100 - _SPAN_PERCENTILE, _SPAN_PERCENTILE))
        if least is not None:
            low, high = np.full_like(low, least), np.maximum(high, 1.0)
        anchors, reach = graph.shapes[name][3] // len(low), np.maximum((high - low) / 2, _LEAST_REACH)
        spans[name] = (np.tile(_rounded(reach), anchors), np.tile(_rounded((high + low) / 2), anchors))
    return spans


def _rounded(values: NDArray[np.floating]) -> FloatArray:
    return np.array([float(f"{value:.4g}") for value in values], np.float32)
