"""The command `scripts/reconnects`: a camera that fails again and again, and whether whoever reads it takes more of the machine each time.

How it fails is not known here.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

from rtsp_trial.camera import CLIPS, PASSWORD, PASSWORD_PARTS, USER, FailingCamera
from rtsp_trial.faults import FAULTS, after, suffer
from rtsp_trial.witness import Take, Witness

WARM_UP = len(FAULTS)
"""Reconnects after which memory is counted: code and the first buffers of each codec are loaded in the first of each kind."""
HUNG_SECONDS = 15.0
"""Longest wait for threads that hang in FFmpeg, which gives up after 10 s."""
MOST_GROWTH_MB = 10.0
"""Growth of memory, 10^6 bytes from the median of the first quarter of what is counted to that of the last, that is a leak: one frame
of the largest clip that was kept each time would be 60 MB in 200 reconnects."""


def main() -> int:
    """Run it, and print a table; 1 where something grows, or the password is found."""
    parser = argparse.ArgumentParser(prog="scripts/reconnects", description="What a camera that fails again and again does to edged.")
    parser.add_argument("--count", type=int, default=200, help="how many reconnects (default: 200)")
    parser.add_argument("--decoder", default="auto", help="as camera.decoder (default: auto)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="edged-reconnects-") as temporary:
        folder = Path(temporary)
        (folder / "password").write_text(PASSWORD + "\n", encoding="utf-8")
        with FailingCamera(folder) as camera, Witness(folder, camera.address, USER, options.decoder) as reader:
            takes, seconds = _suffered(camera, reader, options.count)
            told = reader.log + "".join(reader.printed)
            is_told = any(part in told for part in PASSWORD_PARTS)
    print(_table(takes, seconds))
    return int(is_told or not _is_flat(takes))


def _suffered(camera: FailingCamera, reader: Witness, count: int) -> tuple[list[Take], dict[str, list[float]]]:
    reader.wait(lambda said: said.status == "online" and said.is_steady, "that it is online")
    threads = reader.take().threads
    takes, seconds = [], defaultdict(list)
    for number in range(count):
        fault, began = FAULTS[number % len(FAULTS)], time.monotonic()
        suffer(fault, camera, reader, after(number + 1))
        seconds[fault.name].append(time.monotonic() - began)
        takes.append(reader.settled(threads, HUNG_SECONDS if number >= count - WARM_UP else 0.0))
    return takes, seconds


def _table(takes: list[Take], seconds: dict[str, list[float]]) -> str:
    lines = [
        f"{name:28} {len(each):4} times, {median(each):5.1f} s until it shows pictures again (median)" for name, each in seconds.items()
    ]
    lines.append(f"{'reconnects':28} {len(takes):4}")
    for name in ("threads", "files", "memory_mb"):
        first, last = _quarters([float(getattr(take, name)) for take in takes])
        lines.append(f"{name:28} {first:7.1f} in the first quarter, {last:7.1f} in the last, {getattr(takes[-1], name):7} in the end")
    return "\n".join(lines)


def _quarters(values: list[float]) -> tuple[float, float]:
    alike = values[(len(values) - 1) % len(CLIPS) :: len(CLIPS)]  # those in which the clip of the last was played: codecs differ in threads
    counted = alike[WARM_UP // len(CLIPS) + 1 :] or alike
    size = max(1, len(counted) // 4)
    return median(counted[:size]), median(counted[-size:])


def _is_flat(takes: list[Take]) -> bool:
    (threads, threads_last), (files, files_last) = (
        _quarters([float(getattr(take, name)) for take in takes]) for name in ("threads", "files")
    )
    memory, memory_last = _quarters([take.memory_mb for take in takes])
    return threads_last <= threads and files_last <= files and memory_last - memory <= MOST_GROWTH_MB


if __name__ == "__main__":
    raise SystemExit(main())
