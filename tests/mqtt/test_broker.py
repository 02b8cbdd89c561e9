"""How the connection to a broker is encrypted, and files that are of no use for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edged.errors import ConfigError
from edged.mqtt.broker import Broker, Tls

if TYPE_CHECKING:
    from pathlib import Path


def test_tls_files_that_are_none_are_named(tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense")
    with pytest.raises(ConfigError, match=r"nonsense\.pem"):
        Tls(ca_file=nonsense).context()


@pytest.mark.parametrize(("host", "place"), [("broker.lan", "broker.lan:1883"), ("192.168.1.2", "192.168.1.2:1883"), ("::1", "[::1]:1883")])
def test_its_place_is_told_as_people_write_it(host: str, place: str) -> None:
    assert Broker(host, 1883, "edged-door").place == place
