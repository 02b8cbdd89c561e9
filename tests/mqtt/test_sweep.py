"""Taking away what a broker keeps: all of one device, and nothing of anybody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edged.errors import LinkError
from edged.mqtt.broker import Broker
from edged.mqtt.broker_link import BrokerLink
from edged.mqtt.sweep import Sweep
from tests.broker import Subscriber, free_port
from tests.mqtt.conftest import TOPICS

if TYPE_CHECKING:
    from tests.broker import Mosquitto

OWN = ("edged/door/availability", "edged/door/old_camera/status", "homeassistant/device/edged_door/config")
FOREIGN = ("edged/gate/availability", "homeassistant/device/edged_gate/config", "home")


def sweep(port: int, *, mqtt5: bool = True) -> list[str]:
    return Sweep(BrokerLink(Broker("127.0.0.1", port, "sweep", mqtt5=mqtt5), wants_retained=True), TOPICS).run()


def kept(port: int) -> set[str]:
    with Subscriber(port) as latecomer:
        latecomer.publish("last", "")
        latecomer.wait_for("last")
        return {heard.topic for heard in latecomer.heard if heard.retained}


@pytest.mark.parametrize("mqtt5", [True, False])
def test_everything_of_this_device_goes_and_nothing_of_others(broker: Mosquitto, subscriber: Subscriber, *, mqtt5: bool) -> None:
    for topic in (*OWN, *FOREIGN):
        subscriber.publish(topic, "offline", retain=True)
    assert sweep(broker.port, mqtt5=mqtt5) == sorted(OWN)
    assert kept(broker.port) == set(FOREIGN)
    assert sweep(broker.port, mqtt5=mqtt5) == []


def test_a_device_that_runs_is_left_alone(broker: Mosquitto, subscriber: Subscriber) -> None:
    subscriber.publish("edged/door/availability", "online", retain=True)
    with pytest.raises(LinkError, match="stop it first"):
        sweep(broker.port)
    assert kept(broker.port) == {"edged/door/availability"}


def test_a_broker_that_is_not_there_is_said() -> None:
    with pytest.raises(LinkError, match="cannot be reached"):
        sweep(free_port())
