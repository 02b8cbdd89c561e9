"""The rights that the topic reference gives edged, on a real broker with certificates: they are enough, and no more is let through."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edged.interface.topics import Topics
from tests.broker import PATIENCE_SECONDS, Mosquitto, Subscriber, free_port, wait_until
from tests.mqtt.test_client import certificate
from tests.program import Daemon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from paho.mqtt.reasoncodes import ReasonCode

REFERENCE = Path(__file__).resolve().parents[2] / "edged" / "mqtt" / "README.md"
SUCCESS = {0x00, 0x10}
"""MQTT 5, section 3.4.2.1: taken, by somebody or nobody."""
NOT_AUTHORISED = 0x87


def access_list() -> str:
    """The lines of the topic reference."""
    found = re.search(r"^```conf\n(user edged\n.*?)^```$", REFERENCE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def listener(folder: Path, port: int) -> str:
    """The lines of the topic reference for a listener with certificates, with its files in this folder."""
    found = re.search(r"^```conf\n(listener .*?)^```$", REFERENCE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found
    lines = re.sub(r"/etc/mosquitto(?:/certs)?/", f"{folder}/", found[1]).replace("listener 8883", f"listener {port} 127.0.0.1")
    return "\n".join(line for line in lines.splitlines() if not line.startswith("acl_file"))


class Guarded:
    """A broker with two doors: TLS with certificates, where the list holds, and a plain one, where who has no name may do all."""

    def __init__(self, folder: Path) -> None:
        """Make an authority, its certificates and the broker's files."""
        self.folder, self.tls_port = folder, free_port()
        certificate(folder, "authority")
        for name in ("broker", "edged", "mallory"):
            certificate(folder, name, "authority")
        rights = folder / "edged.acl"
        rights.touch(mode=0o600)
        rights.write_text(f"topic readwrite #\n\n{access_list()}", encoding="utf-8")
        self.broker = Mosquitto(folder, f"acl_file {rights}\n{listener(folder, self.tls_port)}")

    def client(self, name: str) -> Client:
        """Somebody who comes with the certificate of this name."""
        client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        client.tls_set(str(self.folder / "authority.crt"), str(self.folder / f"{name}.crt"), str(self.folder / f"{name}.key"))
        client.connect("127.0.0.1", self.tls_port)
        return client

    def outcomes(self, name: str, topics: list[str]) -> dict[str, int]:
        """What the broker says to somebody who publishes on each of these topics."""
        said: dict[int, int] = {}

        def on_publish(_client: Client, _data: object, mid: int, reason: ReasonCode, _properties: object) -> None:
            said[mid] = reason.value

        client = self.client(name)
        client.on_publish = on_publish
        client.loop_start()
        wait_until(client.is_connected, "the certificate lets in")
        sent = {topic: client.publish(topic, b"x", qos=1).mid for topic in topics}
        wait_until(lambda: len(said) == len(sent), "an answer to each")
        client.disconnect()
        client.loop_stop()
        return {topic: said[mid] for topic, mid in sent.items()}


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Guarded]:
    made = Guarded(tmp_path)
    made.broker.start()
    yield made
    made.broker.kill()


def own_topics() -> list[str]:
    """Every topic that the access list lets edged write."""
    [lines] = re.findall(r"^user edged\n((?:topic .*\n)+)", access_list(), re.MULTILINE)
    return [line.split()[-1].replace("+", "front") for line in lines.splitlines() if line.startswith("topic write")]


def test_edged_may_write_what_is_its_own_and_nothing_else(guarded: Guarded) -> None:
    topics = Topics("edged", "door")
    assert {topics.camera("front").event, topics.info, topics.availability} <= set(own_topics())
    foreign = [
        "edged/door/request/forget",
        "edged/door/setting/trigger_level/set",
        "edged/window/front/event",
        "edged/window/request/enroll",
        "homeassistant/status",
        "homeassistant/device/edged_window/config",
        "homeassistant/lock/door/set",
        "elsewhere",
    ]
    assert set(guarded.outcomes("edged", own_topics()).values()) <= SUCCESS
    assert set(guarded.outcomes("edged", foreign).values()) == {NOT_AUTHORISED}


def test_another_certificate_has_no_rights_of_edged(guarded: Guarded) -> None:
    with Subscriber(guarded.broker.port) as subscriber:
        assert set(guarded.outcomes("mallory", own_topics()).values()) == {NOT_AUTHORISED}
        assert subscriber.heard == []


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_with_a_certificate_and_these_rights_the_daemon_works(guarded: Guarded, portraits: dict[str, Path], protocol: str) -> None:
    files = {"ca_file": "authority.crt", "client_certificate": "edged.crt", "client_key": "edged.key"}
    login = {key: str(guarded.folder / name) for key, name in files.items()}
    source = guarded.folder / "door"
    source.mkdir()
    shutil.copy(portraits["astronaut"], source)
    with Subscriber(guarded.broker.port) as subscriber:
        settings: dict[str, str | int | float | bool] = {"tls": True, "protocol": protocol, **login}
        with Daemon(guarded.folder, guarded.tls_port, source, mqtt=settings, camera={"loop": True}) as daemon:
            subscriber.wait_for("/event")
            subscriber.publish("edged/door/request/people", b'{"id": "1"}')
            assert json.loads(subscriber.wait_for("/response/people")[0])["status"] == "ok"
            subscriber.publish("edged/door/request/settings", b'{"set": {"trigger_level": 4}}')
            wait_until(lambda: json.loads(subscriber.on("/setting/trigger_level")[-1])["value"] == 4, "the setting is told")
            assert daemon.stop() == 0
        assert "refuses" not in daemon.log
        assert subscriber.on("/availability") == [b"online", b"offline"]


def test_without_a_certificate_nobody_is_let_in(guarded: Guarded) -> None:
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.tls_set(str(guarded.folder / "authority.crt"))
    refused: list[object] = []
    client.on_connect = lambda *_: refused.append("let in")
    client.on_disconnect = lambda *_: refused.append("thrown out")
    client.connect("127.0.0.1", guarded.tls_port)
    client.loop_start()
    wait_until(lambda: refused, "an answer", PATIENCE_SECONDS)
    client.loop_stop()
    assert refused[0] == "thrown out"
