"""`scripts/reconnects`: each way to fail once, at a real RTSP server, and what counts as a leak."""

from __future__ import annotations

import re
import subprocess

import pytest
from rtsp_trial.__main__ import _is_flat
from rtsp_trial.faults import FAULTS
from rtsp_trial.witness import Take

from tests.conftest import ROOT

STEADY = [Take(20, 30, 120.0)] * 40


def test_a_camera_that_fails_in_every_way_is_read_again_and_costs_nothing() -> None:
    """The 200 of edged/camera/README.md are run by hand: they take long."""
    done = subprocess.run(
        [ROOT / "scripts" / "reconnects", "--count", str(len(FAULTS))], capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line[:28].strip() for line in done.stdout.splitlines()[: len(FAULTS)]] == [fault.name for fault in FAULTS]
    assert re.search(rf"^reconnects +{len(FAULTS)}$", done.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("last", "flat"),
    [
        (Take(20, 30, 121.0), True),
        (Take(21, 30, 120.0), False),
        (Take(20, 31, 120.0), False),
        (Take(20, 30, 140.0), False),
    ],
)
def test_what_grows_is_a_leak(last: Take, flat: bool) -> None:  # noqa: FBT001
    assert _is_flat([*STEADY, *[last] * 20]) is flat
