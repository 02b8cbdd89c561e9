"""A real mosquitto on a free loopback port, and a subscriber that notes what it is told.

Shared by the tests that need a broker; knows nothing of edged's topics.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from paho.mqtt.client import ConnectFlags, MQTTMessage
    from paho.mqtt.reasoncodes import ReasonCode

MOST_BYTES = 268_435_455
"""Bytes of the longest packet that MQTT has."""
PATIENCE_SECONDS = 30.0
"""A deadline for what should happen at once: only a failure waits for it."""


def free_port() -> int:
    """A TCP port of loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], object], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait for a condition, and say what did not happen."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.01)


class Mosquitto:
    """A broker that can be killed and started again on the same port."""

    def __init__(self, folder: Path, extra: str = "", *, anonymous: bool = True, port: int | None = None) -> None:
        """Write the configuration; extra is appended to it.

        The broker stays who starts it: as root it would become the user mosquitto, who cannot read the files of a test. And it takes
        packets of any size, as mosquitto did before version 2.1.
        """
        self.port = port or free_port()
        self._config = folder / f"mosquitto-{self.port}.conf"
        doors = f"listener {self.port} 127.0.0.1\nallow_anonymous {str(anonymous).lower()}"
        self._config.write_text(f"user root\nmax_packet_size {MOST_BYTES}\n{doors}\n{extra}\n", encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start and wait until it listens."""
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
        assert program, "mosquitto is not installed; scripts/setup does it"
        self._process = subprocess.Popen([program, "-c", str(self._config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._listens, "mosquitto listens")
        return self

    def kill(self) -> None:
        """End it without warning."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End it as systemd would."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        if self._process is not None:
            self._process.send_signal(number)

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "mosquitto has ended"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that came to a subscriber."""

    topic: str
    payload: bytes
    retained: bool
    correlation_data: bytes | None


class Subscriber:
    """A client that notes every message below a filter, and comes back when the broker does."""

    def __init__(self, port: int, topic_filter: str = "#") -> None:
        """Connect and wait for the subscription to stand."""
        self.heard: list[Heard] = []
        self._filter = topic_filter
        self._subscribed = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        self._client.connect_async("127.0.0.1", port)
        self._client.loop_start()
        assert self._subscribed.wait(PATIENCE_SECONDS), "the subscriber was not let in"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def on(self, ending: str) -> list[bytes]:
        """Payloads of the topics that end so, in the order in which they came."""
        return [message.payload for message in list(self.heard) if message.topic.endswith(ending)]

    def wait_for(self, ending: str, count: int = 1) -> list[bytes]:
        """Wait until so many messages came on topics that end so."""
        wait_until(lambda: len(self.on(ending)) >= count, f"{count} messages on …{ending}, but {[m.topic for m in self.heard]}")
        return self.on(ending)

    def publish(
        self,
        topic: str,
        payload: bytes | str,
        *,
        retain: bool = False,
        response_topic: str | None = None,
        correlation_data: bytes | None = None,
        wait: bool = True,
    ) -> None:
        """Publish with QoS 1, and wait for the broker to have it unless many are to be under way at once."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # paho leaves it untyped
        if response_topic is not None:
            properties.ResponseTopic = response_topic
        if correlation_data is not None:
            properties.CorrelationData = correlation_data
        publishing = self._client.publish(topic, payload, qos=1, retain=retain, properties=properties)
        if wait:
            publishing.wait_for_publish(PATIENCE_SECONDS)

    def _on_connect(self, client: Client, _data: object, _flags: ConnectFlags, reason: ReasonCode, _properties: Properties | None) -> None:
        if not reason.is_failure:
            client.subscribe(self._filter, qos=1)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        correlation = getattr(message.properties, "CorrelationData", None)
        self.heard.append(Heard(message.topic, bytes(message.payload), message.retain, correlation))
