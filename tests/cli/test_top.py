"""`edged top`: the real program before a terminal and without one, with a real broker and a real edged."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import termios
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from edged.cli.top_device import ShownDevice
from edged.cli.top_lines import NOT_SHOWN, fitted, lines
from edged.interface.topics import Topics
from tests.broker import PATIENCE_SECONDS, Mosquitto, Subscriber, wait_until
from tests.door import film_to, stands
from tests.program import Daemon, edged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOPICS = Topics("edged", "door")
EVENT = (
    b'{"event_type":"recognised","event_id":"e","seq":1,"camera":"front","track":3,"person":"alice","display_name":"Alice","stranger":null,'
    b'"still":false,"frame_at":"2026-01-01T10:00:00.000Z","clock":"synchronised","published_at":"2026-01-01T10:00:00.100Z","latency_ms":100,'
    b'"first_seen_at":null,"seen_count":null,"corrects":null,"beside_track":null,"similarity":0.71,"margin":0.3,"threshold":0.43,'
    b'"reason":null,"box":[1,2,3,4],"frame_size":[640,480],"looks":3,"quality":0.9}'
)


class Terminal:
    """A terminal of 100×40 on which edged top runs."""

    def __init__(self, config: Path) -> None:
        """Start it."""
        self._own, other = pty.openpty()
        termios.tcsetwinsize(other, (40, 100))
        self.before = termios.tcgetattr(other)
        command = [sys.executable, "-m", "edged", "top", "--config", str(config)]
        environment = {**os.environ, "TERM": "xterm"}
        self.process = subprocess.Popen(command, stdin=other, stdout=other, stderr=other, env=environment, start_new_session=True)
        self.other, self.shown = other, b""
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        try:
            while content := os.read(self._own, 65_536):
                self.shown += content
        except OSError:  # nobody has the other side any more
            return

    @property
    def screen(self) -> str:
        """What was drawn last."""
        return self.shown.decode(errors="replace").rpartition("\x1b[H")[2].replace("\x1b[K", "")

    def wait_for(self, words: str) -> None:
        wait_until(lambda: words in self.screen, f"{words!r} on the screen:\n{self.shown.decode(errors='replace')}")

    def press(self, keys: bytes) -> None:
        os.write(self._own, keys)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.other)
        self._reader.join()
        os.close(self._own)


@contextmanager
def terminal(config: Path) -> Iterator[Terminal]:
    shown = Terminal(config)
    try:
        yield shown
    finally:
        shown.close()


@pytest.fixture
def running(tmp_path: Path, broker: Mosquitto, portraits: dict[str, Path]) -> Iterator[Daemon]:
    """An edged before whose camera somebody known stands again and again."""
    clip = film_to(tmp_path / "clip.mp4", stands("obama", 3.0))
    with_camera = Daemon(tmp_path, broker.port, clip, camera={"loop": True})
    assert with_camera.run("enroll", "Barack", portraits["obama"]).returncode == 0
    with with_camera:
        yield with_camera


def test_a_terminal_shows_who_is_there_until_q(running: Daemon) -> None:
    with terminal(running.config) as shown:
        shown.wait_for("edged/door: online")
        shown.wait_for("front  online")
        shown.wait_for("in view: barack")
        shown.wait_for("front  recognised  Barack  similarity 0.")
        shown.wait_for("track 1  Barack since ")
        assert running.stop() == 0
        shown.wait_for("edged/door: offline")
        shown.press(b"xq")
        assert shown.process.wait(PATIENCE_SECONDS) == 0
        wait_until(lambda: shown.shown.endswith(b"\x1b[?1049l"), "the screen that was there before")
        assert termios.tcgetattr(shown.other) == shown.before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_the_terminal_as_it_was(tmp_path: Path, broker: Mosquitto, number: signal.Signals) -> None:
    config = Daemon(tmp_path, broker.port, "0").config
    with Subscriber(broker.port) as other:
        other.publish("edged/door/availability", b"online", retain=True)
        with terminal(config) as shown:
            shown.wait_for("none since this began")
            broker.kill()
            shown.wait_for("The broker is away: ")
            shown.process.send_signal(number)
            assert shown.process.wait(PATIENCE_SECONDS) == 0
            assert b"\x1b[?1049l" in shown.shown
            assert b"Traceback" not in shown.shown
            assert termios.tcgetattr(shown.other) == shown.before


def test_without_a_terminal_it_is_printed_once(tmp_path: Path, broker: Mosquitto) -> None:
    config = Daemon(tmp_path, broker.port, "0").config
    nobody = edged("top", "--config", config)
    assert (nobody.returncode, "The broker knows nothing of edged/door" in nobody.stderr) == (1, True)
    with Subscriber(broker.port) as other:
        other.publish("edged/door/availability", b"offline", retain=True)
        other.publish("edged/door/front/status", b'{"status":"paused","reason":null,"problem":null,"hint":null}', retain=True)
    done = edged("top", "--config", config)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0].startswith("edged/door: offline")
    assert "front  paused" in done.stdout
    broker.kill()
    away = edged("top", "--once", "--config", config)
    assert (away.returncode, "Traceback" in away.stderr, away.stderr.startswith("edged: ")) == (1, False, True)


def test_who_left_is_in_view_no_more_and_what_is_not_understood_changes_nothing() -> None:
    device = ShownDevice(TOPICS)
    device.take(TOPICS.camera("front").people, b'{"people":["alice"],"strangers":0,"still":[],"still_strangers":0}')
    device.take(TOPICS.camera("front").event, EVENT)
    for nonsense in (b"", b"[]", b"{}", b'{"event_type":[]}', EVENT.replace(b'"looks":3', b'"looks":3,"new":1')):
        device.take(TOPICS.camera("front").event, nonsense)
        device.take(TOPICS.health, nonsense)
    assert len(device.events) == 1
    shown = lines(device, 100, 40)
    assert [line for line in shown if "track 3" in line and "since" in line]
    assert shown[-1].endswith("front  recognised  Alice  similarity 0.71 of 0.43  track 3")
    device.take(TOPICS.camera("front").people, b'{"people":[],"strangers":0,"still":[],"still_strangers":0}')
    assert not [line for line in lines(device, 100, 40) if "since" in line and "track 3" in line]
    assert [len(lines(device, 100, height)) for height in (0, 1, 5)] == [0, 1, 5]


@pytest.mark.parametrize(
    ("status", "colour", "line"),
    [
        ("online", "true", "front  online  in colour  nobody in view"),
        ("online", "false", "front  online  without colours  nobody in view"),
        ("online", "null", "front  online  nobody in view"),
        ("offline", "false", "front  offline  nobody in view"),
    ],
)
def test_a_camera_that_sees_by_infrared_light_is_shown_to_have_no_colours(status: str, colour: str, line: str) -> None:
    device, topics = ShownDevice(TOPICS), TOPICS.camera("front")
    device.take(topics.people, b'{"people":[],"strangers":0,"still":[],"still_strangers":0}')
    device.take(topics.status, f'{{"status":"{status}","reason":null,"problem":null,"hint":null,"colour":{colour}}}'.encode())
    assert line in lines(device, 100, 40)


def test_lines_fit_and_move_no_cursor() -> None:
    assert fitted("abc", 2) == "ab"
    assert fitted("日本語", 5) == "日本"
    assert fitted("a\x1b[2Jb\u202e", 20) == f"a{NOT_SHOWN}[2Jb{NOT_SHOWN}"
