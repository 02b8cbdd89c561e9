"""The composition root: reads the configuration and wires the parts into a daemon, or into what a shell command needs.

It decides nothing; every part gets plain arguments.
"""

from __future__ import annotations

import logging
import signal
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from edged.config import gallery_path
from edged.daemon import broker_side
from edged.daemon.budget import Budget
from edged.daemon.cameras import Cameras, CameraStates
from edged.daemon.device_upkeep import DeviceUpkeep, NetworkUpkeep
from edged.daemon.event_publisher import EventPublisher
from edged.daemon.gallery_file import advice, open_to_run
from edged.daemon.gallery_watch import GalleryWatch
from edged.daemon.health import HealthReport
from edged.daemon.introduction import Introduction
from edged.daemon.making import access, broker, camera_of, info_of
from edged.daemon.new_gallery import NewGallery, is_new
from edged.daemon.opening import face_parts, gallery_parts, open_attributes, open_mesh, open_reader
from edged.daemon.person_states import PersonStates
from edged.daemon.reloading import Reloading
from edged.daemon.requests import Replies, Requests
from edged.daemon.states import StatePublisher
from edged.daemon.status_line import StatusLine, log_start
from edged.daemon.upkeep import ClockUpkeep, GalleryUpkeep, RunUpkeep
from edged.daemon.worker import Waker, Worker
from edged.enrollment.learning import Learner
from edged.enrollment.live import LiveEnrollment
from edged.enrollment.re_embedding import re_embed
from edged.errors import GalleryError
from edged.homeassistant.announcer import Announcer
from edged.mqtt.bridge import Bridge
from edged.mqtt.broker_link import BrokerLink
from edged.mqtt.changing_link import ChangingLink
from edged.storage.last_number import LastNumber
from edged.storage.outbox import Outbox
from edged.system.aborting import print_threads_when_aborted
from edged.system.beside import Beside, finish
from edged.system.mapped_files import release_pages
from edged.system.notify import Notifier
from edged.system.threads import prepare_for_threads
from edged.vision.golden_check import check_golden

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.config import Config
    from edged.daemon.opening import FaceParts, GalleryParts
    from edged.homeassistant.device import DeviceDescription
    from edged.storage.database import Database
    from edged.system.beside import Turns
    from edged.types import Event
    from edged.vision.faces import FaceReader

log = logging.getLogger(__name__)

STOP_SECONDS = 3.0
"""How long the goodbye to the broker may take."""


def run(config: Config, read_again: Callable[[], Config]) -> None:
    """Run the daemon until SIGTERM, SIGINT, or the end of every clip; at SIGHUP the configuration is read again by read_again.

    Raises:
        ModelError: a network is missing, changed, or gives wrong answers.
        GalleryError: the gallery cannot be used, or another daemon uses it.
        ConfigError: the password file or a TLS file cannot be used.
    """
    prepare_for_threads()
    print_threads_when_aborted()
    link = BrokerLink(broker(config))
    reader = open_reader(config, most_loaded=max(1, len(config.camera)))
    check_golden(reader)
    reader.detector.unload()
    for card, _ in reader.embedding_card.parts:
        release_pages(card.folder / card.file[0].name)  # the runtime has packed the weights into memory of its own
    with open_to_run(config) as database:
        _run(config, read_again, link, reader, database)


def _run(config: Config, read_again: Callable[[], Config], first: BrokerLink, reader: FaceReader, database: Database) -> None:
    notifier = Notifier()
    re_embed(reader, database, on_face=notifier.starting)
    waker = Waker()
    database.write_beside(waker.wake)
    known = gallery_parts(config, database, reader.embedding_card)
    parts = face_parts(known, reader, open_attributes(config), partial(open_mesh, config), Beside("pictures", on_done=waker.wake))
    described = broker_side.description(config, reader.embedding_card)
    link = ChangingLink(first)
    bridge = Bridge(
        link,
        described.topics,
        on_input=waker.wake,
        subscriber_grace_seconds=config.mqtt.subscriber_grace_seconds,
        access=access(config),
        most_request_bytes=config.mqtt.most_request_bytes,
    )
    if not notifier.can_notify():
        log.warning("systemd waits to hear from edged, but systemd-python is not installed: apt install python3-systemd.")
    last = LastNumber(database)
    worker, reloading = _worker(config, parts, bridge, last, described, notifier, waker)
    reloading.link, reloading.read, worker.on_reload = link, read_again, reloading.run
    info = info_of(config, parts)
    bridge.states.publish(described.topics.info, info.to_json())
    log_start(info.version, [model.id for model in info.models[:2]], known.shared)  # those of expression, age and gender may be off
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    signal.signal(signal.SIGHUP, lambda *_: worker.reload())
    bridge.start()
    try:
        has_lost_none = worker.run()
    finally:
        bridge.stop(STOP_SECONDS)
        worker.close()
    if has_lost_none:
        with suppress(GalleryError):  # the next run leaves numbers out then
            finish(last.writer.in_turns(last.end))


def _worker(
    config: Config, parts: FaceParts, bridge: Bridge, last: LastNumber, described: DeviceDescription, notifier: Notifier, waker: Waker
) -> tuple[Worker, Reloading]:
    known, topics, names = parts.gallery, described.topics, [camera.name for camera in config.camera]
    publisher = EventPublisher(Outbox(known.gallery.database, last), bridge, topics, faces=known.event_faces, visits=known.visits)
    announcer = Announcer(bridge.states, described)
    people = PersonStates(bridge.states, topics)
    states = StatePublisher(bridge.states, topics, announcer, people, known.shared, known.settings, known.owner_state)
    replies = Replies(bridge)
    learner = _learner(config, parts, publisher)
    begin = partial(camera_of, parts=parts, on_change=waker.wake, on_known=learner.see if learner else None)
    running = [begin(camera) for camera in config.camera]
    captures = LiveEnrollment(parts.enroller, known.shared, names, answer=replies.send_and_log, after_change=known.reader.after_change)
    camera_states = CameraStates(bridge.states, topics, people)
    cameras = Cameras(running, camera_states, publisher, captures, known.shared, known.owner_state)
    control = parts.control(cameras.scenes, captures, most_bytes=bridge.most_answer_bytes)
    requests = Requests(bridge, control, states, replies)
    known.reader.on_change = cameras.take_over_gallery
    states.on_pictures_off = cameras.drop_pictures
    budget = Budget(config.limits.max_cpu_percent, config.limits.max_temperature_celsius)
    health = HealthReport(publisher, bridge, topics, budget, cameras.all, known.shared)
    watch = GalleryWatch(known.gallery.database, bridge.states, topics)
    publisher.on_refusal = watch.refused
    upkeep = [
        *_questions(config, known, announcer, bridge, watch, described),
        watch.run,
        RunUpkeep(last, on_failure=publisher.wait_for_disk).run,
        ClockUpkeep(
            known.gallery.database,
            on_correction=publisher.take_over_times,
            on_failure=publisher.wait_for_disk,
            is_age_needed=lambda: len(known.shared.strangers.matcher) > 0,
        ).run,
        parts.arrivals.expire,
        GalleryUpkeep(known.reader, known.gallery, known.visits, on_failure=publisher.wait_for_disk, is_empty=cameras.see_nobody).run,
        NetworkUpkeep(parts.reader.detector, cameras.all, bridge.requests_waiting).run,
        DeviceUpkeep(budget, cameras.all, parts.reader.unload_unused).run,
        *([learner.run] if learner else []),
        StatusLine(notifier, bridge, cameras.all, publisher).run,
    ]
    worker = Worker(cameras, requests, publisher, states, health, upkeep, notifier, waker)
    watch.on_recovery = worker.stop
    return worker, Reloading(config, parts, bridge, cameras, names, camera_states, captures, announcer, budget, notifier, begin)


def _learner(config: Config, parts: FaceParts, publisher: EventPublisher) -> Learner | None:
    """What learns from visits; None where the owner does not want it."""
    known = parts.gallery

    def tell(event: Event) -> Turns[None]:
        yield from known.reader.after_change()
        publisher.add([event])

    if config.gallery.learn == "off":
        return None
    asks, failed = config.gallery.learn == "ask", publisher.wait_for_disk
    return Learner(parts.reader, known.lessons, known.shared, asks=asks, on_lesson=tell, on_failure=failed)


def _questions(
    config: Config, known: GalleryParts, announcer: Announcer, bridge: Bridge, watch: GalleryWatch, described: DeviceDescription
) -> list[Callable[[float], None]]:
    """What is to be read at the broker before the device is announced, and done about it; of people only where the gallery is new."""
    recall = broker_side.recall(config, described)
    asked: list[Callable[[float], None]] = []
    if is_new(known.gallery.database) and config.mqtt.discovery_prefix:
        new = NewGallery(recall, announcer, known.shared, bridge, advice(gallery_path(config.gallery)))
        new.on_answer = watch.found_new
        asked.append(new.run)
    recall.start()
    return [*asked, Introduction(recall, announcer, described, bridge, known.shared).run]
