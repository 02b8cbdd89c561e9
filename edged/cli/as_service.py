"""The installed command `edged`: any command as the service's user, on the service's gallery, with files of whoever typed it.

What the commands do is not known here.
"""

from __future__ import annotations

import argparse
import io
import os
import pwd
import signal
import sys
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from edged.cli.main import carry_out, make_parser
from edged.cli.options import OutputFile, OutputFolder, write_any_text
from edged.config import CAMERA_CREDENTIAL, CAMERA_VARIABLE, CONFIG_FILE, PASSWORD_CREDENTIAL, PASSWORD_VARIABLE, first_line
from edged.errors import EXIT_FAILURE, ConfigError
from edged.system.delivery import Owner, WritersFolder
from edged.system.paths import is_there
from edged.system.privileges import become

if TYPE_CHECKING:
    from collections.abc import Sequence

UMASK = 0o077
WITHOUT_GALLERY = frozenset({"represent", "evaluate"})
"""Commands that everybody may give who can read the configuration: nothing of the service's but that is needed for them."""
SIGNALLED = 128
"""What a shell adds to the number of a signal that ended a command, for its exit code."""


@dataclass(frozen=True, slots=True)
class Service:
    """Where the service keeps what it has, and which user it is."""

    user: pwd.struct_passwd
    configuration: Path
    state: Path

    def of(self, instance: str) -> Service:
        """One of several services of a device."""
        return replace(self, configuration=self.configuration / instance, state=self.state / instance)

    @property
    def owner(self) -> Owner:
        """Whose its files are."""
        return Owner(self.user.pw_uid, self.user.pw_gid)


@dataclass(frozen=True, slots=True)
class Given:
    """A folder that the service writes into in place of the one that was typed."""

    delivery: WritersFolder
    beside: Path
    folder: Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; what stands before `--` says of which service, and is written by who installed it."""
    service, typed = _split(list(sys.argv[1:] if arguments is None else arguments))
    write_any_text()
    options = make_parser().parse_args(typed)
    if not hasattr(options, "config"):
        return carry_out(options)  # needs nothing of anybody's
    if os.geteuid() != 0:
        return _as_caller(service, typed, options)
    return _as_service(service, options)


def _split(given: list[str]) -> tuple[Service, list[str]]:
    """What the installed script says of the service, and what somebody typed: perhaps which of several is meant, and a command."""
    parser = argparse.ArgumentParser("edged", add_help=False)
    parser.add_argument("--user", type=pwd.getpwnam, required=True)
    parser.add_argument("--configuration", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True)
    end = given.index("--")
    service = Service(**vars(parser.parse_args(given[:end])))
    typed = given[end + 1 :]
    if typed[:1] == ["--instance"] and typed[1:]:
        instance, typed = service.of(typed[1]), typed[2:]
        if os.geteuid() == 0 and not (instance.configuration / CONFIG_FILE).exists():
            parser.error(f"there is no instance '{instance.configuration.name}': {instance.configuration / CONFIG_FILE} is missing")
        return instance, typed
    return service, typed


def _is_missing(folder: Path) -> bool:
    """Whether there is no such folder, and not only none that may be looked at."""
    try:
        return not is_there(folder)
    except OSError:
        return False


def _as_caller(service: Service, typed: Sequence[str], options: argparse.Namespace) -> int:
    """Run a command that needs no gallery as whoever typed it, and say of every other what to type."""
    file = service.configuration / CONFIG_FILE
    if typed[0] in WITHOUT_GALLERY and (options.config or os.access(file, os.R_OK) or _is_missing(file.parent)):
        os.environ["CONFIGURATION_DIRECTORY"] = str(service.configuration)
        return carry_out(options)
    why = "the service's configuration" if typed[0] in WITHOUT_GALLERY else "the service's gallery"
    print(f"edged: {why} is not yours to open; say: sudo edged {typed[0]} ...", file=sys.stderr)
    return EXIT_FAILURE


def _as_service(service: Service, options: argparse.Namespace) -> int:
    os.umask(UMASK)
    with ExitStack() as stack:
        given = _hand_over(stack, service, options)
        reads = any(isinstance(value, Path) or (isinstance(value, list) and value) for value in vars(options).values())
        if not given:
            _enter(service, may_read_anywhere=reads)
            return carry_out(options)
        sys.stdout.flush()
        if child := os.fork():
            return _deliver(_wait(child), given)
        stack.pop_all()  # the folders are the parent's to take away
        _enter(service, may_read_anywhere=True)
        _name_as_typed(given)
        code = carry_out(options)
        sys.stderr.flush()
        os._exit(code)


def _deliver(code: int, given: Sequence[Given]) -> int:
    """Put what was written into place; the exit code of the whole."""
    for one in given:
        try:
            one.delivery.deliver(_caller())
        except OSError as error:
            print(f"edged: {one.folder}: cannot be written ({error.strerror}); name another folder, or free some space.", file=sys.stderr)
            code = code or EXIT_FAILURE
    return code


def _enter(service: Service, *, may_read_anywhere: bool) -> None:
    """Become the service, with its environment."""
    _take_password(service.configuration / PASSWORD_CREDENTIAL, PASSWORD_VARIABLE)
    for file in service.configuration.glob(f"{CAMERA_CREDENTIAL}*"):
        _take_password(file, CAMERA_VARIABLE + file.name.removeprefix(CAMERA_CREDENTIAL))
    places = {"HOME": service.state, "STATE_DIRECTORY": service.state, "CONFIGURATION_DIRECTORY": service.configuration}
    os.environ |= {name: str(path) for name, path in places.items()}
    become(service.user, may_read_anywhere=may_read_anywhere)


def _take_password(file: Path, variable: str) -> None:
    """Take a password from a file that only root can read, as systemd does for the service; none is needed where none is wanted."""
    with suppress(OSError, ConfigError):
        os.environ[variable] = first_line(file)


def _hand_over(stack: ExitStack, service: Service, options: argparse.Namespace) -> list[Given]:
    """Put folders of the service's in the place of those that a command is to write into and the service may not."""
    given = []
    for name, value in vars(options).items():
        if isinstance(value, OutputFile | OutputFolder) and (found := _given(stack, service, value, options)):
            given.append(found[0])
            setattr(options, name, found[1])
    return given


def _given(stack: ExitStack, service: Service, wanted: Path, options: argparse.Namespace) -> tuple[Given, Path] | None:
    """A folder in place of one that is wanted, and the path in it; None where the command itself says best what is wrong."""
    if isinstance(wanted, OutputFolder) and not wanted.exists():
        _make(stack, wanted)
    folder = wanted if wanted.is_dir() else wanted.parent
    is_other = wanted.exists() and not wanted.is_dir() and not wanted.is_file()  # a pipe
    if is_other or not folder.is_dir() or folder.stat().st_uid == service.owner.uid or _is_read(options, wanted):
        return None
    try:
        handed = WritersFolder.into(folder, service.owner, spare=service.state)
    except OSError:
        return None
    stack.callback(handed.close)
    handed.show(service.owner, None if wanted.is_dir() else wanted.name)
    beside = folder / handed.name if handed.path.parent == folder.resolve() else handed.path
    return Given(handed, beside, folder), beside if wanted.is_dir() else beside / wanted.name


def _make(stack: ExitStack, folder: Path) -> None:
    """Make a folder and those that it is in, the caller's all; those that stay empty go again."""
    try:
        if not folder.parent.is_dir():
            _make(stack, folder.parent)
        folder.mkdir()
        os.chown(folder, _caller().uid, _caller().gid)
    except OSError:
        return
    stack.callback(_remove_if_empty, folder)


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _is_read(options: argparse.Namespace, wanted: Path) -> bool:
    """Whether a picture that is read may be overwritten, which the command refuses."""
    if not isinstance(wanted, OutputFile):
        return False
    return wanted.resolve() in {place.resolve() for path in getattr(options, "pictures", ()) for place in (path, path.parent)}


def _caller() -> Owner:
    """Who typed sudo; root where nobody did."""
    return Owner(int(os.environ.get("SUDO_UID", "0")), int(os.environ.get("SUDO_GID", "0")))


def _wait(child: int) -> int:
    """Wait for a child, to which the signals go that end us, and give its exit code."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: os.kill(child, number) if number != signal.SIGINT else None)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if code >= 0 else SIGNALLED - code


class _AsTyped(io.TextIOWrapper):
    """Text in which paths have the folder that was typed."""

    given: Sequence[Given] = ()

    def write(self, text: str) -> int:
        for one in self.given:
            typed = "" if one.folder == Path() else f"{one.folder}/"
            text = text.replace(f"{one.beside}/", typed).replace(str(one.beside), str(one.folder))
        return super().write(text)


def _name_as_typed(given: Sequence[Given]) -> None:
    """Have standard output and error name files as they were typed."""
    for stream in ("stdout", "stderr"):
        old = getattr(sys, stream)
        is_prompt = stream == "stderr" or old.isatty()
        new = _AsTyped(old.detach(), encoding=old.encoding, errors=old.errors, line_buffering=is_prompt)
        new.given = given
        setattr(sys, stream, new)


if __name__ == "__main__":
    sys.exit(main())
