"""What everything that edged sends as JSON has in common.

It does not know what is sent.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Payload(BaseModel):
    """What edged sends: nothing stands in it but what its form names."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    def to_json(self) -> bytes:
        """UTF-8 JSON."""
        return self.model_dump_json().encode()
