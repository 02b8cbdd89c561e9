"""What is answered of a picture that was sent: real faces, and a gallery that is not touched."""

from __future__ import annotations

import base64
import gc
import weakref
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from edged.config import Config
from edged.control.dense_landmarks import DenseLandmarks
from edged.control.face_answers import MOST_FACES
from edged.control.pictures import CROP_BYTES
from edged.daemon.opening import open_mesh
from edged.interface.messages import ReplyAddress, Request
from edged.interface.verbs import MAX_REQUEST_BYTES
from edged.storage.database import Database, open_database
from edged.storage.kept_settings import KeptSettings as SettingsStore
from edged.system import device
from edged.vision.pictures import decode_sent, encode_png, open_picture, read_picture
from tests import forms
from tests.control.asking import jpeg, shown
from tests.household import Household, asked, household_of, refused, remembered

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edged.interface.form import Form
    from edged.types import Uint8Array
    from edged.vision.faces import FaceReader
    from edged.vision.mesh import MeshReader


@pytest.fixture
def control(reader: FaceReader, database: Database, portraits: dict[str, Path]) -> Household:
    """Obama is enrolled."""
    control = household_of(reader, database)
    asked(control, forms.enroll("Barack Obama", None, (portraits["obama"].read_bytes(),)))
    return control


@pytest.fixture
def pair(portraits: dict[str, Path], astronaut: Uint8Array) -> bytes:
    """Obama on another day, large, beside somebody who is not enrolled."""
    obama = read_picture(portraits["obama_again"])
    side = 500
    scale = side / obama.shape[0]
    left = cv2.resize(obama, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return jpeg(np.asarray(np.hstack([left, cv2.resize(astronaut, (side, side))]), np.uint8))


def crowd(astronaut: Uint8Array, columns: int, rows: int) -> bytes:
    """A picture full of faces."""
    face = cv2.resize(astronaut[:260, 120:380], (160, 160), interpolation=cv2.INTER_AREA)
    return jpeg(np.tile(np.asarray(face, np.uint8), (rows, columns, 1)))


def by_person(answer: dict[str, Any]) -> dict[Any, dict[str, Any]]:
    return {face["person"]: face for face in answer["faces"]}


def test_each_face_is_recognised_or_not_with_the_figures(control: Household, pair: bytes) -> None:
    answer = asked(control, forms.recognise(pair))
    found = by_person(answer)
    assert set(found) == {"barack_obama", None}
    obama, stranger = found["barack_obama"], found[None]
    assert obama["similarity"] >= obama["threshold"] > stranger["similarity"]
    assert (obama["display_name"], obama["reason"], obama["stranger"]) == ("Barack Obama", None, None)
    assert (stranger["reason"], stranger["display_name"]) == ("below_threshold", None)
    x1, y1, x2, y2 = obama["box"]
    assert 0 <= x1 < x2 <= answer["size"][0]
    assert 0 <= y1 < y2 <= answer["size"][1]
    assert x2 < stranger["box"][0], "Obama is on the left"
    assert abs(obama["pose"]["yaw_degrees"]) < 40
    assert 0.8 < obama["score"] <= 1


def test_a_stranger_is_recalled_and_nothing_of_it_is_written_down(
    control: Household, portraits: dict[str, Path], database: Database
) -> None:
    stranger = remembered(control, portraits["biden"])
    before = [tuple(row.values()) for row in database.rows("SELECT * FROM strangers") + database.rows("SELECT * FROM stranger_looks")]
    [face] = asked(control, forms.recognise(portraits["biden"].read_bytes()))["faces"]
    assert (face["person"], face["stranger"], face["reason"]) == (None, stranger, "below_threshold")
    assert asked(control, forms.recognise(portraits["astronaut"].read_bytes()))["faces"][0]["stranger"] is None
    after = [tuple(row.values()) for row in database.rows("SELECT * FROM strangers") + database.rows("SELECT * FROM stranger_looks")]
    assert after == before


def test_the_people_who_are_most_alike_are_ranked_where_that_is_asked_for(control: Household, portraits: dict[str, Path]) -> None:
    asked(control, forms.enroll("Eileen", None, (portraits["astronaut"].read_bytes(),)))
    image = portraits["obama_again"].read_bytes()
    assert asked(control, forms.recognise(image))["faces"][0]["ranking"] == []
    ranking = asked(control, forms.recognise(image, 5))["faces"][0]["ranking"]
    assert [row["person"] for row in ranking] == ["barack_obama", "eileen"]
    assert ranking[0]["similarity"] > 0.6
    assert ranking[1]["similarity"] < 0.4


def test_landmarks_lie_within_the_face_of_the_picture_as_it_was_sent(control: Household, portraits: dict[str, Path]) -> None:
    large = np.asarray(cv2.resize(read_picture(portraits["obama"]), (4000, 5000)), np.uint8)
    face = asked(control, forms.recognise(jpeg(large)))["faces"][0]
    assert list(face["landmarks"]) == ["right_eye", "left_eye", "nose_tip", "right_mouth_corner", "left_mouth_corner"]
    x1, y1, x2, y2 = face["box"]
    assert x2 > 1000, "it is reduced to be decoded, and told in its own pixels"
    assert all(x1 < x < x2 and y1 < y < y2 for x, y in face["landmarks"].values())


def test_a_view_that_would_not_count_at_the_door_names_nobody(control: Household, portraits: dict[str, Path]) -> None:
    obama = read_picture(portraits["obama_again"])
    dark = (obama * 0.05).astype(np.uint8)
    [face] = asked(control, forms.recognise(encode_png(dark)))["faces"]
    assert (face["person"], face["reason"], face["stranger"]) == (None, "too_dark", None)


def test_a_poor_view_names_somebody_where_the_similarity_leaves_no_doubt(control: Household, portraits: dict[str, Path]) -> None:
    dark = (read_picture(portraits["obama_again"]) * 0.1).astype(np.uint8)
    [face] = asked(control, forms.recognise(encode_png(dark)))["faces"]
    assert (face["person"], face["reason"]) == ("barack_obama", None)
    assert face["similarity"] >= face["threshold"] >= 0.55
    answer = asked(control, forms.verify(encode_png(dark), portraits["obama"].read_bytes()))
    assert (answer["same"], answer["face"]["reason"]) == (True, "too_dark")


def test_faces_seen_in_a_way_in_which_all_are_alike_are_never_held_to_be_the_same(control: Household, portraits: dict[str, Path]) -> None:
    obama, biden = (read_picture(portraits[name]) for name in ("obama_again", "biden"))

    def reason(picture: Uint8Array, other: Uint8Array) -> str | None:
        answer = asked(control, forms.verify(encode_png(picture), encode_png(other)))
        assert answer["same"] is (answer["reason"] is None)
        return answer["reason"] and str(answer["reason"])

    upside_down = np.ascontiguousarray(obama[::-1, ::-1])
    assert reason(upside_down, np.ascontiguousarray(biden[::-1, ::-1])) == "not_upright"
    assert reason(upside_down, upside_down) == "not_upright"
    narrow = np.ascontiguousarray(obama[:, ::2])
    assert reason(narrow, narrow) == "unusual_view"
    assert reason(narrow, obama) is None
    [face] = asked(control, forms.recognise(encode_png(upside_down)))["faces"]
    assert (face["person"], face["stranger"], face["reason"]) == (None, None, "not_upright")


def test_a_picture_without_faces_has_none(control: Household, portraits: dict[str, Path]) -> None:
    grey = jpeg(np.full((300, 400, 3), 127, np.uint8))
    for command in (forms.recognise(grey), forms.analyse(grey), forms.represent(grey), forms.extract(grey)):
        answer = asked(control, command)
        assert (answer["faces"], answer["left_out"], answer["size"]) == ([], 0, [400, 300])
    assert refused(control, forms.verify(grey, "barack_obama")).code == "no_face"
    assert str(refused(control, forms.verify(portraits["obama"].read_bytes(), grey))).startswith("There is no face in the other picture;")


@pytest.mark.parametrize("form", [forms.recognise, forms.analyse, forms.represent, forms.extract])
def test_what_is_no_picture_is_refused(control: Household, form: Callable[[bytes], Form]) -> None:
    assert refused(control, form(b"hello")).code == "bad_image"


def test_of_a_crowd_the_largest_are_told_and_how_many_are_left_out(control: Household, astronaut: Uint8Array) -> None:
    picture = crowd(astronaut, 6, 5)
    answer = asked(control, forms.represent(picture))
    assert len(answer["faces"]) == MOST_FACES
    assert answer["left_out"] > 0
    sizes = [(face["box"][2] - face["box"][0]) * (face["box"][3] - face["box"][1]) for face in answer["faces"]]
    assert max(sizes) < 2 * min(sizes), "they are alike"
    images = [face["image"] for face in asked(control, forms.extract(picture))["faces"]]
    assert len(images) == MOST_FACES
    assert sum(map(len, images)) < MAX_REQUEST_BYTES
    assert MOST_FACES * CROP_BYTES * 4 / 3 < MAX_REQUEST_BYTES


def test_a_person_is_verified_and_another_is_not(control: Household, portraits: dict[str, Path]) -> None:
    yes = asked(control, forms.verify(portraits["obama_again"].read_bytes(), "Barack Obama"))
    assert (yes["same"], yes["reason"], yes["person"], yes["other_face"]) == (True, None, "barack_obama", None)
    assert yes["similarity"] >= yes["threshold"]
    no = asked(control, forms.verify(portraits["biden"].read_bytes(), "barack_obama"))
    assert (no["same"], no["reason"]) == (False, "below_threshold")
    assert no["similarity"] < no["threshold"]
    assert refused(control, forms.verify(portraits["biden"].read_bytes(), "nobody")).code == "person_not_found"


def test_two_pictures_of_one_person_are_the_same_and_of_two_are_not(control: Household, portraits: dict[str, Path]) -> None:
    first = portraits["obama"].read_bytes()
    assert asked(control, forms.verify(first, portraits["obama_again"].read_bytes()))["same"] is True
    other = asked(control, forms.verify(first, portraits["biden"].read_bytes()))
    assert (other["same"], other["person"]) == (False, None)
    assert other["face"]["box"] != other["other_face"]["box"]


def side_by_side(*paths: Path) -> bytes:
    """Portraits in one picture, the first the largest."""
    pictures = [cv2.resize(read_picture(path), (480 - 60 * place, 600 - 75 * place)) for place, path in enumerate(paths)]
    wide = np.zeros((600, sum(picture.shape[1] for picture in pictures), 3), np.uint8)
    left = 0
    for picture in pictures:
        wide[: picture.shape[0], left : left + picture.shape[1]] = picture
        left += picture.shape[1]
    return encode_png(wide)


def test_of_several_faces_the_one_that_is_meant_is_compared(control: Household, portraits: dict[str, Path]) -> None:
    two = side_by_side(portraits["biden"], portraits["obama_again"])
    answer = asked(control, forms.verify(two, "barack_obama"))
    assert (answer["same"], answer["faces"], answer["other_faces"]) == (True, 2, None)
    assert answer["face"]["box"][0] > 480, "it is the smaller one, to the right"
    for first, second in ((two, portraits["obama"].read_bytes()), (portraits["obama"].read_bytes(), two)):
        both = asked(control, forms.verify(first, second))
        assert both["same"] is True
        assert sorted((both["faces"], both["other_faces"])) == [1, 2]
    neither = asked(control, forms.verify(two, portraits["astronaut"].read_bytes()))
    assert (neither["same"], neither["reason"]) == (False, "below_threshold")


def test_a_view_too_poor_is_no_proof(control: Household, portraits: dict[str, Path]) -> None:
    dark = (read_picture(portraits["obama"]) * 0.05).astype(np.uint8)
    answer = asked(control, forms.verify(encode_png(dark), "barack_obama"))
    assert (answer["same"], answer["reason"]) == (False, "too_dark")


def test_expression_age_and_gender_are_read_and_the_networks_freed(control: Household, portraits: dict[str, Path]) -> None:
    [face] = asked(control, forms.analyse(portraits["astronaut"].read_bytes()))["faces"]
    assert face["emotion"] == "happy"
    assert sum(face["probabilities"].values()) == pytest.approx(1.0, abs=0.01)
    assert face["gender"] == "female"
    [obama] = asked(control, forms.analyse(portraits["obama"].read_bytes()))["faces"]
    low, high = obama["age_range"]
    assert low <= obama["age_years"] <= high
    assert obama["gender"] == "male"
    assert control.parts.attributes.in_use.emotion is None
    assert control.parts.attributes.in_use.age_gender is None


def test_nothing_is_read_of_a_view_too_poor(control: Household, portraits: dict[str, Path]) -> None:
    dark = (read_picture(portraits["obama"]) * 0.05).astype(np.uint8)
    [face] = asked(control, forms.analyse(encode_png(dark)))["faces"]
    assert face["reason"] == "too_dark"
    assert (face["emotion"], face["age_range"], face["gender"], face["female"]) == (None, None, None, None)


def test_the_network_of_landmarks_is_loaded_once_where_it_is_kept(portraits: dict[str, Path], reader: FaceReader) -> None:
    opened = []

    def open_() -> MeshReader:
        opened.append(open_mesh(Config()))
        return opened[-1]

    dense = DenseLandmarks(open_)
    pictures = [open_picture(portraits[name]) for name in ("obama", "biden")]

    def read() -> list[object]:
        return [dense.reader(wanted=True)(picture, reader.detect(picture.pixels)[0]) for picture in pictures]

    for_each = read()
    assert len(opened) == len(pictures)
    dense.keep()
    assert read() == for_each
    assert len(opened) == len(pictures) + 1


@pytest.mark.parametrize("form", [forms.analyse, forms.extract])
def test_landmarks_are_told_only_where_they_are_asked_for(
    control: Household, portraits: dict[str, Path], form: Callable[..., Form]
) -> None:
    picture = portraits["astronaut"].read_bytes()
    [face] = asked(control, form(picture))["faces"]
    assert face["dense_landmarks"] is None
    [face] = asked(control, form(picture, dense_landmarks=True))["faces"]
    found = face["dense_landmarks"]
    points, (x1, y1, x2, y2) = np.array(found["points"]), face["box"]
    assert points.shape == (68, 2)
    assert x1 < points[30, 0] < x2, "the nose is in the face"
    assert y1 < points[36:48, 1].mean() < points[30, 1] < points[48:68, 1].mean() < y2
    assert max(map(abs, found["pose"].values())) < 15
    assert min(found["right_eye_openness"], found["left_eye_openness"]) > 0.2


def test_landmarks_of_a_photo_that_is_reduced_are_in_its_own_pixels(control: Household, astronaut: Uint8Array) -> None:
    large = np.asarray(cv2.resize(astronaut, (4096, 4096)), np.uint8)
    [face] = asked(control, forms.analyse(jpeg(large), dense_landmarks=True))["faces"]
    nose = face["dense_landmarks"]["points"][30]
    assert nose == pytest.approx([222 * 8, 128 * 8], abs=100)


def test_embeddings_of_one_person_are_near_each_other(control: Household, portraits: dict[str, Path], reader: FaceReader) -> None:
    vectors = []
    for name in ("obama", "obama_again", "biden"):
        answer = asked(control, forms.represent(portraits[name].read_bytes()))
        assert answer["model"] == reader.embedder.model_id
        vectors.append(np.array(answer["faces"][0]["embedding"]))
    assert all(np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5) for vector in vectors)
    assert vectors[0] @ vectors[1] > 0.43 > vectors[0] @ vectors[2]


def test_heads_are_cut_out(control: Household, pair: bytes, reader: FaceReader) -> None:
    answer = asked(control, forms.extract(pair))
    assert len(answer["faces"]) == 2
    for face in answer["faces"]:
        head = decode_sent(base64.b64decode(face["image"]))
        assert len(reader.detector.detect(np.asarray(cv2.copyMakeBorder(head, 60, 60, 60, 60, cv2.BORDER_CONSTANT), np.uint8))) >= 1


# Operating.


def test_without_pictures_none_is_sent_or_stored(
    control: Household, astronaut: Uint8Array, pair: bytes, portraits: dict[str, Path]
) -> None:
    control.show(shown(astronaut))
    assert control.parts.gallery.gallery.pictures() == 1
    asked(control, forms.settings({"pictures": False}))
    assert refused(control, forms.snapshot(None, marked=False)).code == "pictures_off"
    assert refused(control, forms.extract(pair)).code == "pictures_off"
    asked(control, forms.enroll("Joe", None, (portraits["biden"].read_bytes(),)))
    assert control.parts.gallery.gallery.pictures() == 1, "what was stored before stays, and nothing is added"
    assert by_person(asked(control, forms.recognise(portraits["biden"].read_bytes()))).keys() == {"joe"}
    asked(control, forms.settings({"pictures": None}))
    assert asked(control, forms.snapshot(None, marked=False))["camera"] == "front"


def test_all_pictures_are_erased_from_the_file_and_everybody_is_still_known(
    control: Household, portraits: dict[str, Path], tmp_path: Path, database: Database
) -> None:
    remembered(control, portraits["biden"])
    kept = database.column(bytes, "SELECT aligned FROM templates UNION ALL SELECT aligned FROM stranger_looks")
    marks = [picture[100:132] for picture in kept]
    assert all(any(mark in path.read_bytes() for path in tmp_path.glob("gallery.db*")) for mark in marks)
    assert asked(control, forms.ErasePictures()) == {"templates": 1, "strangers": 1, "residue": None, "compaction_due": True}
    assert not any(mark in path.read_bytes() for path in tmp_path.glob("gallery.db*") for mark in marks)
    assert control.parts.gallery.gallery.pictures() == 0
    assert by_person(asked(control, forms.recognise(portraits["obama_again"].read_bytes()))).keys() == {"barack_obama"}
    assert asked(control, forms.recognise(portraits["biden"].read_bytes()))["faces"][0]["stranger"] == "stranger-1"
    assert asked(control, forms.ErasePictures())["templates"] == 0


def test_reloading_takes_over_what_stands_in_the_file(control: Household, tmp_path: Path, reader: FaceReader) -> None:
    with open_database(tmp_path / "gallery.db") as other:
        SettingsStore(other).change({"trigger_level": 9})
        asked(household_of(reader, other), forms.forget("barack_obama"))
    answer = asked(control, forms.Reload())
    assert answer == {"people": 0, "templates": 0, "strangers": 0, "overridden": ["trigger_level"]}
    assert control.shared.rules.trigger_level == 9
    assert control.shared.display_names == {}


def test_memory_is_flat_under_many_pictures_of_many_shapes(control: Household, portraits: dict[str, Path]) -> None:
    """The networks that a picture needs are loaded for it, and freed when nothing has needed them for a while."""
    whole = read_picture(portraits["astronaut"])
    contents = [jpeg(np.asarray(cv2.resize(whole, size), np.uint8)) for size in ((512, 512), (640, 480), (960, 540))]
    sizes = []
    for _ in range(8):
        for content in contents:
            for command in (forms.recognise(content), forms.analyse(content), forms.extract(content), forms.recognise(content[:5000])):
                control.handle(Request(ReplyAddress("test"), command))
            control.parts.reader.detector.unload_unused()
        sizes.append(device.rss_mb())
    assert max(sizes[2:]) - sizes[1] < 15, sizes


def test_what_a_picture_needed_is_freed_when_it_has_not_been_needed_for_a_while(
    control: Household, reader: FaceReader, portraits: dict[str, Path]
) -> None:
    control.handle(Request(ReplyAddress("test"), forms.recognise(portraits["astronaut"].read_bytes())))
    network = weakref.ref(reader.detector.network((512, 512)))
    gc.disable()
    try:
        control.parts.reader.detector.unload_unused()
        assert network(), "it was needed just now"
        control.parts.reader.detector.unload_unused()
        assert network() is None
    finally:
        gc.enable()
