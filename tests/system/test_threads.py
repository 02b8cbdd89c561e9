"""How threads share the process: what a thread wants worked out costs no other thread's time."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from edged.system import threads

OTHERS_WORK = """
import io, sys, threading, time
from contextlib import redirect_stdout
from pathlib import Path
import numpy as np
from edged.system.threads import has_one_blas_thread

def others_ms():
    own, tasks = str(threading.get_native_id()), Path("/proc/self/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks if task.name != own) / 1e6

{prepared}
templates = np.random.default_rng(0).normal(size=(4000, 128)).astype(np.float32)
before, own = others_ms(), time.thread_time()
for _ in range(5):
    product = templates @ templates.T
others, own = others_ms() - before, 1000 * (time.thread_time() - own)
print(others, own, float(product[7, 9]), float(templates[7] @ templates[9]), int(has_one_blas_thread()))
"""


DAEMON = "from edged.system.threads import prepare_for_threads; prepare_for_threads()"
COMMAND = """
from edged.cli.main import main
with redirect_stdout(io.StringIO()):
    main(["completion", "bash"])
"""


@pytest.mark.skipif(not threads.MAPPED.is_file(), reason="only Linux tells what a process has mapped")
@pytest.mark.parametrize("prepared", [DAEMON, COMMAND], ids=["daemon", "command"])
def test_a_product_of_matrices_is_worked_out_on_the_thread_that_asks_for_it(prepared: str) -> None:
    """With threads of its own OpenBLAS keeps the others' core busy, and waits for it where somebody else does."""
    done = subprocess.run([sys.executable, "-c", OTHERS_WORK.replace("{prepared}", prepared)], capture_output=True, text=True, check=True)
    others_ms, own_ms, product, known, is_one = map(float, done.stdout.split())
    assert others_ms < own_ms / 4, "those that have nothing to do look for work a little while; with a share of it they take as long"
    assert product == pytest.approx(known, rel=1e-4)
    assert is_one


def test_where_blas_has_several_threads_it_is_not_taken_for_one() -> None:
    """A search among many templates would wait for a thread that waits for a core."""
    command = "import numpy; from edged.system.threads import has_one_blas_thread; print(has_one_blas_thread())"
    for count in ("1", "2"):
        with_threads = {**os.environ, "OPENBLAS_NUM_THREADS": count, "OMP_NUM_THREADS": count}
        done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True, env=with_threads)
        assert done.stdout.strip() == str(count == "1")
