"""The architecture: who may know whom, held by walking every import, lazy ones too; and how large a part may be."""

from __future__ import annotations

import ast
from itertools import chain
from pathlib import Path

import pytest

import edged
from edged.interface.verbs import VERBS

PACKAGE = Path(edged.__file__).parent

MAY_KNOW = {
    "errors": "",
    "types": "",
    "config": "system errors",
    "system": "",
    "tracking": "types",
    "evaluation": "system errors types",
    "camera": "system config errors types",
    "storage": "system errors",
    "interface": "system config errors types",
    "vision": "tracking evaluation system errors types",
    "mqtt": "interface system errors",
    "gallery": "evaluation storage system errors types",
    "measure": "vision gallery tracking evaluation errors types",
    "pipeline": "vision gallery tracking evaluation system config errors types",
    "homeassistant": "mqtt interface config",
    "enrollment": "pipeline vision gallery storage interface system errors types",
    "control": "enrollment pipeline vision gallery evaluation tracking storage interface system config errors types",
    "daemon": "control enrollment homeassistant pipeline vision gallery mqtt camera storage interface system config errors types",
    "scripting": "daemon vision interface system config errors types",
    "cli": "daemon control enrollment measure evaluation vision gallery camera interface system config errors types",
    "__main__": "cli",
}
"""What each room may import; from those that are known to those that know."""
MOST_LAYERS = 9
MOST_LINES, LEAST_LINES = 300, 40
DECLARATIONS = {"config.py", "types.py", "errors.py"}
"""Files that only declare, and may be longer."""
MOST_METHODS, MOST_PARAMETERS = 15, 8

SEAMS = {
    "picamera2": "camera/picamera.py",
    "libcamera": "camera/picamera.py",
    "ai_edge_litert": "vision/tflite.py",
    "tflite_runtime": "vision/tflite.py",
    "paho": "mqtt/client.py",
    "matplotlib": "cli/plotting.py",
    "PIL": "vision/headers.py",
    "systemd": "system/notify.py",
}
SEAM_FOLDERS = {"sqlite_utils": "storage", "sqlite3": "storage"}
WORDS_ON_THE_WIRE = {"mqtt", "interface", "homeassistant"}
"""The only rooms in which a value may be any JSON."""

OTHER_WORDS = {"people", "person", "strangers", "merge", "ignore", "settings", "pause", "enroll", "import", "picture", "visits"}
"""Verbs that are also the names of topics, tables, columns or Python's own words."""

MODULES = sorted(PACKAGE.rglob("*.py"))
FILES = [module for module in MODULES if module.name != "__init__.py"]


def name_of(path: Path) -> str:
    """The module of a file, as `edged.camera.source`."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path): path for path in MODULES}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it; those of edged by their whole name."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: imports are absolute"
            within = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= within & NAMES.keys() or {node.module}
    return found


def room(path: Path) -> str:
    """The room that a file belongs to: its folder, or itself."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def relative(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def depth(name: str) -> int:
    """How many layers stand at and below a room."""
    return 1 + max((depth(other) for other in MAY_KNOW[name].split()), default=0)


every_file = pytest.mark.parametrize("path", FILES, ids=relative)
every_module = pytest.mark.parametrize("path", MODULES, ids=relative)


@every_file
def test_a_room_knows_only_what_the_table_says(path: Path) -> None:
    known = {name.split(".")[1] for name in imports(path) if name.startswith("edged.")} - {room(path)}
    assert known <= set(MAY_KNOW[room(path)].split())


def test_the_table_says_no_more_than_is_so() -> None:
    for name, allowed in MAY_KNOW.items():
        used = {other.split(".")[1] for path in FILES if room(path) == name for other in imports(path) if other.startswith("edged.")}
        assert set(allowed.split()) <= used, name


def test_the_rooms_lie_in_few_layers_and_are_all_in_the_table() -> None:
    assert {room(path) for path in FILES} == MAY_KNOW.keys()
    assert max(depth(name) for name in MAY_KNOW) <= MOST_LAYERS
    top = {path.name for path in PACKAGE.iterdir() if path.suffix == ".py"}
    assert top == {"__init__.py", "__main__.py", "types.py", "errors.py", "config.py"}


def test_no_import_goes_in_a_circle() -> None:
    """Within a room neither; what only annotations need counts too."""
    left = {name: {other for other in imports(path) if other in NAMES} - {name} for name, path in NAMES.items()}
    while free := {name for name, known in left.items() if not known & left.keys()}:
        left = {name: known for name, known in left.items() if name not in free}
    assert not left


@pytest.mark.parametrize("library", sorted(SEAMS))
def test_a_foreign_library_has_one_door(library: str) -> None:
    users = {relative(path) for path in MODULES if any(name.split(".")[0] == library for name in imports(path))}
    assert users <= {SEAMS[library]}


@pytest.mark.parametrize("library", sorted(SEAM_FOLDERS))
def test_the_database_is_known_to_its_room_only(library: str) -> None:
    users = {room(path) for path in MODULES if any(name.split(".")[0] == library for name in imports(path))}
    assert users == {SEAM_FOLDERS[library]}


@every_module
def test_a_file_says_what_lives_in_it(path: Path) -> None:
    docstring = ast.get_docstring(tree(path))
    assert docstring
    assert len(docstring.split("\n\n")) > 1 or len(docstring.split(". ")) > 1, "two sentences: what lives here, and what it does not know"


@every_file
def test_a_file_is_about_one_thing(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MOST_LINES or relative(path) in DECLARATIONS
    assert lines >= LEAST_LINES or path.name == "__main__.py"


@every_file
def test_no_class_knows_everything(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ClassDef):
            methods = [member for member in node.body if isinstance(member, ast.FunctionDef)]
            assert len(methods) <= MOST_METHODS, node.name
            for method in methods:
                taken = len(method.args.args) + len(method.args.kwonlyargs) - 1
                assert method.name != "__init__" or taken <= MOST_PARAMETERS, node.name


def test_no_public_class_has_the_name_of_another() -> None:
    names = [node.name for path in MODULES for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef) and node.name[0] != "_"]
    assert sorted({name for name in names if names.count(name) > 1}) == []


@every_file
def test_values_have_types_where_no_json_is_spoken(path: Path) -> None:
    names = {node.id for node in ast.walk(tree(path)) if isinstance(node, ast.Name)}
    assert room(path) in WORDS_ON_THE_WIRE or not {"Json", "Any"} & names


@pytest.mark.parametrize("verb", sorted(VERBS.keys() - OTHER_WORDS))
def test_a_verb_is_named_in_its_interface_module_in_the_shell_and_where_it_is_allowed_only(verb: str) -> None:
    named = {
        path.relative_to(PACKAGE).parts[0]
        for path in FILES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and node.value == verb
    }
    assert named <= {"interface", "cli", "config.py"}


def test_no_module_has_a_name_without_meaning() -> None:
    nameless = {"utils", "helpers", "common", "manager", "core", "base"}
    assert not nameless & {path.stem for path in MODULES}


def test_time_is_data_below_the_pipeline() -> None:
    """Tracking, pace and evaluation see frame times only: no clock."""
    for path in MODULES:
        if room(path) in {"tracking", "evaluation", "types"} or relative(path) in {
            "pipeline/pace.py",
            "enrollment/capture.py",
            "daemon/budget.py",
        }:
            assert not {"time", "datetime"} & {name.split(".")[0] for name in runtime_imports(path)}, path


def runtime_imports(path: Path) -> set[str]:
    """What a file imports when it runs, not what only its annotations need."""
    names = (
        {alias.name for alias in node.names} if isinstance(node, ast.Import) else {node.module or ""}
        for node in tree(path).body
        if isinstance(node, ast.Import | ast.ImportFrom)
    )
    return set(chain.from_iterable(names))
