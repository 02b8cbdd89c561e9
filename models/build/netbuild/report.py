"""Measures the made files against their float twins and prints the tables that stand in the READMEs.

It knows which figures are reported, and only reads files.
"""

# ruff: noqa: T201 - a report prints

from __future__ import annotations

import hashlib
import itertools
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from netbuild import golden, golden_attributes
from netbuild.age_calibration import fit
from netbuild.attributes import LEAST_GENDER_CONFIDENCE, load_networks, read_labelled
from netbuild.detect import Detector, Faces
from netbuild.embedders import KINDS
from netbuild.groups import ONE_PERSON, false_matches
from netbuild.make import DETECTION_SETS, SIZES, embed, labelled_faces
from netbuild.measure import average_precision, recall_and_false
from netbuild.runtime import Network
from netbuild.truth import read_boxes, read_pairs, read_picture
from netbuild.verification import all_pairs, best_threshold, leads, pair_similarities, rate_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from netbuild.age_calibration import Faces as LabelledFaces
    from netbuild.embedders import Kind
    from netbuild.truth import Pair
    from netbuild.verification import Embeddings

    FloatArray = NDArray[np.float32]
    Pixels = NDArray[np.uint8]

_ROUNDS, _REPEATS = 20, 8
_IDLE, _PATIENCE = 0.93, 60
_FARS = (1e-3, 1e-4, 1e-5)
_USUAL = (640, 480)
_GALLERY, _GALLERIES = 20, 200
_LEAST_SCORE = 0.03
_EVEN, _ADULT = 0.5, (15, 60)


def report(weights: Path, data: Path, models: Path, work: Path) -> None:  # noqa: ARG001 - both commands take the same folders
    """Prints every table."""
    _detection(data, models, work)
    _thresholds(data, models)
    for kind in KINDS:
        _verification(data, models, work, kind)
        _groups(data, models, kind)
    _ages(data, models, work)
    _golden(models, work)
    _speed(models, work)


def load_detector(folder: Path, width: int, height: int) -> Detector:
    """A detector with the spans of its card."""
    card = tomllib.loads((folder / "model.toml").read_text())
    spans = [(np.array(item["scale"], np.float32), np.array(item["offset"], np.float32)) for item in card["output"]]
    return Detector(Network((folder / f"yunet_{width}x{height}.tflite").read_bytes()), spans)


def _detection(data: Path, models: Path, work: Path) -> None:
    print("AP at IoU 0.5, pictures that did not calibrate; least side 20 px, 40 px in the picture; 20 px in the input")
    roots = {"float": work / "float", "int8": models}
    for name, (width, height), (kind, root) in itertools.product(DETECTION_SETS, SIZES, roots.items()):
        items = read_boxes(data / name)[1::2]
        detector = load_detector(root / "detection_yunet", width, height)
        pictures = [read_picture(item.path) for item in items]
        found = [detector.detect(picture, _LEAST_SCORE) for picture in pictures]
        truth = [item.boxes_xyxy for item in items]
        values = [average_precision(found, truth, least) for least in (20, 40)]
        scales = [min(width / picture.shape[1], height / picture.shape[0]) for picture in pictures]
        larger = [_scaled(faces, scale) for faces, scale in zip(found, scales, strict=True)]
        values.append(average_precision(larger, [boxes * s for boxes, s in zip(truth, scales, strict=True)], 20))
        print(f"{name:18s} {width}x{height} {kind:6s} " + " ".join(f"{value:.4f}" for value in values), flush=True)


def _scaled(faces: Faces, scale: float) -> Faces:
    return Faces(faces.boxes_xyxy * scale, faces.landmarks * scale, faces.scores)


def _thresholds(data: Path, models: Path) -> None:
    print("score threshold: recall of faces >= 20 px and unmatched boxes a picture (int8, 640x480)")
    detector = load_detector(models / "detection_yunet", *_USUAL)
    for name in DETECTION_SETS:
        items = read_boxes(data / name)[1::2]
        found = [detector.detect(read_picture(item.path), 0.3) for item in items]
        truth = [item.boxes_xyxy for item in items]
        for threshold in (0.4, 0.5, 0.6, 0.7, 0.8):
            recall, false = recall_and_false(found, truth, threshold)
            print(f"{name:18s} {threshold} recall {recall:.3f} unmatched {false:.2f}")


def load_embedder(root: Path, kind: Kind) -> Network:
    """An embedder's file below a folder of models."""
    return Network((root / kind.folder / kind.file).read_bytes())


def _verification(data: Path, models: Path, work: Path, embedder: Kind) -> None:
    print(f"{embedder.top[0]}:")
    roots = {"float": work / "float", "int8": models, "integer": work / "integer"}
    pairs, train = (read_pairs(data / "lfw_view1", name) for name in ("pairsDevTest.txt", "pairsDevTrain.txt"))
    known: Embeddings = {}
    for kind, root in roots.items():
        network = load_embedder(root, embedder)
        detector = load_detector((work / "float" if kind == "float" else models) / "detection_yunet", *_USUAL)
        test, learned = _embed(network, detector, pairs), _embed(network, detector, train)
        known = known or test
        print(f"{kind}: {_accuracy(test, pairs, best_threshold(*pair_similarities(learned, train)))}")
        _rates("people of pairsDevTest", test)
        _rates("all people of View 1", {**test, **learned})
        cosines = np.array([known[file] @ test[file] for file in known])
        low, least = np.percentile(cosines, 1), cosines.min()
        print(f"  cosine with float: mean {cosines.mean():.4f}, 1 % {low:.4f}, least {least:.4f}", flush=True)
        if kind == "int8":
            _leads({**test, **learned}, _threshold(models, embedder))


def _accuracy(embeddings: Embeddings, pairs: Sequence[Pair], threshold: float) -> str:
    similarities, same = pair_similarities(embeddings, pairs)
    learned = np.mean((similarities >= threshold) == same)
    best = np.mean((similarities >= best_threshold(similarities, same)) == same)
    return f"accuracy on pairsDevTest {learned:.4f} at pairsDevTrain's threshold {threshold:.3f}, {best:.4f} at its own"


def _rates(name: str, embeddings: Embeddings) -> None:
    genuine, impostor = all_pairs(embeddings)
    print(f"  {name}: {len(genuine)} genuine, {len(impostor)} impostor pairs")
    for rate in (rate_at(genuine, impostor, far) for far in _FARS):
        print(f"    FAR {rate.far:g}: threshold {rate.threshold:.4f} TAR {rate.tar:.4f}")


def _leads(embeddings: Embeddings, threshold: float) -> None:
    genuine, impostor = all_pairs(embeddings)
    print(f"  at the card's {threshold}: FMR {np.mean(impostor >= threshold):.2e} TAR {np.mean(genuine >= threshold):.4f}")
    right, wrong = leads(embeddings, _GALLERY, _GALLERIES, threshold)
    for margin in (0.0, 0.02, 0.05, 0.08, 0.1):
        refused = f"{np.sum(right < margin)} of {len(right)} right and {np.sum(wrong < margin)} of {len(wrong)} wrong"
        print(f"  margin {margin}: {refused} answers refused ({_GALLERIES} galleries of {_GALLERY} people)")


def _groups(data: Path, models: Path, kind: Kind) -> None:
    threshold = _threshold(models, kind)
    detector = load_detector(models / "detection_yunet", *_USUAL)
    embedder = load_embedder(models, kind)
    print(f"pairs of pictures of utkface_dev taken for one person at the card's {threshold}: below {ONE_PERSON}, and all")
    for group in false_matches(data / "utkface_dev", detector, embedder, threshold):
        shares = f"{group.share:.2%} {group.share_with_one_person:.2%}"
        print(f"{group.name:18s} {group.pictures:5d} pictures {group.pairs:7d} pairs {shares}", flush=True)


def _threshold(models: Path, kind: Kind) -> float:
    card = tomllib.loads((models / kind.folder / "model.toml").read_text())
    return float(card["matching"]["match_threshold"])


def _embed(network: Network, detector: Detector, pairs: Sequence[Pair]) -> dict[Path, FloatArray]:
    files = {file for pair in pairs for file in (pair.first, pair.second)}
    return {file: embed(read_picture(file), detector, network) for file in sorted(files)}


def _ages(data: Path, models: Path, work: Path) -> None:
    print("ages: tables fitted to one half of utkface_balanced's faces (by a hash of their names), read on the other, both ways")
    names = [file.name for file in sorted((data / "utkface_balanced").glob("*.jpg"))]
    first = np.array([hashlib.sha256(name.encode()).digest()[0] % 2 == 0 for name in names])
    detector = load_detector(work / "float" / "detection_yunet", *_USUAL)
    faces = read_labelled(load_networks(models).age_gender, labelled_faces(data, detector, 1))
    tables = {half: fit(faces.part(first != half)) for half in (True, False)}
    for name, looks in {"one look": 1, "with its mirror image": 2}.items():
        read = np.empty((4, len(names)))
        for half, table in tables.items():
            part = faces.part(first == half)
            read[:, first == half] = table.read(part.raw_years[:, :looks].mean(axis=1), part.logits[:, :looks].mean(axis=1))
        print(f"{name}: by decade the mean error, coverage of the range, share of genders told, and right of them")
        _age_rows(faces, read)


def _age_rows(faces: LabelledFaces, read: FloatArray) -> None:
    """Rows of decades up to 99 years, and figures over them; `read` (4, faces) is years, low, high and female."""
    years, low, high, female = read
    errors, held = np.abs(years - faces.years), (np.floor(low) <= faces.years) & (faces.years <= np.ceil(high))
    told, right = np.maximum(female, 1 - female) >= LEAST_GENDER_CONFIDENCE, (female < _EVEN) == faces.male
    decades = [(faces.years >= decade) & (faces.years < decade + 10) for decade in range(0, 100, 10)]
    for number, chosen in enumerate(decades):
        shares = f"{held[chosen].mean():.2f}  {told[chosen].mean():.2f} {right[chosen & told].mean():.2f}"
        print(f"  {number * 10:2d} to {number * 10 + 9:2d} {chosen.sum():4d} pictures {errors[chosen].mean():.1f} {shares}")
    adults = (faces.years >= _ADULT[0]) & (faces.years <= _ADULT[1])
    genders = f"from {_ADULT[0]} to {_ADULT[1]} {told[adults].mean():.2f} told, {right[adults & told].mean():.3f} right"
    print(f"  over the decades: mean error {np.mean([errors[chosen].mean() for chosen in decades]):.2f}; {genders}", flush=True)


def _golden(models: Path, work: Path) -> None:
    print("golden: distance from the known answer; box and landmarks found, embedding on the known landmarks")
    picture = read_picture(models / "golden" / golden.PICTURE)
    roots = {"float": work / "float", "int8": models}
    embedders = {kind: {one.top[0]: load_embedder(root, one) for one in KINDS} for kind, root in roots.items()}
    usual = load_detector(work / "float" / "detection_yunet", *_USUAL)
    known = golden.answer(picture, usual, embedders["float"])
    for (width, height), (kind, root) in itertools.product(SIZES, roots.items()):
        detector = load_detector(root / "detection_yunet", width, height)
        for swapped in ("", "detector", "embedder", "landmarks"):
            found = golden.answer(picture, detector, embedders[kind], known.landmarks, swapped=swapped)
            distances = " ".join(f"{name} {value:.3f}" for name, value in golden.compare(found, known).items())
            print(f"{width}x{height} {kind:6s} {swapped or 'correct':10s} {distances}")
    _golden_attributes(picture, known, roots)


def _golden_attributes(picture: Pixels, found: golden.Answer, roots: Mapping[str, Path]) -> None:
    print("golden, attributes: distance from the known answer on the known landmarks")
    networks = {kind: load_networks(root) for kind, root in roots.items()}
    known = golden_attributes.answer(picture, found.landmarks, networks["float"])
    for mistake, kind in itertools.product(golden_attributes.MISTAKES, networks):
        told = golden_attributes.answer(picture, found.landmarks, networks[kind], mistake)
        distances = " ".join(f"{name} {value:.3f}" for name, value in golden_attributes.compare(told, known).items())
        print(f"{kind:6s} {mistake:20s} {distances}")


def _speed(models: Path, work: Path) -> None:
    """Median of bare invokes, all files taking turns, each round begun when nothing else runs."""
    roots = {"int8": models, "float": work / "float", "integer": work / "integer"}
    files = {f"{kind} {path.name}": path for kind, root in roots.items() for path in sorted(root.glob("*_*/*.tflite"))}
    networks = {(name, count): Network(path.read_bytes(), count) for name, path in files.items() for count in (1, 2)}
    times: dict[tuple[str, int], list[float]] = {key: [] for key in networks}
    quiet = [_take_turns(networks, times) for _ in range(_ROUNDS)]
    print(f"ms a bare invoke: median (least) at 1 thread, at 2 threads; {sum(quiet)} of {len(quiet)} rounds on an idle machine")
    for name in files:
        print(f"{name:28s} " + " ".join(f"{np.median(times[name, t]):6.2f} ({min(times[name, t]):.2f})" for t in (1, 2)))


def _take_turns(networks: Mapping[tuple[str, int], Network], times: dict[tuple[str, int], list[float]]) -> bool:
    """One round over all networks; whether the machine was idle before it, for which it waits a while."""
    quiet = any(_idle_share() >= _IDLE for _ in range(_PATIENCE))
    for key, network in networks.items():
        network.invoke()
        for _ in range(_REPEATS):
            start = time.perf_counter()
            network.invoke()
            times[key].append((time.perf_counter() - start) * 1000)
    return quiet


def _idle_share() -> float:
    """The share of half a second in which no processor worked (Linux)."""
    before = [int(field) for field in Path("/proc/stat").read_text().split()[1:8]]
    time.sleep(0.5)
    spent = [int(field) - old for field, old in zip(Path("/proc/stat").read_text().split()[1:8], before, strict=True)]
    return spent[3] / max(sum(spent), 1)
