"""The demo: a private broker, the real daemon, a clip as its camera, and every MQTT message as it arrives.

Knows how to start and stop them and what a user would send; how things look is demo_view's business.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import queue
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import demo_view
import door_clip
import portraits
import private_broker
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from paho.mqtt.client import MQTTMessage

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".cache" / "demo"
TOPICS = "edged/demo"
CAMERA = "front_door"
PATIENCE_SECONDS = 30.0


class DemoError(Exception):
    """What went wrong, as a sentence."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A message and when it came."""

    topic: str
    payload: bytes
    at: datetime


def main() -> int:
    """Run the demo; 0 when somebody was recognised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=FOLDER, help="where clip and pictures go (default: .cache/demo)")
    folder = parser.parse_args().output
    try:
        return _demo(folder)
    except (DemoError, portraits.PortraitsError, door_clip.ClipError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _demo(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    people = portraits.fetch()
    clip = folder / "door.mp4"
    if not clip.exists():
        print("Composing a clip of a door camera from public portraits …", flush=True)
        door_clip.compose(people, clip)
    print(f"{people.obama.display_name} is enrolled by one picture; the others are strangers.\n", flush=True)
    events, started_at = _play(clip, people.obama)
    print(f"\n{demo_view.closing_table(events, colour=_colour(), started_at=started_at)}")
    pictures = _annotate(clip, events, started_at, folder)
    print(f"\nThe events as pictures: {_shown(folder)}/event-*.jpg, all in one: {_shown(pictures)}")
    return 0 if any(event["event_type"] == "recognised" for event in events) else 1


def _play(clip: Path, known: portraits.Portrait) -> tuple[list[Mapping[str, Any]], datetime]:
    """Let the daemon see the clip; its events, and when the clip began.

    The clip is put in place when the enrollment is answered: until then edged waits for its camera, as it would at a
    door, and the word that it is online comes with the first frame.
    """
    heard: queue.SimpleQueue[Heard] = queue.SimpleQueue()
    events: list[Mapping[str, Any]] = []
    started_at = datetime.now(UTC)
    with (
        tempfile.TemporaryDirectory() as name,
        _broker(Path(name)) as port,
        _listener(port, heard) as client,
        _daemon(Path(name), port, clip.name) as daemon,
    ):
        enrolled = False
        while daemon.poll() is None or not heard.empty():
            message = _next(heard)
            if message is None:
                continue
            print(demo_view.message_line(message.topic, message.payload, colour=_colour(), received_at=message.at), flush=True)
            if message.topic.endswith("/availability") and not enrolled:
                enrolled = True
                _enroll(client, known)
            elif message.topic.endswith("/response/enroll"):
                (Path(name) / clip.name).symlink_to(clip.resolve())
            elif message.topic.endswith("/status") and b'"online"' in message.payload:
                started_at = message.at
            elif message.topic.endswith("/event"):
                events.append(json.loads(message.payload))
        if daemon.returncode:
            raise DemoError(f"edged ended with code {daemon.returncode}:\n{(Path(name) / 'edged.system.log').read_text()}")
    return events, started_at


def _next(heard: queue.SimpleQueue[Heard]) -> Heard | None:
    with contextlib.suppress(queue.Empty):
        return heard.get(timeout=0.5)
    return None


def _enroll(client: Client, person: portraits.Portrait) -> None:
    request = {"id": "demo", "person": person.display_name, "image": base64.b64encode(person.enroll.read_bytes()).decode()}
    client.publish(f"{TOPICS}/request/enroll", json.dumps(request), qos=1)


def _annotate(clip: Path, events: list[Mapping[str, Any]], started_at: datetime, folder: Path) -> Path:
    """Write the frame of each event of somebody who came, with its box; the path of all in one."""
    for old in folder.glob("event-*.jpg"):
        old.unlink()
    pictures = []
    capture = cv2.VideoCapture(str(clip))
    fps = capture.get(cv2.CAP_PROP_FPS)
    for event in filter(demo_view.came, events):
        into: timedelta = datetime.fromisoformat(event["frame_at"]) - started_at
        capture.set(cv2.CAP_PROP_POS_FRAMES, max(0, round(into.total_seconds() * fps)))
        good, frame = capture.read()
        if good:
            picture = demo_view.annotate(frame.astype("uint8"), event)
            cv2.imwrite(str(folder / f"event-{event['seq']}-{event['event_type']}.jpg"), picture)
            pictures.append(picture)
    capture.release()
    sheet = folder / "events.jpg"
    if pictures:
        cv2.imwrite(str(sheet), demo_view.contact_sheet(pictures))
    return sheet


@contextlib.contextmanager
def _broker(folder: Path) -> Iterator[int]:
    found = private_broker.command(folder)
    if found is None:
        raise DemoError("mosquitto is not installed; scripts/setup does that.")
    command, port = found
    with _process(command, folder / "mosquitto.log"):
        _wait_for_port(port)
        yield port


@contextlib.contextmanager
def _listener(port: int, heard: queue.SimpleQueue[Heard]) -> Iterator[Client]:
    def note(_client: Client, _data: object, message: MQTTMessage) -> None:
        heard.put(Heard(message.topic, bytes(message.payload), datetime.now(UTC)))

    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.on_message = note
    client.connect("127.0.0.1", port)
    client.subscribe(f"{TOPICS}/#", qos=1)
    client.loop_start()
    yield client
    client.disconnect()
    client.loop_stop()


@contextlib.contextmanager
def _daemon(folder: Path, port: int, clip: str) -> Iterator[subprocess.Popen[bytes]]:
    config = folder / "edged.toml"
    config.write_text(
        f'[device]\nid = "demo"\n[mqtt]\nport = {port}\n[[camera]]\nname = "{CAMERA}"\nsource = {json.dumps(str(folder / clip))}\n'
        "[recognition]\nrefractory_seconds = 5\nemotion = true\nage_gender = true\n"
        f"[gallery]\npath = {json.dumps(str(folder / 'gallery.db'))}\n",
        encoding="utf-8",
    )
    with _process([sys.executable, "-m", "edged", "run", "--config", str(config)], folder / "edged.system.log") as process:
        yield process


@contextlib.contextmanager
def _process(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output, cwd=ROOT) as process:  # noqa: S603 - our own programs
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_for_port(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise DemoError("mosquitto does not answer.")


def _colour() -> bool:
    return demo_view.wants_colour(sys.stdout)


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


if __name__ == "__main__":
    sys.exit(main())
