"""Telling look-alikes apart: what is learned parts them, names nobody by itself, and is taken only where it does no harm."""

from __future__ import annotations

import numpy as np
import pytest

from edged.gallery.matcher import LookAlikes, Matcher
from edged.gallery.parting import Parting
from edged.gallery.telling_apart import Learned, PartingRules, learn_parting, matcher_of
from edged.gallery.triplets import fit, projected
from edged.system.beside import finish
from edged.types import Embedding, Float32Array, Obstacle, Reason
from tests.gallery.conftest import MODEL, embedding
from tests.gallery.twins import household, rows, twin, unit, views

RULES = PartingRules(0.43, 0.05, LookAlikes(0.43, 0.3))
ANN, BEA = np.int64(0), np.int64(1)


def learned(people: dict[str, Float32Array], strangers: dict[str, Float32Array] | None = None, rules: PartingRules = RULES) -> Learned:
    return finish(learn_parting(rows(people), rows(strangers or {}), rules))


def test_look_alikes_part_and_unseen_views_of_them_are_named_more_often() -> None:
    found = learned(household())
    assert found.parting is not None
    assert [(pair.person, pair.other_person) for pair in found.pairs] == [("ann", "bea")]
    assert found.pairs[0].after < found.pairs[0].before - 0.2
    assert (found.tried, found.after.confused) == (6, 0)
    unseen = [("ann", view) for view in views(twin(10), 200, 7)] + [("bea", view) for view in views(twin(11), 200, 8)]
    plain, parted = (matcher_of(rows(household()), parting, RULES) for parting in (None, found.parting))
    names = [
        [matcher.match(Embedding(view, MODEL), threshold=0.43, margin=0.05).person == person for person, view in unseen]
        for matcher in (plain, parted)
    ]
    assert sum(names[1]) > sum(names[0]) + 20
    assert all(after for before, after in zip(*names, strict=True) if before)


def test_the_similarity_of_everybody_and_all_other_leads_stay_as_they_are() -> None:
    people = household()
    parting = learned(people).parting
    plain, parted = (matcher_of(rows(people), one, RULES) for one in (None, parting))
    for seed in range(50):
        for vector in (embedding(seed).vector, people["cid"][0], unit(people["cid"][1] + 0.4 * embedding(seed).vector)):
            probe = Embedding(vector, MODEL)
            before, after = (matcher.match(probe, threshold=0.43, margin=0.05) for matcher in (plain, parted))
            assert after.similarity == before.similarity
            nearest = plain.nearest(probe)
            if nearest is not None and {nearest.person, nearest.other_person} != {"ann", "bea"}:
                assert after == before


def test_the_lead_over_anybody_else_still_counts() -> None:
    """A view between one twin, the other, and a third person who is nearly as near: the projection knows nothing of the third."""
    people = household()
    parting = learned(people).parting
    assert parting is not None
    view = people["ann"][0]
    people["cid"] = unit(view + 0.35 * embedding(99).vector)[None]
    nearer = Matcher(*_of(people), MODEL, look_alikes=RULES.look_alikes, parting=parting)
    match = nearer.match(Embedding(unit(view + 0.3 * people["bea"][0]), MODEL), threshold=0.43, margin=0.05)
    assert (match.person, match.margin is not None and match.margin < 0.3) == (None, True)
    assert match.reason is Reason.AMBIGUOUS


def test_nothing_is_learned_where_there_is_nothing_to_learn_from() -> None:
    people = household()
    alone = {"ann": people["ann"], "cid": people["cid"]}
    assert learned({}).obstacle is Obstacle.NO_LOOK_ALIKES
    assert learned(alone).obstacle is Obstacle.NO_LOOK_ALIKES
    single = {person: vectors[:1] for person, vectors in people.items()}
    assert learned(single, rules=PartingRules(0.43, 0.05, LookAlikes(0.3, 0.15))).obstacle is Obstacle.TOO_FEW_TEMPLATES


def test_what_has_strangers_named_is_not_taken() -> None:
    """Strangers who are nearly as near to the one as to the other are named by a larger lead."""
    people = household()
    between = unit(np.array([people["ann"][0] + share * people["bea"][0] for share in np.linspace(0.2, 0.8, 30)]))
    found = learned(people, {f"stranger-{number}": view[None] for number, view in enumerate(between)})
    assert found.after.strangers_named > found.before.strangers_named
    assert (found.parting, found.obstacle, found.strangers) == (None, Obstacle.STRANGERS_NAMED, 30)


def test_two_names_of_one_face_do_not_part() -> None:
    """Templates of one person, dealt out to two names: nothing that is learned of some tells of the others."""
    faces = views(twin(10), 8, 1)
    found = learned({"ann": faces[:4], "bea": faces[4:]})
    assert found.parting is None
    assert found.obstacle in {Obstacle.NOT_PARTED, Obstacle.MORE_CONFUSED, Obstacle.MORE_MISSED}


def test_the_projection_is_near_to_the_identity_and_lengths_are_one() -> None:
    people = household()
    vectors = np.concatenate([people["ann"], people["bea"]])
    projection = finish(fit(vectors, [0] * 3 + [1] * 3, np.array([[False, True], [True, False]])))
    assert projection is not None
    stretched = np.linalg.svd(projection, compute_uv=False)
    assert 0.6 < stretched.min() < stretched.max() < 1.5
    assert np.linalg.norm(projected(vectors, projection), axis=1) == pytest.approx(np.ones(6), abs=1e-5)
    strangers = np.array([embedding(seed).vector for seed in range(300, 800)])
    near = np.abs(projected(strangers, projection) @ projected(strangers, projection).T - strangers @ strangers.T)
    assert near.max() < 0.1


def test_a_projection_of_another_size_is_as_none() -> None:
    people = household()
    wrong = Parting(frozenset({("ann", "bea")}), np.eye(64, dtype=np.float32))
    matcher = Matcher(*_of(people), MODEL, parting=wrong)
    assert matcher.match(Embedding(people["ann"][0], MODEL), threshold=0.43, margin=0.05).person == "ann"


def _of(people: dict[str, Float32Array]) -> tuple[list[str], Float32Array]:
    found = rows(people)
    return found.persons, found.embeddings
