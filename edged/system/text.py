"""Text as programs of any system write it: in UTF-8, or in what a mark at its beginning says, as Windows puts it there.

It does not know what is written in it.
"""

from __future__ import annotations

import codecs

MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
"""How text may begin, and what it is written in then (Unicode 16, section 23.8); the mark of UTF-16 also begins one of UTF-32, and comes
behind it."""


def decoded(content: bytes) -> str:
    """The text of these bytes, without a mark at its beginning.

    Raises:
        UnicodeDecodeError: they are neither UTF-8 nor what the mark says.
    """
    for mark, encoding in MARKS.items():
        if content.startswith(mark):
            return content.removeprefix(mark).decode(encoding)
    return content.decode()


def in_utf8(content: bytes) -> bytes:
    """The same bytes without a mark, and in UTF-8 where the mark says that they are not.

    They stay as they are where they are not what it says, or nothing stands behind it. What has no mark is not looked at: whoever reads it
    finds out by itself.
    """
    if not content.startswith(tuple(MARKS)):
        return content
    try:
        return content.removeprefix(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else decoded(content).encode() or content
    except UnicodeError:
        return content
