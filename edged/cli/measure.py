"""The commands that measure the product on labelled pictures, and the one that writes embeddings.

It knows words and exit codes, and not how anything is measured.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import numpy as np

from edged.cli.examples import ExampleFormatter, examples_of
from edged.cli.figure_plot import plot_confusions, plot_detection, plot_verification
from edged.cli.group_plot import plot_groups
from edged.cli.group_rates import group_lines
from edged.cli.metrics import COSINE, add_metric, converted, name_of, told_threshold
from edged.cli.options import PATHS, add, config_of, given_path, non_negative, output_file
from edged.cli.plotting import check_plot
from edged.cli.progress import progress_of
from edged.cli.search_plot import plot_searches
from edged.daemon.opening import models_directory, open_reader
from edged.errors import EXIT_FAILURE, counted
from edged.evaluation.attribute_figures import labelled_pictures, utkface_pictures
from edged.evaluation.detection import read_boxes
from edged.evaluation.verification import error_curve, read_pairs
from edged.measure.attributes import measure_age_gender, measure_emotion
from edged.measure.faces import check_output, measure_detection, measure_verification, pictures_of, represent, save
from edged.measure.groups import groups_in, measure_group_rates
from edged.measure.identification import folders_in, gallery_sizes, measure_identification
from edged.vision.attribute_cards import AgeGenderCard, EmotionCard
from edged.vision.attribute_readers import AgeGenderReader, EmotionReader
from edged.vision.listing import find_pictures, refuse_missing

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from _typeshed import DataclassInstance

    from edged.cli.options import CommandParser, Commands
    from edged.measure.identification import MeasuredIdentification

EVALUATION_SCORE_THRESHOLD = 0.02
"""Detection score that counts: average precision wants the whole curve; below, faces are noise and would only cost time."""

NAME_WIDTH = 28
"""Characters of a figure's name, filled up, so that short ones stand in columns."""


def add_commands(commands: Commands) -> None:
    """Add these commands."""
    text = "embeddings of the largest face in each picture, or of all faces"
    represent_ = add(commands, "represent", _represent, text, confirms=True)
    represent_.add_argument("pictures", metavar="PICTURE", nargs="+", type=given_path, help=PATHS)
    represent_.add_argument("--all-faces", action="store_true", help="a row for each face, and none for a picture without one")
    represent_.add_argument(
        "--output", type=output_file, default="embeddings.npz", help="the NumPy archive to write (default: %(default)s)"
    )
    text = "measure the product on labelled pictures"
    evaluate = commands.add_parser(
        "evaluate", help=text, description=text, epilog=examples_of("evaluate"), formatter_class=ExampleFormatter
    )
    kinds = evaluate.add_subparsers(required=True, metavar="KIND")
    evaluate.commands = kinds

    def kind(name: str, run: Callable[[argparse.Namespace], None], text: str, images: str) -> CommandParser:
        parser = add(kinds, name, run, text)
        parser.add_argument("--images", required=True, type=given_path, help=images)
        parser.add_argument("--json", action="store_true", help="for programs")
        return parser

    text = "LFW's protocol: are two pictures the same person?"
    verification = kind("verification", _evaluate_verification, text, "folder of the pictures; LFW's are NAME/NAME_0001.jpg")
    add_metric(verification)
    verification.add_argument("--pairs", required=True, type=given_path, help="a CSV with the columns a,b,same, or LFW's pairs.txt")
    _add_plot(verification, "histograms of similarities with the threshold, ROC and DET")
    text = "open-set search: who is it, of N people, or a stranger?"
    identification = kind("identification", _evaluate_identification, text, "folder with NAME/*.jpg, most people with one picture")
    add_metric(identification)
    text = "galleries and strangers of one group: the folder holds GROUP/NAME/*.jpg"
    identification.add_argument("--groups", action="store_true", help=text)
    _add_plot(identification, "a DET curve for each size of gallery; with --groups also FPIR and FNIR by threshold")
    detection = kind("detection", _evaluate_detection, "average precision of the detector at IoU 0.5", "folder of pictures")
    detection.add_argument("--boxes", required=True, type=given_path, help="boxes.json: picture name → size, boxes_xyxy")
    text = "smaller labelled faces do not count (default: %(default)s)"
    detection.add_argument("--min-face-px", type=non_negative, default=20.0, help=text)
    _add_plot(detection, "precision over recall")
    text = "accuracy of expressions, and of those that are told"
    emotion = kind("emotion", _evaluate_emotion, text, "folder with LABEL/*.png or *.jpg")
    _add_plot(emotion, "the confusion matrix")
    text = "error of ages, coverage of their ranges, accuracy of gender, by decade and group"
    age_gender = kind("age-gender", _evaluate_age_gender, text, "folder of pictures with UTKFace's names")
    _add_plot(age_gender, "the confusion matrices of decades and of gender")


def _add_plot(parser: CommandParser, what: str) -> None:
    parser.add_argument("--plot", metavar="FILE", type=output_file, help=f"draw {what} into FILE (.png, .svg or .pdf)")


def _check_plot(options: argparse.Namespace) -> None:
    """See before anything is measured that a plot that is asked for can be drawn and written."""
    if options.plot:
        check_output(options.plot)
        check_plot(options.plot)


def _represent(options: argparse.Namespace) -> int:
    check_output(options.output)  # before an hour of pictures
    paths, progress = find_pictures(options.pictures), progress_of(options)
    done = represent(open_reader(config_of(options)), progress.over(paths), all_faces=options.all_faces)
    save(done, options.output)
    for problem in done.problems:
        _complain(problem)
    rows = int(np.isfinite(done.scores).sum())
    print(f"{options.output}: {counted(rows, 'embedding')} of {counted(len(paths), 'picture')}.")
    return EXIT_FAILURE if done.problems else 0


def _evaluate_verification(options: argparse.Namespace) -> None:
    _check_plot(options)
    pairs, progress = read_pairs(options.pairs), progress_of(options)
    for path in pictures_of(pairs, options.images):
        refuse_missing(path)
    reader = open_reader(config_of(options))
    done, compared = measure_verification(reader, options.images, pairs, progress.complain, progress.over)
    if options.plot:
        curve = error_curve(compared.similarities, compared.same)
        plot_verification(compared.similarities, compared.same, curve, done.threshold, options.metric, options.plot)
    if options.json or options.metric == COSINE:
        _print(options, done)
    else:
        _print(options, replace(done, threshold=converted(done.threshold, options.metric)))


def _evaluate_identification(options: argparse.Namespace) -> None:
    _check_plot(options)
    if options.groups:
        _evaluate_groups(options)
        return
    folders, progress = folders_in(options.images), progress_of(options)
    gallery_sizes([len(paths) for paths in folders])
    with progress.working():
        done = measure_identification(open_reader(config_of(options)), folders, progress.complain, progress.over)
    if options.plot:
        plot_searches(done.galleries, options.plot)
    if options.json:
        _print(options, done)
    else:
        print("\n".join(_identification_lines(done, options.metric)))


def _evaluate_groups(options: argparse.Namespace) -> None:
    groups, progress = groups_in(options.images), progress_of(options)
    with progress.working():
        rates = measure_group_rates(open_reader(config_of(options)), groups, progress.complain, progress.over)
    if options.plot:
        plot_groups(rates, options.plot, options.metric)
    print(json.dumps(asdict(rates)) if options.json else "\n".join(group_lines(rates, options.metric)))


def _evaluate_detection(options: argparse.Namespace) -> None:
    _check_plot(options)
    boxes, config = read_boxes(options.boxes), config_of(options)
    for name in boxes:
        refuse_missing(options.images / name)
    detection = config.detection.model_copy(update={"score_threshold": EVALUATION_SCORE_THRESHOLD})
    reader = open_reader(config.model_copy(update={"detection": detection}))
    done, curve = measure_detection(reader.detector, options.images, boxes, options.min_face_px, progress_of(options).over)
    if options.plot:
        score = reader.detection_card.score
        plot_detection(curve, done, score.on_scale(config.detection.score_threshold or score.threshold), options.plot)
    _print(options, done)


def _evaluate_emotion(options: argparse.Namespace) -> None:
    _check_plot(options)
    config = config_of(options)
    card = EmotionCard.read(models_directory(config.models) / config.models.emotion)
    pictures = labelled_pictures(options.images, card.emotion.labels)
    reader = EmotionReader(card, threads=config.models.threads, delegate=config.models.delegate)
    done = measure_emotion(open_reader(config).detector, reader, pictures, progress_of(options).over)
    if options.plot:
        plot_confusions({f"expressions, accuracy {done.accuracy:.3f}": done.confusion}, options.plot)
    _print(options, done)


def _evaluate_age_gender(options: argparse.Namespace) -> None:
    _check_plot(options)
    people, config = utkface_pictures(options.images), config_of(options)
    card = AgeGenderCard.read(models_directory(config.models) / config.models.age_gender)
    reader = AgeGenderReader(card, threads=config.models.threads, delegate=config.models.delegate)
    done = measure_age_gender(open_reader(config).detector, reader, people, progress_of(options).over)
    if options.plot:
        titles = f"decades, error {done.age_mae:.1f} years", f"gender, {done.gender_accuracy:.3f} likelier right"
        plot_confusions(dict(zip(titles, (done.decade_confusion, done.gender_confusion), strict=True)), options.plot)
    _print(options, done)


def _complain(problem: str) -> None:
    print(f"edged: {problem}", file=sys.stderr)


def _print(options: argparse.Namespace, figures: DataclassInstance) -> None:
    """Print figures as lines or as JSON, by the names of their fields; galleries stand among the others in JSON."""
    values = asdict(figures)
    if options.json:
        galleries = values.pop("galleries", {})
        print(json.dumps(values | galleries))
        return
    for name, value in values.items():
        for key, number in value.items() if isinstance(value, dict) else [("", value)]:
            print(f"{name} {key}".ljust(NAME_WIDTH), f"{number:.4f}" if isinstance(number, float) else number)


def _identification_lines(done: MeasuredIdentification, metric: str) -> Iterator[str]:
    people, pictures = counted(done.people, "person", "people"), counted(done.pictures, "picture")
    yield f"{people}, {pictures}, {done.without_face} without a face"
    yield "FNIR ± deviation over galleries at the threshold for an FPIR, templates and looks in the mean, people drawn from"
    for size, settings in done.galleries.items():
        for name, one in settings.items():
            by_fpir = ((fpir, fnir, one.deviation[fpir], converted(one.threshold[fpir], metric)) for fpir, fnir in one.fnir_at_fpir.items())
            points = "  ".join(f"{fpir}: {fnir:.4f} ± {spread:.4f} at {threshold:.3f}" for fpir, fnir, spread, threshold in by_fpir)
            yield f"N {size.removeprefix('n_'):<4} {name:<34} {points}  {one.templates:.1f}, {one.looks:.1f}, {one.drawn_from}"
    for name, tail in (("single looks", done.impostor_tail["single"]), ("five looks fused", done.impostor_tail["fused"])):
        points = ", ".join(f"{rate}: {converted(similarity, metric):.4f}" for rate, similarity in tail.similarities.items())
        yield f"{name_of(metric)} of different people, {name}, by rate ({tail.comparisons} comparisons): {points}"
    for held in done.held_out:
        asked = f"FPIR {held.fpir:.4f} ± {held.deviation:.4f} where {held.asked:g} was asked"
        yield f"held out: N {held.people:<4} {held.templates:.1f} templates each, {told_threshold(metric, held.threshold, 3)}: {asked}"
