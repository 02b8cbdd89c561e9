"""`edged gallery report`: one private page that needs nothing else, and shows what is stored and no more."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.gallery.overview import flattened
from edged.gallery.store import Gallery
from edged.storage.database import open_database
from tests.gallery.conftest import embedding
from tests.gallery.twins import household, templates_of
from tests.program import edged

if TYPE_CHECKING:
    from pathlib import Path

    from edged.vision.faces import FaceReader
    from tests.program import Daemon

HOSTILE = "<script>alert(1)</script>"
ADDRESSES = frozenset({"src", "href", "data", "action", "srcset", "xlink:href"})


class Page(HTMLParser):
    """What stands in a page: tags, the addresses in their attributes, and its text."""

    def __init__(self, text: str) -> None:
        """Read a page."""
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ADDRESSES]

    def handle_data(self, data: str) -> None:
        self.text += data


def report(daemon: Daemon, folder: Path, *options: str) -> Page:
    done = edged("gallery", "report", "--config", daemon.config, "--output", folder, *options)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{folder}/gallery.html: ")
    return Page((folder / "gallery.html").read_text(encoding="utf-8"))


def test_the_page_shows_people_and_is_private(tmp_path: Path, daemon: Daemon, portraits: dict[str, Path]) -> None:
    daemon.run("enroll", "Barack", portraits["obama"])
    daemon.run("enroll", "Obama", portraits["obama_again"], "--allow-alike")
    daemon.run("enroll", "Zoë", portraits["astronaut"])
    with open_database(daemon.gallery) as database, database.transaction():
        database.write("UPDATE people SET display_name = ? WHERE person = 'zoë'", [(HOSTILE,)])
        database.write("UPDATE templates SET aligned = NULL WHERE person = 'obama'", [()])
    folder = tmp_path / "new" / "report"
    found = report(daemon, folder)
    assert (folder.stat().st_mode & 0o777, (folder / "gallery.html").stat().st_mode & 0o777) == (0o700, 0o600)
    assert found.text.count(HOSTILE) == 3, "a heading, and a dot of the map with its name"
    assert "script" not in found.tags, "names are text"
    assert all(address.startswith(("data:image/png;base64,", "#")) for address in found.addresses)
    assert (found.tags.count("img"), found.tags.count("circle")) == (2, 3), "Obama's picture is not kept"
    assert re.search(r"one\s*the other\s*similarity\s*Barack\s*Obama\s*0\.\d\d", found.text)
    other = report(daemon, folder, "--no-pictures", "--metric", "euclidean")
    assert other.tags.count("img") == 0
    assert re.search(r"Barack\s*Obama\s*[01]\.\d\d", other.text)
    assert "distance" in other.text


def test_an_empty_gallery_has_a_page_and_a_file_in_the_way_a_sentence(tmp_path: Path, daemon: Daemon) -> None:
    found = report(daemon, tmp_path / "empty")
    assert "There is no template to show." in found.text
    assert "No two people are." in found.text
    (tmp_path / "file").write_text("")
    refused = edged("gallery", "report", "--config", daemon.config, "--output", tmp_path / "file")
    assert (refused.returncode, "Traceback" in refused.stderr) == (1, False)
    assert "name another folder" in refused.stderr


def test_a_page_that_others_could_read_is_replaced_by_one_that_they_cannot(tmp_path: Path, daemon: Daemon, reader: FaceReader) -> None:
    with open_database(daemon.gallery) as database:
        for person, vectors in household().items():
            Gallery(database).enroll(person, None, templates_of(vectors, reader.embedder.model_id))
        Gallery(database).enroll("cid", None, templates_of(embedding(3).vector[None], "another"))
    page = tmp_path / "gallery.html"
    page.write_text("old")
    page.chmod(0o644)
    found = report(daemon, tmp_path)
    assert page.stat().st_mode & 0o777 == 0o600
    assert "of another network, another: not compared" in found.text
    assert found.tags.count("circle") == 9
    assert [path.name for path in tmp_path.glob("*.html*")] == ["gallery.html"]


def test_a_map_keeps_the_largest_differences() -> None:
    random = np.random.default_rng(0)
    plane = random.standard_normal((50, 2)) * (3.0, 1.0)
    turn = np.linalg.qr(random.standard_normal((16, 16)))[0][:2]
    places, share = flattened((plane @ turn + 7.0).astype(np.float32))
    assert share == pytest.approx(1.0, abs=1e-4)
    centred = plane - plane.mean(axis=0)
    assert np.linalg.norm(places, axis=1) == pytest.approx(np.linalg.norm(centred, axis=1), abs=1e-3)
    again, _ = flattened((plane @ turn + 7.0).astype(np.float32))
    assert (again == places).all()
    assert flattened(np.zeros((0, 0), np.float32))[0].shape == (0, 2)
    same, share = flattened(np.ones((3, 4), np.float32))
    assert (float(np.abs(same).max()), share) == (0.0, 1.0)
