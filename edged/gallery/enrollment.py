"""Whether an embedding may become a template of a person, judged against everybody's templates.

It knows no pixels and stores nothing; whether the picture is good enough has been decided before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edged.errors import TemplateRejected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edged.gallery.matcher import Matcher
    from edged.types import Embedding

DUPLICATE_SIMILARITY = 0.999
"""From here on two templates are the same picture, perhaps compressed again; two frames of a still face stay below it."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something the user should know of a template that was accepted; code is a word for programs."""

    code: str
    message: str


def judge(
    candidate: Embedding,
    person: str,
    matcher: Matcher,
    *,
    match_threshold: float,
    duplicate_similarity: float = DUPLICATE_SIMILARITY,
    accepted: Sequence[Embedding] = (),
) -> Note | None:
    """Accept a template, perhaps with a note, or refuse it.

    Args:
        candidate: The embedding that is to become a template.
        person: Whose, enrolled or new.
        matcher: Everybody's templates, this person's included.
        match_threshold: The similarity from which two faces are held to be one person, −1…1: a template as near as that
            to somebody else would have that person named in this one's place; one farther than that from all of the
            person's own templates probably shows another face.
        duplicate_similarity: The similarity from which a template adds nothing to one the person has, −1…1.
        accepted: Embeddings accepted before in the same request, not yet in the matcher; they count as the person's own.

    Returns:
        A note with code "unlike_own", or None.

    Raises:
        TemplateRejected: code "looks_like_other" or "duplicate"; the sentence names the person and the figures.
        WrongModel: the candidate is of another model than the templates.
        ValueError: the candidate is not a unit vector of the templates' size.
    """
    standing = matcher.standing(candidate, person)
    if standing.other_similarity is not None and standing.other_similarity >= match_threshold:
        raise TemplateRejected(
            "looks_like_other",
            f"The face looks like {standing.other_person!r} (similarity {standing.other_similarity:.2f}, "
            f"a match from {match_threshold:.2f}); see that the picture shows {person!r} and that both are enrolled under the right name.",
        )
    own = _own_similarity(standing.similarity, candidate, accepted)
    if own is not None and own >= duplicate_similarity:
        raise TemplateRejected(
            "duplicate",
            f"{person!r} has this picture already (similarity {own:.3f}, a duplicate from {duplicate_similarity:.3f}); "
            "send another one, in other light or from another side.",
        )
    if own is None or own >= match_threshold:
        return None
    return Note(
        "unlike_own",
        f"The face is unlike the other pictures of {person!r} (similarity {own:.2f}, a match from {match_threshold:.2f}); "
        "see that it shows the same person.",
    )


def _own_similarity(enrolled: float | None, candidate: Embedding, accepted: Sequence[Embedding]) -> float | None:
    similarities = [float(candidate.vector @ earlier.vector) for earlier in accepted]
    if enrolled is not None:
        similarities.append(enrolled)
    return max(similarities, default=None)
