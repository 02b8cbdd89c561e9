"""The composition root: reads the configuration and wires the parts into a daemon, or into what a shell command needs.

It decides nothing; every part gets plain arguments.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import sysconfig
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import cv2

from edged.camera.feed import Feed
from edged.camera.source import SourceOptions, open_source
from edged.config import gallery_path, read_password
from edged.control.control import Control
from edged.daemon.budget import Budget
from edged.daemon.cameras import RunningCamera
from edged.daemon.event_publisher import EventPublisher
from edged.daemon.worker import Waker, Worker
from edged.enrollment.re_embedding import renew
from edged.errors import ModelError
from edged.gallery.memory import StrangerMemory
from edged.gallery.store import Gallery
from edged.gallery.strangers import Strangers
from edged.homeassistant import discovery
from edged.homeassistant.announcer import Announcer, describe, topics_of
from edged.interface.events import EVENTS
from edged.interface.requests import REQUESTS
from edged.interface.states import SCHEMA_VERSION, InfoPayload, ModelInfo
from edged.interface.topics import DISCOVERY_PREFIX
from edged.mqtt.asking import Asker
from edged.mqtt.bridge import Bridge
from edged.mqtt.client import Broker, BrokerLink, Tls
from edged.mqtt.sweep import Sweep
from edged.pipeline.attributes import AttributeNetworks
from edged.pipeline.pipeline import Pipeline
from edged.pipeline.shared_state import OwnRules
from edged.pipeline.zone import Zone
from edged.storage.database import open_database
from edged.storage.kept_settings import KeptSettings
from edged.storage.outbox import Outbox
from edged.storage.sole_use import sole_use
from edged.system import device, notify
from edged.vision.faces import FaceReader
from edged.vision.model_card import read_embedding_card
from edged.vision.selftest import test_golden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edged import config
    from edged.config import Config
    from edged.storage.database import Database

log = logging.getLogger(__name__)

STOP_SECONDS = 3.0
"""How long the goodbye to the broker may take."""


@dataclass(frozen=True, slots=True)
class Enrolling:
    """What the shell's commands on the gallery need."""

    reader: FaceReader
    gallery: Gallery
    control: Control


def models_directory(models: config.Models) -> Path:
    """Where the networks are: as configured, beside the package in a checkout, or where the wheel put them.

    Raises:
        ModelError: nowhere.
    """
    places = (
        [models.directory]
        if models.directory
        else [
            Path(__file__).resolve().parents[2] / "models",
            Path(sysconfig.get_path("data")) / "share" / "edged" / "models",
        ]
    )
    for place in places:
        if (place / models.embedding / "model.toml").is_file():
            return place
    raise ModelError(f"There are no models in {' or '.join(map(str, places))}; set models.directory.")


def embedding_model(config: Config) -> str:
    """The id of the network that embeds, as its card says; the network is not loaded.

    Raises:
        ModelError: the card is missing or says nonsense.
    """
    return read_embedding_card(models_directory(config.models) / config.models.embedding).id


def open_reader(config: Config, *, most_loaded: int | None = None) -> FaceReader:
    """Load the networks; of the detector at most so many files at once, None for all that pictures need.

    Raises:
        ModelError: missing, changed or of the wrong form.
    """
    cv2.setNumThreads(1)  # what OpenCV does here takes microseconds; its threads would only fight those of the networks
    return FaceReader(
        models_directory(config.models),
        detection=config.models.detection,
        embedding=config.models.embedding,
        threads=config.models.threads,
        delegate=config.models.delegate,
        input_width=config.detection.input_width,
        score_threshold=config.detection.score_threshold,
        most_loaded=most_loaded,
    )


def open_attributes(config: Config) -> AttributeNetworks:
    """Read the cards of the attributes; the networks are loaded when they are switched on.

    Raises:
        ModelError: a card is missing or says nonsense.
    """
    return AttributeNetworks(
        models_directory(config.models),
        emotion=config.models.emotion,
        age_gender=config.models.age_gender,
        threads=config.models.threads,
        delegate=config.models.delegate,
    )


@contextmanager
def open_gallery(config: Config) -> Iterator[Gallery]:
    """Open the gallery alone, for commands that need no networks.

    Raises:
        GalleryError: the file cannot be used.
    """
    with open_database(gallery_path(config.gallery)) as database:
        yield Gallery(database)


@contextmanager
def open_strangers(config: Config) -> Iterator[Strangers]:
    """Open the memory of strangers alone.

    Raises:
        GalleryError: the file cannot be used.
    """
    with open_database(gallery_path(config.gallery)) as database:
        yield Strangers(database)


@contextmanager
def open_enrolling(config: Config) -> Iterator[Enrolling]:
    """Open networks and gallery, without camera or broker.

    Raises:
        ModelError: the networks cannot be used.
        GalleryError: the gallery cannot be used.
    """
    reader = open_reader(config)
    with open_database(gallery_path(config.gallery)) as database:
        gallery = Gallery(database)
        yield Enrolling(reader, gallery, _control(config, reader, gallery, database, open_attributes(config)))


def run(config: Config) -> None:
    """Run the daemon until SIGTERM, SIGINT, or the end of every clip.

    Raises:
        ModelError: a network is missing, changed, or gives wrong answers.
        GalleryError: the gallery cannot be used, or another daemon uses it.
        ConfigError: the password file or a TLS file cannot be used.
    """
    device.use_one_arena()
    link = BrokerLink(broker(config))
    reader = open_reader(config, most_loaded=len(config.camera) + 1)  # one for every camera, one for pictures that are sent
    test_golden(reader, models_directory(config.models))
    reader.detector.unload()
    card = reader.embedding_card
    device.release_pages(card.folder / card.file[0].name)  # the runtime has packed the weights into memory of its own
    path = gallery_path(config.gallery)
    with open_database(path) as database, sole_use(path):
        _run(config, link, reader, database)


def broker(config: Config) -> Broker:
    """Where the broker is and who we are to it.

    Raises:
        ConfigError: the password file cannot be read.
    """
    mqtt = config.mqtt
    return Broker(
        host=mqtt.host,
        port=mqtt.port,
        client_id=f"edged-{config.device.id}",
        mqtt5=mqtt.protocol == "5",
        username=mqtt.username,
        password=read_password(mqtt),
        tls=Tls(mqtt.ca_file, mqtt.client_certificate, mqtt.client_key) if mqtt.tls else None,
        keepalive_seconds=mqtt.keepalive_seconds,
    )


def discovery_message(config: Config) -> bytes:
    """What Home Assistant is told of this device.

    Raises:
        GalleryError: the gallery cannot be read.
    """
    with open_gallery(config) as gallery:
        people = {person.id: person.display_name for person in gallery.people()}
    return discovery.message(describe(config, version("edged")), people)


def clear_retained(config: Config) -> list[str]:
    """Have the broker keep nothing of this device any more; the topics on which it kept something.

    Raises:
        ConfigError: the password file cannot be read.
        LinkError: the broker cannot be reached, or edged is running.
    """
    own = broker(config)
    link = BrokerLink(replace(own, client_id=f"{own.client_id}-clear-{os.getpid()}"), wants_retained=True)
    topics = topics_of(config)
    # Where discovery is off now it was not always, or there would be nothing to clear.
    return Sweep(link, replace(topics, discovery_prefix=topics.discovery_prefix or DISCOVERY_PREFIX)).run()


def asker(config: Config, verb: str) -> Asker:
    """Somebody who asks the edged of this configuration, which must be running, over its broker.

    Raises:
        ConfigError: the password file or a TLS file cannot be used.
    """
    link = BrokerLink(replace(broker(config), client_id=f"edged-shell-{secrets.token_hex(4)}"))
    return Asker(link, topics_of(config), verb)


def source_options(camera: config.Camera) -> SourceOptions:
    """How a camera is to be opened."""
    return SourceOptions(
        width=camera.width,
        height=camera.height,
        frames_per_second=camera.frames_per_second,
        loop=camera.loop,
        pace=camera.pace,
        pipeline=camera.pipeline,
    )


def _run(config: Config, link: BrokerLink, reader: FaceReader, database: Database) -> None:
    notifier = notify.Notifier()
    renew(reader, database, on_face=notifier.starting)
    gallery, waker = Gallery(database), Waker()
    networks = open_attributes(config)
    control = _control(config, reader, gallery, database, networks)
    described = describe(config, version("edged"))
    topics = described.topics
    bridge = Bridge(link, topics, on_input=waker.wake, subscriber_grace_seconds=config.mqtt.subscriber_grace_seconds)
    cameras = [_watched(camera, reader, networks, control, waker.wake) for camera in config.camera]
    control.scenes = {camera.name: camera.scene for camera in cameras}
    budget = Budget(config.limits.max_cpu_percent, config.limits.max_temperature_celsius)
    if not notify.can_notify():
        log.warning("systemd waits to hear from edged, but systemd-python is not installed: apt install python3-systemd.")
    post = EventPublisher(Outbox(database), bridge, topics)
    worker = Worker(cameras, control, gallery, post, bridge, topics, notifier, waker, budget, Announcer(bridge, described))
    bridge.publish_state(topics.info, _info(config, reader, networks).to_json())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    bridge.start()
    try:
        worker.run()
    finally:
        bridge.stop(STOP_SECONDS)
        worker.close()


def _control(config: Config, reader: FaceReader, gallery: Gallery, database: Database, networks: AttributeNetworks) -> Control:
    return Control(
        reader,
        gallery,
        StrangerMemory(Strangers(database), reader.embedder.model_id, days=config.gallery.stranger_days),
        KeptSettings(database),
        config.changeable,
        networks,
        keep_pictures=config.gallery.keep_pictures,
        cameras=[camera.name for camera in config.camera],
        max_templates=config.gallery.max_templates_per_person,
    )


def _watched(
    camera: config.Camera, reader: FaceReader, networks: AttributeNetworks, control: Control, on_change: Callable[[], None]
) -> RunningCamera:
    feed = Feed(camera.name, partial(open_source, camera.name, camera.source, source_options(camera)), on_change=on_change)
    pipeline = Pipeline(
        camera.name,
        reader,
        control.shared,
        networks=networks,
        max_fps=camera.max_fps,
        zone=Zone(camera.zone or ()),
        own_rules=OwnRules(camera.match_threshold, camera.margin, camera.min_face_px),
    )
    return RunningCamera(feed, pipeline, keeps_budget=camera.pace == "realtime")


def _info(config: Config, reader: FaceReader, networks: AttributeNetworks) -> InfoPayload:
    cards = (reader.detection_card, reader.embedding_card, networks.emotion_card, networks.age_gender_card)
    return InfoPayload(
        version=version("edged"),
        schema_version=SCHEMA_VERSION,
        models=tuple(ModelInfo(id=card.id, files={file.name: file.sha256 for file in card.file}) for card in cards),
        cameras=tuple(camera.name for camera in config.camera),
        events=tuple(EVENTS),
        requests=tuple(REQUESTS),
    )
