"""A camera on loopback: GStreamer's RTSP server, which plays clips to whoever has the password, and is told on its standard input which.

Run by the Python of the system, whose package python3-gi speaks to GStreamer. It prints its port, and a line for each request done:

    {"clip": "/tmp/a.mkv", "codec": "H264"}    play this at /door to who connects from now on; without a clip there is nothing there
    {"password": "other"}                      let in only who has this one; "" lets in everybody

Whoever is connected is not sent away here: a client that is removed while its thread reads keeps that thread busy for ever, and all
clients have the same one.
"""

from __future__ import annotations

import json
import sys

import gi

gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402 - only once its version is named

ADDRESS, PATH, USER = "127.0.0.1", "/door", "admin"
PAYLOADERS = {"H264": "rtph264pay config-interval=-1", "H265": "rtph265pay config-interval=-1", "JPEG": "rtpjpegpay"}


class Camera:
    """The server with what it plays."""

    def __init__(self, port: int) -> None:
        """Listen."""
        self._server = GstRtspServer.RTSPServer()
        self._server.set_address(ADDRESS)
        self._server.set_service(str(port))
        self._server.attach(None)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.get_bound_port())

    def take(self, request: dict[str, str]) -> None:
        """Do what is asked for."""
        if "password" in request:
            self._set_password(request["password"])
        else:
            self._play(request.get("clip"), request.get("codec", ""))

    def _play(self, clip: str | None, codec: str) -> None:
        mounts = self._server.get_mount_points()
        mounts.remove_factory(PATH)
        if clip:
            factory = GstRtspServer.RTSPMediaFactory()
            factory.set_launch(f"( filesrc location={clip} ! matroskademux ! {PAYLOADERS[codec]} name=pay0 pt=96 )")
            permissions = GstRtspServer.RTSPPermissions()
            for right in ("access", "construct"):
                permissions.add_permission_for_role(USER, f"media.factory.{right}", True)  # noqa: FBT003 - GStreamer's own
            factory.set_permissions(permissions)  # which are looked at only where there is a password
            mounts.add_factory(PATH, factory)

    def _set_password(self, password: str) -> None:
        if not password:
            self._server.set_auth(None)
            return
        auth, token = GstRtspServer.RTSPAuth(), GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", USER)
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(USER, password, token)
        self._server.set_auth(auth)


def main() -> None:
    """Play until the standard input ends."""
    Gst.init(None)
    camera, loop = Camera(int(sys.argv[1])), GLib.MainLoop()

    def heard(*_: object) -> bool:
        line = sys.stdin.readline()
        if not line:
            loop.quit()
            return False
        camera.take(json.loads(line))
        print("done", flush=True)
        return True

    GLib.io_add_watch(sys.stdin.fileno(), GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN | GLib.IOCondition.HUP, heard)
    print(camera.port, flush=True)
    loop.run()


if __name__ == "__main__":
    main()
