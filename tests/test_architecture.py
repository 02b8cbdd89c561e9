"""The architecture: who may know whom, held by walking every import, lazy ones too."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import edged

PACKAGE = Path(edged.__file__).parent

LAYERS: tuple[frozenset[str], ...] = tuple(
    frozenset(layer.split())
    for layer in (
        "__main__",
        "cli",
        "checks cli_people cli_strangers cli_faces cli_measure",
        "app measure measure_attributes measure_identification cli_options",
        "worker",
        "home_assistant",
        "health",
        "live_enrollment posting watched",
        "control",
        "enrolling transfer",
        "people figures examine",
        "pipeline mqtt",
        "identify capture rule_book",
        "self_test safety",
        "attributes knowledge views wishes snapshot renewal",
        "scene camera vision gallery tracking pace budget zone stage_times commands config",
        "types errors notify log device evaluation impostor_tail",
    )
)
"""From those that know to those that are known: a part may import parts of lower layers only, and none of its own."""

NEIGHBOURS = {("evaluation", "errors"), ("evaluation", "types"), ("types", "errors"), ("config", "errors")}
"""What may be imported within a layer: values and errors are known to all."""

SEAMS = {
    "picamera2": "camera/picamera.py",
    "ai_edge_litert": "vision/tflite.py",
    "tflite_runtime": "vision/tflite.py",
    "paho": "mqtt/client.py",
    "systemd": "notify.py",
}
SEAM_FOLDERS = {"sqlite_utils": "gallery", "sqlite3": "gallery"}
VALUES_ONLY = {"types", "errors"}

MODULES = sorted(PACKAGE.rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0 or path.parent != PACKAGE, f"{path}: imports are absolute"
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names if node.module == "edged"}
    return found


def part(path: Path) -> str:
    """The part that a file belongs to: its folder, or itself."""
    relative = path.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py")


def layer(name: str) -> int:
    """How far down a part stands."""
    return next(number for number, names in enumerate(LAYERS) if name in names)


@pytest.mark.parametrize(
    "path", [module for module in MODULES if module.name != "__init__.py"], ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_a_part_knows_only_those_below_it(path: Path) -> None:
    mine = part(path)
    known = {name.split(".")[1] for name in imports(path) if name.startswith("edged.")}
    for other in known - {mine}:
        allowed = layer(other) > layer(mine) or (mine, other) in NEIGHBOURS or other in VALUES_ONLY
        assert allowed, f"{path.relative_to(PACKAGE)} must not know edged.{other}"


@pytest.mark.parametrize("library", sorted(SEAMS))
def test_a_foreign_library_has_one_door(library: str) -> None:
    users = {str(path.relative_to(PACKAGE)) for path in MODULES if any(name.split(".")[0] == library for name in imports(path))}
    assert users <= {SEAMS[library]}


@pytest.mark.parametrize("library", sorted(SEAM_FOLDERS))
def test_the_database_is_known_to_the_gallery_only(library: str) -> None:
    users = {part(path) for path in MODULES if any(name.split(".")[0] == library for name in imports(path))}
    assert users == {SEAM_FOLDERS[library]}


def test_every_part_has_its_layer() -> None:
    parts = {part(path) for path in MODULES} - {"__init__"}
    assert parts == set().union(*LAYERS)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_says_what_lives_in_it(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring
    assert path.name == "__init__.py" or len(docstring.split("\n\n")) > 1, "two sentences: what lives here, and what it does not know"


def test_no_module_has_a_name_without_meaning() -> None:
    nameless = {"utils", "helpers", "common", "manager", "core", "base"}
    assert not nameless & {path.stem for path in MODULES}


def test_time_is_data_below_the_pipeline() -> None:
    """Tracking, pace and evaluation see frame times only: no clock."""
    for path in MODULES:
        if part(path) in {"tracking", "pace", "budget", "capture", "evaluation", "types"}:
            assert not {"time", "datetime"} & {name.split(".")[0] for name in runtime_imports(path)}, path


def runtime_imports(path: Path) -> set[str]:
    """What a file imports when it runs, not what only its annotations need."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found
