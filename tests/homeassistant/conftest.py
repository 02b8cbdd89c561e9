"""What the tests of Home Assistant share with those of MQTT: a bridge over a link in memory."""

from tests.mqtt.conftest import bridge, clock, link

__all__ = ["bridge", "clock", "link"]
