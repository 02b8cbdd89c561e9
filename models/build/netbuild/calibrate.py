"""Runs pictures through a float graph and gathers the extremes of every tensor, channel by channel.

It knows how to watch a graph, and not how the ranges become int8.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from netbuild.flatbuffer import float_numbers, write_tflite
from netbuild.runtime import Network

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from netbuild.graph import Graph

    FloatArray = NDArray[np.float32]
    Pixels = NDArray[np.uint8]


@dataclass(slots=True, eq=False)
class Spread:
    """What one tensor did over all pictures: (pictures, channels) lowest and highest values."""

    lows: FloatArray
    highs: FloatArray


def observe(graph: Graph, pictures: Iterable[Pixels]) -> Mapping[str, Spread]:
    """Every tensor's spread over the pictures, each already of the graph's input size and colour order."""
    names = [layer.output for layer in graph.layers]
    network = Network(write_tflite(graph, float_numbers(graph), names))
    lows: dict[str, list[FloatArray]] = {name: [] for name in names}
    highs: dict[str, list[FloatArray]] = {name: [] for name in names}
    for picture in pictures:
        for name, values in zip(names, network.run(picture), strict=True):
            flat = values.reshape(-1, values.shape[-1]) if len(graph.shapes[name]) > 2 else values.reshape(-1, 1)  # noqa: PLR2004
            lows[name].append(flat.min(axis=0))
            highs[name].append(flat.max(axis=0))
    return {name: Spread(np.array(lows[name]), np.array(highs[name])) for name in names}
