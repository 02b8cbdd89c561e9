"""The card of YuNet that a rebuild writes: it says all that the card which ships says."""

from __future__ import annotations

from netbuild.cards import text_of
from netbuild.detector_notes import YUNET_SECTIONS

from edged.vision.detection_card import DetectionCard
from tests.conftest import MODELS

CARD = MODELS / "detection_yunet" / "model.toml"


def test_what_a_rebuild_writes_of_the_network_is_what_ships() -> None:
    shipped = CARD.read_text(encoding="utf-8")
    for section in YUNET_SECTIONS:
        assert text_of(section) in shipped, section.header
    assert sorted(line for line in shipped.splitlines() if line.startswith("[") and not line.startswith("[[")) == sorted(
        ["[source]", *(section.header for section in YUNET_SECTIONS)]
    )
    assert DetectionCard.read(CARD.parent).proportions is not None
