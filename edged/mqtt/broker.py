"""A broker as the configuration names it: where it is, who we are to it, and how the connection is encrypted.

Knows files and figures; how a connection is made is not known here.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edged.errors import ConfigError
from edged.interface.verbs import MAX_REQUEST_BYTES
from edged.mqtt.broker_socket import TlsSocket
from edged.mqtt.terms import Terms

if TYPE_CHECKING:
    from pathlib import Path

TOLD_OF = 2
"""How many times as large as it may be a request is still taken and told to be too large; memory must hold it for a moment."""


OTHER_KEY = "KEY_VALUES_MISMATCH"
"""How OpenSSL calls a key that is that of another certificate."""


@dataclass(frozen=True, slots=True)
class Tls:
    """How to encrypt: the broker's authority (None: the system's) and this device's own certificate."""

    ca_file: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None

    def context(self) -> ssl.SSLContext:
        """A verifying context.

        Raises:
            ConfigError: a file is missing or not what it should be.
        """
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ssl.SSLError) as error:
            what = f"mqtt.ca_file: {self.ca_file}" if self.ca_file else "mqtt.tls: the certificate authorities of the system"
            raise ConfigError(f"{what} cannot be used as certificates in PEM{_why(error)}.") from error
        context.sslsocket_class = TlsSocket
        if self.client_certificate and self.client_key:
            self._load_own(context, self.client_certificate, self.client_key)
        return context

    def _load_own(self, context: ssl.SSLContext, certificate: Path, key: Path) -> None:
        """Load this device's certificate; an encrypted key asks nobody for its password."""
        try:
            context.load_cert_chain(certificate, key, password="")
        except (OSError, ssl.SSLError) as error:
            if isinstance(error, ssl.SSLError) and error.reason == OTHER_KEY:
                raise ConfigError(f"mqtt.client_key: {key} is not the key of mqtt.client_certificate, {certificate}.") from error
            raise ConfigError(
                f"mqtt.client_certificate and client_key: {certificate} and {key} cannot be used as a certificate and its key, "
                f"both in PEM, and the key not encrypted{_why(error)}."
            ) from error


def _why(error: OSError) -> str:
    """Why a file cannot be read, as the rest of a sentence; of what OpenSSL says of its content nobody learns more."""
    return "" if isinstance(error, ssl.SSLError) else f": {error.strerror}"


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and who we are to it."""

    host: str
    port: int
    client_id: str
    mqtt5: bool = True
    username: str | None = None
    password: str | None = None
    tls: Tls | None = None
    keepalive_seconds: int = 30
    connect_timeout_seconds: float = 5.0
    most_request_bytes: int = MAX_REQUEST_BYTES

    @property
    def place(self) -> str:
        """Where it is, as people write it: an address of IPv6 has colons of its own, and stands in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def most_packet_bytes(self) -> int:
        """Bytes above which the broker is asked to keep a packet to itself.

        Far more than a request may have, so that one that is too large is still answered with what is wrong.
        """
        return TOLD_OF * self.most_request_bytes

    @property
    def terms(self) -> Terms:
        """What is asked of the broker first."""
        return Terms(mqtt5=self.mqtt5)
