"""The form of a request to enroll somebody who stands before a camera.

Knows the fields and their ranges; what is seen of whom is not known here.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt

from edged.interface import commands

MOST_LOOKS = 5
"""There are so many directions to look in."""
LONGEST_SECONDS = 300


class CaptureForm(BaseModel):
    """`capture` of `…/request/enroll`."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)

    camera: Annotated[str, Field(min_length=1, max_length=256)]
    """The camera's name."""
    looks: Annotated[StrictInt, Field(ge=1, le=MOST_LOOKS)] = MOST_LOOKS
    """How many different looks to take."""
    timeout_seconds: Annotated[StrictInt | StrictFloat, Field(ge=1, le=LONGEST_SECONDS)] = 60
    """How long to try."""
    cancel: StrictBool = False
    """True: end the capture that this camera is at; nobody is enrolled."""

    def command(self, person: str, display_name: str | None, *, allow_alike: bool) -> commands.Command:
        """The command that is asked for."""
        return commands.EnrollLive(person, display_name, self.camera, self.looks, float(self.timeout_seconds), allow_alike)
