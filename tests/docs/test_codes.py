"""The topic reference explains every code with which the package refuses something, and no other."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from edged import errors
from edged.errors import EdgedError
from edged.types import Reason
from tests.docs.markdown import SPAN, text
from tests.docs.topic_reference import PACKAGE, sections
from tests.forms import REQUESTS

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_REPLY = {
    "failed": "the base class's; it is never raised itself",
    "bad_config": "the configuration is read before there are requests",
    "camera": "a request hears of a camera that is gone by camera_offline",
    "camera_ended": "the same",
    "broker": "then there is nobody to answer",
    "worker": "then edged ends, and systemd starts it anew",
    "check_failed": "the shell's",
    "bad_labels": "the shell's",
    "no_plot": "the shell's",
    "bad_folder": "the shell's",
}
"""Codes of errors that are no reply to a request, and why."""
OWN_CODES = {
    "PoorView": {"too_small", "blurred", "turned_away", "not_upright", "unusual_view", "cut_off", "too_dark", "too_bright"},
    "RequestRefused": set[str](),
}
"""Errors that get their code where they are raised, and what it may be beside what others gave them."""


def calls(name: str) -> Iterator[ast.expr]:
    """The first argument of every call of a name in the package."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(text(path))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield node.args[0]


def kinds() -> dict[str, type[EdgedError]]:
    """Every class of error by its name."""
    return {name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, EdgedError)}


def used() -> set[str]:
    """Every name that is called or raised in the package."""
    nodes = (node for path in PACKAGE.rglob("*.py") for node in ast.walk(ast.parse(text(path))))
    names = (node.func if isinstance(node, ast.Call) else node.exc for node in nodes if isinstance(node, ast.Call | ast.Raise))
    return {name.id for name in names if isinstance(name, ast.Name)}


def reply_codes() -> set[str]:
    """The codes of all errors that are raised and may be a reply."""
    raised = kinds().keys() & used()
    return set().union(*(OWN_CODES.get(name, {kinds()[name].code}) for name in raised)) - set(NO_REPLY)


def test_every_code_of_an_error_is_explained_and_no_other() -> None:
    rows = sections()["Error codes"].spans()
    assert set(rows) == reply_codes()
    assert len(rows) == len(set(rows))


def test_what_is_said_to_be_no_code_of_a_reply_is_a_code() -> None:
    assert set(NO_REPLY) <= {kind.code for kind in kinds().values()}


def test_an_error_without_a_code_of_its_class_is_known() -> None:
    classes = [node for node in ast.walk(ast.parse(text(PACKAGE / "errors.py"))) if isinstance(node, ast.ClassDef)]
    assert {node.name for node in classes if "self.code" in ast.unparse(node)} == OWN_CODES.keys()


def test_the_reasons_of_poor_views_are_the_codes_of_refused_pictures() -> None:
    files = [PACKAGE / "vision" / name for name in ("quality.py", "typical_view.py")]
    used = {name for file in files for name in re.findall(r"Reason\.([A-Z_]+)", text(file))}
    assert {Reason[name].value for name in used} == OWN_CODES["PoorView"]


def test_codes_stand_beside_verbs_that_there_are() -> None:
    verbs = {verb for row in sections()["Error codes"].rows for verb in SPAN.findall(row[2])}
    assert verbs <= set(REQUESTS)


def test_every_code_of_a_note_is_explained() -> None:
    [row] = [row for row in sections()["edged/door/response/enroll"].rows if row[0] == "`data.notes[].code`"]
    assert set(SPAN.findall(row[1])) == {ast.literal_eval(code) for code in calls("Note")}
