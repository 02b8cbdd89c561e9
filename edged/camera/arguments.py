"""The words of a pipeline's command, and how an address with a password is kept out of them: everybody on the device can list processes.

It does not know what the program does with them.
"""

from __future__ import annotations

import logging
import os
import re
import shlex
import sys
from contextlib import contextmanager
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING

from edged.camera import gst_launch
from edged.camera.addresses import holds_password
from edged.errors import CameraError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edged.camera.source import SourceOptions

log = logging.getLogger(__name__)

OPTIONS_OF_THE_ADDRESS = frozenset(
    {"allowed_media_types", "analyzeduration", "auth_type", "buffer_size", "cookies", "headers", "http_persistent", "listen_timeout"}
    | {"max_delay", "probesize", "reconnect", "reconnect_at_eof", "reconnect_delay_max", "reconnect_on_network_error", "reconnect_streamed"}
    | {"referer", "reorder_queue_size", "rtsp_flags", "rtsp_transport", "rw_timeout", "stimeout", "timeout", "tls_verify", "user_agent"}
)
"""Options of ffmpeg that are for whatever opens the address, and so go with it: `ffmpeg -h demuxer=rtsp`, `-h protocol=http` and `tcp`."""
GST_LAUNCH = "gst-launch-1.0"
OWN_SECRETS = re.compile(r"EDGED_\w*PASSWORD")
"""What begins the names of the environment variables that are none of a program's business."""
PROTOCOLS = "file,crypto,data,rtsp,rtsps,rtp,srtp,tcp,udp,tls,http,httpproxy,https,hls,rtmp,rtmps"
"""What a list may lead to: ffmpeg opens files only, unless it is told."""


def inherited_variables() -> dict[str, str]:
    """The environment for a program that edged starts: without the passwords that edged takes from its own."""
    return {name: value for name, value in os.environ.items() if not OWN_SECRETS.match(name)}


def words(command: str, source: str, options: SourceOptions) -> list[str]:
    """Split a command as a shell would, and put values in the place of {source}, {width}, {height} and {rate}.

    Raises:
        CameraError: it cannot be split, or is empty.
    """
    values = {"{source}": source, "{width}": options.width, "{height}": options.height, "{rate}": f"{options.frames_per_second:g}"}
    try:
        arguments = shlex.split(command)
    except ValueError as error:
        raise CameraError(f"The pipeline cannot be split into words ({error}); look at its quotation marks.") from error
    if not arguments:
        raise CameraError("The pipeline is empty; write a command such as gst-launch-1.0 or ffmpeg that writes raw BGR frames.")
    for mark, value in values.items():  # not str.format: GStreamer has braces of its own
        arguments = [argument.replace(mark, str(value)) for argument in arguments]
    return arguments


@contextmanager
def hidden(camera: str, arguments: list[str], secret: str | None = None) -> Iterator[tuple[list[str], list[int]]]:
    """Give the words of a command without passwords, and the open files that it is to inherit.

    An address is hidden where it looks as if it held one, and where it is the secret: a password may stand in its path too.
    ffmpeg reads its address from a list in memory, which only edged's user can open, and in place of gst-launch-1.0 comes a program that
    reads the whole pipeline so. No other program is known to: it gets its words as they are, and the log says so once.
    """
    listed: list[int] = []
    try:
        if any(PurePath(argument).name == "ffmpeg" for argument in arguments):
            arguments = _listed(arguments, listed, secret)
        if _is_shown(arguments, secret) and PurePath(arguments[0]).name == GST_LAUNCH and gst_launch.is_there():
            arguments = _launched(arguments, listed)
        if _is_shown(arguments, secret):
            _warn(camera, PurePath(arguments[0]).name)
        yield arguments, listed
    finally:
        for descriptor in listed:
            os.close(descriptor)


def _is_shown(arguments: list[str], secret: str | None) -> bool:
    return any(holds_password(argument) or (secret is not None and secret in argument) for argument in arguments)


def _launched(arguments: list[str], listed: list[int]) -> list[str]:
    """The words that play the same pipeline, whose own are in an open file, which is added to those listed."""
    listed.append(_in_memory("\0".join(arguments[1:])))
    return [sys.executable, "-I", gst_launch.__file__, str(listed[-1])]


def _listed(arguments: list[str], listed: list[int], secret: str | None) -> list[str]:
    """The words with each address that has a password in a list of its own, whose open file is added to those listed."""
    made: list[str] = []
    begin = 0  # of the options of the next input
    for word in arguments:
        if made and made[-1] == "-i" and _is_shown([word], secret):
            options, others = _options(made[begin:-1])
            listed.append(_list(word, options))
            made[begin:] = [*others, "-f", "concat", "-safe", "0", "-protocol_whitelist", PROTOCOLS, "-i", f"/proc/self/fd/{listed[-1]}"]
        else:
            made.append(word)
        if len(made) > 1 and made[-2] == "-i":
            begin = len(made)
    return made


def _options(given: list[str]) -> tuple[dict[str, str], list[str]]:
    """Divide the options of an input into those of its address, with their values, and the others."""
    own: dict[str, str] = {}
    others: list[str] = []
    rest = iter(given)
    for word in rest:
        if word.startswith("-") and word[1:] in OPTIONS_OF_THE_ADDRESS and (value := next(rest, None)) is not None:
            own[word[1:]] = value
        else:
            others.append(word)
    return own, others


def _list(address: str, options: dict[str, str]) -> int:
    """A list of one address, as ffmpeg's demuxer `concat` reads it, in memory that has no name."""
    lines = ["ffconcat version 1.0", f"file {_quoted(address)}", *(f"option {name} {_quoted(value)}" for name, value in options.items())]
    return _in_memory("\n".join([*lines, ""]))


def _in_memory(text: str) -> int:
    """An open file in memory that has no name."""
    descriptor = os.memfd_create("source")
    os.write(descriptor, text.encode())
    return descriptor


def _quoted(text: str) -> str:
    """See "Quoting and escaping" in ffmpeg-utils(1)."""
    return "'" + text.replace("'", "'\\''") + "'"


@cache
def _warn(camera: str, program: str) -> None:
    log.warning(
        "The pipeline of %s shows the password of its address to everybody who can list the processes of this device, since %s takes it in "
        "no other way. Use gst-launch-1.0, ffmpeg with '-i {source}', or a user of the camera who may only look at it.",
        camera,
        program,
    )
