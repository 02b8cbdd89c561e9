"""The ways in which a camera fails, and what whoever reads it says of each.

They are done one after the other; what that takes of the machine is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rtsp_trial.camera import CLIPS, OTHER_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from rtsp_trial.camera import Clip, FailingCamera
    from rtsp_trial.witness import Said, Witness


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail: what is done, and what a reason that tells it may hold; nothing where the reader may be back before it says any."""

    name: str
    do: Callable[[FailingCamera], None]
    says: tuple[str, ...] = ()


SILENT = ("has given no picture", "wrote no whole frame")
"""What is said of a silent stream, by who reads it itself, and by who has a program decode it."""
FAULTS = (
    Fault("hangs in mid-frame", lambda camera: camera.hold(), SILENT),
    Fault("its process stops", lambda camera: camera.freeze(), SILENT),
    Fault("dies", lambda camera: camera.die(), ("rtsp://127.0.0.1",)),
    Fault("refuses", lambda camera: camera.refuse(), ("does not answer (Connection refused)",)),
    Fault(
        "wants another password", lambda camera: camera.want(OTHER_PASSWORD), ("401 Unauthorized: the user name or the password is wrong",)
    ),
    Fault("has nothing at its path", lambda camera: camera.play(None), ("404 Not Found",)),
    Fault("changes codec and size", lambda _camera: None),
)
"""The last is part of every return as well: each time it plays another clip."""


def suffer(fault: Fault, camera: FailingCamera, reader: Witness, after: Clip) -> None:
    """Do a fault, wait until the reader has told it, mend it, and wait for pictures of the clip that plays then.

    Raises:
        TimeoutError: the reader does not tell it, or does not come back.
    """
    fault.do(camera)
    if fault.says:
        reader.wait(lambda said: said.status == "offline" and any(part in (said.reason or "") for part in fault.says), f"{fault.name!r}")
        camera.mend(after)
    else:
        camera.play(after)
    reader.wait(lambda said: _shows(said, after), f"that it shows {after}")


def after(number: int) -> Clip:
    """What plays after so many faults: never what played before."""
    return CLIPS[number % len(CLIPS)]


def _shows(said: Said, clip: Clip) -> bool:
    return said.status == "online" and said.is_steady and said.size == (clip.width, clip.height)
