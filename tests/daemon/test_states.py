"""The states that are no camera's: what is published, when, and what goes before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.system.beside import finish
from tests import forms

if TYPE_CHECKING:
    from tests.daemon.conftest import Bench


def published(bench: Bench) -> list[str]:
    """The settings and the name that have been published since the last call."""
    topics = [message.topic.removeprefix("edged/door/") for message in bench.link.sent]
    bench.link.sent.clear()
    return [topic for topic in topics if topic.startswith(("setting/", "enroll/"))]


def test_what_has_not_changed_is_published_once(bench: Bench) -> None:
    bench.states.publish()
    assert {"setting/trigger_level", "setting/pictures", "enroll/name"} <= set(published(bench))
    bench.states.publish()
    assert published(bench) == []


def test_a_name_that_is_kept_is_published_by_itself(bench: Bench) -> None:
    bench.states.publish()
    published(bench)
    finish(bench.known.owner_state.keep_name(forms.keep_name("Bob")))
    bench.states.publish()
    assert published(bench) == ["enroll/name"]


def test_a_setting_that_is_changed_is_published(bench: Bench) -> None:
    bench.states.publish()
    bench.set({"trigger_level": 5})
    bench.states.publish()
    assert [bench.told("/setting/trigger_level")[number]["value"] for number in (0, -1)] == [3, 5]


def test_after_a_refusal_all_is_published_once_more(bench: Bench) -> None:
    bench.states.publish()
    before = published(bench)
    bench.states.publish_again()
    bench.states.publish()
    assert published(bench) == before
    bench.states.publish()
    assert published(bench) == []


def test_pictures_are_dropped_before_it_is_published_that_they_are_off(bench: Bench) -> None:
    bench.states.publish()
    published(bench)
    sent_before: list[list[str]] = []
    bench.states.on_pictures_off = lambda: sent_before.append(published(bench))
    bench.set({"pictures": False})
    bench.states.publish()
    assert sent_before == [[]]
    assert "setting/pictures" in published(bench)
