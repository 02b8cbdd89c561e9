"""Who speaks to the broker in the name of a configuration: the daemon, those who ask it, clear up after it, or try what it does.

Only the daemon stays; what is said is not known here.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING

from edged.config import SETTINGS
from edged.control.safety import safe_range
from edged.daemon.making import broker
from edged.daemon.opening import models_directory, open_records
from edged.errors import ModelError
from edged.gallery.store import display_names
from edged.homeassistant import discovery
from edged.homeassistant.announcer import description_of, topics_of
from edged.homeassistant.moving import kept_filters
from edged.interface.topics import DISCOVERY_PREFIX
from edged.mqtt.asking import Asker
from edged.mqtt.broker_link import BrokerLink
from edged.mqtt.inputs import subscriptions
from edged.mqtt.recall import Recall
from edged.mqtt.sweep import Sweep
from edged.mqtt.trial import Trial
from edged.system import device
from edged.vision.joint_card import read_embedder_card

if TYPE_CHECKING:
    from edged.config import Config
    from edged.homeassistant.device import DeviceDescription
    from edged.interface.form import AnswerT, FormT, Verb
    from edged.vision.model_card import EmbedderCard


def description(config: Config, card: EmbedderCard | None) -> DeviceDescription:
    """The device as Home Assistant is told of it; card is that of the network in use, None where there is none."""
    lowest = {name: safe_range(name, card.impostor_tail)[0] for name in SETTINGS} if card else {}
    least = {name: value for name, value in lowest.items() if value is not None}
    has_thermometer = device.temperature_celsius() is not None
    return description_of(config, version("edged"), least=least, has_thermometer=has_thermometer)


def discovery_messages(config: Config) -> dict[str, bytes]:
    """What Home Assistant is told of this device and of each of its cameras, by topic; raises as open_records()."""
    with open_records(config, to_read=True) as known:
        people = display_names(known.gallery)
    card = None
    with suppress(ModelError):  # then the ranges are those of the settings alone
        card = read_embedder_card(models_directory(config.models), config.models.embedders)
    described = description(config, card)
    topics = {described.topics.discovery: None} | {described.topics.camera_discovery(one): one for one in described.cameras}
    return {topic: discovery.message(described, people, camera) for topic, camera in topics.items() if topic}


def clear_retained(config: Config) -> list[str]:
    """Have the broker keep nothing of this device any more; the topics on which it kept something.

    Raises:
        ConfigError: as read_password().
        LinkError: as Sweep.run().
    """
    own = broker(config)
    link = BrokerLink(replace(own, client_id=f"{own.client_id}-clear-{os.getpid()}"), wants_retained=True)
    topics = topics_of(config)
    # Where discovery is off now it was not always, or there would be nothing to clear.
    return Sweep(link, replace(topics, discovery_prefix=topics.discovery_prefix or DISCOVERY_PREFIX)).run()


def recall(config: Config, described: DeviceDescription) -> Recall:
    """Somebody who reads once what the broker keeps of this device, under an id of their own; raises as BrokerLink()."""
    own = broker(config)
    link = BrokerLink(replace(own, client_id=f"{own.client_id}-recall-{os.getpid()}"), wants_retained=True)
    return Recall(link, kept_filters(described))


def trial(config: Config) -> Trial:
    """Somebody who does once at the broker what the daemon does there, under an id of their own; raises as BrokerLink()."""
    own, topics = broker(config), topics_of(config)
    return Trial(replace(own, client_id=f"{own.client_id}-check-{os.getpid()}"), topics.response("check"), subscriptions(topics))


def asker(config: Config, verb: Verb[FormT, AnswerT]) -> Asker[FormT, AnswerT]:
    """Somebody who asks the edged of this configuration, which must be running, over its broker; raises as BrokerLink()."""
    link = BrokerLink(replace(broker(config), client_id=f"edged-shell-{secrets.token_hex(4)}"))
    return Asker(link, topics_of(config), verb)
