"""The commands for people: what stands on the command line becomes calls of the parts, and their errors exit codes.

Knows words and exit codes; what the commands do is done elsewhere.
"""

from __future__ import annotations

import argparse
import errno
import json
import math
import os
import sys
from contextlib import closing
from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edged import app, checks, cli_people, log, measure, measure_attributes, measure_identification, people
from edged.cli_faces import analysed, lines_of, recognised
from edged.config import Config, find_config, read_config
from edged.control import stranger_json
from edged.errors import EXIT_FAILURE, CheckFailed, EdgedError, PictureError
from edged.gallery.names import is_stranger_id, person_id
from edged.mqtt.capture_form import MOST_LOOKS
from edged.vision.attributes import AgeGenderReader, EmotionReader
from edged.vision.model_card import read_age_gender_card, read_emotion_card
from edged.vision.pictures import listed, read_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from edged.gallery.strangers import Strangers
    from edged.types import Stranger, Uint8Array

EVALUATION_SCORE_THRESHOLD = 0.02
"""Average precision wants the whole curve; below this score faces are noise and would only cost time."""
EXIT_INTERRUPTED = 130
OUTPUT_FAILURES = frozenset({errno.EPIPE, errno.ENOSPC, errno.EIO})
"""Of standard output: its reader has gone, as in `edged people | head -1`, or the disk that it goes to is full or broken."""
SLACK_SECONDS = 10.0
"""How long after a capture's own time its last word may come."""
EMOTION_FOLDER = "emotion_xception"
AGE_GENDER_FOLDER = "age_gender_faceres"
"""Below the models' folder."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code says how it went."""
    options = _parser().parse_args(arguments)
    try:
        code = int(options.run(options) or 0)
        print(end="", flush=True)  # what cannot be written is told here; where Python ends nobody could
    except EdgedError as error:
        print(f"edged: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except OSError as error:
        if error.errno not in OUTPUT_FAILURES:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno != errno.EPIPE:
            print(f"edged: The output cannot be written: {error.strerror}.", file=sys.stderr)
        return EXIT_FAILURE
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("edged", description="Face recognition at the door, on the device, over MQTT.")
    parser.add_argument("--version", action="version", version=f"edged {version('edged')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_daemon_commands(commands)
    _add_gallery_commands(commands)
    _add_picture_commands(commands)
    _add_measuring_commands(commands)
    return parser


def _add_daemon_commands(commands: Any) -> None:  # noqa: ANN401 - argparse does not name the type
    run = _add(commands, "run", _run, "the daemon: watch the cameras and publish what they see")
    run.add_argument("--source", help="in place of the first camera's source: a device, URL, file, folder, or 'picamera'")
    check = _add(commands, "check", _check, "say line by line whether configuration, models, gallery, camera and broker are right")
    check.add_argument("--source", help="as in 'run'")
    discovery = _add(commands, "discovery", _discovery, "print what Home Assistant is told of this device")
    discovery.add_argument("--clear", action="store_true", help="remove instead what the broker keeps of this device; stop edged first")
    text = "print the MQTT interface as an AsyncAPI 3.0 document (JSON)"
    commands.add_parser("asyncapi", help=text, description=text).set_defaults(run=_asyncapi)


def _add_gallery_commands(commands: Any) -> None:  # noqa: ANN401 - as above
    enroll = _add(commands, "enroll", _enroll, "make templates of a person from pictures, one face in each, or from a remembered stranger")
    enroll.add_argument("name", metavar="NAME")
    chosen = enroll.add_mutually_exclusive_group(required=True)
    chosen.add_argument("pictures", metavar="PICTURE", nargs="*", default=[], type=Path)
    chosen.add_argument("--stranger", metavar="STRANGER", help="a stranger's id, who becomes this person")
    chosen.add_argument("--capture", metavar="CAMERA", help="who stands before this camera of the running daemon now")
    looks = range(1, MOST_LOOKS + 1)
    text = "with --capture: how many different looks (default: %(default)s)"
    enroll.add_argument("--looks", type=int, choices=looks, default=MOST_LOOKS, help=text)
    enroll.add_argument("--seconds", type=_number, default=60.0, help="with --capture: how long to try (default: %(default)s)")
    enroll.add_argument("--allow-alike", action="store_true", help="also somebody who looks like somebody else: a relative")
    listed = _add(commands, "people", _people, "list who is enrolled")
    listed.add_argument("--json", action="store_true", help="for programs")
    forget = _add(commands, "forget", _forget, "erase a person: templates, pictures, and their name in events not yet sent; or a stranger")
    forget.add_argument("name", metavar="NAME", help="a person's name or id, or a stranger's id")
    forget.add_argument("--with-strangers", action="store_true", help="also the strangers who are like the person")
    _add_people_commands(commands)
    strangers = _add(commands, "strangers", _strangers, "list the strangers who are remembered")
    strangers.add_argument("--json", action="store_true", help="for programs")
    strangers.add_argument("--pictures", type=Path, metavar="DIR", help="write the picture of each, where one is kept, into this folder")
    pictures = _add(commands, "pictures", _pictures, "say how many pictures are kept in the gallery, or erase them")
    pictures.add_argument("--erase", action="store_true", help="erase all of them, and keep the embeddings that were made from them")
    ignore = _add(commands, "ignore", _ignore, "never report a stranger again")
    ignore.add_argument("stranger", metavar="STRANGER")
    ignore.add_argument("--off", action="store_true", help="report them again")


def _add_people_commands(commands: Any) -> None:  # noqa: ANN401 - as above
    person = _add(commands, "person", _person, "show one person's templates, and who is near to them")
    person.add_argument("name", metavar="NAME")
    person.add_argument("--json", action="store_true", help="for programs")
    rename = _add(commands, "rename", _rename, "change the name that is shown; the id stays")
    rename.add_argument("name", metavar="NAME")
    rename.add_argument("shown", metavar="DISPLAY_NAME")
    merge = _add(commands, "merge", _merge, "give one person's templates to another, and let the first go")
    merge.add_argument("name", metavar="NAME")
    merge.add_argument("into", metavar="INTO")
    calibrate = _add(
        commands, "calibrate", _calibrate, "the gallery's own figures: who is alike, how often strangers are named and people missed"
    )
    calibrate.add_argument("--json", action="store_true", help="for programs")
    export = _add(commands, "export", _export, "write people with their templates to a file, for another device or as a backup")
    export.add_argument("file", metavar="FILE", type=Path)
    export.add_argument("names", metavar="PERSON", nargs="*", help="whom (default: everybody)")
    export.add_argument("--no-pictures", action="store_true", help="leave the kept pictures out")
    take = _add(commands, "import", _import, "take people from such a file: all of them or none")
    take.add_argument("file", metavar="FILE", type=Path)
    take.add_argument("--if-exists", choices=("refuse", "merge", "replace"), default="refuse", help="whom to do what with whose id is here")
    take.add_argument("--allow-alike", action="store_true", help="also people who look like others here")


def _add_picture_commands(commands: Any) -> None:  # noqa: ANN401 - as above
    for name, run, text in (
        ("recognise", _recognise, "say who each face in pictures is"),
        ("analyse", _analyse, "say expression, age range and gender of each face in pictures"),
    ):
        command = _add(commands, name, run, text)
        command.add_argument("pictures", metavar="PICTURE", nargs="+", type=Path)
        command.add_argument("--json", action="store_true", help="for programs, in the words of the replies over MQTT")


def _add_measuring_commands(commands: Any) -> None:  # noqa: ANN401 - as above
    represent = _add(commands, "represent", _represent, "embeddings of the largest face in each picture")
    represent.add_argument("pictures", metavar="PATH", nargs="+", type=Path, help="a picture, or a folder of pictures")
    represent.add_argument("--output", type=Path, default=Path("embeddings.npz"), help="the NumPy archive to write (default: %(default)s)")
    evaluate = commands.add_parser("evaluate", help="measure the product on labelled pictures")
    kinds = evaluate.add_subparsers(required=True, metavar="KIND")
    verification = _add(kinds, "verification", _evaluate_verification, "LFW's protocol: are two pictures the same person?")
    verification.add_argument("--images", required=True, type=Path, help="folder with NAME/NAME_0001.jpg")
    verification.add_argument("--pairs", required=True, type=Path, help="pairs.txt or pairsDevTest.txt")
    verification.add_argument("--json", action="store_true", help="for programs")
    identification = _add(kinds, "identification", _evaluate_identification, "open-set search: who is it, of N people, or a stranger?")
    identification.add_argument("--images", required=True, type=Path, help="folder with NAME/*.jpg, most people with one picture")
    identification.add_argument("--json", action="store_true", help="for programs")
    detection = _add(kinds, "detection", _evaluate_detection, "average precision of the detector at IoU 0.5")
    detection.add_argument("--images", required=True, type=Path, help="folder of pictures")
    detection.add_argument("--boxes", required=True, type=Path, help="boxes.json: picture name → size, boxes_xyxy")
    detection.add_argument("--min-face-px", type=_number, default=20.0, help="smaller labelled faces do not count (default: %(default)s)")
    detection.add_argument("--json", action="store_true", help="for programs")
    emotion = _add(kinds, "emotion", _evaluate_emotion, "accuracy of the seven expressions of FER-2013")
    emotion.add_argument("--images", required=True, type=Path, help="folder with LABEL/*.png or *.jpg")
    emotion.add_argument("--json", action="store_true", help="for programs")
    age_gender = _add(kinds, "age-gender", _evaluate_age_gender, "error of ages, coverage of their ranges, accuracy of gender")
    age_gender.add_argument("--images", required=True, type=Path, help="folder of pictures with UTKFace's names")
    age_gender.add_argument("--json", action="store_true", help="for programs")


def _add(commands: Any, name: str, run: Callable[[argparse.Namespace], int | None], text: str) -> argparse.ArgumentParser:  # noqa: ANN401 - as above
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.add_argument("--config", type=Path, metavar="FILE", help="the configuration (default: /etc/edged/edged.toml where there is one)")
    parser.add_argument("--models", type=Path, metavar="DIR", help="in place of models.directory")
    parser.set_defaults(run=run)
    return parser


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number) or number < 0:
        raise argparse.ArgumentTypeError(f"{text} is no number from 0 on")
    return number


def _config(options: argparse.Namespace) -> Config:
    return _adjust(options, read_config(options.config or find_config()))


def _adjust(options: argparse.Namespace, config: Config) -> Config:
    """The configuration with what the command line says in its place."""
    if options.models:
        config = config.model_copy(update={"models": config.models.model_copy(update={"directory": options.models})})
    if getattr(options, "source", None) is not None:
        first = config.camera[0].model_copy(update={"source": options.source, "pipeline": None})
        config = config.model_copy(update={"camera": (first, *config.camera[1:])})
    return config


def _run(options: argparse.Namespace) -> None:
    config = _config(options)
    log.set_up(config.log.level)
    app.run(config)


def _check(options: argparse.Namespace) -> None:
    wrong = 0
    for line in checks.check(options.config, lambda config: _adjust(options, config)):
        print(f"{'ok    ' if line.good else 'WRONG '} {line.name}: {line.sentence}", flush=True)
        wrong += not line.good
    if wrong:
        raise CheckFailed(f"{wrong} of the checks above failed.")


def _discovery(options: argparse.Namespace) -> None:
    config = _config(options)
    if options.clear:
        cleared = app.clear_retained(config)
        print("\n".join([*cleared, f"{len(cleared)} topics are empty now."]))
        return
    print(json.dumps(json.loads(app.discovery_message(config)), indent=2, ensure_ascii=False))


def _asyncapi(_options: argparse.Namespace) -> None:
    from edged.mqtt import asyncapi  # noqa: PLC0415 - making the forms of all answers takes time that no other command has to spend

    print(json.dumps(asyncapi.document(version("edged")), ensure_ascii=False, indent=2))


def _enroll(options: argparse.Namespace) -> None:
    person_id(options.name)  # refuse a bad name before a minute of pictures
    if options.capture:
        _say_enrolled(_capture(options))
        return
    pictures = [partial(read_picture, path) for path in options.pictures]
    with app.open_enrolling(_config(options)) as parts:
        done = (
            parts.control.promote(options.name, None, options.stranger, allow_alike=options.allow_alike)
            if options.stranger is not None
            else parts.control.enroll(options.name, None, pictures, source="shell", allow_alike=options.allow_alike)
        )
    _say_enrolled(done)


def _capture(options: argparse.Namespace) -> dict[str, Any]:
    """Have the running edged enroll who stands before its camera, and say meanwhile what it says."""
    asker = app.asker(_config(options), "enroll")
    wanted: dict[str, Any] = {"camera": options.capture, "looks": options.looks, "timeout_seconds": options.seconds}
    request: dict[str, Any] = {"person": options.name, "capture": wanted, "allow_alike": options.allow_alike}
    cancel: dict[str, Any] = {"capture": {"camera": options.capture, "cancel": True}}
    done: dict[str, Any] = {}
    with closing(asker.ask(request, next_reply_seconds=options.seconds + SLACK_SECONDS, cancel=cancel)) as replies:
        for done in replies:
            if "message" in done:
                print(f"{done['taken']}/{done['looks']}  {done['message']}", flush=True)
    return done


def _say_enrolled(done: dict[str, Any]) -> None:
    print(f"{done['display_name']} ({done['person']}) is enrolled with {done['templates']} templates, {done['added']} were made.")
    cli_people.print_remarks(done)


def _people(options: argparse.Namespace) -> None:
    config = _config(options)
    with app.open_gallery(config) as gallery:
        rows: Any = people.listed(gallery, app.embedding_model(config))
    if options.json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    if not rows:
        print("Nobody is enrolled yet: edged enroll NAME PICTURE…")
    width = max((len(row["person"]) for row in rows), default=0)
    for row in rows:
        left_out = f"  ({row['left_out']} of another network, not compared)" if row["left_out"] else ""
        print(f"{row['person']:<{width}}  {row['templates']:>4} templates  {row['display_name']}{left_out}")


def _forget(options: argparse.Namespace) -> None:
    erased = _erase(options)
    name = erased["display_name"] or erased["person"]
    done = f"{name} is forgotten: {erased['templates']} templates and {erased['pictures']} pictures are erased"
    if erased["display_name"]:
        done += f", the name is taken out of {erased['events']} events that were still to be sent"
    print(f"{done}.")
    if erased["display_name"] and erased["strangers"]:
        print(f"Forgotten too: {', '.join(erased['strangers'])}.")
    if erased["also_strangers"]:
        print(f"These strangers are like the person, and are still remembered: {', '.join(erased['also_strangers'])}.")
    if erased["residue"]:
        print(f"Not yet: {erased['residue']}")


def _erase(options: argparse.Namespace) -> Any:  # noqa: ANN401 - JSON
    if is_stranger_id(options.name):  # needs no networks
        with app.open_strangers(_config(options)) as strangers:
            return {**asdict(strangers.forget(options.name)), "strangers": [], "also_strangers": []}
    with app.open_enrolling(_config(options)) as parts:
        return parts.control.forget(options.name, with_strangers=options.with_strangers)


def _person(options: argparse.Namespace) -> None:
    with app.open_enrolling(_config(options)) as parts:
        cli_people.show(parts.control, options.name, as_json=options.json)


def _rename(options: argparse.Namespace) -> None:
    with app.open_enrolling(_config(options)) as parts:
        cli_people.rename(parts.control, options.name, options.shown)


def _merge(options: argparse.Namespace) -> None:
    with app.open_enrolling(_config(options)) as parts:
        cli_people.merge(parts.control, options.name, options.into)


def _calibrate(options: argparse.Namespace) -> None:
    with app.open_enrolling(_config(options)) as parts:
        cli_people.calibrate(parts.control, as_json=options.json)


def _export(options: argparse.Namespace) -> None:
    with app.open_enrolling(_config(options)) as parts:
        cli_people.export(parts.control, options.file, options.names, pictures=not options.no_pictures)


def _import(options: argparse.Namespace) -> None:
    with app.open_enrolling(_config(options)) as parts:
        cli_people.take(parts.control, options.file, options.if_exists, allow_alike=options.allow_alike)


def _strangers(options: argparse.Namespace) -> None:
    with app.open_strangers(_config(options)) as strangers:
        found = strangers.strangers()
        if options.pictures:
            _write_pictures(strangers, found, options.pictures)
    if options.json:
        print(json.dumps([stranger_json(stranger) for stranger in found]))
        return
    if not found:
        print("No stranger is remembered.")
    width = max((len(row.stranger) for row in found), default=0)
    for row in found:
        seen = f"{row.seen_count:>4} visits, last {row.last_seen_at.astimezone():%Y-%m-%d %H:%M}"
        print(f"{row.stranger:<{width}}  {seen}{', ignored' if row.ignored else ''}")


def _write_pictures(strangers: Strangers, found: Sequence[Stranger], folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for row in found:
            if picture := strangers.picture(row.stranger):
                (folder / f"{row.stranger}.png").write_bytes(picture)
    except OSError as error:
        raise PictureError(f"{folder}: pictures cannot be written ({error.strerror}); name another folder.") from error


def _ignore(options: argparse.Namespace) -> None:
    with app.open_strangers(_config(options)) as strangers:
        done = strangers.ignore(options.stranger, ignored=not options.off)
    print(f"{done.stranger} is {'not reported any more' if done.ignored else 'reported again'}.")


def _pictures(options: argparse.Namespace) -> None:
    with app.open_gallery(_config(options)) as gallery:
        if not options.erase:
            print(f"{gallery.pictures()} pictures are kept; 'edged pictures --erase' erases them.")
            return
        done = gallery.erase_pictures()
    print(f"{done.templates} pictures of people and {done.strangers} of strangers are erased.")
    if done.residue:
        print(f"Not yet: {done.residue}")


def _recognise(options: argparse.Namespace) -> int:
    with app.open_enrolling(_config(options)) as parts:
        return _examine(options, parts.control.examiner.recognise, recognised)


def _analyse(options: argparse.Namespace) -> int:
    with app.open_enrolling(_config(options)) as parts:
        return _examine(options, parts.control.examiner.analyse, analysed)


def _examine(options: argparse.Namespace, ask: Callable[[Uint8Array], Mapping[str, Any]], tell: Callable[[Mapping[str, Any]], str]) -> int:
    """Ask of every picture that can be read, and report the others."""
    rows, problems = [], 0
    for path in options.pictures:
        try:
            rows.append({"picture": str(path), **ask(read_picture(path))})
        except PictureError as error:
            problems += 1
            print(f"edged: {error}", file=sys.stderr)
    if options.json:
        print(json.dumps(rows, ensure_ascii=False))
    else:
        print(*(line for row in rows for line in lines_of(row, tell)), sep="\n", end="\n" if rows else "")
    return EXIT_FAILURE if problems else 0


def _represent(options: argparse.Namespace) -> int:
    measure.check_output(options.output)  # before an hour of pictures
    paths = [path for given in options.pictures for path in listed(given)]
    done = measure.represent(app.open_reader(_config(options)), paths)
    measure.save(done, options.output)
    for problem in done.problems:
        print(f"edged: {problem}", file=sys.stderr)
    print(f"{options.output}: {len(paths) - len(done.problems)} embeddings of {len(paths)} pictures.")
    return EXIT_FAILURE if done.problems else 0


def _evaluate_verification(options: argparse.Namespace) -> None:
    done = measure.measure_verification(app.open_reader(_config(options)), options.images, options.pairs)
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
    done = measure_identification.measure_identification(app.open_reader(_config(options)), options.images)
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
    config = _config(options)
    detection = config.detection.model_copy(update={"score_threshold": EVALUATION_SCORE_THRESHOLD})
    reader = app.open_reader(config.model_copy(update={"detection": detection}))
    figures = measure.measure_detection(reader.detector, options.images, options.boxes, options.min_face_px)
    if options.json:
        print(json.dumps({"ap": figures.ap, "recall": figures.recall, "faces": figures.faces}))
        return
    print(f"average precision {figures.ap:.4f}\nrecall            {figures.recall:.4f}\nfaces             {figures.faces}")


def _evaluate_emotion(options: argparse.Namespace) -> None:
    config = _config(options)
    card = read_emotion_card(app.models_directory(config.models) / EMOTION_FOLDER)
    reader = EmotionReader(card, threads=config.models.threads, delegate=config.models.delegate)
    done = measure_attributes.measure_emotion(app.open_reader(config).detector, reader, card.emotion.labels, options.images)
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
    config = _config(options)
    card = read_age_gender_card(app.models_directory(config.models) / AGE_GENDER_FOLDER)
    reader = AgeGenderReader(card, threads=config.models.threads, delegate=config.models.delegate)
    done = measure_attributes.measure_age_gender(app.open_reader(config).detector, reader, card, options.images)
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
