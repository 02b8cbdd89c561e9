"""The tree of errors: that it is whole, and that an error says what its raiser knows."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import edged
from edged import errors
from edged.errors import (
    EXIT_CONFIG,
    ConfigError,
    EdgedError,
    GalleryDamaged,
    GalleryUnusable,
    ModelError,
    NoFace,
    PictureError,
    RequestTooLarge,
    SeveralFaces,
    TooFewLooks,
    UnknownCamera,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(edged.__file__).parent
KINDS = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, EdgedError)}


def nodes_elsewhere() -> Iterator[ast.AST]:
    """All of the package's code but the errors themselves."""
    for path in PACKAGE.rglob("*.py"):
        if path != PACKAGE / "errors.py":
            yield from ast.walk(ast.parse(path.read_text("utf-8")))


def test_the_tree_shows_every_error() -> None:
    [_, tree] = (errors.__doc__ or "").split("\n\n", 1)
    assert set(re.findall(r"[A-Z]\w+", tree.split("\n\n", 1)[1])) == KINDS.keys()


def test_no_error_of_the_product_stands_elsewhere() -> None:
    bases = KINDS.keys() | {"Exception", "OSError", "RuntimeError", "ValueError"}
    classes = [node for node in nodes_elsewhere() if isinstance(node, ast.ClassDef)]
    assert [node.name for node in classes if {ast.unparse(base) for base in node.bases} & bases] == []


def test_every_error_is_raised_but_those_that_only_have_kinds() -> None:
    families = {base.__name__ for kind in KINDS.values() for base in kind.__mro__[1:]}
    made = {node.func if isinstance(node, ast.Call) else node.exc for node in nodes_elsewhere() if isinstance(node, ast.Call | ast.Raise)}
    made |= {value for node in nodes_elsewhere() if isinstance(node, ast.Dict) for value in node.values}  # tables of what is raised
    assert KINDS.keys() - families - {name.id for name in made if isinstance(name, ast.Name)} == set()


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (UnknownCamera("gate", ["front", "back"]), "There is no camera 'gate'; there are: front, back."),
        (SeveralFaces(["[1 2 3 4]", "[5 6 7 8]"]), "There are 2 faces in the picture, at [1 2 3 4], [5 6 7 8] (x1 y1 x2 y2)"),
        (RequestTooLarge("message", 9, 8), "The message has 9 bytes; at most 8 are read."),
        (RequestTooLarge("request", 9, 8, "Send less."), "The request has 9 bytes; at most 8 are read. Send less."),
        (TooFewLooks(1, 5, 3, 60.0, ["left", "up"], "Come closer."), "needed. Missing: left, up. Last: Come closer. Nothing"),
        (TooFewLooks(1, 5, 3, 60.0, [], "Come closer."), "in 60 s, and 3 are needed. Last: Come closer."),
    ],
)
def test_an_error_says_what_its_raiser_knows(error: EdgedError, sentence: str) -> None:
    assert sentence in str(error)


def test_an_error_that_is_extended_stays_what_it_is() -> None:
    error = NoFace()
    before = str(error)
    error.extend("Picture 2: ", " Nothing was enrolled.")
    assert str(error) == f"Picture 2: {before} Nothing was enrolled."
    assert (error.code, isinstance(error, PictureError)) == ("no_face", True)


def test_only_what_a_restart_cannot_mend_ends_with_a_code_of_its_own() -> None:
    assert {kind for kind in KINDS.values() if kind.exit_code == EXIT_CONFIG} == {ConfigError, ModelError, GalleryUnusable, GalleryDamaged}
