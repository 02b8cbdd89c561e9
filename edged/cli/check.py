"""`edged check`: line by line, whether all that the daemon needs is right, and what to do where it is not.

Knows what to look at; each part judges itself and writes its own sentence.
"""

from __future__ import annotations

import time
from itertools import count
from typing import TYPE_CHECKING

from edged.camera.addresses import origin
from edged.camera.sight import Sight
from edged.config import find_config, gallery_path, read_config
from edged.control.self_test import check_clock, line, try_attributes, try_gallery, try_models
from edged.daemon import broker_side, opening
from edged.daemon.hints import Mounting, turned
from edged.daemon.making import access, broker, open_camera
from edged.errors import CameraEnded, CameraError, ConfigError, ModelError
from edged.interface.operation import CheckAnswer
from edged.system.clock import SystemClock
from edged.vision.quality import QualityLimits

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

    from edged import config
    from edged.camera.source import Source
    from edged.config import Config
    from edged.types import Frame
    from edged.vision.faces import FaceReader

PARTS = "config", "models", "attributes", "gallery", "clock", "cameras", "broker"
"""What is checked, in this order."""
FIRST_FRAME_SECONDS = 15.0
"""A camera that opens but gives nothing for so long gives nothing; a slower one has as many of its intervals."""
MOST_STILLS = 100
"""Frames of a recording that are read at most: it may show one picture for ever, or nothing for a moment."""
IN_COLOUR = {True: ", in colour", False: ", without colours, as by infrared light", None: ""}
"""What is said of a picture that has colours, of one that has none, and of one that does not tell."""


def check(path: Path | None, adjust: Callable[[Config], Config], only: Collection[str] = PARTS) -> Iterator[CheckAnswer]:
    """Check these parts in the order in which the daemon needs them, by the file that was named or is found, adjusted by the command line.

    A configuration that cannot be read is told whatever is to be checked.
    """
    found = path or find_config()
    try:
        settings = adjust(read_config(found))
    except ConfigError as error:
        yield CheckAnswer("config", good=False, sentence=str(error))
        return
    if "config" in only:
        yield CheckAnswer("config", good=True, sentence=str(found) if found else "no file, all defaults")
    if "models" in only:
        yield line("models", lambda: try_models(opening.open_reader(settings)))
    if "attributes" in only:
        yield line("attributes", lambda: try_attributes(opening.open_attributes(settings)))
    if "gallery" in only:
        yield line("gallery", lambda: _check_gallery(settings))
    if "clock" in only:
        yield check_clock(SystemClock())
    if "cameras" in only:
        reader = _reader(settings)
        for camera in settings.camera:
            yield line(f"camera {camera.name}", lambda camera=camera: _check_camera(camera, reader))  # type: ignore[misc] # binds now
    if "broker" in only:
        yield line("broker", lambda: _check_broker(settings))


def _reader(settings: Config) -> FaceReader | None:
    """The networks; None where they cannot be used, which a line of its own says."""
    try:
        return opening.open_reader(settings)
    except ModelError:
        return None


def _check_gallery(settings: Config) -> str:
    with opening.open_gallery(settings, to_read=True) as known:
        return f"{gallery_path(settings.gallery)}: {try_gallery(known.gallery, known.shared.matcher.model_id)}"


def _check_camera(camera: config.CameraConfig, reader: FaceReader | None) -> str:
    started = time.monotonic()
    source = open_camera(camera)
    try:
        frame = source.read()
        seconds = time.monotonic() - started
        if seconds > FIRST_FRAME_SECONDS / min(1.0, camera.frames_per_second):
            raise CameraError(f"The first frame took {seconds:.0f} s.")
        last, has_colours = _look_on(source, frame)
    finally:
        source.close()
    _check_turn(camera, reader, (frame, last))
    height, width = frame.pixels.shape[:2]
    how = f", decoded by {source.decoder}" if source.decoder else ""
    return f"{origin(camera.source)}: a frame of {width}×{height} pixels after {seconds:.1f} s{how}{IN_COLOUR[has_colours]}"


def _check_turn(camera: config.CameraConfig, reader: FaceReader | None, frames: Sequence[Frame]) -> None:
    """Look whether the largest face of these frames, where each shows one, is upright; without networks nobody looks.

    Raises:
        CameraError: it is not in any, and always turned alike.
    """
    turns = {_turn(reader, frame) for frame in frames} if reader else {0}
    if len(turns) == 1 and (degrees := turns.pop()):
        raise CameraError(turned(camera.name, degrees, Mounting(camera.rotate, camera.flip)))


def _turn(reader: FaceReader, frame: Frame) -> int:
    found = reader.detect(frame.pixels)[:1]
    turns = reader.view(frame.pixels, found[0], QualityLimits(), turn=True).turns if found else None
    return turns.degrees if turns else 0


def _look_on(source: Source, frame: Frame) -> tuple[Frame, bool | None]:
    """Read on until the pictures show something and change, or it is clear what is wrong with them; a recording may be one still.

    Returns:
        The frame read last, and whether the first that tells has colours.

    Raises:
        CameraError: they show nothing, or stand still.
    """
    sight = Sight()
    for number in count(1):
        sight.look(frame, source.frozen_after_seconds)
        if sight.problem:
            raise CameraError(sight.reason or "")
        if sight.sees or (source.frozen_after_seconds is None and number >= MOST_STILLS):
            break
        try:
            frame = source.read()
        except CameraEnded:
            break
    return frame, sight.colours.has_colours


def _check_broker(settings: Config) -> str:
    trial = broker_side.trial(settings)
    lacks = list(trial.run())
    lets_us = f"{broker(settings).place} lets us in, hear, and publish"
    return " ".join([f"{lets_us}.", *lacks, *_refusals(settings)])


def _refusals(settings: Config) -> Iterator[str]:
    if refused := access(settings).refused_verbs():
        yield f"Requests that are refused by mqtt.allow: {', '.join(refused)}."
