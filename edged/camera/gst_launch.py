"""A program in place of gst-launch-1.0: it takes the words of the pipeline from an open file, so that no list of processes shows them.

It is run by the path of this file, imports nothing of edged, and knows nothing of what the pipeline does.
"""

from __future__ import annotations

import os
import sys
from ctypes import CDLL, POINTER, Structure, byref, c_char_p, c_int, c_size_t, c_uint, c_uint64, c_void_p, cast
from itertools import dropwhile

LIBRARY = "libgstreamer-1.0.so.0"
"""The library of gst-launch-1.0, which is there wherever that program is."""
STATE_NULL, STATE_PLAYING = 1, 4
EOS, ERROR = 1, 2
FOREVER = 2**64 - 1


class GError(Structure):
    """An error of GLib."""

    _fields_ = (("domain", c_uint), ("code", c_int), ("message", c_char_p))


class GstMessage(Structure):
    """The beginning of a message: GstMiniObject, and the type."""

    _fields_ = (
        ("gtype", c_size_t),
        ("refcount", c_int),
        ("lockstate", c_int),
        ("flags", c_uint),
        ("copy", c_void_p),
        ("dispose", c_void_p),
        ("free", c_void_p),
        ("priv_uint", c_uint),
        ("priv_pointer", c_void_p),
        ("type", c_uint),
    )


def is_there() -> bool:
    """Whether the library is."""
    try:
        CDLL(LIBRARY)
    except OSError:
        return False
    return True


def run(words: list[bytes]) -> str | None:
    """Play a pipeline until its end; what went wrong, None where nothing has."""
    library, error = _library(), POINTER(GError)()
    library.gst_init(None, None)
    described = list(dropwhile(lambda word: word.startswith(b"-"), words))  # the program's own options, as -q and -e
    pipeline = library.gst_parse_launchv((c_char_p * (len(described) + 1))(*described), byref(error))
    if error or not pipeline:
        return _text(error)
    library.gst_element_set_state(pipeline, STATE_PLAYING)
    message = library.gst_bus_timed_pop_filtered(library.gst_element_get_bus(pipeline), FOREVER, EOS | ERROR)
    if cast(message, POINTER(GstMessage)).contents.type == ERROR:
        library.gst_message_parse_error(message, byref(error), None)
    library.gst_element_set_state(pipeline, STATE_NULL)
    return _text(error) if error else None


def _library() -> CDLL:
    library = CDLL(LIBRARY)
    for name in ("gst_parse_launchv", "gst_element_get_bus", "gst_bus_timed_pop_filtered"):
        getattr(library, name).restype = c_void_p
    library.gst_element_set_state.argtypes = (c_void_p, c_int)
    library.gst_element_get_bus.argtypes = (c_void_p,)
    library.gst_bus_timed_pop_filtered.argtypes = (c_void_p, c_uint64, c_uint)
    library.gst_message_parse_error.argtypes = (c_void_p, c_void_p, c_void_p)
    return library


def _text(error: object) -> str:
    message: bytes = error.contents.message if error else b"no pipeline"  # type: ignore[attr-defined] # a pointer of ctypes
    return f"ERROR: {message.decode(errors='replace')}"


if __name__ == "__main__":
    with os.fdopen(int(sys.argv[1]), "rb") as file:
        file.seek(0)
        said = file.read().split(b"\0")
    sys.exit(run(said))
