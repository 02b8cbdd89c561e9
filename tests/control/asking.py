"""Asking a household as over MQTT, through JSON and back, and pictures as they are sent."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import cv2

from edged.control.snapshot import Scene
from edged.errors import EdgedError, GalleryError
from edged.interface.form import plain
from edged.interface.messages import ReplyAddress
from edged.interface.verbs import parse_request
from edged.types import Frame
from edged.vision.pictures import read_picture
from tests.household import NEW_YEAR, Household

if TYPE_CHECKING:
    from edged.types import Uint8Array


def answer(control: Household, verb: str, **request: object) -> dict[str, Any] | EdgedError:
    """What a request over MQTT is answered, as it goes through JSON."""
    outcome = control.handle(parse_request(ReplyAddress(verb), json.dumps(request).encode())).outcome
    return outcome if isinstance(outcome, EdgedError) else json.loads(json.dumps(plain(outcome), allow_nan=False))


def ask(control: Household, verb: str, **request: object) -> dict[str, Any]:
    outcome = answer(control, verb, **request)
    assert isinstance(outcome, dict), outcome
    return outcome


def refusal(control: Household, verb: str, **request: object) -> EdgedError:
    before = ask(control, "people")
    outcome = answer(control, verb, **request)
    assert isinstance(outcome, EdgedError), outcome
    assert ask(control, "people") == before
    return outcome


def sent(picture: Path | Uint8Array) -> str:
    content = picture.read_bytes() if isinstance(picture, Path) else jpeg(picture)
    return base64.b64encode(content).decode()


def ids(control: Household) -> dict[str, int]:
    return {row["person"]: row["templates"] for row in ask(control, "people")["people"]}


def similarity(control: Household, one: Path, other: Path) -> float:
    faces = [control.parts.reader.largest(read_picture(path)) for path in (one, other)]
    assert faces[0] is not None
    assert faces[1] is not None
    return float(faces[0].embedding.vector @ faces[1].embedding.vector)


def jpeg(pixels: Uint8Array) -> bytes:
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


def unreadable(*_: object, **_named: object) -> NoReturn:
    raise GalleryError("The gallery cannot be read.")


def shown(pixels: Uint8Array) -> dict[str, Scene]:
    """A camera that shows this."""
    return {"front": Scene(Frame("front", 1, NEW_YEAR, 1.0, pixels), is_online=True)}
