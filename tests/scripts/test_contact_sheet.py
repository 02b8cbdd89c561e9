"""The contact sheet of a composed clip: everybody in it has one row, and a file that is no clip is refused in one sentence.

Knows the clip's truth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import pytest
from contact_sheet import CELL_HEIGHT, CELL_WIDTH, main
from door_acts import at_an_angle, two_at_once
from door_clip import compose_scenes

if TYPE_CHECKING:
    from pathlib import Path

    from portraits import Portraits


@pytest.fixture(scope="module")
def clip(portraits: Portraits, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody who passes at an angle, then two people at once, 960×540 at 10 frames a second."""
    path = tmp_path_factory.mktemp("clip") / "clip.avi"
    compose_scenes([at_an_angle("biden", 4.0), two_at_once("obama", "astronaut", 4.0)], portraits, path, (960, 540), 10.0)
    return path


@pytest.mark.parametrize("every", [1, 3])
def test_everybody_has_one_row(clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], every: int) -> None:
    sheet = tmp_path / "sheet.png"
    main([str(clip), "--output", str(sheet), "--every", str(every), "--columns", "4", "--min-face-px", "60"])
    *rows, total = capsys.readouterr().out.splitlines()
    assert [row.split("  ")[0] for row in rows] == ["track 1", "track 2", "track 3"]
    assert total.startswith("3 tracks of ")
    picture = cv2.imread(str(sheet))
    assert picture is not None
    assert picture.shape == (3 * CELL_HEIGHT, 5 * CELL_WIDTH, 3)
    assert all(picture[row * CELL_HEIGHT : (row + 1) * CELL_HEIGHT, CELL_WIDTH:].mean() > 20 for row in range(3))


def test_a_file_that_is_no_clip_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"not a video")
    with pytest.raises(SystemExit, match=r"contact_sheet: .*broken\.mp4 is not a video"):
        main([str(broken), "--output", str(tmp_path / "sheet.png")])
