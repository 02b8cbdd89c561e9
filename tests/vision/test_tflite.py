"""The seam to the model runtime: what it raises is a ModelError here, and outputs are as their specification says."""

from __future__ import annotations

import ctypes.util
import hashlib
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from edged.errors import ModelError
from edged.vision import tflite
from edged.vision.tflite import Network, TensorSpec
from tests.conftest import MODELS

SFACE = next((MODELS / "embedding_sface").glob("*.tflite"))


def opened(path: Path, delegate: Path | None = None) -> Network:
    return Network(path, sha256=hashlib.sha256(path.read_bytes()).hexdigest(), delegate=delegate)


@pytest.mark.parametrize("content", [b"", b"hello" * 100, b"\0\0\0\0TFL3" + bytes(100), SFACE.read_bytes()[:100_000]])
def test_a_file_that_is_no_network_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "face.tflite"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"face\.tflite cannot be loaded"):
        opened(path)


@pytest.mark.parametrize("name", ["gone.tflite", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelError, match=r"cannot be read \((No such file or|Is a) directory\)"):
        Network(tmp_path / name, sha256="")


def test_a_delegate_that_is_not_there_or_no_library_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.so").write_text("no library")
    for name in ("gone.so", "text.so"):
        with pytest.raises(ModelError, match=rf"The delegate .*{name} cannot be loaded"):
            opened(SFACE, tmp_path / name)


@pytest.mark.skipif(ctypes.util.find_library("m") is None, reason="there is no other library here")
def test_a_library_that_is_no_delegate_is_named() -> None:
    with pytest.raises(ModelError, match="is no TFLite delegate"):
        opened(SFACE, Path(str(ctypes.util.find_library("m"))))


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no compiler here")
def test_a_delegate_that_refuses_is_named(tmp_path: Path) -> None:
    code, library = tmp_path / "refusing.c", tmp_path / "refusing.so"
    code.write_text(
        "#include <stddef.h>\nvoid *tflite_plugin_create_delegate(char **k, char **v, size_t n, void (*report)(const char *))"
        '{ report("no such device"); return NULL; }\nvoid tflite_plugin_destroy_delegate(void *d) {}\n'
    )
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, code], check=True)
    with pytest.raises(ModelError, match=r"(?s)refusing\.so cannot be loaded: .*no such device"):
        opened(SFACE, library)


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    path = Path(shutil.copy(SFACE, tmp_path))
    known = hashlib.sha256(path.read_bytes()).hexdigest()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match="is not the one its card names"):
        Network(path, sha256=known)


class Refusing:
    """An interpreter that fails at one call, as the runtime's do where a delegate or memory is gone."""

    def __init__(self, at: str, error: type[Exception]) -> None:
        """Take the call and the error."""
        self.at, self.error = at, error

    def __call__(self, **_: object) -> Refusing:
        self.fail("create")
        return self

    def fail(self, call: str) -> None:
        if call == self.at:
            raise self.error("out of memory")

    def allocate_tensors(self) -> None:
        self.fail("allocate")

    def invoke(self) -> None:
        self.fail("invoke")

    def get_input_details(self) -> list[dict[str, object]]:
        return [{"index": 0, "name": "in", "shape": np.array([1, 2, 2, 3]), "dtype": np.float32, "quantization": (0.0, 0)}]

    def get_output_details(self) -> list[dict[str, object]]:
        return [{"index": 1, "name": "out", "shape": np.array([1, 2]), "dtype": np.int8, "quantization": (0.5, 3)}]

    def tensor(self, _index: int) -> object:
        array = np.zeros((1, 2, 2, 3), np.float32)
        return lambda: array


@pytest.mark.parametrize("error", [ValueError, RuntimeError])
@pytest.mark.parametrize("call", ["create", "allocate", "invoke"])
def test_no_exception_of_the_runtime_gets_out(monkeypatch: pytest.MonkeyPatch, call: str, error: type[Exception]) -> None:
    monkeypatch.setattr(tflite, "Interpreter", Refusing(call, error))
    with pytest.raises(ModelError, match="out of memory"):
        opened(SFACE).invoke(np.zeros((2, 2, 3), np.uint8))


def test_without_a_runtime_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tflite, "Interpreter", None)
    with pytest.raises(ModelError, match="pip install ai-edge-litert"):
        opened(SFACE)


@pytest.mark.parametrize(("quantised", "expected"), [(True, [-0.5, 0.0, 1.0]), (False, [2.0, 3.0, 5.0])])
def test_stored_numbers_become_real_ones(*, quantised: bool, expected: list[float]) -> None:
    spec = TensorSpec(0, (1, 3), scale=0.5 if quantised else 1.0, zero_point=3 if quantised else 0, quantised=quantised)
    real = spec.to_real(np.array([2, 3, 5], np.int8 if quantised else np.float32))
    assert real.dtype == np.float32
    assert real.tolist() == expected
