"""Runs in the peers' own environment: times OpenCV's face classes, or dlib with face_recognition, on frames it is given.

It knows nothing of edged. Each line `<peer> <count>` on stdin is answered by one line of JSON on stdout; a clip in place of the frames is
looked at once with OpenCV, and answered at the end.
"""

from __future__ import annotations

import json
import sys
import time
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

YUNET = "face_detection_yunet_2023mar_int8bq.onnx"
SFACE = "face_recognition_sface_2021dec_int8bq.onnx"
SCORE_THRESHOLD, NMS_IOU, TOP_K = 0.6, 0.45, 5000
SIMILARITY_THRESHOLD = 0.363
"""What OpenCV's own example calls the same person."""
TEMPLATES = 50
"""As many as our own gallery in the benchmark has."""
SEED = 20_240_229


class Peer(Protocol):
    """One face through detection, alignment, embedding and matching."""

    def step(self, pixels: Any) -> tuple[list[float], bool]:  # noqa: ANN401 - cv2's arrays differ from version to version
        """Times at the start and after each stage, and whether the person was known again."""


class OpenCv:
    """FaceDetectorYN and FaceRecognizerSF, as in OpenCV's own example."""

    stages = ("detect", "align", "embed", "match")

    def __init__(self, models: Path, first: Any) -> None:  # noqa: ANN401 - as above
        """Load the networks and enroll the person of the first frame among random others."""
        height, width = first.shape[:2]
        library: Any = cv2
        self._detector = library.FaceDetectorYN.create(str(models / YUNET), "", (width, height), SCORE_THRESHOLD, NMS_IOU, TOP_K)
        self._recognizer = library.FaceRecognizerSF.create(str(models / SFACE), "")
        others = np.random.default_rng(SEED).standard_normal((TEMPLATES, 1, 128)).astype(np.float32)
        face = self._detector.detect(first)[1][0]
        others[0] = self._recognizer.feature(self._recognizer.alignCrop(first, face))
        self._templates = others

    def step(self, pixels: Any) -> tuple[list[float], bool]:  # noqa: ANN401 - as above
        """See Peer."""
        times = [time.perf_counter()]
        faces = self._detector.detect(pixels)[1]
        times.append(time.perf_counter())
        aligned = self._recognizer.alignCrop(pixels, faces[0])
        times.append(time.perf_counter())
        feature = self._recognizer.feature(aligned)
        times.append(time.perf_counter())
        similarities = [self._recognizer.match(feature, template, cv2.FaceRecognizerSF_FR_COSINE) for template in self._templates]
        best = int(np.argmax(similarities))
        times.append(time.perf_counter())
        return times, best == 0 and similarities[0] >= SIMILARITY_THRESHOLD


class Dlib:
    """face_recognition with its own defaults: the HOG detector, five landmarks' fit inside the encoder, distances."""

    stages = ("detect", "embed", "match")

    def __init__(self, first: Any) -> None:  # noqa: ANN401 - as above
        """Load the networks and enroll the person of the first frame among random others."""
        self._library: Any = import_module("face_recognition")
        others = np.random.default_rng(SEED).standard_normal((TEMPLATES, 128))
        others[0] = self._library.face_encodings(first[:, :, ::-1].copy())[0]
        self._templates = list(others)

    def step(self, pixels: Any) -> tuple[list[float], bool]:  # noqa: ANN401 - as above
        """See Peer."""
        times = [time.perf_counter()]
        rgb = np.ascontiguousarray(pixels[:, :, ::-1])
        boxes = self._library.face_locations(rgb)
        times.append(time.perf_counter())
        encoding = self._library.face_encodings(rgb, boxes)[0]
        times.append(time.perf_counter())
        same = self._library.compare_faces(self._templates, encoding)
        times.append(time.perf_counter())
        return times, bool(same[0])


def main() -> None:
    """Answer until stdin ends, or of the clip."""
    cv2.setNumThreads(int(sys.argv[3]))
    if not sys.argv[1].endswith(".npy"):
        print(json.dumps(_of_clip(sys.argv[1], Path(sys.argv[2]))))
        return
    frames = np.load(sys.argv[1])
    peers: dict[str, OpenCv | Dlib] = {"opencv": OpenCv(Path(sys.argv[2]), frames[0]), "dlib": Dlib(frames[0])}
    for line in sys.stdin:
        name, count = line.split()
        print(json.dumps(_answer(peers[name], islice(_forever(frames), int(count)))), flush=True)


def _of_clip(clip: str, models: Path) -> dict[str, float]:
    """Find every face of every frame and embed it: how many there were, and the processor time with decoding."""
    library: Any = cv2
    capture = cv2.VideoCapture(clip)
    size = (int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)))
    detector = library.FaceDetectorYN.create(str(models / YUNET), "", size, SCORE_THRESHOLD, NMS_IOU, TOP_K)
    recognizer = library.FaceRecognizerSF.create(str(models / SFACE), "")
    frames = faces = 0
    began = time.process_time()
    while (read := capture.read())[0]:
        found = detector.detect(read[1])[1]
        for face in () if found is None else found:
            recognizer.feature(recognizer.alignCrop(read[1], face))
            faces += 1
        frames += 1
    return {"frames": frames, "faces": faces, "processor_seconds": time.process_time() - began}


def _answer(peer: OpenCv | Dlib, frames: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    taken, recognised = [], 0
    for pixels in frames:
        times, known = peer.step(pixels)
        recognised += known
        taken.append({stage: after - before for stage, before, after in zip(peer.stages, times, times[1:])})  # noqa: B905 - one longer
    return {"frames": taken, "recognised": recognised}


def _forever(frames: Any) -> Any:  # noqa: ANN401 - as above
    while True:
        yield from frames


if __name__ == "__main__":
    main()
