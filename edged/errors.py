"""Everything that the world can do wrong, as one tree of exceptions that write their own sentences.

Programmers' mistakes are `ValueError` and do not stand here; nothing here knows who raises or catches what.

    EdgedError
    ├── ConfigError
    ├── ModelError
    ├── CameraError
    │   └── CameraEnded
    ├── GalleryError
    │   ├── PersonNotFound
    │   ├── PersonExists
    │   ├── NameRejected
    │   ├── TemplateRejected
    │   ├── ArchiveRejected
    │   ├── WrongModel
    │   └── StrangerNotFound
    ├── CommandError
    ├── PictureError
    ├── LinkError
    ├── WorkerError
    └── CheckFailed
"""

from __future__ import annotations

EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_CONFIG = 78
"""sysexits' EX_CONFIG: systemd is told not to restart on it, since a restart cannot mend a config file."""


class EdgedError(Exception):
    """Any error that is not a defect of edged; str() is a sentence for its user, code a word for programs."""

    code = "failed"
    exit_code = EXIT_FAILURE


class ConfigError(EdgedError):
    """A configuration that cannot be used: says the file, the key, what is wrong and what is allowed."""

    code = "bad_config"
    exit_code = EXIT_CONFIG


class ModelError(EdgedError):
    """A network that is missing, changed, of the wrong shape, or gives wrong answers."""

    code = "bad_model"
    exit_code = EXIT_CONFIG


class CameraError(EdgedError):
    """A camera that cannot be opened, or has gone silent."""

    code = "camera"


class CameraEnded(CameraError):  # noqa: N818 - an end of file is no error in every use
    """A source that is played once has no frame left."""

    code = "camera_ended"


class GalleryError(EdgedError):
    """A gallery that cannot be read or written, or refuses what it was asked."""

    code = "gallery"


class PersonNotFound(GalleryError):  # noqa: N818 - the name reads as the fact
    """Nobody of that name is enrolled."""

    code = "person_not_found"

    def __init__(self, person: str) -> None:
        """Say who is missing and how to see who is there."""
        super().__init__(f"Nobody called {person!r} is enrolled; 'people' lists who is.")


class PersonExists(GalleryError):  # noqa: N818 - the name reads as the fact
    """Somebody of that name is enrolled already."""

    code = "person_exists"

    def __init__(self, person: str) -> None:
        """Say which name is taken."""
        super().__init__(f"{person!r} is enrolled already; forget that person first, or say that they are to be merged or replaced.")


class NameRejected(GalleryError):  # noqa: N818 - the name reads as the fact
    """A name that cannot be a person's."""

    code = "bad_name"


class TemplateRejected(GalleryError):  # noqa: N818 - the name reads as the fact
    """A picture that must not become a template; code says why."""

    def __init__(self, code: str, message: str) -> None:
        """Keep the code beside the sentence."""
        super().__init__(message)
        self.code = code


class ArchiveRejected(GalleryError):  # noqa: N818 - the name reads as the fact
    """An archive of people that cannot be read or written; code says why."""

    def __init__(self, code: str, message: str) -> None:
        """Keep the code beside the sentence."""
        super().__init__(message)
        self.code = code


class WrongModel(GalleryError):  # noqa: N818 - the name reads as the fact
    """Embeddings of different models were to be compared."""

    code = "wrong_model"

    def __init__(self, found: str, expected: str) -> None:
        """Name both models."""
        super().__init__(f"An embedding of model {found!r} cannot be compared with those of {expected!r}; enroll again or re-embed.")


class StrangerNotFound(GalleryError):  # noqa: N818 - the name reads as the fact
    """No stranger of that id is remembered, or not any more."""

    code = "stranger_not_found"

    def __init__(self, stranger: str) -> None:
        """Say who is missing and how to see who is there."""
        super().__init__(f"No stranger {stranger!r} is remembered; 'strangers' lists who is.")


class PictureError(EdgedError):
    """Bytes or a file that is not a picture, or one too large to be opened."""

    code = "bad_image"


class CommandError(EdgedError):
    """A malformed or refused request; becomes a reply, never a crash."""

    def __init__(self, code: str, message: str) -> None:
        """Keep the code beside the sentence."""
        super().__init__(message)
        self.code = code


class LinkError(EdgedError):
    """The broker cannot be reached or has been lost."""

    code = "broker"


class WorkerError(EdgedError):
    """Frames cannot be looked at any more; the service is to be started anew."""

    code = "worker"

    def __init__(self, camera: str, frames: int) -> None:
        """Say which camera and how many frames."""
        super().__init__(f"{frames} frames of camera {camera!r} in a row could not be looked at; starting anew is the way out.")


class CheckFailed(EdgedError):  # noqa: N818 - the name reads as the fact
    """`edged check` found something wrong and has said so line by line."""

    code = "check_failed"
