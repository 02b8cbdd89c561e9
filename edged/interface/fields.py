"""The types of fields on the wire: bytes, names and settings as they are asked for, figures and times as they are answered.

Which field stands in which message is not known here.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from datetime import datetime
from typing import Annotated, TypeAlias
from urllib.parse import unquote

from pydantic import BeforeValidator, Field, PlainSerializer, StrictBool, StrictFloat, StrictInt, WithJsonSchema

from edged.system.times import rfc3339

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

SWITCHES = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}
"""Words that programs write for a switch, beside 1 and 0."""
MOST_EXACT = 2**53
"""Below, a float holds every whole number."""
MAX_ID_CHARACTERS = 256
PIECE_CHARACTERS = 1_000_000
"""Characters of base64 that are decoded at once."""
_DATA_URL = re.compile(r"\s*data:[^,]*;\s*base64\s*,", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]{1,3})?", re.IGNORECASE | re.ASCII)
_FOREIGN = re.compile(r"[^A-Za-z0-9+/=_\s\ufeff\u200b-]")
"""What stands in no base64, as it may be written."""
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
"""The alphabet for URLs in that of RFC 4648, section 4."""


def _decoded(value: object) -> object:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise ValueError("send its bytes as text, in base64")  # noqa: TRY004 - pydantic takes ValueError for what a field is not
    if not value.strip():
        raise ValueError("is empty; send its bytes as text, in base64")
    start = _DATA_URL.match(value)
    if start and "%" in value:  # a URL may have any character so
        value = unquote(value)
    try:
        return _unpacked(value, start.end() if start else 0)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError(f"is not base64{_why_not(value, start.end() if start else 0)}") from error


def _why_not(text: str, start: int) -> str:
    """What keeps a text from being base64, as the rest of a sentence."""
    found = _FOREIGN.search(text, start)
    if found is None:
        return ", or cut short: send all of it"
    shown = f'"{found[0]}"' if found[0].isprintable() else f"U+{ord(found[0]):04X}"
    return f" because of {shown}, character {found.start() + 1}: send the file's bytes alone, in base64"


def _unpacked(text: str, start: int) -> bytes:
    """Decode base64 piece by piece: a photo has 10 MB, and each step of it would be as large once more."""
    pieces, rest = [], b""
    for at in range(start, len(text), PIECE_CHARACTERS):
        rest += _plain_piece(text[at : at + PIECE_CHARACTERS]).encode("ascii").translate(_URL_SAFE, b" \t\r\n\f\v")
        if b"=" not in rest:
            whole = len(rest) // 4 * 4
            pieces.append(base64.b64decode(rest[:whole], validate=True))
            rest = rest[whole:]
    rest = rest.rstrip(b"=")
    pieces.append(base64.b64decode(rest + b"=" * (-len(rest) % 4), validate=True))
    return b"".join(pieces)


def _plain_piece(text: str) -> str:
    """The same without blanks of other alphabets and marks that nobody sees, which come with what is copied from a page."""
    return text if text.isascii() else "".join(text.replace("\ufeff", "").replace("\u200b", "").split())


def switch(value: object) -> object:
    """On or off in any of the ways in which programs write it; what is none of them as it is."""
    value = _number(value)
    if isinstance(value, str):
        return SWITCHES.get(value.strip().lower(), value)
    return bool(value) if isinstance(value, int | float) and value in {0, 1} else value


def _number(value: object) -> object:
    """A number, also one in quotes or with a needless fraction; what is none as it is."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < MOST_EXACT else value


def plain(value: object) -> object:
    """A setting's value: a number, a switch, or None."""
    value = _number(value)
    value = switch(value) if isinstance(value, str) else value
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise ValueError("send a number, true, false or null")


def _text(value: object) -> object:
    """A number as its text; one with a point too, such as the time that a program takes for an id, but none without end."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return str(value) if isinstance(value, int) or math.isfinite(value) else value  # a float cannot hold every whole number


Encoded = Annotated[
    bytes, Field(min_length=1), BeforeValidator(_decoded), WithJsonSchema({"type": "string", "contentEncoding": "base64", "minLength": 1})
]
Switch = Annotated[StrictBool, BeforeValidator(switch)]
Whole = Annotated[StrictInt, BeforeValidator(_number)]
Number = Annotated[StrictInt | StrictFloat, BeforeValidator(_number)]
RequestId = Annotated[str, Field(max_length=MAX_ID_CHARACTERS), BeforeValidator(_text)]
"""What an asker calls a request; a number becomes text."""
Plain = Annotated[StrictBool | StrictInt | StrictFloat | None, BeforeValidator(plain)]
"""A setting's value; checked first, since of a choice of types pydantic tells what is wrong with the first one only."""
Name = Annotated[str, Field(min_length=1, max_length=256)]


def _rounded(digits: int) -> PlainSerializer:
    return PlainSerializer(lambda value: round(value, digits), return_type=float)


Similarity = Annotated[float, _rounded(3)]
"""Cosine, −1…1, a lead over another one, or a threshold for either."""
Share = Annotated[float, _rounded(4)]
"""Rate or probability, 0…1."""
ViewQuality = Annotated[float, _rounded(2)]
"""How good a view of a face is, 0…1."""
Score = Annotated[float, _rounded(3)]
"""How sure the detector is, 0…1, or the probability of a label."""
Tenths = Annotated[float, _rounded(1)]
"""Years or degrees."""
Component = Annotated[float, _rounded(6)]
"""One number of an embedding: what rounding changes of a similarity is far below any threshold."""
Degrees = Annotated[float, PlainSerializer(round, return_type=int), WithJsonSchema({"type": "number"})]
Moment = Annotated[datetime, PlainSerializer(rfc3339, return_type=str), WithJsonSchema({"type": "string"})]
"""RFC 3339 in UTC with milliseconds."""
Base64 = Annotated[
    bytes,
    BeforeValidator(_decoded),
    PlainSerializer(lambda content: base64.b64encode(content).decode(), return_type=str),
    WithJsonSchema({"type": "string"}),
]
