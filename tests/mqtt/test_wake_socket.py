"""Waiting for the network and for a wake-up at once."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from edged.errors import LinkError
from edged.mqtt.wake_socket import WakeSocket
from tests.broker import PATIENCE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def wake_socket() -> Iterator[WakeSocket]:
    found = WakeSocket()
    yield found
    found.close()


def test_a_wait_ends_when_another_thread_wakes_it(wake_socket: WakeSocket) -> None:
    waiting = threading.Thread(target=wake_socket.wait, args=([], [], PATIENCE_SECONDS))
    waiting.start()
    wake_socket.wake()
    waiting.join(PATIENCE_SECONDS / 2)
    assert not waiting.is_alive()


def test_however_often_it_is_woken_nobody_is_held_up_and_one_wait_ends(wake_socket: WakeSocket) -> None:
    for _ in range(100_000):
        wake_socket.wake()
    wake_socket.wait([], [], PATIENCE_SECONDS)


def test_it_says_which_of_the_others_can_be_read_and_written(wake_socket: WakeSocket) -> None:
    near, far = socket.socketpair()
    with near, far:
        assert wake_socket.wait([near], [near], PATIENCE_SECONDS) == ([], [near])
        far.send(b"x")
        assert wake_socket.wait([near], [], PATIENCE_SECONDS) == ([near], [])


def test_a_socket_that_was_closed_is_a_lost_connection(wake_socket: WakeSocket) -> None:
    near, far = socket.socketpair()
    near.close()
    far.close()
    with pytest.raises(LinkError, match="was closed"):
        wake_socket.wait([near], [], PATIENCE_SECONDS)


def test_to_wake_who_waits_no_more_does_no_harm() -> None:
    ended = WakeSocket()
    ended.close()
    ended.wake()
