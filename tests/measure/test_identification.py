"""Open-set identification measured on a folder of people, whose faces a stand-in for the networks reads from grey levels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np
import pytest

from edged.errors import LabelsError
from edged.evaluation.identification import SETTINGS, SearchCounts
from edged.measure.identification import folders_in, measure_identification
from edged.types import AlignedFace, Box, Detection, Embedding, Landmarks, Quality
from edged.vision.faces import Face
from edged.vision.model_card import EmbeddingCard
from tests.conftest import MODELS

if TYPE_CHECKING:
    from pathlib import Path

    from edged.types import Uint8Array
    from edged.vision.faces import FaceReader

LEVEL_STEP = 10
NOBODY = 255
DETECTION = Detection(Box(0, 0, 8, 8), Landmarks((), np.zeros((0, 2), np.float32)), 0.9)


class GreyEmbedder:
    """Everybody has a grey level, and each level a vector of its own."""

    def embed(self, face: AlignedFace) -> Embedding:
        vector = np.random.default_rng(round(face.pixels.mean() / LEVEL_STEP)).standard_normal(64).astype(np.float32)
        return Embedding(vector / np.float32(np.linalg.norm(vector)), "grey")


@dataclass
class GreyReader:
    """FaceReader, as far as it is used."""

    embedding_card: EmbeddingCard = field(default_factory=lambda: EmbeddingCard.read(MODELS / "embedding_sface"))
    embedder: GreyEmbedder = field(default_factory=GreyEmbedder)

    def central(self, pixels: Uint8Array) -> Face | None:
        if pixels.mean() >= NOBODY - 1:
            return None
        aligned = AlignedFace(pixels)
        return Face(DETECTION, Quality(0.8, None), aligned, self.embedder.embed(aligned))


def reader() -> FaceReader:
    return cast("FaceReader", GreyReader())


def folder(place: Path, counts: list[int]) -> Path:
    """A folder of people with so many pictures each."""
    for person, count in enumerate(counts):
        (place / f"person_{person}").mkdir()
        for number in range(count):
            picture = np.full((8, 8, 3), person * LEVEL_STEP, np.uint8)
            cv2.imwrite(str(place / f"person_{person}" / f"{number}.jpg"), picture)
    return place


def test_people_are_found_and_strangers_are_not(tmp_path: Path) -> None:
    images = folder(tmp_path, [2] * 12 + [1] * 5)
    (images / "notes.txt").write_text("no folder of anybody")
    cv2.imwrite(str(images / "person_0" / "nobody.jpg"), np.full((8, 8, 3), NOBODY, np.uint8))
    reported: list[str] = []
    done = measure_identification(reader(), folders_in(images), reported.append)
    assert (done.people, done.pictures, done.without_face) == (17, 30, 1)
    assert reported == [f"In {images / 'person_0' / 'nobody.jpg'} no face was found."]
    assert list(done.galleries) == ["n_10"], "12 people with two pictures make no gallery of 50"
    assert list(done.galleries["n_10"]) == [setting.name for setting in SETTINGS]
    one = done.galleries["n_10"]["one_template_one_look"]
    assert one.fnir_at_fpir == one.with_margin.fnir_at_fpir == {"1e-2": 0.0, "1e-3": 0.0}
    assert (one.drawn_from, one.searches) == (12, SearchCounts(1000, 700))
    assert done.impostor_tail["single"].comparisons == 29 * 29 - 12 * 4 - 5
    assert done.impostor_tail["fused"].comparisons == 0, "nobody has five looks"


def test_too_few_people_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match="show 10 people; a gallery of 10 needs as many with two pictures, and a stranger"):
        measure_identification(reader(), folders_in(folder(tmp_path, [2] * 10)), print)
