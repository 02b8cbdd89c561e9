"""The whole interface as an AsyncAPI 3.0 document, made of the topics and of the models of their payloads.

Knows how the specification (github.com/asyncapi/spec, 3.0.0) wants it written; what is sent when, and why, is not known here.
"""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Union

from pydantic import create_model
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from edged.interface.enrollment import ENROLL_LAST, KEEP_NAME
from edged.interface.events import EVENTS
from edged.interface.messages import Response
from edged.interface.operation import SNAPSHOT
from edged.interface.settings import PAUSE, SETTINGS
from edged.interface.states import (
    SCHEMA_VERSION,
    EnrollNamePayload,
    FaceShownPayload,
    HealthPayload,
    InfoPayload,
    LastPersonPayload,
    LastStrangerPayload,
    PeoplePayload,
    PersonPayload,
    ProblemPayload,
    RefusalPayload,
    SettingState,
    StatusPayload,
)
from edged.interface.topics import CameraTopics, Topics
from edged.interface.verbs import ROWS, VERBS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel
    from pydantic.json_schema import JsonSchemaMode, JsonSchemaValue
    from pydantic_core import core_schema

    Object = dict[str, Any]

JSON: Final = "application/json"
TEXT: Final = "text/plain"
SWITCH: Final = {"type": "string", "enum": ["ON", "OFF"]}
BINDING: Final = {"bindingVersion": "0.2.0"}
"""Version of the MQTT bindings (github.com/asyncapi/bindings), the first with MQTT 5's properties."""
SCHEMAS: Final = "#/components/schemas/"
PARAMETERS: Final = {
    "prefix": {"default": "edged", "description": "mqtt.prefix of the configuration."},
    "device": {"description": "device.id of the configuration."},
    "camera": {"description": "A camera's name, camera.name of the configuration; never one of the other topics' words."},
    "name": {"description": "A setting's name."},
    "person": {"description": "A person's id."},
    "verb": {"description": "What is asked for.", "enum": list(VERBS)},
}
"""What varies in topics."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What edged sends on one kind of topic: messages by name, each with its form, or one without a form where it is no JSON."""

    forms: Mapping[str, type[BaseModel]] = field(default_factory=dict)
    retained: bool = True
    content_type: str = JSON
    schema: Mapping[str, Any] = field(default_factory=dict)
    """Of the payload that is no JSON."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A bare value that edged hears."""

    verb: str | None
    """It is answered as this verb is; None: not at all."""
    content_type: str = TEXT
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})


def _response(verb: str) -> type[BaseModel]:
    kinds = dict.fromkeys(kind for row in ROWS if row.name == verb for kind in (row.answer, *row.also))
    form: Any = (Union[*kinds, None], ...)
    name, doc = f"{verb.title().replace('_', '')}Response", f"`…/response/{verb}`: the answer."
    return create_model(name, __base__=Response, __doc__=doc, data=form)


SENT: Final[Mapping[str, Sent]] = {
    "availability": Sent(content_type=TEXT, schema={"type": "string", "enum": ["online", "offline"]}),
    "info": Sent({"info": InfoPayload}),
    "health": Sent({"health": HealthPayload}),
    "problem": Sent({"problem": ProblemPayload}),
    "status": Sent({"status": StatusPayload}),
    "event": Sent(EVENTS, retained=False),
    "face_image": Sent(retained=False, content_type="image/jpeg", schema={"type": "string", "format": "binary"}),
    "face_shown": Sent({"face_shown": FaceShownPayload}, retained=False),
    "stranger_image": Sent(retained=False, content_type="image/jpeg", schema={"type": "string", "format": "binary"}),
    "stranger_shown": Sent({"stranger_shown": FaceShownPayload}, retained=False),
    "scene_image": Sent(retained=False, content_type="image/jpeg", schema={"type": "string", "format": "binary"}),
    "last_person": Sent({"last_person": LastPersonPayload}, retained=False),
    "last_stranger": Sent({"last_stranger": LastStrangerPayload}, retained=False),
    "person": Sent({"person": PersonPayload}),
    "people": Sent({"people": PeoplePayload}),
    "pause": Sent(content_type=TEXT, schema=SWITCH),
    "setting": Sent({"setting": SettingState}),
    "refusal": Sent({"refusal": RefusalPayload}, retained=False),
    "enroll_name": Sent({"enroll_name": EnrollNamePayload}),
    "discovery": Sent(schema={"type": "object", "description": "In Home Assistant's own form."}),
    "camera_discovery": Sent(schema={"type": "object", "description": "In Home Assistant's own form."}),
    "response": Sent({verb: _response(verb) for verb in VERBS}, retained=False),
}
"""What is sent, by the name that Topics or CameraTopics gives the topic."""
HEARD: Final[Mapping[str, Heard]] = {
    "setting_set": Heard(SETTINGS.name, content_type=JSON, schema={"type": ["number", "boolean", "null", "object"]}),
    "scene_take": Heard(SNAPSHOT.name),
    "pause_set": Heard(PAUSE.name, schema=SWITCH),
    "enroll_name_set": Heard(KEEP_NAME.name),
    "enroll_last_stranger": Heard(ENROLL_LAST.name),
    "birth": Heard(None, schema={"type": "string", "enum": ["online", "offline"]}),
}
"""The bare values that edged hears beside requests, by the name that Topics or CameraTopics gives the topic."""
REQUEST: Final = "request"
"""The name that Topics gives the topics of requests."""


def document(version: str) -> Object:
    """The AsyncAPI document of this version of edged, as JSON values."""
    schemas, references = _schemas()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "edged",
            "version": version,
            "description": f"Face recognition at the door. Version {SCHEMA_VERSION} of the JSON of all topics.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": JSON,
        "servers": {"broker": _server()},
        "channels": {name: _channel(name, references) for name in (*SENT, *HEARD, REQUEST)},
        "operations": {
            **{f"send_{name}": _operation("send", name, retained=sent.retained) for name, sent in SENT.items()},
            **{f"receive_{name}": _operation("receive", name) | _reply(heard.verb) for name, heard in HEARD.items()},
            **{f"request_{verb}": _operation("receive", REQUEST) | _request(verb) | _reply(verb) for verb in VERBS},
        },
        "components": {"schemas": schemas},
    }


class _Draft7(GenerateJsonSchema):
    """Schemas in the dialect that AsyncAPI takes: it knows no prefixItems."""

    def tuple_schema(self, schema: core_schema.TupleSchema) -> JsonSchemaValue:
        made = super().tuple_schema(schema)
        if "prefixItems" in made:
            made["items"] = made.pop("prefixItems")
        return made

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        return _described(super().dataclass_schema(schema), schema["cls"])

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        return _described(super().model_schema(schema), schema["cls"])


def _described(made: JsonSchemaValue, kind: type) -> JsonSchemaValue:
    """A schema with what the docstrings say of its fields. Pydantic could read them too, but at each start and not of dataclasses."""
    for described in (
        _docstrings(one) for one in reversed(kind.__mro__) if one.__module__.startswith("edged.") and one.__module__ != __name__
    ):
        for name in described.keys() & made.get("properties", {}).keys():
            made["properties"][name]["description"] = described[name]
    return made


@cache
def _docstrings(kind: type) -> Mapping[str, str]:
    """The docstring below each field of a class."""
    [body] = [node.body for node in ast.parse(inspect.getsource(kind)).body if isinstance(node, ast.ClassDef)]
    found = {}
    for declared, below in pairwise(body):
        match declared, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = text
    return found


def _schemas() -> tuple[Object, dict[type[BaseModel], Object]]:
    """Every form by its name, and a reference to each."""
    sent = dict.fromkeys(form for one in SENT.values() for form in one.forms.values())
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [(form, "serialization") for form in sent]
    wanted += [(form, "validation") for form in (row.form for row in VERBS.values())]
    references, definitions = models_json_schema(wanted, schema_generator=_Draft7, ref_template=f"{SCHEMAS}{{model}}")
    return definitions["$defs"], {form: references[form, mode] for form, mode in wanted}


def _server() -> Object:
    will = {"topic": address("availability"), "qos": 1, "message": "offline", "retain": True}
    return {
        "host": "{host}",
        "protocol": "mqtt",
        "protocolVersion": "5",
        "description": "Any MQTT broker; 3.1.1 and TLS by the configuration.",
        "variables": {"host": {"default": "localhost:1883", "description": "mqtt.host and mqtt.port of the configuration."}},
        "bindings": {"mqtt": {"cleanSession": True, "lastWill": will, "sessionExpiryInterval": 0, **BINDING}},
    }


def address(name: str) -> str:
    """A topic by its name in Topics or CameraTopics, with what varies in braces."""
    topics = Topics("{prefix}", "{device}")
    member = getattr(topics.camera("{camera}") if hasattr(CameraTopics, name) else topics, name)
    return member(*(f"{{{parameter}}}" for parameter in inspect.signature(member).parameters)) if callable(member) else str(member)


def _channel(name: str, references: Mapping[type[BaseModel], Object]) -> Object:
    topic = address(name)
    return {
        "address": topic,
        "description": inspect.getdoc(getattr(CameraTopics, name, None) or getattr(Topics, name)),
        "parameters": {parameter: PARAMETERS[parameter] for parameter in re.findall(r"{(\w+)}", topic)},
        "messages": _requests(references) if name == REQUEST else _messages(name, references),
    }


def _messages(name: str, references: Mapping[type[BaseModel], Object]) -> Object:
    what = SENT.get(name) or HEARD[name]
    if isinstance(what, Heard) or not what.forms:
        return {name: {"name": name, "contentType": what.content_type, "payload": dict(what.schema)}}
    answers = {"correlationData": {"description": "The request's.", "type": "string"}} if name == "response" else {}
    return {key: _message(key, form, references, answers) for key, form in what.forms.items()}


def _requests(references: Mapping[type[BaseModel], Object]) -> Object:
    properties = {
        "responseTopic": {"description": "MQTT 5: the answer goes here in place of the usual topic.", "type": "string"},
        "correlationData": {"description": "MQTT 5: comes back with the answer.", "type": "string"},
    }
    return {verb: _message(verb, row.form, references, properties) for verb, row in VERBS.items()}


def _message(name: str, form: type[BaseModel], references: Mapping[type[BaseModel], Object], mqtt: Object) -> Object:
    message: Object = {"name": name, "summary": inspect.getdoc(form), "contentType": JSON, "payload": references[form]}
    return {**message, "bindings": {"mqtt": {**mqtt, **BINDING}}} if mqtt else message


def _operation(action: str, channel: str, *, retained: bool = False) -> Object:
    delivery = {"mqtt": {"qos": 1, "retain": retained, **BINDING}}
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "bindings": delivery}


def _request(verb: str) -> Object:
    return {"messages": [{"$ref": f"#/channels/{REQUEST}/messages/{verb}"}]}


def _reply(verb: str | None) -> Object:
    messages = [{"$ref": f"#/channels/response/messages/{verb}"}]
    return {"reply": {"channel": {"$ref": "#/channels/response"}, "messages": messages}} if verb else {}
