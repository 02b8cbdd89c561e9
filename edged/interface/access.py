"""Access: which requests are carried out of all that whoever may publish on the broker can send.

It knows what the owner has allowed; what a request does, and how it is answered, is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, get_args

from edged.config import VerbGroup
from edged.errors import NotAllowed
from edged.interface.verbs import VERBS, row_of

if TYPE_CHECKING:
    from edged.interface.messages import Request

EVERY_GROUP: frozenset[VerbGroup] = frozenset(get_args(VerbGroup))


@dataclass(frozen=True, slots=True)
class Access:
    """What the owner has allowed; everything, where nothing is said."""

    groups: frozenset[VerbGroup] = EVERY_GROUP

    def verbs(self) -> tuple[str, ...]:
        """The names of the verbs that are carried out."""
        return tuple(name for name, row in VERBS.items() if row.group in self.groups)

    def refused_verbs(self) -> tuple[str, ...]:
        """The names of those that are not."""
        return tuple(name for name, row in VERBS.items() if row.group not in self.groups)

    def checked(self, request: Request) -> Request:
        """The request, or, where it is not allowed, the same with an error in place of its command."""
        row = row_of(request)
        if row is None or row.group in self.groups:
            return request
        return replace(request, command=NotAllowed(row.name, row.group))
