"""Requests that wait to be carried out, as many as memory and their askers' patience allow.

The link's thread puts them here and the worker's takes them; what a request says is not known here.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.interface.messages import Request

MOST_BYTES, OWN_BYTES = 20_000_000, 2_000
"""Memory that all waiting requests may take together, and that one takes beside its payload, about."""
FEW_REQUESTS, PATIENCE_SECONDS = 20, 1.5
"""Number of requests that may wait for as long as it takes, since one that takes long must not have those after it refused; more of them
are a flood, and are refused after so many seconds: an answer is promised within two, also if it is to ask again."""


class WaitingRequests:
    """A queue between two threads, which share only the ends of a deque; of the two sums each is written by one of them."""

    def __init__(self, monotonic: Callable[[], float], most_request_bytes: int = 0) -> None:
        """Begin empty, with room for one request of so many bytes at least; monotonic gives seconds."""
        self._monotonic, self._most_bytes = monotonic, max(MOST_BYTES, most_request_bytes + OWN_BYTES)
        self._queue: deque[tuple[Request, int, float]] = deque()  # with its size in bytes, and since when it waits
        self._bytes_put = self._bytes_taken = 0

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, request: Request, payload_bytes: int) -> bool:
        """Let a request wait; False where there is no room for it."""
        size = payload_bytes + OWN_BYTES
        if self._bytes_put - self._bytes_taken + size > self._most_bytes:
            return False
        self._bytes_put += size
        self._queue.append((request, size, self._monotonic()))
        return True

    def take(self) -> tuple[Request | None, bool]:
        """Take the request that has waited longest, and whether it has waited too long to be carried out."""
        if not self._queue:
            return None, False
        is_flood = len(self._queue) > FEW_REQUESTS
        request, size, since = self._queue.popleft()
        self._bytes_taken += size
        return request, is_flood and self._monotonic() - since > PATIENCE_SECONDS
