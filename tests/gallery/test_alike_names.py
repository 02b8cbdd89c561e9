"""Names that look alike: letters of other scripts, of another width, invisible ones, and names that only are a little alike."""

from __future__ import annotations

import pytest

from edged.errors import NameLooksAlike
from edged.gallery.alike_names import LETTERS, odd_name, refuse_alike, skeleton
from edged.gallery.names import new_display_name, new_person_id

PEOPLE = {
    "alice": "Alice",
    "barack_obama": "Barack Obama",
    "\u0441\u0435\u0440\u0433\u0435\u0439": "\u0421\u0435\u0440\u0433\u0435\u0439",
    "zoë": "Zoë",
    "\u03bf_\u03c7\u03c1\u03ae\u03c3\u03c4\u03bf\u03c2": "\u039f \u03a7\u03c1\u03ae\u03c3\u03c4\u03bf\u03c2",
}
ALIKE = [
    ("\u0410lice", "alice"),
    ("Al\u0456ce", "alice"),
    ("\u0391lice", "alice"),
    ("\uff21\uff4c\uff49\uff43\uff45", "alice"),
    ("\U0001d400\U0001d425\U0001d422\U0001d41c\U0001d41e", "alice"),
    ("A1ice", "alice"),
    ("AIice", "alice"),
    ("Barack 0bama", "barack_obama"),
    ("\u0412arack \u041ebama", "barack_obama"),
    ("BARACK OBAM\u0410", "barack_obama"),
    ("Zo\u0451", "zoë"),
]
DIFFERENT = ["Alicia", "Malice", "Zoe", "Barack", "Serge", "Алиса", "Αλίκη", "張偉", "alice smith", "Obama"]


@pytest.mark.parametrize(("name", "other"), ALIKE)
def test_a_name_that_looks_like_another_is_refused_and_names_both(name: str, other: str) -> None:
    with pytest.raises(NameLooksAlike, match=rf"looks like '{PEOPLE[other]}' .*id '{other}'") as told:
        refuse_alike(new_person_id(name), new_display_name(name), PEOPLE)
    assert "allow" in str(told.value)


@pytest.mark.parametrize("name", DIFFERENT)
def test_a_name_of_its_own_is_taken(name: str) -> None:
    refuse_alike(new_person_id(name), new_display_name(name), PEOPLE)


def test_an_id_that_looks_like_another_is_refused_whatever_is_shown() -> None:
    with pytest.raises(NameLooksAlike):
        refuse_alike(new_person_id("\u0430lice"), "Somebody else", PEOPLE)
    with pytest.raises(NameLooksAlike):
        refuse_alike("somebody_else", "\u0410lice", PEOPLE)


def test_somebody_whose_id_looks_like_another_may_get_a_name_of_their_own() -> None:
    refuse_alike("\u0430lice", "Somebody else", {**PEOPLE, "\u0430lice": "\u0410lice"})


def test_the_same_name_is_no_look_alike_of_itself() -> None:
    """Two people may have one name to show; their ids tell them apart, and whoever asks by the name is told so."""
    refuse_alike("alice_2", "Alice", PEOPLE)
    refuse_alike("alice", "Alice", PEOPLE)


@pytest.mark.parametrize("invisible", ["\u200b", "\u2060", "\ufeff", "\u00ad", "\u202e"])
def test_what_is_invisible_is_refused_in_any_name(invisible: str) -> None:
    for make in (new_person_id, new_display_name):
        with pytest.raises(Exception, match="cannot be"):
            make(f"Al{invisible}ice")


def test_joiners_which_some_scripts_need_make_no_other_id() -> None:
    assert new_person_id("Al\u200dice") == "alice"
    assert skeleton("Al\u200dice") == skeleton("Alice")


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("\u0410lice", "\u0410 U+0410"),
        ("\u0418\u0432\u0430\u043d P\u0435\u0442\u0440\u043e\u0432", "P U+0050"),
        ("\uff21lice", "\uff21 U+FF21"),
        ("Alice", ""),
        ("Иван Smith", ""),
        ("ヤマダ taro 山田", ""),
        ("Zoë O'Brien", ""),
        ("Anna 2", ""),
    ],
)
def test_letters_that_only_look_like_others_are_noted(name: str, letters: str) -> None:
    note = odd_name(name)
    assert (note is not None) is bool(letters)
    assert note is None or (note.code == "odd_letters" and f"({letters})" in note.message)


def test_every_letter_of_the_table_stands_for_one_of_latin() -> None:
    assert all(chr(latin).isascii() for latin in LETTERS.values())
    assert len(set(LETTERS)) == len(LETTERS)
