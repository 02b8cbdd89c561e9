"""Two Xceptions for FER-2013 (seven emotions) side by side as one graph, from their stored weights.

It knows the networks' layers (Arriaga et al. 2017, "Real-time convolutional neural networks for emotion and gender
classification"); crops, calibration and files are others' business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netbuild.graph import Graph, Layer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float32]
    Weights = Mapping[str, FloatArray]

SIDE = 64
LABELS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
_CENTRE = np.float32(127.5)
_EPSILON = np.float32(1e-3)
_MINI_BLOCKS = 4


def build_graph(mini: Weights, big: Weights) -> Graph:
    """Both networks on (1, 64, 64, 1) grey 0…255; the output `emotion` is (1, 1, 1, 7), the sum of their logits over LABELS.

    Args:
        mini: mini-Xception by the names of its Keras file.
        big: the wider Xception by the names of its TensorFlow.js file, batch normalisations already folded.
    """
    graph = Graph("input", {"input": (1, SIDE, SIDE, 1)})
    parts = (_mini(graph, mini), _big(graph, {_short(name): values for name, values in big.items()}))
    graph.outputs.append(graph.append(Layer("add", parts, "emotion")))
    return graph


def _short(name: str) -> str:
    """`…/conv2d_1/Conv2D_bn_offset` as `conv2d_1/bias`, `…_weights` as `…/kernel`."""
    if "/" not in name:
        return name
    layer, role = name.split("/")[-2:]
    return f"{layer}/{'kernel' if role.endswith('_weights') else 'bias'}"


def _mini(graph: Graph, weights: Weights) -> str:
    kernel, bias = _folded(weights, "conv2d_1/kernel", 1)
    tensor = _first(graph, "mini.conv_1", kernel, bias, 1)
    tensor = graph.append(Layer("conv", (tensor,), "mini.conv_2", *_folded(weights, "conv2d_2/kernel", 2), same=False, relu=True))
    for block in range(1, _MINI_BLOCKS + 1):
        first, second, norm = 2 * block - 1, 2 * block, 3 * block
        inner = _mini_separable(graph, weights, tensor, first, norm + 1, relu=True)
        inner = _mini_separable(graph, weights, inner, second, norm + 2, relu=False)
        tensor = _joined(graph, f"mini.block_{block}", inner, tensor, _folded(weights, f"conv2d_{block + 2}/kernel", norm))
    return _classes(graph, "mini", tensor, _kernel(weights["conv2d_7/kernel"]), weights["conv2d_7/bias"])


def _big(graph: Graph, weights: Weights) -> str:
    tensor = _first(graph, "big.conv_1", _kernel(weights["conv2d_1/kernel"]), weights["conv2d_1/bias"], 2)
    second = (_kernel(weights["conv2d_2/kernel"]), weights["conv2d_2/bias"])
    tensor = rectified = graph.append(Layer("conv", (tensor,), "big.conv_2", *second, same=False, relu=True))
    for block, depthwise in ((1, ("unknown_9", "unknown_15")), (2, ("unknown_26", "unknown_32"))):
        inner = rectified
        for number, (name, relu) in enumerate(zip(depthwise, (True, False), strict=True), 2 * block - 1):
            pointwise = (_kernel(weights[f"separable_conv2d_{number}/kernel"]), weights[f"separable_conv2d_{number}/bias"])
            inner = _separable(graph, f"big.separable_{number}", inner, weights[name], pointwise, relu=relu)
        short = (_kernel(weights[f"conv2d_{block + 2}/kernel"]), weights[f"conv2d_{block + 2}/bias"])
        tensor = _joined(graph, f"big.block_{block}", inner, tensor, short)
        # The next block reads the sum both as it is and through a ReLU, which an ADD makes for nothing.
        rectified = graph.append(Layer("add", (f"{tensor}.pooled", f"{tensor}.short"), f"{tensor}.relu", relu=True)) if block == 1 else ""
    return _classes(graph, "big", tensor, _kernel(weights["unknown_43"]), weights["unknown_44"])


def _first(graph: Graph, name: str, kernel: FloatArray, bias: FloatArray, stride: int) -> str:
    """The networks want pixel / 127.5 − 1. No border is padded here, so both fold into the kernel and the bias."""
    bias = bias - kernel.sum(axis=(1, 2, 3))
    return graph.append(Layer("conv", ("input",), name, kernel / _CENTRE, bias, stride, same=False, relu=True))


def _joined(graph: Graph, name: str, inner: str, source: str, short: tuple[FloatArray, FloatArray]) -> str:
    """The inner branch, pooled, plus the block's source through one strided pointwise convolution."""
    pooled = graph.append(Layer("max_pool", (inner,), f"{name}.pooled", window=3))
    beside = graph.append(Layer("conv", (source,), f"{name}.short", *short, stride=2))
    return graph.append(Layer("add", (pooled, beside), name))


def _mini_separable(graph: Graph, weights: Weights, source: str, number: int, norm: int, *, relu: bool) -> str:
    name = f"separable_conv2d_{number}"
    pointwise = _folded(weights, f"{name}/pointwise_kernel", norm)
    return _separable(graph, f"mini.separable_{number}", source, weights[f"{name}/depthwise_kernel"], pointwise, relu=relu)


def _separable(graph: Graph, name: str, source: str, depthwise: FloatArray, pointwise: tuple[FloatArray, FloatArray], *, relu: bool) -> str:
    kernel = _kernel(depthwise)
    tensor = graph.append(Layer("depthwise", (source,), f"{name}.depthwise", kernel, np.zeros(kernel.shape[3], np.float32)))
    return graph.append(Layer("conv", (tensor,), name, *pointwise, relu=relu))


def _classes(graph: Graph, name: str, source: str, kernel: FloatArray, bias: FloatArray) -> str:
    tensor = graph.append(Layer("conv", (source,), f"{name}.classes", kernel, bias))
    return graph.append(Layer("mean", (tensor,), f"{name}.emotion"))


def _folded(weights: Weights, kernel: str, norm: int) -> tuple[FloatArray, FloatArray]:
    """Kernel (out, height, width, in) and bias with the batch normalisation of this number folded in."""
    gamma, beta, mean, variance = (
        weights[f"batch_normalization_{norm}/{part}"] for part in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    scale = gamma / np.sqrt(variance + _EPSILON)
    return _kernel(weights[kernel]) * scale[:, None, None, None], beta - mean * scale


def _kernel(stored: FloatArray) -> FloatArray:
    """(out, height, width, in), or (1, height, width, channels) of a depthwise one, from TensorFlow's layout."""
    return stored.transpose(3, 0, 1, 2)
