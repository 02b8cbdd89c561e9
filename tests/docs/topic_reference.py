"""The topic reference, edged/mqtt/README.md, by its headings, and the topics that the code has.

Knows nothing of a running edged.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import edged
from edged.config import RESERVED_NAMES
from edged.interface.asyncapi import address
from edged.interface.events import EVENTS
from edged.interface.messages import Response
from edged.interface.states import (
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
from tests.docs.markdown import SPAN, Section, section, text
from tests.forms import REQUESTS
from tests.topics import topic_names

if TYPE_CHECKING:
    from pydantic import BaseModel

PACKAGE = Path(edged.__file__).parent
TOPIC_REFERENCE = PACKAGE / "mqtt" / "README.md"
HEADING = re.compile(r"^#{2,3} (.+)$", re.MULTILINE)
INNER_HEADING = re.compile(r"^#### (.+)$", re.MULTILINE)
EVENT = "edged/door/front/event"
NO_JSON = ("/availability", "/image", "/take", "front/pause", "/set", "/last_stranger", "/config", "homeassistant/status")
"""How topics end that carry a bare value, or JSON of which others say the form."""


def sections() -> dict[str, Section]:
    """The topic reference by heading; what stands above the first is under an empty one."""
    pieces = HEADING.split(text(TOPIC_REFERENCE))
    return {heading: section(body) for heading, body in zip(["", *pieces[1::2]], pieces[::2], strict=True)}


def parts(heading: str) -> dict[str, Section]:
    """What stands below a heading; where it has headings within, below each of them, after what all of them have in common."""
    pieces = HEADING.split(text(TOPIC_REFERENCE))
    common, *inner = INNER_HEADING.split(pieces[pieces.index(heading) + 1])
    shared = section(common)
    found = {name: section(body) for name, body in zip(inner[::2], inner[1::2], strict=True)}
    return {name: Section(shared.examples + one.examples, shared.rows + one.rows) for name, one in found.items()} or {"": shared}


def topic_sections() -> dict[str, Section]:
    return {heading: found for heading, found in sections().items() if heading.startswith(("edged/", "homeassistant/"))}


def topics() -> set[str]:
    """Every topic that Topics gives, with the names of what varies in `<>`."""
    return {address(name).translate({ord("{"): "<", ord("}"): ">"}).replace("<prefix>", "edged") for name in topic_names()}


def template(topic: str) -> str | None:
    """The topic of Topics that a real topic is one of."""
    camera = f"(?!(?:{'|'.join(RESERVED_NAMES)})/)[^/]+"
    kinds = [kind for kind in topics() if re.fullmatch(re.sub("<[a-z]+>", "[^/]+", kind.replace("<camera>", camera)), topic)]
    assert len(kinds) <= 1, kinds
    return kinds[0] if kinds else None


def last_level(kind: str) -> list[str]:
    """The verbs or names that the headings of a kind end with."""
    return [heading.rpartition("/")[2] for heading in topic_sections() if f"/{kind}/" in heading and not heading.endswith("/set")]


def model_of(topic: str, payload: Any) -> type[BaseModel] | None:  # noqa: ANN401 - JSON
    """The form of a payload on a topic; None where it is no JSON."""
    models: dict[str, type[BaseModel]] = {
        "info": InfoPayload,
        "health": HealthPayload,
        "problem": ProblemPayload,
        "refusal": RefusalPayload,
        "status": StatusPayload,
        "people": PeoplePayload,
        "shown": FaceShownPayload,
        "last_person": LastPersonPayload,
        "last": LastStrangerPayload,
        "person": PersonPayload,
        "setting": SettingState,
        "enroll": EnrollNamePayload,
        "response": Response,
    }
    levels = topic.split("/")
    if "request" in levels:
        return REQUESTS[levels[-1]]
    if levels[-1] == "event":
        return EVENTS[payload["event_type"]]
    return next((model for word in (levels[2], levels[3:] and levels[-1]) if (model := models.get(str(word)))), None)


def examples() -> list[Any]:
    """Every JSON example with the heading under which it stands."""
    return [
        pytest.param(heading, example, id=f"{heading}-{number}")
        for heading, found in topic_sections().items()
        for number, example in enumerate(found.examples)
    ]


def values(heading: str, field_name: str, column: int) -> list[str]:
    """What stands in code spans beside a field, in all tables below a heading."""
    return [span for row in topic_sections()[heading].rows if row[0] == f"`{field_name}`" for span in SPAN.findall(row[column])]


def retained_topics() -> set[str]:
    return {SPAN.findall(row[0])[0] for row in sections()[""].rows if row[1] == "yes"}


def examples_for(topic: str) -> list[Any]:
    """The examples of a topic, or of another of its kind where it has none itself."""
    found = topic_sections()
    kind = template(topic)
    return (
        found[topic].examples
        if topic in found
        else [one for heading in found if template(heading) == kind for one in found[heading].examples]
    )


def first_examples(heading: str) -> list[Any]:
    """The examples below a heading and above the first within."""
    pieces = HEADING.split(text(TOPIC_REFERENCE))
    return section(INNER_HEADING.split(pieces[pieces.index(heading) + 1])[0]).examples
