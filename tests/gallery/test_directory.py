"""Whom a name means: an id, the name that is shown, or several people."""

from __future__ import annotations

import pytest

from edged.errors import AmbiguousName, GalleryError, NameRejected, PersonNotFound
from edged.gallery.directory import find_person

SHOWN = {
    "zoë_obrien": "Zoë O'Brien",
    "alice": "Mum",
    "alice_2": "Alice",
    "bob": "Bob 😀",
    "bob_w": "Robert",
    "bob_x": "robert",
    "none": "None",
    "張偉": "张伟",
}


@pytest.mark.parametrize(
    ("name", "person"),
    [
        ("zoë_obrien", "zoë_obrien"),
        ("Zoë O'Brien", "zoë_obrien"),
        ("  zoe\u0308   o\u2019brien ", "zoë_obrien"),
        ("mum", "alice"),
        ("alice", "alice"),
        ("Alice 2", "alice_2"),
        ("Bob 😀", "bob"),
        ("Bob", "bob"),
        ("None", "none"),
        ("张伟", "張偉"),
    ],
)
def test_who_is_meant(name: str, person: str) -> None:
    assert find_person(name, SHOWN) == person


@pytest.mark.parametrize(("name", "ids"), [("Robert", "'bob_w', 'bob_x'"), ("Alice", "'alice', 'alice_2'")])
def test_a_name_of_several_people_is_refused_with_their_ids(name: str, ids: str) -> None:
    with pytest.raises(AmbiguousName) as caught:
        find_person(name, SHOWN)
    assert str(caught.value) == f"{name!r} may be any of {ids}; say which by that id."
    assert caught.value.code == "ambiguous_name"


@pytest.mark.parametrize(
    ("name", "error"), [("Carol", PersonNotFound), ("a/b", NameRejected), ("", NameRejected), ("stranger-7", NameRejected)]
)
def test_who_is_nobody(name: str, error: type[GalleryError]) -> None:
    with pytest.raises(error):
        find_person(name, SHOWN)
