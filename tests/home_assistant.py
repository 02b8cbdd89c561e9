"""A real Home Assistant on a free loopback port, set up without anybody's clicking: an owner, a token, and the tests' broker.

Shared by the tests that need one; knows nothing of edged's topics.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import hmac
import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

import pytest

from tests.broker import free_port, wait_until
from tests.onboarding import PASSWORD, Pages

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent
VERSION = "2025.4.4"
PYTHON = (3, 13)
"""Home Assistant wants the newest Python of its day."""
REQUIREMENTS = (
    f"homeassistant=={VERSION}",
    # What the integrations of a small configuration want, which Home Assistant would install itself when it starts.
    "cronsim==2.6",
    "home-assistant-frontend==20250411.0",
    "paho-mqtt==2.1.0",
    "psutil-home-assistant==0.0.1",
    "PyNaCl==1.5.0",
    "securetar==2025.2.1",
)
OTHER = os.environ.get("EDGED_HOME_ASSISTANT")
"""Python of an environment with another Home Assistant, as scripts/test-home-assistant makes it; onboarded by its own flow."""
ENVIRONMENT = ROOT / ".cache" / f"home-assistant-{VERSION}"
INSTALL_SECONDS = 1800
START_SECONDS = 90.0
NEW_YEAR = "2026-01-01T00:00:00+00:00"
OWNER, GUEST = "owner", "guest"
KEY = "0" * 128
"""Signs the token; it opens nothing but this instance on loopback."""
WEBSOCKET = """
import asyncio, json, sys, aiohttp
async def main(url, token, seconds):
    async with aiohttp.ClientSession() as session:
        for command in sys.stdin:
            async with asyncio.timeout(float(seconds)), session.ws_connect(url) as socket:
                await socket.receive_json()
                await socket.send_json({"type": "auth", "access_token": token})
                await socket.receive_json()
                await socket.send_json({"id": 1, **json.loads(command)})
                print(json.dumps((await socket.receive_json())["result"]), flush=True)
asyncio.run(main(*sys.argv[1:]))
"""
"""Asks what REST cannot tell, a line for each command; runs in Home Assistant's own environment, which has the library."""
SCHEMAS = """
import asyncio, importlib, json, sys
from homeassistant.components.mqtt import device_trigger
from homeassistant.components.mqtt.discovery import _replace_all_abbreviations
from homeassistant.components.mqtt.schemas import DEVICE_DISCOVERY_SCHEMA
from homeassistant.core import HomeAssistant
async def main(message):
    HomeAssistant("/nowhere")  # templates want to know theirs
    _replace_all_abbreviations(message)
    DEVICE_DISCOVERY_SCHEMA(message)
    for component in message["components"].values():
        platform = component.pop("platform")
        component.pop("default_entity_id", None)
        if platform == "device_automation":
            device_trigger.TRIGGER_DISCOVERY_SCHEMA({**component, "device": message["device"]})
        else:
            importlib.import_module("homeassistant.components.mqtt." + platform).PLATFORM_SCHEMA_MODERN(component)
asyncio.run(main(json.load(sys.stdin)))
"""
"""Holds a discovery message against the schemas of its platforms for people's own YAML, which unlike those for discovery refuse keys
that they do not know, such as misspelt ones. This version does not know default_entity_id yet, and leaves it out."""


def environment() -> Path:
    """The Python of an environment that has Home Assistant, made where it is missing; skips the test where it cannot be."""
    if OTHER:
        return Path(OTHER)
    ENVIRONMENT.parent.mkdir(exist_ok=True)
    with ENVIRONMENT.with_name(f"{ENVIRONMENT.name}.lock").open("w") as lock:  # another process of tests may be installing it just now
        fcntl.flock(lock, fcntl.LOCK_EX)
        obstacle = _install()
    if obstacle:
        pytest.skip(obstacle)
    return ENVIRONMENT / "bin" / "python"


@cache
def _install() -> str | None:
    """Make the environment unless it is there; why that cannot be done, which is tried once in a run."""
    complete = ENVIRONMENT / "complete"
    if complete.exists() and complete.read_text() == "\n".join(REQUIREMENTS):
        return None
    newest = _find_python()
    if newest is None:
        return f"Home Assistant {VERSION} needs Python {PYTHON[0]}.{PYTHON[1]}, which is not here"
    complete.unlink(missing_ok=True)
    install = [str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-compile", *REQUIREMENTS]
    try:
        subprocess.run([newest, "-m", "venv", str(ENVIRONMENT)], check=True, capture_output=True, timeout=INSTALL_SECONDS)
        subprocess.run(install, check=True, capture_output=True, timeout=INSTALL_SECONDS)
    except subprocess.SubprocessError as error:
        said = (getattr(error, "stderr", None) or b"").decode(errors="replace").splitlines()
        causes = [line.strip() for line in said if "error" in line.lower()]
        return f"Home Assistant {VERSION} cannot be installed: {causes[-1] if causes else error}"
    complete.write_text("\n".join(REQUIREMENTS))
    return None


def _find_python() -> str | None:
    name = f"python{PYTHON[0]}.{PYTHON[1]}"
    known = (Path.home() / ".pyenv" / "versions").glob(f"{PYTHON[0]}.{PYTHON[1]}.*/bin/python")
    for candidate in (*map(str, known), shutil.which(name)):
        if candidate and subprocess.run([candidate, "-c", "import venv, ensurepip"], capture_output=True, check=False).returncode == 0:
            return candidate
    return None


def refused(python: Path, message: bytes) -> str:
    """What Home Assistant's own schemas have against a discovery message; nothing where they take it."""
    done = subprocess.run([str(python), "-c", SCHEMAS], input=message, capture_output=True, check=False, timeout=START_SECONDS)
    return done.stderr.decode() if done.returncode else ""


class HomeAssistant:
    """Home Assistant in a folder with its configuration and its log."""

    def __init__(self, folder: Path, broker_port: int, configuration: str = "", login: Mapping[str, str] = MappingProxyType({})) -> None:
        """Write the configuration; what is given is added to configuration.yaml, and login says the user and password at the broker."""
        self.python = environment()
        port = free_port()
        self.folder, self.url = folder, f"http://127.0.0.1:{port}"
        (folder / ".storage").mkdir(parents=True)
        self._newcomer = (broker_port, login) if OTHER else None
        self._is_settled, self.token, self.guest_token = False, "", ""
        if not OTHER:
            self._store("onboarding", 4, 1, {"done": ["user", "core_config", "analytics", "integration"]})
            self._store("auth", 1, 1, _users())
            self._store("core.config_entries", 1, 5, {"entries": [_mqtt_entry(broker_port, login)]})
            self.token, self.guest_token = _token(OWNER), _token(GUEST)
        http = f"http:\n  server_host: 127.0.0.1\n  server_port: {port}\n"
        (folder / "configuration.yaml").write_text(
            f"homeassistant:\n  time_zone: UTC\n{http}api:\nlogger:\n  default: warning\n{configuration}", encoding="utf-8"
        )

    def restart(self) -> None:
        """End it as its owner would, so that it keeps what it knows, and start it again."""
        self._websocket.communicate()
        self._process.terminate()
        self._process.wait(START_SECONDS)
        self.__enter__()

    def automate(self, name: str, automation: Mapping[str, object]) -> str:
        """Make an automation, as the editor does, and give its entity id once it is there."""
        self.post(f"config/automation/config/{name}", {"alias": name, **automation})
        entity = f"automation.{name}"
        self.wait_for(entity, "on")
        return entity

    def __enter__(self) -> Self:
        """Start and wait until it has said hello to the broker."""
        environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        command = [str(self.python), "-m", "homeassistant", "--config", str(self.folder), "--skip-pip"]
        with (self.folder / "output.log").open("ab") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output, env=environ)
        if self._newcomer:
            self._move_in(*self._newcomer)
        wait_until(self._is_running, "Home Assistant runs", START_SECONDS)
        url = f"{self.url}/api/websocket"
        asking = [str(self.python), "-c", WEBSOCKET, url, self.token, str(START_SECONDS)]
        self._websocket = subprocess.Popen(asking, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ)
        if OTHER and not self._is_settled:
            self._is_settled = True
            self.command(type="http/config/promote")  # else a dialog asks whether its port, which is new to it, is to stay
            self.guest_token = self._invite_guest()
        return self

    def __exit__(self, *_: object) -> None:
        self._websocket.communicate()
        self._process.kill()
        self._process.wait()

    def start_again(self) -> None:
        """Kill it at once, as the loss of power does, and start it again."""
        self._process.kill()
        self.__exit__()
        self.__enter__()

    @property
    def log(self) -> str:
        """What it has said."""
        return (self.folder / "output.log").read_text(encoding="utf-8")

    def state(self, entity: str) -> str | None:
        """An entity's state; None where there is no such entity."""
        found = self.entity(entity)
        return found["state"] if found else None

    def entity(self, entity: str) -> dict[str, Any] | None:
        """An entity with its attributes; None where there is none."""
        try:
            found: dict[str, Any] = json.loads(self.get(f"states/{entity}"))
        except urllib.error.HTTPError:
            return None
        return found

    def get(self, path: str) -> bytes:
        """What stands at a path of the REST interface."""
        return self._ask(path, None)

    def post(self, path: str, content: object) -> Any:  # noqa: ANN401 - JSON
        """What is answered where something is sent to a path of the REST interface."""
        return json.loads(self._ask(path, json.dumps(content).encode()))

    def call(self, service: str, **data: object) -> None:
        """Have a service carried out, `number.set_value` for one."""
        self._ask(f"services/{service.replace('.', '/')}", json.dumps(data).encode())

    def command(self, **command: object) -> Any:  # noqa: ANN401 - JSON
        """The answer to a command over its websocket."""
        assert self._websocket.stdin
        assert self._websocket.stdout
        self._websocket.stdin.write(json.dumps(command) + "\n")
        self._websocket.stdin.flush()
        return json.loads(self._websocket.stdout.readline())

    def wait_for(self, entity: str, state: str) -> None:
        """Wait until an entity has a state."""
        try:
            wait_until(lambda: self.state(entity) == state, f"{entity} is {state}", START_SECONDS)
        except AssertionError as error:
            raise AssertionError(f"{error}, but {self.entity(entity)}:\n{self.log}") from error

    def _ask(self, path: str, data: bytes | None) -> bytes:
        headers = {"Authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(f"{self.url}/api/{path}", data, headers)  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=START_SECONDS) as answer:  # noqa: S310 - loopback
            content: bytes = answer.read()
        return content

    def _move_in(self, broker_port: int, login: Mapping[str, str]) -> None:
        """Onboard it, once, and add the broker."""
        self._newcomer, pages = None, Pages(self.url)
        wait_until(pages.is_up, "Home Assistant asks to be onboarded", START_SECONDS)
        self.token = pages.onboard()
        wait_until(self._is_running, "Home Assistant runs", START_SECONDS)
        pages.connect_mqtt(broker_port, login)

    def _invite_guest(self) -> str:
        """Let in somebody who is no administrator; gives their token."""
        guest = self.command(type="config/auth/create", name="Guest", group_ids=["system-users"])["user"]["id"]
        self.command(type="config/auth_provider/homeassistant/create", user_id=guest, username=GUEST, password=PASSWORD)
        return Pages(self.url).log_in(GUEST)

    def _is_running(self) -> bool:
        assert self._process.poll() is None, self.log
        try:
            return json.loads(self.get("config"))["state"] == "RUNNING"  # type: ignore[no-any-return] # JSON
        except OSError:
            return False

    def _store(self, key: str, version: int, minor_version: int, data: object) -> None:
        content = {"version": version, "minor_version": minor_version, "key": key, "data": data}
        (self.folder / ".storage" / key).write_text(json.dumps(content), encoding="utf-8")


def _users() -> dict[str, Any]:
    """The owner, and somebody who may look and press, but is no administrator; each with a login."""
    usual = {"is_active": True, "system_generated": False, "local_only": False}
    owner = {"id": OWNER, "name": "Owner", "group_ids": ["system-admin"], "is_owner": True, **usual}
    guest = {"id": GUEST, "name": "Guest", "group_ids": ["system-users"], "is_owner": False, **usual}
    return {
        "users": [owner, guest],
        "groups": [{"id": "system-admin"}, {"id": "system-users"}, {"id": "system-read-only"}],
        "credentials": [],
        "refresh_tokens": [_login(user) for user in (OWNER, GUEST)],
    }


def _login(user: str) -> dict[str, Any]:
    return {
        "id": user,
        "user_id": user,
        "client_id": None,
        "client_name": user,
        "client_icon": None,
        "token_type": "long_lived_access_token",
        "created_at": NEW_YEAR,
        "access_token_expiration": 1e9,
        "token": hashlib.sha512(user.encode()).hexdigest(),
        "jwt_key": KEY,
        "last_used_at": None,
        "last_used_ip": None,
        "expire_at": None,
        "credential_id": None,
        "version": VERSION,
    }


def _mqtt_entry(port: int, login: Mapping[str, str]) -> dict[str, Any]:
    return {
        "entry_id": "mqtt",
        "domain": "mqtt",
        "title": "tests",
        "version": 1,
        "minor_version": 2,
        "data": {"broker": "127.0.0.1", "port": port, "protocol": "5", **login},
        "options": {"discovery": True},
        "source": "user",
        "unique_id": None,
        "disabled_by": None,
        "discovery_keys": {},
        "subentries": [],
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
        "created_at": NEW_YEAR,
        "modified_at": NEW_YEAR,
    }


def _token(user: str) -> str:
    """A user's JSON Web Token (RFC 7519, HS256)."""
    now = int(time.time())
    head = b".".join(_coded(json.dumps(part).encode()) for part in ({"alg": "HS256"}, {"iss": user, "iat": now, "exp": now + 86_400}))
    return (head + b"." + _coded(hmac.digest(KEY.encode(), head, hashlib.sha256))).decode()


def _coded(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")
