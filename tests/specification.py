"""The interface as the AsyncAPI document describes it, and whether a message is what it says; the specification's own schema beside it.

Shared by the tests of what is sent and asked for; knows no topic by its name.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from edged.interface.asyncapi import document

CACHE = Path(__file__).resolve().parent.parent / ".cache" / "asyncapi"
PACKAGE = "@asyncapi/specs@6.11.1"
SCHEMA = "package/schemas/3.0.0.json"
SCHEMA_SHA256 = "d4571a420e6ffb7fcc7066c95a6db1202f299a3c51daa103d0706bf30f95e626"
NPM_TIMEOUT_SECONDS = 120


def specification() -> dict[str, Any]:
    """The JSON schema of AsyncAPI 3.0.0 documents, brought by npm once (Apache-2.0; it is not part of this repository)."""
    path = CACHE / "3.0.0.json"
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != SCHEMA_SHA256:
        content = _fetched()
        assert hashlib.sha256(content).hexdigest() == SCHEMA_SHA256, f"{PACKAGE} is not what it was"
        CACHE.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")  # another process of tests may be reading
        partial.write_bytes(content)
        partial.replace(path)
    schema: dict[str, Any] = json.loads(path.read_bytes())
    return schema


def _fetched() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", PACKAGE, "--silent", "--pack-destination", folder]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=NPM_TIMEOUT_SECONDS)
        except (OSError, subprocess.SubprocessError) as error:
            pytest.skip(f"npm does not bring {PACKAGE}, which has AsyncAPI's own schema: {error}")
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as package:
            member = package.extractfile(SCHEMA)
            assert member
            return member.read()


class Interface:
    """The document that edged gives of itself."""

    def __init__(self) -> None:
        """Make it."""
        self.document = document("0")

    def problems(self, topic: str, payload: bytes) -> list[str]:
        """What is wrong with a message on a topic; of a topic that the document does not have, that."""
        channel = self._channel(topic)
        if channel is None:
            return [f"{topic} is not in the document"]
        message = self._message(channel, topic, payload)
        value = json.loads(payload) if message["contentType"] == "application/json" else payload.decode(errors="replace")
        schema = {**message["payload"], "components": self.document["components"]}
        return [f"{topic}: {error.json_path}: {error.message}" for error in Draft7Validator(schema).iter_errors(value)]

    def _channel(self, topic: str) -> dict[str, Any] | None:
        by_first_words = lambda channel: [level.startswith("{") for level in channel["address"].split("/")]  # noqa: E731 - said once
        for channel in sorted(self.document["channels"].values(), key=by_first_words):  # no camera is called `request`
            if re.fullmatch(re.sub(r"{\w+}", "[^/]+", channel["address"]), topic):
                found: dict[str, Any] = channel
                return found
        return None

    def _message(self, channel: dict[str, Any], topic: str, payload: bytes) -> dict[str, Any]:
        """The only message of a channel, or the one that the payload or the topic names."""
        messages: dict[str, dict[str, Any]] = channel["messages"]
        if len(messages) == 1:
            return next(iter(messages.values()))
        last = topic.rpartition("/")[2]
        return messages[last if last in messages else json.loads(payload)["event_type"]]
