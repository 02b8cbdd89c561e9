"""A broker with the access list of the topic reference, where whoever gives no name may do everything.

Shared by the tests of rights; knows nothing of what is published.
"""

from __future__ import annotations

import re
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.broker import Mosquitto
from tests.docs.markdown import fenced
from tests.docs.topic_reference import TOPIC_REFERENCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASSWORD = "s3cret"  # noqa: S105 - of a broker on loopback
USERS = "edged", "homeassistant", "automation"


def access_list() -> str:
    """The lines of the topic reference."""
    return next(lines for lines in fenced(TOPIC_REFERENCE, "conf") if lines.startswith("user edged"))


def rights(user: str, kind: str) -> list[str]:
    """The filters that the list lets somebody `read` or `write`."""
    _, _, lines = access_list().partition(f"user {user}\n")
    return [line.split()[-1] for line in lines.split("\n\n")[0].splitlines() if line.startswith(f"topic {kind} ")]


def rights_of_the_shell() -> str:
    """The lines that `edged enroll --capture` and `edged discovery --clear` want beside the list."""
    [also] = re.findall(r"`edged enroll --capture` asks(.*?)\n\n", TOPIC_REFERENCE.read_text(encoding="utf-8"), re.DOTALL)
    return "".join(f"{line}\n" for line in re.findall(r"`(topic [^`]+)`", also))


def rights_of_the_card() -> str:
    """The lines of an automation, which the card wants of Home Assistant."""
    return "".join(f"topic {kind} {topic}\n" for kind in ("read", "write") for topic in rights("automation", kind))


def rights_of_phones() -> str:
    """The lines that the blueprint's buttons want beside the list, for Home Assistant."""
    [also] = re.findall(r"The buttons of the blueprint ask(.*?)\n\n", TOPIC_REFERENCE.read_text(encoding="utf-8"), re.DOTALL)
    return "".join(f"{line}\n" for line in re.findall(r"`(topic [^`]+)`", also))


@contextmanager
def guarded_broker(folder: Path, more_rights_of_edged: str = "", more_rights_of_home: str = "") -> Iterator[Mosquitto]:
    """The broker, with the same password for every user of the list."""
    passwords, rights_file = folder / "passwords", folder / "access"
    for file in (passwords, rights_file):
        file.touch(mode=0o600)
    for user in USERS:
        subprocess.run(["mosquitto_passwd", "-b", str(passwords), user, PASSWORD], check=True)
    lines = access_list().replace("user edged\n", f"user edged\n{more_rights_of_edged}")
    lines = lines.replace("user homeassistant\n", f"user homeassistant\n{more_rights_of_home}")
    rights_file.write_text(f"topic readwrite #\n\n{lines}", encoding="utf-8")
    mosquitto = Mosquitto(folder, f"password_file {passwords}\nacl_file {rights_file}").start()
    try:
        yield mosquitto
    finally:
        mosquitto.kill()
