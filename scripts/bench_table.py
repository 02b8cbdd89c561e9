"""Shows what scripts/bench measured as a table for people, a line for each figure.

It knows the names and units of the figures, and nothing of how one is taken.
"""

from __future__ import annotations

from typing import Any

Report = dict[str, Any]


def table(report: Report) -> str:
    """The report for people."""
    return "\n".join([*_heading(report), *_pipeline_rows(report), *_peer_rows(report), *_matcher_rows(report), *_daemon_rows(report)])


def _heading(report: Report) -> list[str]:
    hardware = report["machine"]
    return [
        f"{hardware['processor']}, {hardware['cores']} cores, {hardware['memory_mb']:,} MB, {hardware['system']}",
        f"{report['threads']} threads; {', '.join(f'{name} {number}' for name, number in report['versions'].items())}",
        f"models {', '.join(report['models'])}",
    ]


def _pipeline_rows(report: Report) -> list[str]:
    rows = ["", "one 640x480 frame with one face           median       p99"]
    rows.append(_row("pipeline", report["pipeline_ms"], report["pipeline_p99_ms"]))
    rows += [_row(f"  {stage}", taken, report["stages_p99"][stage]) for stage, taken in report["stages"].items()]
    rows.append(_row("both networks' bare invoke()", report["invoke_ms"], report["invoke_p99_ms"]))
    rows.append(f"{'overhead over the bare invokes':<36}{report['overhead_ms']:9.2f} ms  ({report['overhead_percent']:.1f} %)")
    return rows


def _peer_rows(report: Report) -> list[str]:
    rows = []
    for peer, name in (("opencv", "OpenCV 4.11, same weights"), ("dlib", "dlib + face_recognition")):
        if f"{peer}_ms" in report:
            rows.append(
                _row(name, report[f"{peer}_ms"], report[f"{peer}_p99_ms"]) + f"   edged is {report[f'{peer}_ratio']:.1f} times as fast"
            )
            rows += [f"{f'  {stage}':<36}{taken:9.2f} ms" for stage, taken in report[f"{peer}_stages"].items()]
    if walking := report.get("walking"):
        rows.append(
            f"{'a minute of people walking':<36}{walking['daemon_seconds']:9.2f} s of processor time, {walking['percent']:.1f} % of"
            f" OpenCV 4.11 on every frame ({walking['peer_seconds']:.1f} s)"
        )
    return ["", *rows] if rows else []


def _matcher_rows(report: Report) -> list[str]:
    sizes = report["matcher_ms"].items()
    return ["", *(_row(f"matcher, {int(size):,} templates", taken, report["matcher_p99_ms"][size]) for size, taken in sizes)]


def _daemon_rows(report: Report) -> list[str]:
    latency = report["event_latency_ms"]
    rows = ["", _row("frame captured to event received", latency["p50"], latency["p99"]) + f"   {latency['events']} events"]
    first_to_last = f"({report['rss_first_mb']:.1f} to {report['rss_last_mb']:.1f})"
    rows.append(f"{'resident memory of the daemon, most':<36}{report['rss_mb']:9.1f} MB  {first_to_last}")
    two = report["two_people_ms"]
    rows.append(_row("two people, 1280x720 at 15 fps", two["p50"], two["p99"]) + f"   longest {two['most']:.1f} of {two['frames']} frames")
    decoding = f"and {report['empty_scene_decoding_percent']:.1f} % to decode it"
    rows.append(f"{'empty scene, 1280x720 at 10 fps':<36}{report['empty_scene_cpu_percent']:9.2f} % of one core, {decoding}")
    if load := report.get("load"):
        rows += [_load_row(name, load[name]) for name in ("enrollments", "burst")]
        rows.append(f"  longest round {load['longest_round_ms']:.1f} ms; {load['events']} events, {load['events_missing']} missing")
    if steps := report.get("steps"):
        rows += _step_rows(steps)
    if soak := report.get("soak"):
        rows.append(f"soak: {soak['frames']:,} frames = {soak['clip_seconds'] / 60:.0f} min of clip, {soak['events']:,} events")
        rows.append(f"  resident memory, MB: {' '.join(f'{mb:.1f}' for mb in soak['rss_mb'])}; growth {soak['growth_mb']:+.1f}")
    return rows


def _step_rows(steps: Report) -> list[str]:
    memory = ", ".join(f"{mb:.1f} {when}" for when, mb in steps["rss_mb"].items())
    rows = ["", f"longest round of the worker, {steps['people']:,} people, {steps['templates']:,} templates (resident MB: {memory})"]
    for verb, taken in steps["verbs"].items():
        codes = "" if taken["codes"] == ["ok"] else f"  {', '.join(taken['codes'])}"
        processor, memory = f"of the processor {taken['processor_ms']:6.1f}", f"{taken['memory_mb']:6.1f} MB at most"
        rows.append(f"  {verb:<34}{taken['round_ms']:9.1f} ms, {processor}; {memory}{codes}")
    return rows


def _load_row(name: str, load: Report) -> str:
    codes = ", ".join(f"{count:,} {code}" for code, count in load["codes"].items())
    times = load["answer_ms"]
    return f"load, {name}: {load['answered']:,} of {load['asked']:,} answered ({codes}) in {times['p50']} ms, p99 {times['p99']}"


def _row(name: str, p50: float, p99: float) -> str:
    return f"{name:<36}{p50:9.2f} ms {p99:9.2f} ms"
