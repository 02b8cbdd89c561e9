"""The blueprints in a real Home Assistant, with a phone: whose face is told, what a correction changes, and what is pressed on it."""

from __future__ import annotations

import json
import re
import threading
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from edged.gallery.strangers import Strangers
from edged.storage.reading import open_to_read
from tests.broker import wait_until
from tests.conftest import ROOT
from tests.homeassistant.house import house
from tests.homeassistant.phone import Phone
from tests.program import edged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.homeassistant.house import House

BLUEPRINTS = ROOT / "edged" / "homeassistant" / "blueprints"
MOST_TAG_BYTES = 64
"""Bytes of a notification's tag that iPhones take, as their maker says of apns-collapse-id."""
CONFIGURATION = """
automation: !include automations.yaml
config:
mobile_app:
counter:
  reacted:
  people:
  one:
  new:
  elsewhen:
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    with house(folder, CONFIGURATION) as made, made.daemon:
        made.wait_for("front:connectivity", "on")
        yield made


@pytest.fixture(scope="module")
def phone(home: House) -> Iterator[Phone]:
    with Phone(home.home, "Pixel") as made:
        visitor = {
            "cameras": [home.entity_of("front:event")],
            "phones": [made.device_id],
            "left_out": ["Carol"],
            "folder": str(home.home.folder / "www" / "edged"),
            "address": "/local/edged",
            "react": [{"action": "counter.increment", "target": {"entity_id": "counter.reacted"}}],
        }
        home.home.automate("visitor", {"use_blueprint": {"path": "edged/who_is_at_the_door.yaml", "input": visitor}})
        stays = {
            "strangers": [home.entity_of("front:stranger")],
            "seconds": 1,
            "phones": [made.device_id],
            "folder": str(home.home.folder / "www" / "edged"),
            "address": "/local/edged",
        }
        home.home.automate("stays", {"use_blueprint": {"path": "edged/stranger_stays.yaml", "input": stays}})
        yield made


def pushed(phone: Phone, number: int) -> dict[str, Any]:
    """The notification of this number, counted from 0."""
    wait_until(lambda: len(phone.pushed) > number, f"notification {number}")
    assert len(phone.pushed) == number + 1
    return phone.pushed[number]


def kept(home: House, picture: str) -> bytes:
    """The picture at an address."""
    return (home.home.folder / "www" / picture.removeprefix("/local/")).read_bytes()


def actions(notification: dict[str, Any]) -> list[str]:
    """What its buttons send."""
    return [button["action"] for button in notification["data"]["actions"]]


def ignored(home: House) -> set[str]:
    """The strangers who are ignored."""
    with open_to_read(home.daemon.gallery) as database:
        return {one.id for one in Strangers(database).strangers() if one.ignored}


def test_each_has_their_own_picture_and_who_has_none_has_nobodys(home: House, phone: Phone) -> None:
    for number, name in enumerate(("Alice", "Bob", "Dora")):
        event_id = home.event("recognised", name.encode(), person=name.lower(), display_name=name, track=number)
        told = pushed(phone, number)
        assert (told["message"], told["data"]["image"]) == (f"{name} is at the door", f"/local/edged/{event_id}.jpg")
        assert kept(home, told["data"]["image"]) == name.encode()
        assert actions(told) == []
    home.event("recognised", person="eve", display_name="Eve", track=4)
    told = pushed(phone, 3)
    assert told["message"] == "Eve is at the door"
    assert "image" not in told["data"], "no picture is Eve's"
    home.home.wait_for("counter.reacted", "4")


def test_a_correction_takes_the_place_of_what_it_corrects(home: House, phone: Phone) -> None:
    before = len(phone.pushed)
    wrong = home.event("stranger", b"somebody", stranger="stranger-9", seen_count=3, track=5)
    first = pushed(phone, before)
    assert first["message"] == "A stranger is at the door (stranger-9, visit 3)"
    home.event("recognised", b"Bob", person="bob", display_name="Bob", track=5, corrects=wrong)
    second = pushed(phone, before + 1)
    assert second["message"] == "Bob is at the door"
    assert second["data"]["tag"] == first["data"]["tag"]
    assert len(first["data"]["tag"].encode()) <= MOST_TAG_BYTES
    assert kept(home, second["data"]["image"]) == b"Bob"


def test_who_is_left_out_is_not_told_and_takes_back_what_was_wrong(home: House, phone: Phone) -> None:
    before = len(phone.pushed)
    home.event("recognised", b"Carol", person="carol", display_name="Carol", track=6)
    wrong = home.event("stranger", b"Carol", stranger="stranger-9", seen_count=3, track=7)
    first = pushed(phone, before)
    home.event("recognised", b"Carol", person="carol", display_name="Carol", track=7, corrects=wrong)
    cleared = pushed(phone, before + 1)
    assert (cleared["message"], cleared["data"]["tag"]) == ("clear_notification", first["data"]["tag"])


def test_old_news_and_departures_are_not_told_and_nothing_is_warned_of(home: House, phone: Phone) -> None:
    before = len(phone.pushed)
    home.event("stranger", stranger="stranger-9", seen_count=1, frame_at="2026-01-01T00:00:00.000Z", track=8)
    home.event("departed", person="alice", track=8)
    home.event("recognised", b"Alice", person="alice", display_name="{{ 6 * 7 }}", track=9)
    assert pushed(phone, before)["message"] == "{{ 6 * 7 }} is at the door"
    assert "Template variable" not in home.home.log


def test_the_name_typed_on_the_phone_is_for_the_stranger_of_that_notification(home: House, phone: Phone) -> None:
    before = len(phone.pushed)
    home.event("stranger", b"first", stranger="stranger-1", seen_count=1, track=10)
    name, _ = actions(pushed(phone, before))
    home.event("stranger", b"second", stranger="stranger-2", seen_count=1, track=11)
    _, ignore = actions(pushed(phone, before + 1))
    somebody_elses = json.dumps({"id": "somebody else's", "status": "error", "error": {"code": "bad_request", "message": "Not yours."}})
    phone.press(name, "<b>")
    while not home.subscriber.on("/request/enroll"):  # it listens, and has not yet asked
        home.subscriber.publish("edged/door/response/enroll", somebody_elses)
    refused = pushed(phone, before + 2)["message"]
    [said] = {payload for payload in home.subscriber.on("/response/enroll") if payload != somebody_elses.encode()}
    assert refused == json.loads(said)["error"]["message"]
    phone.press(name, "Frank")
    home.wait_for("person:frank", "off")
    done = json.loads(home.subscriber.on("/response/enroll")[-1])["data"]
    assert done["person"] == "frank"
    with open_to_read(home.daemon.gallery) as database:
        assert {one.id for one in Strangers(database).strangers()} == {"stranger-2"}, "the first has the name"
    phone.press(ignore)
    answer = json.loads(home.subscriber.wait_for("/response/ignore")[-1])
    assert answer["status"] == "ok"
    wait_until(lambda: ignored(home) == {"stranger-2"}, "and nobody else is")
    phone.press("edged name edged/door stranger-2 automation.of_somebody_else", "Grace")
    phone.press("something else")
    assert len(home.subscriber.on("/request/enroll")) == 2
    assert len(phone.pushed) == before + 3


def test_a_stranger_who_stays_is_told_and_a_portrait_is_not(home: House, phone: Phone) -> None:
    before = len(phone.pushed)
    still = {"people": [], "strangers": 1, "still": [], "still_strangers": 1}
    home.subscriber.publish("edged/door/front/people", json.dumps(still))
    home.wait_for("front:stranger", "on")
    home.subscriber.publish("edged/door/front/people", json.dumps({**still, "strangers": 0, "still_strangers": 0}))
    home.wait_for("front:stranger", "off")
    home.subscriber.publish("edged/door/front/people", json.dumps({**still, "still_strangers": 0}))
    told = pushed(phone, before)
    assert told["message"] == "Somebody whom I do not know has been at the door for 1 seconds"
    assert kept(home, told["data"]["image"]) == b"second"
    assert home.complaints() == []


def test_it_tells_of_whom_and_when_it_is_asked(home: House, phone: Phone) -> None:
    """Each automation with the blueprint has wishes of its own; what it does beside is counted."""
    camera = {"cameras": [home.entity_of("front:event")], "folder": str(home.home.folder / "www" / "edged")}
    now = datetime.now(UTC)
    elsewhen: dict[str, object] = {"begins": f"{now + timedelta(hours=6):%H:%M:%S}", "ends": f"{now + timedelta(hours=12):%H:%M:%S}"}
    wishes: dict[str, dict[str, object]] = {
        "people": {"who": ["recognised"]},
        "one": {"strangers": ["stranger-21"]},
        "new": {"who": ["stranger"], "first_visits_only": True},
        "elsewhen": elsewhen,
    }
    for name, wish in wishes.items():
        counted = [{"action": "counter.increment", "target": {"entity_id": f"counter.{name}"}}]
        given = {**camera, **wish, "react": counted}
        home.home.automate(name, {"use_blueprint": {"path": "edged/who_is_at_the_door.yaml", "input": given}})
    before = len(phone.pushed)
    home.event("recognised", person="eve", display_name="Eve", track=30)
    home.event("stranger", stranger="stranger-21", seen_count=2, track=31)
    home.event("stranger", stranger="stranger-22", seen_count=1, track=32)
    wait_until(lambda: len(phone.pushed) == before + 3, "the one without wishes has told of all")
    for name, told in (("people", "1"), ("one", "2"), ("new", "1"), ("elsewhen", "0")):
        home.home.wait_for(f"counter.{name}", told)
        home.home.call("automation.turn_off", entity_id=f"automation.{name}")


def test_who_comes_after_edged_restarts_does_not_take_the_place_of_who_came_before(home: House, phone: Phone) -> None:
    """Although the faces are counted anew."""
    before = len(phone.pushed)
    home.event("recognised", person="eve", display_name="Eve", track=1)
    home.switch_off()
    home.wait_for("front:connectivity", "unavailable")
    home.daemon.start()
    started = json.loads(home.subscriber.wait_for("/door/health", len(home.subscriber.on("/door/health")) + 1)[-1])["started_at"]
    home.wait_for("health:started", started[:19] + "+00:00")
    home.event("recognised", person="bob", display_name="Bob", track=1)
    assert pushed(phone, before + 1)["data"]["tag"] != phone.pushed[before]["data"]["tag"]


class Quiet(SimpleHTTPRequestHandler):
    """Gives the files of a folder."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_home_assistant_imports_what_a_badge_names(home: House) -> None:
    with HTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(BLUEPRINTS))) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        badges = edged("blueprints", "--badges", f"http://127.0.0.1:{site.server_port}/").stdout
        named = [unquote(url) for url in re.findall(r"blueprint_url=([^)]+)", badges)]
        imported = [home.home.command(type="blueprint/import", url=url) for url in named]
        site.shutdown()
    assert {one["raw_data"] for one in imported} == {path.read_text(encoding="utf-8") for path in BLUEPRINTS.glob("*.yaml")}
    assert [one["validation_errors"] for one in imported] == [None] * len(named)
    assert [one["blueprint"]["metadata"]["domain"] for one in imported] == ["automation"] * len(named)
