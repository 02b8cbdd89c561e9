"""The recogniser for scripts: pictures in, typed answers out, by the rules and with the parts of the daemon.

It only reads, and knows no broker and no camera. Its examples are run by the tests.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeAlias

import numpy as np

from edged.config import read_config
from edged.daemon.opening import open_faces
from edged.errors import GalleryError
from edged.system.beside import finish
from edged.system.paths import is_there
from edged.vision.pictures import SentPicture, open_picture, open_sent

if TYPE_CHECKING:
    from types import TracebackType

    from edged.config import Config
    from edged.interface.pictures import AnalyseAnswer, PictureAnswer, RecogniseAnswer, RepresentAnswer, VerifyAnswer
    from edged.system.beside import Turns
    from edged.types import Uint8Array

    Picture: TypeAlias = str | Path | bytes | Uint8Array
    """The path of a picture, its content as a file has it, or its pixels: (H, W, 3) uint8 in BGR order, as OpenCV gives them."""

COLOUR_DIMENSIONS, CHANNELS = 3, 3


class Recogniser:
    """Answers what pictures show, as the requests over MQTT do; the answers are described with these in the README of `edged.mqtt`.

    Networks are loaded at once and people read from the gallery, which is never changed. Who is enrolled meanwhile is known with the next
    picture. It is not thread-safe.

    >>> import edged
    >>> with edged.Recogniser(gallery="gallery.db") as recogniser:
    ...     print(recogniser.find("barack.jpg").faces[0].display_name)
    Barack
    """

    def __init__(self, models: str | Path | None = None, gallery: str | Path | None = None, *, config: str | Path | None = None) -> None:
        """Load networks and gallery.

        Args:
            models: The folder of model cards; None: as the configuration says, or else that which came with edged.
            gallery: The SQLite file; None: as the configuration says, or else nobody is known.
            config: A configuration, such as `/etc/edged/edged.toml`, whose networks and rules hold; None: the defaults.

        Raises:
            ConfigError, ModelError, GalleryError: the configuration, a network or the gallery cannot be used.
        """
        chosen = _chosen(read_config(Path(config) if config else None), models, gallery)
        self._stack = ExitStack()
        parts = self._stack.enter_context(open_faces(chosen, to_read=True, is_anonymous=gallery is None and config is None))
        self._known, self._networks = parts.gallery, parts.attributes
        self._pictures, self._comparison = parts.pictures, parts.comparison

    def __enter__(self) -> Self:
        """Close it at the end of the block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close the gallery; a second time does nothing."""
        self._stack.close()

    def detect(self, picture: Picture) -> PictureAnswer:
        """Find the faces of a picture, the largest 20: where each is, how good the view, and how the head is held.

        >>> face = recogniser.detect("barack.jpg").faces[0]
        >>> face.box, face.reason
        ((375, 89, 608, 422), None)

        Raises:
            PictureError: not a picture, here as below.
        """
        return finish(self._pictures.detect_faces(_opened(picture)))

    def embed(self, picture: Picture) -> RepresentAnswer:
        """Give the embedding of each face: numbers that together have length 1, comparable within one `model`.

        >>> answer = recogniser.embed("barack.jpg")
        >>> len(answer.faces[0].embedding), answer.model
        (128, 'sface-2021dec-int8-1')
        """
        return finish(self._pictures.represent_faces(_opened(picture)))

    def verify(self, picture: Picture, other: Picture | None = None, *, person: str | None = None) -> VerifyAnswer:
        """Say whether two pictures show the same person, or a picture this person, by id or by the name that is shown.

        >>> answer = recogniser.verify("barack.jpg", "barack_again.jpg")
        >>> answer.same, answer.similarity > answer.threshold
        (True, True)

        Raises:
            ValueError: neither another picture nor a person is given, or both.
            NoFace: there is none in a picture.
            PersonNotFound: nobody is enrolled by that name.
        """
        if (other is None) == (person is None):
            raise ValueError("Give either another picture or a person.")
        if other is not None:
            return finish(self._comparison.of_pictures(_in_turns(picture), _in_turns(other)))
        self._refresh()
        return finish(self._comparison.of_person(person or "", _in_turns(picture)))

    def find(self, picture: Picture, *, top: int = 0) -> RecogniseAnswer:
        """Say who each face is, by the rules that hold at the door; and of how many people who are most alike, how similar.

        >>> [(face.person, str(face.reason)) for face in recogniser.find("joe.jpg").faces]
        [(None, 'below_threshold')]
        """
        self._refresh()
        return finish(self._pictures.recognise_faces(_opened(picture), top=top))

    def analyse(self, picture: Picture, *, landmarks: bool = False) -> AnalyseAnswer:
        """Read expression, age range and gender of each face; the networks for them are loaded with the first picture.

        With landmarks also 68 points of each face, the turn of its head, and how far its eyes are open: None where none are found.

        >>> face = recogniser.analyse("barack.jpg", landmarks=True).faces[0]
        >>> face.emotion, str(face.gender), len(face.dense_landmarks.points)
        ('happy', 'male', 68)
        """
        self._networks.switch(self._networks.load(emotion=True, age_gender=True))
        if landmarks:
            self._pictures.dense.keep()
        return finish(self._pictures.analyse_faces(_opened(picture), dense=landmarks))

    def _refresh(self) -> None:
        """Take over who was enrolled or forgotten meanwhile."""
        finish(self._known.reader.refresh())


def _chosen(config: Config, models: str | Path | None, gallery: str | Path | None) -> Config:
    """A configuration with what the script says in its place; GalleryError where there is no such gallery, or nobody can tell."""
    if models is not None:
        config = config.model_copy(update={"models": config.models.model_copy(update={"directory": Path(models)})})
    if gallery is not None:
        try:
            is_gallery = is_there(Path(gallery))
        except OSError as error:
            raise GalleryError(f"The gallery {gallery} cannot be looked at ({error.strerror}); run this as who may read it.") from error
        if not is_gallery:  # the shell begins with an empty one; a script would find nobody for ever
            raise GalleryError(f"There is no gallery {gallery}; enroll somebody first, or give another path.")
        config = config.model_copy(update={"gallery": config.gallery.model_copy(update={"path": Path(gallery)})})
    return config


def _in_turns(picture: Picture) -> Turns[SentPicture]:
    """A picture that is decoded when its turn comes."""
    yield None
    return _opened(picture)


def _opened(picture: Picture) -> SentPicture:
    """A picture decoded; PictureError where it is none, ValueError where pixels are of another form."""
    if isinstance(picture, bytes):
        return open_sent(picture)
    if isinstance(picture, str | Path):
        return open_picture(Path(picture))
    if picture.ndim != COLOUR_DIMENSIONS or picture.shape[2] != CHANNELS or picture.dtype != np.uint8 or not picture.size:
        raise ValueError(f"Pixels are (H, W, 3) uint8 in BGR order, not {picture.shape} {picture.dtype}.")
    height, width = picture.shape[:2]
    return SentPicture(np.ascontiguousarray(picture), (width, height))
