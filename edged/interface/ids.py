"""The id of a request that is otherwise wrong, so that the asker can tell which one it was, without reading more of it than that takes.

What a request says beside its id is not known here.
"""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from edged.interface.fields import RequestId
from edged.system.text import in_utf8

WHOLE_BYTES = 1_400_000
"""Bytes of a request that is read as a whole for its id; of a larger one the long strings are left out, and it is read so far."""
SHORT_BYTES = 1_000
"""Bytes of the longest string that is not left out: an id has fewer, and a picture more."""
MOST_QUOTES = 10_000
"""Quotation marks of a large request that are looked at: of twenty pictures with everything else that a request may hold, and of more."""
_ID: TypeAdapter[str | None] = TypeAdapter(RequestId | None)


def id_of(payload: bytes) -> str | None:
    """The id of a request; None where it has none, or none that can be told."""
    content = in_utf8(payload)
    if len(content) <= WHOLE_BYTES:
        return _read(content)
    text = _without_long_strings(content).decode(errors="ignore").encode()  # a character may be cut in two
    return _read(text, is_cut=True)


def _without_long_strings(content: bytes) -> bytes:
    """A request, which may be anything, with empty strings for the long ones; only as much of it as the constants above let through."""
    kept, at, quotes = bytearray(), 0, 0
    while len(kept) < WHOLE_BYTES and quotes < MOST_QUOTES:
        start = content.find(b'"', at, at + WHOLE_BYTES)
        if start < 0:
            break
        end, quotes = start + 1, quotes + 1
        while (end := content.find(b'"', end) + 1) and _is_escaped(content, end - 1) and quotes < MOST_QUOTES:
            quotes += 1
        if not end:
            break
        kept += content[at:start]
        kept += content[start:end] if end - start <= SHORT_BYTES else b'""'
        at = end
    return bytes(kept + content[at : at + WHOLE_BYTES])


def _is_escaped(content: bytes, quote: int) -> bool:
    """Whether the quotation mark at this place is a part of a string, not its end."""
    before = content[max(quote - SHORT_BYTES, 0) : quote]
    return (len(before) - len(before.rstrip(b"\\"))) % 2 == 1


def _read(content: bytes, *, is_cut: bool = False) -> str | None:
    try:
        found = from_json(content, allow_partial=is_cut)
        return _ID.validate_python(found.get("id") if isinstance(found, dict) else None)
    except (ValueError, ValidationError):
        return None
