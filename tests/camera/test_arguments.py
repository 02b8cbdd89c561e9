"""The words of a pipeline's command: addresses with passwords are not among those of ffmpeg, and it plays them all the same."""

from __future__ import annotations

import base64
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edged.camera.arguments import hidden, words
from edged.camera.opening import open_source
from edged.camera.source import SourceOptions
from edged.errors import CameraError

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = "s3cr3t-of-the-door"  # noqa: S105 - of a camera on loopback
URL = f"rtsp://admin:{SECRET}@cam/live"


def made(command: str, source: str = URL) -> tuple[list[str], list[str]]:
    """The words that a program gets, and what stands in the lists that it inherits."""
    with hidden("door", words(command, source, SourceOptions())) as (given, listed):
        return given, [Path(f"/proc/self/fd/{descriptor}").read_text(encoding="utf-8") for descriptor in listed]


def test_ffmpeg_reads_the_address_from_a_list_with_the_options_that_are_for_it() -> None:
    given, [listed] = made("nice /usr/bin/ffmpeg -loglevel error -rtsp_transport tcp -re -i {source} -vf fps={rate} -f rawvideo -")
    assert given[:5] == ["nice", "/usr/bin/ffmpeg", "-loglevel", "error", "-re"]
    assert given[5:9] == ["-f", "concat", "-safe", "0"]
    assert given[-5:] == ["-vf", "fps=15", "-f", "rawvideo", "-"]
    assert listed.splitlines() == ["ffconcat version 1.0", f"file '{URL}'", "option rtsp_transport 'tcp'"]


@pytest.mark.parametrize(
    "address", [f"rtsp://admin:{SECRET}@cam/it's live", f"rtsp://a:{SECRET}/@cam/1", f"http://cam/v?password={SECRET}"]
)
def test_wherever_the_password_stands_it_stands_in_no_word(address: str) -> None:
    given, [listed] = made("ffmpeg -i {source} -i a.mp4 -f rawvideo -", address)
    assert not any(SECRET in word for word in given)
    assert SECRET in listed
    assert given[-5:] == ["-i", "a.mp4", "-f", "rawvideo", "-"]
    written_out, [_] = made(f"ffmpeg -i '{address.replace(chr(39), '')}' -f rawvideo -", "")
    assert not any(SECRET in word for word in written_out)


@pytest.mark.parametrize("address", ["rtsp://cam:554/live", "clip.mp4", "rtsp://cam/live@2x"])
def test_an_address_without_a_password_stays_where_it_is(address: str) -> None:
    assert made("ffmpeg -rtsp_transport tcp -i {source} -", address) == (["ffmpeg", "-rtsp_transport", "tcp", "-i", address, "-"], [])


def test_a_password_in_the_path_of_an_address_is_hidden_where_it_is_known_to_be_one() -> None:
    address = f"rtsp://protect:7447/{SECRET}"
    said = words("ffmpeg -i {source} -f rawvideo -", address, SourceOptions())
    with hidden("door", said, address) as (given, [listed]):
        assert not any(SECRET in word for word in given)
        assert SECRET in Path(f"/proc/self/fd/{listed}").read_text(encoding="utf-8")
    with hidden("door", said) as (given, listed_none):
        assert (given, listed_none) == (said, [])


def test_of_a_program_that_cannot_be_helped_the_log_says_so_once_and_not_the_password(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        assert made("my-decoder --from {source} --to -") == (["my-decoder", "--from", URL, "--to", "-"], [])
    assert caplog.text.count("shows the password of its address to everybody") == 1
    assert SECRET not in caplog.text


def test_no_file_stays_open() -> None:
    before = os.listdir("/proc/self/fd")  # noqa: PTH208 - names are enough
    made("ffmpeg -i {source} -")
    assert os.listdir("/proc/self/fd") == before  # noqa: PTH208 - the same


class Handler(BaseHTTPRequestHandler):
    """Gives a clip to who has the password."""

    clip: Path

    def do_GET(self) -> None:
        if self.headers["Authorization"] != f"Basic {base64.b64encode(f'admin:{SECRET}'.encode()).decode()}":
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="cam"')
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.clip.read_bytes())

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def test_while_it_plays_the_password_is_in_no_list_of_processes(make_clip: Callable[..., Path]) -> None:
    Handler.clip = make_clip(frames=12, rate=2.0)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        url = f"http://admin:{SECRET}@127.0.0.1:{server.server_port}/clip"
        command = (
            "ffmpeg -nostdin -loglevel error -user_agent edged -re -i {source} -vf scale={width}:{height} -pix_fmt bgr24 -f rawvideo -"
        )
        source = open_source("door", url, SourceOptions(64, 48, 10.0, pipeline=command))
        try:
            shapes = {source.read().pixels.shape for _ in range(5)}
            assert shapes == {(48, 64, 3)}
            shown = b"".join(contents(kind) for kind in ("cmdline", "environ"))
            assert b"ffmpeg\0-nostdin" in shown, "it runs"
            assert SECRET.encode() not in shown
        finally:
            source.close()
            server.shutdown()


def test_a_pipeline_of_gstreamer_is_played_without_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read is a file whose name is the address, since no camera is here."""
    address, frames = f"http://admin:{SECRET}@door/clip", 5
    clip = tmp_path / address
    clip.parent.mkdir(parents=True)
    clip.write_bytes(bytes(range(64)) * 48 * 3 * frames)
    monkeypatch.chdir(tmp_path)
    command = "gst-launch-1.0 -q filesrc location={source} ! fdsink fakesrc ! fakesink"  # of which the second does not end
    source = open_source("door", address, SourceOptions(64, 48, 10.0, pipeline=command))
    try:
        assert [bytes(source.read().pixels[0, :2].ravel()) for _ in range(frames)] == [bytes(range(6))] * frames
        shown = b"".join(contents(kind) for kind in ("cmdline", "environ"))
        assert b"gst_launch.py" in shown, "it runs"
        assert SECRET.encode() not in shown
    finally:
        source.close()


def test_what_is_wrong_with_a_pipeline_of_gstreamer_is_said_without_the_password() -> None:
    source = open_source(
        "door",
        f"rtsp://admin:{SECRET}@door/clip",
        SourceOptions(64, 48, 10.0, pipeline="gst-launch-1.0 -q filesrc location={source} ! no_such_element"),
    )
    with pytest.raises(CameraError, match='no element "no_such_element"') as told:
        source.read()
    source.close()
    assert SECRET not in str(told.value)


def contents(kind: str) -> bytes:
    """What stands of all processes in the files of this kind that may be read."""
    found = b""
    for path in Path("/proc").glob(f"[0-9]*/{kind}"):
        try:
            found += path.read_bytes()
        except OSError:
            continue
    return found
