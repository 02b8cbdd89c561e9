"""Every limit and threshold that the topic reference states is that of the code and of the networks that ship."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from edged.config import Config, RecognitionConfig
from edged.control import safety
from edged.daemon.opening import open_attributes
from edged.errors import CommandError
from edged.gallery.archive import SENT
from edged.gallery.open_set import threshold_for
from edged.interface.enrollment import MAX_IMAGES
from edged.interface.form import MAX_FIELDS
from edged.interface.messages import MAX_MESSAGE_CHARACTERS
from edged.interface.verbs import MAX_REQUEST_BYTES
from edged.mqtt import waiting
from edged.mqtt.broker import TOLD_OF
from edged.pipeline.attributes import ENOUGH_LOOKS
from edged.types import Gender
from edged.vision.pictures import MAX_MEGAPIXELS, MAX_PHOTO_MEGAPIXELS, MAX_SCANS, MOST_DECODED_PIXELS
from tests.docs.markdown import SPAN, text
from tests.docs.topic_reference import EVENT, TOPIC_REFERENCE, parts

if TYPE_CHECKING:
    from edged.vision.faces import FaceReader


def test_limits_are_those_of_the_code() -> None:
    assert f"{MAX_REQUEST_BYTES:,} bytes" in text(TOPIC_REFERENCE)
    assert f"`images` at most {MAX_IMAGES} pictures" in text(TOPIC_REFERENCE)
    assert f"a picture at most {MAX_MEGAPIXELS} megapixels" in text(TOPIC_REFERENCE)
    assert f"as phones take it {MAX_PHOTO_MEGAPIXELS}" in text(TOPIC_REFERENCE)
    assert f"more than {MOST_DECODED_PIXELS // 1_000_000} megapixels" in text(TOPIC_REFERENCE)
    assert text(TOPIC_REFERENCE).count(f"at most {SENT.packed_bytes:,} bytes before") == 2
    assert f"unpacked to {SENT.json_bytes:,} bytes at most" in text(TOPIC_REFERENCE)
    assert f"an object at most {MAX_FIELDS} fields" in text(TOPIC_REFERENCE)
    assert f"at most {MAX_MESSAGE_CHARACTERS:,} characters" in text(TOPIC_REFERENCE)
    assert f"than {TOLD_OF * MAX_REQUEST_BYTES:,} bytes" in text(TOPIC_REFERENCE)
    assert f"more than {MAX_SCANS} passes" in text(TOPIC_REFERENCE)
    assert f"requests of {waiting.MOST_BYTES:,} bytes together may wait, each counted with {waiting.OWN_BYTES:,} bytes" in text(
        TOPIC_REFERENCE
    )
    assert f"While more than {waiting.FEW_REQUESTS} wait, who has waited for {waiting.PATIENCE_SECONDS} seconds" in text(TOPIC_REFERENCE)


def test_what_is_said_of_attributes_is_what_their_networks_cards_say() -> None:
    networks = open_attributes(Config())
    emotion, age, gender = networks.emotion_card.emotion, networks.age_gender_card.age, networks.age_gender_card.gender
    told_of = parts(EVENT)
    rows = {row[0].strip("`"): row for name in ("`emotion`", "`age_gender`") for row in told_of[name].rows}
    assert SPAN.findall(rows["emotion"][2]) == list(emotion.labels)
    assert f"a probability of {emotion.least_confidence:g}" in rows["emotion"][3]
    assert f"leads by less than {emotion.least_margin:g}" in rows["emotion"][3]
    assert f"wider than {age.max_range_years:g} years" in rows["age_range"][3]
    assert f"below {gender.least_confidence:g}" in rows["gender"][3]
    assert SPAN.findall(rows["gender"][2]) == list(Gender)
    assert rows["looks"][2] == f"1…{ENOUGH_LOOKS}"


def test_thresholds_are_those_of_the_networks_that_ship(reader: FaceReader) -> None:
    card, limit = reader.embedding_card, RecognitionConfig().max_false_alarms
    tail, floor = card.impostor_tail, card.matching.match_threshold
    told_of = re.search(
        r"with one template each that is ([\d.]+) up to (\d+) people, ([\d.]+) with (\d+), ([\d.]+) with (\d+) and ([\d.]+) with (\d+), "
        r"for a single look; from (\d+) looks on ([\d.]+) more, and with five templates each ([\d.]+) more",
        " ".join(text(TOPIC_REFERENCE).split()),
    )
    assert told_of
    least, most, *grown, looks, offset, templates = (float(number) for number in told_of.groups())

    def threshold(people: float, each: int = 1, looks: int = 1) -> float:
        return threshold_for(int(people) * each, limit, tail, floor, people=int(people), looks=looks)

    assert threshold(most) == floor == least
    assert threshold(most + 1) > floor
    for similarity, people in zip(grown[::2], grown[1::2], strict=True):
        assert round(threshold(people), 2) == similarity
        assert threshold(people, looks=int(looks)) == pytest.approx(threshold(people) + offset)
        assert threshold(people, each=5) == pytest.approx(threshold(people) + templates, abs=0.011)


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
