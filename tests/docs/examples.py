"""Examples of messages: what is in one, whether a real message is like it, and how a shortened request becomes a real one.

Knows nothing of topics.
"""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from edged.gallery.archive import SENT, ArchivedPerson, pack
from edged.gallery.templates import NewTemplate
from edged.types import Embedding, Reason
from edged.vision.model_card import EmbeddingCard
from tests.conftest import MODELS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def places(value: object, prefix: str = "") -> Iterator[str]:
    """Every key in an example as a path: a dot leads into an object, `[]` into each entry of a list."""
    match value:
        case dict():
            for key, inner in value.items():
                path = prefix + key.replace(".", "_")  # names of files have dots
                yield path
                yield from places(inner, f"{path}.")
        case [dict(), *_]:
            for inner in value:
                yield from places(inner, f"{prefix[:-1]}[].")


def leaves(places: set[str]) -> set[str]:
    """The places that nothing else is in."""
    return {place for place in places if not any(other.startswith((f"{place}.", f"{place}[")) for other in places)}


def explains(row: str, place: str) -> bool:
    """Whether the name in a table's row is that of a place; `*` stands for any key."""
    return bool(re.fullmatch(re.escape(row).replace(r"\*", r"[^.]+"), place))


def fits(real: object, example: object) -> bool:
    """Whether a payload has its example's keys, all the way down; what is empty now may hold more in the example.

    What is counted by reasons may have others than the example: who passes a busy machine's camera decides which.
    """
    match real, example:
        case dict(), dict() if real.keys() | example.keys() <= set(Reason):
            return True
        case dict(), dict():
            return not real or (real.keys() == example.keys() and all(fits(real[key], example[key]) for key in real))
        case list(), list():
            alike = example if len(example) == len(real) else example[:1] * len(real)
            return len(alike) == len(real) and all(map(fits, real, alike))
        case (dict() | list(), _) | (_, dict() | list()):
            return False
    return True


def archive_of_bob() -> bytes:
    """An archive of somebody who is like nobody: two templates of one view, and one that is of no use here."""
    card = EmbeddingCard.read(MODELS / "embedding_sface")
    view, again = np.eye(2, card.embedding.dimensions, 64, dtype=np.float32)
    again = (view + again * np.float32(0.05)) / np.linalg.norm(view + again * np.float32(0.05))
    faces = [(Embedding(view, card.id), 0.9), (Embedding(np.asarray(again, np.float32), card.id), 0.7), (Embedding(view, "another"), 0.9)]
    templates = tuple(NewTemplate(face, quality, "shell", datetime(2026, 1, 2, 3, tzinfo=UTC), None) for face, quality in faces)
    return pack([ArchivedPerson("bob", "Bob", templates)], datetime(2026, 1, 2, 3, tzinfo=UTC), SENT)


def with_pictures(request: Any, pictures: Iterator[Path]) -> Any:  # noqa: ANN401 - JSON
    """A request with a real picture, or archive, wherever its example is shortened."""
    match request:
        case {"archive": "…"}:
            return {**request, "archive": base64.b64encode(archive_of_bob()).decode()}
        case "…":
            return base64.b64encode(next(pictures).read_bytes()).decode()
        case dict():
            return {key: with_pictures(value, pictures) for key, value in request.items()}
        case list():
            return [with_pictures(value, pictures) for value in request]
    return request
