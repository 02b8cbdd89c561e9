"""Directory: whom a name means, which may be an id or the name that is shown, of those who are enrolled.

Knows ids and names to show; where they are kept is not known here.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from edged.errors import AmbiguousName, NameRejected, PersonNotFound
from edged.gallery.names import is_same_name, person_id

if TYPE_CHECKING:
    from collections.abc import Mapping


def find_person(name: str, shown: Mapping[str, str]) -> str:
    """Find the id of whom a name means.

    An id always means whoever has it. Any other name means who is shown by it, or has the id that is made of it.

    Args:
        name: An id or a name, as somebody typed it.
        shown: The name to show of everybody enrolled, by id.

    Raises:
        AmbiguousName: it means several people.
        PersonNotFound: it means nobody.
        NameRejected: it means nobody, and cannot be anybody's name.
    """
    found = meant(name, shown)
    if len(found) > 1:
        raise AmbiguousName(name, found)
    if not found:
        raise PersonNotFound(person_id(name))
    return found[0]


def meant(name: str, shown: Mapping[str, str]) -> tuple[str, ...]:
    """The ids, sorted, of everybody whom a name may mean, as in find_person()."""
    plain = unicodedata.normalize("NFC", name.strip())
    if plain in shown:
        return (plain,)
    made = _made(plain)
    return tuple(sorted(person for person, displayed in shown.items() if person == made or is_same_name(displayed, plain)))


def _made(name: str) -> str | None:
    """The id that is made of a name; None where there is none."""
    try:
        return person_id(name)
    except NameRejected:
        return None
