"""How the connection to a broker is encrypted, and files that are of no use for it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from edged.errors import ConfigError
from edged.mqtt.broker import Broker, Tls
from tests.mqtt.conftest import certificate

if TYPE_CHECKING:
    from pathlib import Path


def test_tls_files_that_are_none_are_named(tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense")
    with pytest.raises(ConfigError, match=r"mqtt\.ca_file: .*nonsense\.pem cannot be used as certificates in PEM"):
        Tls(ca_file=nonsense).context()
    with pytest.raises(ConfigError, match=r"client_certificate and client_key: .* in PEM, and the key not encrypted\.$"):
        Tls(None, nonsense, nonsense).context()
    with pytest.raises(ConfigError, match=r"gone\.crt .* not encrypted: No such file or directory\.$"):
        Tls(None, tmp_path / "gone.crt", nonsense).context()


def test_the_key_of_another_certificate_is_named(tmp_path: Path) -> None:
    one, _ = certificate(tmp_path, "one")
    _, other_key = certificate(tmp_path, "other")
    with pytest.raises(ConfigError, match=r"mqtt\.client_key: .*other\.key is not the key of mqtt\.client_certificate, .*one\.crt"):
        Tls(None, one, other_key).context()


def test_an_encrypted_key_asks_nobody_for_its_password(tmp_path: Path) -> None:
    own, key = certificate(tmp_path, "own")
    locked = tmp_path / "locked.key"
    subprocess.run(["openssl", "pkey", "-in", key, "-aes256", "-passout", "pass:secret", "-out", locked], check=True, capture_output=True)
    with pytest.raises(ConfigError, match="the key not encrypted"):
        Tls(None, own, locked).context()


@pytest.mark.parametrize(("host", "place"), [("broker.lan", "broker.lan:1883"), ("192.168.1.2", "192.168.1.2:1883"), ("::1", "[::1]:1883")])
def test_its_place_is_told_as_people_write_it(host: str, place: str) -> None:
    assert Broker(host, 1883, "edged-door").place == place
