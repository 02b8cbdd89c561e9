"""A door whose card has gone read-only: the real program still recognises who is enrolled, announces, and says that it cannot remember."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from door_acts import comes_closer, nobody

from edged.storage.database import open_database
from edged.storage.outbox import Outbox
from tests.disks import mounted
from tests.door import film_to
from tests.program import Daemon

if TYPE_CHECKING:
    from pathlib import Path

    from tests.broker import Mosquitto, Subscriber


def test_who_is_enrolled_is_announced_from_a_read_only_card(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, portraits: dict[str, Path]
) -> None:
    clip = film_to(tmp_path / "visit.mp4", nobody(1), comes_closer("obama", 4), nobody(2))
    with mounted(tmp_path / "card") as card:
        gallery = card.folder / "gallery.db"
        daemon = Daemon(tmp_path, broker.port, clip, camera={"loop": True}, gallery={"path": str(gallery)})
        assert daemon.run("enroll", "Barack Obama", portraits["obama"]).returncode == 0
        card.make_read_only()
        with daemon:
            event = json.loads(subscriber.wait_for("/event")[0])
            problem = json.loads(subscriber.wait_for("/problem")[0])
            subscriber.publish("edged/door/request/rename", json.dumps({"person": "barack_obama", "display_name": "Barack"}))
            refused = json.loads(subscriber.wait_for("/response/rename")[0])
            assert daemon.stop() == 0
        assert (event["event_type"], event["person"], event["seq"]) == ("recognised", "barack_obama", 1)
        assert problem["problem"] == "read_only"
        assert "restart edged" in json.dumps(refused)
        assert "nothing is remembered" in daemon.log
        assert daemon.run("people").stdout.startswith("barack_obama")
        card.make_writable()
        with open_database(gallery) as database:
            assert Outbox(database).count() == 0
