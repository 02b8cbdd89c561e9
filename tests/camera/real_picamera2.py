"""The real picamera2, as PyPI has it, over a camera that is made up: only what is compiled, libcamera above all, is stood in for.

`scripts/setup --dev` puts the package where nothing finds it by itself. What edged makes of it is not known here.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import MutableSequence

    import pytest

PACKAGE = Path(__file__).resolve().parents[2] / ".venv" / "picamera2"
COMPILED = frozenset(
    {
        "libcamera",
        "av",
        "simplejpeg",
        "piexif",
        "pidng",
        "videodev2",
        "prctl",
        "OpenGL",
        "pykms",
        "kms",
        "PyQt5",
        "PyQt6",
        "tqdm",
        "Imath",
        "OpenEXR",
        "libarchive",
    }
)
"""What picamera2 imports that is compiled, or that nothing here needs."""
PADDING = 64
"""Bytes that rows of the small picture are longer than it is wide, as the hardware makes them."""
FIXED_FOCUS = ("FrameDurationLimits", "ExposureValue", "AeExposureMode", "AeMeteringMode", "NoiseReductionMode")
"""Controls of a camera whose lens does not move."""
BLUE, GREEN, RED = 10, 20, 30


class _Anything(type):
    """A class that takes any arguments, and each of whose attributes is another such class."""

    def __call__(cls, *_: object, **__: object) -> object:
        return super().__call__()

    def __getattr__(cls, name: str) -> Any:  # noqa: ANN401 - whatever is asked for
        if name.startswith("__"):
            raise AttributeError(name)
        return _Anything(name, (), {})


class _Module(ModuleType):
    """A module that has whatever is asked for."""

    __path__: MutableSequence[str] = []  # noqa: RUF012 - a package without files

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the same
        if name.startswith("__"):
            raise AttributeError(name)
        return _Anything(name, (), {})


class _Compiled(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds modules in place of those that are compiled."""

    def find_spec(self, name: str, _path: object, _target: object = None) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if name.partition(".")[0] in COMPILED else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        if module.__name__ == "libcamera":
            vars(module).update(
                Transform=Transform, ColorSpace=ColorSpace, _libcamera=SimpleNamespace(Transform=Transform, ColorSpace=ColorSpace)
            )


class ColorSpace:
    """libcamera.ColorSpace."""

    @classmethod
    def Sycc(cls) -> ColorSpace:  # noqa: N802 - libcamera's own name
        """Of stills."""
        return cls()

    @classmethod
    def Smpte170m(cls) -> ColorSpace:  # noqa: N802 - libcamera's own name
        """Of small pictures."""
        return cls()

    @classmethod
    def Rec709(cls) -> ColorSpace:  # noqa: N802 - the same
        """Of large ones."""
        return cls()


class Transform:
    """libcamera.Transform."""

    def __init__(self, *, hflip: bool = False, vflip: bool = False, transpose: bool = False) -> None:
        """Take which mirrors are applied."""
        self.hflip, self.vflip, self.transpose = hflip, vflip, transpose


class Request:
    """What the camera gives for a frame: buffers, which the real package makes arrays of."""

    def __init__(self, camera: Any) -> None:  # noqa: ANN401 - a class that is made when a test runs
        """Draw the picture: of one colour, with one white corner."""
        self._camera = camera

    def make_array(self, name: str) -> npt.NDArray[np.uint8]:
        """As CompletedRequest.make_array()."""
        config = self._camera.camera_config[name]
        width, height = config["size"]
        stride = width + PADDING if name == "lores" else width * 3
        helpers = importlib.import_module("picamera2.request").Helpers(self._camera)
        buffer = self._small(width, height, stride) if name == "lores" else self._large(width, height)
        made: npt.NDArray[np.uint8] = helpers.make_array(buffer, {**config, "stride": stride})
        return made

    def get_metadata(self) -> dict[str, object]:
        """What the sensor did."""
        return {"SensorTimestamp": 0}

    def release(self) -> None:
        """Give the buffers back."""

    def _large(self, width: int, height: int) -> npt.NDArray[np.uint8]:
        pixels = np.full((height, width, 3), (BLUE, GREEN, RED), np.uint8)
        pixels[0, 0] = 255
        transform = self._camera.camera_config["transform"]
        return np.ascontiguousarray(pixels[:: -1 if transform.vflip else 1, :: -1 if transform.hflip else 1]).ravel()

    @staticmethod
    def _small(width: int, height: int, stride: int) -> npt.NDArray[np.uint8]:
        planes = np.zeros((height * 3 // 2, stride), np.uint8)  # what is beyond the width is no picture
        planes[:height, :width] = np.linspace(16, 235, height, dtype=np.uint8)[:, None]
        planes[height:] = 128
        return planes.ravel()


def staged(monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401 - a class that is made of the real one
    """The real Picamera2 over a made-up camera, importable as picamera2 while the test runs."""
    for name, module in _loaded().items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(sys, "meta_path", [_Compiled(), *sys.meta_path])  # for what is imported later, as picamera2.devices
    real = sys.modules["picamera2"]
    made = _staged(real.Picamera2)
    monkeypatch.setattr(real, "Picamera2", made)
    return made


@cache
def _loaded() -> dict[str, ModuleType]:
    """The real package and what stands for compiled ones, none of which stays importable."""
    sys.meta_path.insert(0, compiled := _Compiled())
    sys.path.insert(0, str(PACKAGE))
    before = set(sys.modules)
    try:
        for name in ("picamera2", "picamera2.devices.imx708.imx708"):
            importlib.import_module(name)
        return {name: sys.modules[name] for name in sys.modules.keys() - before if name.partition(".")[0] in {"picamera2", *COMPILED}}
    finally:
        sys.path.remove(str(PACKAGE))
        sys.meta_path.remove(compiled)
        for name in sys.modules.keys() - before:
            if name.partition(".")[0] in {"picamera2", *COMPILED}:
                del sys.modules[name]


def _staged(real: Any) -> Any:  # noqa: ANN401, C901 - the same, and a class within
    class Staged(real):  # type: ignore[misc] # a class that is known when the test runs
        cameras: ClassVar[list[dict[str, object]]] = [{"Model": "imx708", "Num": 0}]
        controls_known: ClassVar[tuple[str, ...]] = (*FIXED_FOCUS, "AfMode", "LensPosition", "HdrMode")
        last: ClassVar[Any]
        stalls: ClassVar[bool] = False
        mirrors: ClassVar[bool] = True
        refuses: ClassVar[bool] = False

        def __init__(self, camera_num: int = 0) -> None:
            self.camera_num, self._preview, self.is_open = camera_num, None, False
            self._reset_flags()
            self.camera, self.camera_idx, self.sensor_format = SimpleNamespace(id="/base/soc/i2c0mux"), camera_num, "SBGGR10"
            value = SimpleNamespace(min=0, max=1, default=0)
            self.camera_ctrl_info = {name: (SimpleNamespace(name=name, type=None), value) for name in self.controls_known}
            self.is_closed = False
            type(self).last = self

        def __del__(self) -> None:
            """Nothing is open."""

        @staticmethod
        def global_camera_info() -> list[dict[str, object]]:
            return Staged.cameras

        def configure(self, camera_config: dict[str, Any]) -> None:
            self.check_camera_config(camera_config)
            self.camera_config = dict(camera_config)
            if not self.mirrors:
                self.camera_config["transform"] = Transform()
            self.controls = importlib.import_module("picamera2.controls").Controls(self, controls=camera_config["controls"])

        def start(self) -> None:
            if self.refuses:
                raise RuntimeError("Camera in Running state trying acquire() requiring state Available")
            self.started = True

        def wait(self, job: Any, timeout: float | None = None) -> Any:  # noqa: ANN401 - the real one's
            assert self.started
            if not self.stalls:
                self.completed_requests.append(Request(self))
                assert self._job_list.pop(0).execute()
                job.signal()
            return super().wait(job, timeout)

        def stop(self) -> None:
            raise AssertionError("stop() waits for ever behind a capture that never came")

        def close(self) -> None:
            self.is_closed = True

    return Staged
