"""What lies at a path, and an OSError where that cannot be told, as in a folder that may not be entered.

Path.exists(), is_file() and is_dir() raise such errors as they come up to Python 3.13, and say no since: neither is an answer.
What is in a file is not known here. A name that no file can have, by a zero byte, is one of nothing.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def mode(path: Path) -> int:
    """Give kind and rights of what lies there (st_mode), and 0 where nothing does, also where what should be its folder is a file.

    Raises:
        OSError: it cannot be looked at.
    """
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return 0


def is_file(path: Path) -> bool:
    """Whether it is an ordinary file; raises as mode()."""
    return stat.S_ISREG(mode(path))


def is_folder(path: Path) -> bool:
    """Whether it is a folder; raises as mode()."""
    return stat.S_ISDIR(mode(path))


def is_there(path: Path) -> bool:
    """Whether anything lies there, or could be made there where nothing does.

    Raises:
        OSError: nothing can be, as below a file, or it cannot be looked at.
    """
    try:
        path.stat()
    except (FileNotFoundError, ValueError):
        return False
    return True
