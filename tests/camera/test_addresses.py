"""Addresses of cameras: no password gets out."""

from __future__ import annotations

import pytest

from edged.camera.addresses import origin, redacted


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
