"""What all requests have in common: the form of one, of a name, and of bytes in JSON.

It does not know which requests there are.
"""

from __future__ import annotations

import base64
import binascii
import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, WithJsonSchema, model_validator

if TYPE_CHECKING:
    from edged.interface import commands

MAX_FIELDS = 100
"""Of an object in a request: pydantic notes every field that is wrong, and 1.4 MB hold 400,000 of them."""


class Form(BaseModel, ABC):
    """A request; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)
    id: Annotated[str, Field(max_length=256)] | None = None
    """Comes back in the response."""

    @model_validator(mode="before")
    @classmethod
    def _count(cls, content: object) -> object:
        """Count the fields of the request, and of each object in it, before one is looked at."""
        if isinstance(content, dict) and any(len(part) > MAX_FIELDS for part in (content, *content.values()) if isinstance(part, dict)):
            raise ValueError(f"there are more than {MAX_FIELDS} fields")
        return content

    @abstractmethod
    def command(self) -> commands.Command:
        """The command that is asked for.

        Raises:
            CommandError: fields that do not go together.
        """


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
    bytes,
    BeforeValidator(_decoded),
    Field(min_length=1),
    WithJsonSchema({"type": "string", "contentEncoding": "base64", "minLength": 1}),
]
Plain = Annotated[StrictBool | StrictInt | StrictFloat | None, BeforeValidator(_plain)]
"""A setting's value; checked first, since of a choice of types pydantic tells what is wrong with the first one only."""
Name = Annotated[str, Field(min_length=1, max_length=256)]
