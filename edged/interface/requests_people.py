"""The forms of the requests on people: enroll, list, look at one, rename, merge, forget, calibrate, export and import.

Knows the form of messages; what is done with them is not known here.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from edged.errors import CommandError
from edged.interface import commands
from edged.interface.capture_form import CaptureForm  # noqa: TC001 - pydantic reads the annotation
from edged.interface.fields import Encoded, Form, Name

MOST_NAMES = 1000
MAX_IMAGES = 20


class EnrollRequest(Form):
    """`…/request/enroll`: make templates of a person."""

    person: Name | None = None
    """Name or id; the id is made of it: lower case, `_` for spaces. Only a capture is cancelled without."""
    display_name: Annotated[str, Field(max_length=256)] | None = None
    """Name to show; null: of a new person what `person` says, others keep theirs."""
    image: Encoded | None = None
    """One picture, base64 of a JPEG or PNG with exactly one clear face."""
    images: Annotated[list[Encoded], Field(max_length=MAX_IMAGES)] | None = None
    """Several such pictures."""
    stranger: Name | None = None
    """In place of pictures: the id of a remembered stranger, who becomes this person."""
    capture: CaptureForm | None = None
    """In place of pictures: looks at who stands before a camera now."""
    allow_alike: StrictBool = False
    """Enroll somebody who looks like somebody else: a relative."""

    def command(self) -> commands.Command:
        """The command that is asked for.

        Raises:
            CommandError: no picture, stranger or capture, or several of these; or nobody to enroll.
        """
        images = (*([self.image] if self.image else []), *(self.images or []))
        if [bool(images), self.stranger is not None, self.capture is not None].count(True) != 1:
            raise CommandError(
                "bad_request",
                "Give a picture as 'image' or several as 'images' (base64 of a JPEG or PNG), or else a 'stranger', or else a 'capture'.",
            )
        if self.capture is not None and self.capture.cancel:
            return commands.CancelLive(self.capture.camera)
        if self.person is None:
            raise CommandError("bad_request", "person: say who is to be enrolled.")
        if self.capture is not None:
            return self.capture.command(self.person, self.display_name, allow_alike=self.allow_alike)
        if self.stranger is not None:
            return commands.Promote(self.person, self.display_name, self.stranger, self.allow_alike)
        return commands.Enroll(self.person, self.display_name, images, self.allow_alike)


class PeopleRequest(Form):
    """`…/request/people`: list who is enrolled."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        return commands.ListPeople()


class ForgetRequest(Form):
    """`…/request/forget`: erase a person or a stranger."""

    person: Name
    """Id or name of a person, or id of a stranger."""
    with_strangers: StrictBool = False
    """Also the strangers who are like the person."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        return commands.Forget(self.person, self.with_strangers)


class PersonRequest(Form):
    """`…/request/person`: one person with their templates."""

    person: Name
    """Id or name."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        return commands.ShowPerson(self.person)


class RenameRequest(Form):
    """`…/request/rename`: change the name to show."""

    person: Name
    """Id or name."""
    display_name: Name
    """The name to show from now on."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        return commands.Rename(self.person, self.display_name)


class MergeRequest(Form):
    """`…/request/merge`: give one person's templates to another."""

    person: Name
    """Id or name of who goes."""
    into: Name
    """Id or name of who stays."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        return commands.Merge(self.person, self.into)


class CalibrateRequest(Form):
    """`…/request/calibrate`: the gallery's own figures."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        return commands.Calibrate()


class ExportRequest(Form):
    """`…/request/export`: people as an archive."""

    people: Annotated[list[Name], Field(min_length=1, max_length=MOST_NAMES)] | None = None
    """Ids or names; null: everybody."""
    pictures: StrictBool = True
    """Whether the pictures that are kept go with them."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        return commands.Export(None if self.people is None else tuple(self.people), self.pictures)


class ImportRequest(Form):
    """`…/request/import`: take people from an archive."""

    archive: Encoded
    """As `export` gave it, base64."""
    if_exists: Literal["refuse", "merge", "replace"] = "refuse"
    """What becomes of somebody whose id is here already."""
    allow_alike: StrictBool = False
    """Take people who look like others here."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        return commands.Import(self.archive, self.if_exists, self.allow_alike)
