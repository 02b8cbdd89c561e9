"""The verbs that operate the device: settings, a look through a camera, the self-test, reading the gallery again, erasing pictures.

What a camera sees, and what a setting does, is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.control.face_answers import refuse_pictures
from edged.control.handlers import answers
from edged.control.self_test import self_test
from edged.control.snapshot import SNAPSHOT_BYTES, snapshot
from edged.interface import operation as wire
from edged.interface.paging import picture_room
from edged.interface.settings import SETTINGS, ChangeSettings, SettingsAnswer
from edged.system.beside import finish

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edged.control.event_faces import EventFaces
    from edged.control.gallery_reader import GalleryReader
    from edged.control.handlers import Steps
    from edged.control.settings import ChosenSettings, SettingsKeeper
    from edged.control.snapshot import Scene
    from edged.gallery.store import Gallery
    from edged.pipeline.attributes import AttributeNetworks, LoadedNetworks
    from edged.pipeline.shared_state import Rules
    from edged.system.beside import Turns
    from edged.vision.faces import FaceReader


class OperationVerbs:
    """Answers requests that operate a running edged."""

    def __init__(
        self,
        reader: FaceReader,
        gallery: Gallery,
        gallery_reader: GalleryReader,
        settings: SettingsKeeper,
        attributes: AttributeNetworks,
        scenes: Mapping[str, Scene],
        event_faces: EventFaces,
        *,
        most_bytes: Callable[[], int],
    ) -> None:
        """Switch on the networks that the settings ask for; scenes are what the cameras show, by name, most_bytes what an answer may have.

        event_faces are those that go when pictures are erased.

        Raises:
            ModelError: a network that is switched on cannot be used.
        """
        self._reader, self._gallery, self._gallery_reader = reader, gallery, gallery_reader
        self._shared, self._settings, self._attributes, self._scenes = gallery_reader.shared, settings, attributes, scenes
        self._event_faces, self._most_bytes = event_faces, most_bytes
        attributes.switch(finish(self._networks_for(self._shared.rules)))

    @answers(SETTINGS)
    def change_settings(self, form: ChangeSettings) -> Steps[SettingsAnswer]:
        """Change settings, all of the named or none, and give what all are then."""
        chosen = self._settings.choose(form.set)
        # Both this and keeping the values may fail: neither may leave the other half done.
        networks = yield from self._networks_for(chosen.rules)
        yield from self._take_over(chosen, networks)
        return SettingsAnswer(self._settings.states())

    @answers(wire.RELOAD)
    def reload(self, _form: wire.Reload) -> Steps[wire.ReloadAnswer]:
        """Read people, strangers and changed settings from the gallery file again; the configuration is read at the start only."""
        chosen = self._settings.read()
        networks = yield from self._networks_for(chosen.rules)
        yield from self._gallery_reader.reload()
        yield from self._take_over(chosen, networks)
        shared = self._shared
        strangers = len(shared.strangers.store.strangers())
        return wire.ReloadAnswer(len(shared.display_names), len(shared.matcher), strangers, tuple(sorted(chosen.overridden)))

    @answers(wire.SNAPSHOT)
    def snapshot(self, form: wire.Snapshot) -> wire.SnapshotAnswer:
        """The newest frame of a camera."""
        refuse_pictures(self._shared)
        most = min(SNAPSHOT_BYTES, picture_room(self._most_bytes()))
        return snapshot(self._scenes, form.camera, self._reader.detector, is_marked=form.marked, most_bytes=most)

    @answers(wire.SELF_TEST)
    def self_test(self, _form: wire.SelfTest) -> Steps[wire.SelfTestAnswer]:
        """Whether networks, gallery and cameras are right, each with a sentence."""
        checks = yield from self_test(self._reader, self._attributes, self._gallery, self._scenes)
        return wire.SelfTestAnswer(all(check.good for check in checks), checks)

    @answers(wire.ERASE_PICTURES)
    def erase_pictures(self, _form: wire.ErasePictures) -> Steps[wire.ErasedPicturesAnswer]:
        """Erase every picture that is kept, those of the last events too, and keep the embeddings made from them."""
        self._event_faces.clear()
        erased = yield from self._gallery.database.writer.in_turns(self._gallery.erase_pictures)
        return wire.ErasedPicturesAnswer.extending(erased)

    def _networks_for(self, rules: Rules) -> Turns[LoadedNetworks]:
        return self._attributes.loading(emotion=rules.emotion, age_gender=rules.age_gender)

    def _take_over(self, chosen: ChosenSettings, networks: LoadedNetworks) -> Turns[None]:
        yield from self._settings.adopt(chosen)
        self._shared.rules = chosen.rules
        self._attributes.switch(networks)
