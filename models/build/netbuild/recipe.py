"""The recipes: which calibration, ranges and spellings make the shipped int8 files.

It knows what was found to keep accuracy and speed; reading, writing and measuring are others' business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from netbuild import mobilefacenet, respell, sface, yunet
from netbuild.calibrate import Spread, observe
from netbuild.detect import letterbox, score_of
from netbuild.equalise import factors, rescale, spread_outputs
from netbuild.flatbuffer import float_numbers, write_tflite
from netbuild.quantise import quantise
from netbuild.runtime import Network

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from netbuild.graph import Graph

    FloatArray = NDArray[np.float32]
    Pixels = NDArray[np.uint8]
    Weights = Mapping[str, FloatArray]
    Spans = Mapping[str, tuple[FloatArray, FloatArray]]

PIXELS = (0.0, 255.0)
_ACTIVATION_SHARE = 0.75
"""How much of a channel's factor serves its activations rather than the weights that read it."""

_DETECTOR_SIDE = 640
_LIKELY_FACE = 0.1
"""Box and landmark channels are calibrated on cells that score at least this; the other cells' values are never read."""
_SPAN_PERCENTILE = 99.99
_LOWEST_LOGITS = (-2.0, -8.0)
"""cls and obj saturate here. Left alone, obj falls to −53 on plain background and takes the range from the faces."""

_EMBEDDER_PERCENTILE = 99.7
"""Of the extremes of single pictures: three pictures in a thousand may saturate a tensor."""


@dataclass(frozen=True, slots=True, eq=False)
class Calibrated:
    """A network ready to be written: the float graph, its equalised form, and the int8 ranges."""

    plain: Graph
    graph: Graph
    ranges: Mapping[str, tuple[float, float]]
    spans: Spans


def calibrate_detector(weights: Weights, pictures: Sequence[Pixels]) -> Calibrated:
    """YuNet calibrated on (height, width, 3) BGR pictures, best crowds with faces of all sizes."""
    boxed = [letterbox(picture, _DETECTOR_SIDE, _DETECTOR_SIDE)[0] for picture in pictures]
    plain = yunet.build_graph(weights, _DETECTOR_SIDE, _DETECTOR_SIDE)
    spans, peaks = _detector_spans(plain, boxed)
    graph, ranges = equalised(spread_outputs(plain, spans), boxed, 100.0, peaks)
    ranges |= dict.fromkeys(graph.outputs, (-1.0, 127 / 128))
    return Calibrated(plain, graph, ranges, spans)


def calibrate_embedder(weights: Weights, faces: Sequence[Pixels]) -> Calibrated:
    """SFace calibrated on (112, 112, 3) BGR aligned faces, and for such; its ONNX file wants RGB."""
    plain = sface.build_graph(weights)
    graph, ranges = equalised(plain, [np.ascontiguousarray(face[..., ::-1]) for face in faces], _EMBEDDER_PERCENTILE)
    ranges["centred"] = (-sface.CENTRE, PIXELS[1] - sface.CENTRE)
    return Calibrated(respell.input_channels_reversed(plain), respell.input_channels_reversed(graph), ranges, {})


def calibrate_mobilefacenet(file: Path, faces: Sequence[Pixels]) -> Calibrated:
    """MobileFaceNet calibrated on the same faces; its ONNX file wants BGR."""
    plain = mobilefacenet.build_graph(file)
    graph, ranges = equalised(plain, faces, _EMBEDDER_PERCENTILE)
    ranges["centred"] = (-mobilefacenet.CENTRE, PIXELS[1] - mobilefacenet.CENTRE)
    return Calibrated(plain, graph, ranges, {})


def write_detector(calibrated: Calibrated, weights: Weights, width: int, height: int) -> tuple[bytes, bytes]:
    """(int8 file, float file) of the detector for one input size; the numbers are the same for every size."""
    plain = yunet.build_graph(weights, width, height)
    graph = plain.emptied()
    for layer in calibrated.graph.layers:
        graph.append(layer)
    graph = respell.narrow_layers_in_pairs(graph)
    return _int8(graph, calibrated.ranges), write_tflite(plain, float_numbers(plain))


def write_embedder(calibrated: Calibrated) -> tuple[bytes, bytes]:
    """(int8 file, float file) of an embedder."""
    graph = respell.narrow_layers_in_pairs(respell.prelu_through_float(calibrated.graph))
    return _int8(graph, calibrated.ranges), write_tflite(calibrated.plain, float_numbers(calibrated.plain))


def write_integer_embedder(calibrated: Calibrated) -> bytes:
    """An embedder with PReLU as MUL and MAXIMUM: no operation leaves int8. Measured, not shipped."""
    graph, ranges = (
        respell.narrow_layers_in_pairs(respell.prelu_as_maximum(calibrated.graph)),
        dict(calibrated.ranges),
    )
    for layer in calibrated.graph.layers:
        if layer.kind == "prelu" and layer.weights is not None:
            del ranges[layer.output]
            if (layer.weights > 1).any():
                peak = max(map(abs, ranges[layer.inputs[0]]))
                ranges[layer.inputs[0]] = (-peak, peak)
    return _int8(graph, ranges)


def _int8(graph: Graph, ranges: Mapping[str, tuple[float, float]]) -> bytes:
    return write_tflite(graph, quantise(graph, {respell.pair_name(name): span for name, span in ranges.items()} | dict(ranges)))


def equalised(
    graph: Graph, pictures: Sequence[Pixels], percentile: float, known_peaks: Mapping[str, FloatArray] | None = None
) -> tuple[Graph, dict[str, tuple[float, float]]]:
    """The graph with evened-out channels, and the range of each of its tensors that makes new values.

    `known_peaks` replaces the largest absolute value seen in each channel of a tensor; larger values saturate.
    """
    spreads = observe(graph, pictures)
    peaks = {name: np.maximum(abs(spread.lows), abs(spread.highs)).max(axis=0) for name, spread in spreads.items()}
    peaks |= known_peaks or {}
    chosen = {name: _rounded(factor) for name, factor in factors(graph, peaks, _ACTIVATION_SHARE).items()}
    moving = {layer.output for layer in graph.layers if layer.kind in {"pad", "reshape", "max_pool", "upsample"}}
    ranges = {graph.input: PIXELS}
    ranges |= {name: range_of(spread, chosen.get(name), percentile) for name, spread in spreads.items() if name not in moving}
    for name, peak in (known_peaks or {}).items():
        reach = float(_rounded((peak * chosen[name]).max(keepdims=True))[0])
        ranges[name] = (-reach, reach)
    return rescale(graph, chosen), ranges


def range_of(spread: Spread, factor: FloatArray | None, percentile: float) -> tuple[float, float]:
    """The (lowest, highest) value of a tensor with rescaled channels, without the extremes of a few pictures."""
    scale = np.float32(1) if factor is None else factor
    lows, highs = (spread.lows * scale).min(axis=1), (spread.highs * scale).max(axis=1)
    low, high = _rounded(np.array([np.percentile(lows, 100 - percentile), np.percentile(highs, percentile)]))
    return float(low), float(high)


def _detector_spans(graph: Graph, boxed: Sequence[Pixels]) -> tuple[dict[str, tuple[FloatArray, FloatArray]], dict[str, FloatArray]]:
    """What likely faces need of each output and of the tensor before its last convolution.

    Returns:
        Output → (scale, offset) that bring its channels into −1…1, and tensor before → (channels,) largest absolute value.
    """
    names = [(name, _source_of(graph, name)) for name in graph.outputs]
    network = Network(write_tflite(graph, float_numbers(graph), [tensor for pair in names for tensor in pair]))
    cells: dict[str, list[FloatArray]] = {tensor: [] for pair in names for tensor in pair}
    for picture in boxed:
        values = network.run(picture)
        for (name, before), given, source in zip(names, values[::2], values[1::2], strict=True):
            likely = score_of(given) >= _LIKELY_FACE
            cells[name].append(given[likely])
            cells[before].append(source[0][_with_neighbours(likely[0])])
    spans, peaks = {}, {}
    for name, before in names:
        low, high = (np.percentile(np.concatenate(cells[name]), share, axis=0) for share in (100 - _SPAN_PERCENTILE, _SPAN_PERCENTILE))
        low[:2] = np.minimum(low[:2], _LOWEST_LOGITS)
        spans[name] = (_rounded((high - low) / 2), _rounded((high + low) / 2))
        peaks[before] = _rounded(np.percentile(np.abs(np.concatenate(cells[before])), _SPAN_PERCENTILE, axis=0))
    return spans, peaks


def _source_of(graph: Graph, tensor: str) -> str:
    return next(layer.inputs[0] for layer in graph.layers if layer.output == tensor)


def _with_neighbours(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A 3×3 convolution in a marked cell also reads the cells around it."""
    return cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)


def _rounded(values: NDArray[np.floating]) -> FloatArray:
    """To the four digits that stand on the card: card and file agree exactly, and no processor's last bit shows."""
    return np.array([float(f"{value:.4g}") for value in values], np.float32)
