"""Requests that mean harm, or were made by a program that has gone wrong: for every verb and each of its fields, out of their forms.

Knows no verb by its name, so that each new one is tried too.
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from datetime import UTC, datetime
from functools import cache
from typing import Any

import cv2
import numpy as np
from hypothesis import strategies as st

from edged.gallery.archive import SENT, ArchivedPerson, pack
from edged.gallery.templates import NewTemplate
from edged.interface.verbs import MAX_REQUEST_BYTES
from edged.types import Embedding
from edged.vision.model_card import EmbeddingCard
from tests.forms import REQUESTS
from tests.program import MODELS

FLOOD_BYTES = 300_000
NAMES = (
    "",
    " ",
    ".",
    "..",
    "../../etc/passwd",
    "a/b",
    "+",
    "#",
    "edged/+/request/#",
    "$SYS/broker",
    "x" * 10_000,
    "😀" * 60,
    "\u202egnp.ecila",
    "a\u0000b",
    "a\nb",
    "\ufeff",
    "'; DROP TABLE people; --",
    '" OR 1=1 --',
    "%s%n{0}",
    "\uff21lice" * 20,
    "stranger-99999999999999999999",
    "NaN",
)
"""Names that nobody has and that none may be given."""
NUMBERS = (0, -1, 2**31, 2**63, 10**30, -0.0, 1e308, 0.1)
UNREADABLE = (
    b"",
    b"\xff\xfe\x00",
    b"\xff\xfe{\0}",
    b"\xff\xfe",
    b'{"id": "\\ud800"}',
    b'{"id": "1"',
    b'{"id": "1",}',
    b"{'id': 1}",
    b'{"id": 1e999}',
    b'{"id": ' + b"9" * 100_000 + b"}",
    b'{"id": NaN, "id": -Infinity}',
    b"[" * 1_000_000,
    b'{"a":' * 200_000,
    b'{"id": "' + b"x" * (MAX_REQUEST_BYTES - 10) + b'"}',
    b" " * (MAX_REQUEST_BYTES + 1),
    b'{"' + b"k" * (MAX_REQUEST_BYTES - 10) + b'":1}',
    "{}".encode("utf-16-le"),
    b"null",
    b"[]",
    b'"{}"',
    b"true",
)
"""No JSON, none that is an object, or one that no form takes."""


BARE = tuple(
    (topic, payload)
    for topic in (
        "setting/trigger_level/set",
        "setting/emotion/set",
        "setting/'; DROP TABLE people; --/set",
        "setting/😀/set",
        f"setting/{'x' * 10_000}/set",
        "front/pause/set",
        "../pause/set",
        "enroll/name/set",
        "enroll/last_stranger",
    )
    for payload in (b"\xff\xfe", b"[" * 900, b'{"value":' * 100, b"NaN", b"1e999", b"9" * 999, b"x" * 1001, b"a/b\x00", b'{"value": [1]}')
    if topic != "enroll/name/set" or payload not in (b"NaN", b"1e999")  # which are names
)
"""Values of no sense on the topics for bare ones, below the device's."""


@cache
def many(what: bytes, opening: bytes, closing: bytes, room: int) -> bytes:
    """As many as go into so many bytes, each with a key of its own where they are an object's."""
    items, length, number = [], 0, 0
    while length < room:
        item = b'"%x":%s' % (number, what) if opening == b"{" else what
        items.append(item)
        length, number = length + len(item) + 1, number + 1
    return opening + b",".join(items) + closing


def floods(verb: str) -> list[bytes]:
    """Large requests whose parts are all wrong: at the root, and in each field."""
    inner = [many(b"[]", b"{", b"}", FLOOD_BYTES), many(b"1", b"[", b"]", FLOOD_BYTES)]
    return [inner[0], *(b'{"%s":%s}' % (name.encode(), one) for name in REQUESTS[verb].model_fields for one in inner)]


def png(width: int, height: int) -> bytes:
    """A PNG that says it has this size, and has next to nothing in it."""
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + _chunk(b"IDAT", zlib.compress(bytes(1000))) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


@cache
def endless_jpeg() -> bytes:
    """A progressive JPEG whose last pass is gone through ten thousand times."""
    whole = cv2.imencode(".jpg", np.zeros((4000, 5000, 3), np.uint8), [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    last = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + last * 10_000 + whole[-2:]


@cache
def bad_pictures(portrait: bytes) -> tuple[bytes, ...]:
    """Bombs, truncated pictures, and what is none, made of a JPEG of somebody."""
    return (
        png(30_000, 30_000),
        png(2**31 - 1, 2**31 - 1),
        png(0, 0),
        png(100, 100),
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8",
        b"\xff\xd8" + b"\xff" * 100_000,
        b"\xff\xd8\xff\xe0\x00\x00" * 1000,
        *(portrait[: len(portrait) * share // 10] for share in (1, 5, 9)),
        portrait[:-2],
        endless_jpeg(),
        b"GIF89a" + bytes(100),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\x00",
    )


def archive_with(picture: bytes) -> bytes:
    """An archive of somebody whose template has this for its picture."""
    card = EmbeddingCard.read(MODELS / "embedding_sface")
    face = Embedding(np.eye(1, card.embedding.dimensions, dtype=np.float32)[0], card.id)
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    return pack([ArchivedPerson("mallory", "Mallory", (NewTemplate(face, 0.9, "shell", moment, picture),))], moment, SENT)


def values() -> st.SearchStrategy[Any]:
    """What a field may be given: names, numbers, wrong types, nested."""
    text = st.sampled_from(NAMES) | st.text(max_size=20).map(lambda found: f"{found}/")
    leaf = st.none() | st.booleans() | st.sampled_from(NUMBERS) | st.floats() | text
    return st.recursive(
        leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3), max_leaves=8
    )


@st.composite
def requests(draw: st.DrawFn, verb: str, portrait: bytes) -> bytes:
    """A request of a verb: some of its fields and perhaps others, given twice or cut off in the middle."""
    fields = st.sampled_from((*REQUESTS[verb].model_fields, "person", "image", "constructor", "__class__"))
    picture = st.sampled_from(bad_pictures(portrait)[:6]).map(lambda found: base64.b64encode(found).decode())
    pairs = draw(st.lists(st.tuples(fields, values() | picture), max_size=5))
    text = "{" + ",".join(f"{json.dumps(key)}:{json.dumps(value)}" for key, value in pairs) + "}"
    payload = bytearray(text.encode())
    if draw(st.booleans()):
        del payload[draw(st.integers(0, len(payload))) :]
    elif draw(st.booleans()):
        payload[draw(st.integers(0, len(payload) - 1))] = draw(st.integers(0, 255))
    return bytes(payload)
