"""What every test may ask for: a broker, the networks, portraits; and which files of tests come first.

Knows nothing of what is tested with them.
"""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from portraits import fetch

from edged.storage.database import open_database
from edged.vision.detection_card import DetectionCard
from edged.vision.detector import Detector
from edged.vision.embedder import Embedder
from edged.vision.faces import FaceReader
from edged.vision.joint_card import read_embedder_card
from edged.vision.pictures import read_picture
from tests.broker import Mosquitto, Subscriber

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edged.storage.database import Database
    from edged.types import Uint8Array

SLOWEST_FIRST = (
    "test_home_assistant.py",
    "test_card_end_to_end.py",
    "test_faults.py",
    "test_bench.py",
    "test_main.py",
    "test_end_to_end.py",
    "test_pictures_end_to_end.py",
    "test_hostile.py",
    "test_running.py",
    "test_capture_end_to_end.py",
)
"""Files of tests that take from three minutes down to twenty seconds: begun last, one would keep a core busy when all others are done."""
NOBODY = 65_534
"""The number of the user without rights on every Linux."""
ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "models"


def pytest_configure() -> None:
    """Have Ctrl-C mean something to the programs that are started here: a shell's job in the background ignores it, and they would too."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the slowest files first; within a file the order stays."""
    items.sort(key=lambda item: SLOWEST_FIRST.index(item.path.name) if item.path.name in SLOWEST_FIRST else len(SLOWEST_FIRST))


@pytest.fixture
def closed_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that may not be entered by who runs the test, who is nobody meanwhile where that was root."""
    (tmp_path / "closed").mkdir(mode=0)
    with as_nobody():
        yield tmp_path / "closed"


@contextmanager
def as_nobody() -> Iterator[None]:
    """Be nobody, where root runs the tests, who may do everything."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running mosquitto that lets everybody in."""
    mosquitto = Mosquitto(tmp_path).start()
    yield mosquitto
    mosquitto.kill()


@pytest.fixture
def subscriber(broker: Mosquitto) -> Iterator[Subscriber]:
    """Somebody who hears everything on that broker."""
    with Subscriber(broker.port) as listener:
        yield listener


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A new gallery file, open; its path is gallery.db in tmp_path."""
    with open_database(tmp_path / "gallery.db") as database:
        yield database


def face_reader(
    models: Path = MODELS, *, detection: str = "detection_yunet", embedding: str | Sequence[str] = "embedding_sface", threads: int = 1
) -> FaceReader:
    """The networks of a folder of models."""
    detector = Detector(DetectionCard.read(models / detection), threads=threads)
    card = read_embedder_card(models, (embedding,) if isinstance(embedding, str) else embedding)
    return FaceReader(models, detector, Embedder(card, threads=threads))


@pytest.fixture(scope="session")
def reader() -> FaceReader:
    """The networks that ship."""
    return face_reader(threads=2)


@pytest.fixture(scope="session")
def portraits() -> dict[str, Path]:
    """Pictures of real people: two of one on different days, one each of two others."""
    found = fetch()
    return {"obama": found.obama.enroll, "obama_again": found.obama.act, "biden": found.biden.enroll, "astronaut": found.astronaut.enroll}


@pytest.fixture(scope="session")
def astronaut(portraits: dict[str, Path]) -> Uint8Array:
    """A portrait of 512×512 pixels, BGR."""
    return read_picture(portraits["astronaut"])
