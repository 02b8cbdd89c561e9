"""Pages that lead elsewhere: the password goes along to the same host by https, however it is wanted, and nowhere else."""

from __future__ import annotations

import ssl
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from edged.camera.web import WebPage
from edged.errors import PageRefused
from tests.mqtt.conftest import certificate

from .test_snapshots import Camera

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def started() -> Iterator[Callable[[Camera], Camera]]:
    """Make a function that lets a camera answer for as long as the test runs."""
    with ExitStack() as stack:

        def made(camera: Camera) -> Camera:
            stack.enter_context(camera)
            stack.callback(camera.shutdown)
            threading.Thread(target=camera.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
            return camera

        yield made


def secured(camera: Camera, folder: Path) -> Camera:
    """The camera, by https."""
    certificate(folder, "camera")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "camera.crt", folder / "camera.key")
    camera.socket = context.wrap_socket(camera.socket, server_side=True)
    return camera


@pytest.mark.parametrize("kind", ["basic", "digest"])
def test_the_same_host_by_https_is_given_the_password(started: Callable[[Camera], Camera], tmp_path: Path, kind: str) -> None:
    safe, plain = started(secured(Camera(), tmp_path)), started(Camera())
    safe.wants, safe.has_tags = kind, False
    plain.statuses, plain.place = [302] * 2, f"https://127.0.0.1:{safe.server_port}/snap.jpg"
    page = WebPage(plain.url)
    assert [page.fetch().content for _ in range(2)] == [safe.content] * 2
    page.close()
    assert safe.answered == [401, 200, 200], "and from then on at once"
    assert all("Authorization" not in asked for asked in plain.asked), "which did not ask for it"


@pytest.mark.parametrize("place", ["http://127.0.0.1:{port}/snap.jpg", "http://localhost:{port}/snap.jpg"])
def test_another_door_or_host_is_not_given_the_password(started: Callable[[Camera], Camera], place: str) -> None:
    other, plain = started(Camera()), started(Camera())
    other.wants = "basic"
    plain.statuses, plain.place = [302], place.format(port=other.server_port)
    page = WebPage(plain.url)
    with pytest.raises(PageRefused, match="answers 401"):
        page.fetch()
    assert all("Authorization" not in asked for asked in other.asked)


def test_a_page_of_the_same_host_is_given_the_password_by_digest(started: Callable[[Camera], Camera]) -> None:
    camera = started(Camera())
    camera.wants, camera.statuses = "digest", [302]
    page = WebPage(camera.url)
    assert page.fetch().content == camera.content
    page.close()
