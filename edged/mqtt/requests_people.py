"""The forms of the requests on people who are enrolled: look at one, rename, merge, calibrate, export and import.

Knows the form of messages; what is done with them is not known here.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from edged import commands
from edged.mqtt.form import Encoded, Form, Name

MOST_NAMES = 1000


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
