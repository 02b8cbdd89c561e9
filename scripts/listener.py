"""A client of the broker on loopback that hears topics while it is entered: what those share who try the real daemon from outside.

It does not know what is heard.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from paho.mqtt.client import MQTTMessage


class Listener(ABC):
    """Subscribes whenever it is connected, by QoS 1; what comes is given to _on_message() on a thread of the client's."""

    def __init__(self, port: int, topics: Iterable[str]) -> None:
        """Connect to the broker on this port of loopback, once it is entered."""
        subscriptions = [(topic, 1) for topic in topics]
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.max_queued_messages_set(0)
        self._client.on_connect = lambda client, *_: client.subscribe(subscriptions)
        self._client.on_message = self._on_message
        self._client.connect_async("127.0.0.1", port)

    def __enter__(self) -> Self:
        self._client.loop_start()
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    @abstractmethod
    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        """Take a message."""
