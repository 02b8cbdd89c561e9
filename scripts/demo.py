"""The demo: a private broker, the real daemon, a clip as its camera, and every MQTT message as it arrives.

Knows how to start and stop them and what a user would send; how things look stands in the demo_*.py beside it.
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
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import demo_pictures
import demo_screen
import demo_table
import demo_view
import door_clip
import door_people
import portraits
import private_broker
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from paho.mqtt.client import MQTTMessage

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".cache" / "demo"
INTRODUCTION = "{known} is enrolled by one picture; the others are strangers."
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

    def line(self, *, colour: bool) -> str:
        """What the demo prints of it."""
        return demo_view.message_line(self.topic, self.payload, colour=colour, received_at=self.at)


@dataclass(slots=True)
class Day:
    """What came of the clip."""

    started_at: datetime
    """When the clip began."""
    heard: list[Heard] = field(default_factory=list)

    @property
    def events(self) -> list[Mapping[str, Any]]:
        """The events in order."""
        return [json.loads(message.payload) for message in self.heard if message.topic.endswith("/event")]

    def table(self, *, colour: bool) -> str:
        """Who was at the door."""
        return demo_table.closing_table(self.events, colour=colour, started_at=self.started_at)


def main() -> int:
    """Run the demo; 0 when somebody was recognised."""
    parser = argparse.ArgumentParser("scripts/demo", description="Show edged at work: a broker, the daemon, a clip as its camera.")
    parser.add_argument("--output", type=Path, default=FOLDER, help="where clip and pictures go (default: .cache/demo)")
    parser.add_argument("--picture", type=Path, metavar="FILE.svg", help="also draw the terminal: who was enrolled, who came and who left")
    options = parser.parse_args()
    try:
        return _demo(options.output, options.picture)
    except (DemoError, portraits.PortraitsError, door_people.ClipError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _demo(folder: Path, picture: Path | None) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    people = portraits.fetch()
    clip = folder / "door.mp4"
    if not clip.exists():
        print("Composing a clip of a door camera from public portraits …", flush=True)
        door_clip.compose(people, clip)
    introduction = INTRODUCTION.format(known=people.obama.display_name)
    print(f"{introduction}\n", flush=True)
    day = _play(clip, people.obama)
    print(f"\n{day.table(colour=_colour())}")
    pictures = _annotate(clip, day, folder)
    print(f"\nThe events as pictures: {_shown(folder)}/event-*.jpg, all in one: {_shown(pictures)}")
    if picture:
        picture.write_text(_screen(introduction, day), encoding="utf-8")
    return 0 if any(event["event_type"] == "recognised" for event in day.events) else 1


def _screen(introduction: str, day: Day) -> str:
    """The terminal as an SVG, with the messages that the demo is about."""
    messages = [message.line(colour=True) for message in day.heard if demo_view.is_news(message.topic, message.payload)]
    lines = ["$ scripts/demo", introduction, "", *messages, "", *day.table(colour=True).splitlines()]
    return demo_screen.svg(lines, "scripts/demo: the messages of edged in a terminal, and a table of who was at the door")


def _play(clip: Path, known: portraits.Portrait) -> Day:
    """Let the daemon see the clip.

    The clip is put in place when the enrollment is answered: until then edged waits for its camera, as it would at a
    door, and `online` comes with the first frame.
    """
    arriving: queue.SimpleQueue[Heard] = queue.SimpleQueue()
    day = Day(datetime.now(UTC))
    with (
        tempfile.TemporaryDirectory() as name,
        _broker(Path(name)) as port,
        _listener(port, arriving) as client,
        _daemon(Path(name), port, clip.name) as daemon,
    ):
        enrolled = False
        while daemon.poll() is None or not arriving.empty():
            message = _next(arriving)
            if message is None:
                continue
            print(message.line(colour=_colour()), flush=True)
            day.heard.append(message)
            if message.topic.endswith("/availability") and not enrolled:
                enrolled = True
                _enroll(client, known)
            elif message.topic.endswith("/response/enroll"):
                (Path(name) / clip.name).symlink_to(clip.resolve())
            elif message.topic.endswith("/status") and b'"online"' in message.payload:
                day.started_at = message.at
        if daemon.returncode:
            raise DemoError(f"edged ended with code {daemon.returncode}:\n{(Path(name) / 'edged.log').read_text()}")
    return day


def _next(arriving: queue.SimpleQueue[Heard]) -> Heard | None:
    with contextlib.suppress(queue.Empty):
        return arriving.get(timeout=0.5)
    return None


def _enroll(client: Client, person: portraits.Portrait) -> None:
    request = {"id": "demo", "person": person.display_name, "image": base64.b64encode(person.enroll.read_bytes()).decode()}
    client.publish(f"{TOPICS}/request/enroll", json.dumps(request), qos=1)


def _annotate(clip: Path, day: Day, folder: Path) -> Path:
    """Write the frame of each event of somebody who came, with its box; the path of all in one."""
    for old in folder.glob("event-*.jpg"):
        old.unlink()
    pictures = []
    capture = cv2.VideoCapture(str(clip))
    fps = capture.get(cv2.CAP_PROP_FPS)
    for event in filter(demo_view.came, day.events):
        into: timedelta = datetime.fromisoformat(event["frame_at"]) - day.started_at
        capture.set(cv2.CAP_PROP_POS_FRAMES, max(0, round(into.total_seconds() * fps)))
        good, frame = capture.read()
        if good:
            picture = demo_pictures.annotate(frame.astype("uint8"), event)
            cv2.imwrite(str(folder / f"event-{event['seq']}-{event['event_type']}.jpg"), picture)
            pictures.append(picture)
    capture.release()
    sheet = folder / "events.jpg"
    if pictures:
        cv2.imwrite(str(sheet), demo_pictures.contact_sheet(pictures))
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
        f'[device]\nid = "demo"\n[mqtt]\nhost = "127.0.0.1"\nport = {port}\n'
        f'[[camera]]\nname = "{CAMERA}"\nsource = {json.dumps(str(folder / clip))}\n'
        "[recognition]\nrefractory_seconds = 5\nemotion = true\nage_gender = true\n"
        f"[gallery]\npath = {json.dumps(str(folder / 'gallery.db'))}\n",
        encoding="utf-8",
    )
    with _process([sys.executable, "-m", "edged", "run", "--config", str(config)], folder / "edged.log") as process:
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
