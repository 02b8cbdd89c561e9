"""Folders, patterns and videos in the shell: the real program on real faces."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from door_acts import comes_closer, nobody

from edged.vision.pictures import read_picture
from tests.development import development_data
from tests.door import film_to

if TYPE_CHECKING:
    from pathlib import Path

    from tests.program import Daemon


@pytest.fixture
def album(tmp_path: Path, portraits: dict[str, Path]) -> Path:
    """A folder for each of four people: two with good pictures and others, one with bad ones, one with none."""
    album = tmp_path / "album"
    for name in (
        "Barack/a.jpg",
        "Barack/b.jpg",
        "Barack/old/other.jpg",
        "Zoë M./a.png",
        "Zoë M./notes.txt",
        "Bad/a.jpg",
        "Nobody/notes.txt",
    ):
        (album / name).parent.mkdir(parents=True, exist_ok=True)
        (album / name).write_bytes(b"no picture")
    for name, portrait in (("Barack/a", "obama"), ("Barack/b", "obama_again"), ("Barack/old/other", "biden")):
        shutil.copy(portraits[portrait], album / f"{name}.jpg")
    shutil.copy(portraits["astronaut"], album / "Zoë M." / "a.png")
    shutil.copy(portraits["astronaut"], album / "stray.jpg")
    return album


def test_everybody_is_enrolled_from_folders_and_what_is_bad_is_listed(daemon: Daemon, album: Path) -> None:
    done = daemon.run("enroll", "--folder", album)
    assert done.stdout.splitlines() == [
        "Barack (barack) is enrolled with 2 templates, 2 were made.",
        "Zoë M. (zoë_m) is enrolled with 1 template, 1 was made.",
    ]
    assert [line.split(": ")[1] for line in done.stderr.splitlines()] == [
        f"Left out {album}/stray.jpg",
        f"Left out {album}/Bad/a.jpg",
        "Bad",
        f"Left out {album}/Barack/old/other.jpg",
        "Nobody",
        "2 people are not enrolled",
    ]
    assert "It shows somebody else than most of the pictures." in done.stderr
    assert f"Left out {album}/stray.jpg: it lies beside the folders, one of which would say whose it is." in done.stderr
    assert done.returncode == 1
    for name in ("Bad", "Nobody"):
        shutil.rmtree(album / name)
    again = daemon.run("enroll", "--folder", album, "--quiet")
    assert (again.returncode, again.stdout) == (0, ""), "nothing is new, and everybody is enrolled"


def test_two_folders_of_one_face_are_not_enrolled_as_two_people(tmp_path: Path, daemon: Daemon, portraits: dict[str, Path]) -> None:
    for name, source in (("Barack", "obama"), ("Stranger", "obama_again")):
        folder = tmp_path / "album" / name
        folder.mkdir(parents=True)
        shutil.copy(portraits[source], folder)
    done = daemon.run("enroll", "--folder", tmp_path / "album")
    assert done.returncode == 1
    assert "looks like 'barack'" in done.stderr
    assert "stranger" not in daemon.run("people").stdout


def test_a_folder_of_one_person_and_a_pattern_are_taken_in_every_command(tmp_path: Path, daemon: Daemon, album: Path) -> None:
    done = daemon.run("enroll", "Barack", album / "Barack", "--allow-alike")
    assert (done.returncode, "with 2 templates" in done.stdout) == (0, True), done.stderr
    named = daemon.run("recognise", album / "Barack", album / "Z*" / "*.png")
    assert named.returncode == 0, named.stderr
    who = [line.split(": ")[1].split(" (")[0] for line in named.stdout.splitlines()]
    assert who == [
        "Barack",
        "Barack",
        "nobody who is known",
        "nobody who is known",
    ]
    assert daemon.run("analyse", album / "Barack" / "**" / "a*.jpg").stdout.startswith(f"{album}/Barack/a.jpg: ")
    done = daemon.run("represent", album / "Barack", "--output", tmp_path / "out.npz")
    assert done.stdout == f"{tmp_path}/out.npz: 3 embeddings of 3 pictures.\n"
    assert daemon.run("represent", album / "Bad", "--output", tmp_path / "none.npz").returncode == 1
    refused = daemon.run("enroll", "Ann", album / "Bad")
    assert (refused.returncode, refused.stderr.splitlines()[-1]) == (1, "edged: Ann: no picture can be a template. Nothing was enrolled.")


def test_all_faces_of_a_picture_are_represented(tmp_path: Path, daemon: Daemon, portraits: dict[str, Path]) -> None:
    one, other = (cv2.resize(read_picture(portraits[name]), (400, 500)) for name in ("obama", "biden"))
    cv2.imwrite(str(tmp_path / "both.png"), np.hstack([one, other]))
    cv2.imwrite(str(tmp_path / "empty.png"), np.zeros((200, 200, 3), np.uint8))
    done = daemon.run("represent", "--all-faces", tmp_path / "both.png", tmp_path / "empty.png", "--output", tmp_path / "out.npz")
    assert (done.returncode, f"In {tmp_path}/empty.png no face was found." in done.stderr) == (1, True)
    with np.load(tmp_path / "out.npz") as arrays:
        assert arrays["names"].tolist() == [str(tmp_path / "both.png")] * 2
        assert arrays["embeddings"].shape == (2, 128)
        assert float(arrays["embeddings"][0] @ arrays["embeddings"][1]) < 0.4


def test_somebody_is_enrolled_from_a_video_without_broker_and_daemon(tmp_path: Path, daemon: Daemon, portraits: dict[str, Path]) -> None:
    film_to(tmp_path / "one.mp4", nobody(1), comes_closer("obama", 4))
    done = daemon.run("enroll", "Barack", tmp_path / "one.mp4")
    assert done.returncode == 0, done.stderr
    assert "with 2 templates" in done.stdout
    assert "Barack (similarity" in daemon.run("recognise", portraits["obama_again"]).stdout


def test_of_several_people_in_a_video_a_time_says_which(tmp_path: Path, daemon: Daemon, portraits: dict[str, Path]) -> None:
    film_to(tmp_path / "two.mp4", nobody(1), comes_closer("obama", 4), nobody(1), comes_closer("biden", 4))
    refused = daemon.run("enroll", "Joe", tmp_path / "two.mp4")
    assert (refused.returncode, "2 people are seen, from" in refused.stderr) == (1, True)
    assert "--at SECONDS" in refused.stderr
    assert "Nobody is enrolled" in daemon.run("people").stdout
    assert "nobody is seen well enough at 1 s" in daemon.run("enroll", "Joe", tmp_path / "two.mp4", "--at", "1").stderr
    assert daemon.run("enroll", "Joe", tmp_path / "two.mp4", "--at", "8").returncode == 0
    said = daemon.run("recognise", portraits["biden"], portraits["obama"]).stdout.splitlines()
    assert ["Joe (" in line for line in said] == [True, False]


def test_real_people_who_turn_their_heads_give_five_looks_and_a_crowd_none(daemon: Daemon) -> None:
    turning = development_data("video", "turning")
    assert "with 5 templates, 5 were made." in daemon.run("enroll", "Ann", turning / "live_1.mov").stdout
    crowd = daemon.run("enroll", "Bob", development_data("video", "people_walking_to_camera_1080p.mp4"))
    assert (crowd.returncode, "people are seen" in crowd.stderr) == (1, True)


@pytest.mark.parametrize(
    "command",
    [
        ("--folder", "album", "--stranger", "stranger-1"),
        ("Ann", "--folder", "album"),
        (),
        ("Ann",),
        ("Ann", "a.jpg", "--at", "3"),
        ("Ann", "clip.mp4", "--at", "x"),
    ],
)
def test_what_does_not_go_together_is_wrong_usage(daemon: Daemon, command: tuple[str, ...]) -> None:
    assert daemon.run("enroll", *command).returncode == 2


def test_what_is_not_there_is_told_before_the_networks_are_loaded(tmp_path: Path, daemon: Daemon) -> None:
    with daemon.config.open("a") as file:
        file.write(f'[models]\ndirectory = "{tmp_path}/no-models"\n')
    (tmp_path / "empty").mkdir()
    for command, sentence in (
        (("enroll", "Ann", "gone.jpg"), "gone.jpg cannot be read"),
        (("enroll", "Ann", "gone.mp4"), "gone.mp4 cannot be read"),
        (("enroll", "--folder", "gone"), "The folder gone cannot be read"),
        (("enroll", "--folder", tmp_path / "empty"), "holds no folder"),
        (("enroll", "Ann", tmp_path / "empty"), "holds no picture"),
        (("recognise", "gone.jpg"), "gone.jpg cannot be read"),
        (("analyse", "*.gone"), "The pattern *.gone holds no picture"),
        (("represent", "gone.jpg", "--output", tmp_path / "out.npz"), "gone.jpg cannot be read"),
    ):
        done = daemon.run(*command)
        assert (done.returncode, sentence in done.stderr) == (1, True), done.stderr
