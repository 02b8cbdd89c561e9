"""One connection to a real mosquitto: logins, TLS, brokers that are none, and whatever paho may raise."""

from __future__ import annotations

import socket
import ssl
import struct
import subprocess
import threading
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from paho.mqtt import client, properties, reasoncodes, subscribeoptions
from paho.mqtt import exception as exceptions

from edged.errors import LinkError
from edged.mqtt.broker import Tls
from edged.mqtt.broker_socket import QUICK_ACKNOWLEDGEMENTS
from edged.mqtt.client import Connection
from edged.mqtt.link import Message, Received
from edged.mqtt.trial import Trial
from edged.mqtt.wake_socket import WakeSocket
from tests.broker import PATIENCE_SECONDS, Mosquitto, free_port
from tests.mqtt.conftest import broker_at, certificate
from tests.seams import raised_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from edged.mqtt.broker import Broker
    from tests.broker import Subscriber

FOREIGN: tuple[type[Exception], ...] = (
    *raised_by(client, exceptions, properties, reasoncodes, subscribeoptions),
    OSError,
    ConnectionRefusedError,
    ConnectionResetError,
    BrokenPipeError,
    TimeoutError,
    socket.gaierror,
    ssl.SSLError,
    ssl.SSLCertVerificationError,
    ssl.SSLEOFError,
    UnicodeError,
    struct.error,
)
"""What paho raises by its source, and what it passes on of Python's sockets, TLS and packing."""

CONNACK, PINGRESP, DISCONNECT = b"\x20\x03\x00\x00\x00", b"\xd0\x00", b"\xe0"
"""Packets of MQTT 5, the last by its first byte."""
PASSWORD = "secret"  # noqa: S105 - of the test's own broker


def probe(broker: Broker) -> list[str]:
    return list(Trial(replace(broker, client_id="edged-door-check"), "edged/door/response/check", ("edged/door/request/+",)).run())


def test_a_password_is_needed_and_given(tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    passwords.touch(mode=0o600)
    subprocess.run(["mosquitto_passwd", "-b", str(passwords), "edged", PASSWORD], check=True)
    mosquitto = Mosquitto(tmp_path, f"password_file {passwords}", anonymous=False).start()
    try:
        probe(broker_at(mosquitto.port, username="edged", password=PASSWORD))
        with pytest.raises(LinkError, match=r"refuses us.*password"):
            probe(broker_at(mosquitto.port, username="edged", password=PASSWORD[1:]))
    finally:
        mosquitto.kill()


def test_a_broker_that_is_not_there_is_named() -> None:
    port = free_port()
    with pytest.raises(LinkError, match=f"127.0.0.1:{port} cannot be reached"):
        probe(broker_at(port))


def test_something_that_is_no_broker_is_told_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(LinkError, match="does not answer as an MQTT broker"):
        probe(broker_at(mute.getsockname()[1], connect_timeout_seconds=0.5))


def test_tls_with_a_client_certificate(tmp_path: Path) -> None:
    authority, _ = certificate(tmp_path, "authority")
    server, server_key = certificate(tmp_path, "server", "authority")
    client, client_key = certificate(tmp_path, "client", "authority")
    mosquitto = Mosquitto(tmp_path, f"cafile {authority}\ncertfile {server}\nkeyfile {server_key}\nrequire_certificate true").start()
    try:
        probe(broker_at(mosquitto.port, tls=Tls(authority, client, client_key)))
        with pytest.raises(LinkError, match=r"certificate .* not trusted.*Set mqtt\.ca_file"):
            probe(broker_at(mosquitto.port, tls=Tls()))
        with pytest.raises(LinkError, match=r"certificate .*localhost.* not trusted.*set mqtt\.host to one that stands in it"):
            probe(replace(broker_at(mosquitto.port, tls=Tls(authority, client, client_key)), host="localhost"))
        with pytest.raises(LinkError, match=r"ask for a certificate of this device: set mqtt\.client_certificate and mqtt\.client_key"):
            probe(broker_at(mosquitto.port, tls=Tls(authority)))
        with pytest.raises(LinkError, match=r"not trust the certificate of this device: have mqtt\.client_certificate signed by"):
            probe(broker_at(mosquitto.port, tls=Tls(authority, *certificate(tmp_path, "foreign"))))
    finally:
        mosquitto.kill()


def test_a_certificate_whose_time_is_over_is_told_and_so_is_the_clock(tmp_path: Path) -> None:
    authority, _ = certificate(tmp_path, "authority")
    server, server_key = certificate(tmp_path, "server", "authority", days=0)
    mosquitto = Mosquitto(tmp_path, f"cafile {authority}\ncertfile {server}\nkeyfile {server_key}").start()
    try:
        with pytest.raises(LinkError, match=r"has expired\. Its time is over: renew it, if the clock of this device is right\.$"):
            probe(broker_at(mosquitto.port, tls=Tls(authority)))
    finally:
        mosquitto.kill()


@pytest.fixture
def wake_socket() -> Iterator[WakeSocket]:
    found = WakeSocket()
    yield found
    found.close()


def step_until_lost(connection: Connection, wake_socket: WakeSocket) -> None:
    while True:
        connection.step(wake_socket)


def send_and_step(connection: Connection, wake_socket: WakeSocket) -> None:
    connection.send(Message("edged/door/info", b"{}"))
    step_until_lost(connection, wake_socket)


def raiser(kind: type[Exception]) -> Callable[..., None]:
    """Fail so, whatever is asked."""

    def fail(*_: object, **__: object) -> None:
        raise kind("broken")

    return fail


CALLS: dict[str, Callable[[Connection, WakeSocket], object]] = {
    "connect": lambda connection, wake_socket: connection.open(wake_socket, lambda: False),
    "subscribe": lambda connection, wake_socket: connection.open(wake_socket, lambda: False),
    "publish": lambda connection, _: connection.send(Message("edged/door/info", b"{}")),
    "loop_read": send_and_step,
    "loop_write": send_and_step,
    "loop_misc": send_and_step,
    "disconnect": lambda connection, _: connection.disconnect(),
}
"""Every call of paho that may fail, and what makes it."""


@pytest.mark.parametrize("call", CALLS)
def test_nothing_that_paho_raises_gets_through(
    broker: Mosquitto, wake_socket: WakeSocket, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    for kind in FOREIGN:
        connection = Connection(broker_at(broker.port), None, subscriptions=("edged/#",))
        if call not in {"connect", "subscribe"}:
            connection.open(wake_socket, lambda: False)
        with monkeypatch.context() as patched:
            patched.setattr(client.Client, "want_write", lambda _: call == "loop_write")
            patched.setattr(client.Client, call, raiser(kind))
            with pytest.raises(LinkError):
                CALLS[call](connection, wake_socket)
        connection.close()


@pytest.mark.parametrize("call", ["will_set", "username_pw_set", "tls_set_context"])
def test_nothing_that_paho_raises_on_the_way_to_a_connection_gets_through(monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    for kind in FOREIGN:
        monkeypatch.setattr(client.Client, call, raiser(kind))
        with pytest.raises(LinkError, match="cannot be prepared"):
            Connection(broker_at(1883, username="edged"), Tls().context(), Message("edged/door/availability", b"offline"))


def test_what_arrived_before_a_loss_can_still_be_taken(broker: Mosquitto, subscriber: Subscriber, wake_socket: WakeSocket) -> None:
    connection = Connection(broker_at(broker.port), None, subscriptions=("greeting",))
    connection.open(wake_socket, lambda: False)
    for greeting in (b"hello", b"bye"):  # the second is not passed on before the first
        connection.send(Message("greeting", greeting))
    subscriber.wait_for("greeting", 2)
    broker.kill()
    with pytest.raises(LinkError):
        step_until_lost(connection, wake_socket)
    assert b"hello" in [arrival.payload for arrival in connection.arrived() if isinstance(arrival, Received)]
    connection.close()


@pytest.mark.skipif(QUICK_ACKNOWLEDGEMENTS is None, reason="only Linux can be asked for it")
def test_what_comes_is_acknowledged_at_once_also_after_many_answers(broker: Mosquitto, wake_socket: WakeSocket) -> None:
    connection = Connection(broker_at(broker.port), None, subscriptions=("echo",))
    connection.open(wake_socket, lambda: False)
    for number in range(5):
        connection.send(Message("echo", str(number).encode()))
        while str(number).encode() not in [arrival.payload for arrival in connection.arrived() if isinstance(arrival, Received)]:
            connection.step(wake_socket)
    network: Any = connection._client.socket()
    assert network.getsockopt(socket.IPPROTO_TCP, QUICK_ACKNOWLEDGEMENTS) == 1
    connection.disconnect()
    connection.close()


def test_whoever_parts_with_something_unread_is_not_taken_for_lost(wake_socket: WakeSocket) -> None:
    """Its DISCONNECT has to reach the broker: closed with something unread the connection would be reset, and the will be said."""
    said: list[bytes] = []

    def serve(server: socket.socket) -> None:
        with server.accept()[0] as end:
            end.settimeout(PATIENCE_SECONDS)
            end.recv(1000)
            end.sendall(CONNACK + PINGRESP)  # of which the second is read by nobody
            with suppress(ConnectionResetError):
                said.append(end.recv(1000))
                end.shutdown(socket.SHUT_WR)
                said.append(end.recv(1000))

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,), daemon=True)
        thread.start()
        connection = Connection(broker_at(server.getsockname()[1]), None)
        connection.open(wake_socket, lambda: False)
        connection.disconnect()
        connection.close()
        thread.join()
    assert [one[:1] for one in said] == [DISCONNECT, b""]
