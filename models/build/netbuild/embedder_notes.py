"""What the embedders' cards say of matching, strangers and views: the figures that were measured, and how.

They are written here by hand from what `tailbuild`, `viewbuild` and the report print; nothing here computes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netbuild.cards import Table


@dataclass(frozen=True, slots=True)
class Notes:
    """The operating point and the impostor tail of one embedder, each with its comment."""

    matching: Table
    matching_note: str
    tail: Table
    tail_note: str


SFACE = Notes(
    {
        "match_threshold": 0.43,
        "margin": 0.05,
        "look_alike_similarity": 0.43,
        "look_alike_margin": 0.15,
        "decisive_lead": 0.12,
    },
    (
        "Set on the int8 files at 640×480, all people of LFW View 1: 12,454,344 impostor pairs, FMR 7.4e-5 and TAR 0.9828 of 3,192\n"
        "genuine pairs at 0.43. For FMR 1e-3 / 1e-4 / 1e-5 it would be 0.368 / 0.423 / 0.474, TAR 0.991 / 0.985 / 0.964.\n"
        "margin: in 200 random galleries of 20 people, one picture each, 0.05 refuses 2 of 6,338 right answers (0.10: 9) and hardly\n"
        "ever a stranger's; it is there for relatives, whom LFW does not hold.\n"
        "look_alike_*: people whose templates are that similar need the larger lead over each other. At most four pictures of each of\n"
        "3,095 people, one template of each of two people against the first one's other pictures, right / wrong names at a margin of\n"
        "0.05 and of 0.15: templates 0.43 to 0.50 alike, 1,584 looks, 96.7 / 0.0 % and 95.6 / 0.0 %; 0.50 to 0.55, 113 looks, 78.8 /\n"
        "2.7 and 72.6 / 1.8 %; 0.55 to 0.60, 13 looks, 38.5 / 30.8 and 30.8 / 23.1 %; above, 64 looks of 15 pairs, some of them one\n"
        "person under two names, 17.2 / 26.6 and 4.7 / 3.1 %.\n"
        "decisive_lead: a poor view names somebody from 0.55 on, which no pair of different people in the same poor view reaches more\n"
        "often than 0.02 %, but for half covered faces (models/README.md)."
    ),
    {
        "similarities": [0.365, 0.44, 0.49, 0.522],
        "false_match_rates": [1e-2, 1e-3, 1e-4, 1e-5],
        "fused_offset": 0.03,
        "template_power": 0.88,
    },
    (
        "Similarities that single looks of different people of one gender and part of the world reach at these rates, eight groups of\n"
        "world_dev weighing the same: 1,245 people, 3,494 pictures, 3,308,012 comparisons of a template (with mirror image) and a look;\n"
        "models/build/tailbuild. Measured 0.363, 0.434, 0.488 and 0.521, with 95 % from 0.354 to 0.373, 0.421 to 0.449, 0.466 to 0.499\n"
        "and 0.493 to 0.527 (bootstrap over people); written a little above, most at 1e-3, on which small galleries rest: of halves, one\n"
        "tail let 1.1 % of the other's strangers be named where 1 % was asked. Beyond the last rate the line goes on.\n"
        "fused_offset: three looks fused reach 0.023 to 0.029 more at 1e-2 and 1e-3.\n"
        "template_power: N people with T templates each count as N · T ** 0.88 comparisons (fitted: N ** 1.00 · T ** 0.88)."
    ),
)
MOBILEFACENET = Notes(
    {
        "match_threshold": 0.44,
        "margin": 0.05,
        "look_alike_similarity": 0.44,
        "look_alike_margin": 0.15,
        "decisive_lead": 0.12,
    },
    "Set where pairs of one gender and part of the world are as alike as for SFace at its threshold: about 1e-3 of them (tailbuild). Of\n"
    "all pairs of LFW View 1, looks against templates with mirror image: FMR 3.5e-5 and TAR 0.961 at 0.44; for FMR 1e-3 / 1e-4 / 1e-5 it\n"
    "would be 0.335 / 0.411 / 0.476, TAR 0.990 / 0.974 / 0.941.\n"
    "margin: in 200 random galleries of 20 people, one template each, 0.05 refuses 1 of 6,175 right answers.\n"
    "look_alike_*: templates 0.44 to 0.48 alike, 140 looks, right / wrong names at a margin of 0.05 and of 0.15 97.9 / 0.0 % and 94.3 /\n"
    "0.0 %; 0.48 to 0.53, 39 looks, 100 / 0.0 and 97.4 / 0.0 %.\n"
    "decisive_lead: that of SFace.",
    {
        "similarities": [0.378, 0.466, 0.533, 0.58],
        "false_match_rates": [1e-2, 1e-3, 1e-4, 1e-5],
        "fused_offset": 0.03,
        "template_power": 0.82,
    },
    "As on SFace's card, of the same people and comparisons, but the mean of that half of the groups whose people are most alike: 0.378,\n"
    "0.466, 0.533 and 0.578; groups differ more than SFace's. Of all groups 0.353, 0.444, 0.521 and 0.578, with 95 % from 0.339 to 0.370,\n"
    "0.422 to 0.468, 0.489 to 0.554 and 0.521 to 0.578 (bootstrap over people).\n"
    "fused_offset: three looks fused reach 0.018 and 0.016 more at 1e-2 and 1e-3, 0.040 at 1e-4.\n"
    "template_power: N people with T templates each count as N · T ** 0.82 comparisons (fitted: N ** 1.00 · T ** 0.81).",
)
JOINT = Notes(
    {
        "match_threshold": 0.415,
        "margin": 0.05,
        "look_alike_similarity": 0.415,
        "look_alike_margin": 0.15,
        "decisive_lead": 0.12,
    },
    "Set where pairs of one gender and part of the world are as alike as for SFace at its threshold: about 1e-3 of them (tailbuild). Of\n"
    "all pairs of LFW View 1, looks against templates with mirror image: FMR 4.1e-5 and TAR 0.984 at 0.415; for FMR 1e-3 / 1e-4 / 1e-5\n"
    "it would be 0.333 / 0.393 / 0.451, TAR 0.994 / 0.988 / 0.972.\n"
    "margin: in 200 random galleries of 20 people, one template each, 0.05 refuses 2 of 6,342 right answers.\n"
    "look_alike_*: templates 0.415 to 0.48 alike, 215 looks, right / wrong names at a margin of 0.05 and of 0.15 99.1 / 0.0 % and 98.1 /\n"
    "0.0 %; 0.48 to 0.53, 20 looks, 75.0 / 15.0 and 70.0 / 10.0 %.\n"
    "decisive_lead: that of SFace.",
    {
        "similarities": [0.363, 0.436, 0.491, 0.515],
        "false_match_rates": [1e-2, 1e-3, 1e-4, 1e-5],
        "fused_offset": 0.03,
        "template_power": 0.84,
    },
    "As on SFace's card, of the same people and comparisons, but the mean of that half of the groups whose people are most alike: 0.363,\n"
    "0.436, 0.491 and 0.511; groups differ more than SFace's. Of all groups 0.345, 0.419, 0.474 and 0.511, with 95 % from 0.336 to 0.358,\n"
    "0.403 to 0.438, 0.451 to 0.498 and 0.482 to 0.526 (bootstrap over people).\n"
    "fused_offset: three looks fused reach 0.025, 0.023 and 0.026 more at 1e-2, 1e-3 and 1e-4.\n"
    "template_power: N people with T templates each count as N · T ** 0.84 comparisons (fitted: N ** 1.00 · T ** 0.83).",
)
WEIGHTS: Mapping[str, float] = {"SFace": 2.0, "MobileFaceNet": 1.0}
WEIGHTS_NOTE = "The similarity is the mean of the networks', by weight: two parts of SFace to one of MobileFaceNet."
TYPICAL: Table = {
    "corners": ["turned", "squeezed", "bulging", "blurred", "covered", "masked", "badly lit", "negative"],
    "turned": "turned",
    "final": ["negative"],
}
TYPICAL_NOTE = "Lines before the corners of the embedding space into which views off the training geometry fall: models/build/viewbuild."
