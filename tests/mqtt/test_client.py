"""The link to a real mosquitto: events through a broker that dies, logins, TLS, MQTT 3.1.1, and brokers that are none."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from edged.errors import CommandError, ConfigError, LinkError
from edged.interface.messages import Reply, Request
from edged.interface.people import PeopleAnswer
from edged.interface.verbs import MAX_REQUEST_BYTES
from edged.mqtt.bridge import Bridge
from edged.mqtt.client import MOST_PACKET_BYTES, Broker, BrokerLink, Tls
from tests import forms
from tests.broker import Mosquitto, Subscriber, free_port, wait_until
from tests.mqtt.conftest import TOPICS, entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def broker_at(port: int, **options: object) -> Broker:
    return Broker("127.0.0.1", port, "edged-door", **options)  # type: ignore[arg-type] # given by name below


@contextmanager
def running(broker: Broker) -> Iterator[Bridge]:
    bridge = Bridge(BrokerLink(broker), TOPICS, on_input=lambda: None, subscriber_grace_seconds=30.0)
    bridge.start()
    try:
        yield bridge
    finally:
        bridge.stop(2.0)


def wait_for_acknowledged(bridge: Bridge, taken: list[int], count: int) -> None:
    def enough() -> bool:
        taken.extend(bridge.acknowledged())
        return len(taken) >= count

    wait_until(enough, f"{count} events acknowledged")


def seqs(subscriber: Subscriber) -> list[int]:
    return [json.loads(payload)["seq"] for payload in subscriber.on("/event")]


def test_it_says_online_and_on_a_clean_stop_offline(broker: Mosquitto, subscriber: Subscriber) -> None:
    with running(broker_at(broker.port)):
        subscriber.wait_for("/availability")
    assert subscriber.wait_for("/availability", 2) == [b"online", b"offline"]


@pytest.mark.parametrize("mqtt5", [True, False])
def test_events_arrive_in_order_and_are_acknowledged(broker: Mosquitto, subscriber: Subscriber, *, mqtt5: bool) -> None:
    with running(broker_at(broker.port, mqtt5=mqtt5)) as bridge:
        bridge.publish_events([entry(seq) for seq in range(1, 51)])
        subscriber.wait_for("/event", 50)
        taken: list[int] = []
        wait_for_acknowledged(bridge, taken, 50)
    assert seqs(subscriber) == taken == list(range(1, 51))
    assert not any(message.retained for message in subscriber.heard if message.topic.endswith("/event"))


def test_a_killed_broker_gets_every_event_once_and_in_order(broker: Mosquitto, subscriber: Subscriber) -> None:
    with running(broker_at(broker.port)) as bridge:
        bridge.publish_events([entry(seq) for seq in range(1, 6)])
        taken: list[int] = []
        wait_for_acknowledged(bridge, taken, 5)
        subscriber.wait_for("/event", 5)  # a broker that is killed forgets what it has not passed on
        broker.kill()
        wait_until(lambda: not bridge.is_connected(), "the loss is noticed")
        bridge.publish_events([entry(seq) for seq in range(6, 11)])
        broker.start()
        subscriber.wait_for("/event", 10)
        wait_for_acknowledged(bridge, taken, 10)
    assert seqs(subscriber) == taken == list(range(1, 11))


def test_without_a_broker_it_waits_and_connects_when_there_is_one(tmp_path: Path) -> None:
    mosquitto = Mosquitto(tmp_path)
    with running(broker_at(mosquitto.port)) as bridge:
        bridge.publish_events([entry(1)])
        mosquitto.start()
        with Subscriber(mosquitto.port) as subscriber:
            subscriber.wait_for("/event")
    mosquitto.kill()


def test_a_request_comes_in_and_its_reply_goes_to_the_response_topic(broker: Mosquitto, subscriber: Subscriber) -> None:
    with running(broker_at(broker.port)) as bridge:
        subscriber.wait_for("/availability")
        request = None
        while request is None:  # the subscription may be a moment behind the word "online"
            subscriber.publish("edged/door/request/people", '{"id": "7"}', response_topic="me/answer", correlation_data=b"c")
            request = bridge.next_request()
        assert request.command == forms.ListPeople()
        bridge.answer(Reply(request.address, PeopleAnswer(())))
        assert json.loads(subscriber.wait_for("me/answer")[0])["id"] == "7"
    assert next(message for message in subscriber.heard if message.topic == "me/answer").correlation_data == b"c"


def test_a_broker_keeps_what_is_far_too_large_to_itself(broker: Mosquitto, subscriber: Subscriber) -> None:
    with running(broker_at(broker.port)) as bridge:
        subscriber.wait_for("/availability")
        subscriber.publish("edged/door/request/people", b" " * (MOST_PACKET_BYTES + 1))
        subscriber.publish("edged/door/request/people", b" " * (MAX_REQUEST_BYTES + 1))
        subscriber.publish("edged/door/request/people", b'{"id": "small"}')
        taken: list[Request] = []
        while len(taken) < 2:
            wait_until(lambda: bridge._requests, "a request")
            taken += filter(None, [bridge.next_request()])
    assert isinstance(taken[0].command, CommandError)
    assert (taken[0].command.code, taken[1].address.id) == ("too_large", "small")


def test_two_devices_of_one_id_are_told_so(broker: Mosquitto, caplog: pytest.LogCaptureFixture) -> None:
    with running(broker_at(broker.port)), running(broker_at(broker.port)):
        wait_until(lambda: "give each device a device.id of its own" in caplog.text, "the suspicion is told")


def test_a_password_is_needed_and_given(tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    passwords.touch(mode=0o600)
    subprocess.run(["mosquitto_passwd", "-b", str(passwords), "edged", PASSWORD], check=True)
    shutil.chown(passwords, "mosquitto")
    tmp_path.chmod(0o755)
    for parent in list(tmp_path.parents)[:3]:
        parent.chmod(0o755)
    mosquitto = Mosquitto(tmp_path, f"password_file {passwords}", anonymous=False).start()
    try:
        BrokerLink(broker_at(mosquitto.port, username="edged", password=PASSWORD)).probe()
        with pytest.raises(LinkError, match=r"refuses us.*password"):
            BrokerLink(broker_at(mosquitto.port, username="edged", password=PASSWORD[1:])).probe()
    finally:
        mosquitto.kill()


def test_a_broker_that_is_not_there_is_named() -> None:
    port = free_port()
    with pytest.raises(LinkError, match=f"127.0.0.1:{port} cannot be reached"):
        BrokerLink(broker_at(port)).probe()


def test_something_that_is_no_broker_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edged.mqtt.client.CONNECT_TIMEOUT_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(LinkError, match="does not answer as an MQTT broker"):
        BrokerLink(broker_at(mute.getsockname()[1])).probe()


def test_stopping_does_not_wait_for_a_broker_that_is_not_there() -> None:
    bridge = Bridge(BrokerLink(broker_at(free_port())), TOPICS, on_input=lambda: None, subscriber_grace_seconds=1.0)
    bridge.start()
    bridge.stop(1.0)
    assert not bridge.is_connected()


PASSWORD = "secret"  # noqa: S105 - of the test's own broker


def certificate(folder: Path, name: str, issuer: str | None = None) -> tuple[Path, Path]:
    key, request, file = folder / f"{name}.key", folder / f"{name}.csr", folder / f"{name}.crt"
    extensions = folder / f"{name}.ext"
    extensions.write_text("subjectAltName=IP:127.0.0.1\n" if issuer else "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n")
    subject = ["-subj", f"/CN={name}"]
    subprocess.run(
        ["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, *subject], check=True, capture_output=True
    )
    by_issuer = ["-CA", str(folder / f"{issuer}.crt"), "-CAkey", str(folder / f"{issuer}.key"), "-CAcreateserial"]
    signer = by_issuer if issuer else ["-signkey", str(key)]
    subprocess.run(
        ["openssl", "x509", "-req", "-in", request, "-days", "2", "-extfile", extensions, "-out", file, *signer],
        check=True,
        capture_output=True,
    )
    key.chmod(0o644)
    return file, key


# paho leaves a socket whose TLS handshake failed to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_tls_with_a_client_certificate(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    for parent in list(tmp_path.parents)[:3]:
        parent.chmod(0o755)
    authority, _ = certificate(tmp_path, "authority")
    server, server_key = certificate(tmp_path, "server", "authority")
    client, client_key = certificate(tmp_path, "client", "authority")
    mosquitto = Mosquitto(tmp_path, f"cafile {authority}\ncertfile {server}\nkeyfile {server_key}\nrequire_certificate true").start()
    try:
        BrokerLink(broker_at(mosquitto.port, tls=Tls(authority, client, client_key))).probe()
        with pytest.raises(LinkError, match=r"cannot be reached.*verify failed"):
            BrokerLink(broker_at(mosquitto.port, tls=Tls())).probe()
        with pytest.raises(LinkError):
            BrokerLink(broker_at(mosquitto.port, tls=Tls(authority))).probe()
    finally:
        mosquitto.kill()


def test_tls_files_that_are_none_are_named(tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense")
    with pytest.raises(ConfigError, match=r"nonsense\.pem"):
        BrokerLink(broker_at(1883, tls=Tls(ca_file=nonsense)))
