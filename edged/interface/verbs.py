"""The registry of verbs, and how the JSON of a request becomes a command, or the error that made it none.

What is done with a command is not known here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from edged.errors import BadRequest, CommandError, RequestTooLarge, UnknownVerb
from edged.interface import calibration, enrollment, operation, people, pictures, removal, settings, strangers, transfer
from edged.interface.fields import BOM, RequestId
from edged.interface.form import MAX_NAME_CHARACTERS, AnyVerb, Verb, sentence, shortened
from edged.interface.messages import ReplyAddress, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edged.interface.form import Form

MAX_REQUEST_BYTES = 1_400_000
"""Bytes of a request; larger ones are refused unread, since brokers drop connections at about 2 MB."""
_ID: TypeAdapter[str | None] = TypeAdapter(RequestId | None)

ROWS: tuple[AnyVerb, ...] = tuple(
    row
    for module in (enrollment, people, transfer, calibration, removal, strangers, settings, pictures, operation)
    for row in vars(module).values()
    if isinstance(row, Verb)
)
"""The row of every form."""
VERBS: Mapping[str, AnyVerb] = {row.name: row for row in ROWS if not row.bare}
"""What may be asked for, by name."""
BY_FORM: Mapping[type[Form], AnyVerb] = {row.form: row for row in ROWS}


def row_of(request: Request) -> AnyVerb | None:
    """The row of a request: that of its form, or, where it is none, of the verb it was sent to; None for an unknown verb."""
    return BY_FORM.get(type(request.command)) or VERBS.get(request.address.verb)  # type: ignore[arg-type] # an error has no row


def parse_request(address: ReplyAddress, payload: bytes) -> Request:
    """Read a request; what is wrong with it stands in place of the command, so that it can be answered."""
    try:
        form = _form(address.verb, payload)
        return Request(replace(address, id=form.id), form)
    except ValidationError as error:
        found = BadRequest(sentence(error, VERBS[address.verb].form))
        return Request(replace(address, id=_id_of(payload)), found)
    except CommandError as error:
        return Request(replace(address, id=_id_of(payload)) if len(payload) <= MAX_REQUEST_BYTES else address, error)


def _form(verb: str, payload: bytes) -> Form:
    if verb not in VERBS:
        raise UnknownVerb(shortened(verb, MAX_NAME_CHARACTERS), VERBS)
    if len(payload) > MAX_REQUEST_BYTES:
        raise RequestTooLarge("request", len(payload), MAX_REQUEST_BYTES, "Send a smaller picture.")
    form: Form = VERBS[verb].form.model_validate_json(payload.removeprefix(BOM) or b"{}")
    return form


def _id_of(payload: bytes) -> str | None:
    """The id of a request that is otherwise wrong, so that the asker can tell which one it was."""
    try:
        content = from_json(payload.removeprefix(BOM))
    except ValueError:
        return None
    try:
        return _ID.validate_python(content.get("id") if isinstance(content, dict) else None)
    except ValidationError:
        return None
