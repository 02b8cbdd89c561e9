"""Whether an embedding may become a template of a person, judged against everybody's templates.

It does not know pixels, and stores nothing; whether the picture is good enough has been decided before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from edged.errors import DuplicateTemplate, LooksLikeOther

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edged.gallery.matcher import Matcher, Nearest
    from edged.types import Embedding

DUPLICATE_SIMILARITY = 0.999
"""Similarity from which a template adds nothing to another of the person, since both are the same picture, perhaps compressed again;
two frames of a still face stay below it."""


class Note(NamedTuple):
    """Something the user should know of a template that was accepted; code is a word for programs."""

    code: str
    message: str


def judge(
    candidate: Embedding,
    person: str,
    matcher: Matcher,
    *,
    match_threshold: float,
    accepted: Sequence[Embedding] = (),
    allow_alike: bool = False,
) -> Note | None:
    """Accept a template, perhaps with a note (looks_like_other, nearer_to_other or unlike_own), or refuse it.

    Args:
        candidate: The embedding that is to become a template.
        person: Whose, enrolled or new.
        matcher: Everybody's templates, this person's included.
        match_threshold: The similarity from which two faces are held to be one person, −1…1: a template as near as that
            to somebody else would have that person named in this one's place; one farther than that from all of the
            person's own templates probably shows another face.
        accepted: Embeddings accepted before in the same request, not yet in the matcher; they count as the person's own.
        allow_alike: Accept a template that is near to somebody else, with a note: relatives may look alike.

    Raises:
        LooksLikeOther, DuplicateTemplate: the sentence names the person and the figures.
        WrongModel, ValueError: as Matcher.
    """
    standing = matcher.standing(candidate, person)
    note = judge_others(standing, match_threshold=match_threshold, allow_alike=allow_alike)
    own = own_similarity(standing.similarity, candidate, accepted)
    if own is not None and own >= DUPLICATE_SIMILARITY:
        raise DuplicateTemplate(person, own, DUPLICATE_SIMILARITY)
    return note or _judge_own(person, own, standing, match_threshold)


def judge_others(standing: Nearest, *, match_threshold: float, allow_alike: bool) -> Note | None:
    """Refuse a template that matches somebody else by LooksLikeOther, or note it where that is allowed; arguments as in judge()."""
    name, other = standing.other_person, standing.other_similarity
    if name is None or other is None or other < match_threshold:
        return None
    if not allow_alike:
        raise LooksLikeOther(standing.person, name, other, match_threshold)
    alike = f"The face looks like {name!r} (similarity {other:.2f}, a match from {match_threshold:.2f})"
    return Note("looks_like_other", f"{alike}; either is named only with a clear lead over the other.")


def own_similarity(enrolled: float | None, candidate: Embedding, accepted: Sequence[Embedding]) -> float | None:
    """Give the similarity of a template to the nearest that its person has, or is about to have; None where it is the first.

    enrolled is the similarity to those that are enrolled, if any; accepted are those that are to be enrolled with it.
    """
    similarities = [float(candidate.vector @ earlier.vector) for earlier in accepted]
    return max([*similarities, enrolled] if enrolled is not None else similarities, default=None)


def _judge_own(person: str, own: float | None, standing: Nearest, match_threshold: float) -> Note | None:
    if own is None or own >= match_threshold:
        return None
    name, other = standing.other_person, standing.other_similarity
    if other is not None and other > own:
        nearer = f"The face is nearer to {name!r} (similarity {other:.2f}) than to the other pictures of {person!r} ({own:.2f})"
        return Note("nearer_to_other", f"{nearer}; see that it shows {person!r}.")
    unlike = f"The face is unlike the other pictures of {person!r} (similarity {own:.2f}, a match from {match_threshold:.2f})"
    return Note("unlike_own", f"{unlike}; see that it shows the same person.")
