"""sqlite-utils as a library: what only its command line needs is not loaded until it is used, and edged never uses it.

It does not know what the library is used for. The package itself imports click, for progress bars and an annotation, and dateutil, for
converters of dates: 25 modules and 1 MB of a process that needs neither. LazyLoader is Python's own way to put off an import; should a
release of the library be built otherwise, everything works as before and only the saving is gone, which a test notices.
"""

from __future__ import annotations
import __future__

import ast
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import LazyLoader
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType, ModuleType

DEFERRED = frozenset({"click", "sqlite_utils.recipes"})
"""Modules that are loaded when something in them is first asked for."""
ONLY_ANNOTATED = frozenset({"sqlite_utils.hookspecs"})
"""Modules that use a deferred one in annotations only."""


class _WithoutAnnotations(SourceFileLoader):
    """Loads a module as if its annotations, and the imports that only they need, were for type checkers."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        tree = ast.parse(self.get_data(path))
        tree.body = [node for node in tree.body if not isinstance(node, ast.Import) or node.names[0].name not in DEFERRED]
        flags = __future__.annotations.compiler_flag
        return compile(tree, path, "exec", flags=flags, dont_inherit=True)  # type: ignore[no-any-return]


class _Deferring(MetaPathFinder):
    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname not in DEFERRED | ONLY_ANNOTATED:
            return None
        found = PathFinder.find_spec(fullname, path, target)
        if found and isinstance(found.loader, SourceFileLoader):
            name, file = found.loader.name, found.loader.path
            found.loader = LazyLoader(found.loader) if fullname in DEFERRED else _WithoutAnnotations(name, file)
        return found


_finder = _Deferring()
sys.meta_path.insert(0, _finder)
try:
    from sqlite_utils import db
finally:
    sys.meta_path.remove(_finder)

__all__ = ["db"]
