"""What a program that is aborted says of its threads, whatever they do: work in Python, hang in native code, or keep Python's lock."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.broker import PATIENCE_SECONDS, wait_until

BEGIN = """
import ctypes, faulthandler, os, sys, threading
faulthandler.enable()  # as PYTHONFAULTHANDLER=1 does
from edged.system.aborting import print_threads_when_aborted
print_threads_when_aborted()
lock = ctypes.create_string_buffer(64)  # a mutex of its own

def works():
    while True:
        nested(20)

def nested(depth):
    return depth and nested(depth - 1)

def hangs(library):
    library.pthread_mutex_lock(lock)
    print("begun", flush=True)
    library.pthread_mutex_lock(lock)
"""
"""hangs() waits for ever for itself, in C: with CDLL Python's lock is free meanwhile, with PyDLL it is not."""


def aborted(tmp_path: Path, code: str, *, stopped: bool = False, killed_after: str | None = None) -> tuple[int, str]:
    """Exit code and standard error of a program that is aborted once it has begun; killed when it has said something, if that is given."""
    said = tmp_path / "stderr"
    with said.open("wb") as stderr:
        program = subprocess.Popen([sys.executable, "-c", BEGIN + code], stdout=subprocess.PIPE, stderr=stderr)
        assert program.stdout
        assert program.stdout.readline() == b"begun\n"
        if killed_after:
            wait_until(lambda: waits(program.pid), "it hangs")
        for number in (signal.SIGSTOP, signal.SIGABRT, signal.SIGCONT) if stopped else (signal.SIGABRT,):
            program.send_signal(number)
        if killed_after:
            wait_until(lambda: killed_after in said.read_text(encoding="utf-8"), "it has said so")
            assert program.poll() is None
            program.kill()
        code_of_exit = program.wait(PATIENCE_SECONDS)
        program.stdout.close()
    return code_of_exit, said.read_text(encoding="utf-8")


def waits(process: int) -> bool:
    """Whether its main thread waits for something: in a program whose other threads do nothing, not for Python's lock."""
    return Path(f"/proc/{process}/task/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "S"


WORKING = """
for number in range(8):
    threading.Thread(target=works, daemon=True).start()
print("begun", flush=True)
works()
"""


@pytest.mark.parametrize("stopped", [False, True])
def test_threads_at_work_are_all_named_once_the_program_is_aborted(tmp_path: Path, stopped: bool) -> None:  # noqa: FBT001
    code, said = aborted(tmp_path, WORKING, stopped=stopped)
    assert code == -signal.SIGABRT, said
    assert "Fatal Python error: Aborted" in said
    in_c = said.count("C stack trace (most recent call first)")  # from Python 3.14 on
    assert said.count("(most recent call first)") - in_c == 1 + 8 + 2, "the thread that was interrupted; and all, with the one that says so"
    assert "in works" in said
    assert "Segmentation fault" not in said


def test_a_program_that_hangs_in_native_code_says_where(tmp_path: Path) -> None:
    code, said = aborted(tmp_path, "threading.Thread(target=works, daemon=True).start()\nhangs(ctypes.CDLL(None))")
    assert code == -signal.SIGABRT, said
    assert said.count("in hangs") == 2, "by the handler, and among all threads"
    assert "in works" in said


def test_one_that_keeps_python_s_lock_for_ever_says_so_before_it_is_killed(tmp_path: Path) -> None:
    code, said = aborted(tmp_path, "hangs(ctypes.PyDLL(None))", killed_after="in hangs")
    assert (code, said.count("in hangs")) == (-signal.SIGKILL, 1)


def test_native_code_that_aborts_says_who_called_it() -> None:
    code = BEGIN + "def calls():\n    ctypes.CDLL(None).abort()\ncalls()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=PATIENCE_SECONDS, check=False)
    assert done.returncode == -signal.SIGABRT
    assert b"in calls" in done.stderr


def test_other_signals_do_what_they_did() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + "import signal\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\nos.kill(os.getpid(), 15)"],
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (7, b"")
