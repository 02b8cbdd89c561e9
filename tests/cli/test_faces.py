"""`edged find`, `edged verify` and `edged extract`: the real program on real faces."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from edged.vision.pictures import read_picture

if TYPE_CHECKING:
    from pathlib import Path

    from tests.program import Daemon


@pytest.fixture
def known(daemon: Daemon, portraits: dict[str, Path]) -> Daemon:
    """Two people are enrolled."""
    for name, portrait in (("Barack", "obama"), ("Eileen", "astronaut")):
        assert daemon.run("enroll", name, portraits[portrait]).returncode == 0
    return daemon


def test_everybody_is_ranked_for_each_face(known: Daemon, portraits: dict[str, Path]) -> None:
    done = known.run("find", portraits["obama_again"], portraits["biden"])
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"{portraits['obama_again']}: Barack (similarity 0.")
    assert [line.split()[2] for line in lines if line.startswith(" ")][:2] == ["Barack", "Eileen"]
    assert len(lines) == 6
    answer = json.loads(known.run("find", portraits["obama_again"], "--top", "1", "--json").stdout)
    face = answer[0]["faces"][0]
    assert [one["person"] for one in face["ranking"]] == ["barack"]
    assert face["ranking"][0]["similarity"] == face["similarity"]
    assert known.run("find", portraits["biden"], "--top", "0").returncode == 2


def test_two_pictures_are_compared_and_the_exit_code_says_how(known: Daemon, portraits: dict[str, Path]) -> None:
    same = known.run("verify", portraits["obama"], portraits["obama_again"])
    assert (same.returncode, same.stdout.startswith("the same person (similarity 0.")) == (0, True), same.stderr
    other = known.run("verify", portraits["obama"], portraits["biden"])
    assert (other.returncode, other.stdout.startswith("not the same person (below_threshold, similarity 0.")) == (1, True)
    assert known.run("verify", portraits["obama_again"], "--person", "Barack").returncode == 0
    assert json.loads(known.run("verify", portraits["biden"], "--person", "Barack", "--json").stdout)["same"] is False
    assert known.run("verify", portraits["obama"]).returncode == 2
    assert "Nobody called 'zoë' is enrolled" in known.run("verify", portraits["obama"], "--person", "zoë").stderr


def test_68_points_of_each_face_are_told_with_its_pictures(tmp_path: Path, daemon: Daemon, portraits: dict[str, Path]) -> None:
    command = ("extract", portraits["astronaut"], portraits["obama"], "--output", tmp_path / "faces", "--landmarks")
    rows = json.loads(daemon.run(*command, "--json").stdout)
    assert [len(row["dense_landmarks"]["points"]) for row in rows] == [68, 68]
    points, (x1, _, x2, _) = rows[0]["dense_landmarks"]["points"], rows[0]["box"]
    assert x1 < points[30][0] < x2, "the nose is in the face"
    lines = daemon.run(*command).stdout.splitlines()
    assert [line.count("yaw") for line in lines] == [1, 1]
    assert all("eyes open 0." in line for line in lines)


def test_faces_are_written_aligned_and_cropped_with_their_landmarks(tmp_path: Path, daemon: Daemon, portraits: dict[str, Path]) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "face.png").write_bytes(portraits["astronaut"].read_bytes())
    done = daemon.run("extract", tmp_path / "one", tmp_path / "two", "--output", tmp_path / "faces", "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert [row["aligned"] for row in rows] == [f"{tmp_path}/faces/face{place}-face-1-aligned.png" for place in ("", "-2")]
    for row in rows:
        assert read_picture(tmp_path / row["aligned"]).shape == (112, 112, 3)
        assert read_picture(tmp_path / row["head"]).shape[0] > 150
        left, right = row["landmarks"]["left_eye"], row["landmarks"]["right_eye"]
        assert row["box"][0] < right[0] < left[0] < row["box"][2]
        assert "dense_landmarks" not in row
    assert daemon.run("extract", portraits["astronaut"], "--output", tmp_path / "one" / "face.png").returncode == 1
    assert daemon.run("extract", portraits["astronaut"]).returncode == 2
