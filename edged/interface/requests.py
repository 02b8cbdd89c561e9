"""Requests: which there are, and how the JSON of one becomes a command, or the error that it made none.

Knows the form of messages; what is done with them is not known here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import ValidationError
from pydantic_core import from_json

from edged.errors import CommandError
from edged.interface import commands
from edged.interface.replies import shortened
from edged.interface.requests_operation import (
    ErasePicturesRequest,
    PauseRequest,
    ReloadRequest,
    ResumeRequest,
    SelfTestRequest,
    SettingsRequest,
    SnapshotRequest,
)
from edged.interface.requests_people import (
    CalibrateRequest,
    EnrollRequest,
    ExportRequest,
    ForgetRequest,
    ImportRequest,
    MergeRequest,
    PeopleRequest,
    PersonRequest,
    RenameRequest,
)
from edged.interface.requests_pictures import AnalyseRequest, ExtractRequest, RecogniseRequest, RepresentRequest, VerifyRequest
from edged.interface.requests_strangers import IgnoreRequest, StrangersRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edged.interface.fields import Form
    from edged.mqtt.link import Received

MAX_REQUEST_BYTES = 1_400_000
"""Larger requests are refused unread: brokers drop connections at about 2 MB."""
MAX_NAME_CHARACTERS = 100
"""Of a field's or verb's name in the sentence of an error."""

REQUESTS: Mapping[str, type[Form]] = {
    "enroll": EnrollRequest,
    "people": PeopleRequest,
    "person": PersonRequest,
    "rename": RenameRequest,
    "export": ExportRequest,
    "import": ImportRequest,
    "calibrate": CalibrateRequest,
    "merge": MergeRequest,
    "forget": ForgetRequest,
    "strangers": StrangersRequest,
    "ignore": IgnoreRequest,
    "settings": SettingsRequest,
    "pause": PauseRequest,
    "resume": ResumeRequest,
    "recognise": RecogniseRequest,
    "verify": VerifyRequest,
    "analyse": AnalyseRequest,
    "represent": RepresentRequest,
    "extract": ExtractRequest,
    "snapshot": SnapshotRequest,
    "self_test": SelfTestRequest,
    "reload": ReloadRequest,
    "erase_pictures": ErasePicturesRequest,
}
"""The form of each verb's request."""


def address_of(verb: str, message: Received) -> commands.ReplyAddress:
    """Where the sender of a message waits for the answer."""
    return commands.ReplyAddress(verb, None, _usable(message.response_topic), message.correlation_data)


def parse_request(verb: str, message: Received) -> commands.Request:
    """Read a request; what is wrong with it stands in place of the command, so that it can be answered."""
    address = address_of(verb, message)
    try:
        form = _form(verb, message.payload)
        address = replace(address, id=form.id)
        return commands.Request(address, form.command())
    except ValidationError as error:
        address = replace(address, id=_id_of(message.payload))
        return commands.Request(address, CommandError("bad_request", _sentence(error, REQUESTS[verb])))
    except CommandError as error:
        if len(message.payload) <= MAX_REQUEST_BYTES:
            address = replace(address, id=address.id or _id_of(message.payload))
        return commands.Request(address, error)


def _usable(topic: str | None) -> str | None:
    """A response topic that can be published to; None, for the usual one, where it cannot."""
    return None if not topic or topic.startswith("$") or any(sign in topic for sign in "+#\0") else topic


def _form(verb: str, payload: bytes) -> Form:
    if verb not in REQUESTS:
        raise CommandError(
            "unknown_verb", f"There is no request {shortened(verb, MAX_NAME_CHARACTERS)!r}; there are: {', '.join(REQUESTS)}."
        )
    if len(payload) > MAX_REQUEST_BYTES:
        raise CommandError(
            "too_large", f"The request has {len(payload)} bytes; at most {MAX_REQUEST_BYTES} are read. Send a smaller picture."
        )
    return REQUESTS[verb].model_validate_json(payload or b"{}")


def _id_of(payload: bytes) -> str | None:
    """The id of a request that is otherwise wrong, so that the asker can tell which one it was."""
    try:
        content = from_json(payload)
    except ValueError:
        return None
    found = content.get("id") if isinstance(content, dict) else None
    return found if isinstance(found, str) and len(found) <= 256 else None  # noqa: PLR2004 - as in Form


def _sentence(error: ValidationError, form: type[Form]) -> str:
    problem = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = ".".join(shortened(str(part), MAX_NAME_CHARACTERS) for part in problem["loc"])
    what = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        what = "there is no such field" + (f"; there are: {', '.join(form.model_fields)}" if len(problem["loc"]) == 1 else "")
    return f"{where}: {what}." if where else f"The request is not what it should be: {what}."
