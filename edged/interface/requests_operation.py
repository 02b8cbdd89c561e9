"""Requests that operate the device: settings, pauses, look through a camera, test it, read the gallery again, erase pictures.

Knows the form of these requests; how they are answered is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, StrictBool

from edged.interface import commands
from edged.interface.fields import Form, Name, Plain

if TYPE_CHECKING:
    from edged.interface.commands import Json


class SettingsRequest(Form):
    """`…/request/settings`: read all settings, and change those that are given."""

    set: dict[str, Plain] = Field(default_factory=dict, max_length=100)
    """New values by name; null goes back to the configuration's."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        changes: dict[str, Json] = dict(self.set)
        return commands.Settings(changes)


class PauseRequest(Form):
    """`…/request/pause`: do not look at a camera any more."""

    camera: Name | None = None
    """Name of the camera; null: all of them."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        return commands.Pause(self.camera, paused=True)


class ResumeRequest(Form):
    """`…/request/resume`: look at a camera again."""

    camera: Name | None = None
    """Name of the camera; null: all of them."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        return commands.Pause(self.camera, paused=False)


class SnapshotRequest(Form):
    """`…/request/snapshot`: the newest frame of a camera."""

    camera: Name | None = None
    """Name of the camera; null where there is only one."""
    marked: StrictBool = False
    """Draw a frame around each face."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        return commands.Snapshot(self.camera, self.marked)


class SelfTestRequest(Form):
    """`…/request/self_test`: whether networks, gallery and cameras are right."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        return commands.SelfTest()


class ReloadRequest(Form):
    """`…/request/reload`: read the gallery file again."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        return commands.Reload()


class ErasePicturesRequest(Form):
    """`…/request/erase_pictures`: erase every picture that is kept."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        return commands.ErasePictures()
