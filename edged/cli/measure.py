"""The commands that measure the product on labelled pictures, and the one that writes embeddings.

Knows words and exit codes; how it is measured is not known here.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edged.cli.options import add, config_of, non_negative
from edged.daemon import opening
from edged.errors import EXIT_FAILURE
from edged.measure import attributes as measure_attributes
from edged.measure import faces as measure
from edged.measure import identification as measure_identification
from edged.vision.attribute_readers import AgeGenderReader, EmotionReader
from edged.vision.model_card import read_age_gender_card, read_emotion_card
from edged.vision.pictures import listed

if TYPE_CHECKING:
    import argparse

EVALUATION_SCORE_THRESHOLD = 0.02
"""Average precision wants the whole curve; below this score faces are noise and would only cost time."""
EMOTION_FOLDER = "emotion_xception"
AGE_GENDER_FOLDER = "age_gender_faceres"
"""Below the models' folder."""


def add_commands(commands: Any) -> None:  # noqa: ANN401 - argparse does not name the type
    """Add these commands."""
    represent = add(commands, "represent", _represent, "embeddings of the largest face in each picture")
    represent.add_argument("pictures", metavar="PATH", nargs="+", type=Path, help="a picture, or a folder of pictures")
    represent.add_argument("--output", type=Path, default=Path("embeddings.npz"), help="the NumPy archive to write (default: %(default)s)")
    evaluate = commands.add_parser("evaluate", help="measure the product on labelled pictures")
    kinds = evaluate.add_subparsers(required=True, metavar="KIND")
    verification = add(kinds, "verification", _evaluate_verification, "LFW's protocol: are two pictures the same person?")
    verification.add_argument("--images", required=True, type=Path, help="folder with NAME/NAME_0001.jpg")
    verification.add_argument("--pairs", required=True, type=Path, help="pairs.txt or pairsDevTest.txt")
    verification.add_argument("--json", action="store_true", help="for programs")
    identification = add(kinds, "identification", _evaluate_identification, "open-set search: who is it, of N people, or a stranger?")
    identification.add_argument("--images", required=True, type=Path, help="folder with NAME/*.jpg, most people with one picture")
    identification.add_argument("--json", action="store_true", help="for programs")
    detection = add(kinds, "detection", _evaluate_detection, "average precision of the detector at IoU 0.5")
    detection.add_argument("--images", required=True, type=Path, help="folder of pictures")
    detection.add_argument("--boxes", required=True, type=Path, help="boxes.json: picture name → size, boxes_xyxy")
    detection.add_argument(
        "--min-face-px", type=non_negative, default=20.0, help="smaller labelled faces do not count (default: %(default)s)"
    )
    detection.add_argument("--json", action="store_true", help="for programs")
    emotion = add(kinds, "emotion", _evaluate_emotion, "accuracy of the seven expressions of FER-2013")
    emotion.add_argument("--images", required=True, type=Path, help="folder with LABEL/*.png or *.jpg")
    emotion.add_argument("--json", action="store_true", help="for programs")
    age_gender = add(kinds, "age-gender", _evaluate_age_gender, "error of ages, coverage of their ranges, accuracy of gender")
    age_gender.add_argument("--images", required=True, type=Path, help="folder of pictures with UTKFace's names")
    age_gender.add_argument("--json", action="store_true", help="for programs")


def _represent(options: argparse.Namespace) -> int:
    measure.check_output(options.output)  # before an hour of pictures
    paths = [path for given in options.pictures for path in listed(given)]
    done = measure.represent(opening.open_reader(config_of(options)), paths)
    measure.save(done, options.output)
    for problem in done.problems:
        print(f"edged: {problem}", file=sys.stderr)
    print(f"{options.output}: {len(paths) - len(done.problems)} embeddings of {len(paths)} pictures.")
    return EXIT_FAILURE if done.problems else 0


def _evaluate_verification(options: argparse.Namespace) -> None:
    done = measure.measure_verification(opening.open_reader(config_of(options)), options.images, options.pairs)
    figures = done.figures
    if options.json:
        print(
            json.dumps(
                {
                    "accuracy": figures.accuracy,
                    "deviation": figures.deviation,
                    "tar_at_far": figures.tar_at_far,
                    "threshold": figures.threshold,
                    "without_face": len(done.without_face),
                    "pairs": figures.pairs,
                    "milliseconds": done.milliseconds,
                }
            )
        )
        return
    print(f"accuracy        {figures.accuracy:.4f} ± {figures.deviation:.4f} ({figures.pairs} pairs, ten folds)")
    for far, tar in figures.tar_at_far.items():
        print(f"TAR at FAR {far} {tar:.4f}")
    print(f"threshold       {figures.threshold:.3f}")
    print(f"without a face  {len(done.without_face)} {' '.join(done.without_face)}")
    print(f"milliseconds    {done.milliseconds:.1f} a picture, median")


def _evaluate_identification(options: argparse.Namespace) -> None:
    done = measure_identification.measure_identification(opening.open_reader(config_of(options)), options.images)
    if options.json:
        print(json.dumps(done.as_json()))
        return
    print(f"{done.people} people, {done.pictures} pictures, {len(done.without_face)} without a face {' '.join(done.without_face)}")
    print("FNIR ± deviation over galleries at the threshold for an FPIR, templates and looks in the mean, people drawn from")
    for size, settings in done.figures.items():
        for name, one in settings.items():
            points = "  ".join(f"{fpir}: {p.fnir:.4f} ± {p.deviation:.4f} at {p.threshold:.3f}" for fpir, p in one.plain.items())
            print(f"N {size:<4} {name:<34} {points}  {one.templates:.1f}, {one.looks:.1f}, {one.drawn_from}")
    for name, tail in (("single looks", done.single), ("five looks fused", done.fused)):
        points = ", ".join(f"{rate}: {similarity:.4f}" for rate, similarity in tail.similarities.items())
        print(f"similarity of different people, {name}, by rate ({tail.comparisons} comparisons): {points}")
    for held in done.held_out:
        asked = f"FPIR {held.fpir:.4f} ± {held.deviation:.4f} where {held.asked:g} was asked"
        print(f"held out: N {held.people:<4} {held.templates:.1f} templates each, threshold {held.threshold:.3f}: {asked}")


def _evaluate_detection(options: argparse.Namespace) -> None:
    config = config_of(options)
    detection = config.detection.model_copy(update={"score_threshold": EVALUATION_SCORE_THRESHOLD})
    reader = opening.open_reader(config.model_copy(update={"detection": detection}))
    figures = measure.measure_detection(reader.detector, options.images, options.boxes, options.min_face_px)
    if options.json:
        print(json.dumps({"ap": figures.ap, "recall": figures.recall, "faces": figures.faces}))
        return
    print(f"average precision {figures.ap:.4f}\nrecall            {figures.recall:.4f}\nfaces             {figures.faces}")


def _evaluate_emotion(options: argparse.Namespace) -> None:
    config = config_of(options)
    card = read_emotion_card(opening.models_directory(config.models) / EMOTION_FOLDER)
    reader = EmotionReader(card, threads=config.models.threads, delegate=config.models.delegate)
    done = measure_attributes.measure_emotion(opening.open_reader(config).detector, reader, card.emotion.labels, options.images)
    _print_figures(
        options,
        {
            "accuracy": done.figures.accuracy,
            "per_class": done.figures.per_class,
            "confusion": done.figures.confusion,
            "pictures": done.pictures,
            "without_face": done.without_face,
            "ms": done.milliseconds,
        },
    )


def _evaluate_age_gender(options: argparse.Namespace) -> None:
    config = config_of(options)
    card = read_age_gender_card(opening.models_directory(config.models) / AGE_GENDER_FOLDER)
    reader = AgeGenderReader(card, threads=config.models.threads, delegate=config.models.delegate)
    done = measure_attributes.measure_age_gender(opening.open_reader(config).detector, reader, card, options.images)
    _print_figures(
        options,
        asdict(done.figures) | {"pictures": done.pictures, "without_face": done.without_face, "ms": done.milliseconds},
    )


def _print_figures(options: argparse.Namespace, figures: dict[str, Any]) -> None:
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        rows = value.items() if isinstance(value, dict) else [("", value)]
        for key, number in rows:
            print(f"{f'{name} {key}':<28} {number:.4f}" if isinstance(number, float) else f"{f'{name} {key}':<28} {number}")
