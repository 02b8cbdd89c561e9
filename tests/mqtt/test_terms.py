"""What a broker offers: a real mosquitto of little means, one of MQTT 3.1.1 only, and what edged makes of each."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest
from paho.mqtt.reasoncodes import ReasonCode

from edged.errors import LinkError
from edged.homeassistant.announcer import Announcer
from edged.homeassistant.device import DeviceDescription
from edged.interface.messages import Reply, ReplyAddress
from edged.interface.people import ListedAnswer, PeopleAnswer
from edged.mqtt.broker import Tls
from edged.mqtt.reasons import FIRST_FAILURE, SENTENCES, entry_meaning, meaning
from edged.mqtt.terms import LEAST_PACKET_BYTES, Terms
from tests.broker import Mosquitto, Subscriber, wait_until
from tests.mqtt.conftest import FRAME_AT, TOPICS, broker_at, certificate, entry
from tests.mqtt.test_broker_link import running, wait_for_acknowledged
from tests.mqtt.test_client import probe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEVICE = DeviceDescription(TOPICS, "0.1.0", "en", ("front", "back"))


@contextmanager
def mosquitto(folder: Path, extra: str = "") -> Iterator[Mosquitto]:
    made = Mosquitto(folder, extra)
    made.start()
    try:
        yield made
    finally:
        made.kill()


def test_every_reason_code_has_its_sentence() -> None:
    codes = {code for code in ReasonCode.names if code >= FIRST_FAILURE}
    assert codes == SENTENCES.keys()
    assert {len(meaning(code).split("; ")) for code in codes} == {2}
    assert "0xee" in meaning(0xEE)


def test_only_a_wrong_login_is_called_one() -> None:
    about_login = {code for code in SENTENCES if "mqtt.username" in entry_meaning(code)}
    assert about_login == {0x86, 0x87}
    assert not any("mqtt.username" in meaning(code) for code in SENTENCES if code != 0x86)


@pytest.mark.parametrize("most_bytes", [5_000, 9_000, 20_000])
def test_events_come_through_a_broker_that_takes_only_small_messages(
    tmp_path: Path, most_bytes: int, caplog: pytest.LogCaptureFixture
) -> None:
    limit = f"max_packet_size {most_bytes}"
    with mosquitto(tmp_path, limit) as broker, Subscriber(broker.port) as subscriber, running(broker_at(broker.port)) as bridge:
        announcer = Announcer(bridge.states, DEVICE)
        announcer.publish({"alice": "Alice", "bob": "Bob"})
        bridge.events.publish([entry(seq) for seq in range(1, 6)])
        taken: list[int] = []
        wait_for_acknowledged(bridge, taken, 5)
        wait_until(lambda: {"front:event", "person:bob", "health:cpu"} <= described(subscriber), "the device and the first camera are told")
        wait_until(lambda: of_camera(subscriber, "back") == of_camera(subscriber, "front"), "all of the last camera is told too")
        before = described(subscriber)
        assert bool(subscriber.on("edged_door/0/config")) is (most_bytes < 20_000)
        announcer.publish({"alice": "Alice"})
        wait_until(lambda: removed(subscriber) == {"person:bob"}, "Bob is taken away")
        wait_until(lambda: "person:bob" not in described(subscriber), "Bob stands in no part any more")
        assert described(subscriber) == before - {"person:bob"}
        assert subscriber.on("/availability") == [b"online"]
    assert f"{most_bytes} bytes at most" in caplog.text
    assert "device.id" not in caplog.text


def of_camera(subscriber: Subscriber, camera: str) -> set[str]:
    """The entities of a camera that are told, by what follows its name."""
    return {key.removeprefix(f"{camera}:") for key in described(subscriber) if key.startswith(f"{camera}:")}


def told(subscriber: Subscriber) -> list[tuple[str, dict[str, dict[str, object]]]]:
    """What Home Assistant is told, by topics, in order."""
    config = [message for message in list(subscriber.heard) if message.topic.endswith("/config")]
    return [(message.topic, json.loads(message.payload)["cmps"] if message.payload else {}) for message in config]


def described(subscriber: Subscriber) -> set[str]:
    """The entities that Home Assistant is to have: of each topic the last message that takes none away."""
    last = {topic: components for topic, components in told(subscriber) if all(len(component) > 1 for component in components.values())}
    return {key for components in last.values() for key in components}


def removed(subscriber: Subscriber) -> set[str]:
    return {key for _, components in told(subscriber) for key, component in components.items() if len(component) == 1}


def test_an_answer_that_is_too_large_is_refused_with_its_size(tmp_path: Path) -> None:
    people = tuple(ListedAnswer(f"person {number}", "Somebody", 3, FRAME_AT, 0, 0, None) for number in range(200))
    limit = "max_packet_size 12000"
    with mosquitto(tmp_path, limit) as broker, Subscriber(broker.port) as subscriber, running(broker_at(broker.port)) as bridge:
        subscriber.wait_for("/availability")
        bridge.answer(Reply(ReplyAddress("people", "7"), PeopleAnswer.of_all(people)))
        reply = json.loads(subscriber.wait_for("/response/people")[0])
        assert (reply["id"], reply["error"]["code"]) == ("7", "too_large")
        assert "12000" in reply["error"]["message"]
        assert bridge.is_connected()


def test_a_broker_that_takes_less_than_an_event_is_told_so(tmp_path: Path) -> None:
    limit = f"max_packet_size {LEAST_PACKET_BYTES - 1}"
    with mosquitto(tmp_path, limit) as broker, pytest.raises(LinkError, match=r"4095 bytes at most.*max_packet_size"):
        probe(broker_at(broker.port))


@pytest.mark.parametrize("limit", ["retain_available false", "max_qos 0", "retain_available false\nmax_qos 0"])
def test_without_retain_or_qos_events_come_and_it_is_said(tmp_path: Path, limit: str, caplog: pytest.LogCaptureFixture) -> None:
    with mosquitto(tmp_path, limit) as broker, Subscriber(broker.port) as subscriber, running(broker_at(broker.port)) as bridge:
        bridge.events.publish([entry(1), entry(2)])
        taken: list[int] = []
        wait_for_acknowledged(bridge, taken, 2)
        assert subscriber.wait_for("/availability") == [b"online"]
        assert len(subscriber.wait_for("/event", 2)) == 2
        said = " ".join(probe(broker_at(broker.port)))
    for setting in ("retain_available", "max_qos"):
        assert (f"mosquitto: {setting}" in said) == (f"mosquitto: {setting}" in caplog.text) == (setting in limit)


def relay(source: socket.socket, target: socket.socket) -> None:
    with source, target:
        try:
            while content := source.recv(65_536):
                target.sendall(content)
        except OSError:
            pass


class OldBroker:
    """A mosquitto behind a door that knows MQTT 3.1.1 only, and answers another version as old brokers do."""

    def __init__(self, port: int, answer: bytes) -> None:
        """Open the door before the broker at this port of loopback."""
        self._answer, self._behind = answer, port
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._door.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._door.accept()
            except OSError:
                return
            self._let_in(client)

    def _let_in(self, client: socket.socket) -> None:
        head = client.recv(65_536)
        version = head[head.index(b"MQTT") + 4] if b"MQTT" in head else 0
        if version != 4:
            client.sendall(self._answer)
            client.close()
            return
        self._pass_on(client, head)

    def _pass_on(self, client: socket.socket, head: bytes) -> None:
        inner = socket.create_connection(("127.0.0.1", self._behind))
        inner.sendall(head)
        for pair in ((client, inner), (inner, client)):
            threading.Thread(target=relay, args=pair, daemon=True).start()


class DyingBroker(OldBroker):
    """A mosquitto that takes the first connection and ends it without an answer, as one does that is about to be restarted."""

    _tries = 0

    def _let_in(self, client: socket.socket) -> None:
        self._tries += 1
        if self._tries > 1:
            self._pass_on(client, client.recv(65_536))
        else:
            client.recv(65_536)
            client.close()


def test_a_broker_that_ends_as_it_is_connected_to_is_not_taken_for_an_old_one(
    broker: Mosquitto, subscriber: Subscriber, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(DyingBroker(broker.port, b"")) as dying, running(broker_at(dying.port)) as bridge:
        bridge.events.publish([entry(1)])
        taken: list[int] = []
        wait_for_acknowledged(bridge, taken, 1)
        subscriber.wait_for("/event")
    assert "3.1.1" not in caplog.text
    assert b"offline" not in subscriber.on("/availability")[:1]


@pytest.mark.parametrize("answer", [b"\x20\x02\x00\x01", b"", b"\x20\x03\x00\x84\x00", b"\x20\x02\x00\x05"], ids=["1", "none", "0x84", "5"])
def test_a_broker_of_the_older_version_is_spoken_to_in_it(
    broker: Mosquitto, subscriber: Subscriber, caplog: pytest.LogCaptureFixture, answer: bytes
) -> None:
    with closing(OldBroker(broker.port, answer)) as old, running(broker_at(old.port)) as bridge:
        bridge.events.publish([entry(1)])
        taken: list[int] = []
        wait_for_acknowledged(bridge, taken, 1)
        subscriber.wait_for("/event")
        assert "3.1.1" in " ".join(probe(broker_at(old.port)))
    assert "3.1.1 is used" in caplog.text
    assert "refuses us" not in caplog.text


@pytest.mark.parametrize(
    ("code", "words"), [(2, "device.id"), (3, "not available"), (4, "mqtt.username and the password"), (5, "mqtt.username")]
)
def test_the_codes_of_the_older_version_are_told(code: int, words: str) -> None:
    def serve(server: socket.socket) -> None:
        for _ in range(2):
            with server.accept()[0] as client:
                client.recv(1000)
                client.sendall(bytes((0x20, 2, 0, code)))

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        with pytest.raises(LinkError, match=words):
            probe(broker_at(server.getsockname()[1]))
        socket.create_connection(server.getsockname()).close()
        thread.join(0)


def test_the_wrong_kind_of_port_is_named(tmp_path: Path) -> None:
    certificate(tmp_path, "authority")
    server, key = certificate(tmp_path, "server", "authority")
    with mosquitto(tmp_path, f"certfile {server}\nkeyfile {key}") as broker, pytest.raises(LinkError, match=r"mqtt\.tls = true"):
        probe(broker_at(broker.port))
    with mosquitto(tmp_path) as broker, pytest.raises(LinkError, match=r"mqtt\.tls = false"):
        probe(broker_at(broker.port, tls=Tls()))


def test_a_trial_leaves_nothing_behind_and_finds_what_is_forbidden(tmp_path: Path) -> None:
    rights = tmp_path / "rights"
    rights.touch(mode=0o600)
    rights.write_text("topic readwrite other/#\ntopic read edged/door/request/+\n")
    with mosquitto(tmp_path, f"acl_file {rights}") as broker, pytest.raises(LinkError, match=r"refuses a message to keep.*access rules"):
        probe(broker_at(broker.port))
    with mosquitto(tmp_path) as broker:
        assert probe(broker_at(broker.port)) == []
        with Subscriber(broker.port) as late:
            late.publish("end", b"")
            late.wait_for("end")
            assert [message.topic for message in late.heard] == ["end"]


def test_terms_are_lowered_to_what_a_refusal_says_and_no_further() -> None:
    assert Terms().lowered(0x9A) == Terms(may_retain=False)
    assert Terms(may_retain=False).lowered(0x9A) is None
    assert Terms().lowered(0x9B) == Terms(qos=0)
    assert Terms().lowered(None) == Terms().lowered(0x84) == Terms(mqtt5=False)
    assert Terms(mqtt5=False).lowered(None) is None
    assert Terms().lowered(0x87) is None
