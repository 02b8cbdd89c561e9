"""Viewing: whose each face of a film is held to be, frame by frame, and that nothing of it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.cli.drawing import seen_mark
from edged.config import Config, GalleryConfig, RecognitionConfig
from edged.daemon.opening import open_faces
from edged.daemon.viewing import SeenFace, Viewer
from edged.types import Box, Gender, Identity, Reason
from tests.broker import free_port
from tests.door import film, stands
from tests.program import Daemon, remember_strangers

if TYPE_CHECKING:
    from pathlib import Path

BOX = Box(10.0, 20.0, 30.0, 40.0)


def test_everybody_is_named_frame_by_frame_and_nothing_is_kept(tmp_path: Path, portraits: dict[str, Path]) -> None:
    daemon = Daemon(tmp_path, free_port(), tmp_path / "no-camera.mp4")
    assert daemon.run("enroll", "Barack", portraits["obama"]).returncode == 0
    remember_strangers(daemon.gallery, 1)
    config = Config(gallery=GalleryConfig(path=daemon.gallery), recognition=RecognitionConfig(stranger_after_seconds=1.0))
    before = daemon.run("strangers", "--json").stdout
    with open_faces(config, to_read=True) as parts:
        viewer = Viewer(config.camera[0], parts)
        seen = [viewer.look(frame) for frame in film(stands("obama", 3.0), stands("biden", 3.0))]
    first, known, other = seen[0], seen[25], seen[-1]
    assert [(face.identity, face.reason) for face in first] == [(None, None)]
    assert known[0].identity
    assert (known[0].identity.person, known[0].gender) == ("barack", Gender.MALE)
    assert other[0].identity
    assert (other[0].identity.person, other[0].identity.stranger) == (None, None)
    assert seen_mark(known[0]).words.startswith("Barack 0.")
    assert seen_mark(other[0]).words.startswith("stranger, ")
    assert daemon.run("strangers", "--json").stdout == before


def test_words_say_why_a_view_says_nothing() -> None:
    far = SeenFace(BOX, None, None, Reason.TOO_SMALL, None, None, None)
    assert seen_mark(far).words == "too_small"
    ignored = SeenFace(BOX, Identity("x", None, None, None, ignored=True), 0.2, None, None, (20, 30), None)
    assert seen_mark(ignored).words == "stranger (ignored), 20-30 years"
