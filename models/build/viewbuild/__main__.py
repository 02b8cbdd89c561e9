"""The command: `python -m viewbuild DATA` finds the lines of typical views, and prints the table of people by whom they were not found.

Run it with the product's own environment and `PYTHONPATH=.:models/build`; it writes the lines beside the embedder's card.
"""

from __future__ import annotations

import argparse
import hashlib
import re
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edged.config import Config, ModelsConfig
from edged.daemon.opening import open_reader
from viewbuild.distortions import ALL, CORNERS, GOOD
from viewbuild.faces import Faces, pictures, read_clips, read_distorted, read_plain
from viewbuild.lines import GOOD_WEIGHT, REFUSED, Kind, find_line
from viewbuild.table import Row, Rule, judge

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edged.vision.faces import FaceReader

UNTOUCHED, CLIPS = "untouched", "clips of real cameras"
FINAL = frozenset({"negative"})
"""Corners in which no similarity says anything: not one in a hundred looks at the right person matches there."""
PEOPLE = 1000
FIELDS = tuple(Faces.__dataclass_fields__)
HEAD = "| view | strangers accepted | before | may be enrolled | kept | before | by similarity alone |\n|---|---|---|---|---|---|---|"


def main() -> None:
    """Read the arguments, find the lines, write them and print the table."""
    parser = argparse.ArgumentParser(prog="viewbuild", description=__doc__)
    parser.add_argument("data", type=Path, help="folder with the development data")
    parser.add_argument("--models", type=Path, default=Path("models"), help="folder with the networks")
    parser.add_argument("--embedder", default="embedding_sface")
    parser.add_argument("--people", type=int, default=PEOPLE, help="so many people, half of them to find the lines")
    parser.add_argument("--faces", type=Path, help="file (.npz) that the faces read are kept in, and taken from if it is there")
    arguments = parser.parse_args()
    folder = arguments.models / arguments.embedder
    reader = open_reader(Config(models=ModelsConfig(directory=arguments.models, embedding=arguments.embedder, threads=1)))
    faces, others, partner = _faces(reader, arguments.data, arguments.people, arguments.faces)
    clips = read_clips(reader, arguments.data)
    everybody = np.ones(len(partner), dtype=np.bool_)
    lines = _find(faces, everybody, clips)
    np.save(folder / "typical_view.npy", lines)
    _write_digest(folder / "model.toml", hashlib.sha256((folder / "typical_view.npy").read_bytes()).hexdigest())
    is_taught = np.arange(len(partner)) % 2 == 0
    lines = _find(faces, is_taught, clips)
    matching = reader.embedding_card.matching
    rule = Rule(matching.match_threshold, matching.decisive_lead, [corner in FINAL for corner in CORNERS])
    print(HEAD)
    for name, all_faces in faces.items():
        print(_line(judge(name, _rows(all_faces, ~is_taught), others, partner[~is_taught], lines, rule)), flush=True)


def _write_digest(card: Path, digest: str) -> None:
    """Write the digest of the lines onto the card, if it has a place for it."""
    before, header, after = card.read_text(encoding="utf-8").partition("[typical_view]")
    card.write_text(before + header + re.sub(r'(?m)^sha256 = ".*"$', f'sha256 = "{digest}"', after, count=1), encoding="utf-8")


def _faces(reader: FaceReader, data: Path, people: int, kept: Path | None) -> tuple[dict[str, Faces], Faces, NDArray[np.intp]]:
    """The faces as _read() gives them, from the file that keeps them if it is there; reading them takes a quarter of an hour."""
    if kept is None or not kept.exists():
        faces, others, partner = _read(reader, data, people)
        if kept is not None:
            named = {f"{name}/{field}": getattr(of, field) for name, of in (faces | {"": others}).items() for field in FIELDS}
            np.savez(kept, partner=partner, **named)
        return faces, others, partner
    stored = np.load(kept, allow_pickle=False)
    known = {name: Faces(*(stored[f"{name}/{field}"] for field in FIELDS)) for name in ("", *ALL)}
    return {name: known[name] for name in ALL}, known[""], stored["partner"]


def _read(reader: FaceReader, data: Path, people: int) -> tuple[dict[str, Faces], Faces, NDArray[np.intp]]:
    """Faces by distortion, those of other pictures of the same people, and which of these is each one's."""
    first, second = pictures(data, people)
    plain, other = read_plain(reader, first), read_plain(reader, second)
    rows = {one.picture.person: row for row, one in enumerate(other)}
    partner = np.array([rows.get(one.picture.person, -1) for one in plain])
    faces = {}
    for name, distort in ALL.items():
        faces[name] = read_distorted(reader, plain, name, distort)
        print(f"{name}: {faces[name].found.sum()} of {len(plain)}", flush=True)
    return faces, read_distorted(reader, other, UNTOUCHED, ALL[UNTOUCHED]), partner


def _find(faces: dict[str, Faces], is_taught: NDArray[np.bool_], clips: NDArray[np.float32]) -> NDArray[np.float32]:
    """The lines, one for each corner, by those who are taught, looks and single pictures alike, and by looks of real cameras."""
    of_clips = Kind(clips.astype(np.float64), np.arange(len(clips)), is_good=True)
    untouched = _kind(faces[UNTOUCHED], is_taught, is_good=True, weight=GOOD_WEIGHT)
    good = [untouched, of_clips, *(_kind(faces[name], is_taught, is_good=True) for name in GOOD if name != UNTOUCHED)]
    lines = []
    for corner, views in CORNERS.items():
        bad = [_kind(faces[name], is_taught, is_good=False) for name in views]
        lines.append(find_line([*good, *bad], untouched, REFUSED[corner]))
    return np.array(lines, dtype=np.float32)


def _kind(faces: Faces, is_taught: NDArray[np.bool_], *, is_good: bool, weight: float = 1.0) -> Kind:
    chosen = is_taught & faces.found
    people = np.arange(len(chosen))[chosen] // 2  # of those who are taught every other one, so that both halves have some
    rows = np.concatenate([faces.features[chosen], faces.mirror_features[chosen]]).astype(np.float64)
    return Kind(rows, np.concatenate([people, people]), is_good, weight)


def _rows(faces: Faces, chosen: NDArray[np.bool_]) -> Faces:
    return Faces(*(getattr(faces, name)[chosen] for name in FIELDS))


def _line(row: Row) -> str:
    shares = chain(
        (f"{row.accepted:.4%}", f"{row.accepted_before:.3%}"),
        (f"{share:.1%}" for share in (row.enrolled, row.kept, row.kept_before, row.at_all)),
    )
    return "| " + " | ".join((row.name, *shares)) + " |"


if __name__ == "__main__":
    main()
