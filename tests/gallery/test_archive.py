"""Archives: what is packed comes out again, and what anybody else made is refused before anything of it is used."""

from __future__ import annotations

import base64
import gzip
import json
import tracemalloc
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edged.errors import ArchiveRejected, EdgedError
from edged.gallery.archive import SENT, ArchivedPerson, Limits, pack, unpack
from tests.gallery.conftest import MODEL, NOON, template

ALICE = ArchivedPerson("alice", "Alice 😀", (template(1), template(2, png=None)))
ZOE = ArchivedPerson("zoë", "Zoë", (template(3, model_id="older"),))


def document() -> dict[str, Any]:
    """What stands in a good archive."""
    found: dict[str, Any] = json.loads(gzip.decompress(pack([ALICE, ZOE], NOON, SENT)))
    return found


def packed(content: object) -> bytes:
    return gzip.compress(json.dumps(content).encode())


def refusal(content: bytes, limits: Limits = SENT) -> EdgedError:
    with pytest.raises(EdgedError) as caught:
        unpack(content, limits)
    assert len(str(caught.value)) < 700
    return caught.value


def test_what_is_packed_comes_out_again() -> None:
    people = unpack(pack([ALICE, ZOE], NOON, SENT), SENT).people
    assert [(one.person, one.display_name, len(one.templates)) for one in people] == [("alice", "Alice 😀", 2), ("zoë", "Zoë", 1)]
    for found, given_ in zip(people[0].templates, ALICE.templates, strict=True):
        assert np.array_equal(found.embedding.vector, given_.embedding.vector)
        assert (found.embedding.model_id, found.quality, found.source) == (MODEL, given_.quality, given_.source)
        assert (found.created_at, found.aligned_png) == (given_.created_at, given_.aligned_png)
    assert people[1].templates[0].embedding.model_id == "older"


def test_it_says_what_it_is() -> None:
    assert {key: document()[key] for key in ("format", "version", "exported_at")} == {
        "format": "edged-people",
        "version": 1,
        "exported_at": "2026-01-31T12:00:00.123Z",
    }


def changed(*path: str | int, to: object) -> bytes:
    """A good archive with one thing changed in it."""
    whole = document()
    place: Any = whole
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return packed(whole)


def vector(*numbers: float) -> str:
    return base64.b64encode(np.array(numbers, "<f4").tobytes()).decode()


TEMPLATE: tuple[str | int, ...] = ("people", 0, "templates", 0)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"\x1f\x8b",
        pack([ALICE], NOON, SENT)[:-9],
        pack([ALICE], NOON, SENT)[:40],
        pack([ALICE], NOON, SENT) + b"x",
        pack([ALICE], NOON, SENT) * 2,
        gzip.compress(b"[" * 200_000),
        gzip.compress(b'{"a":' * 200_000),
        gzip.compress(b"\xff\xfe"),
        packed([]),
        packed({}),
        changed("format", to="edged-gallery"),
        changed("version", to=2),
        changed("version", to="1"),
        changed("version", to=True),
        changed("people", to=[]),
        changed("people", to=[document()["people"][0]] * 2),
        changed("people", to=document()["people"] * 600),
        changed("more", to=1),
        changed("x" * 100_000, to=1),
        changed("people", 0, "person", to="Alice"),
        changed("people", 0, "person", to="a" * 65),
        changed("people", 0, "person", to=7),
        changed("people", 0, "display_name", to="x" * 10_000),
        changed("people", 0, "templates", to=[]),
        changed("people", 0, "templates", to=document()["people"][0]["templates"] * 101),
        changed(*TEMPLATE, "embedding", to=vector(float("nan"), *[0.0] * 127)),
        changed(*TEMPLATE, "embedding", to=vector(float("inf"), *[0.0] * 127)),
        changed(*TEMPLATE, "embedding", to=vector(*[0.0] * 128)),
        changed(*TEMPLATE, "embedding", to=vector(*[1.0] * 128)),
        changed(*TEMPLATE, "embedding", to=vector(3e38, *[3e38] * 127)),
        changed(*TEMPLATE, "embedding", to=base64.b64encode(b"12345").decode()),
        changed(*TEMPLATE, "embedding", to=""),
        changed(*TEMPLATE, "embedding", to="!!!!"),
        changed(*TEMPLATE, "embedding", to="é"),
        changed(*TEMPLATE, "embedding", to=[1.0]),
        changed(*TEMPLATE, "embedding", to=vector(1.0, *[0.0] * 4000)),
        changed(*TEMPLATE, "quality", to=1.5),
        changed(*TEMPLATE, "quality", to="0.5"),
        changed(*TEMPLATE, "quality", to=float("nan")),
        changed(*TEMPLATE, "quality", to=None),
        changed(*TEMPLATE, "created_at", to="2026-01-31T12:00:00"),
        changed(*TEMPLATE, "created_at", to="0001-01-01T00:00:00+14:00"),
        changed(*TEMPLATE, "created_at", to="yesterday"),
        changed(*TEMPLATE, "source", to="\x1b[2Jboo"),
        changed(*TEMPLATE, "source", to="x" * 200),
        changed(*TEMPLATE, "model_id", to=""),
        changed(*TEMPLATE, "model_id", to="a\nb"),
        changed(*TEMPLATE, "picture", to=base64.b64encode(b"x" * 70_000).decode()),
        changed(*TEMPLATE, "picture", to=5),
    ],
    ids=range(51),
)
def test_what_is_no_archive_is_refused(content: bytes) -> None:
    assert refusal(content).code == "bad_archive"


@pytest.mark.parametrize(
    ("field", "name"), [("display_name", "\u202eevil"), ("display_name", "a\x00b"), ("person", "stranger-1"), ("person", "a/b")]
)
def test_names_that_are_none_are_refused(field: str, name: str) -> None:
    assert refusal(changed("people", 0, field, to=name)).code == "bad_name"


def test_a_newer_version_says_what_to_do() -> None:
    assert "update edged" in str(refusal(changed("version", to=3)))


def test_a_bomb_is_not_unpacked() -> None:
    bomb = zlib.compressobj(9, wbits=31)
    content = b"".join(bomb.compress(b" " * 1_000_000) for _ in range(300)) + bomb.flush()
    assert len(content) < SENT.packed_bytes
    tracemalloc.start()
    assert refusal(content).code == "too_large"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * SENT.json_bytes


def test_more_than_is_read_is_refused_unread() -> None:
    assert refusal(b"\x1f\x8b" + b"x" * SENT.packed_bytes).code == "too_large"


def test_more_than_can_be_given_is_not_packed() -> None:
    with pytest.raises(ArchiveRejected, match="Export fewer people") as caught:
        pack([ALICE], NOON, Limits(100, 10_000))
    assert caught.value.code == "too_large"
    with pytest.raises(ArchiveRejected, match="Export fewer people"):
        pack([ALICE], NOON, Limits(10_000, 100))


GOOD = pack([ALICE, ZOE], NOON, SENT)
TEXT = gzip.decompress(GOOD)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(TEXT) - 1), st.binary(max_size=20), st.integers(0, 40))
def test_whatever_is_changed_it_is_read_or_refused(place: int, piece: bytes, gone: int) -> None:
    for content in (
        gzip.compress(TEXT[:place] + piece + TEXT[place + gone :]),
        GOOD[: place % len(GOOD)] + piece + GOOD[place % len(GOOD) + gone :],
    ):
        assert outcome(content) in {"read", "bad_archive", "bad_name", "too_large"}


def outcome(content: bytes) -> str:
    try:
        unpack(content, SENT)
    except EdgedError as error:
        return error.code
    return "read"
