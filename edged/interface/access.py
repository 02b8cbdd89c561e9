"""Access: which requests are carried out of all that whoever may publish on the broker can send.

It knows which verbs the owner has allowed and where answers may go; what a request does is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, get_args

from edged.config import VerbGroup
from edged.errors import ForeignResponseTopic, NotAllowed
from edged.interface.form import MAX_NAME_CHARACTERS, shortened
from edged.interface.messages import Request
from edged.interface.topics import discovery_filters, matches
from edged.interface.verbs import VERBS, row_of

if TYPE_CHECKING:
    from edged.interface.topics import Topics

EVERY_GROUP: frozenset[VerbGroup] = frozenset(get_args(VerbGroup))


@dataclass(frozen=True, slots=True)
class Access:
    """What the owner of a device has allowed; every verb, and no topic of others, where nothing is said."""

    topics: Topics
    groups: frozenset[VerbGroup] = EVERY_GROUP
    response_topics: tuple[str, ...] = ()
    """Filters of topics of others that answers may be sent to."""

    def verbs(self) -> tuple[str, ...]:
        """The names of the verbs that are carried out."""
        return tuple(name for name, row in VERBS.items() if row.group in self.groups)

    def refused_verbs(self) -> tuple[str, ...]:
        """The names of those that are not."""
        return tuple(name for name, row in VERBS.items() if row.group not in self.groups)

    def checked(self, request: Request) -> Request:
        """The request, or, where it is not allowed, the same with an error in place of its command."""
        topic, row = request.address.response_topic, row_of(request)
        if topic and not self._may_answer_on(topic):
            refused = ForeignResponseTopic(shortened(topic, MAX_NAME_CHARACTERS), f"{self.topics.root}/response")
            return Request(replace(request.address, response_topic=None), refused)
        if row is None or row.group in self.groups:
            return request
        return replace(request, command=NotAllowed(row.name, row.group))

    def _may_answer_on(self, topic: str) -> bool:
        """Below our own only among the answers, whatever is allowed: nobody may have us fake an event or a state, or ask ourselves."""
        if any(sign in topic for sign in "+#\0"):
            return False
        own = topic.startswith(f"{self.topics.root}/") or any(matches(one, topic) for one in discovery_filters(self.topics))
        return topic.startswith(f"{self.topics.root}/response/") if own else any(matches(one, topic) for one in self.response_topics)
