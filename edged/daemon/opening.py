"""Opens what the configuration names: networks, the gallery, and the requests that can be carried out with them.

Cameras and the broker are not known here.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import cv2

from edged.config import gallery_path
from edged.control.calibration import CalibrationVerbs
from edged.control.comparison import VerifyVerb
from edged.control.control import Control
from edged.control.dense_landmarks import DenseLandmarks
from edged.control.enrollment import EnrollmentVerbs
from edged.control.event_faces import EventFaces
from edged.control.gallery_reader import GalleryReader
from edged.control.groups import GroupVerb
from edged.control.kept_faces import KeptFaceVerb
from edged.control.learning import LearningVerbs
from edged.control.operation import OperationVerbs
from edged.control.owner_state import OwnerState
from edged.control.people import PeopleVerbs, StrangerVerbs
from edged.control.pictures import PictureVerbs
from edged.control.settings import SettingsKeeper
from edged.control.transfer import TransferVerbs
from edged.control.visits import VisitVerb
from edged.enrollment.arrivals import FOLDER, Arrivals
from edged.enrollment.export import Exporter
from edged.enrollment.many import ManyEnroller
from edged.enrollment.pictures import Enroller
from edged.enrollment.transfer import Importer
from edged.enrollment.video import VideoLooks
from edged.errors import ModelError
from edged.gallery.curation import Curation
from edged.gallery.lessons import Lessons
from edged.gallery.memory import StrangerMemory
from edged.gallery.store import Gallery
from edged.gallery.strangers import Strangers, latest
from edged.gallery.visit_memory import VisitMemory
from edged.gallery.visits import KeptVisits
from edged.interface.messages import MOST_ANSWER_BYTES
from edged.pipeline.attributes import AttributeNetworks
from edged.storage.database import open_database
from edged.storage.kept_settings import KeptSettings
from edged.storage.reading import open_to_read
from edged.system.beside import Beside
from edged.system.paths import is_file
from edged.vision.detection_card import DetectionCard
from edged.vision.detector import Detector
from edged.vision.embedder import Embedder
from edged.vision.faces import FaceReader
from edged.vision.joint_card import read_embedder_card
from edged.vision.mesh import MeshCard, MeshReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from edged import config
    from edged.config import Config
    from edged.control.control import Captures
    from edged.control.snapshot import Scene
    from edged.pipeline.shared_state import SharedState
    from edged.storage.database import Database
    from edged.vision.model_card import EmbedderCard


@dataclass(frozen=True, slots=True)
class GalleryParts:
    """The gallery file in memory, and who answers requests on people and strangers; networks are not needed for it."""

    gallery: Gallery
    now: Callable[[], datetime]
    curation: Curation
    reader: GalleryReader
    settings: SettingsKeeper
    owner_state: OwnerState
    export_folder: Path | None
    visits: VisitMemory
    event_faces: EventFaces = field(default_factory=EventFaces)

    @property
    def shared(self) -> SharedState:
        """Who is known, and the rules in force."""
        return self.reader.shared

    def exporter(self, beside: Beside | None = None) -> Exporter:
        """Packs people into archives, and writes these, beside the worker, None: at once."""
        return Exporter(self.gallery, self.curation, self.shared, now=self.now, beside=beside)

    def verbs(self, most_bytes: Callable[[], int] = lambda: MOST_ANSWER_BYTES) -> tuple[object, ...]:
        """Who answers what needs no networks; most_bytes says how many an answer may have."""
        people = PeopleVerbs(self.gallery, self.curation, self.shared, self.owner_state)
        calibration = CalibrationVerbs(self.gallery, self.shared, self.reader.look_alikes, self.reader.rule)
        strangers = StrangerVerbs(self.shared.strangers.store)
        faces = KeptFaceVerb(self.gallery, self.curation, self.shared, self.event_faces, most_bytes)
        visits, groups = VisitVerb(self.gallery, self.visits, self.event_faces), GroupVerb(self.shared)
        lessons = LearningVerbs(self.gallery, self.lessons, self.shared)
        return people, strangers, calibration, lessons, self.owner_state, faces, visits, groups

    @property
    def lessons(self) -> Lessons:
        """What visits taught."""
        return Lessons(self.gallery.database)

    def control(self) -> Control:
        """Carries out what needs no networks."""
        return Control(self.verbs(), self.reader)


@dataclass(frozen=True, slots=True)
class FaceParts:
    """The same with the networks: what reads faces, and what makes templates of them."""

    gallery: GalleryParts
    reader: FaceReader
    attributes: AttributeNetworks
    enroller: Enroller
    importer: Importer
    arrivals: Arrivals
    export_folder: Path
    pictures: PictureVerbs
    beside: Beside
    comparison: VerifyVerb

    @property
    def many(self) -> ManyEnroller:
        """Enrolls from many pictures, the best of them."""
        return ManyEnroller(self.enroller, self.gallery.shared)

    def video(self, name: str) -> VideoLooks:
        """Looks at a video of this name."""
        return VideoLooks(self.reader, self.gallery.shared, name)

    def control(
        self, scenes: Mapping[str, Scene], captures: Captures | None = None, *, most_bytes: Callable[[], int] = lambda: MOST_ANSWER_BYTES
    ) -> Control:
        """Carries out every request; scenes are what the cameras show, by name, and most_bytes says how many an answer may have.

        Raises:
            ModelError: a network that is switched on cannot be used.
        """
        known = self.gallery
        operation = OperationVerbs(
            self.reader, known.gallery, known.reader, known.settings, self.attributes, scenes, known.event_faces, most_bytes=most_bytes
        )
        enrollment = EnrollmentVerbs(self.enroller, known.owner_state, self.beside)
        transfer = TransferVerbs(
            known.exporter(self.beside), self.importer, self.arrivals, folder=self.export_folder, most_bytes=most_bytes, now=known.now
        )
        self.pictures.most_bytes = most_bytes
        verbs = [*known.verbs(most_bytes), operation, enrollment, transfer, self.pictures, self.comparison]
        return Control(verbs, known.reader, captures, most_bytes=most_bytes)


@dataclass(frozen=True, slots=True)
class GalleryRecords:
    """What a gallery file holds, read and erased without comparing anything."""

    gallery: Gallery
    strangers: Strangers


@contextmanager
def open_records(config: Config, *, to_read: bool = False) -> Iterator[GalleryRecords]:
    """Open the gallery file alone: what is stored can be listed and erased also where no network can be used any more.

    Here as below, to_read is for commands that change nothing: they work on a read-only card too.

    Raises:
        GalleryError: the file cannot be used.
    """
    with _open_file(config, to_read=to_read) as database:
        yield GalleryRecords(Gallery(database), Strangers(database))


@contextmanager
def open_gallery(config: Config, *, to_read: bool = False) -> Iterator[GalleryParts]:
    """Open the gallery, for commands that need no networks.

    Raises:
        ModelError, GalleryError: the card of the network in use, or the file, cannot be used.
    """
    with _open_file(config, to_read=to_read) as database:
        card = read_embedder_card(models_directory(config.models), config.models.embedders)  # the network itself is not loaded
        yield gallery_parts(config, database, card)


@contextmanager
def open_faces(config: Config, *, to_read: bool = False, is_anonymous: bool = False) -> Iterator[FaceParts]:
    """Open networks and gallery, without camera or broker; is_anonymous: nobody is known, and no file is opened.

    Raises:
        ModelError, GalleryError: the networks, or the gallery, cannot be used.
    """
    reader = open_reader(config)
    with open_database(None) if is_anonymous else _open_file(config, to_read=to_read) as database:
        known = gallery_parts(config, database, reader.embedding_card)
        yield face_parts(known, reader, open_attributes(config), partial(open_mesh, config))


def _open_file(config: Config, *, to_read: bool) -> Database:
    path = gallery_path(config.gallery)
    return open_to_read(path) if to_read else open_database(path)


def gallery_parts(
    config: Config, database: Database, card: EmbedderCard, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> GalleryParts:
    """Read an open gallery file by the configuration, a GalleryError where it cannot be; card is that of the network in use."""
    gallery, kept = Gallery(database), KeptSettings(database)
    settings = SettingsKeeper(kept, config.changeable, card)
    strangers = StrangerMemory(Strangers(database), card.id, days=config.gallery.stranger_days)
    keeps, rule = config.gallery.keep_pictures, config.recognition.rule
    reader = GalleryReader(gallery, strangers, card, settings.in_force.rules, keep_pictures=keeps, rule=rule)
    curation = Curation(database, card.id, max_templates=config.gallery.max_templates_per_person)
    owner_state = OwnerState(kept, [camera.name for camera in config.camera], partial(latest, strangers.store))
    visits = VisitMemory(KeptVisits(database), days=config.gallery.visit_days)
    return GalleryParts(gallery, now, curation, reader, settings, owner_state, config.gallery.export_folder, visits)


def face_parts(
    known: GalleryParts,
    reader: FaceReader,
    attributes: AttributeNetworks,
    mesh: Callable[[], MeshReader],
    beside: Beside | None = None,
) -> FaceParts:
    """Put the networks beside a gallery; mesh loads that of dense landmarks; what takes long is done beside, None: at once."""
    beside = beside or Beside()
    enroller = Enroller(reader, known.gallery, known.curation, known.shared, now=known.now)
    importer = Importer(reader, known.curation, known.shared, beside)
    pictures = PictureVerbs(reader, known.shared, attributes, DenseLandmarks(mesh), beside)
    comparison = VerifyVerb(reader, known.shared, beside)
    path = known.gallery.database.path
    exports = known.export_folder or (path.parent if path else Path()) / "exports"
    arrivals = Arrivals(path and path.parent / FOLDER, beside=beside)
    return FaceParts(known, reader, attributes, enroller, importer, arrivals, exports, pictures, beside, comparison)


def models_directory(models: config.ModelsConfig) -> Path:
    """Where the networks are: as configured, in the package where a wheel brought it, or beside it in a checkout.

    Raises:
        ModelError: nowhere, or in a folder that cannot be looked at.
    """
    package = Path(str(resources.files("edged")))
    installed = package / "models", package.parent / "models"
    places = (models.directory,) if models.directory else installed
    try:
        found = next((place for place in places if is_file(place / models.embedders[0] / "model.toml")), None)
    except OSError as error:
        raise ModelError(f"The models in {places[0]} cannot be looked at ({error.strerror}); let edged's user read them.") from error
    if found:
        return found
    raise ModelError(f"There are no models in {' or '.join(map(str, places))}; set models.directory.")


def open_reader(config: Config, *, most_loaded: int | None = None) -> FaceReader:
    """Load the networks; of the detector at most so many files at once, None for all that pictures need.

    Raises:
        ModelError: missing, changed or of the wrong form.
    """
    cv2.setNumThreads(1)  # what OpenCV does here takes microseconds; its threads would only fight those of the networks
    models, folder, settings = config.models, models_directory(config.models), config.detection
    detection = DetectionCard.read(folder / models.detection)
    detector = Detector(
        detection,
        threads=models.threads,
        delegate=models.delegate,
        input_width=settings.input_width,
        score_threshold=settings.score_threshold,
        most_loaded=most_loaded,
        mesh=None if detection.landmarks.names else open_mesh(config),
    )
    card = read_embedder_card(folder, models.embedders)
    return FaceReader(folder, detector, Embedder(card, threads=models.threads, delegate=models.delegate))


def open_mesh(config: Config) -> MeshReader:
    """Load the network of dense landmarks, or raise a ModelError."""
    models = config.models
    return MeshReader(MeshCard.read(models_directory(models) / models.landmarks), threads=models.threads, delegate=models.delegate)


def open_attributes(config: Config) -> AttributeNetworks:
    """Read the cards of the attributes, as AttributeNetworks() does; the networks are loaded when they are switched on."""
    models = config.models
    return AttributeNetworks(
        models_directory(models), emotion=models.emotion, age_gender=models.age_gender, threads=models.threads, delegate=models.delegate
    )
