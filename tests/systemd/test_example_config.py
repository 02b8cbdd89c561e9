"""The example configuration: every key stands in it, with the default that the code has."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edged.config import Config, read_config

if TYPE_CHECKING:
    from pydantic import BaseModel

EXAMPLE = Path(__file__).resolve().parents[2] / "systemd" / "edged.toml"
KEY = re.compile(r"^#(\w+) = ", re.MULTILINE)
SECTION = re.compile(r"^\[{1,2}([\w.]+)\]{1,2}$")


def text() -> str:
    """The file as it is installed."""
    return EXAMPLE.read_text(encoding="utf-8")


def sections() -> dict[str, BaseModel]:
    """Every section and its defaults; of the cameras the one that stands by default."""
    config = Config()
    found: dict[str, Any] = {name: getattr(config, name) for name in Config.model_fields}
    return found | nested(config)


def nested(config: Config) -> dict[str, BaseModel]:
    """The camera, and the sections within others."""
    camera = config.camera[0]
    return {"camera": camera, "camera.picamera": camera.picamera, "mqtt.allow": config.mqtt.allow}


def values(section: BaseModel) -> dict[str, Any]:
    """The keys of a section as they are written, without those that are sections themselves."""
    return {name: value for name, value in section.model_dump(mode="json", by_alias=True).items() if not isinstance(value, dict)}


def uncommented() -> dict[str, dict[str, Any]]:
    """All its keys, as if every one were switched on."""
    content = tomllib.loads(KEY.sub(r"\1 = ", text()))
    allow, camera = content["mqtt"].pop("allow"), content["camera"][0]
    return content | {"camera.picamera": camera.pop("picamera"), "camera": camera, "mqtt.allow": allow}


def test_as_installed_it_changes_nothing() -> None:
    assert read_config(EXAMPLE) == Config()


def test_has_every_key_and_no_other() -> None:
    assert {name: set(keys) for name, keys in uncommented().items()} == {name: set(values(section)) for name, section in sections().items()}


def test_shows_the_defaults() -> None:
    shown = {name: {key: value for key, value in keys.items() if has_default(name, key)} for name, keys in uncommented().items()}
    defaults = {name: {key: value for key, value in values(section).items() if value is not None} for name, section in sections().items()}
    assert shown == defaults


def test_everything_switched_on_is_valid(tmp_path: Path) -> None:
    """Keys without a default show an example; those of certificates want TLS, and a user name a camera with an address."""
    path = tmp_path / EXAMPLE.name
    written = KEY.sub(r"\1 = ", text()).replace("tls = false", "tls = true").replace('source = "0"', 'source = "rtsp://camera.lan/1"')
    path.write_text(written, encoding="utf-8")
    config = read_config(path)
    switched_on: dict[str, Any] = {name: getattr(config, name) for name in Config.model_fields}
    for name, section in (switched_on | nested(config)).items():
        for key, value in values(section).items():
            assert value is not None, f"{name}.{key}"


def test_keys_without_a_default_are_marked() -> None:
    unmarked = [f"{name}.{key}" for name, key, comment in keys_with_comments() if ("Not set" in comment) == has_default(name, key)]
    assert unmarked == []


def test_every_key_is_explained() -> None:
    assert [f"{name}.{key}" for name, key, comment in keys_with_comments() if not comment] == []


def test_has_no_secret() -> None:
    assert "password" not in {key for keys in uncommented().values() for key in keys}


def has_default(section: str, key: str) -> bool:
    """Whether leaving the key out means a value, and not the absence of one."""
    return values(sections()[section])[key] is not None


def keys_with_comments() -> list[tuple[str, str, str]]:
    """Section, key and the comment above it; keys that follow each other share theirs."""
    found = []
    section, comment, ended = "", "", False
    for line in text().splitlines():
        if header := SECTION.match(line):
            section, comment = header[1], ""
        elif key := KEY.match(line):
            found.append((section, key[1], comment))
            ended = True
        elif line.startswith("# "):
            comment = line if ended else comment + line
            ended = False
    return found
