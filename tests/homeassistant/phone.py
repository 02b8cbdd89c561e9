"""A phone with Home Assistant's app, as Home Assistant sees it: a registration, a push relay on loopback, and presses that come back.

What is told on it is not known here.
"""

from __future__ import annotations

import json
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from tests.home_assistant import HomeAssistant


class Phone:
    """Notes what is pushed to it."""

    def __init__(self, home: HomeAssistant, name: str) -> None:
        """Be a phone of this name, which is registered when it is entered."""
        self._home, self.name = home, name
        self.pushed: list[dict[str, Any]] = []
        self.device_id = ""
        self._relay = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.pushed))

    def __enter__(self) -> Self:
        """Serve the relay, and register as the app does."""
        threading.Thread(target=self._relay.serve_forever, daemon=True).start()
        registration = {
            "app_id": "io.homeassistant.tests",
            "app_name": "Tests",
            "app_version": "1",
            "device_id": self.name,
            "device_name": self.name,
            "manufacturer": "Tests",
            "model": "Phone",
            "os_name": "Tests",
            "os_version": "1",
            "supports_encryption": False,
            "app_data": {"push_token": "token", "push_url": f"http://127.0.0.1:{self._relay.server_port}/push"},
        }
        self._webhook = self._home.post("mobile_app/registrations", registration)["webhook_id"]
        devices = self._home.command(type="config/device_registry/list")
        [self.device_id] = [row["id"] for row in devices if row["name"] == self.name]
        return self

    def __exit__(self, *_: object) -> None:
        self._relay.shutdown()
        self._relay.server_close()

    def press(self, action: str, reply: str | None = None) -> None:
        """Press a button of a notification, with what was typed in."""
        told = {"action": action, **({"reply_text": reply} if reply is not None else {})}
        event = {"event_type": "mobile_app_notification_action", "event_data": told}
        body = json.dumps({"type": "fire_event", "data": event}).encode()
        request = urllib.request.Request(f"{self._home.url}/api/webhook/{self._webhook}", body, {"Content-Type": "application/json"})  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
            answer.read()


def _handler(pushed: list[dict[str, Any]]) -> type[BaseHTTPRequestHandler]:
    class Relay(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Take a notification, as the relay of the app's makers would."""
            pushed.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            body = b"{}"
            self.send_response(201)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Relay
