"""The documentation: what the READMEs name is what there is, all of it and no other, and a running edged publishes it so.

Knows how the two READMEs are written: headings, tables, code spans and fenced examples.
"""

from __future__ import annotations

import argparse
import ast
import base64
import json
import re
import shutil
import subprocess
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import cv2
import numpy as np
import pytest
from pydantic import TypeAdapter

import edged
from edged.cli import main as cli
from edged.config import RESERVED_NAMES, Changeable, Config, Recognition
from edged.control import safety
from edged.daemon.app import open_attributes
from edged.enrollment.capture import DIRECTIONS, Hint
from edged.errors import CommandError, EdgedError
from edged.gallery.archive import SENT, ArchivedPerson, pack
from edged.gallery.open_set import threshold_for
from edged.gallery.templates import NewTemplate
from edged.interface.asyncapi import address
from edged.interface.events import EVENTS
from edged.interface.fields import MAX_FIELDS
from edged.interface.replies import MAX_MESSAGE_CHARACTERS, Response
from edged.interface.requests import MAX_REQUEST_BYTES, REQUESTS, parse_request
from edged.interface.requests_people import MAX_IMAGES
from edged.interface.states import EnrollNamePayload, HealthPayload, InfoPayload, PeoplePayload, SettingPayload, StatusPayload
from edged.mqtt import waiting
from edged.mqtt.client import MOST_PACKET_BYTES
from edged.mqtt.link import Received
from edged.pipeline.attributes import ENOUGH_LOOKS
from edged.storage.outbox import FORGOTTEN
from edged.types import Embedding, Gender, Reason
from edged.vision.model_card import read_embedding_card
from edged.vision.pictures import MAX_MEGAPIXELS, MAX_SCANS, read_picture
from tests.broker import Mosquitto, Subscriber, wait_until
from tests.conftest import ROOT
from tests.program import Daemon, remember_strangers
from tests.specification import Interface
from tests.topics import topic_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

    from edged.types import Uint8Array
    from edged.vision.faces import FaceReader

PACKAGE = Path(edged.__file__).parent
TOPIC_REFERENCE = PACKAGE / "mqtt" / "README.md"
README = ROOT / "README.md"
BOTH = pytest.mark.parametrize("document", [README, TOPIC_REFERENCE], ids=lambda path: str(path.relative_to(ROOT)))

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
HEADING = re.compile(r"^#{2,3} (.+)$", re.MULTILINE)
INNER_HEADING = re.compile(r"^#### (.+)$", re.MULTILINE)
COMMAND = re.compile(r"^(?:\$ )?(?:sudo )?(?:[\w./-]*/)?edged ([a-z]\S*)(?: ([a-z]+(?:-[a-z]+)*))?")
EVENT = "edged/door/front/event"
NO_JSON = ("/availability", "/face/image", "front/pause", "/set", "/last_stranger", "/config", "homeassistant/status")
"""How topics end that carry a bare value, or JSON of which others say the form."""
DIM = 0.08
"""What is left of the light where somebody passes in the dark: too little to be asked who they are."""
FILES = {"gallery.db"}
"""Code spans that look like a configuration key and are the name of a file."""
NO_REPLY = {
    "failed": "the base class's; it is never raised itself",
    "bad_config": "the configuration is read before there are requests",
    "camera": "a request hears of a camera that is gone by camera_offline",
    "camera_ended": "the same",
    "broker": "then there is nobody to answer",
    "worker": "then edged ends, and systemd starts it anew",
    "check_failed": "the shell's",
    "bad_boxes": "the shell's",
    "bad_labels": "the shell's",
    "bad_pairs": "the shell's",
    "too_few_people": "the shell's",
}
"""Codes of errors that are no reply to a request, and why."""
OWN_CODES = {
    "PoorView": {"too_small", "blurred", "turned_away", "cut_off", "too_dark", "too_bright"},
    "RequestRefused": set[str](),
}
"""Errors that get their code where they are raised, and what it may be beside what others gave them."""
PASSED_ON = {
    "error.code": set[str](),
    "face.quality.reason.value": {"too_small", "blurred", "turned_away", "cut_off", "too_dark", "too_bright"},
}
"""Codes that stand in the code as an expression, and what they may be beside what others gave them."""


@dataclass
class Section:
    """A heading and what stands below it."""

    examples: list[Any] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    def spans(self, column: int = 0) -> list[str]:
        """What stands in code spans in a column of its table."""
        return [span for row in self.rows for span in SPAN.findall(row[column])]


def text(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def fenced(document: Path, language: str) -> list[str]:
    return [content for name, content in FENCE.findall(text(document)) if name == language]


def spans(document: Path) -> set[str]:
    """Code spans outside fenced blocks."""
    return set(SPAN.findall(FENCE.sub("", text(document))))


def sections() -> dict[str, Section]:
    """The topic reference by heading; what stands above the first is under an empty one."""
    pieces = HEADING.split(text(TOPIC_REFERENCE))
    return {heading: section(body) for heading, body in zip(["", *pieces[1::2]], pieces[::2], strict=True)}


def section(body: str) -> Section:
    examples = [json.loads(content) for name, content in FENCE.findall(body) if name == "json"]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in body.splitlines() if line.startswith("| `")]
    return Section(examples, rows)


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
        "status": StatusPayload,
        "people": PeoplePayload,
        "setting": SettingPayload,
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


def places(value: object, prefix: str = "") -> Iterator[str]:
    """Every key in an example as a path: a dot leads into an object, `[]` into each entry of a list."""
    match value:
        case dict():
            for key, inner in value.items():
                path = prefix + key.replace(".", "_")  # names of files have dots
                yield path
                yield from places(inner, f"{path}.")
        case [dict(), *_]:
            for inner in value:
                yield from places(inner, f"{prefix[:-1]}[].")


def leaves(places: set[str]) -> set[str]:
    """The places that nothing else is in."""
    return {place for place in places if not any(other.startswith((f"{place}.", f"{place}[")) for other in places)}


def explains(row: str, place: str) -> bool:
    """Whether the name in a table's row is that of a place; `*` stands for any key."""
    return bool(re.fullmatch(re.escape(row).replace(r"\*", r"[^.]+"), place))


def fits(real: object, example: object) -> bool:
    """Whether a payload has its example's keys, all the way down; what is empty now may hold more in the example."""
    match real, example:
        case dict(), dict():
            return not real or (real.keys() == example.keys() and all(fits(real[key], example[key]) for key in real))
        case list(), list():
            alike = example if len(example) == len(real) else example[:1] * len(real)
            return len(alike) == len(real) and all(map(fits, real, alike))
        case (dict() | list(), _) | (_, dict() | list()):
            return False
    return True


def archive_of_bob() -> bytes:
    """An archive of somebody who is like nobody: two templates of one view, and one that is of no use here."""
    card = read_embedding_card(ROOT / "models" / "embedding_sface")
    view, again = np.eye(2, card.embedding.dimensions, 64, dtype=np.float32)
    again = (view + again * np.float32(0.05)) / np.linalg.norm(view + again * np.float32(0.05))
    faces = [(Embedding(view, card.id), 0.9), (Embedding(np.asarray(again, np.float32), card.id), 0.7), (Embedding(view, "another"), 0.9)]
    templates = tuple(NewTemplate(face, quality, "shell", datetime(2026, 1, 2, 3, tzinfo=UTC), None) for face, quality in faces)
    return pack([ArchivedPerson("bob", "Bob", templates)], datetime(2026, 1, 2, 3, tzinfo=UTC), SENT)


def with_pictures(request: Any, pictures: Iterator[Path]) -> Any:  # noqa: ANN401 - JSON
    """A request with a real picture, or archive, wherever its example is shortened."""
    match request:
        case {"archive": "…"}:
            return {**request, "archive": base64.b64encode(archive_of_bob()).decode()}
        case "…":
            return base64.b64encode(next(pictures).read_bytes()).decode()
        case dict():
            return {key: with_pictures(value, pictures) for key, value in request.items()}
        case list():
            return [with_pictures(value, pictures) for value in request]
    return request


# The topics.


def test_the_table_names_every_topic_and_no_other() -> None:
    assert sections()[""].spans() == list(dict.fromkeys(sections()[""].spans()))
    assert set(sections()[""].spans()) == topics()


def test_every_topic_has_a_heading_and_no_other() -> None:
    assert {heading: template(heading) for heading in topic_sections() if template(heading) is None} == {}
    assert {template(heading) for heading in topic_sections()} == topics()
    assert all("door/" in heading or heading == "homeassistant/status" for heading in topic_sections() if "/device/" not in heading)


def test_every_verb_has_a_request_and_a_response_and_no_other() -> None:
    assert last_level("request") == last_level("response") == list(REQUESTS)


def test_every_setting_is_explained_and_no_other() -> None:
    assert sections()["Settings"].spans() == list(Changeable.model_fields)
    assert set(last_level("setting")) <= set(Changeable.model_fields)


def test_every_type_of_event_has_an_example() -> None:
    shown = {heading: {example["event_type"] for example in part.examples} for heading, part in parts(EVENT).items()}
    assert shown == {heading: set(SPAN.findall(heading)) for heading in shown}
    assert [name for heading in shown for name in SPAN.findall(heading)] == list(EVENTS)


def test_every_type_of_event_has_a_form_that_says_its_name() -> None:
    for name, model in EVENTS.items():
        assert name in get_args(model.model_fields["event_type"].annotation)


def test_the_device_says_which_events_and_requests_there_are() -> None:
    [info] = sections()["edged/door/info"].examples
    assert (info["events"], info["requests"]) == (list(EVENTS), list(REQUESTS))


# The examples.


def test_every_json_topic_has_an_example() -> None:
    without = [heading for heading, found in topic_sections().items() if not found.examples]
    assert without == [heading for heading in topic_sections() if heading.endswith(NO_JSON)]


@pytest.mark.parametrize(("heading", "example"), examples())
def test_an_example_is_exactly_what_its_model_gives(heading: str, example: dict[str, Any], portraits: dict[str, Path]) -> None:
    model = model_of(heading, example)
    assert model is not None
    assert set(example) == set(model.model_fields)
    if "/request/" in heading:
        payload = json.dumps(with_pictures(example, iter(portraits.values()))).encode()
        request = parse_request(heading.rpartition("/")[2], Received(heading, payload))
        assert not isinstance(request.command, EdgedError), request.command
        assert request.address.id == example["id"]
    else:
        assert json.loads(model.model_validate_json(json.dumps(example)).model_dump_json()) == example


@pytest.mark.parametrize(("heading", "example"), examples())
def test_an_example_is_of_the_form_that_the_asyncapi_document_gives(heading: str, example: dict[str, Any]) -> None:
    assert Interface().problems(heading, json.dumps(example).encode()) == []


@pytest.mark.parametrize(("heading", "part"), [(heading, part) for heading in topic_sections() for part in parts(heading)])
def test_every_field_is_explained_and_no_other(heading: str, part: str) -> None:
    found = parts(heading)[part]
    there = {place for example in found.examples for place in places(example)}
    rows = found.spans()
    assert [row for row in rows if not any(explains(row, place) for place in there)] == []
    assert [place for place in leaves(there) if not any(explains(row, place) for row in rows)] == []
    assert len(rows) == len(set(rows))
    assert all(row[1] for row in found.rows)


def test_values_that_are_one_of_a_few_are_all_named() -> None:
    statuses = get_args(StatusPayload.model_fields["status"].annotation)
    assert set(values("edged/door/front/status", "status", 2)) == set(statuses)
    assert values(EVENT, "event_type", 2) == list(EVENTS)


def test_every_reason_is_explained_and_no_other() -> None:
    assert set(values(EVENT, "reason", 1)) == {*Reason, FORGOTTEN}


def values(heading: str, field_name: str, column: int) -> list[str]:
    """What stands in code spans beside a field, in all tables below a heading."""
    return [span for row in topic_sections()[heading].rows if row[0] == f"`{field_name}`" for span in SPAN.findall(row[column])]


# The codes.


def calls(name: str) -> Iterator[ast.expr]:
    """The first argument of every call of a name in the package."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(text(path))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield node.args[0]


def errors() -> dict[str, type[EdgedError]]:
    """Every class of error by its name."""
    return {name: kind for name, kind in vars(edged.errors).items() if isinstance(kind, type) and issubclass(kind, EdgedError)}


def used() -> set[str]:
    """Every name that is called or raised in the package."""
    nodes = (node for path in PACKAGE.rglob("*.py") for node in ast.walk(ast.parse(text(path))))
    names = (node.func if isinstance(node, ast.Call) else node.exc for node in nodes if isinstance(node, ast.Call | ast.Raise))
    return {name.id for name in names if isinstance(name, ast.Name)}


def reply_codes() -> set[str]:
    """The codes of all errors that are raised and may be a reply."""
    found = set[str]()
    for name in errors().keys() & used():
        found |= OWN_CODES[name] if name in OWN_CODES else {errors()[name].code}
    for code in (*calls("CommandError"), *calls("TemplateRejected"), *calls("ArchiveRejected")):
        found |= {code.value} if isinstance(code, ast.Constant) and isinstance(code.value, str) else PASSED_ON[ast.unparse(code)]
    return found - set(NO_REPLY)


def test_every_code_of_an_error_is_explained_and_no_other() -> None:
    rows = sections()["Error codes"].spans()
    assert set(rows) == reply_codes()
    assert len(rows) == len(set(rows))


def test_what_is_said_to_be_no_code_of_a_reply_is_a_code() -> None:
    assert set(NO_REPLY) <= {kind.code for kind in errors().values()}


def test_an_error_without_a_code_of_its_class_is_known() -> None:
    kinds = [node for node in ast.walk(ast.parse(text(PACKAGE / "errors.py"))) if isinstance(node, ast.ClassDef)]
    assert {node.name for node in kinds if "self.code" in ast.unparse(node)} - {
        "CommandError",
        "TemplateRejected",
        "ArchiveRejected",
    } == OWN_CODES.keys()


def test_the_reasons_of_poor_views_are_the_codes_of_refused_pictures() -> None:
    used = set(re.findall(r"Reason\.([A-Z_]+)", text(PACKAGE / "vision" / "quality.py")))
    assert {Reason[name].value for name in used} == OWN_CODES["PoorView"]


def test_codes_stand_beside_verbs_that_there_are() -> None:
    verbs = {verb for row in sections()["Error codes"].rows for verb in SPAN.findall(row[2])}
    assert verbs <= set(REQUESTS)


def test_every_code_of_a_note_is_explained() -> None:
    [row] = [row for row in sections()["edged/door/response/enroll"].rows if row[0] == "`data.notes[].code`"]
    assert set(SPAN.findall(row[1])) == {ast.literal_eval(code) for code in calls("Note")}


# The numbers.


def test_limits_are_those_of_the_code() -> None:
    assert f"{MAX_REQUEST_BYTES:,} bytes" in text(TOPIC_REFERENCE)
    assert f"`images` at most {MAX_IMAGES} pictures" in text(TOPIC_REFERENCE)
    assert f"a picture at most {MAX_MEGAPIXELS} megapixels" in text(TOPIC_REFERENCE)
    assert text(TOPIC_REFERENCE).count(f"at most {SENT.packed_bytes:,} bytes before") == 2
    assert f"unpacked to {SENT.json_bytes:,} bytes at most" in text(TOPIC_REFERENCE)
    assert f"an object at most {MAX_FIELDS} fields" in text(TOPIC_REFERENCE)
    assert f"at most {MAX_MESSAGE_CHARACTERS:,} characters" in text(TOPIC_REFERENCE)
    assert f"than {MOST_PACKET_BYTES:,} bytes" in text(TOPIC_REFERENCE)
    assert f"more than {MAX_SCANS} passes" in text(TOPIC_REFERENCE)
    assert f"requests of {waiting.MOST_BYTES:,} bytes together may wait, each counted with {waiting.OWN_BYTES:,} bytes" in text(
        TOPIC_REFERENCE
    )
    assert f"While more than {waiting.FEW} wait, who has waited for {waiting.PATIENCE_SECONDS} seconds" in text(TOPIC_REFERENCE)


def test_what_is_said_of_attributes_is_what_their_networks_cards_say() -> None:
    networks = open_attributes(Config())
    emotion, age, gender = networks.emotion_card.emotion, networks.age_gender_card.age, networks.age_gender_card.gender
    told_of = parts(EVENT)
    rows = {row[0].strip("`"): row for name in ("`emotion`", "`age_gender`") for row in told_of[name].rows}
    assert SPAN.findall(rows["emotion"][2]) == list(emotion.labels)
    assert f"a probability of {emotion.least_confidence:g}" in rows["emotion"][3]
    assert f"wider than {age.max_range_years:g} years" in rows["age_range"][3]
    assert f"below {gender.least_confidence:g}" in rows["gender"][3]
    assert SPAN.findall(rows["gender"][2]) == list(Gender)
    assert rows["looks"][2] == f"1…{ENOUGH_LOOKS}"


def test_thresholds_are_those_of_the_networks_that_ship(reader: FaceReader) -> None:
    card, limit = reader.embedding_card, Recognition().max_false_alarms
    tail = card.impostor_tail
    told_of = re.search(r"that is ([\d.]+) up to (\d+) templates, ([\d.]+) with (\d+) and ([\d.]+) with ([\d,]+)", text(TOPIC_REFERENCE))
    assert told_of
    floor, most, *grown = (float(number.replace(",", "")) for number in told_of.groups())
    assert threshold_for(int(most), limit, tail, card.matching.match_threshold) == floor
    assert threshold_for(int(most) + 1, limit, tail, card.matching.match_threshold) > floor
    for similarity, templates in zip(grown[::2], grown[1::2], strict=True):
        assert round(threshold_for(int(templates), limit, tail, floor), 2) == similarity


def test_the_least_threshold_is_that_of_the_networks_that_ship(reader: FaceReader) -> None:
    tail = reader.embedding_card.impostor_tail
    told_of = re.search(r"by the model's card, ([\d.]+) with the networks that edged comes with", text(TOPIC_REFERENCE))
    assert told_of
    safety.check({"match_threshold": float(told_of[1])}, tail)
    with pytest.raises(CommandError):
        safety.check({"match_threshold": float(told_of[1]) - 0.01}, tail)


def test_look_alikes_are_those_of_the_networks_that_ship(reader: FaceReader) -> None:
    matching = reader.embedding_card.matching
    assert f"{matching.look_alike_similarity} alike or more" in text(TOPIC_REFERENCE)
    assert f"leads by {matching.look_alike_margin} instead of `margin`" in text(TOPIC_REFERENCE)


# A running edged.


@pytest.fixture
def door(tmp_path: Path, portraits: dict[str, Path]) -> Door:
    """A door before which somebody stands who does not leave."""
    portrait = cv2.resize(read_picture(portraits["obama"]), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return Door(tmp_path / "door", np.asarray(portrait, np.uint8))


class Door:
    """What a camera sees of a door: a folder that is played over and over, and that shows something else at once when it is told to."""

    def __init__(self, path: Path, portrait: Uint8Array) -> None:
        """Begin with somebody who is near."""
        self.path = path
        nobody = np.full_like(portrait, 127)
        dark = np.asarray(portrait * DIM, np.uint8)
        self._scenes = {"near": [portrait], "nobody": [nobody], "passes": [dark] * 10 + [nobody] * 40}
        self.show("near")

    def show(self, name: str) -> None:
        """Show a scene from now on."""
        folder = self.path.with_name(f"door-{name}")
        folder.mkdir(exist_ok=True)
        for number, pixels in enumerate(self._scenes[name]):
            cv2.imwrite(str(folder / f"{number:03}.png"), pixels)
        link = self.path.with_name("next-door")
        link.symlink_to(folder)
        link.replace(self.path)


def told(subscriber: Subscriber, event_type: str) -> list[dict[str, Any]]:
    """The events of a type that came."""
    return [event for payload in subscriber.on("/event") if (event := json.loads(payload))["event_type"] == event_type]


def somebody_is_corrected_leaves_and_passes(subscriber: Subscriber, door: Door) -> None:
    """Have every kind of event come, of a stranger at the door who has just been enrolled."""
    wait_until(lambda: told(subscriber, "recognised"), "the stranger is recognised")
    assert told(subscriber, "recognised")[0]["corrects"] == told(subscriber, "stranger")[0]["event_id"]
    door.show("nobody")
    wait_until(lambda: told(subscriber, "departed"), "who stood there has left")
    assert told(subscriber, "departed")[0]["person"] == "alice_smith"
    door.show("passes")
    wait_until(lambda: told(subscriber, "departed")[-1]["reason"], "somebody has passed in the dark")
    door.show("near")


def test_a_running_edged_publishes_and_answers_what_the_examples_say(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, door: Door, portraits: dict[str, Path]
) -> None:
    patient: dict[str, str | int | float | bool] = {"refractory_seconds": 1.0, "lost_after_seconds": 3.0}
    switches: dict[str, str | int | float | bool] = {"emotion": True, "age_gender": True}
    daemon = Daemon(tmp_path, broker.port, door.path, camera={"loop": True}, recognition=patient | switches)
    remember_strangers(daemon.gallery, 2)
    with daemon:
        subscriber.wait_for("/event")
        subscriber.wait_for("/health")
        for verb in REQUESTS:
            answers_as_its_examples(subscriber, verb, [portraits["obama"], portraits["biden"]])
            if verb == "enroll":
                somebody_is_corrected_leaves_and_passes(subscriber, door)
        bare_values_are_taken(subscriber)
        with Subscriber(broker.port) as latecomer:
            wait_until(lambda: {template(heard.topic) for heard in latecomer.heard} >= retained_topics(), "all that is retained")
            assert {template(heard.topic) for heard in latecomer.heard if heard.retained} == retained_topics()
        assert daemon.stop() == 0
    assert {template(heard.topic) for heard in subscriber.heard} == topics()
    interface = Interface()
    for heard in subscriber.heard:
        assert interface.problems(heard.topic, heard.payload) == []
        if template(heard.topic) in retained_topics() | {template(EVENT)} and not heard.topic.endswith(NO_JSON):
            payload = json.loads(heard.payload)
            model = model_of(heard.topic, payload)
            assert model
            model.model_validate(payload)
            assert any(fits(payload, example) for example in examples_for(heard.topic)), heard
    assert {json.loads(payload)["event_type"] for payload in subscriber.on("/event")} == set(EVENTS)
    assert any(shows(payload, discovery_example()) for payload in subscriber.on("edged_door/config"))


def discovery_example() -> dict[str, Any]:
    """The example of what Home Assistant is told, which has comments where it is shortened."""
    [content] = fenced(TOPIC_REFERENCE, "jsonc")
    example: dict[str, Any] = json.loads("\n".join(line for line in content.splitlines() if not line.strip().startswith("//")))
    return example


def shows(payload: bytes, example: dict[str, Any]) -> bool:
    """Whether a message to Home Assistant is its example, but that it describes more."""
    told = json.loads(payload)
    described = {key: told["cmps"].get(key) for key in example["cmps"]}
    return bool({**told, "cmps": described} == example)


def bare_values_are_taken(subscriber: Subscriber) -> None:
    """Send a value on each of the topics for bare ones, and wait for what comes of it."""
    for topic, payload, answer in (
        ("setting/trigger_level/set", "7", "settings"),
        ("setting/trigger_level/set", "700", "settings"),
        ("front/pause/set", "ON", "pause"),
        ("front/pause/set", "OFF", "pause"),
        ("enroll/name/set", "Bob", "enroll"),
        ("enroll/last_stranger", "PRESS", "enroll"),
    ):
        before = len(subscriber.on(f"/response/{answer}"))
        subscriber.publish(f"edged/door/{topic}", payload)
        said = json.loads(subscriber.wait_for(f"/response/{answer}", before + 1)[-1])
        assert said["status"] == ("error" if payload == "700" else "ok"), said
    wait_until(lambda: subscriber.on("/front/pause")[-2:] == [b"ON", b"OFF"], "the camera was paused")
    assert [json.loads(value)["value"] for value in subscriber.on("/setting/trigger_level")[-2:]] == [7, 7]
    wait_until(lambda: json.loads(subscriber.on("/enroll/name")[-1]) == {"name": None}, "the name was used")
    subscriber.publish("homeassistant/status", "online")
    subscriber.wait_for("/availability", 2)


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


def final_answers(subscriber: Subscriber, verb: str) -> list[dict[str, Any]]:
    """The answers to a verb, after each what was told of its progress is seen to be as an example says."""
    answers = [json.loads(payload) for payload in subscriber.on(f"/response/{verb}")]
    underway = [one for one in topic_sections()[f"edged/door/response/{verb}"].examples if one["status"] == "progress"]
    assert all(any(fits(answer, one) for one in underway) for answer in answers if answer["status"] == "progress")
    return [answer for answer in answers if answer["status"] != "progress"]


def answers_as_its_examples(subscriber: Subscriber, verb: str, pictures: list[Path]) -> None:
    """Send a verb's request as often as there are examples of its response, and compare them in order."""
    [request] = first_examples(f"edged/door/request/{verb}")
    for number, example in enumerate(first_examples(f"edged/door/response/{verb}"), start=1):
        subscriber.publish(f"edged/door/request/{verb}", json.dumps(with_pictures(request, iter(pictures))))
        wait_until(lambda: len(final_answers(subscriber, verb)) == number, f"an answer to {verb}")  # noqa: B023 - at once
        answer = final_answers(subscriber, verb)[-1]
        assert fits(answer, example), (answer, example)
        assert (answer["id"], answer["status"]) == (example["id"], example["status"])
        assert (answer["error"] or {}).get("code") == (example["error"] or {}).get("code")
        assert list(dict.fromkeys(places(answer))) == list(dict.fromkeys(places(example)))


def test_an_enrollment_before_a_camera_is_answered_as_the_examples_say(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, door: Door
) -> None:
    shown = topic_sections()["edged/door/response/enroll"].examples
    capture, cancel = (example for example in topic_sections()["edged/door/request/enroll"].examples if example["capture"])
    with Daemon(tmp_path, broker.port, door.path, camera={"loop": True}) as daemon:
        subscriber.wait_for("/front/status")
        one_look = {**capture, "capture": {**capture["capture"], "looks": 1}}
        subscriber.publish("edged/door/request/enroll", json.dumps(one_look))
        wait_until(lambda: "ok" in statuses(subscriber), "the person is enrolled")
        subscriber.publish("edged/door/request/enroll", json.dumps(capture))
        wait_until(lambda: statuses(subscriber)[-1] == "progress", "the next one has begun")
        subscriber.publish("edged/door/request/enroll", json.dumps(cancel))
        wait_until(lambda: statuses(subscriber)[-2:] == ["error", "ok"], "it is cancelled")
        assert daemon.stop() == 0
    for payload in subscriber.on("/response/enroll"):
        assert Interface().problems("edged/door/response/enroll", payload) == []
        answer = json.loads(payload)
        alike = [one for one in shown if (one["id"], one["status"]) == (answer["id"], answer["status"]) and fits(answer, one)]
        assert alike, answer
        assert (answer["error"] or {}).get("code") in {(one["error"] or {}).get("code") for one in alike}


def statuses(subscriber: Subscriber) -> list[str]:
    """Of the answers to enroll, in the order in which they came."""
    return [json.loads(payload)["status"] for payload in subscriber.on("/response/enroll")]


def test_every_hint_is_explained_and_no_other() -> None:
    assert set(values("edged/door/response/enroll", "data.hint", 1)) == set(Hint)
    assert values("edged/door/response/enroll", "data.looks[].direction", 2) == list(DIRECTIONS)


@contextmanager
def guarded_broker(folder: Path, password: str) -> Iterator[int]:
    """A broker with the topic reference's access list, where whoever has no name may do everything; its port."""
    access = fenced(TOPIC_REFERENCE, "conf")[0]
    passwords, rights = folder / "passwords", folder / "access"
    passwords.touch(mode=0o600)
    subprocess.run(["mosquitto_passwd", "-b", str(passwords), "edged", password], check=True)
    rights.touch(mode=0o600)
    rights.write_text(f"topic readwrite #\n\n{access}", encoding="utf-8")
    for file in (passwords, rights):
        shutil.chown(file, "mosquitto")
    for place in (folder, *list(folder.parents)[:3]):
        place.chmod(0o755)
    mosquitto = Mosquitto(folder, f"password_file {passwords}\nacl_file {rights}").start()
    try:
        yield mosquitto.port
    finally:
        mosquitto.kill()


def test_the_access_list_is_all_that_edged_needs(tmp_path: Path, door: Door) -> None:
    password = tmp_path / "password"
    password.write_text("s3cret\n")
    with guarded_broker(tmp_path, "s3cret") as port, Subscriber(port) as subscriber:
        login: dict[str, str | int | float | bool] = {"username": "edged", "password_file": str(password)}
        with Daemon(tmp_path, port, door.path, mqtt=login, camera={"loop": True}) as daemon:
            subscriber.wait_for("/event")
            subscriber.publish("edged/door/request/people", b"", response_topic="elsewhere/answer")
            subscriber.publish("edged/door/request/people", b"")
            subscriber.wait_for("/response/people")
            subscriber.publish("edged/door/setting/margin/set", b"0.1")
            subscriber.publish("edged/door/front/pause/set", b"ON")
            subscriber.publish("edged/door/enroll/name/set", b"Alice")
            subscriber.publish("edged/door/enroll/last_stranger", b"")
            subscriber.wait_for("/response/enroll", 2)
            subscriber.publish("homeassistant/status", b"online")
            subscriber.wait_for("/availability", 2)
            assert daemon.stop() == 0
        assert {template(heard.topic) for heard in subscriber.heard} == topics()
        assert subscriber.on("elsewhere/answer") == []


# The top-level README, and what both say of the configuration.


def command_names(parser: argparse.ArgumentParser) -> Iterator[str]:
    """The commands of a command line, those within others after their names."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                nested = [f"{name} {found}" for found in command_names(inner)]
                yield from nested or [name]


def commands_shown(document: Path) -> set[str]:
    """Every `edged COMMAND` in code spans and at the beginning of lines of fenced blocks."""
    lines = [line for _, content in FENCE.findall(text(document)) for line in content.splitlines()]
    known = set(command_names(cli._parser()))
    nested = {name.split()[0] for name in known if " " in name}
    found = [found for line in (*lines, *spans(document)) if (found := COMMAND.match(line.strip()))]
    return {f"{one[1]} {one[2]}" if one[1] in nested and one[2] else one[1] for one in found}


def config_keys() -> dict[str, Any]:
    """Every key as `section.key`, with its default."""
    config = Config().model_dump(mode="json")
    config["camera"] = config["camera"][0]
    return {f"{name}.{key}": default for name, part in config.items() for key, default in part.items()}


def keys_shown(document: Path) -> set[str]:
    return {span for span in spans(document) if re.fullmatch(rf"(?:{'|'.join(Config.model_fields)})\.\w+", span)} - FILES


def test_the_readme_names_every_command_and_no_other() -> None:
    assert commands_shown(README) - {name.split()[0] for name in command_names(cli._parser())} <= set(command_names(cli._parser()))
    assert set(command_names(cli._parser())) <= commands_shown(README)


def test_the_readme_names_every_type_of_event() -> None:
    assert set(EVENTS) <= spans(README)


def test_the_readme_names_every_key_of_the_configuration() -> None:
    assert config_keys().keys() - keys_shown(README) == set()


def test_the_readme_tells_the_defaults() -> None:
    """In the second column of its tables of keys; nothing where there is none."""
    rows = [row for row in section(text(README)).rows if row[0].strip("`") in config_keys()]
    defaults = {key: "" if default is None else f"`{json.dumps(default)}`" for key, default in config_keys().items()}
    assert {row[0].strip("`"): row[1] for row in rows} == defaults


def test_events_in_the_readme_are_events() -> None:
    for content in fenced(README, "json"):
        model = EVENTS[json.loads(content)["event_type"]]
        assert json.loads(model.model_validate_json(content).model_dump_json()) == json.loads(content)


@BOTH
def test_no_key_is_named_that_does_not_exist(document: Path) -> None:
    assert keys_shown(document) - config_keys().keys() == set()


@BOTH
def test_examples_of_the_configuration_are_valid(document: Path) -> None:
    for content in fenced(document, "toml"):
        TypeAdapter(Config).validate_python(tomllib.loads(content))


@BOTH
def test_links_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", text(document))
    assert [target for target in targets if not (document.parent / target).exists()] == []
