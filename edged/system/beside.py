"""Calls that run beside the worker, on one thread of their own and in their order: it asks whether they are done, and goes on meanwhile.

It does not know what they do. State stays with the worker: a call is given all that it needs, and what it finds out is taken from it.
"""

from __future__ import annotations

from queue import SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

ResultT = TypeVar("ResultT")


class Pending:
    """Something that is done elsewhere; whoever does it wakes the worker at its end."""

    def __init__(self) -> None:
        """Begin undone."""
        self._done = Event()

    @property
    def is_done(self) -> bool:
        """Whether it has ended, well or not."""
        return self._done.is_set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it has ended, None: for as long as it takes; whether it has. Not for the worker while it has cameras."""
        return self._done.wait(seconds)


Turn: TypeAlias = Pending | None
"""What work in steps yields: None gives the cameras a turn and goes on at once, something pending goes on when that is done."""
Turns: TypeAlias = "Generator[Turn, None, ResultT]"
"""Work in steps, none of them longer than some tens of milliseconds, and its result."""


class Call(Pending, Generic[ResultT]):
    """A call that runs beside the worker, with its result."""

    def __init__(self, do: Callable[[], ResultT]) -> None:
        """Take what is to be called."""
        super().__init__()
        self._do: Callable[[], ResultT] | None = do
        self._result: ResultT
        self._error: Exception | None = None

    @classmethod
    def done(cls, result: ResultT) -> Call[ResultT]:
        """Give a call that has been made."""
        call = cls(lambda: result)
        call.run()
        return call

    def run(self) -> None:
        """Call it, and keep what it gives or raises; it lets go of all that it was given."""
        do, self._do = self._do, None
        try:
            if do is not None:
                self._result = do()
        except Exception as error:  # noqa: BLE001 - raised again by result(), for whoever asked
            self._error = error
        self._done.set()

    @property
    def has_failed(self) -> bool:
        """Whether it has raised."""
        return self._error is not None

    def result(self) -> ResultT:
        """Give what it gave, or raise what it raised; only once it is done."""
        if self._error is not None:
            raise self._error
        return self._result

    def in_turns(self) -> Turns[ResultT]:
        """Give its result as work in steps, which waits for it."""
        while not self.is_done:
            yield self
        return self.result()


class Beside:
    """A thread that makes calls one after the other; without one they are made at once, as commands of the shell want it."""

    def __init__(self, name: str | None = None, *, on_done: Callable[[], None] = lambda: None) -> None:
        """Start a thread of this name; None: no thread. on_done is called on it after each call."""
        self._calls: SimpleQueue[Call[object] | None] | None = SimpleQueue() if name else None
        self._on_done = on_done
        self._thread = Thread(target=self._run, name=name, daemon=True) if name else None  # daemon: a disk may never answer
        if self._thread:
            self._thread.start()

    def submit(self, do: Callable[[], ResultT]) -> Call[ResultT]:
        """Have it called after all that was submitted before."""
        call = Call(do)
        if self._calls is None:
            call.run()
        else:
            self._calls.put(call)  # type: ignore[arg-type] # the thread only runs it
        return call

    def close(self, seconds: float) -> bool:
        """Make the calls that were submitted, and end the thread; whether that came to its end in this time."""
        if self._calls is None or self._thread is None:
            return True
        self._calls.put(None)
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while self._calls is not None and (call := self._calls.get()) is not None:
            call.run()
            del call  # what it gave may be large
            self._on_done()


def finish(steps: Generator[object, None, ResultT]) -> ResultT:
    """Do work in steps as a whole, waiting for what is pending, and give its result."""
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            result: ResultT = end.value
            return result
        if isinstance(step, Pending):
            step.wait()
