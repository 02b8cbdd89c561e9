"""Addresses of cameras: no password gets out."""

from __future__ import annotations

import pytest

from edged.camera.addresses import origin, redacted, with_login


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
    ("address", "username", "password", "expected"),
    [
        ("rtsp://cam/live?a=b@c", "me", "p@ss/word: %", "rtsp://me:p%40ss%2Fword%3A%20%25@cam/live?a=b@c"),
        ("rtsp://[fe80::1]:554/1", "me", None, "rtsp://me@[fe80::1]:554/1"),
        ("http://cam/snap?usr={username}&pwd={password}", "m&e", "p?w=1", "http://cam/snap?usr=m%26e&pwd=p%3Fw%3D1"),
        ("http://cam/snap?token={password}", None, "t", "http://cam/snap?token=t"),
        ("rtsp://cam/live", None, None, "rtsp://cam/live"),
        ("/dev/video0", None, None, "/dev/video0"),
    ],
)
def test_a_user_name_and_a_password_are_put_in_escaped(address: str, username: str | None, password: str | None, expected: str) -> None:
    assert with_login(address, username, password) == expected
