"""Every form in which people send pictures, through the real program: the same over MQTT and in the shell, with real faces."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from tests.forms_of_pictures import in_every_form
from tests.program import Daemon
from tests.test_end_to_end import ask

if TYPE_CHECKING:
    from pathlib import Path

    from tests.broker import Mosquitto, Subscriber

HEIC = b"\0\0\0\x18ftypheic\0\0\0\0heicmif1"


def test_every_form_of_a_picture_is_taken_over_mqtt_and_in_the_shell(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, portraits: dict[str, Path]
) -> None:
    daemon, forms = Daemon(tmp_path, broker.port, tmp_path / "no-camera.mp4"), in_every_form(portraits["obama"])
    paths = [tmp_path / name for name in sorted(forms)]
    for path in paths:
        path.write_bytes(forms[path.name])
    done = daemon.run("enroll", "Barack", tmp_path / "turned.avif")
    assert done.returncode == 0, done.stderr
    shell = daemon.run("recognise", *paths)
    assert (shell.returncode, shell.stderr) == (0, "")
    assert [line.split(" (")[0] for line in shell.stdout.splitlines()] == [f"{path}: Barack" for path in paths]
    with daemon:
        subscriber.wait_for("/health")
        for path in paths:
            answer = ask(subscriber, "recognise", image=base64.b64encode(forms[path.name]).decode())
            assert [face["person"] for face in answer["data"]["faces"]] == ["barack"], (path.name, answer)
        error = ask(subscriber, "recognise", image=base64.b64encode(HEIC).decode())["error"]
        assert (error["code"], "is a HEIC picture" in error["message"]) == ("bad_image", True)


def test_a_picture_from_an_iphone_is_refused_by_its_formats_name(tmp_path: Path, broker: Mosquitto) -> None:
    daemon = Daemon(tmp_path, broker.port, tmp_path / "no-camera.mp4")
    (tmp_path / "IMG_0001.HEIC").write_bytes(HEIC)
    for command in (["recognise"], ["enroll", "Ann"]):
        done = daemon.run(*command, tmp_path / "IMG_0001.HEIC")
        assert (done.returncode, "IMG_0001.HEIC is a HEIC picture" in done.stderr) == (1, True)
        assert "libheif-examples" in done.stderr
