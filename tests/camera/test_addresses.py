"""Addresses of cameras: no password gets out, and a sentence says why a stream does not open."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from edged.camera.addresses import origin, redacted, why_closed

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rtsp://admin:secret@192.168.1.20:554/h264?token=secret", "rtsp://192.168.1.20:554"),
        ("rtsp://admin:se/cr@et@cam.local/live", "rtsp://cam.local"),
        ("http://cam/video?user=a&password=secret", "http://cam"),
        ('location="rtsp://a:secret@cam/1": no route', 'location="rtsp://cam": no route'),
        ("no address, an e-mail@host", "no address, an e-mail@host"),
    ],
)
def test_passwords_are_not_said_aloud(text: str, expected: str) -> None:
    assert redacted(text) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("rtsp://admin:secret@192.168.1.20:554/h264?token=secret", "rtsp://192.168.1.20:554"),
        ("rtsp://admin:top secret@cam/live", "rtsp://cam"),
        ("http://cam/snap shot.jpg?password=top secret", "http://cam"),
        ("rtsp://admin:'se\"cret'@cam.local/live", "rtsp://cam.local"),
        ("http://[fe80::1]:8080/live", "http://[fe80::1]:8080"),
        ("/home/a b/clip.mp4", "/home/a b/clip.mp4"),
    ],
)
def test_of_an_address_with_spaces_only_the_host_is_said(address: str, expected: str) -> None:
    assert origin(address) == expected


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("udp://239.0.0.1/video", "nothing that is a video arrives there"),
        ("rtsp://camera:port/live", "its address is malformed"),
    ],
)
def test_it_says_what_is_wrong_with_an_address(url: str, sentence: str) -> None:
    assert sentence in why_closed(url)


@pytest.fixture
def answering() -> Iterator[str]:
    """An address where somebody answers, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_it_says_that_somebody_answers_and_what_to_write_of_the_password(answering: str) -> None:
    assert "answers but gives no video" in why_closed(f"rtsp://{answering}/live")
    assert "if it wants a password" in why_closed(f"rtsp://{answering}/live")
    assert "write @ : / ? # [ ] and a space as %40" in why_closed(f"rtsp://admin:se/cret@{answering}/live")


def test_it_says_that_nobody_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert f"127.0.0.1 port {port} does not answer (Connection refused)" in why_closed(f"rtsp://127.0.0.1:{port}/live")
