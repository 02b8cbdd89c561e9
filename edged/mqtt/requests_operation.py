"""Requests that operate the device: look through a camera, test it, read the gallery again, erase pictures.

Knows the form of these requests; how they are answered is not known here.
"""

from __future__ import annotations

from pydantic import StrictBool  # noqa: TC002 - pydantic looks it up when it makes the class

from edged import commands
from edged.mqtt.form import Form, Name


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
