"""The registry of verbs, and how the JSON of a request becomes a command, or the error that made it none.

What is done with a command is not known here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import ValidationError

from edged.config import MqttConfig
from edged.errors import BadRequest, CommandError, RequestTooLarge, UnknownVerb
from edged.interface import (
    calibration,
    enrollment,
    kept_faces,
    learning,
    operation,
    people,
    pictures,
    removal,
    settings,
    strangers,
    transfer,
    visits,
)
from edged.interface.form import MAX_NAME_CHARACTERS, AnyVerb, Verb, sentence, shortened
from edged.interface.ids import id_of
from edged.interface.messages import ReplyAddress, Request
from edged.system.private import Private
from edged.system.text import in_utf8

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edged.interface.form import Form

MAX_REQUEST_BYTES = MqttConfig().most_request_bytes
"""Bytes of a request, where the configuration has no other number; larger ones are refused unread."""
PICTURE_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"RIFF", b"GIF8", b"BM", b"II*\0", b"MM\0*")
"""How a payload begins that is a picture itself, as bytes: JPEG, PNG, WebP, GIF, BMP and TIFF. No JSON does, and none has a CONTAINER."""
CONTAINER, CONTAINER_AT = b"ftyp", 4
"""What stands where in an AVIF, and in a HEIC, which is refused by its name."""

MODULES = enrollment, people, transfer, calibration, learning, removal, strangers, visits, kept_faces, settings, pictures, operation
"""Where the rows stand, in the order in which verbs are told."""
ROWS: tuple[AnyVerb, ...] = tuple(row for module in MODULES for row in vars(module).values() if isinstance(row, Verb))
"""The row of every form."""
VERBS: Mapping[str, AnyVerb] = {row.name: row for row in ROWS if not row.bare}
"""What may be asked for, by name."""
BY_FORM: Mapping[type[Form], AnyVerb] = {row.form: row for row in ROWS}


def row_of(request: Request) -> AnyVerb | None:
    """The row of a request: that of its form, or, where it is none, of the verb it was sent to; None for an unknown verb."""
    return BY_FORM.get(type(request.command)) or VERBS.get(request.address.verb)  # type: ignore[arg-type] # an error has no row


def logged_verb(verb: str) -> str | Private:
    """A verb as it is logged: one that there is not may hold anything, and a line of the log is not for an asker to end."""
    return verb if verb in VERBS else Private(repr(shortened(verb, MAX_NAME_CHARACTERS)), "of no verb")


def parse_request(address: ReplyAddress, payload: bytes, most_bytes: int = MAX_REQUEST_BYTES) -> Request:
    """Read a request; what is wrong with it stands in place of the command, so that it can be answered."""
    try:
        form = _form(address.verb, payload, most_bytes)
        return Request(replace(address, id=form.id), form)
    except ValidationError as error:
        found = BadRequest(sentence(error, VERBS[address.verb].form))
        return Request(replace(address, id=id_of(payload)), found)
    except CommandError as error:
        return Request(replace(address, id=id_of(payload)), error)


def _form(verb: str, payload: bytes, most_bytes: int) -> Form:
    if verb not in VERBS:
        raise UnknownVerb(shortened(verb, MAX_NAME_CHARACTERS), VERBS)
    if len(payload) > most_bytes:
        raise RequestTooLarge("request", len(payload), most_bytes, "Send a smaller picture, or raise mqtt.max_request_mb.")
    kind = VERBS[verb].form
    form: Form = kind.model_validate(fields) if (fields := _bare(kind, payload)) else kind.model_validate_json(_json(payload))
    return form


def _json(payload: bytes) -> bytes:
    """A request as JSON in UTF-8; of nothing, or nothing but blanks, one without fields."""
    content = in_utf8(payload)
    return b"{}" if not content or content.isspace() else content


def _bare(kind: type[Form], payload: bytes) -> dict[str, bytes]:
    """The fields of a request that is a picture alone, as bytes; empty where it is none."""
    is_picture = payload.startswith(PICTURE_STARTS) or payload.startswith(CONTAINER, CONTAINER_AT)
    return {"image": payload} if is_picture and "image" in kind.model_fields else {}
