"""What every test may ask for: a broker.

Knows nothing of what is tested with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.broker import Mosquitto, Subscriber

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running mosquitto that lets everybody in."""
    mosquitto = Mosquitto(tmp_path).start()
    yield mosquitto
    mosquitto.kill()


@pytest.fixture
def subscriber(broker: Mosquitto) -> Iterator[Subscriber]:
    """Somebody who hears everything on that broker."""
    with Subscriber(broker.port) as listener:
        yield listener
