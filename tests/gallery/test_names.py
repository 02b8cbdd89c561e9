"""Which names can be a person's, in any script."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.errors import NameRejected
from edged.gallery.names import (
    MAX_DISPLAY_CHARACTERS,
    MAX_ID_CHARACTERS,
    MEANINGLESS,
    display_name,
    is_same_name,
    is_stranger_id,
    new_display_name,
    new_person_id,
    person_id,
)

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Zoë", "zoë"),
        ("Zoe\u0308", "zoë"),
        ("Alice Smith", "alice_smith"),
        ("  Alice \u00a0 Smith\n", "alice_smith"),
        ("張偉", "張偉"),
        ("張\u3000偉", "張_偉"),
        ("Μαρία", "μαρία"),
        ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
        ("Strauß", "strauss"),
        ("İbrahim", "i̇brahim"),
        ("अंकिता", "अंकिता"),
        ("کبیر\u200cی", "کبیری"),
        ("Nguyễn Văn A", "nguyễn_văn_a"),
        ("Anne-Marie", "anne-marie"),
        ("bob_2", "bob_2"),
        ("Zoë O'Brien", "zoë_obrien"),
        ("Zoë O\u2019Brien (Jr.)", "zoë_obrien_jr"),
        ("Martin & Anna, both", "martin_anna_both"),
        ("J.R. Smith", "j_r_smith"),
        ("(Bob)", "bob"),
        ("'Abd al-Karīm", "abd_al-karīm"),
        ("محمد", "محمد"),
        ("דוד בן-גוריון", "דוד_בן-גוריון"),
        ("٣", "٣"),
        ("a" * MAX_ID_CHARACTERS, "a" * MAX_ID_CHARACTERS),
    ],
)
def test_ids(name: str, expected: str) -> None:
    assert person_id(name) == unicodedata.normalize("NFC", expected)


@pytest.mark.parametrize("name", ["stranger-7", "Stranger-7", " STRANGER-007\n", "stranger-0", "stranger-٣", "\u017ftranger-7"])
def test_a_persons_name_is_never_a_strangers_id(name: str) -> None:
    with pytest.raises(NameRejected, match="strangers are called so; choose another name"):
        person_id(name)


@pytest.mark.parametrize("name", ["stranger", "stranger-", "Stranger 7", "stranger-7a", "my stranger-7", "stranger-七"])
def test_names_that_are_near_a_strangers_id_are_names(name: str) -> None:
    assert not is_stranger_id(person_id(name))


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            " ",
            "\t\n",
            "_",
            "-rf",
            "a/b",
            "../etc",
            "a\\b",
            "edged/#",
            "+",
            "a#b",
            "$SYS",
            "(.)",
            "'",
            "& -rf",
            'a"b',
            "a;b",
            "😀",
            "Bob😀",
        ),
        *("a\x00b", "a\nb", "a\x1bb", "a\x7fb", "a\u202eb", "a\u2066b", "a\u200eb", "a\u200bb", "a\ufeffb", "a\u00adb", "\u0301a"),
        *("a\u3164b", "a\ufe0fb", "a\U000e0101b", "a\ud800b", "½", "Ⅷ", "a\ue000b", "a" * (MAX_ID_CHARACTERS + 1)),
    ],
)
def test_what_is_no_id(name: str) -> None:
    with pytest.raises(NameRejected, match="use 1 to 64 letters or digits of any script, with spaces or") as caught:
        person_id(name)
    assert caught.value.code == "bad_name"


def test_a_name_that_a_terminal_did_not_give_in_utf_8_is_told_so() -> None:
    with pytest.raises(
        NameRejected, match=r"'Zo\\udceb' cannot be a person's name because it is not UTF-8, see the encoding of the terminal: use 1 to"
    ):
        person_id(b"Zo\xeb".decode(errors="surrogateescape"))


@pytest.mark.parametrize("make", [new_person_id, new_display_name])
@pytest.mark.parametrize("name", [*sorted(MEANINGLESS), "None", "UNKNOWN", " On ", "(null)", "N'one", "nan."])
def test_what_programs_take_for_a_value_is_no_name(make: Callable[[str], str], name: str) -> None:
    with pytest.raises(NameRejected, match="to programs such as Home Assistant it is no name but a value") as caught:
        make(name)
    assert caught.value.code == "bad_name"


@pytest.mark.parametrize("make", [new_person_id, new_display_name])
@pytest.mark.parametrize("name", ["stranger-7", "Stranger-", "STRANGER-me", "stranger-7a", "stranger-七"])
def test_what_begins_as_a_strangers_id_is_no_new_name(make: Callable[[str], str], name: str) -> None:
    with pytest.raises(NameRejected, match="strangers are called so; choose another name"):
        make(name)


@pytest.mark.parametrize("name", ["Noneth", "Unknown Smith", "Ona", "Offa", "Truesdale", "Nana", "Null-Meier", "Stranger"])
def test_names_that_only_hold_such_a_word_are_names(name: str) -> None:
    assert new_person_id(name) == name.lower().replace(" ", "_")
    assert new_display_name(name) == name


def test_who_had_such_a_name_before_it_was_refused_keeps_the_id() -> None:
    assert person_id("None") == "none"
    assert display_name("None") == "None"


@pytest.mark.parametrize(("one", "other"), [("Zoë O'Brien", "zoe\u0308  o\u2019BRIEN"), ("کبیر\u200cی", "کبیری"), ("STRAUSS", "Strauß")])
def test_names_that_are_the_same(one: str, other: str) -> None:
    assert is_same_name(one, other)
    assert not is_same_name(one, f"{other} Jr.")


def test_an_invisible_character_is_named() -> None:
    with pytest.raises(NameRejected, match=r"because of U\+202E"):
        person_id("ali\u202ece")


def accepted(make: Callable[[str], str], name: str) -> str | None:
    """What is made of a name; None where it is refused."""
    try:
        return make(name)
    except NameRejected:
        return None


@given(st.text())
def test_an_id_is_its_own_id_and_safe_in_a_topic(name: str) -> None:
    if found := accepted(person_id, name):
        assert person_id(found) == found
        assert unicodedata.is_normalized("NFC", found)
        assert 1 <= len(found) <= MAX_ID_CHARACTERS
        assert not set(found) & set("/#+$\x00\\'\"; ")
        assert found.encode()


@given(st.text(st.characters(categories=["L", "M", "Nd"]), max_size=20))
def test_how_a_name_is_composed_or_cased_makes_no_other_person(name: str) -> None:
    if found := accepted(person_id, name):
        assert person_id(unicodedata.normalize("NFD", name)) == found
        assert person_id(name.casefold()) == found


@pytest.mark.parametrize(
    ("name", "expected"),
    {
        "  Alice   Smith ": "Alice Smith",
        "Zoe\u0308": "Zoë",
        "O'Neill, Jr. (Bob) 😀": "O'Neill, Jr. (Bob) 😀",
        "کبیر\u200cی": "کبیر\u200cی",
        "張\u3000偉": "張 偉",
        "a" * MAX_DISPLAY_CHARACTERS: "a" * MAX_DISPLAY_CHARACTERS,
    }.items(),
)
def test_names_to_show(name: str, expected: str) -> None:
    assert display_name(name) == expected


@pytest.mark.parametrize(
    "name",
    ["", " ", "a\nb", "a\x00b", "a\x1b[31m", "a\u202eb", "a\u2067b", "a\u061cb", "a\ufeffb", "a\ud800", "a" * (MAX_DISPLAY_CHARACTERS + 1)],
)
def test_what_cannot_be_shown(name: str) -> None:
    with pytest.raises(NameRejected, match="use 1 to 80 printable characters on one line"):
        display_name(name)


@given(st.text())
def test_a_shown_name_stays_as_it_is(name: str) -> None:
    if shown := accepted(display_name, name):
        assert display_name(shown) == shown
        assert len(shown.splitlines()) == 1
