#!/usr/bin/env python3
"""Measures edged on this machine and prints a table for people or JSON for programs; it judges nothing.

It knows which figures are wanted; how each is taken, and how they are shown, stands in the bench_*.py beside it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bench_peers
from bench_daemon import FRAMES_PER_SECOND, models_section, run_daemon
from bench_empty import run_empty
from bench_load import Load, run_load
from bench_machine import ROOT, BenchError, Milliseconds, machine, versions
from bench_operators import QUICK_ROUNDS, ROUNDS, operator_rows, time_operators
from bench_parts import part_rows, time_parts
from bench_pipeline import MATCHER_SIZES, Bench, compose_frames, time_matcher
from bench_steps import PEOPLE, run_steps
from bench_table import table
from bench_two import run_two
from bench_walking import CLIP, run_walking
from door_people import ClipError
from portraits import PortraitsError, fetch

from edged.errors import EdgedError

if TYPE_CHECKING:
    from bench_daemon import DaemonRun
    from bench_empty import EmptyScene
    from bench_peers import Comparison
    from bench_pipeline import Steps
    from bench_two import TwoPeople
    from portraits import Portraits


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured, by default everything as the README shows it."""

    frames: int = 500
    rounds: int = bench_peers.ROUNDS
    matcher_sizes: tuple[int, ...] = MATCHER_SIZES
    daemon_seconds: float = 60.0
    empty_seconds: float = 60.0
    visits: int = 10
    load_seconds: float = 60.0
    burst: int = 1000


WHOLE = Extent()
QUICK = Extent(
    frames=40, daemon_seconds=4.0, empty_seconds=4.0, visits=1, matcher_sizes=MATCHER_SIZES[:2], rounds=1, load_seconds=4.0, burst=200
)
ENROLLMENTS_PER_SECOND = 50.0
Report = dict[str, Any]


def measure(options: argparse.Namespace, extent: Extent) -> Report:
    """Every figure that is asked for, in milliseconds and 10^6 bytes."""
    portraits = fetch()
    pictures = compose_frames(portraits)
    _say(f"pipeline: {options.frames or extent.frames} frames")
    bench = Bench(pictures, options.threads, options.models)
    report: Report = {"machine": machine(), "threads": options.threads, "versions": versions()}
    report["models"] = [bench.reader.detection_card.id, bench.reader.embedding_card.id]
    report |= _pipeline_figures(bench.run(options.frames or extent.frames))
    if options.peers:
        _say("peers: OpenCV 4.11 and dlib, taking turns with edged")
        for peer, found in bench_peers.compare(bench, pictures, options.threads, extent.rounds).items():
            report |= _peer_figures(peer, found)
        report |= _walking_figures(options, extent)
    _say(f"matcher: {', '.join(f'{size:,}' for size in extent.matcher_sizes)} templates")
    taken = time_matcher(extent.matcher_sizes)
    report["matcher_ms"] = {size: found.p50 for size, found in taken.items()}
    report["matcher_p99_ms"] = {size: found.p99 for size, found in taken.items()}
    _say(f"two people: {extent.visits} visits in real time")
    report |= _two_people_figures(_run_two(portraits, bench, extent.visits))
    _say(f"daemon: {extent.daemon_seconds:.0f} s of clip in real time")
    report |= _daemon_figures(_run(portraits, extent.daemon_seconds, options, "realtime"))
    _say(f"empty scene: {extent.empty_seconds:.0f} s of clip in real time")
    report |= _empty_figures(_run_empty(portraits, extent.empty_seconds, options))
    if options.load:
        _say(f"load: {ENROLLMENTS_PER_SECOND:.0f} enrollments a second for {extent.load_seconds:.0f} s, then {extent.burst:,} at once")
        report["load"] = _run_load(portraits, options, extent)
    if options.steps:
        _say(f"steps: every verb, {options.steps:,} people")
        report["steps"] = _run_steps(portraits, options)
    if options.soak:
        _say(f"soak: {options.soak:.0f} s of clip as fast as possible")
        report["soak"] = _soak_figures(_run(portraits, options.soak, options, "fast"))
    return report


def _inside(options: argparse.Namespace, extent: Extent) -> tuple[Report, str]:
    """What the networks and a look are made of, for programs and for people."""
    models, frames = options.models or ROOT / "models", options.frames or extent.frames
    _say(f"operators: every network below {models}")
    operators = time_operators(models, QUICK_ROUNDS if options.quick else ROUNDS)
    _say(f"parts of a look: {frames} frames in either way")
    parts = time_parts(compose_frames(fetch()), options.models, frames)
    hardware = machine()
    report = {"machine": hardware, "versions": versions(), "operators": asdict(operators), "parts_us": asdict(parts)}
    return report, "\n".join([str(hardware["processor"]), *operator_rows(operators), "", *part_rows(parts)])


def _pipeline_figures(steps: Steps) -> Report:
    pipeline, invokes, overhead = (Milliseconds.of(seconds) for seconds in (steps.pipeline, steps.invokes, steps.overhead))
    stages = {stage: Milliseconds.of(seconds) for stage, seconds in steps.stages.items()}
    return {
        "pipeline_ms": pipeline.p50,
        "pipeline_p99_ms": pipeline.p99,
        "invoke_ms": invokes.p50,
        "invoke_p99_ms": invokes.p99,
        "overhead_ms": overhead.p50,
        "overhead_percent": round(100 * overhead.p50 / invokes.p50, 1),
        "stages": {stage: found.p50 for stage, found in stages.items()},
        "stages_p99": {stage: found.p99 for stage, found in stages.items()},
    }


def _peer_figures(peer: str, found: Comparison) -> Report:
    return {f"{peer}_ms": found.time.p50, f"{peer}_p99_ms": found.time.p99, f"{peer}_stages": found.stages, f"{peer}_ratio": found.ratio}


def _walking_figures(options: argparse.Namespace, extent: Extent) -> Report:
    """A minute of people who walk to a camera, where there is such a clip."""
    if not options.clip.is_file():
        _say(f"walking: left out, since {options.clip} is not there; give --clip FILE")
        return {}
    _say(f"walking: {options.clip.name}, {extent.daemon_seconds:.0f} s of it through the daemon, and OpenCV 4.11 on every frame")
    models = models_section(options.threads, options.models)
    with tempfile.TemporaryDirectory(prefix="edged-bench-") as folder:
        found = run_walking(Path(folder), options.clip, extent.daemon_seconds, models=models, threads=options.threads)
    return {"walking": asdict(found) | {"percent": found.percent}}


def _daemon_figures(run: DaemonRun) -> Report:
    return {
        "event_latency_ms": asdict(Milliseconds.of(run.latencies)) | {"events": len(run.latencies)},
        "rss_mb": round(max(sample.rss_mb for sample in run.steady), 1),
        "rss_first_mb": round(run.steady[0].rss_mb, 1),
        "rss_last_mb": round(run.steady[-1].rss_mb, 1),
    }


def _two_people_figures(found: TwoPeople) -> Report:
    taken = Milliseconds.of(found.steps)
    return {"two_people_ms": {"p50": taken.p50, "p99": taken.p99, "most": round(1000 * max(found.steps), 2), "frames": len(found.steps)}}


def _empty_figures(found: EmptyScene) -> Report:
    return {
        "empty_scene_cpu_percent": round(found.daemon_percent - found.decoding_percent, 2),
        "empty_scene_decoding_percent": found.decoding_percent,
    }


def _soak_figures(run: DaemonRun) -> Report:
    """Memory at ten moments; the first half minute fills buffers, so growth is counted from the second one on."""
    moments = [run.steady[index * (len(run.steady) - 1) // 10] for index in range(11)]
    return {
        "frames": round(run.frames),
        "clip_seconds": round(run.frames / FRAMES_PER_SECOND),
        "events": len(run.latencies),
        "rss_mb": [round(sample.rss_mb, 1) for sample in moments],
        "growth_mb": round(moments[-1].rss_mb - moments[1].rss_mb, 1),
    }


def _run(portraits: Portraits, seconds: float, options: argparse.Namespace, pace: str) -> DaemonRun:
    with tempfile.TemporaryDirectory(prefix="edged-bench-") as folder:
        return run_daemon(portraits, Path(folder), seconds, threads=options.threads, pace=pace, models=options.models)


def _run_two(portraits: Portraits, bench: Bench, visits: int) -> TwoPeople:
    with tempfile.TemporaryDirectory(prefix="edged-bench-") as folder:
        return run_two(portraits, bench.reader, bench.attributes, Path(folder), visits)


def _run_load(portraits: Portraits, options: argparse.Namespace, extent: Extent) -> Report:
    with tempfile.TemporaryDirectory(prefix="edged-bench-") as folder:
        return run_load(
            portraits,
            Path(folder),
            Load(ENROLLMENTS_PER_SECOND, extent.load_seconds, extent.burst, options.bursts),
            threads=options.threads,
            models=options.models,
        )


def _run_steps(portraits: Portraits, options: argparse.Namespace) -> Report:
    with tempfile.TemporaryDirectory(prefix="edged-bench-") as folder:
        return run_steps(portraits, Path(folder), threads=options.threads, models=options.models, people=options.steps)


def _run_empty(portraits: Portraits, seconds: float, options: argparse.Namespace) -> EmptyScene:
    with tempfile.TemporaryDirectory(prefix="edged-bench-") as folder:
        return run_empty(portraits, Path(folder), seconds, models=models_section(options.threads, options.models))


def _say(what: str) -> None:
    print(f"bench: {what}", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("scripts/bench", description="Measure edged on this machine.")
    parser.add_argument("--json", action="store_true", help="JSON for programs, alone on stdout")
    parser.add_argument("--peers", action="store_true", help="also OpenCV 4.11 and dlib, in an environment of their own below .cache/")
    clip = "people who walk to a camera, with --peers (default: people_walking_to_camera_1080p of the development data)"
    parser.add_argument("--clip", type=Path, metavar="FILE", default=CLIP, help=clip)
    parser.add_argument("--threads", type=int, default=2, help="of each network, and of the peers (default: %(default)s)")
    parser.add_argument("--models", type=Path, metavar="DIR", help="in place of this checkout's models")
    parser.add_argument("--frames", type=int, help=f"through the pipeline (default: {WHOLE.frames}, quick {QUICK.frames})")
    parser.add_argument("--quick", action="store_true", help="a short look: few frames, small galleries, some seconds of daemon")
    parser.add_argument("--load", action="store_true", help="also load the daemon with enrollments and requests while a camera runs")
    text = "with --load: how many times as many questions are asked at once, one time after the other (default: %(default)s)"
    parser.add_argument("--bursts", type=int, default=1, metavar="NUMBER", help=text)
    steps = "also ask for every verb with a gallery of so many people, and tell the longest round of each (default: %(const)s)"
    parser.add_argument("--steps", type=int, metavar="PEOPLE", nargs="?", const=PEOPLE, help=steps)
    text = "only the operators of each network, and the parts of a look beside the networks, with one thread"
    parser.add_argument("--operators", action="store_true", help=text)
    parser.add_argument("--soak", type=float, metavar="SECONDS", help="also run the daemon so long as fast as it can, and watch its memory")
    return parser


def main() -> None:
    """Measure as the command line says."""
    options = _parser().parse_args()
    try:
        extent = QUICK if options.quick else WHOLE
        report, shown = _inside(options, extent) if options.operators else (measured := measure(options, extent), table(measured))
    except (BenchError, ClipError, EdgedError, PortraitsError) as error:
        sys.exit(f"bench: {error}")
    print(json.dumps(report, indent=2) if options.json else shown)


if __name__ == "__main__":
    main()
