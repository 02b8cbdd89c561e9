"""Reads the constants of a Keras HDF5 file and of a TensorFlow.js graph model to float arrays.

It knows how the two formats store numbers, and nothing of what the networks do with them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import h5py
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float32]


def read_keras(path: Path) -> dict[str, FloatArray]:
    """Every weight of a Keras model by `layer/weight`, such as `conv2d_1/kernel`, in TensorFlow's layout."""
    weights: dict[str, FloatArray] = {}

    def keep(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            layer, *_, weight = name.split("/")
            weights[f"{layer}/{weight.removesuffix(':0')}"] = np.asarray(item, np.float32)

    with h5py.File(path) as file:
        file["model_weights"].visititems(keep)
    return weights


def read_tfjs(path: Path) -> dict[str, FloatArray]:
    """Every float weight of a graph model (`model.json`, its `.bin` files beside it) by its name, in TensorFlow's layout.

    A bare manifest is read too. float32 and float16 storage is read, and uint8 with its scale and lowest value; integer
    constants are passed over.
    """
    weights: dict[str, FloatArray] = {}
    stored = json.loads(path.read_text())
    for group in stored if isinstance(stored, list) else stored["weightsManifest"]:
        content, place = b"".join((path.parent / name).read_bytes() for name in group["paths"]), 0
        for item in group["weights"]:
            kind = np.dtype(item.get("quantization", item)["dtype"])
            count = int(np.prod(item["shape"]))
            values = np.frombuffer(content, kind, count, place).reshape(item["shape"])
            place += count * kind.itemsize
            steps = item.get("quantization", {})
            if "scale" in steps:
                weights[item["name"]] = (values * np.float32(steps["scale"]) + np.float32(steps["min"])).astype(np.float32)
            elif kind.kind == "f":
                weights[item["name"]] = values.astype(np.float32)
    return weights
