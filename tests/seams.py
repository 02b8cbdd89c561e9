"""What a foreign library may raise, by its own source, for the tests that show that none of it gets through a seam."""

from __future__ import annotations

import ast
import builtins
import inspect
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType


def raised_by(*modules: ModuleType) -> list[type[Exception]]:
    """Every class of exception that these modules raise by its name; what they pass on from others is not among them."""
    found = set[type[Exception]]()
    for module in modules:
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Raise) and node.exc:
                name = ast.unparse(node.exc.func if isinstance(node.exc, ast.Call) else node.exc)
                kind = getattr(module, name, getattr(builtins, name, None))
                found |= {kind} if isinstance(kind, type) and issubclass(kind, Exception) else set()
    return sorted(found, key=lambda kind: kind.__name__)
