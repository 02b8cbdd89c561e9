"""The addresses of doorbells and cameras in edged/camera/README.md: each is read as the configuration that it stands in.

No such camera is here; knows nothing of what they answer.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from edged.camera.addresses import STREAM_SCHEMES, holds_password, origin, with_login
from edged.config import read_camera_password, read_config
from tests.docs.markdown import fenced
from tests.docs.readmes import CAMERAS

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "p@ss/w:rd? #1&2"  # noqa: S105 - of nobody
EXAMPLES = [content for content in fenced(CAMERAS, "toml") if "://" in content]
MAKERS = ("Reolink", "Amcrest", "Hikvision", "Tapo", "UniFi", "Axis", "Foscam", "ESPHome", "Ring", "Eufy", "Wyze", "go2rtc", "ONVIF")


@pytest.mark.parametrize("example", EXAMPLES, ids=[next(iter(re.findall(r'source = "(.*)"', text))) for text in EXAMPLES])
def test_an_address_is_read_with_any_password_and_shows_none(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password comes as a credential, or from the file that is named."""
    (tmp_path / "camera_front").write_text(f"{PASSWORD}\n", encoding="utf-8")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "edged.toml").write_text(example.replace("/etc/edged/", ""), encoding="utf-8")
    [camera] = read_config(tmp_path / "edged.toml").camera
    address = with_login(camera.source, camera.username, read_camera_password(camera))
    told, meant = urlsplit(address), urlsplit(camera.source)
    assert (told.scheme, told.hostname, told.port) == (meant.scheme, meant.hostname, meant.port)
    assert told.scheme in STREAM_SCHEMES
    if "{password}" in camera.source:
        assert PASSWORD in {unquote(told.path.removeprefix("/")), *parse_qs(told.query).get("pwd", [])}
    elif camera.username:
        assert (unquote(told.username or ""), unquote(told.password or "")) == (camera.username, PASSWORD)
        assert (told.path, told.query) == (meant.path, meant.query)
    assert holds_password(address) or "?" not in camera.source
    assert "/" not in origin(address).partition("://")[2]


def test_ten_and_more_makers_have_an_example() -> None:
    text = CAMERAS.read_text(encoding="utf-8")
    assert [maker for maker in MAKERS if maker not in text] == []
    assert len(EXAMPLES) >= 10
