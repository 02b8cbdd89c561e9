"""Names that look alike: letters of other scripts, full width or invisible, by which two people could be taken for one by who reads them.

It does not know whose faces are alike, nor what becomes of a name.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from edged.errors import NameLooksAlike
from edged.gallery.enrollment import Note
from edged.gallery.names import ZERO_WIDTH_JOINERS, is_same_name

if TYPE_CHECKING:
    from collections.abc import Mapping

SHAPES = str.maketrans({"I": "l", "1": "l", "0": "O"})
"""Latin letters and digits that are drawn alike, before case is folded."""
LETTERS = str.maketrans(
    "\u0430\u0432\u0435\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u051d\u04bb\u044c\u04cf"
    "\u03b1\u03b2\u03b5\u03b6\u03b7\u03b9\u03ba\u03bc\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u0585\u057d\u0570\u0578\u0131\u0251\u0261",
    "abekmhopctyxijsdqwhblabezhlkmnoptyxouhniag",
)
"""Cyrillic, Greek, Armenian and rare Latin letters that are drawn as a Latin one, small or capital: of Unicode's confusables (UTS 39)
those that stand in names."""
SCRIPTS = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"})
"""Scripts with letters like those of another, as the names of their letters begin. Within a word nobody mixes them."""


MOST_KEPT = 8192
"""Names whose skeleton is kept, some 1 MB: each new name is compared with everybody's, and an archive may hold thousands."""


def refuse_alike(person: str, shown: str, people: Mapping[str, str]) -> None:
    """Refuse a new name that looks like another's; people are the names to show of everybody, by id, and who is among them keeps theirs.

    Raises:
        NameLooksAlike: names the other.
    """
    own = {skeleton(shown)} if person in people else {skeleton(person), skeleton(shown)}
    for other, displayed in people.items():
        if other != person and (skeleton(other) in own or skeleton(displayed) in own) and not is_same_name(shown, displayed):
            raise NameLooksAlike(shown, displayed, other, foreign(shown) or foreign(displayed))


def odd_name(shown: str) -> Note | None:
    """Note a name that another could look like: it mixes scripts within a word, or has letters of another width or form."""
    letters = foreign(shown)
    if not letters:
        return None
    return Note(
        "odd_letters", f"The name {shown!r} has letters that only look like others ({letters}); see that this is how it is written."
    )


@lru_cache(MOST_KEPT)
def skeleton(name: str) -> str:
    """What is left of a name for whoever sees it: two with the same skeleton look alike. See UTS 39, section 4."""
    visible = unicodedata.normalize("NFKC", name).translate(dict.fromkeys(map(ord, ZERO_WIDTH_JOINERS)))
    folded = unicodedata.normalize("NFD", visible.translate(SHAPES).casefold())
    return " ".join(folded.translate(LETTERS).replace("_", " ").split())


def foreign(name: str) -> str:
    """The letters of a name that are of an unusual form, or of a script that its word is not written in, by code; none: empty."""
    unusual = [letter for letter in name if letter.isalnum() and unicodedata.normalize("NFKC", letter) != letter]
    mixed = [letter for word in name.split() for letter in _mixed(word)]
    return ", ".join(f"{letter} U+{ord(letter):04X}" for letter in dict.fromkeys(unusual + mixed))


def _mixed(word: str) -> list[str]:
    """The letters of the script that has fewest in this word; none where there is only one script."""
    by_script: dict[str, list[str]] = {}
    for letter in word:
        if letter.isalpha() and (script := unicodedata.name(letter, "").partition(" ")[0]) in SCRIPTS:
            by_script.setdefault(script, []).append(letter)
    return min(by_script.values(), key=len) if len(by_script) > 1 else []
