"""What comes in: the topics that edged listens to, and the request that a message on one of them makes.

Knows the forms of what is asked; how it is carried out, and where the answer goes, is not known here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import ValidationError

from edged.errors import CommandError
from edged.interface import commands
from edged.interface.requests import address_of, parse_request
from edged.interface.requests_operation import SettingsRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.interface.commands import Json
    from edged.interface.topics import Topics
    from edged.mqtt.link import Received

MAX_INPUT_BYTES = 1000
"""A number, a switch or a name; more is not read."""
ON, OFF = b"ON", b"OFF"


def subscriptions(topics: Topics) -> tuple[str, ...]:
    """The filters of everything that edged listens to."""
    own = (
        topics.request("+"),
        topics.setting_set("+"),
        topics.camera("+").pause_set,
        topics.enroll_name_set,
        topics.enroll_last_stranger,
    )
    return (*own, topics.birth) if topics.birth else own


def parse(topics: Topics, message: Received) -> commands.Request:
    """Read what is asked; what is wrong with it stands in place of the command, so that it can be answered."""
    match message.topic.removeprefix(f"{topics.root}/").split("/"):
        case ["setting", name, "set"]:
            return _request("settings", message, lambda text: _setting(name, text))
        case ["enroll", "name", "set"]:
            return _request("enroll", message, _name)
        case ["enroll", "last_stranger"]:
            return _request("enroll", message, lambda _: commands.PromoteLast())
        case [camera, "pause", "set"]:
            return _request("pause", message, lambda text: _pause(camera, text))
    return parse_request(message.topic.rpartition("/")[2], message)


def _request(verb: str, message: Received, command: Callable[[bytes], commands.Command]) -> commands.Request:
    address = address_of(verb, message)
    if len(message.payload) > MAX_INPUT_BYTES:
        return commands.Request(
            address, CommandError("too_large", f"The message has {len(message.payload)} bytes; at most {MAX_INPUT_BYTES} are read.")
        )
    try:
        return commands.Request(address, command(message.payload.strip()))
    except CommandError as error:
        return commands.Request(address, error)


def _setting(name: str, text: bytes) -> commands.Command:
    try:
        value = _value(text)
        return SettingsRequest.model_validate({"set": {name: value}}).command()
    except (ValueError, RecursionError, ValidationError) as error:
        raise CommandError(
            "bad_request", f'{name}: send a number, true or false, {{"value": …}}, or null for the default. Nothing was changed.'
        ) from error


def _value(text: bytes) -> Json:
    """A value by itself or as an object's "value"; nothing at all is None."""
    content: Json = json.loads(text or b"null")
    return content["value"] if isinstance(content, dict) and content.keys() == {"value"} else content


def _name(text: bytes) -> commands.Command:
    try:
        return commands.NameNext(text.decode() or None)
    except UnicodeDecodeError as error:
        raise CommandError("bad_request", "The name is not UTF-8.") from error


def _pause(camera: str, text: bytes) -> commands.Command:
    if text not in (ON, OFF):
        raise CommandError("bad_request", "Send ON to pause the camera, or OFF.")
    return commands.Pause(camera, text == ON)
