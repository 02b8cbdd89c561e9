"""The onboarding of a new Home Assistant by its own flow, as its pages do it: an owner, the steps, and MQTT as an integration.

Which version it is is not known here.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

PATIENCE_SECONDS = 60.0
PASSWORD = "s3cret-enough"  # noqa: S105 - of an owner on loopback


@dataclass
class Pages:
    """What a browser asks of Home Assistant; token is the owner's, once there is one."""

    url: str
    token: str | None = None

    def onboard(self) -> str:
        """Make an owner and take every step; gives a token that holds for as long as the tests run."""
        owner = {"name": "Owner", "username": "owner", "password": PASSWORD, "language": "en"}
        self.token = self._token(self.post("/api/onboarding/users", {"client_id": f"{self.url}/", **owner})["auth_code"])
        self.post("/api/onboarding/core_config", {})
        self.post("/api/onboarding/analytics", {})
        self.post("/api/onboarding/integration", {"client_id": f"{self.url}/", "redirect_uri": f"{self.url}/"})
        return self.token

    def log_in(self, name: str) -> str:
        """Log somebody in whose password is the owner's; gives a token of theirs."""
        asked = {"client_id": f"{self.url}/", "redirect_uri": f"{self.url}/", "handler": ["homeassistant", None]}
        flow = self.post("/auth/login_flow", asked)["flow_id"]
        given = {"client_id": f"{self.url}/", "username": name, "password": PASSWORD}
        return self._token(self.post(f"/auth/login_flow/{flow}", given)["result"])

    def connect_mqtt(self, port: int, login: Mapping[str, str]) -> None:
        """Add the integration MQTT with the broker on this port of loopback, by its form."""
        flow = self.post("/api/config/config_entries/flow", {"handler": "mqtt"})
        answers: dict[str, object] = {"broker": "127.0.0.1", "port": port, "protocol": "5", **login}
        answers |= {"set_ca_cert": "off", "set_client_cert": False}
        for _ in range(3):  # pages that there may be
            if flow["type"] == "create_entry":
                return
            flow = self.post(f"/api/config/config_entries/flow/{flow['flow_id']}", _filled(flow["data_schema"], answers))
        assert flow["type"] == "create_entry", flow

    def is_up(self) -> bool:
        """Whether it asks to be onboarded."""
        try:
            return isinstance(self._ask("/api/onboarding", None), list)
        except (OSError, ValueError):
            return False

    def post(self, path: str, content: object) -> Any:  # noqa: ANN401 - JSON
        """What is answered to JSON."""
        return self._ask(path, json.dumps(content).encode())

    def _token(self, code: str) -> str:
        form = {"grant_type": "authorization_code", "code": code, "client_id": f"{self.url}/"}
        given = self._ask("/auth/token", urllib.parse.urlencode(form).encode(), "application/x-www-form-urlencoded")
        return str(given["access_token"])

    def _ask(self, path: str, data: bytes | None, kind: str = "application/json") -> Any:  # noqa: ANN401 - JSON
        headers = {"Content-Type": kind, **({"Authorization": f"Bearer {self.token}"} if self.token else {})}
        request = urllib.request.Request(f"{self.url}{path}", data, headers)  # noqa: S310 - loopback
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310 - loopback
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise OSError(f"{path}: {error.code} {error.read()[:500]!r}") from error


def _filled(fields: list[dict[str, Any]], answers: Mapping[str, object]) -> dict[str, object]:
    """A form with these answers, and what it proposes where it wants more; parts of it may be folded away."""
    given: dict[str, object] = {}
    for field in fields:
        name = field["name"]
        if field.get("type") == "expandable":
            given[name] = _filled(field["schema"], answers)
        elif name in answers:
            given[name] = answers[name]
        elif field.get("required") and "default" in field:
            given[name] = field["default"]
    return given
