"""How the threads of this process share its heap, Python's lock and the processor's cores.

It does not know which threads there are, nor what they do.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

M_ARENA_MAX, M_MMAP_THRESHOLD = -8, -3
"""Options of glibc's mallopt(), from malloc.h; other C libraries have no such function, or ignore it."""
TURN_SECONDS = 0.0005
"""Seconds for which one thread keeps Python's lock while others want it. A frame lets go of it some dozens of times, at each call of OpenCV
and of a network, and waits for so long each time while a thread works in Python alone. Beside such a thread a look at a frame took 40, 39
and 28 ms in the median with Python's 5 ms, and 38, 14 and 17 ms with this (2 busy cores, 150 looks each, taking turns)."""
OWN_BYTES = 128 * 1024
"""Size from which on a block has memory of its own, given back as soon as it is free: frames, and what networks work in. Smaller ones are
cut from the heap, which a network that comes and goes would leave in pieces. With 2,000 people 2 MB less stay than with 512 KiB, at ten
page faults more for each frame, which the processor time of 286 rounds with a frame does not show (median 3.7 to 4.0 ms both ways)."""
MAPPED = Path("/proc/self/maps")
"""What this process has mapped (Linux, proc(5)); the last word of a line is the file."""
BLAS = "openblas"
"""Word in the path of OpenBLAS: in numpy's wheels it is a part of the file's name, in Debian's packages of its directory."""
BUILDS = [f"{before}openblas_{{}}_num_threads{behind}" for before in ("", "scipy_") for behind in ("", "64_", "_64")]
"""Names of the functions of OpenBLAS that set and get the number of threads: builds with 64-bit numbers, and those of numpy, differ."""


def prepare_for_threads() -> None:
    """Have the threads of this process share one heap and take short turns, and let there be no others for arithmetic.

    To be called before there are any, and after numpy was imported.
    """
    use_one_arena()
    use_one_blas_thread()
    sys.setswitchinterval(TURN_SECONDS)


def use_one_arena() -> None:
    """Have glibc keep one heap for all threads, before there are any: one for each thread holds 6 MB more."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, 1)
        mallopt(M_MMAP_THRESHOLD, OWN_BYTES)


def use_one_blas_thread() -> None:
    """Have OpenBLAS work a product out on the thread that asks for it, where numpy has it.

    With several it waits, in a loop, for whoever is slowest, and on a busy device that is one who waits for a core: 32 templates against
    10,000 took 16 ms with two threads beside other work, and 2 ms with one. `edged calibrate --learn` with seven pairs of look-alikes
    took 108 s, 18 of them of the processor, with two threads at a load of 20, and 8 and 1.2 s with one.
    """
    for set_threads in _of_blas("set"):
        set_threads(1)


def has_one_blas_thread() -> bool:
    """Whether numpy has OpenBLAS, and it works on the thread that asks alone; takes microseconds but for the first time."""
    found = [int(get_threads()) for get_threads in _of_blas("get")]
    return bool(found) and max(found) == 1


@cache
def _of_blas(verb: str) -> tuple[Callable[..., int], ...]:
    """That function of each OpenBLAS that is loaded: numpy's, and that of a library that brings one."""
    try:
        mapped = MAPPED.read_text(encoding="utf-8", errors="replace").splitlines()
        libraries = [ctypes.CDLL(file) for file in {line.split(maxsplit=5)[-1] for line in mapped if BLAS in line}]
    except OSError:
        return ()
    names = [build.format(verb) for build in BUILDS]
    return tuple(getattr(library, name) for library in libraries for name in names if hasattr(library, name))
