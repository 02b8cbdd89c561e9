"""Everything that the world can do wrong, as one tree of exceptions that write their own sentences.

Programmers' mistakes are `ValueError` and do not stand here; nothing here knows who raises or catches what.

    EdgedError
    ├── ConfigError, ModelError, LinkError, WorkerError, CheckFailed
    ├── CameraError
    │   └── CameraEnded, NoPicture, PageRefused
    ├── GalleryError
    │   ├── PersonNotFound, PersonExists, AmbiguousName, StrangerNotFound, SuggestionNotFound, NameRejected, NameLooksAlike, WrongModel
    │   ├── GalleryUnusable
    │   │   └── GalleryDamaged
    │   ├── GalleryReadOnly, GalleryLocked
    │   ├── TemplateRejected
    │   │   └── SeveralFaces, PoorView, UnusualView, LooksLikeOther, DuplicateTemplate
    │   └── ArchiveRejected
    │       └── BadArchive, ArchiveTooLarge, GalleryChanged, NoSuchPart, NobodyToExport, NoUsableTemplate
    ├── PictureError
    │   └── NoFace
    ├── CommandError
    │   ├── BadRequest, RequestTooLarge, AnswerTooLarge, ListTooLong, UnknownVerb, Busy, RequestFailed, RequestRefused, Cancelled
    │   ├── NotAccepted
    │   │   └── NotAllowed, ForeignResponseTopic
    │   ├── BadSetting, PicturesOff, NoKeptPicture, NoName, NoStranger, WhichStranger
    │   └── UnknownCamera, CameraNotNamed, CameraOffline, NoFrame, NoCapture, TooFewLooks
    └── LabelsError, PlotError, FolderError
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_CONFIG = 78
"""sysexits' EX_CONFIG: systemd is told not to restart on it, since a restart cannot mend a config file."""


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun, which is `one` with an s where there are more and no other word is given: 1 face, 2,000 faces."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


class EdgedError(Exception):
    """Any error that is not a defect of edged; str() is a sentence for its user, code a word for programs."""

    code = "failed"
    exit_code = EXIT_FAILURE
    sentence = ""

    def __init_subclass__(cls, code: str | None = None, exit_code: int | None = None, sentence: str | None = None) -> None:
        """Take what a class says of itself: code, exit code, and a sentence where it is always the same; the rest it has of its base."""
        cls.code, cls.exit_code, cls.sentence = code or cls.code, exit_code or cls.exit_code, sentence or cls.sentence

    def __init__(self, sentence: str = "") -> None:
        super().__init__(sentence or self.sentence)

    def extend(self, before: str = "", after: str = "") -> None:
        """Say more before and after the sentence."""
        self.args = (f"{before}{self}{after}",)

    def let_go(self) -> Self:
        """Forget where it and what it came of were raised, and give it: the frames of functions hold pictures, in circles that last."""
        error: BaseException | None = self
        while error is not None:
            error.__traceback__, error = None, error.__cause__ or error.__context__
        return self


class ConfigError(EdgedError, code="bad_config", exit_code=EXIT_CONFIG):
    """A configuration that cannot be used: says the file, the key, what is wrong and what is allowed."""


class ModelError(EdgedError, code="bad_model", exit_code=EXIT_CONFIG):
    """A network that is missing, changed, of the wrong shape, or gives wrong answers."""


class LinkError(EdgedError, code="broker"):
    """The broker cannot be reached or has been lost."""


class WorkerError(EdgedError, code="worker"):
    """Frames cannot be looked at any more; the service is to be started anew."""

    def __init__(self, camera: str, frames: int) -> None:
        super().__init__(f"{counted(frames, 'frame')} of camera {camera!r} in a row could not be looked at; starting anew is the way out.")


class CheckFailed(EdgedError, code="check_failed"):
    """`edged check` found something wrong and has said so line by line."""


class CameraError(EdgedError, code="camera"):
    """A camera that cannot be opened, or has gone silent."""


class CameraEnded(CameraError, code="camera_ended"):
    """A source that is played once has no frame left."""


class NoPicture(CameraError):
    """A camera whose frames arrive and cannot be made into pictures."""


class PageRefused(CameraError):
    """A web page that a camera does not give; may_pass is whether it may do so later without anybody's help."""

    def __init__(self, sentence: str, *, may_pass: bool) -> None:
        super().__init__(sentence)
        self.may_pass = may_pass


class GalleryError(EdgedError, code="gallery"):
    """A gallery that cannot be read or written, or refuses what it was asked."""


class GalleryUnusable(GalleryError, exit_code=EXIT_CONFIG):
    """A gallery that no restart can make readable: another program's, of a newer edged, one that edged's user may not open, or no file."""


class GalleryDamaged(GalleryUnusable):
    """A gallery whose bytes are not those that were written."""


class GalleryReadOnly(GalleryError):
    """A gallery that can be read, and in which nothing can be kept."""


class GalleryLocked(GalleryError):
    """A gallery that another process is writing: it can be written when that has ended."""


class PersonNotFound(GalleryError, code="person_not_found"):
    """Nobody of that name is enrolled."""

    def __init__(self, person: str) -> None:
        super().__init__(f"Nobody called {person!r} is enrolled; 'people' lists who is.")


class PersonExists(GalleryError, code="person_exists"):
    """Somebody of that name is enrolled already."""

    def __init__(self, person: str) -> None:
        super().__init__(
            f"{person!r} is enrolled already; forget that person first, or say 'merge' or 'replace' with --if-exists "
            "(over MQTT: 'if_exists')."
        )


class AmbiguousName(GalleryError, code="ambiguous_name"):
    """Several people are shown by a name."""

    def __init__(self, name: str, people: Sequence[str]) -> None:
        super().__init__(f"{name!r} may be any of {', '.join(map(repr, people))}; say which by that id.")


class StrangerNotFound(GalleryError, code="stranger_not_found"):
    """No stranger of that id is remembered, or not any more."""

    def __init__(self, stranger: str) -> None:
        super().__init__(f"No stranger {stranger!r} is remembered; 'strangers' lists who is.")


class SuggestionNotFound(GalleryError, code="suggestion_not_found"):
    """No template of that number is suggested, or not any more."""

    def __init__(self, suggestion: int) -> None:
        super().__init__(f"No suggestion {suggestion} waits for an answer; 'suggestions' lists which do.")


class NameRejected(GalleryError, code="bad_name"):
    """A name that cannot be a person's."""


class NameLooksAlike(GalleryError, code="alike_name"):
    """A new name that whoever reads it would take for another person's."""

    def __init__(self, name: str, other: str, person: str, letters: str) -> None:
        super().__init__(
            f"{name!r} looks like {other!r} (id {person!r}), who is enrolled{letters and f', by {letters}'}. If they are one person, "
            f"enroll by the id {person!r}; if not, choose another name, or allow look-alikes (allow_alike, --allow-alike)."
        )


class WrongModel(GalleryError, code="wrong_model"):
    """Embeddings of different models were to be compared."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(f"An embedding of model {found!r} cannot be compared with those of {expected!r}; enroll again or re-embed.")


class TemplateRejected(GalleryError):
    """A picture that must not become a template."""


class SeveralFaces(TemplateRejected, code="several_faces"):
    """A picture of several people, any of whom may be meant."""

    def __init__(self, boxes: Iterable[str]) -> None:
        places = list(boxes)
        super().__init__(
            f"There are {len(places)} faces in the picture, at {', '.join(places)} (x1 y1 x2 y2); send one with a single face, "
            "or cut it out."
        )


class PoorView(TemplateRejected):
    """A face that is too small, blurred, turned or lit too badly; its code is that of the reason."""

    def __init__(self, reason: str, advice: str, quality: float, size_px: tuple[float, float], min_face_px: float) -> None:
        width, height = size_px
        super().__init__(
            f"The picture cannot be used: {advice} (quality {quality:.2f}; the face is {width:.0f}×{height:.0f} pixels, "
            f"at least {min_face_px:.0f} are needed)."
        )
        self.code = reason


class UnusualView(
    TemplateRejected,
    code="unusual_view",
    sentence="The face is seen in a way in which people cannot be told apart: squeezed, covered, blurred or badly lit. Send a picture that "
    "shows the whole face evenly lit and in its right proportions; once there is one, pictures that are clearly like it are taken too.",
):
    """A face that is unlike those that the embedder learnt, and unlike what is known of the person."""


class LooksLikeOther(TemplateRejected, code="looks_like_other"):
    """A face that matches somebody else who is enrolled."""

    def __init__(self, person: str, other: str, similarity: float, threshold: float) -> None:
        super().__init__(
            f"The face looks like {other!r} (similarity {similarity:.2f}, a match from {threshold:.2f}); see that the picture shows "
            f"{person!r} and that both are enrolled under the right name. Relatives who look alike are enrolled with --allow-alike "
            "(over MQTT: 'allow_alike')."
        )


class DuplicateTemplate(TemplateRejected, code="duplicate"):
    """A picture that the person has already."""

    def __init__(self, person: str, similarity: float, limit: float) -> None:
        super().__init__(
            f"{person!r} has this picture already (similarity {similarity:.3f}, a duplicate from {limit:.3f}); send another one, "
            "in other light or from another side."
        )


class ArchiveRejected(GalleryError):
    """An archive of people that cannot be read or written."""


class BadArchive(ArchiveRejected, code="bad_archive"):
    """An archive that is none, damaged, or holds what cannot be."""


class ArchiveTooLarge(ArchiveRejected, code="too_large"):
    """An archive that is larger than may be read or given."""


class GalleryChanged(ArchiveRejected, code="changed"):
    """A gallery that others changed each time that it was to be written to an archive."""

    def __init__(self, times: int) -> None:
        super().__init__(f"The gallery was changed meanwhile, {times} times in a row; nothing was exported. Ask again when nobody enrolls.")


class NoSuchPart(ArchiveRejected, code="no_part"):
    """A part of an archive that has fewer."""

    def __init__(self, part: int, parts: int) -> None:
        super().__init__(f"There is no part {part}: the archive has {parts}. The gallery may have changed; begin with part 1 again.")


class NobodyToExport(ArchiveRejected, code="nobody", sentence="Nobody with a template is enrolled, so there is nothing to export."):
    """Nobody is enrolled whom an archive could hold."""


class NoUsableTemplate(ArchiveRejected, code="wrong_model"):
    """Somebody in an archive could not be recognised here."""

    def __init__(self, person: str) -> None:
        super().__init__(f"{person!r} has no template of the model in use, nor a picture to make one of. Nothing was imported.")


class PictureError(EdgedError, code="bad_image"):
    """Bytes or a file that is not a picture, or one that cannot be used."""


class NoFace(PictureError, code="no_face", sentence="There is no face in the picture; send one in which the face is large and upright."):
    """A picture of nobody."""


class CommandError(EdgedError):
    """A malformed or refused request; becomes a reply, never a crash."""


class BadRequest(CommandError, code="bad_request"):
    """A request that is not of its form."""


class RequestTooLarge(CommandError, code="too_large"):
    """A request of more bytes than are read."""

    def __init__(self, what: str, size: int, most: int, advice: str = "") -> None:
        super().__init__(f"The {what} has {counted(size, 'byte')}; at most {most} are read.{advice and ' '}{advice}")


class AnswerTooLarge(CommandError, code="too_large"):
    """An answer of more bytes than the broker takes."""

    def __init__(self, size: int, most: int) -> None:
        super().__init__(
            f"The answer has {size} bytes, and the broker takes {most}. What was asked for is done; ask for less, ask in the shell of the "
            "device, or raise the broker's limit (mosquitto: max_packet_size)."
        )


class ListTooLong(CommandError, code="too_large"):
    """A list of which all was asked for, and of which one message has not room for all."""

    def __init__(self, rows: int, size: int, room: int) -> None:
        super().__init__(
            f"All {rows} have {size:,} bytes, and an answer has room for {room:,}. Ask for a page: with 'limit', and for those that follow "
            "with 'after', which is what 'next' says."
        )


class UnknownVerb(CommandError, code="unknown_verb"):
    """Nothing is asked for by that verb."""

    def __init__(self, verb: str, verbs: Iterable[str]) -> None:
        super().__init__(f"There is no request {verb!r}; there are: {', '.join(verbs)}.")


class NotAccepted(CommandError):
    """A request that the owner of the device does not want carried out, whoever sends it."""


class NotAllowed(NotAccepted, code="not_allowed"):
    """A verb that is not accepted over MQTT."""

    def __init__(self, verb: str, group: str) -> None:
        super().__init__(
            f"{verb!r} is not allowed over MQTT on this device. Nothing was done. Its owner can set mqtt.allow.{group} = true in the "
            "configuration and restart edged, or use the shell of the device."
        )


class ForeignResponseTopic(NotAccepted, code="bad_response_topic"):
    """A request that has its answer sent where the owner does not want edged to write."""

    def __init__(self, topic: str, own: str) -> None:
        super().__init__(
            f"Answers are not sent to {topic!r}. Nothing was done. Name a response topic below {own}/, or none; the owner of the device "
            "can allow others with mqtt.response_topics in the configuration."
        )


class Busy(CommandError, code="busy", sentence="edged has many requests to carry out; ask again in a few seconds."):
    """A request for which there is no room or no time."""


class RequestFailed(CommandError, code="internal", sentence="edged failed on this request; its log says more."):
    """A request that met a defect of edged."""


class RequestRefused(CommandError):
    """A request that a running edged refused, by its code and in its words."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Cancelled(CommandError, code="cancelled"):
    """A request that was ended before it was done."""


class BadSetting(CommandError, code="bad_setting"):
    """A setting that there is not, or a value that is not allowed."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}. Nothing was changed.")


class PicturesOff(CommandError, code="pictures_off", sentence="Pictures are switched off, by privacy.pictures or by the setting."):
    """A request for a picture where the owner wants none."""


class NoKeptPicture(CommandError, code="no_picture"):
    """A picture that is not kept, or not any more."""

    def __init__(self, whose: str, why: str) -> None:
        super().__init__(f"No picture of {whose!r} is kept: {why}.")


class NoName(CommandError, code="no_name", sentence="There is no name to enroll; send one to enroll/name/set first."):
    """The stranger seen last was to be enrolled by a name that nobody has sent."""


class WhichStranger(CommandError, code="which_stranger"):
    """A name that came when the stranger who is the last one now had not yet been there for as long as it takes to type it."""

    def __init__(self, last: str, seconds: float, before: str) -> None:
        super().__init__(
            f"{last} came {seconds:.0f} s before the name was sent, and {before} was the last one until then, so it may be either's. "
            f"Nothing was kept. Send the name again for {last}, or name one of them by id (request enroll with 'stranger')."
        )


class NoStranger(
    CommandError, code="no_stranger", sentence="No stranger was remembered when the name came; send it again for the one who is last now."
):
    """A stranger was to be enrolled by a name that came before any stranger who is not ignored."""


class UnknownCamera(CommandError, code="unknown_camera"):
    """There is no camera of that name."""

    def __init__(self, camera: str, cameras: Iterable[str]) -> None:
        super().__init__(f"There is no camera {camera!r}; there are: {', '.join(cameras)}.")


class CameraNotNamed(CommandError, code="no_camera"):
    """A snapshot was asked for without saying of which of several cameras, or of one that there is not."""

    def __init__(self, cameras: Iterable[str]) -> None:
        super().__init__(f"Name one of the cameras: {', '.join(cameras)}.")


class CameraOffline(CommandError, code="camera_offline"):
    """The camera before which somebody was being enrolled has gone."""

    def __init__(self, reason: str | None) -> None:
        super().__init__(f"{reason or 'The camera is offline.'} Nothing was enrolled.")


class NoFrame(CommandError, code="no_frame"):
    """A camera that gives no pictures, or has not yet given one."""

    def __init__(self, camera: str, why: str) -> None:
        super().__init__(f"Camera {camera!r} {why}")


class NoCapture(CommandError, code="no_capture"):
    """Nobody is being enrolled before this camera."""

    def __init__(self, camera: str) -> None:
        super().__init__(f"Nobody is being enrolled before a camera {camera!r}; there is nothing to cancel.")


class TooFewLooks(CommandError, code="too_few_looks"):
    """The time for an enrollment is up, and too little was seen of the person."""

    def __init__(self, accepted: int, wanted: int, least: int, seconds: float, missing: Iterable[str], advice: str) -> None:
        directions = ", ".join(missing)
        super().__init__(
            f"{accepted} of {wanted} looks could be taken in {seconds:g} s, and {least} are needed."
            f"{directions and f' Missing: {directions}.'} Last: {advice} Nothing was enrolled."
        )


class PlotError(EdgedError, code="no_plot"):
    """A plot that cannot be drawn: what draws it is not installed, or the file cannot be written."""


class FolderError(EdgedError, code="bad_folder"):
    """A folder that is not the one that was meant, or into which what is for Home Assistant cannot be written."""


class LabelsError(EdgedError, code="bad_labels"):
    """Labelled pictures to measure with that do not say what they show, or are too few."""
