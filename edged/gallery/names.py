"""Ids and names of people in any script, and ids of strangers: what they may be.

It does not know who is enrolled.
"""

from __future__ import annotations

import re
import unicodedata

from edged.errors import NameRejected

MAX_ID_CHARACTERS, MAX_DISPLAY_CHARACTERS = 64, 80
"""Characters of an id and of a name to show. Both limits keep a name on one line of a notification; 64 characters of four UTF-8 bytes
are far below every limit of MQTT."""

ZERO_WIDTH_JOINERS = "\u200c\u200d"
"""Joiners, ZWNJ and ZWJ: invisible, yet part of the spelling of Persian and Indic names and of emoji."""

INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
"""Letters and marks by category that draw nothing (default-ignorable); two ids that look alike could differ by them."""

VARIATION_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
"""Marks that choose between drawings of one character; as invisible as the above."""

APOSTROPHES = "'\u2019"
"""Characters that an id is spelled without, as "obrien"; the curly one is what phones write."""
SEPARATORS = ".,&()"
"""Characters of names that count as white space in an id: it stands in topics, templates and shells, where they mean other things."""

MEANINGLESS = frozenset({"none", "unknown", "unavailable", "null", "undefined", "nan", "on", "off", "true", "false"})
"""Ids, and names to show by the id that is made of them, that Home Assistant, JSON or a template takes for no value or for a switch's."""

MARKUP = frozenset("<>{}")
"""Characters that begin and end what pages (HTML) and templates (Jinja) carry out; nobody is called so."""

STRANGER_PREFIX = "stranger-"
_STRANGER_ID = re.compile(rf"{STRANGER_PREFIX}\d+")


def person_id(name: str) -> str:
    """Make the stable id of a name: normalised (NFC), case-folded, without apostrophes, spaces and other punctuation one `_`.

    "Zoë O'Brien (Jr.)" gives "zoë_obrien_jr". It is its own id: person_id(person_id(name)) == person_id(name).

    Raises:
        NameRejected: empty, too long, a stranger's id, or with a character that is not allowed.
    """
    trimmed = name.strip()
    _refuse(trimmed, [letter for letter in trimmed if unicodedata.category(letter) == "Cc"])
    folded = "_".join(_case_folded(trimmed.translate(_SPELLED)).split())
    _refuse(name, [letter for letter in folded if not _is_id_letter(letter)])
    if not folded or len(folded) > MAX_ID_CHARACTERS or not _is_first_letter(folded[0]):
        raise NameRejected(f"{name!r} cannot be a person's name: {_ID_RULE}")
    if is_stranger_id(folded):
        raise _stranger_like(name)
    return folded


def new_person_id(name: str) -> str:
    """Make the id of somebody who is new, as person_id() does, but of no name that programs misread.

    Who was enrolled by such a name before it was refused keeps it.

    Raises:
        NameRejected: as person_id(), or the name means something else to programs.
    """
    person = person_id(name)
    _refuse_misread(name, person)
    return person


def is_stranger_id(name: str) -> bool:
    """Whether a name has the form of a stranger's id, `stranger-7` in any script's digits; there need not be such a stranger."""
    return _STRANGER_ID.fullmatch(name) is not None


def display_name(name: str) -> str:
    """Make the name to show: normalised (NFC), trimmed, each run of white space one space.

    Raises:
        NameRejected: empty, too long, or with control characters or marks that turn the direction of text around.
    """
    trimmed = unicodedata.normalize("NFC", name).strip()
    has_control = any(unicodedata.category(letter) == "Cc" for letter in trimmed)
    shown = " ".join(trimmed.split())
    # What Unicode calls printable, which marks that turn text around are not, and the joiners.
    are_shown = all(letter.isprintable() or letter in ZERO_WIDTH_JOINERS for letter in shown)
    if has_control or not are_shown or not 1 <= len(shown) <= MAX_DISPLAY_CHARACTERS:
        raise NameRejected(f"{name!r} cannot be shown as a name: {_DISPLAY_RULE}")
    return shown


def new_display_name(name: str) -> str:
    """Make a name to show from now on, as display_name() does, but none that programs misread.

    Raises:
        NameRejected: as display_name(), or the name, or a character in it, means something else to programs.
    """
    shown = display_name(name)
    if found := sorted(MARKUP & set(shown)):
        raise NameRejected(f"{name!r} cannot be shown as a name because of {' '.join(found)}: pages and templates read it as their own.")
    _refuse_misread(name, "_".join(_case_folded(shown.translate(_SPELLED)).split()))
    return shown


def is_same_name(one: str, other: str) -> bool:
    """Whether two names to show differ at most in case, composition, white space, and how apostrophes are drawn."""
    return _key(one) == _key(other)


_ID_RULE = (
    f"use 1 to {MAX_ID_CHARACTERS} letters or digits of any script, with spaces or ' . , & - _ ( ) between them, "
    "beginning with a letter or digit."
)
_DISPLAY_RULE = f"use 1 to {MAX_DISPLAY_CHARACTERS} printable characters on one line."


SURROGATES = frozenset(map(chr, range(0xD800, 0xE000)))
"""What stands for bytes that are not UTF-8 in a name that was typed (PEP 383)."""
_SPELLED: dict[int, str | None] = {
    **dict.fromkeys(map(ord, ZERO_WIDTH_JOINERS + APOSTROPHES)),
    **dict.fromkeys(map(ord, SEPARATORS), " "),
}


def _refuse(name: str, letters: list[str]) -> None:
    if any(letter in SURROGATES for letter in letters):
        raise NameRejected(f"{name!r} cannot be a person's name because it is not UTF-8, see the encoding of the terminal: {_ID_RULE}")
    if letters:
        found = ", ".join(f"U+{ord(letter):04X}" for letter in dict.fromkeys(letters))
        raise NameRejected(f"{name!r} cannot be a person's name because of {found}: {_ID_RULE}")


def _refuse_misread(name: str, person: str) -> None:
    if person.startswith(STRANGER_PREFIX):
        raise _stranger_like(name)
    if person in MEANINGLESS:
        raise NameRejected(
            f"{name!r} cannot be a person's name: to programs such as Home Assistant it is no name but a value; add a family name."
        )


def _stranger_like(name: str) -> NameRejected:
    return NameRejected(f"{name!r} cannot be a person's name: strangers are called so; choose another name.")


def _key(name: str) -> str:
    straight = name.replace("\u2019", "'").translate(dict.fromkeys(map(ord, ZERO_WIDTH_JOINERS)))
    return " ".join(_case_folded(straight).split())


def _case_folded(text: str) -> str:
    """Make Unicode's canonical caseless form (section 3.13, D145): decomposed first, so that equal names fold to equal ids."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def _is_id_letter(letter: str) -> bool:
    if letter in "_-":
        return True
    if letter in INVISIBLE or any(ord(letter) in selectors for selectors in VARIATION_SELECTORS):
        return False
    category = unicodedata.category(letter)
    return category[0] in "LM" or category == "Nd"


def _is_first_letter(letter: str) -> bool:
    """Whether an id may begin with it: not a mark, which needs a letter to stand on; not '-', which a shell takes for an option."""
    category = unicodedata.category(letter)
    return category[0] == "L" or category == "Nd"
