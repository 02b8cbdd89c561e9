"""Makes of a configuration what a reload makes again: the way to the broker, what is allowed there, cameras, and what the device is.

When any of it is made is not known here.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

from edged.camera.addresses import with_login
from edged.camera.decoder_trial import DecoderTrial
from edged.camera.feed import Feed, Patience
from edged.camera.opening import open_source, seconds_before_others
from edged.camera.source import SourceOptions
from edged.config import read_camera_password, read_password
from edged.daemon.cameras import RunningCamera
from edged.daemon.hints import Mounting
from edged.errors import CameraError, ConfigError
from edged.homeassistant.announcer import topics_of
from edged.interface.access import Access
from edged.interface.events import EVENTS
from edged.interface.states import SCHEMA_VERSION, InfoPayload, ModelInfo
from edged.mqtt.broker import Broker, Tls
from edged.pipeline.pipeline import Pipeline
from edged.pipeline.zone import Zone

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged import config
    from edged.camera.source import Source
    from edged.config import Config
    from edged.daemon.opening import FaceParts
    from edged.pipeline.event_maker import KnownFace


def broker(config: Config) -> Broker:
    """Where the broker is and who we are to it; raises as read_password()."""
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
        most_request_bytes=mqtt.most_request_bytes,
    )


def access(config: Config) -> Access:
    """Which requests over MQTT are carried out."""
    return Access(topics_of(config), config.mqtt.allow.groups, config.mqtt.response_topics)


def source_options(camera: config.CameraConfig) -> SourceOptions:
    """How a camera is to be opened."""
    return SourceOptions(
        camera.width,
        camera.height,
        camera.frames_per_second,
        loop=camera.loop,
        pace=camera.pace,
        pipeline=camera.pipeline,
        rotate=camera.rotate,
        flip=camera.flip,
        aspect=camera.aspect_ratio,
        decoder=camera.decoder,
        picamera=camera.picamera,
    )


def patience_with(camera: config.CameraConfig) -> Patience:
    """How long a camera may give nothing."""
    options = source_options(camera)
    return Patience.of(options, seconds_before_others(camera.source, options))


def open_camera(camera: config.CameraConfig, trial: DecoderTrial | None = None) -> Source:
    """Open a camera with its user name and password, which are read anew each time; raises as open_source()."""
    try:
        password = read_camera_password(camera)
    except ConfigError as error:
        raise CameraError(str(error)) from error
    options = replace(source_options(camera), hides_source=password is not None)
    return open_source(camera.name, with_login(camera.source, camera.username, password), options, trial)


def camera_of(
    camera: config.CameraConfig, parts: FaceParts, on_change: Callable[[], None], on_known: Callable[[KnownFace], None] | None
) -> RunningCamera:
    """A camera that has not begun; on_change is called when it has something new, on_known with each known face that has left."""
    feed = Feed(camera.name, partial(open_camera, camera, DecoderTrial()), on_change=on_change, patience=patience_with(camera))
    shared, networks, zone = parts.gallery.shared, parts.attributes, Zone(camera.zone or ())
    pipeline = Pipeline(
        camera.name, parts.reader, shared, networks=networks, max_fps=camera.max_fps, zone=zone, own_settings=camera.own_settings
    )
    if on_known:
        pipeline.on_known = on_known
    return RunningCamera(feed, pipeline, mounting=Mounting(camera.rotate, camera.flip), keeps_budget=camera.pace == "realtime")


def info_of(config: Config, parts: FaceParts) -> InfoPayload:
    """What the device is, for whoever asks the broker."""
    reader, networks = parts.reader, parts.attributes
    embedder = reader.embedding_card
    cards = {
        reader.detection_card.id: reader.detection_card.file,
        embedder.id: tuple(file for part in embedder.parts for file in part.card.file),
        networks.emotion_card.id: networks.emotion_card.file,
        networks.age_gender_card.id: networks.age_gender_card.file,
    }
    return InfoPayload(
        version=version("edged"),
        schema_version=SCHEMA_VERSION,
        models=tuple(ModelInfo(id=card, files={file.name: file.sha256 for file in files}) for card, files in cards.items()),
        cameras=tuple(camera.name for camera in config.camera),
        events=tuple(EVENTS),
        requests=access(config).verbs(),
    )
