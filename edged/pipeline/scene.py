"""The scene before one camera as it is now: whether frames come, and the newest of them.

The worker writes it and requests read it; what is seen in it is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edged.types import Frame


@dataclass(slots=True)
class Scene:
    """What a camera shows: frame is None before the first, and while the owner wants no pictures."""

    frame: Frame | None = None
    is_online: bool = False
    reason: str | None = None
    """Why no frames come: a sentence; None where they do, and while the camera is being opened."""
