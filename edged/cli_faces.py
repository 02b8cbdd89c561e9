"""Faces in words: what replies say of the faces of a picture, as lines for people.

Knows the fields of replies; where they come from is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


def lines_of(row: Mapping[str, Any], tell: Callable[[Mapping[str, Any]], str]) -> Iterator[str]:
    """The lines of one picture: one for each face, largest first."""
    if not row["faces"]:
        yield f"{row['picture']}: no face"
    for face in row["faces"]:
        yield f"{row['picture']}: {tell(face)}, at {' '.join(map(str, face['box']))}"
    if row["left_out"]:
        yield f"{row['picture']}: {row['left_out']} smaller faces are left out"


def recognised(face: Mapping[str, Any]) -> str:
    """Who it is, or why that cannot be said."""
    who = face["display_name"] or face["stranger"] or "nobody who is known"
    figures = f"threshold {face['threshold']:.2f}, quality {face['quality']:.2f}"
    if face["similarity"] is not None:
        figures = f"similarity {face['similarity']:.2f}, {figures}"
    return f"{who} ({face['reason']}, {figures})" if face["reason"] else f"{who} ({figures})"


def analysed(face: Mapping[str, Any]) -> str:
    """Expression, age and gender, as far as they are sure."""
    if face["reason"]:
        return f"cannot be read ({face['reason']})"
    years = "age unsure" if face["age_range"] is None else "{} to {} years".format(*face["age_range"])
    return f"{face['emotion'] or 'no clear expression'}, {years}, {face['gender'] or 'gender unsure'}"
