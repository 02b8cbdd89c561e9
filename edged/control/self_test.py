"""The self-test: networks, gallery and cameras, each with a sentence that says whether it is right.

Each part judges itself. What can only be looked at while edged does not run is not known here: see `edged.cli.check`.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from edged.enrollment.re_embedding import unrecognised
from edged.errors import CameraError, EdgedError, GalleryError, counted
from edged.gallery.template_reader import TemplateReader
from edged.interface.operation import CheckAnswer
from edged.system.beside import finish
from edged.vision.golden_check import golden_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edged.control.snapshot import Scene
    from edged.gallery.store import Gallery
    from edged.pipeline.attributes import AttributeNetworks
    from edged.system.beside import Turns
    from edged.system.clock import SystemClock
    from edged.vision.faces import FaceReader


EARLIEST_YEAR = 2025
"""Year before which no edged ran: an earlier date is that of a clock that was never set."""
NOT_SYNCHRONISED = (
    "The clock is not synchronised: times that edged tells may be wrong, and after a power cut nobody is forgotten by age until it is; "
    "let the device reach a time server (timedatectl set-ntp true), or give it a clock with a battery."
)


def self_test(
    reader: FaceReader, networks: AttributeNetworks, gallery: Gallery, scenes: Mapping[str, Scene]
) -> Turns[tuple[CheckAnswer, ...]]:
    """Test a running edged in the order in which it needs its parts."""
    models = yield from _line_in_turns("models", _models_in_turns(reader))
    yield None
    attributes = yield from _line_in_turns("attributes", _attributes_in_turns(networks))
    yield None
    read = yield from gallery.database.writer.in_turns(lambda: line("gallery", lambda: try_gallery(gallery, reader.embedder.model_id)))
    clock = check_clock(gallery.database.clock.clock)
    cameras = (line(f"camera {camera}", partial(_try_scene, scene)) for camera, scene in scenes.items())
    return models, attributes, read, clock, *cameras


def line(name: str, look: Callable[[], str]) -> CheckAnswer:
    """What a check says, or the error that it raises."""
    try:
        return CheckAnswer(name, good=True, sentence=look())
    except EdgedError as error:
        return CheckAnswer(name, good=False, sentence=str(error))


def _line_in_turns(name: str, look: Turns[str]) -> Turns[CheckAnswer]:
    try:
        return CheckAnswer(name, good=True, sentence=(yield from look))
    except EdgedError as error:
        return CheckAnswer(name, good=False, sentence=str(error))


def try_models(reader: FaceReader) -> str:
    """Read the golden picture.

    Raises:
        ModelError: the answer is not what it should be.
    """
    return finish(_models_in_turns(reader))


def _models_in_turns(reader: FaceReader) -> Turns[str]:
    similarity = yield from golden_steps(reader)
    return (
        f"{reader.detection_card.id}, {reader.embedding_card.id}; the golden picture is read as it should be (similarity {similarity:.3f})"
    )


def try_attributes(networks: AttributeNetworks) -> str:
    """Load both networks, also while they are switched off: a command may switch them on at any time.

    Raises:
        ModelError: a file cannot be used, or gives wrong answers.
    """
    return finish(_attributes_in_turns(networks))


def _attributes_in_turns(networks: AttributeNetworks) -> Turns[str]:
    yield from networks.loading(emotion=True, age_gender=False)  # and let go of before the other is loaded
    yield from networks.loading(emotion=False, age_gender=True)
    return f"{networks.emotion_card.id}, {networks.age_gender_card.id}; the golden picture is read as it should be"


def try_gallery(gallery: Gallery, model_id: str) -> str:
    """Read the gallery, and the embeddings of the model in use.

    Raises:
        GalleryError: it cannot be read, has damaged templates, or somebody without a template of the model.
    """
    people = gallery.people()
    if damaged := TemplateReader(gallery.database, model_id).damaged():
        raise GalleryError(f"{counted(len(damaged), 'template is', 'templates are')} damaged and left out; enroll those people again.")
    if sentence := unrecognised(gallery, model_id):
        raise GalleryError(sentence)
    few = ", ".join(person.id for person in people if person.templates == 1)
    templates = counted(sum(person.templates for person in people), "template")
    found = f"{counted(len(people), 'person', 'people')}, {templates}, {counted(gallery.pictures(), 'picture')}"
    return f"{found}; with one template only, and missed more often: {few}" if few else found


def check_clock(clock: SystemClock) -> CheckAnswer:
    """Look at the clock. One that is not synchronised is told of, but wrong is only one that was never set: edged works without."""
    now = time.gmtime(clock.wall())
    if clock.is_synchronised():
        return CheckAnswer("clock", good=True, sentence="synchronised")
    if now.tm_year < EARLIEST_YEAR:
        return CheckAnswer("clock", good=False, sentence=f"It is not {time.strftime('%Y-%m-%d', now)}. {NOT_SYNCHRONISED}")
    return CheckAnswer("clock", good=True, sentence=NOT_SYNCHRONISED)


def _try_scene(scene: Scene) -> str:
    if not scene.is_online:
        raise CameraError(scene.reason or "The camera has not yet given a picture.")
    if scene.hint:
        raise CameraError(scene.hint)
    if scene.frame is None:
        return "gives pictures"
    height, width = scene.frame.pixels.shape[:2]
    return f"gives pictures of {width}×{height} pixels"
