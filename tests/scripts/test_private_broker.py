"""A broker of one's own takes connections on loopback, on a port that was free."""

from __future__ import annotations

import socket
import subprocess
from typing import TYPE_CHECKING

import private_broker
from paho.mqtt.publish import single

from tests.broker import Subscriber, wait_until

if TYPE_CHECKING:
    from pathlib import Path


def accepts(port: int) -> bool:
    """Whether somebody listens on a port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_it_carries_messages(tmp_path: Path) -> None:
    found = private_broker.command(tmp_path)
    assert found
    command, port = found
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as broker:
        try:
            wait_until(lambda: accepts(port), "the broker listens")
            with Subscriber(port) as subscriber:
                single("a/topic", b"a message", qos=1, port=port)
                subscriber.wait_for("a/topic")
        finally:
            broker.terminate()


def test_two_have_two_ports(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    first, second = (private_broker.command(folder) for folder in folders)
    assert first
    assert second
    assert first[1] != second[1]
