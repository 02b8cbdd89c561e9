"""`scripts/faults`: a minute of it with the real program, and how it judges what it has seen."""

from __future__ import annotations

import re
import socket
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest
from campaign.door import Run
from campaign.pauses import Pauses
from campaign.proxy import Proxy
from campaign.verdict import Fault, Sum, judge, table, together
from campaign.witness import HeardEvent

from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECONDS = 60


def run_with(folder: Path, name: str, *seqs: int, is_killed: bool = False, may_lose: bool = False) -> Run:
    """A run whose log tells these events."""
    log = folder / name
    log.write_text("".join(f"2026-01-01 00:00:01,000 INFO front: recognised, obama (event {seq}).\n" for seq in seqs))
    return Run(log, is_killed, may_lose)


def heard(*seqs: int, fact: str = "") -> list[HeardEvent]:
    """Events that came, each its own fact where none is given."""
    return [HeardEvent(seq, f"{place}-{seq}", (fact or f"{place}-{seq}",), "", 0.0) for place, seq in enumerate(seqs)]


@pytest.fixture
def fault() -> Fault:
    return Fault("kill", 0.0, back_seconds=1.0)


def judged(fault: Fault, runs: list[Run], events: list[HeardEvent]) -> Sum:
    return judge([fault], runs, events)["kill"]


def test_a_minute_of_faults_breaks_no_promise() -> None:
    """Of all but time, since a machine that runs other tests beside it may take long to start a program."""
    done = subprocess.run(
        [ROOT / "scripts" / "faults", "--faults", "1000", "--seconds", str(SECONDS), "--seed", "ci", "--back", str(SECONDS)],
        capture_output=True,
        text=True,
        check=False,
        timeout=10 * SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"^all +(\d+)", done.stdout, re.MULTILINE)
    assert found
    assert int(found[1]) >= 5


def test_all_is_well_where_every_event_comes_once(tmp_path: Path, fault: Fault) -> None:
    found = judged(fault, [run_with(tmp_path, "1", 1, 2, is_killed=True), run_with(tmp_path, "2", 3)], heard(1, 2, 3))
    assert not found.is_broken()
    assert (found.faults, found.cut_off) == (1, 0)


def test_an_event_that_never_came_is_lost(tmp_path: Path, fault: Fault) -> None:
    assert judged(fault, [run_with(tmp_path, "1", 1, 2, 3, 4)], heard(1, 3, 4)).lost == 1
    assert judged(fault, [run_with(tmp_path, "1", 1, 2, 3, 4, is_killed=True)], heard(1, 3, 4)).lost == 1


def test_what_was_not_yet_on_the_disk_at_a_kill_leaves_a_gap_and_no_more(tmp_path: Path, fault: Fault) -> None:
    found = judged(fault, [run_with(tmp_path, "1", 1, 2, is_killed=True), run_with(tmp_path, "2", 3)], heard(1, 3))
    assert (found.lost, found.cut_off, found.is_broken()) == (0, 1, False)
    found = judged(fault, [run_with(tmp_path, "1", 1, 2, 3, 4, 5, is_killed=True, may_lose=True)], heard(1))
    assert (found.lost, found.cut_off) == (0, 4)


def test_a_number_that_is_given_twice_hides_a_gap(tmp_path: Path, fault: Fault) -> None:
    runs = [run_with(tmp_path, "1", 1, 2, is_killed=True), run_with(tmp_path, "2", 2, 3)]
    assert judged(fault, runs, heard(1, 2, 3)).invisible > 0


def test_a_fact_with_two_ids_is_told_twice(tmp_path: Path, fault: Fault) -> None:
    assert judged(fault, [run_with(tmp_path, "1", 1, 2)], heard(1, 2, fact="obama came")).repeated > 0


def test_a_door_that_is_late_breaks_a_promise_and_one_that_never_comes_too(tmp_path: Path) -> None:
    assert judged(Fault("kill", 0.0, back_seconds=10.5), [], []).is_broken()
    assert judged(Fault("kill", 0.0), [], []).is_broken()
    assert "never" in table(together([judge([Fault("kill", 0.0)], [run_with(tmp_path, "1")], [])]))


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that sends back what it gets, to one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    one, _ = listener.accept()
                except OSError:
                    return
                with one:
                    while piece := one.recv(100):
                        one.sendall(piece)

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


def test_the_proxy_passes_on_and_cuts(echo: int) -> None:
    proxy = Proxy(echo)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as client:
        client.sendall(b"hello")
        assert client.recv(100) == b"hello"
        proxy.cut()
        assert client.recv(100) == b""
    proxy.is_closed = True
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as client:
        assert client.recv(100) == b""
    proxy.close()


def test_the_proxy_holds_and_swallows(echo: int) -> None:
    proxy = Proxy(echo)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=0.2) as client:
        proxy.is_held = True
        client.sendall(b"later")
        with pytest.raises(TimeoutError):
            client.recv(100)
        proxy.reset()
        client.settimeout(10)
        assert client.recv(100) == b"later"
        proxy.is_silent = True
        client.sendall(b"never")
        proxy.cut()
        assert client.recv(100) == b""
    proxy.close()


def test_a_pause_of_the_machine_is_seen_and_an_ordinary_wait_is_none() -> None:
    seconds = [0.0]
    waits = iter((0.02, 0.03, 2.52, 0.02))

    def wait(_seconds: float) -> bool:
        took = next(waits, None)
        seconds[0] += took or 0.0
        return took is None

    pauses = Pauses(lambda: seconds[0])
    pauses.watch(wait)
    assert pauses.longest(0.0) == pytest.approx(2.5)
    assert pauses.longest(2.58) == 0.0
