"""What of a camera's address may be said aloud: reasons are published and logged, and addresses hold passwords.

It does not know which messages are made of it.
"""

from __future__ import annotations

import re

# Greedy up to the last @: a password may hold / ? # or @ itself. Path and query go too, some cameras want the password there.
_URL = re.compile(r"([a-zA-Z][\w+.-]*://)(?:\S*@)?([^\s/?#'\"]*)[^\s'\"]*?(?=[:;,.)]*(?:[\s'\"]|$))")


def redacted(text: str) -> str:
    """Shorten every URL in the text to scheme, host and port."""
    return _URL.sub(r"\1\2", text)
