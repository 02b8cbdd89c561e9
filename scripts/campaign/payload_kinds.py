"""Kinds of faults that come by the broker: requests that mean harm, or that a program has made which has gone wrong.

They are those of tests/hostile.py, none of which may change anything.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from campaign.kinds import Kind
from edged.interface.verbs import VERBS
from tests.hostile import BARE, UNREADABLE, floods

if TYPE_CHECKING:
    from campaign.door import Door

NONSENSE = tuple(payload for payload in UNREADABLE if payload)
"""Without the empty one, which asks for what needs no field, such as a pause of all cameras."""
PAYLOADS = 30
"""Payloads that count as one fault."""
WHOLE = json.dumps({"id": "cut", "person": "guest_1", "display_name": "Mallory", "set": {"margin": 0.3}, "image": "AAAA"}).encode()


def payloads(door: Door) -> None:
    """Send what cannot be read, is far too much, or was cut off."""
    verbs = sorted(VERBS)
    for _ in range(PAYLOADS):
        verb = door.random.choice(verbs)
        topic, payload = door.random.choice(
            (
                (f"request/{verb}", door.random.choice(NONSENSE)),
                (f"request/{verb}", WHOLE[: door.random.randrange(1, len(WHOLE))]),
                door.random.choice(BARE),
            )
        )
        door.witness.send(topic, payload)
    door.witness.send(f"request/{verb}", door.random.choice(floods(verb)))
    door.live(0.5)


PAYLOAD_KINDS = (Kind("payloads", payloads),)
