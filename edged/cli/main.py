"""The commands for people: what stands on the command line becomes calls of the parts, and their errors exit codes.

Knows words and exit codes; what the commands do is done elsewhere.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import sys
from contextlib import closing
from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edged.cli import check as checks
from edged.cli import measure as cli_measure
from edged.cli import people as cli_people
from edged.cli import pictures as cli_faces
from edged.cli import strangers as cli_strangers
from edged.cli.options import add, adjusted, config_of, non_negative
from edged.control import people
from edged.daemon import app
from edged.errors import EXIT_FAILURE, CheckFailed, EdgedError
from edged.gallery.names import is_stranger_id, person_id
from edged.interface.capture_form import MOST_LOOKS
from edged.system import log
from edged.vision.pictures import read_picture

if TYPE_CHECKING:
    from collections.abc import Sequence


EXIT_INTERRUPTED = 130
OUTPUT_FAILURES = frozenset({errno.EPIPE, errno.ENOSPC, errno.EIO})
"""Of standard output: its reader has gone, as in `edged people | head -1`, or the disk that it goes to is full or broken."""
SLACK_SECONDS = 10.0
"""How long after a capture's own time its last word may come."""


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
    cli_strangers.add_commands(commands)
    cli_faces.add_commands(commands)
    cli_measure.add_commands(commands)
    return parser


def _add_daemon_commands(commands: Any) -> None:  # noqa: ANN401 - argparse does not name the type
    run = add(commands, "run", _run, "the daemon: watch the cameras and publish what they see")
    run.add_argument("--source", help="in place of the first camera's source: a device, URL, file, folder, or 'picamera'")
    check = add(commands, "check", _check, "say line by line whether configuration, models, gallery, camera and broker are right")
    check.add_argument("--source", help="as in 'run'")
    discovery = add(commands, "discovery", _discovery, "print what Home Assistant is told of this device")
    discovery.add_argument("--clear", action="store_true", help="remove instead what the broker keeps of this device; stop edged first")
    text = "print the MQTT interface as an AsyncAPI 3.0 document (JSON)"
    commands.add_parser("asyncapi", help=text, description=text).set_defaults(run=_asyncapi)


def _add_gallery_commands(commands: Any) -> None:  # noqa: ANN401 - as above
    enroll = add(commands, "enroll", _enroll, "make templates of a person from pictures, one face in each, or from a remembered stranger")
    enroll.add_argument("name", metavar="NAME")
    chosen = enroll.add_mutually_exclusive_group(required=True)
    chosen.add_argument("pictures", metavar="PICTURE", nargs="*", default=[], type=Path)
    chosen.add_argument("--stranger", metavar="STRANGER", help="a stranger's id, who becomes this person")
    chosen.add_argument("--capture", metavar="CAMERA", help="who stands before this camera of the running daemon now")
    looks = range(1, MOST_LOOKS + 1)
    text = "with --capture: how many different looks (default: %(default)s)"
    enroll.add_argument("--looks", type=int, choices=looks, default=MOST_LOOKS, help=text)
    enroll.add_argument("--seconds", type=non_negative, default=60.0, help="with --capture: how long to try (default: %(default)s)")
    enroll.add_argument("--allow-alike", action="store_true", help="also somebody who looks like somebody else: a relative")
    listed = add(commands, "people", _people, "list who is enrolled")
    listed.add_argument("--json", action="store_true", help="for programs")
    forget = add(commands, "forget", _forget, "erase a person: templates, pictures, and their name in events not yet sent; or a stranger")
    forget.add_argument("name", metavar="NAME", help="a person's name or id, or a stranger's id")
    forget.add_argument("--with-strangers", action="store_true", help="also the strangers who are like the person")
    _add_people_commands(commands)
    pictures = add(commands, "pictures", _pictures, "say how many pictures are kept in the gallery, or erase them")
    pictures.add_argument("--erase", action="store_true", help="erase all of them, and keep the embeddings that were made from them")


def _add_people_commands(commands: Any) -> None:  # noqa: ANN401 - as above
    person = add(commands, "person", _person, "show one person's templates, and who is near to them")
    person.add_argument("name", metavar="NAME")
    person.add_argument("--json", action="store_true", help="for programs")
    rename = add(commands, "rename", _rename, "change the name that is shown; the id stays")
    rename.add_argument("name", metavar="NAME")
    rename.add_argument("shown", metavar="DISPLAY_NAME")
    merge = add(commands, "merge", _merge, "give one person's templates to another, and let the first go")
    merge.add_argument("name", metavar="NAME")
    merge.add_argument("into", metavar="INTO")
    calibrate = add(
        commands, "calibrate", _calibrate, "the gallery's own figures: who is alike, how often strangers are named and people missed"
    )
    calibrate.add_argument("--json", action="store_true", help="for programs")
    export = add(commands, "export", _export, "write people with their templates to a file, for another device or as a backup")
    export.add_argument("file", metavar="FILE", type=Path)
    export.add_argument("names", metavar="PERSON", nargs="*", help="whom (default: everybody)")
    export.add_argument("--no-pictures", action="store_true", help="leave the kept pictures out")
    take = add(commands, "import", _import, "take people from such a file: all of them or none")
    take.add_argument("file", metavar="FILE", type=Path)
    take.add_argument("--if-exists", choices=("refuse", "merge", "replace"), default="refuse", help="whom to do what with whose id is here")
    take.add_argument("--allow-alike", action="store_true", help="also people who look like others here")


def _run(options: argparse.Namespace) -> None:
    config = config_of(options)
    log.set_up(config.log.level)
    app.run(config)


def _check(options: argparse.Namespace) -> None:
    wrong = 0
    for line in checks.check(options.config, lambda config: adjusted(options, config)):
        print(f"{'ok    ' if line.good else 'WRONG '} {line.name}: {line.sentence}", flush=True)
        wrong += not line.good
    if wrong:
        raise CheckFailed(f"{wrong} of the checks above failed.")


def _discovery(options: argparse.Namespace) -> None:
    config = config_of(options)
    if options.clear:
        cleared = app.clear_retained(config)
        print("\n".join([*cleared, f"{len(cleared)} topics are empty now."]))
        return
    print(json.dumps(json.loads(app.discovery_message(config)), indent=2, ensure_ascii=False))


def _asyncapi(_options: argparse.Namespace) -> None:
    from edged.interface import asyncapi  # noqa: PLC0415 - making the forms of all answers takes time that no other command has to spend

    print(json.dumps(asyncapi.document(version("edged")), ensure_ascii=False, indent=2))


def _enroll(options: argparse.Namespace) -> None:
    person_id(options.name)  # refuse a bad name before a minute of pictures
    if options.capture:
        _say_enrolled(_capture(options))
        return
    pictures = [partial(read_picture, path) for path in options.pictures]
    with app.open_enrolling(config_of(options)) as parts:
        done = (
            parts.control.promote(options.name, None, options.stranger, allow_alike=options.allow_alike)
            if options.stranger is not None
            else parts.control.enroll(options.name, None, pictures, source="shell", allow_alike=options.allow_alike)
        )
    _say_enrolled(done)


def _capture(options: argparse.Namespace) -> dict[str, Any]:
    """Have the running edged enroll who stands before its camera, and say meanwhile what it says."""
    asker = app.asker(config_of(options), "enroll")
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
    config = config_of(options)
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
        with app.open_strangers(config_of(options)) as strangers:
            return {**asdict(strangers.forget(options.name)), "strangers": [], "also_strangers": []}
    with app.open_enrolling(config_of(options)) as parts:
        return parts.control.forget(options.name, with_strangers=options.with_strangers)


def _person(options: argparse.Namespace) -> None:
    with app.open_enrolling(config_of(options)) as parts:
        cli_people.show(parts.control, options.name, as_json=options.json)


def _rename(options: argparse.Namespace) -> None:
    with app.open_enrolling(config_of(options)) as parts:
        cli_people.rename(parts.control, options.name, options.shown)


def _merge(options: argparse.Namespace) -> None:
    with app.open_enrolling(config_of(options)) as parts:
        cli_people.merge(parts.control, options.name, options.into)


def _calibrate(options: argparse.Namespace) -> None:
    with app.open_enrolling(config_of(options)) as parts:
        cli_people.calibrate(parts.control, as_json=options.json)


def _export(options: argparse.Namespace) -> None:
    with app.open_enrolling(config_of(options)) as parts:
        cli_people.export(parts.control, options.file, options.names, pictures=not options.no_pictures)


def _import(options: argparse.Namespace) -> None:
    with app.open_enrolling(config_of(options)) as parts:
        cli_people.take(parts.control, options.file, options.if_exists, allow_alike=options.allow_alike)


def _pictures(options: argparse.Namespace) -> None:
    with app.open_gallery(config_of(options)) as gallery:
        if not options.erase:
            print(f"{gallery.pictures()} pictures are kept; 'edged pictures --erase' erases them.")
            return
        done = gallery.erase_pictures()
    print(f"{done.templates} pictures of people and {done.strangers} of strangers are erased.")
    if done.residue:
        print(f"Not yet: {done.residue}")
