"""A network as a list of layers over NHWC tensors: the form between the ONNX constants and the TFLite file.

It knows layers and shapes, and neither file format, quantisation nor what a tensor means.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float32]

Kind = Literal[
    "conv",
    "depthwise",
    "dense",
    "max_pool",
    "mean",
    "upsample",
    "add",
    "mul",
    "maximum",
    "prelu",
    "pad",
    "reshape",
    "quantise",
    "dequantise",
]
"""`conv` weights are (out, height, width, in), `depthwise` (1, height, width, channels), `dense` (out, in); `mean` is over
height and width, which stay as axes of length 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One operation that makes one tensor.

    `weights` is the kernel of a convolution, or the constant second operand of `add`, `mul` and `prelu`. `same` pads
    as TFLite's SAME does, `relu` fuses a ReLU and `relu6` one that is cut off at 6, `window` is the side of a `max_pool`,
    `pad` the border of a `pad` layer, `pad_channels` the channels that it adds and `shape` the result of a `reshape`.
    """

    kind: Kind
    inputs: tuple[str, ...]
    output: str
    weights: FloatArray | None = None
    bias: FloatArray | None = None
    stride: int = 1
    same: bool = True
    relu: bool = False
    relu6: bool = False
    window: int = 2
    pad: int = 0
    pad_channels: int = 0
    shape: tuple[int, ...] = ()


@dataclass(slots=True)
class Graph:
    """Layers in the order they run, and the shape of every tensor."""

    input: str
    shapes: dict[str, tuple[int, ...]]
    layers: list[Layer] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)

    def append(self, layer: Layer) -> str:
        """Adds a layer and works out the shape of its output. Returns the output's name."""
        if layer.output in self.shapes:
            msg = f"tensor {layer.output} is already made by another layer"
            raise ValueError(msg)
        self.shapes[layer.output] = _shape(layer, self.shapes[layer.inputs[0]])
        self.layers.append(layer)
        return layer.output

    def emptied(self) -> Graph:
        """A graph with the same input and output names and no layers yet."""
        return Graph(self.input, {self.input: self.shapes[self.input]}, outputs=list(self.outputs))

    def consumers(self, tensor: str) -> list[Layer]:
        """The layers that read a tensor."""
        return [layer for layer in self.layers if tensor in layer.inputs]


def _shape(layer: Layer, source: tuple[int, ...]) -> tuple[int, ...]:
    if layer.kind in {"conv", "depthwise"}:
        weights = _weights(layer)
        channels = weights.shape[0] if layer.kind == "conv" else weights.shape[3]
        return (1, *(_steps(layer, source[axis], weights.shape[axis]) for axis in (1, 2)), channels)
    if layer.kind == "dense":
        return (1, _weights(layer).shape[0])
    if layer.kind == "reshape":
        return layer.shape
    if layer.kind == "mean":
        return (1, 1, 1, source[-1])
    if layer.kind == "max_pool":
        return (1, *(-(-size // 2) if layer.same else (size - layer.window) // 2 + 1 for size in source[1:-1]), source[-1])
    factor = {"upsample": 2.0}.get(layer.kind, 1.0)
    return (1, *(int(size * factor) + 2 * layer.pad for size in source[1:-1]), source[-1] + layer.pad_channels)


def _steps(layer: Layer, size: int, kernel: int) -> int:
    return -(-size // layer.stride) if layer.same else (size - kernel) // layer.stride + 1


def _weights(layer: Layer) -> FloatArray:
    if layer.weights is None:
        msg = f"layer {layer.output} needs weights"
        raise ValueError(msg)
    return layer.weights
