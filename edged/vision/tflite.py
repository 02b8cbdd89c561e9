"""The model runtime: one TFLite file, its input and its outputs, on the CPU or an external delegate.

The only file that imports LiteRT or tflite-runtime; it knows tensors and nothing of what they mean.
"""

from __future__ import annotations

import ctypes
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypedDict

import numpy as np
import numpy.typing as npt

from edged.errors import ModelError
from edged.vision.boasts import first_boast_left_out

try:
    from ai_edge_litert.interpreter import Interpreter, load_delegate
except ImportError:
    try:
        from tflite_runtime.interpreter import Interpreter, load_delegate
    except ImportError:  # raised when a network is loaded: here nobody could catch it
        Interpreter = load_delegate = None

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edged.types import Float32Array, Uint8Array

Stored: TypeAlias = npt.NDArray[np.int8 | np.float32]
"""Numbers of a tensor as they are stored."""
SIGN_BIT = 0x80
"""The one bit in which uint8 x and int8 x − 128 differ, so that one pass quantises pixels."""
PIXEL_QUANTISATION = (1.0, -128)
"""Scale and zero point of an int8 input that takes pixels 0…255 as they are."""
CREATE_DELEGATE = "tflite_plugin_create_delegate"
"""The function by which every external delegate is made."""


class _Details(TypedDict):
    """What the runtime says of a tensor; quantization is scale and zero point."""

    index: int
    shape: npt.NDArray[np.int32]
    dtype: type[np.generic]
    quantization: tuple[float, int]


class _Interpreter(Protocol):
    """What is used of the runtime's Interpreter, the same in LiteRT 2 and tflite-runtime 2.14."""

    def allocate_tensors(self) -> None: ...
    def get_input_details(self) -> list[_Details]: ...
    def get_output_details(self) -> list[_Details]: ...
    def tensor(self, tensor_index: int) -> Callable[[], Stored]: ...
    def invoke(self) -> None: ...


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """An output: its place in the interpreter, shape, and real value = (stored − zero_point) · scale; 1 and 0 for float."""

    index: int
    shape: tuple[int, ...]
    scale: float
    zero_point: int
    quantised: bool

    def to_real(self, stored: Stored) -> Float32Array:
        """Turn stored values into real ones, float32."""
        real = stored.astype(np.float32)
        if self.quantised:
            real -= self.zero_point
            real *= self.scale
        return real


class Network:
    """One loaded network with one picture as input; its buffers are allocated once, here."""

    def __init__(self, path: Path, *, sha256: str, threads: int = 1, delegate: Path | None = None) -> None:
        """Load the file, holding it to its hash.

        Args:
            path: the `.tflite` file.
            sha256: what the model card says of it.
            threads: CPU threads for one invoke.
            delegate: shared library of an external TFLite delegate (Coral, Jetson); None for the CPU.

        Raises:
            ModelError: missing, changed, not loadable, or of another form than a picture in.
        """
        if Interpreter is None:
            raise ModelError("No model runtime is installed: run 'pip install ai-edge-litert' (32-bit Arm: tflite-runtime).")
        _verify(path, sha256)
        delegates = [] if delegate is None else [_load_delegate(delegate)]
        try:
            with first_boast_left_out():
                interpreter: _Interpreter = Interpreter(model_path=str(path), num_threads=threads, experimental_delegates=delegates)
                interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{path.name} cannot be loaded: {error}") from error
        details = interpreter.get_input_details()
        if len(details) != 1 or len(details[0]["shape"]) != 4:  # noqa: PLR2004 - batch, height, width, channels
            raise ModelError(f"{path.name} does not take one picture as input.")
        self._interpreter, self._path = interpreter, path
        self._input = interpreter.tensor(details[0]["index"])
        self._quantised = self._check_input(details[0])
        self.input_size = (int(details[0]["shape"][2]), int(details[0]["shape"][1]))
        """Width and height of the input in pixels."""
        self.outputs = tuple(_spec(detail) for detail in interpreter.get_output_details())
        self._tensors = {spec.index: interpreter.tensor(spec.index) for spec in self.outputs}

    def _check_input(self, detail: _Details) -> bool:
        if detail["dtype"] is np.float32 or detail["dtype"] is np.uint8:
            return False  # uint8 takes pixels as they are, whatever the file says that they stand for
        scale, zero_point = detail["quantization"]
        if detail["dtype"] is np.int8 and (round(scale, 6), zero_point) == PIXEL_QUANTISATION:
            return True
        raise ModelError(
            f"{self._path.name} takes {detail['dtype'].__name__} with scale {scale} and zero point {zero_point}; "
            "edged feeds float32, uint8, or int8 with scale 1 and zero point -128."
        )

    def invoke(self, pixels: Uint8Array) -> None:
        """Run the network on pixels (height, width, channels) uint8, in the channel order that the card names.

        Raises:
            ModelError: the runtime failed.
        """
        if self._quantised:
            np.bitwise_xor(pixels, SIGN_BIT, out=self._input()[0].view(np.uint8))
        else:
            self._input()[0] = pixels
        self.invoke_again()

    def invoke_again(self) -> None:
        """Run the network on the input that it holds: the bare cost of the arithmetic, for benchmarks."""
        try:
            self._interpreter.invoke()
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{self._path.name} failed while running: {error}") from error

    def stored(self, spec: TensorSpec) -> Stored:
        """Give the numbers of an output as they are stored: a view that must be dropped before the next invoke."""
        return self._tensors[spec.index]()


def _verify(path: Path, sha256: str) -> None:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(
            f"The model file {path} cannot be read ({error.strerror}); install edged again or build it (models/README.md)."
        ) from error
    if found != sha256:
        raise ModelError(
            f"The model file {path} is not the one its card names (SHA-256 {found[:12]}…, expected {sha256[:12]}…); "
            "restore it from the repository."
        )


def _load_delegate(library: Path) -> object:
    try:
        # Looked at first: the runtime itself fails with a traceback on standard error that nobody can catch.
        getattr(ctypes.CDLL(str(library)), CREATE_DELEGATE)
        return load_delegate(str(library))
    except AttributeError as error:
        raise ModelError(f"The library {library} is no TFLite delegate: it has no {CREATE_DELEGATE}.") from error
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelError(f"The delegate {library} cannot be loaded: {error}") from error


def _spec(detail: _Details) -> TensorSpec:
    quantised = detail["dtype"] is np.int8
    scale, zero_point = detail["quantization"] if quantised else (1.0, 0)
    return TensorSpec(detail["index"], tuple(map(int, detail["shape"])), float(scale), int(zero_point), quantised)
