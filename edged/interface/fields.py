"""The types of fields on the wire: bytes, names and settings as they are asked for, figures and times as they are answered.

Which field stands in which message is not known here.
"""

from __future__ import annotations

import base64
import binascii
import math
from datetime import datetime
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field, PlainSerializer, StrictBool, StrictFloat, StrictInt, WithJsonSchema

from edged.system.times import rfc3339

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


def _decoded(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value.partition("base64,")[2] if value.startswith("data:") else value, validate=True)
    except binascii.Error as error:
        raise ValueError("is not base64") from error


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise ValueError("send a number, true, false or null")


Encoded = Annotated[
    bytes, BeforeValidator(_decoded), Field(min_length=1), WithJsonSchema({"type": "string", "contentEncoding": "base64", "minLength": 1})
]
Plain = Annotated[StrictBool | StrictInt | StrictFloat | None, BeforeValidator(_plain)]
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
