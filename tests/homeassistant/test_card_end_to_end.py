"""The card on a dashboard of a real Home Assistant, in a real browser, with the real edged behind a real broker.

Each test goes on where the one before ended: a start takes half a minute. Screenshots go to `.cache/card`.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np
import pytest
from door_acts import comes_closer, nobody, two_at_once
from door_frames import frames
from portraits import fetch

from edged.gallery.strangers import Strangers
from edged.gallery.templates import Sighting
from edged.storage.database import open_database
from edged.types import Embedding
from edged.vision.model_card import EmbeddingCard
from edged.vision.pictures import encode_png
from tests.broker import Subscriber, wait_until
from tests.browser import NARROW, WIDE, browser, chromium, open_page, wait_until_usable
from tests.conftest import MODELS, ROOT
from tests.door import stands
from tests.enrollment.test_live import near, turns
from tests.guarded import PASSWORD, guarded_broker, rights_of_the_card
from tests.home_assistant import HomeAssistant, environment
from tests.program import Daemon, Value, edged, remember_strangers
from tests.staged_door import EMPTY, FPS, HEIGHT, WIDTH, StagedDoor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

    from edged.vision.faces import FaceReader

EILEEN = "Eileen Collins"
STRANGERS = 7
"""Strangers from before, whose faces are like nobody's."""
MOST_RECORDED_BYTES = 32_768
"""Bytes of what a service was called with up to which Home Assistant's recorder keeps it."""
MANY, PAGE = 1000, 100
"""Strangers that are far too many for a screen, and those that the card asks for at a time."""
CAPTURE_MS = 90_000
"""A deadline for a guided capture, which itself tries for a minute."""
OPENINGS = 3
SCREENSHOTS = ROOT / ".cache" / "card"
CONFIGURATION = """
frontend:
lovelace:
  mode: yaml
  resources:
    - url: RESOURCE
      type: module
"""
DASHBOARD = """
title: Home
views:
  - title: Door
    type: panel
    cards:
      - type: custom:edged-card
"""


@dataclass
class House:
    """The programs of a house, and what its owner looks at."""

    subscriber: Subscriber
    home: HomeAssistant
    daemon: Daemon
    door: StagedDoor
    browser: Browser
    page: Page

    def tab(self, name: str) -> Locator:
        """Choose a view of the card; what it shows."""
        self.page.get_by_role("tab", name=name).click()
        return self.page.get_by_role("tabpanel", name=name)

    def stranger(self, number: int) -> Locator:
        """Open what may be decided about a stranger."""
        self.tab("Strangers").get_by_role("button", name=f"Stranger {number}", exact=False).first.click()
        return self.page.get_by_role("dialog")

    def departed(self, who: str) -> None:
        """Show nobody, and wait until every visit of somebody, by name or stranger's id, is over."""
        self.door.show(EMPTY)
        wait_until(lambda: self.told("departed", who) >= self.told("recognised", who) + self.told("stranger", who), f"{who} has left")

    def told(self, event_type: str, who: str) -> int:
        """How many events of a type somebody had."""
        events = [json.loads(payload) for payload in self.subscriber.on("/front/event")]
        return sum(one["event_type"] == event_type and who in (one["display_name"], one["stranger"]) for one in events)

    def photograph(self, name: str) -> None:
        """Keep what is seen, on a desk's screen and on a phone's."""
        for size, suffix in ((NARROW, "narrow"), (WIDE, "wide")):
            self.page.set_viewport_size(size)  # type: ignore[arg-type] # a TypedDict of these two
            self.page.screenshot(path=SCREENSHOTS / f"{name}-{suffix}.jpg", type="jpeg", quality=80, animations="disabled")


def staged(folder: Path, reader: FaceReader) -> StagedDoor:
    """A door to which one comes, two at once, and one who takes every pose that a guided capture asks for."""
    door, portraits = StagedDoor(folder), fetch()
    acts = {
        EMPTY: nobody(1),
        "eileen": comes_closer("astronaut", 5),
        "stays": stands("astronaut", 2),
        "two": two_at_once("astronaut", "obama"),
    }
    for name, act in acts.items():
        door.add(name, frames([act], portraits, (WIDTH, HEIGHT), FPS))
    door.add("turning", turns(reader, near(reader, portraits.astronaut.enroll)))
    return door


def remember_again(gallery: Path, axis: int) -> None:
    """Have the gallery remember somebody as a stranger of their own whose face is much like that of one remembered before."""
    card = EmbeddingCard.read(MODELS / "embedding_sface")
    face = np.eye(1, card.embedding.dimensions, axis, dtype=np.float32)[0] * 0.8
    face[-1] = 0.6
    with open_database(gallery) as database:
        Strangers(database).remember(Sighting(Embedding(face, card.id), 0.8, datetime.now(UTC), None))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, reader: FaceReader) -> Iterator[House]:
    environment()  # which may skip, before anything is started
    chromium()  # the same
    folder = tmp_path_factory.mktemp("house")
    shutil.rmtree(SCREENSHOTS, ignore_errors=True)
    SCREENSHOTS.mkdir(parents=True)
    with guarded_broker(folder, more_rights_of_home=rights_of_the_card()) as broker:
        home = HomeAssistant(folder / "home", broker.port, CONFIGURATION, {"username": "homeassistant", "password": PASSWORD})
        (home.folder / "ui-lovelace.yaml").write_text(DASHBOARD, encoding="utf-8")
        installed = edged("card", "--install", home.folder)
        [address] = re.findall(r"/local/\S+", installed.stdout)
        configuration = home.folder / "configuration.yaml"
        configuration.write_text(configuration.read_text(encoding="utf-8").replace("RESOURCE", address), encoding="utf-8")
        door = staged(folder / "door", reader)
        camera: dict[str, Value] = {"pipeline": door.command, "width": WIDTH, "height": HEIGHT}
        daemon = Daemon(folder, broker.port, "", camera=camera, recognition={"refractory_seconds": 2.0})
        remember_strangers(daemon.gallery, STRANGERS - 1)
        remember_again(daemon.gallery, STRANGERS - 2)
        with Subscriber(broker.port) as subscriber, home, daemon, browser() as running:
            page = open_page(running, home, "/lovelace/0", size=WIDE)
            yield House(subscriber, home, daemon, door, running, page)


def loaded(face: Locator) -> bool:
    """Whether a face is really drawn."""
    return bool(face.evaluate("image => image.complete && image.naturalWidth > 0"))


def test_a_stranger_comes_is_seen_and_a_name_that_cannot_be_is_refused_with_why(house: House) -> None:
    house.page.get_by_role("tablist").wait_for()
    house.door.show("eileen")
    visit = house.tab("Strangers").get_by_role("button", name=f"Stranger {STRANGERS + 1}")
    visit.wait_for()
    wait_until(lambda: loaded(visit.locator("img")), "her face is shown")
    house.departed(f"stranger-{STRANGERS + 1}")
    visit.click()
    dialog = house.page.get_by_role("dialog", name=f"Stranger {STRANGERS + 1}")
    dialog.get_by_label("Name").fill("unknown")
    dialog.get_by_role("button", name="Give this name").click()
    said = dialog.get_by_role("alert")
    said.get_by_text("unknown").wait_for()
    assert said.inner_text() == json.loads(house.subscriber.on("/response/enroll")[-1])["error"]["message"]
    house.photograph("refused")


def test_named_she_comes_again_and_is_greeted(house: House) -> None:
    dialog = house.page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(EILEEN)
    dialog.get_by_role("button", name="Give this name").click()
    house.page.get_by_role("status").get_by_text(f"{EILEEN} is enrolled with").wait_for()
    house.door.show("stays", again=True)
    house.page.get_by_role("status").get_by_text(f"Front: {EILEEN}").wait_for()
    visits = house.tab("Visits")
    visits.get_by_role("button", name=re.compile(rf"{EILEEN}.*here now")).wait_for()
    wait_until(lambda: all(loaded(face) for face in visits.locator("img").all()), "all faces are shown")
    house.photograph("visits")
    house.departed(EILEEN)


def test_opened_anew_it_shows_at_once_who_came(house: House) -> None:
    """Home Assistant says that it hears answers before it does: asked too early, edged would seem not to answer."""
    for _ in range(OPENINGS):
        house.page.reload()
        visits = house.page.get_by_role("tabpanel", name="Visits")
        wait_until(visits.inner_text, "there are visits, or why not")
        assert EILEEN in visits.inner_text()


@pytest.mark.parametrize(("time_format", "written"), [("24", r"\d\d:\d\d ·"), ("12", r"\d\d:\d\d [AP]M ·")])
def test_times_are_written_as_the_profile_says(house: House, time_format: str, written: str) -> None:
    wishes = {"number_format": "language", "time_format": time_format}
    house.home.command(type="frontend/set_user_data", key="language", value=wishes)
    house.page.reload()
    house.page.get_by_role("tabpanel", name="Visits").get_by_text(re.compile(written)).first.wait_for()


def test_two_people_who_come_together_have_each_their_own_picture(house: House) -> None:
    house.door.show("two")
    visits = house.tab("Visits")
    two = [visits.get_by_role("button", name=name).first for name in (EILEEN, f"Stranger {STRANGERS + 2}")]
    for visit in two:
        visit.wait_for()
    wait_until(lambda: all(loaded(visit.locator("img")) for visit in two), "both faces are shown")
    first, second = (visit.locator("img").get_attribute("src") for visit in two)
    assert first != second
    house.photograph("two")
    house.departed(f"stranger-{STRANGERS + 2}")


def test_who_is_known_already_is_said_to_be_that_person(house: House) -> None:
    dialog = house.stranger(1)
    dialog.get_by_label("Somebody we know").select_option(EILEEN)
    dialog.get_by_role("button", name="That is them").click()
    house.page.get_by_role("status").get_by_text(re.compile(f"{EILEEN} is enrolled with .* unlike")).wait_for()


def test_a_stranger_is_ignored_and_reported_again(house: House) -> None:
    house.stranger(2).get_by_role("button", name="Ignore from now on").click()
    house.tab("Strangers").get_by_role("button", name=re.compile(r"Stranger 2\b.*ignored")).wait_for()
    house.stranger(2).get_by_role("button", name="Report again").click()
    house.page.get_by_role("status").get_by_text("Stranger 2 is reported again.").wait_for()


def test_forgetting_is_asked_once_more_and_is_gone(house: House) -> None:
    dialog = house.stranger(3)
    dialog.get_by_role("button", name="Forget").click()
    dialog.get_by_role("button", name="Cancel").click()
    dialog.get_by_role("button", name="Forget").click()
    dialog.get_by_role("button", name="Yes, erase").click()
    house.page.get_by_role("status").get_by_text("Stranger 3 is forgotten.").wait_for()
    wait_until(lambda: "stranger-3" not in house.daemon.run("strangers").stdout, "edged has forgotten")
    gone = house.page.get_by_role("button", name=re.compile(r"Stranger 3\b"))
    gone.wait_for(state="detached")
    focused = house.page.get_by_role("tabpanel", name="Strangers").locator("button:focus")
    assert focused.count() == 1, "who uses a keyboard goes on from there"


def test_two_names_of_one_person_become_one(house: House) -> None:
    for number, name in ((4, "Ann"), (5, "Anna Maria")):
        dialog = house.stranger(number)
        dialog.get_by_label("Name").fill(name)
        dialog.get_by_role("button", name="Give this name").click()
        house.page.get_by_role("status").get_by_text(f"{name} is enrolled").wait_for()
    people = house.tab("People")
    people.get_by_role("button", name=re.compile(r"^Ann\b")).click()
    dialog = house.page.get_by_role("dialog", name="Ann")
    dialog.get_by_label("Is the same person as").select_option("Anna Maria")
    dialog.get_by_role("button", name="Merge").click()
    house.page.get_by_role("status").get_by_text("Ann is Anna Maria now.").wait_for()
    people.get_by_role("button", name=re.compile(r"^Ann\b")).wait_for(state="detached")
    people.get_by_role("button", name="Anna Maria").wait_for()


def test_one_name_takes_all_who_look_like_one_person(house: House) -> None:
    house.tab("Strangers").get_by_role("button", name=re.compile(r"Stranger 6\b.*\+1 alike")).wait_for()
    dialog = house.stranger(6)
    assert dialog.get_by_role("checkbox", name="Also name Stranger 7").is_checked()
    dialog.get_by_label("Name", exact=True).fill("Tom")
    dialog.get_by_role("button", name="Give this name").click()
    house.page.get_by_role("status").get_by_text("Tom is enrolled with 2 templates.").wait_for()
    house.tab("Strangers").get_by_role("button", name=re.compile(r"Stranger [67]\b")).first.wait_for(state="detached")


def test_a_person_is_added_by_photos_and_each_photo_that_is_refused_says_why(house: House, portraits: dict[str, Path]) -> None:
    empty, broken = house.daemon.folder / "empty.png", house.daemon.folder / "no-picture.png"
    cv2.imwrite(str(empty), np.full((100, 100, 3), 127, np.uint8))
    broken.write_text("none", encoding="utf-8")
    house.tab("People").get_by_role("button", name="Add a person").click()
    dialog = house.page.get_by_role("dialog", name="Add a person")
    dialog.get_by_label("Name").fill("Joe Biden")
    photos = dialog.get_by_label("Choose photos").last
    photos.set_input_files([portraits["biden"], broken, empty])
    dialog.get_by_text("biden.jpg: taken.").wait_for()
    dialog.get_by_text("no-picture.png: This browser cannot read the picture").wait_for()
    dialog.get_by_text("empty.png: There is no face in the picture").wait_for()
    sent = [payload for payload in house.subscriber.on("/request/enroll") if json.loads(payload).get("image")]
    assert min(len(payload) for payload in sent) > MOST_RECORDED_BYTES, "Home Assistant's recorder would keep the photo"
    photos.set_input_files([portraits["biden"]])
    dialog.get_by_text("has this picture already").wait_for()
    dialog.get_by_role("button", name="Close").click()
    house.tab("People").get_by_role("button", name="Joe Biden").wait_for()


def test_a_guided_capture_says_what_to_do_and_counts_the_looks(house: House) -> None:
    house.tab("People").get_by_role("button", name=EILEEN).click()
    house.page.get_by_role("dialog", name=EILEEN).get_by_role("button", name="At the door, step by step").click()
    capture = house.page.get_by_role("dialog", name=EILEEN).last
    house.door.show("turning", again=True)
    capture.get_by_role("button", name="Begin").click()
    ring = capture.get_by_role("progressbar", name="Looks taken")
    capture.get_by_text(re.compile("Turn your head|Raise|Lower|Look")).first.wait_for()
    wait_until(lambda: int(ring.get_attribute("aria-valuenow") or 0) >= 2, "two looks are taken")
    house.photograph("capture")
    house.page.get_by_role("status").get_by_text(re.compile(rf"{EILEEN} is enrolled with [3-9] templates")).wait_for(timeout=CAPTURE_MS)
    house.photograph("person")
    house.page.get_by_role("dialog", name=EILEEN).get_by_role("button", name="Close").click()
    house.departed(EILEEN)


def test_a_setting_out_of_its_range_is_refused_below_its_field_and_a_good_one_is_kept(house: House) -> None:
    settings = house.tab("Settings")
    field = settings.get_by_label("How similar a face must be")
    assert (field.get_attribute("min"), field.get_attribute("max")) == ("0.37", "0.9")
    assert "0.37 to 0.9; 0.43 unless you change it." in settings.inner_text()
    field.fill("0.2")
    field.press("Enter")
    said = settings.locator("[data-setting=match_threshold]").get_by_role("alert")
    said.get_by_text("0.2").wait_for()
    assert said.inner_text() == json.loads(house.subscriber.on("/response/settings")[-1])["error"]["message"]
    field.fill("0.45")
    field.press("Enter")
    house.page.get_by_role("status").get_by_text("Saved.").wait_for()
    settings.get_by_role("button", name="Back to 0.43").click()
    wait_until(lambda: field.input_value() == "0.43", "it is as before")
    house.photograph("settings")


def test_a_camera_is_paused_resumed_and_shows_what_it_sees(house: House) -> None:
    camera = house.tab("Camera").get_by_role("region", name="Front")
    camera.get_by_text("Sees", exact=True).wait_for()
    camera.get_by_role("button", name="Show what it sees").click()
    wait_until(lambda: loaded(camera.get_by_role("img")), "what it sees is shown")
    house.photograph("camera")
    camera.get_by_role("button", name="Pause").click()
    camera.get_by_text("Paused", exact=True).wait_for()
    camera.get_by_role("button", name="Resume").click()
    camera.get_by_text("Sees", exact=True).wait_for()


def test_it_is_used_by_keyboard(house: House) -> None:
    page = house.page
    house.tab("Strangers").wait_for()
    page.get_by_role("tab", name="Strangers").focus()
    page.keyboard.press("ArrowLeft")
    assert page.get_by_role("tab", selected=True).inner_text() == "People"
    person = page.get_by_role("button", name=EILEEN)
    person.focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog", name=EILEEN).wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    assert person.evaluate("button => button.getRootNode().activeElement === button")


SLEEP = "hass.suspendReconnectUntil(new Promise((wake) => { window.wake = wake; })); hass.suspend()"
"""What Home Assistant does in a browser that nobody looks at any more."""


def test_what_happened_while_the_browser_slept_is_shown_when_it_wakes(house: House) -> None:
    """A phone in a pocket for one."""
    visits, before = house.tab("Visits").get_by_role("button"), house.told("recognised", EILEEN)
    visits.first.wait_for()
    shown = visits.count()
    house.page.evaluate(f"(() => {{ const hass = document.querySelector('home-assistant').hass.connection; {SLEEP} }})()")
    house.door.show("stays", again=True)
    wait_until(lambda: house.told("recognised", EILEEN) > before, "she comes")
    house.departed(EILEEN)
    house.page.evaluate("window.wake()")
    wait_until(lambda: visits.count() > shown, "her visit is shown")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", ["Visits", "People", "Strangers", "Camera", "Settings"])
def test_axe_finds_no_obstacle_in_any_view_and_dialog(house: House, view: str, scheme: Literal["light", "dark"]) -> None:
    house.page.emulate_media(color_scheme=scheme)
    shown = house.tab(view)
    for size in (NARROW, WIDE):
        house.page.set_viewport_size(size)  # type: ignore[arg-type] # a TypedDict of these two
        shown.wait_for()
        wait_until_usable(house.page, "edged-card")
    opens = {"People": EILEEN, "Strangers": "Stranger 2"}
    if view in opens:
        shown.get_by_role("button", name=opens[view]).first.click()
        dialog = house.page.get_by_role("dialog")
        dialog.get_by_role("button", name="Forget").click()
        wait_until_usable(house.page, "edged-card")
        dialog.get_by_role("button", name="Close").click()


def test_it_speaks_german_to_who_does(house: House) -> None:
    page = open_page(house.browser, house.home, "/lovelace/0", size=NARROW, language="de")
    page.get_by_role("tab", name="Unbekannte").click()
    page.get_by_role("button", name=re.compile(r"Unbekannt 2\b")).click()
    page.get_by_role("dialog").get_by_role("button", name="Künftig ignorieren").wait_for()
    page.screenshot(path=SCREENSHOTS / "german-narrow.jpg", type="jpeg", quality=80)
    page.context.close()


def test_who_is_no_administrator_is_told_why_nothing_is_shown(house: House) -> None:
    page = open_page(house.browser, house.home, "/lovelace/0", size=NARROW, token=house.home.guest_token)
    page.get_by_role("status").get_by_text("Only administrators of Home Assistant may use this card").wait_for()
    page.context.close()


def test_a_name_that_looks_like_html_is_shown_as_it_is(house: House) -> None:
    name = "<img src=x onerror=document.body.remove()>"
    event = {"event_type": "recognised", "person": "mallory", "display_name": name, "stranger": None}
    house.subscriber.publish("edged/door/front/event", json.dumps(event))
    present = {"people": ["mallory"], "strangers": 0, "still": [], "still_strangers": 0}
    house.subscriber.publish("edged/door/front/people", json.dumps(present))
    house.page.get_by_role("status").get_by_text(f"Front: {name}").wait_for()


def remember_many(gallery: Path) -> None:
    """Have the gallery remember as many strangers as it may, and many whom the owner ignores, who do not count."""
    card = EmbeddingCard.read(MODELS / "embedding_sface")
    grey = encode_png(np.full((112, 112, 3), 127, np.uint8))
    faces = np.random.default_rng(1).normal(size=(MANY, card.embedding.dimensions)).astype(np.float32)
    with open_database(gallery) as database, database.transaction():
        strangers = Strangers(database, most=2 * MANY)
        [last, *_] = strangers.strangers()
        for face in faces / np.linalg.norm(faces, axis=1, keepdims=True):
            stranger = strangers.remember(Sighting(Embedding(face, card.id), 0.8, last.last_seen_at, grey))
            strangers.ignore(stranger.id, ignored=True)


def test_a_thousand_strangers_are_shown_page_by_page(house: House) -> None:
    remember_many(house.daemon.gallery)
    house.subscriber.publish("edged/door/request/reload", "{}")
    house.subscriber.wait_for("/response/reload")
    before = len(house.subscriber.on("/request/picture"))
    strangers = house.tab("Strangers")
    shown = strangers.locator("li")
    wait_until(lambda: shown.count() >= PAGE, "there is a first page")
    wait_until(lambda: loaded(shown.first.locator("img")), "whom one sees has a face")
    assert shown.count() == PAGE
    assert len(house.subscriber.on("/request/picture")) - before < PAGE, "of those further down none is asked for"
    more = strangers.get_by_role("button", name="Show more")
    while more.is_visible():
        before = shown.count()
        shown.last.scroll_into_view_if_needed()
        wait_until(lambda before=before: shown.count() > before or not more.is_visible(), "another page has come")  # type: ignore[misc]
    assert shown.count() > MANY
    strangers.get_by_role("button", name=re.compile(r"Stranger 2\b")).click()
    house.page.get_by_role("dialog", name="Stranger 2").get_by_role("button", name="Close").click()


def test_while_edged_is_away_it_says_so(house: House) -> None:
    assert house.daemon.stop() == 0
    house.page.get_by_role("status").get_by_text("edged is not connected").wait_for()
