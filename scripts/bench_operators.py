"""Times the networks operator by operator, beside the least time that their multiplications need at the rate this machine reaches.

It knows files and the runtime, and not what the networks see; the runtime's Python tells no times of operators, so each is run alone.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from bench_machine import BenchError
from tflite_operators import Operator, operators_of, plain_convolution

try:
    from ai_edge_litert.interpreter import Interpreter
except ImportError:
    Interpreter = None

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

PLACES, CHANNELS = (32, 32), (512, 512)
"""Height and width, and channels in and out, of the convolution that tells the rate: 268 million multiplications, whose weights and
values stay in the second cache of the processors that were met."""
ROUNDS, QUICK_ROUNDS = 40, 3
"""Times that each operator has its turn; the least is given, which other work on the machine changes least."""
TURN_SECONDS = 0.002
"""Seconds of a turn: an operator of some microseconds is run often enough that the clock's own step is nothing."""
WARM_UP = 5
"""Runs before the first turn."""
SEED = 20_240_229


@dataclass(frozen=True, slots=True)
class Kind:
    """All operators of one kind in a network: how many, their multiplications, and the seconds that they take, each run alone."""

    name: str
    count: int
    multiplications: int
    seconds: float


@dataclass(frozen=True, slots=True)
class NetworkTime:
    """One file: its multiplications, the seconds of a bare invoke(), and its operators by kind, the longest first."""

    file: str
    multiplications: int
    seconds: float
    kinds: tuple[Kind, ...]

    def bound(self, rate: float) -> float:
        """Give the seconds that the multiplications need at so many of them a second."""
        return self.multiplications / rate


@dataclass(frozen=True, slots=True)
class OperatorTimes:
    """The multiplications a second that this machine reaches in int8, and every network."""

    rate: float
    networks: tuple[NetworkTime, ...]


class _Turns:
    """A network in memory with noise as input, run in turns; least is the shortest of them, in seconds of processor time of one run."""

    def __init__(self, content: bytes) -> None:
        """Load it for one thread, so that this thread's processor time is all that it takes."""
        if Interpreter is None:
            raise BenchError("Operators are timed with ai-edge-litert only; it is not installed here.")
        self._interpreter = Interpreter(model_content=content, num_threads=1)
        self._interpreter.allocate_tensors()
        noise = np.random.default_rng(SEED)
        for detail in self._interpreter.get_input_details():
            self._interpreter.set_tensor(detail["index"], _noise(noise, detail))
        taken = min(self._run(1) for _ in range(WARM_UP))
        self._count, self.least = max(1, round(TURN_SECONDS / max(taken, 1e-7))), taken

    def take_turn(self) -> None:
        """Run it for a moment."""
        self.least = min(self.least, self._run(self._count))

    def _run(self, count: int) -> float:
        invoke, started = self._interpreter.invoke, time.thread_time()
        for _ in range(count):
            invoke()
        return (time.thread_time() - started) / count


def time_operators(models: Path, rounds: int) -> OperatorTimes:
    """Time every network below a folder of models.

    Raises:
        BenchError: there is none, or the runtime is one that tells no operators.
    """
    files = sorted(models.glob("*/*.tflite"))
    if not files:
        raise BenchError(f"There is no network below {models}.")
    plain, nothing = _Turns(plain_convolution(PLACES, CHANNELS)), _Turns(plain_convolution((1, 1), (1, 1)))
    for _ in range(rounds):
        plain.take_turn()
        nothing.take_turn()
    networks = tuple(_time_network(file, rounds, nothing) for file in files)
    return OperatorTimes(PLACES[0] * PLACES[1] * CHANNELS[0] * CHANNELS[1] / plain.least, networks)


def _time_network(file: Path, rounds: int, nothing: _Turns) -> NetworkTime:
    content = file.read_bytes()
    operators, whole = operators_of(content), _Turns(content)
    alone = [_Turns(operator.content) for operator in operators]
    for _ in range(rounds):
        for turns in (whole, *alone):
            turns.take_turn()
    return NetworkTime(
        file.name,
        sum(operator.multiplications for operator in operators),
        whole.least,
        _by_kind(operators, [max(0.0, turns.least - nothing.least) for turns in alone]),
    )


def _by_kind(operators: Sequence[Operator], seconds: Sequence[float]) -> tuple[Kind, ...]:
    counts = Counter(operator.kind for operator in operators)
    taken, multiplied = defaultdict[str, float](float), Counter[str]()
    for operator, least in zip(operators, seconds, strict=True):
        taken[operator.kind] += least
        multiplied[operator.kind] += operator.multiplications
    kinds = [Kind(name, count, multiplied[name], taken[name]) for name, count in counts.items()]
    return tuple(sorted(kinds, key=lambda kind: -kind.seconds))


def operator_rows(found: OperatorTimes) -> Iterator[str]:
    """Say it for people: a paragraph for each network."""
    height, width = PLACES
    yield "one thread, processor time, least of the turns"
    yield (
        f"an int8 convolution of {CHANNELS[0]} to {CHANNELS[1]} channels at {height}x{width} places:"
        f" {found.rate / 1e9:.0f} thousand million multiplications a second"
    )
    for network in found.networks:
        bound = network.bound(found.rate)
        yield ""
        yield (
            f"{network.file}: {network.multiplications / 1e6:.1f} million multiplications, {1000 * bound:.2f} ms at that rate;"
            f" invoke() {1000 * network.seconds:.2f} ms, {network.seconds / bound:.1f} times as long"
        )
        yield from (_kind_row(kind) for kind in network.kinds)
        rest = network.seconds - sum(kind.seconds for kind in network.kinds)
        yield f"  {'beside the operators run alone':<34}{'':>15} {1000 * rest:9.3f} ms"


def _kind_row(kind: Kind) -> str:
    rate = f"   {kind.multiplications / kind.seconds / 1e9:6.0f} thousand million a second" if kind.multiplications and kind.seconds else ""
    return f"  {kind.count:>3} {kind.name:<30}{kind.multiplications / 1e6:>10.1f} mio. {1000 * kind.seconds:9.3f} ms{rate}"


def _noise(generator: np.random.Generator, detail: dict[str, Any]) -> object:
    if np.issubdtype(detail["dtype"], np.integer):
        limits = np.iinfo(detail["dtype"])
        return generator.integers(limits.min, limits.max, detail["shape"], dtype=detail["dtype"], endpoint=True)
    return generator.standard_normal(detail["shape"]).astype(detail["dtype"])
