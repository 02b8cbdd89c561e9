"""edged: face recognition at the door, published over MQTT.

`types.py` is read first: every part takes one of its values and gives another. `edged.Recogniser` is for scripts; it is imported when it is
first asked for, so that `import edged` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edged.scripting.recogniser import Recogniser

__all__ = ["Recogniser"]


def __getattr__(name: str) -> type[Recogniser]:
    """Import what scripts ask for, at the first time."""
    if name not in __all__:
        raise AttributeError(f"module 'edged' has no attribute {name!r}")
    from edged.scripting.recogniser import Recogniser  # noqa: PLC0415 - it takes half a second that `import edged` shall not

    return Recogniser
