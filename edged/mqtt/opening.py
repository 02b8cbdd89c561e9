"""How a connection comes to be: on the best terms that the broker takes, one after the other, and with a word on what stands in the way.

It does not know what is sent on a connection, nor when another one is opened.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Protocol

from edged.errors import LinkError

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.mqtt.broker import Broker
    from edged.mqtt.client import Connection
    from edged.mqtt.terms import Terms
    from edged.mqtt.wake_socket import WakeSocket

WANTS_TLS = "That port speaks TLS: set mqtt.tls = true, or mqtt.port to one without TLS (1883 is usual)."
HAS_NO_TLS = "That port does not speak TLS: set mqtt.tls = false, or mqtt.port to one with TLS (8883 is usual)."
NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "UNEXPECTED_EOF_WHILE_READING", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"})
"""How OpenSSL calls an answer that is no TLS, or none."""
DISTRUST = {
    9: "Its time has not begun: see that the clock of this device is right.",
    10: "Its time is over: renew it, if the clock of this device is right.",
    62: "It is not for that name: set mqtt.host to one that stands in it.",
    64: "It is not for that address: set mqtt.host to a name or an address that stands in it.",
}
"""What to do about a certificate, by the number of what OpenSSL has against it (X509_STORE_CTX_get_error(3))."""
UNKNOWN_AUTHORITY = "Set mqtt.ca_file to the certificate of the authority that has signed it."
"""The same where it is none of these: whoever signed it is not known, or not trusted."""


WANTS_CERTIFICATE = (
    "It may ask for a certificate of this device: set mqtt.client_certificate and mqtt.client_key to one that its authority has signed."
)
REFUSES_CERTIFICATE = "It may not trust the certificate of this device: have mqtt.client_certificate signed by an authority that it knows."
"""What ends a connection that is encrypted already, without and with a certificate of our own (TLS 1.3: RFC 8446, section 4.4.2.4)."""
ALERT = "ALERT"
"""What stands in OpenSSL's names of what the other side has against us."""


class NewConnection(Protocol):
    """What makes a connection that is not open yet, on terms or on those of the configuration."""

    def __call__(self, *, terms: Terms | None) -> Connection:
        """Raises as Connection()."""


def opened(new: NewConnection, broker: Broker, wake_socket: WakeSocket, is_stopping: Callable[[], bool]) -> Connection:
    """An open connection, on lower terms where the broker does not take the best; not open where is_stopping() says so.

    A broker that ends a connection without an answer may be an old one, or have been about to end: where lower terms help, the best are
    tried once more, since it is certainly there then.

    Raises:
        LinkError: says what is wrong.
    """
    terms: Terms | None = None
    is_guessed = has_tried_again = False
    while True:
        connection = new(terms=terms)
        try:
            connection.open(wake_socket, is_stopping)
        except LinkError as error:
            connection.close()
            terms, is_guessed = connection.lowered(), connection.answer is None
            if terms is None:
                raise _explained(error, broker, connection) from error
            continue
        except BaseException:
            connection.close()
            raise
        if not is_guessed or has_tried_again or not connection.is_open:
            return connection
        _part(connection)
        terms, is_guessed, has_tried_again = None, False, True


def _part(connection: Connection) -> None:
    """Leave a broker that is to be come back to at once: it must not say that we are gone."""
    with suppress(LinkError):
        connection.disconnect()
    connection.close()


def _explained(error: LinkError, broker: Broker, connection: Connection) -> LinkError:
    """The same error with what TLS has against the broker, or whether it is spoken there, as only the other kind of connection can tell."""
    if isinstance(error.__cause__, ssl.SSLCertVerificationError):
        return LinkError(f"The certificate of the broker {broker.place} is not trusted. {what_to_do(error.__cause__)}")
    if broker.tls and _is_no_tls(error.__cause__):
        return LinkError(f"{broker.place} cannot be spoken to. {HAS_NO_TLS}")
    if broker.tls and (_is_alert(error.__cause__) or (connection.is_cut_off and connection.answer is None)):
        return LinkError(f"{error} {REFUSES_CERTIFICATE if broker.tls.client_certificate else WANTS_CERTIFICATE}")
    if not broker.tls and connection.is_cut_off and connection.answer is None and _speaks_tls(broker):
        return LinkError(f"{error} {WANTS_TLS}")
    return error


def what_to_do(distrust: ssl.SSLCertVerificationError) -> str:
    """OpenSSL's reason against a certificate, and what mends it."""
    reason = distrust.verify_message.rstrip(".")
    return f"{reason[:1].upper()}{reason[1:]}. {DISTRUST.get(distrust.verify_code, UNKNOWN_AUTHORITY)}"


def _is_no_tls(cause: BaseException | None) -> bool:
    if isinstance(cause, ssl.SSLError):
        return isinstance(cause, ssl.SSLEOFError) or cause.reason in NO_TLS
    return isinstance(cause, ConnectionResetError)


def _is_alert(cause: BaseException | None) -> bool:
    return isinstance(cause, ssl.SSLError) and ALERT in (cause.reason or "")


def _speaks_tls(broker: Broker) -> bool:
    """Whether there is a TLS handshake at the broker's port; whose certificate it is matters only to who sends something."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with closing(socket.create_connection((broker.host, broker.port), broker.connect_timeout_seconds)) as plain:
            context.wrap_socket(plain).close()
    except (OSError, ValueError):
        return False
    return True
