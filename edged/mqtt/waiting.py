"""Requests that wait to be carried out, as many as memory and their askers' patience allow.

Stands between the link's thread, which puts, and the worker's, which takes; what a request says is not known here.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.interface.messages import Request

MOST_BYTES = 20_000_000
"""Of the requests that wait, together."""
OWN_BYTES = 2_000
"""What a request takes in memory beside its payload, about."""
FEW = 20
"""So many may wait for as long as it takes: a request that takes long must not have those after it refused."""
PATIENCE_SECONDS = 1.5
"""In a flood, who has waited for longer is refused: an answer is promised within two seconds, and who asks again gets it."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    request: Request
    size: int
    since: float


class WaitingRequests:
    """The queue between the two threads; a deque's ends are safe to use from both, and each of the sums is one thread's own."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """Begin empty; monotonic gives seconds."""
        self._monotonic = monotonic
        self._queue: deque[_Waiting] = deque()
        self._bytes_put = self._bytes_taken = 0

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, request: Request, payload_bytes: int) -> bool:
        """Have a request wait; False where there is no room for it."""
        size = payload_bytes + OWN_BYTES
        if self._bytes_put - self._bytes_taken + size > MOST_BYTES:
            return False
        self._bytes_put += size
        self._queue.append(_Waiting(request, size, self._monotonic()))
        return True

    def take(self) -> tuple[Request | None, bool]:
        """The request that has waited longest, and whether it has waited too long to be carried out."""
        if not self._queue:
            return None, False
        is_flood = len(self._queue) > FEW
        oldest = self._queue.popleft()
        self._bytes_taken += oldest.size
        return oldest.request, is_flood and self._monotonic() - oldest.since > PATIENCE_SECONDS
