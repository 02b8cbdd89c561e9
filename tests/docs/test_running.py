"""A running edged publishes and answers what the examples of the topic reference say, over a real broker."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from edged.interface.events import EVENTS
from tests.broker import Mosquitto, Subscriber, wait_until
from tests.docs.examples import fits, places, with_pictures
from tests.docs.markdown import fenced
from tests.docs.topic_reference import (
    EVENT,
    NO_JSON,
    TOPIC_REFERENCE,
    examples_for,
    first_examples,
    model_of,
    retained_topics,
    template,
    topic_sections,
    topics,
)
from tests.forms import REQUESTS
from tests.program import Daemon, remember_strangers
from tests.specification import Interface

if TYPE_CHECKING:
    from pathlib import Path

    from tests.docs.doorway import Door


LESSONS = {"learned", "suggestion"}
"""Events that come only where `gallery.learn` is on; tests/enrollment has them."""


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
    allow: dict[str, dict[str, str | int | float | bool]] = {"mqtt.allow": {"export": True, "import": True}}
    daemon = Daemon(tmp_path, broker.port, door.path, camera={"loop": True}, recognition=patient | switches, **allow)
    for _ in range(2):  # with two ids each, so that there are groups
        remember_strangers(daemon.gallery, 2)
    with daemon:
        subscriber.wait_for("/event")
        subscriber.wait_for("/health")
        for verb in REQUESTS:
            if verb == "recognise":
                somebody_is_known(subscriber, portraits["biden"])
            if verb == "visits":
                wait_until(lambda: somebody_is_here(subscriber), "somebody is at the door again")
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
        if not heard.payload and template(heard.topic) == "edged/<device>/person/<person>":
            continue  # somebody was forgotten
        assert interface.problems(heard.topic, heard.payload) == []
        if template(heard.topic) in retained_topics() | {template(EVENT)} and not heard.topic.endswith(NO_JSON):
            payload = json.loads(heard.payload)
            model = model_of(heard.topic, payload)
            assert model
            model.model_validate(payload)
            assert any(fits(without_reasons(payload), example) for example in examples_for(heard.topic)), heard
    assert {json.loads(payload)["event_type"] for payload in subscriber.on("/event")} == set(EVENTS) - LESSONS
    assert any(shows(payload, discovery_example()) for payload in subscriber.on("edged_door/config"))


def somebody_is_known(subscriber: Subscriber, portrait: Path) -> None:
    """Enroll somebody who is not at the door, so that there is a nearest person to tell."""
    before = len(final_answers(subscriber, "enroll"))
    picture = base64.b64encode(portrait.read_bytes()).decode()
    subscriber.publish("edged/door/request/enroll", json.dumps({"person": "carol", "images": [picture]}))
    wait_until(lambda: len(final_answers(subscriber, "enroll")) > before, "somebody is enrolled")
    assert final_answers(subscriber, "enroll")[-1]["status"] == "ok"


def without_reasons(payload: dict[str, Any]) -> dict[str, Any]:
    """A message without the reasons for which faces left without a name: there are others at each door, where a run takes half a minute."""
    for camera in payload["cameras"].values() if isinstance(payload.get("cameras"), dict) else ():
        camera["unnamed"] = {}
    return payload


def somebody_is_here(subscriber: Subscriber) -> bool:
    """Whether somebody is before the camera, by any name or none."""
    here = json.loads(subscriber.on("/front/people")[-1])
    return bool(here["people"] or here["strangers"])


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
        ("front/scene/take", "PRESS", "snapshot"),
        ("front/pause/set", "ON", "pause"),
        ("front/pause/set", "OFF", "pause"),
        ("enroll/name/set", "Bob", "enroll"),
        ("enroll/last_stranger", "PRESS", "enroll"),
    ):
        before = len(subscriber.on(f"/response/{answer}"))
        subscriber.publish(f"edged/door/{topic}", payload)
        said = json.loads(subscriber.wait_for(f"/response/{answer}", before + 1)[-1])
        if said["error"] and said["error"]["code"] == "which_stranger":  # somebody came just now
            subscriber.publish(f"edged/door/{topic}", payload)
            said = json.loads(subscriber.wait_for(f"/response/{answer}", before + 2)[-1])
        assert said["status"] == ("error" if payload == "700" else "ok"), said
    wait_until(lambda: subscriber.on("/front/pause")[-2:] == [b"ON", b"OFF"], "the camera was paused")
    assert [json.loads(value)["value"] for value in subscriber.on("/setting/trigger_level")[-2:]] == [7, 7]
    wait_until(lambda: json.loads(subscriber.on("/enroll/name")[-1]) == {"name": None, "stranger": None}, "the name was used")
    subscriber.publish("homeassistant/status", "online")
    subscriber.wait_for("/availability", 2)


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
