"""What is mapped of files is given back, but nothing that is in no file."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.system import device, mapped_files
from edged.system.mapped_files import release_pages

if TYPE_CHECKING:
    from pathlib import Path

linux = pytest.mark.skipif(not mapped_files.MAPPINGS.is_file(), reason="only Linux tells what a process has mapped")

GIVES_BACK = """
import cv2, ssl, pydantic, ai_edge_litert.interpreter
from edged.system import device
from edged.system.mapped_files import Libraries
libraries = Libraries()
before = device.rss_mb()
libraries.release()
after = device.rss_mb()
import numpy as np
picture = cv2.resize(np.full((8, 8, 3), 7, np.uint8), (4, 4))
import PIL.Image, lzma
again = device.rss_mb()
libraries.release()
print(before - after, again - device.rss_mb(), picture.sum())
print(pydantic.TypeAdapter(int).validate_python("5"), ssl.create_default_context().verify_mode.name)
"""


@linux
def test_libraries_that_were_given_back_still_work() -> None:
    done = subprocess.run([sys.executable, "-c", GIVES_BACK], capture_output=True, text=True, check=True)
    freed_mb, again_mb, *answers = done.stdout.split()
    assert float(freed_mb) > 10
    assert float(again_mb) > 1
    assert answers == [str(4 * 4 * 3 * 7), "5", "CERT_REQUIRED"]


@linux
def test_a_file_that_was_given_back_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(bytes(range(256)) * 4096 * 16)
    mapped = np.memmap(path, dtype=np.uint8, mode="r")
    known = int(mapped.sum())
    before = device.rss_mb()
    release_pages(path)
    assert before - device.rss_mb() > 12
    assert int(mapped.sum()) == known


@linux
@pytest.mark.parametrize(("kind", "is_kept"), [("Anonymous", True), ("Swap", True), ("Private_Clean", False)])
def test_what_is_in_swap_is_in_no_file_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, *, is_kept: bool) -> None:
    """The tables of a library that were written and then swapped out would come back as they are in the file, and crash it."""
    path = tmp_path / "library"
    path.write_bytes(bytes(16 << 20))
    mapped = np.memmap(path, dtype=np.uint8, mode="r")
    assert not mapped.any()
    low = mapped.ctypes.data
    first = f"{low:x}-{low + mapped.size:x} r--p 00000000 00:00 1    {path}"
    listed, told = tmp_path / "maps", tmp_path / "smaps"
    listed.write_text(first, encoding="utf-8")
    own = {"Private_Clean": 0, "Anonymous": 0, "Swap": 0} | {kind: 4}
    told.write_text("\n".join([first, *(f"{name}: {size} kB" for name, size in own.items()), "VmFlags: rd mr"]), encoding="utf-8")
    monkeypatch.setattr(mapped_files, "MAPPED", listed)
    monkeypatch.setattr(mapped_files, "MAPPINGS", told)
    before = device.rss_mb()
    mapped_files.Libraries().release()
    assert (before - device.rss_mb() < 8) is is_kept


@linux
def test_what_was_written_into_memory_alone_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "table"
    path.write_bytes(bytes(1 << 20))
    mapped = np.memmap(path, dtype=np.uint8, mode="c")  # its pages are the process's own once they are written
    mapped[5] = 1
    release_pages(path)
    assert mapped[5] == 1
    assert cv2.countNonZero(mapped.reshape(1024, 1024)) == 1
