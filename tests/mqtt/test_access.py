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
from edged.interface.verbs import VERBS
from tests.broker import PATIENCE_SECONDS, Mosquitto, Subscriber, free_port, wait_until
from tests.guarded import PASSWORD, access_list, guarded_broker, rights
from tests.mqtt.conftest import certificate
from tests.program import Daemon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from paho.mqtt.reasoncodes import ReasonCode

REFERENCE = Path(__file__).resolve().parents[2] / "edged" / "mqtt" / "README.md"
SUCCESS = {0x00, 0x10}
"""MQTT 5, section 3.4.2.1: taken, by somebody or nobody."""
NOT_AUTHORISED = 0x87


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
    return [topic.replace("+", "front") for topic in rights("edged", "write")]


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


ASKING = ["edged/door/request/forget", "edged/door/request/export", "edged/door/request/snapshot", "edged/window/setting/margin/set"]
FACTS = ["edged/door/front/event", "edged/door/availability", "edged/door/setting/margin", "edged/door/response/people"]
OTHERS = ["homeassistant/device/edged_door/config", "homeassistant/lock/door/config", "elsewhere"]


def test_home_assistant_may_use_its_entities_and_hear_what_they_show_and_nothing_else(tmp_path: Path) -> None:
    topics = [topic.replace("+", "front") for topic in rights("homeassistant", "write")]
    shown = [topic.replace("+", "front") for topic in rights("homeassistant", "read") if not topic.endswith("#")]
    secret = ["edged/door/response/export", "edged/door/request/enroll", "edged/window/front/event", "elsewhere"]
    with guarded_broker(tmp_path) as broker, Subscriber(broker.port) as anybody:
        home, heard, said = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5), set[str](), dict[int, int]()
        home.username_pw_set("homeassistant", PASSWORD)
        home.on_message = lambda _client, _data, message: heard.add(message.topic)
        home.on_publish = lambda _client, _data, mid, reason, _properties: said.update({mid: reason.value})
        home.on_subscribe = lambda *_: heard.add("subscribed")
        home.connect("127.0.0.1", broker.port)
        home.loop_start()
        home.subscribe("#", qos=1)
        wait_until(lambda: "subscribed" in heard, "it is let in")
        sent = {topic: home.publish(topic, b"x", qos=1).mid for topic in topics + ASKING + FACTS + OTHERS}
        wait_until(lambda: len(said) == len(sent), "an answer to each")
        for topic in (*secret, *shown):
            anybody.publish(topic, b"x")
        wait_until(lambda: shown[-1] in heard, "what is published last")
        home.disconnect()
        home.loop_stop()
    assert {topic for topic, mid in sent.items() if said[mid] in SUCCESS} == set(topics)
    assert heard == {"subscribed", "homeassistant/status", *shown}


@pytest.mark.parametrize("allow", [True, False])
def test_the_daemon_carries_out_what_the_owner_allows_and_tells_the_refused_why(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, portraits: dict[str, Path], *, allow: bool
) -> None:
    keys: dict[str, str | int | float | bool] = {} if allow else dict.fromkeys(("enroll", "settings", "pause", "snapshot"), False)
    source = tmp_path / "door"
    source.mkdir()
    shutil.copy(portraits["astronaut"], source)
    with Daemon(tmp_path, broker.port, source, camera={"loop": True}, **{"mqtt.allow": keys}) as daemon:
        requests = json.loads(subscriber.wait_for("/info")[0])["requests"]
        subscriber.wait_for("/front/status")
        outcomes = {}
        for verb, payload in (
            ("export", "{}"),
            ("import", ""),
            ("settings", '{"set": {"margin": 0.1}}'),
            ("snapshot", "{}"),
            ("people", ""),
        ):
            subscriber.publish(f"edged/door/request/{verb}", payload, correlation_data=b"7")
            answer = json.loads(subscriber.wait_for(f"/response/{verb}")[0])
            outcomes[verb] = answer["error"] and answer["error"]["code"]
        refused = {verb for verb, code in outcomes.items() if code == "not_allowed"}
        assert refused == ({"export", "import"} if allow else {"export", "import", "settings", "snapshot"})
        assert outcomes["people"] is None
        assert not refused & set(requests)
        subscriber.publish("edged/door/front/pause/set", "ON")
        subscriber.publish("edged/door/enroll/name/set", "Alice")
        assert json.loads(subscriber.wait_for("/response/enroll")[0])["status"] == ("ok" if allow else "error")
        assert (b"ON" in subscriber.on("/front/pause")) is allow
        captured = daemon.run("enroll", "Alice", "--capture", "front", "--seconds", "1")
        assert ("mqtt.allow.enroll = true" in captured.stderr) is not allow
        checked = daemon.run("check").stdout
        [listed] = re.findall(r"refused by mqtt\.allow: (.*)\.", checked)
        groups = {"export", "import", *keys}
        assert set(listed.split(", ")) == {name for name, row in VERBS.items() if row.group in groups}
        assert daemon.stop() == 0
    for verb in refused:
        assert f"Request {verb}: '{verb}' is not allowed over MQTT" in daemon.log
    assert "Request people" not in daemon.log
