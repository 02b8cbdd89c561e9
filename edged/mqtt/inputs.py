"""What comes in: the topics that edged listens to, and the request that a message on one of them makes.

How a request is carried out, and where the answer goes, is not known here.
"""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from edged.errors import BadRequest, CommandError, RequestFailed, RequestTooLarge
from edged.interface.enrollment import ENROLL_LAST, KEEP_NAME, EnrollLast, KeepName
from edged.interface.fields import switch
from edged.interface.messages import ReplyAddress, Request
from edged.interface.operation import SNAPSHOT, Snapshot
from edged.interface.settings import PAUSE, SETTINGS, ChangeSettings, Pause, Resume
from edged.interface.verbs import MAX_REQUEST_BYTES, logged_verb, parse_request
from edged.system.text import in_utf8

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.interface.fields import Json
    from edged.interface.form import Form
    from edged.interface.topics import Topics
    from edged.mqtt.link import Received

log = logging.getLogger(__name__)

MAX_INPUT_BYTES = 1000
"""Bytes of a number, a switch or a name; more is not read."""
ON, OFF = b"ON", b"OFF"


def subscriptions(topics: Topics) -> tuple[str, ...]:
    """The filters of everything that edged listens to."""
    every, birth = topics.camera("+"), (topics.birth,) if topics.birth else ()
    set_ = topics.setting_set("+"), every.pause_set, every.scene_take, topics.enroll_name_set, topics.enroll_last_stranger
    return (topics.request("+"), *set_, *birth)


def parse(topics: Topics, message: Received, most_bytes: int = MAX_REQUEST_BYTES) -> Request:
    """Read what is asked; what is wrong with it stands in place of the command, so that it can be answered."""
    try:
        return _read(topics, message, most_bytes)
    except Exception:  # a defect that one message brings to light must not end the connection for all
        verb = message.topic.rpartition("/")[2]
        log.exception("A request '%s' could not be read.", logged_verb(verb))
        return Request(_address(verb, message), RequestFailed())


def _read(topics: Topics, message: Received, most_bytes: int) -> Request:
    match message.topic.removeprefix(f"{topics.root}/").split("/"):
        case ["setting", name, "set"]:
            return _request(SETTINGS.name, message, lambda text: _setting(name, text))
        case ["enroll", "name", "set"]:
            return _request(KEEP_NAME.name, message, _name)
        case ["enroll", "last_stranger"]:
            return _request(ENROLL_LAST.name, message, lambda _: EnrollLast())
        case [camera, "scene", "take"]:
            request = _request(SNAPSHOT.name, message, lambda _: Snapshot.model_construct(camera=camera, marked=False))
            return replace(request, shown_on=topics.camera(camera).scene_image)
        case [camera, "pause", "set"]:
            return _request(PAUSE.name, message, lambda text: _pause(camera, text))
    return parse_request(_address(message.topic.rpartition("/")[2], message), message.payload, most_bytes)


def _address(verb: str, message: Received) -> ReplyAddress:
    """Where the sender of a message waits for the answer."""
    return ReplyAddress(verb, None, message.response_topic or None, message.correlation_data)


def _request(verb: str, message: Received, form: Callable[[bytes], Form]) -> Request:
    address = _address(verb, message)
    if len(message.payload) > MAX_INPUT_BYTES:
        return Request(address, RequestTooLarge("message", len(message.payload), MAX_INPUT_BYTES))
    try:
        return Request(address, form(in_utf8(message.payload).strip()))
    except CommandError as error:
        return Request(address, error)


def _setting(name: str, text: bytes) -> Form:
    try:
        return ChangeSettings(set={name: _value(text)})
    except (ValueError, RecursionError) as error:
        raise BadRequest(f'{name}: send a number, true or false, {{"value": …}}, or null for the default. Nothing was changed.') from error


def _value(text: bytes) -> Json:
    """A value by itself, also a word or a number that is no JSON, or as an object's "value"; nothing at all is None."""
    try:
        content: Json = json.loads(text or b"null")
    except ValueError:
        content = text.decode(errors="replace")
    return content["value"] if isinstance(content, dict) and content.keys() == {"value"} else content


def _name(text: bytes) -> Form:
    try:
        return KeepName(name=text.decode() or None)
    except UnicodeDecodeError as error:
        raise BadRequest("The name is not UTF-8.") from error


def _pause(camera: str, text: bytes) -> Form:
    try:
        wanted = switch(_value(text))
    except RecursionError:
        wanted = None
    if not isinstance(wanted, bool):
        raise BadRequest("Send ON to pause the camera, or OFF.")
    form = Pause if wanted else Resume
    return form.model_construct(camera=camera)  # a topic may hold any name: that there is no such camera says it better than the form
