"""Requests on a picture that is sent with them: who is it, is it the same, how do they look, what does it hold.

Knows the form of these requests; how they are answered is not known here.
"""

from __future__ import annotations

from edged.errors import CommandError
from edged.interface import commands
from edged.interface.fields import Encoded as Image
from edged.interface.fields import Form, Name


class RecogniseRequest(Form):
    """`…/request/recognise`: who each face of a picture is."""

    image: Image
    """Base64 of a JPEG or PNG."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        return commands.Recognise(self.image)


class VerifyRequest(Form):
    """`…/request/verify`: whether it is this person, or the same as in another picture."""

    image: Image
    """Base64 of a JPEG or PNG; its largest face counts."""
    person: Name | None = None
    """Id or name of a person."""
    other_image: Image | None = None
    """In place of a person: another picture."""

    def command(self) -> commands.Command:
        """The command that is asked for.

        Raises:
            CommandError: neither a person nor another picture, or both.
        """
        if self.person is not None and self.other_image is None:
            return commands.Verify(self.image, self.person)
        if self.other_image is not None and self.person is None:
            return commands.Verify(self.image, self.other_image)
        raise CommandError("bad_request", "Give either a 'person' or a second picture as 'other_image'.")


class AnalyseRequest(Form):
    """`…/request/analyse`: expression, age range and gender of each face of a picture."""

    image: Image
    """Base64 of a JPEG or PNG."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        return commands.Analyse(self.image)


class RepresentRequest(Form):
    """`…/request/represent`: the embedding of each face of a picture."""

    image: Image
    """Base64 of a JPEG or PNG."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        return commands.Represent(self.image)


class ExtractRequest(Form):
    """`…/request/extract`: each head of a picture as a picture of its own."""

    image: Image
    """Base64 of a JPEG or PNG."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        return commands.Extract(self.image)
