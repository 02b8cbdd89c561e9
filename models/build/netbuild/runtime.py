"""Runs a TFLite file's bytes: the one place here that calls the interpreter.

It knows how numbers go in and out, and nothing about what they mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float32]


class Network:
    """A loaded network that takes real values and gives real values, whatever it stores."""

    def __init__(self, content: bytes, threads: int = 2) -> None:
        """Loads a file's bytes for a number of threads."""
        self._interpreter = Interpreter(model_content=content, num_threads=threads)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]
        self._outputs = self._interpreter.get_output_details()

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the input."""
        _, height, width, _ = self._input["shape"]
        return int(width), int(height)

    def run(self, values: NDArray[Any]) -> list[FloatArray]:
        """One inference; `values` has the input's shape without the leading 1. Outputs come in the file's order."""
        self._interpreter.set_tensor(self._input["index"], _store(values, self._input)[None])
        self._interpreter.invoke()
        return [_load(self._interpreter.get_tensor(item["index"]), item) for item in self._outputs]

    def invoke(self) -> None:
        """The bare inference on whatever is in the input, for timing."""
        self._interpreter.invoke()


def _store(values: NDArray[Any], details: dict[str, Any]) -> NDArray[Any]:
    if details["dtype"] is np.float32:
        return np.asarray(values, np.float32)
    scale, zero_point = details["quantization"]
    stored: NDArray[np.int8] = np.clip(np.rint(values / scale) + zero_point, -128, 127).astype(np.int8)
    return stored


def _load(values: NDArray[Any], details: dict[str, Any]) -> FloatArray:
    if details["dtype"] is np.float32:
        return np.array(values, np.float32)
    scale, zero_point = details["quantization"]
    result: FloatArray = (values.astype(np.float32) - zero_point) * np.float32(scale)
    return result
