"""The forms of the requests on strangers who are remembered: list them, ignore one.

Knows the form of messages; what is done with them is not known here.
"""

from __future__ import annotations

from pydantic import StrictBool  # noqa: TC002 - pydantic looks it up when it makes the class

from edged.interface import commands
from edged.interface.fields import Form, Name


class StrangersRequest(Form):
    """`…/request/strangers`: list the strangers that are remembered."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        return commands.ListStrangers()


class IgnoreRequest(Form):
    """`…/request/ignore`: never report a stranger again, or do."""

    stranger: Name
    """Id of the stranger."""
    ignored: StrictBool = True
    """False: report them again."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        return commands.Ignore(self.stranger, self.ignored)
