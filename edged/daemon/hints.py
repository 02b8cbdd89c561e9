"""What a camera's pictures say of how it is set up, as sentences that name the key which helps.

It knows the keys of a camera, and not how it was found out that they are wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

WHOLE_TURN = 360
SIDEWAYS = frozenset({90, 270})
SEEN = {90: "lying on their side", 180: "upside down", 270: "lying on their side"}
"""How faces are seen that a turn by so many degrees makes upright."""


@dataclass(frozen=True, slots=True)
class Mounting:
    """How a camera's picture is turned by its configuration: `camera.rotate`, degrees clockwise, and then `camera.flip`."""

    rotate: int = 0
    flip: bool = False


def squeezed(camera: str, aspect: str, mounting: Mounting) -> str:
    """Say that faces are squeezed; aspect is the shape that the turned picture should have, as "16:9"."""
    if mounting.rotate in SIDEWAYS:
        aspect = ":".join(reversed(aspect.split(":")))
    return (
        f"The faces that camera {camera} shows are squeezed; where its picture looks so too, set camera.aspect to"
        f' "{aspect}" (width to height, as it should look) and restart edged.'
    )


def unusual(camera: str) -> str:
    """Say that faces are seen in a way in which people are hard to tell apart."""
    return (
        f"The faces that camera {camera} shows are hard to tell apart: blurred, squeezed, covered or badly lit. Strangers may get several"
        " ids and people stay strangers; look at its picture (request/snapshot), clean its lens, and give it light and a nearer place."
    )


def turned(camera: str, degrees: int, mounting: Mounting) -> str:
    """Say that faces are not upright; degrees is the turn of the picture, counter-clockwise, that would make them so."""
    clockwise = degrees if mounting.flip else WHOLE_TURN - degrees
    rotate = (mounting.rotate + clockwise) % WHOLE_TURN
    return (
        f"The faces that camera {camera} shows are {SEEN[degrees]}, and nobody is recognised so; turn the camera, or set camera.rotate to"
        f" {rotate} and restart edged."
    )
