"""The benchmark gives every figure it promises, and figures that fit each other; how good they are is no test's business.

Knows no time limits: a busy machine makes figures worse, not wrong.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from bench_table import table

from edged.interface.verbs import VERBS

BENCH = Path(__file__).resolve().parents[2] / "scripts" / "bench"
PATIENCE_SECONDS = 600
NEED_SOMETHING = {"ignore", "learn"}
"""Verbs that need a stranger or a suggestion that is there."""


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    done = subprocess.run(
        [BENCH, "--quick", "--json", "--load", "--bursts", "2", "--steps", "100"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)  # the JSON and nothing else
    return found


def test_the_machine_its_threads_and_versions_are_said(report: dict[str, Any]) -> None:
    assert report["machine"]["cores"] >= 1
    assert report["threads"] == 2
    assert {"python", "edged", "numpy"} <= set(report["versions"])


def test_the_stages_make_up_the_pipeline(report: dict[str, Any]) -> None:
    assert set(report["stages"]) == {"detect", "align", "embed", "match", "attributes", "track"}
    assert report["pipeline_ms"] == pytest.approx(sum(report["stages"].values()), rel=0.5)
    assert report["stages"]["detect"] + report["stages"]["embed"] > report["pipeline_ms"] / 2


def test_the_bare_networks_are_part_of_the_pipeline(report: dict[str, Any]) -> None:
    assert 0 < report["invoke_ms"] <= report["invoke_p99_ms"]
    assert 0 < report["pipeline_ms"] <= report["pipeline_p99_ms"]
    assert report["overhead_ms"] < report["pipeline_ms"]


def test_larger_galleries_are_searched_too(report: dict[str, Any]) -> None:
    assert list(report["matcher_ms"]) == ["1000", "10000"]
    assert all(taken > 0 for taken in report["matcher_ms"].values())


def test_events_come_after_their_frames(report: dict[str, Any]) -> None:
    latency = report["event_latency_ms"]
    assert latency["events"] > 0
    assert 0 < latency["p50"] <= latency["p99"]


def test_the_daemon_has_a_size(report: dict[str, Any]) -> None:
    assert 30 < report["rss_last_mb"] <= report["rss_mb"] < 1000


def test_an_empty_scene_costs_something_beyond_decoding(report: dict[str, Any]) -> None:
    assert report["empty_scene_cpu_percent"] > 0
    assert report["empty_scene_decoding_percent"] > 0


def test_every_request_is_answered_under_load_and_no_event_is_lost(report: dict[str, Any]) -> None:
    load = report["load"]
    for kind, asked in (("enrollments", 200), ("burst", 400)):
        assert load[kind]["answered"] == load[kind]["asked"] == sum(load[kind]["codes"].values()) == asked
        assert 0 < load[kind]["answer_ms"]["p50"] <= load[kind]["answer_ms"]["most"]
    assert set(load["enrollments"]["codes"]) <= {"ok", "busy", "duplicate"}
    assert load["events"] > load["events_missing"] == 0
    assert max(load["each_burst_most_ms"]) == load["burst"]["answer_ms"]["most"]
    assert len(load["each_burst_most_ms"]) == 2
    assert load["longest_round_ms"] > 0


def test_every_verb_has_its_longest_round(report: dict[str, Any]) -> None:
    verbs = report["steps"]["verbs"]
    assert {verb.partition(" (")[0].partition(",")[0] for verb in verbs} >= VERBS.keys() - NEED_SOMETHING
    for taken in verbs.values():
        assert 0 < taken["round_ms"] <= taken["most_ms"]
        assert taken["processor_ms"] > 0
    assert report["steps"]["templates"] == 500


def test_people_get_a_table(report: dict[str, Any]) -> None:
    peers: dict[str, Any] = {f"opencv{key}": 1.0 for key in ("_ms", "_p99_ms", "_ratio")} | {"opencv_stages": {"detect": 1.0}}
    peers["walking"] = {"daemon_seconds": 20.0, "peer_seconds": 400.0, "percent": 5.0}
    shown = table(report | peers | {"soak": {"frames": 54_000, "clip_seconds": 3600, "events": 9, "rss_mb": [100.0], "growth_mb": 0.1}})
    for words in (
        "pipeline",
        "overhead",
        "OpenCV 4.11",
        "5.0 % of OpenCV 4.11 on every frame (400.0 s)",
        "matcher, 10,000 templates",
        "event received",
        "load, burst: 400 of 400",
        "empty scene",
        "longest round of the worker, 100 people",
        "60 min of clip",
    ):
        assert words in shown
