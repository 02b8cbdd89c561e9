"""The id of a request that is otherwise wrong, so that the asker can tell which one it was, without reading more of it than that takes.

What a request says beside its id is not known here.
"""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from edged.interface.fields import BOM, RequestId

WHOLE_BYTES = 1_400_000
"""Bytes of a request that is read as a whole for its id; of a larger one only the ends are."""
END_BYTES = 20_000
"""Bytes of either end of a request, where programs write the id: what lies between them is a picture or an archive."""
_ID: TypeAdapter[str | None] = TypeAdapter(RequestId | None)


def id_of(payload: bytes) -> str | None:
    """The id of a request; None where it has none, or none that can be told."""
    content = payload.removeprefix(BOM) if payload.startswith(BOM) else payload
    if len(content) <= WHOLE_BYTES:
        return _read(content)
    return _in_the_head(content[:END_BYTES]) or _in_the_tail(content[-END_BYTES:])


def _in_the_head(head: bytes) -> str | None:
    """The id among the fields that begin and end within the head; a field that is cut off is left out."""
    text = head.decode(errors="ignore").encode()  # a character may be cut in two
    return _read(text, is_cut=True)


def _in_the_tail(tail: bytes) -> str | None:
    """The id among the last fields, if no object stands among them."""
    start = tail.rfind(b'"id"')
    return None if start < 0 else _read(b"{" + tail[start:])


def _read(content: bytes, *, is_cut: bool = False) -> str | None:
    try:
        found = from_json(content, allow_partial=is_cut)
        return _ID.validate_python(found.get("id") if isinstance(found, dict) else None)
    except (ValueError, ValidationError):
        return None
