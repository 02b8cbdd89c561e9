"""A household: a gallery file with everything that answers requests on it, without cameras and broker."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from edged.config import Config
from edged.daemon.opening import face_parts, gallery_parts, open_attributes, open_mesh
from edged.errors import EdgedError
from edged.gallery.templates import Sighting
from edged.interface.form import plain
from edged.interface.messages import Reply, ReplyAddress, Request
from edged.system.beside import finish
from edged.vision.pictures import encode_png, read_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from edged.control.control import Control
    from edged.control.snapshot import Scene
    from edged.daemon.opening import FaceParts
    from edged.interface.form import Form
    from edged.pipeline.attributes import AttributeNetworks
    from edged.pipeline.shared_state import SharedState
    from edged.storage.database import Database
    from edged.vision.faces import FaceReader

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Household:
    """The parts, and short ways to ask them."""

    parts: FaceParts
    scenes: dict[str, Scene] = field(default_factory=dict)
    control: Control = field(init=False)

    def __post_init__(self) -> None:
        self.control = self.parts.control(self.scenes)

    @property
    def shared(self) -> SharedState:
        return self.parts.gallery.shared

    def handle(self, request: Request) -> Reply:
        *_, last = self.replies(request)
        return last

    def replies(self, request: Request) -> Iterator[Reply]:
        return (step for step in self.control.steps(request) if isinstance(step, Reply))

    def show(self, scenes: Mapping[str, Scene]) -> None:
        """Have the cameras show these scenes from now on, and no others."""
        self.scenes.clear()
        self.scenes.update(scenes)

    def refresh(self) -> bool:
        return finish(self.parts.gallery.reader.refresh())


def household_of(
    reader: FaceReader,
    database: Database,
    *,
    keep_pictures: bool = True,
    stranger_days: int = 30,
    attributes: AttributeNetworks | None = None,
    max_templates: int = 12,
    attributes_are_allowed: bool = False,
    now: Callable[[], datetime] = lambda: NEW_YEAR,
) -> Household:
    """The household of this file, by the usual configuration, with the camera "front"."""
    gallery = {"keep_pictures": keep_pictures, "stranger_days": stranger_days, "max_templates_per_person": max_templates}
    allowed = {"emotion": attributes_are_allowed, "age_gender": attributes_are_allowed}
    config = Config.model_validate({"camera": [{"name": "front"}], "gallery": gallery, "recognition": allowed})
    known = gallery_parts(config, database, reader.embedding_card, now=now)
    return Household(face_parts(known, reader, attributes or open_attributes(config), partial(open_mesh, config)))


def asked(household: Household, form: Form) -> dict[str, Any]:
    """The data of a request that is carried out, as it stands on the wire."""
    outcome = household.handle(Request(ReplyAddress("test"), form)).outcome
    assert not isinstance(outcome, EdgedError), outcome
    return plain(outcome)


def refused(household: Household, form: Form) -> EdgedError:
    """The error of a request that is not."""
    outcome = household.handle(Request(ReplyAddress("test"), form)).outcome
    assert isinstance(outcome, EdgedError), outcome
    return outcome


def remembered(household: Household, picture: Path, *, quality: float = 0.8, at: datetime = NEW_YEAR) -> str:
    """The id of a stranger with the face of a picture, seen on the first of January where nothing else is said."""
    face = household.parts.reader.largest(read_picture(picture))
    assert face is not None
    sighting = Sighting(face.embedding, quality, at, encode_png(face.aligned.pixels))
    rules, strangers = household.shared.rules, household.shared.strangers
    met = strangers.meet(sighting, strangers.recall(face.embedding, threshold=rules.match_threshold, margin=rules.margin))
    assert met is not None
    return met.id
