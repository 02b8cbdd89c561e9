"""What `--draw` and `edged stream` make of answers: into which files they are drawn, and which words stand beside a face.

How anything is drawn is not known here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edged.cli.metrics import COSINE, converted
from edged.errors import PictureError
from edged.vision.drawing import FaceMark, check_drawing, drawn, save_drawing

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Self

    from edged.daemon.viewing import SeenFace
    from edged.interface.pictures import AnalysedFace, RecognisedFace
    from edged.vision.pictures import SentPicture


@dataclass(frozen=True, slots=True)
class Drawing:
    """Where the copies go: one file, or a folder that is there; None: nowhere."""

    out: Path | None
    overwrite: bool

    @classmethod
    def of(cls, options: argparse.Namespace, paths: Sequence[Path]) -> Self:
        """What the command line wants, checked before any picture is looked at.

        Raises:
            PictureError: it cannot be done.
        """
        drawing = cls(getattr(options, "draw", None), getattr(options, "overwrite", False))
        names = [drawing.target(path) for path in paths]
        if len(set(names)) < len(names) and drawing.out:
            raise PictureError(
                f"Several pictures would be drawn into {names[0]}; name a folder that is there, and pictures of other names."
            )
        for path, target in zip(paths, names, strict=True):
            if target:
                check_drawing(target, path, overwrite=drawing.overwrite)
        return drawing

    def target(self, picture: Path) -> Path | None:
        """The file that this picture is drawn into."""
        return self.out / picture.name if self.out and os.path.isdir(self.out) else self.out  # noqa: PTH112 - Path.is_dir() fails where a folder is closed

    def draw(self, path: Path, picture: SentPicture, marks: Sequence[FaceMark]) -> None:
        """Draw the faces of a picture, marked in pixels of the file, into its copy, which a large JPEG makes smaller.

        Raises:
            PictureError: it cannot be written.
        """
        if target := self.target(path):
            save_drawing(drawn(picture.pixels, [_shrunk(mark, picture.scale) for mark in marks]), target)


def recognised_mark(face: RecognisedFace, metric: str = COSINE) -> FaceMark:
    """Who it is, or why that is not told."""
    similarity = "" if face.similarity is None else f" {converted(face.similarity, metric):.2f}"
    who = face.display_name or face.stranger or (face.reason.value if face.reason else "nobody who is known")
    return FaceMark(face.box, f"{who}{similarity}")


def analysed_mark(face: AnalysedFace) -> FaceMark:
    """Expression, age and gender as far as they are told, and the points that were asked for."""
    years = None if face.age_range is None else "{}-{} years".format(*face.age_range)
    told = [word for word in (face.emotion, years, face.gender and face.gender.value) if word]
    words = face.reason.value if face.reason else ", ".join(told) or "unsure"
    return FaceMark(face.box, words, face.dense_landmarks.points if face.dense_landmarks else ())


def seen_mark(face: SeenFace, metric: str = COSINE) -> FaceMark:
    """Who it is as far as that is known, expression, age and gender; or why this view says nothing."""
    years = None if face.age_range is None else "{}-{} years".format(*face.age_range)
    told = [word for word in (face.emotion, years, face.gender and face.gender.value) if word]
    box = (face.box.x1, face.box.y1, face.box.x2, face.box.y2)
    if face.identity is None:
        return FaceMark(box, face.reason.value if face.reason else "...")
    similarity = "" if face.similarity is None or face.identity.person is None else f" {converted(face.similarity, metric):.2f}"
    stranger = face.identity.stranger.id if face.identity.stranger else "stranger"
    who = face.identity.display_name or face.identity.person or f"{stranger}{' (ignored)' if face.identity.ignored else ''}"
    return FaceMark(box, ", ".join([f"{who}{similarity}", *told]))


def _shrunk(mark: FaceMark, scale: int) -> FaceMark:
    x1, y1, x2, y2 = (side / scale for side in mark.box)
    return replace(mark, box=(x1, y1, x2, y2), points=[(x / scale, y / scale) for x, y in mark.points])
