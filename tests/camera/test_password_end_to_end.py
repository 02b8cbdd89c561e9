"""The password of a camera while the real program reads it: in no log, message, status, list of processes or crash report.

The camera is a real RTSP server; knows nothing of what it shows.
"""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rtsp_trial.camera import CLIPS, OTHER_PASSWORD, PASSWORD, PASSWORD_PARTS, USER

from tests.broker import wait_until
from tests.program import Daemon

from . import rtsp_door
from .rtsp_door import LOGIN

if TYPE_CHECKING:
    from rtsp_trial.camera import FailingCamera

    from tests.broker import Mosquitto, Subscriber

camera = rtsp_door.camera
PARTS = (PASSWORD, LOGIN, *PASSWORD_PARTS)


def told_of(text: str) -> set[str]:
    """What of the password stands there."""
    return {part for part in PARTS if part in text}


def processes() -> str:
    """The words and the environment of all processes that may be looked at."""
    found = b""
    for path in (path for kind in ("cmdline", "environ") for path in Path("/proc").glob(f"[0-9]*/{kind}")):
        with suppress(OSError):
            found += path.read_bytes()
    return found.decode(errors="replace")


@pytest.mark.parametrize("decoder", ["auto", "h264_v4l2m2m"])
def test_the_password_of_a_camera_is_told_to_nobody_but_the_camera(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, camera: FailingCamera, decoder: str
) -> None:
    """While it is refused, while it is right, in `edged check`, and when the program is killed as systemd's watchdog does."""

    def status() -> dict[str, str | None]:
        said: dict[str, str | None] = json.loads((subscriber.on("/front/status") or [b"{}"])[-1])
        return said

    (tmp_path / "password").write_text(f"{PASSWORD}\n", encoding="utf-8")
    camera.mend(CLIPS[0])
    camera.want(OTHER_PASSWORD)
    keys = {"username": USER, "password_file": "password", "decoder": decoder}
    daemon = Daemon(tmp_path, broker.port, camera.address, camera=keys, log={"level": "debug"})
    daemon.env = {"PYTHONFAULTHANDLER": "1"}
    with daemon:
        wait_until(lambda: "401" in str(status().get("reason")), f"the refusal:\n{daemon.log}")
        refused = daemon.run("check", "--only", "cameras")
        camera.want(PASSWORD)
        wait_until(lambda: status().get("status") == "online", f"pictures:\n{daemon.log}", 90.0)
        let_in = daemon.run("check", "--only", "cameras")
        shown = processes()
        os.kill(daemon.process.pid, signal.SIGABRT)
        assert daemon.wait() == -signal.SIGABRT
    assert "401 Unauthorized: the user name or the password is wrong" in refused.stdout
    assert (let_in.returncode, "320×240 pixels" in let_in.stdout) == (0, True), let_in.stdout
    assert ", decoded by software" in let_in.stdout
    assert status()["decoder"] == "software"
    assert "Fatal Python error: Aborted" in daemon.log
    assert f"--config\0{daemon.config}" in shown
    messages = b"".join(subscriber.on("")).decode(errors="replace")
    for text in (daemon.log, refused.stdout + refused.stderr, let_in.stdout + let_in.stderr, shown, messages):
        assert told_of(text) == set()
