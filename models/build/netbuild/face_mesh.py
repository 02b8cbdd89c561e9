"""The face mesh (468 points of one face, in three dimensions) as a graph and as int8, and the mean face that heads are measured against.

It knows MediaPipe's file and what of the 468 points is what; files and cards are written by `make_landmarks`.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import cv2
import numpy as np

from netbuild import respell
from netbuild.flatbuffer import write_tflite
from netbuild.graph import Graph, Layer
from netbuild.quantise import quantise
from netbuild.recipe import equalised
from netbuild.tflite_graph import read_graph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from netbuild.runtime import Network

    FloatArray = NDArray[np.float32]
    Pixels = NDArray[np.uint8]

SIDE, POINTS = 192, 468
_OUTPUTS = {"conv2d_20": "points", "conv2d_30": "face"}
_PERCENTILE = 99.0
_ROUNDS = 5
_FIGURES = 4


def build_graph(content: bytes) -> Graph:
    """The network for (1, 192, 192, 3) BGR 0…255, from the float file's bytes.

    The output `points` is (1, 1, 1, 1404), x, y and depth of each point in pixels of the input, `face` a logit, high where there is one.
    """
    source = read_graph(content, tuple(_OUTPUTS))
    graph = Graph("input", {"input": (1, SIDE, SIDE, 3)}, outputs=list(_OUTPUTS.values()))
    for number, layer in enumerate(source.layers):
        read = layer
        if number == 0 and layer.weights is not None:
            read = dataclasses.replace(layer, inputs=("input",), weights=layer.weights[..., ::-1] / np.float32(255))
        graph.append(dataclasses.replace(read, output=_OUTPUTS.get(layer.output, layer.output)))
    return graph


def write_int8(plain: Graph, crops: Sequence[Pixels]) -> bytes:
    """The file with int8 layers, but for PReLU and the last convolution of the points, whose 1,404 sums are given as they are.

    Args:
        plain: the float network.
        crops: (192, 192, 3) BGR faces that calibrate.
    """
    graph, ranges = equalised(plain, crops, _PERCENTILE)
    ending = respell.prelu_through_float(graph)
    result = ending.emptied()
    for layer in ending.layers:
        if layer.output in result.outputs:
            wide = result.append(Layer("dequantise", layer.inputs, f"{layer.output}.read"))
            layer = dataclasses.replace(layer, inputs=(wide,))  # noqa: PLW2901
        result.append(layer)
    return write_tflite(result, quantise(result, {name: span for name, span in ranges.items() if name not in result.outputs}))


def mean_face(network: Network, crops: Sequence[Pixels]) -> FloatArray:
    """The mean of faces, (468, 3) float32, its eyes level and one distance between their outer corners apart, both halves alike.

    Generalised Procrustes analysis (Gower 1975) of what the network says of the crops; x right and y down as seen, depth away from the
    camera.
    """
    shapes = [network.run(crop)[0].reshape(POINTS, 3).astype(np.float64) for crop in crops]
    mean = shapes[0] - shapes[0].mean(axis=0)
    for _ in range(_ROUNDS):
        mean = np.mean([_onto(shape, mean) for shape in shapes], axis=0)
        mean = _level(mean)
        flipped = mean * (-1, 1, 1)
        partner = np.argmin(np.linalg.norm(mean[:, None] - flipped[None], axis=2), axis=1)
        mean = (mean + flipped[partner]) / 2
    return np.array([[float(f"{value:.{_FIGURES}g}") for value in point] for point in mean], np.float32)


def _onto(shape: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """The shape turned, scaled and shifted onto the target by least squares (Umeyama 1991)."""
    centred = shape - shape.mean(axis=0)
    left, sizes, right = np.linalg.svd(target.T @ centred)
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    return centred @ ((left * signs) @ right).T * ((sizes * signs).sum() / (centred**2).sum())


def _level(shape: NDArray[np.float64]) -> NDArray[np.float64]:
    """The shape turned so that the outer corners of the eyes lie along x, and scaled to one distance between them."""
    across = shape[263] - shape[33]
    turn, _ = cv2.Rodrigues(np.cross(across / np.linalg.norm(across), (1.0, 0.0, 0.0)))
    shape = shape @ np.asarray(turn).T
    return (shape - shape.mean(axis=0)) / np.linalg.norm(across)
