"""The archive in which people travel between devices: gzip of JSON, written here, and read as what anybody may have made.

It knows neither the gallery file nor pixels; whether a template can be used here is decided elsewhere.

    {"format": "edged-people", "version": 1, "exported_at": "2026-01-31T12:00:00.000Z",
     "people": [{"person": "alice", "display_name": "Alice",
                 "templates": [{"model_id": "…", "embedding": base64 of little-endian float32, "quality": 0.8, "source": "shell",
                                "created_at": "…Z", "picture": base64 of a PNG or null}]}]}

One in several parts has version 2, and in each part also {"export": an id that all of them have, "part": 1, "parts": 9}. Somebody may
stand in two parts, one behind the other. The parts one behind the other in a file are the archive as a file (RFC 1952, section 2.2).
"""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from edged.errors import ArchiveTooLarge, BadArchive
from edged.gallery.names import MAX_DISPLAY_CHARACTERS, MAX_ID_CHARACTERS, display_name, person_id
from edged.gallery.templates import STORED, NewTemplate, are_unit, to_blob
from edged.system.times import rfc3339
from edged.types import Embedding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

FORMAT, VERSION, PARTED = "edged-people", 1, 2
"""What an archive calls itself, and the versions of a whole one and of a part."""
MOST_PARTS = 100_000
MOST_PEOPLE, MOST_TEMPLATES, MOST_DIMENSIONS, MOST_WORD = 1000, 200, 2048, 80
"""People, templates of one person, several times what a gallery keeps, numbers of an embedding, and characters of a word."""
MOST_PICTURE_BYTES = 60_000
"""Bytes of a picture; an aligned face of 112×112 pixels takes 25 kB as PNG, and one of pure noise 38 kB."""
FEWER = "Export fewer people at once, leave the pictures out, or use 'edged export FILE' on the device."
"""What to do where an archive gets too large."""
GZIP = 16 + zlib.MAX_WBITS
"""Window bits of zlib for data with gzip's header."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes that an archive may have at the most, and its JSON, so that one which unpacks to more than memory holds does no harm."""

    packed_bytes: int
    json_bytes: int


SENT = Limits(1_000_000, 4_000_000)
"""Limits over MQTT: with base64 an archive that is sent by one device stays below what another one reads of a request."""
FILE = Limits(100_000_000, 150_000_000)
"""Limits of a file: some 3,000 templates with their pictures."""


@dataclass(frozen=True, slots=True, eq=False)
class ArchivedPerson:
    """A person as they travel: an id as person_id() gives it, the name to show, and at least one template, of any model."""

    person: str
    display_name: str
    templates: tuple[NewTemplate, ...]


@dataclass(frozen=True, slots=True)
class ArchivePlace:
    """Which of how many parts something is, the first being 1; export is the id that all parts of one archive have."""

    export: str
    part: int
    parts: int


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """People of an archive, and its place; None: that is the whole archive."""

    people: tuple[ArchivedPerson, ...]
    place: ArchivePlace | None = None


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError) as error:  # the value may be any JSON; pydantic makes a sentence of a ValueError only
        raise ValueError("is not base64") from error


def _printable(word: str) -> str:
    if not word.isprintable():
        raise ValueError("holds a character that cannot be printed")
    return word


Word = Annotated[str, Field(min_length=1, max_length=MOST_WORD), AfterValidator(_printable)]
Encoded = Annotated[bytes, BeforeValidator(_decoded)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Template(_Part):
    model_id: Word
    embedding: Annotated[Encoded, Field(min_length=STORED.itemsize, max_length=MOST_DIMENSIONS * STORED.itemsize)]
    quality: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, strict=True)]
    source: Word
    created_at: AwareDatetime
    picture: Annotated[Encoded, Field(min_length=1, max_length=MOST_PICTURE_BYTES)] | None


class _Person(_Part):
    person: Annotated[str, Field(min_length=1, max_length=MAX_ID_CHARACTERS)]
    display_name: Annotated[str, Field(min_length=1, max_length=MAX_DISPLAY_CHARACTERS)]
    templates: Annotated[tuple[_Template, ...], Field(min_length=1, max_length=MOST_TEMPLATES)]


class _Head(BaseModel):
    """What every version has."""

    format: Literal["edged-people"]
    version: Annotated[int, Field(strict=True)]


class _Archive(_Part):
    format: Literal["edged-people"]
    version: Literal[1]
    exported_at: AwareDatetime
    people: Annotated[tuple[_Person, ...], Field(min_length=1, max_length=MOST_PEOPLE)]


class _PartOfArchive(_Part):
    format: Literal["edged-people"]
    version: Literal[2]
    exported_at: AwareDatetime
    export: Word
    part: Annotated[int, Field(strict=True, ge=1, le=MOST_PARTS)]
    parts: Annotated[int, Field(strict=True, ge=1, le=MOST_PARTS)]
    people: Annotated[tuple[_Person, ...], Field(max_length=MOST_PEOPLE)]


def pack(people: Sequence[ArchivedPerson], exported_at: datetime, limits: Limits, place: ArchivePlace | None = None) -> bytes:
    """Write an archive of at least one person, or a part of one.

    Raises:
        ArchiveTooLarge: so many people are not given at once.
    """
    packed_people = [
        {"person": one.person, "display_name": one.display_name, "templates": list(map(_packed, one.templates))} for one in people
    ]
    head = {"format": FORMAT, "version": PARTED if place else VERSION, "exported_at": rfc3339(exported_at)}
    archive = head | (asdict(place) if place else {}) | {"people": packed_people}
    content = json.dumps(archive, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    packed = _gzipped(content)
    if len(packed) > limits.packed_bytes or len(content) > limits.json_bytes:
        raise ArchiveTooLarge(f"The archive has {len(packed):,} bytes; at most {limits.packed_bytes:,} can be given. {FEWER}")
    return packed


def unpack(content: bytes, limits: Limits) -> Part:
    """Read an archive, or a part of one, that anybody may have made: everything in it is checked, and no more is unpacked than is allowed.

    Raises:
        ArchiveTooLarge, BadArchive: the sentence says what is wrong.
        NameRejected: a person is called what nobody can be called.
    """
    if len(content) > limits.packed_bytes:
        raise ArchiveTooLarge(f"The archive has {len(content):,} bytes; at most {limits.packed_bytes:,} are read.")
    parts = list(unpack_each([content], limits))
    if len(parts) != 1:
        raise _bad("something stands behind it")
    return parts[0]


def unpack_each(pieces: Iterable[bytes], limits: Limits) -> Iterator[Part]:
    """Read the archive, or its parts one behind the other, of a file that is read piece by piece; no part may be more than is allowed.

    Raises:
        ArchiveTooLarge, BadArchive, NameRejected: as unpack().
    """
    return map(_read, _gunzipped(pieces, limits))


def _read(text: bytearray) -> Part:
    try:
        version = _Head.model_validate_json(text).version
        if version not in {VERSION, PARTED}:
            raise _bad(f"it has version {version}, and this edged reads {VERSION} and {PARTED}; update edged")
        archive = (_Archive if version == VERSION else _PartOfArchive).model_validate_json(text)
    except ValidationError as error:
        raise _bad(_sentence(error)) from error
    if len({one.person for one in archive.people}) < len(archive.people):
        raise _bad("somebody stands in it twice")
    place = ArchivePlace(archive.export, archive.part, archive.parts) if isinstance(archive, _PartOfArchive) else None
    return Part(tuple(_unpacked(one) for one in archive.people), place)


def _gzipped(content: bytes) -> bytes:
    """Pictures in base64 repeat nothing: to code their letters alone is ten times as fast, and packs them as well."""
    packing = zlib.compressobj(wbits=GZIP, strategy=zlib.Z_HUFFMAN_ONLY)
    return packing.compress(content) + packing.flush()


def _gunzipped(pieces: Iterable[bytes], limits: Limits) -> Iterator[bytearray]:
    """The content of each member, one after the other."""
    member, text, is_begun = zlib.decompressobj(GZIP), bytearray(), False
    for piece in pieces:
        rest = piece
        while rest:
            try:
                text += member.decompress(rest, limits.json_bytes + 1 - len(text))
            except zlib.error as error:
                raise _bad("it is not gzip, or damaged") from error
            if len(text) > limits.json_bytes:
                raise ArchiveTooLarge(f"The archive unpacks to more than {limits.json_bytes:,} bytes; that many are read.")
            rest, is_begun = member.unused_data, not member.eof
            if member.eof:
                yield text
                member, text = zlib.decompressobj(GZIP), bytearray()
    if is_begun:
        raise _bad("it is cut off, or something stands behind it")


def _packed(template: NewTemplate) -> dict[str, object]:
    return {
        "model_id": template.embedding.model_id,
        "embedding": base64.b64encode(to_blob(template.embedding)).decode(),
        "quality": template.quality,
        "source": template.source,
        "created_at": rfc3339(template.created_at),
        "picture": base64.b64encode(template.aligned_png).decode() if template.aligned_png else None,
    }


def _unpacked(one: _Person) -> ArchivedPerson:
    if person_id(one.person) != one.person:
        raise _bad(f"{one.person!r} is not a person's id")
    templates = tuple(_unpacked_template(one.person, template) for template in one.templates)
    return ArchivedPerson(one.person, display_name(one.display_name), templates)


def _unpacked_template(person: str, template: _Template) -> NewTemplate:
    if len(template.embedding) % STORED.itemsize:
        raise _bad(f"an embedding of {person!r} is no vector")
    vector = np.frombuffer(template.embedding, STORED).astype(np.float32)
    if not are_unit(vector[np.newaxis]).all():
        raise _bad(f"an embedding of {person!r} is not finite and of unit length")
    try:
        rfc3339(template.created_at)
    except OverflowError as error:
        raise _bad(f"a template of {person!r} was made at no time: {error}") from error
    embedding = Embedding(vector, template.model_id)
    return NewTemplate(embedding, template.quality, template.source, template.created_at, template.picture)


def _bad(what: str) -> BadArchive:
    return BadArchive(f"The archive cannot be read: {what}. Nothing was imported.")


def _sentence(error: ValidationError) -> str:
    """Say where and what is wrong, without repeating the content, which may be anything, and of any length."""
    problem = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in problem["loc"] if isinstance(part, int) or part in _KEYS)
    return f"{where}: {problem['msg'][:200]}" if where else problem["msg"][:200]


_KEYS = {key for form in (_Archive, _PartOfArchive, _Person, _Template) for key in form.model_fields}
