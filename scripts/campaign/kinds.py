"""Kinds of faults: what is done to a door, and for how long.

It does not know what comes of it.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.witness import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.door import Door


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault by its name; run does it to a door, and returns when the fault is over. weight is how often it is drawn."""

    name: str
    run: Callable[[Door], None]
    weight: float = 1.0


def kill(door: Door) -> None:
    """End edged without warning while changes are under way."""
    door.live(door.random.uniform(0.1, 0.8))
    for _ in range(door.random.randrange(4)):
        door.owner.change()
    door.kill()
    door.start()


def kill_as_it_starts(door: Door) -> None:
    """End it once more before it is ready."""
    kill(door)
    door.live(door.random.uniform(0.1, 1.5))
    door.kill()
    door.start()


def stop(door: Door) -> None:
    """End it as systemd would, while changes are under way."""
    door.live(door.random.uniform(0.1, 0.8))
    door.stop()
    door.start()


def freeze(door: Door) -> None:
    """Give it no processor time for a moment."""
    door.process.send_signal(signal.SIGSTOP)
    door.live(door.random.uniform(0.2, 3.0))
    door.process.send_signal(signal.SIGCONT)


def kill_broker(door: Door) -> None:
    """End the broker without warning."""
    door.live(door.random.uniform(0.0, 0.4))
    door.broker.kill()
    door.live(door.random.uniform(0.0, 2.0))
    door.broker.start()


def stop_broker(door: Door) -> None:
    """End the broker as systemd would."""
    door.broker.stop()
    door.live(door.random.uniform(0.0, 1.0))
    door.broker.start()


def freeze_broker(door: Door) -> None:
    """Give the broker no processor time for a moment."""
    door.broker.send_signal(signal.SIGSTOP)
    door.live(door.random.uniform(0.2, 3.0))
    door.broker.send_signal(signal.SIGCONT)


def kill_both(door: Door) -> None:
    """End both without warning, as when the plug is pulled of a house whose disks take everything."""
    door.live(door.random.uniform(0.1, 0.5))
    door.broker.kill()
    door.kill()
    door.broker.start()
    wait_for(door.witness.is_there.is_set, seconds=5.0)
    door.start()


def cut(door: Door) -> None:
    """End the connection between them, several times."""
    for _ in range(door.random.randrange(1, 4)):
        door.live(door.random.uniform(0.0, 0.4))
        door.proxy.cut()


def refuse(door: Door) -> None:
    """Let nobody in for a while."""
    door.proxy.is_closed = True
    door.proxy.cut()
    door.live(door.random.uniform(0.2, 3.0))
    door.proxy.reset()


def hold(door: Door) -> None:
    """Pass nothing on for a while, and all of it afterwards."""
    door.proxy.is_held = True
    door.live(door.random.uniform(0.2, 3.0))
    door.proxy.reset()


def half_open(door: Door) -> None:
    """Lose what is sent on a connection that looks as if it were open, until it ends."""
    door.proxy.is_silent = True
    door.live(door.random.uniform(0.2, 3.0))
    door.proxy.cut()
    door.proxy.reset()


def delay(door: Door) -> None:
    """Pass everything on late."""
    door.proxy.delay_seconds = door.random.uniform(0.05, 0.5)
    door.live(door.random.uniform(0.5, 2.0))
    door.proxy.reset()


def throttle(door: Door) -> None:
    """Pass on few bytes a second."""
    door.proxy.bytes_per_second = door.random.uniform(5_000, 50_000)
    door.live(door.random.uniform(0.5, 2.0))
    door.proxy.reset()


PROGRAMS = (
    Kind("kill", kill),
    Kind("kill as it starts", kill_as_it_starts, 0.5),
    Kind("stop", stop, 0.7),
    Kind("freeze", freeze),
    Kind("kill of the broker", kill_broker),
    Kind("stop of the broker", stop_broker),
    Kind("freeze of the broker", freeze_broker),
    Kind("kill of both", kill_both, 0.7),
)
NETWORK = (
    Kind("cut", cut, 2.0),
    Kind("refuse", refuse),
    Kind("hold", hold),
    Kind("half open", half_open, 1.5),
    Kind("delay", delay),
    Kind("throttle", throttle),
)
