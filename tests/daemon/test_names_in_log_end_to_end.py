"""The log of the real program, read after a household was enrolled, seen, and forgotten: no name is left in it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from door_acts import comes_closer, nobody

from tests.door import film_to
from tests.program import Daemon

if TYPE_CHECKING:
    from pathlib import Path

    from tests.broker import Mosquitto, Subscriber

NAMES = {"obama", "barack", "biden", "zelda", "quentin", "mallory"}
"""Parts of names, ids and topics of everybody whom a request of the test names, as they would be looked for in a journal."""


@pytest.fixture(scope="session")
def visits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody comes to the door and leaves, again and again."""
    return film_to(tmp_path_factory.mktemp("clips") / "visits.mp4", nobody(1), comes_closer("obama", 3), nobody(2))


def ask(subscriber: Subscriber, verb: str, **request: object) -> str:
    """The code of the answer, ok where there is none."""
    before = len(subscriber.on(f"/response/{verb}"))
    subscriber.publish(f"edged/door/request/{verb}", json.dumps(request))
    answer: dict[str, Any] = json.loads(subscriber.wait_for(f"/response/{verb}", before + 1)[-1])
    return str(answer["error"]["code"]) if answer["status"] == "error" else "ok"


def live_through(daemon: Daemon, subscriber: Subscriber, portraits: dict[str, Path]) -> None:
    """Everything by which a name comes to the daemon: enrolled and refused, seen, renamed, merged, asked for, forgotten."""
    picture = {name: base64.b64encode(path.read_bytes()).decode() for name, path in portraits.items()}
    with daemon:
        subscriber.wait_for("/availability")
        assert ask(subscriber, "enroll", person="Barack Obama", image=picture["obama"]) == "ok"
        assert ask(subscriber, "enroll", person="Joe Biden", image=picture["biden"]) == "ok"
        assert ask(subscriber, "enroll", person="Zelda", image=picture["obama"]) == "looks_like_other"
        assert ask(subscriber, "enroll", person="Joe Biden", image=picture["biden"]) == "duplicate"
        assert ask(subscriber, "enroll", person="Mallory", image="!") != "ok"
        assert ask(subscriber, "enroll", person="Mallory", zelda="Quentin") == "bad_request"
        assert ask(subscriber, "rename", person="Quentin", display_name="Mallory") == "person_not_found"
        assert ask(subscriber, "zelda") == "unknown_verb"
        subscriber.publish("edged/door/setting/mallory/set", "quentin")
        subscriber.publish("edged/door/enroll/name/set", "Quentin")
        subscriber.wait_for("/event")
        assert ask(subscriber, "merge", person="joe_biden", into="quentin") == "person_not_found"
        assert ask(subscriber, "rename", person="joe_biden", display_name="Quentin") == "ok"
        for person in ("barack_obama", "Quentin"):
            assert ask(subscriber, "forget", person=person) == "ok"
        assert ask(subscriber, "forget", person="Barack Obama") == "person_not_found"
        assert daemon.stop() == 0


@pytest.mark.parametrize("names", [False, True])
def test_no_name_is_left_in_the_log_unless_the_owner_wants_that(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, visits: Path, portraits: dict[str, Path], *, names: bool
) -> None:
    daemon = Daemon(tmp_path, broker.port, visits, camera={"loop": True}, log={"names": names, "level": "debug"})
    daemon.env = {"PYTHONFAULTHANDLER": "1"}
    live_through(daemon, subscriber, portraits)
    said = daemon.log.replace(str(tmp_path), "").lower()
    found = {name for name in NAMES if name in said}
    assert found >= {"obama", "biden", "quentin"} if names else not found, said
    assert ("front: recognised, person " in said) == (not names)
    assert ("request enroll: refused, looks_like_other." in said) == (not names)
    assert ("request forget: refused, person_not_found." in said) == (not names)
