"""The command `edged`: what stands on the command line becomes a call of one command, and its errors exit codes.

What the commands do is not known here.
"""

from __future__ import annotations

import errno
import io
import json
import os
import sys
from contextlib import nullcontext, redirect_stdout
from importlib.metadata import version
from typing import TYPE_CHECKING

from edged.cli.options import CommandParser, add, add_unconfigured, adjusted, config_of, json_text, printable, write_any_text
from edged.daemon import app, broker_side
from edged.errors import EXIT_FAILURE, CheckFailed, EdgedError, counted
from edged.system.journal import set_up_log
from edged.system.threads import use_one_blas_thread

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from edged.cli.options import Commands

RUN = "run"
"""Name of the command that is the daemon."""
EXIT_INTERRUPTED = 130
OUTPUT_FAILURES = frozenset({errno.EPIPE, errno.ENOSPC, errno.EIO})
"""Errors of standard output: its reader has gone, as in `edged people | head -1`, or the disk that it goes to is full or broken."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code says how it went."""
    _keep_standard_numbers()
    write_any_text()
    typed = sys.argv[1:] if arguments is None else arguments
    return carry_out(make_parser(*typed[:1]).parse_args(typed))


def _keep_standard_numbers() -> None:
    """Have no file of ours get the number of a standard input, output or error that is closed: libraries would write into it."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # which gets the lowest number that is free


def carry_out(options: argparse.Namespace) -> int:
    """Run the command that was parsed; the exit code says how it went."""
    use_one_blas_thread()
    try:
        with _said(options):
            code = int(options.run(options) or 0)
        print(end="", flush=True)  # what cannot be written is told here; where Python ends nobody could
    except EdgedError as error:
        print(f"edged: {printable(str(error))}", file=sys.stderr)
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


def _said(options: argparse.Namespace) -> AbstractContextManager[object]:
    """Keep back what a command says that only confirms what it did, where it is to be quiet."""
    is_kept_back = getattr(options, "quiet", False) and options.confirms
    return redirect_stdout(io.StringIO()) if is_kept_back else nullcontext()


def make_parser(first: str = "") -> CommandParser:
    """The parser of the whole command line; where its first word is that of the daemon, of that command alone."""
    parser = CommandParser("edged", description="Face recognition at the door, on the device, over MQTT.")
    parser.add_argument("--version", action="version", version=f"edged {version('edged')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    parser.commands = commands
    run = add(commands, RUN, _run, "the daemon: watch the cameras and publish what they see")
    run.add_argument("--source", help="in place of the first camera's source: a device, URL, file, folder, or 'picamera'")
    if first != RUN:
        _add_others(commands, parser)
    return parser


def _add_others(commands: Commands, parser: CommandParser) -> None:
    """Add all other commands, in the order in which help lists them."""
    from edged.cli import (  # noqa: PLC0415 - 3 MB of a daemon's memory
        backups,
        blueprints,
        calibration,
        card,
        completion,
        enrollment,
        faces,
        gallery,
        learning,
        measure,
        models,
        people,
        pictures,
        strangers,
        stream,
        top,
        visits,
    )

    _add_daemon_commands(commands)
    for module in (enrollment, people, gallery, calibration, learning, strangers, visits, pictures, faces, stream, top):
        module.add_commands(commands)
    for module in (backups, measure, models, card, blueprints):
        module.add_commands(commands)
    completion.add_commands(commands, parser)


def _add_daemon_commands(commands: Commands) -> None:
    from edged.cli import check  # noqa: PLC0415 - as above

    checks = add(commands, "check", _check, "say line by line whether configuration, models, gallery, camera and broker are right")
    checks.add_argument("--source", help="as in 'run'")
    text = "check this alone; may be given several times (default: everything)"
    checks.add_argument("--only", action="append", choices=check.PARTS, help=text)
    discovery = add(commands, "discovery", _discovery, "print what Home Assistant is told of this device")
    discovery.add_argument("--clear", action="store_true", help="remove instead what the broker keeps of this device; stop edged first")
    text = "print the MQTT interface as an AsyncAPI 3.0 document (JSON)"
    add_unconfigured(commands, "asyncapi", _asyncapi, text)


def _run(options: argparse.Namespace) -> None:
    config = config_of(options)
    set_up_log(config.log.level, names=config.log.names)
    app.run(config, lambda: config_of(options))


def _check(options: argparse.Namespace) -> None:
    from edged.cli import check  # noqa: PLC0415 - as above

    wrong = 0
    for line in check.check(options.config, lambda config: adjusted(options, config), options.only or check.PARTS):
        print(f"{'ok    ' if line.good else 'WRONG '} {line.name}: {line.sentence}", flush=True)
        wrong += not line.good
    if wrong:
        raise CheckFailed(f"{counted(wrong, 'check')} above failed.")


def _discovery(options: argparse.Namespace) -> None:
    config = config_of(options)
    if options.clear:
        cleared = broker_side.clear_retained(config)
        print("\n".join([*cleared, f"{counted(len(cleared), 'topic is', 'topics are')} empty now."]))
        return
    print(json_text({topic: json.loads(payload) for topic, payload in broker_side.discovery_messages(config).items()}, indent=2))


def _asyncapi(_options: argparse.Namespace) -> None:
    from edged.interface import asyncapi  # noqa: PLC0415 - making the forms of all answers takes time that no other command has to spend

    print(json_text(asyncapi.document(version("edged")), indent=2))
