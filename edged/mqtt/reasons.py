"""What a broker's reason codes mean, and what to do about each: those of MQTT 5, into which those of 3.1.1 are translated.

It does not know which packet a code came in, nor what follows from it.
"""

from __future__ import annotations

NO_MATCHING_SUBSCRIBERS, FIRST_FAILURE = 0x10, 0x80
"""Code of a PUBACK for a message that nobody subscribes to, and the least of a failure: MQTT 5, sections 3.4.2.1 and 2.4."""
WRONG_VERSION, WRONG_LOGIN, NOT_AUTHORISED, TAKEN_OVER, NO_RETAIN, NO_SUCH_QOS = 0x84, 0x86, 0x87, 0x8E, 0x9A, 0x9B
"""Codes that something follows from: MQTT 5, section 2.4."""

_AGAIN_LATER = "it is tried again"
_DEFECT = "one of the two does not keep to the protocol, and mqtt.protocol names another version"
_RIGHTS = "see its access rules (mosquitto: acl_file)"
_ELSEWHERE = "set mqtt.host to the broker that it names"
_LOGIN = "see mqtt.username and the password"

SENTENCES = {
    0x80: ("it does not say why", "see its log"),
    0x81: ("it cannot read what we sent", _DEFECT),
    0x82: ("it takes what we sent for an error of protocol", _DEFECT),
    0x83: ("it does not want what we sent", "see its log"),
    WRONG_VERSION: ("it does not speak this version of MQTT", "set mqtt.protocol to one that it speaks"),
    0x85: ("it does not take our client id", "device.id makes it: choose another, or allow it at the broker"),
    WRONG_LOGIN: ("the user name or the password is wrong", _LOGIN),
    NOT_AUTHORISED: ("we are not authorised", _RIGHTS),
    0x88: ("it is not available", _AGAIN_LATER),
    0x89: ("it is busy", _AGAIN_LATER),
    0x8A: ("this client is banned", "lift the ban at the broker"),
    0x8B: ("it is shutting down", _AGAIN_LATER),
    0x8C: ("it wants another way to log in", "allow a user name with a password, or client certificates"),
    0x8D: ("it heard nothing of us for too long", "see the network, or raise mqtt.keepalive_seconds"),
    TAKEN_OVER: ("another client came with our id", "give each device a device.id of its own"),
    0x8F: ("it does not allow this topic filter", "see mqtt.prefix and mqtt.discovery_prefix, and its access rules"),
    0x90: ("it does not allow this topic", "see mqtt.prefix and mqtt.discovery_prefix, and its access rules"),
    0x91: ("it has a message of this number already", _AGAIN_LATER),
    0x92: ("it has no message of this number", _AGAIN_LATER),
    0x93: ("we sent more at once than it takes", "raise its limit (mosquitto: max_inflight_messages)"),
    0x94: ("it does not know a short form of a topic", _DEFECT),
    0x95: ("a message was too large for it", "raise its limit (mosquitto: max_packet_size)"),
    0x96: ("we send too often for it", "raise its limit of messages"),
    0x97: ("a quota of it is used up", "raise the quota, or free what uses it"),
    0x98: ("somebody who runs it has ended the connection", "ask them"),
    0x99: ("it does not take what a message holds for what it says it is", _DEFECT),
    NO_RETAIN: ("it keeps no messages", "allow it (mosquitto: retain_available true)"),
    NO_SUCH_QOS: ("it does not take messages of this quality of service", "allow QoS 1 (mosquitto: max_qos 1)"),
    0x9C: ("it wants us to use another broker for now", _ELSEWHERE),
    0x9D: ("it has moved", _ELSEWHERE),
    0x9E: ("it knows no shared subscriptions", _DEFECT),
    0x9F: ("we connect too often for it", _AGAIN_LATER),
    0xA0: ("a connection may not last longer", _AGAIN_LATER),
    0xA1: ("it knows no subscription identifiers", _DEFECT),
    0xA2: ("it allows no '+' in a subscription", "allow wildcards at the broker, since edged's requests need them"),
}
"""Of each code what it means and what to do, MQTT 5, section 2.4."""


def meaning(code: int, words: str | None = None) -> str:
    """What a code means and what to do, without a full stop; words are those that the broker gave itself."""
    what, advice = SENTENCES.get(code, (f"its code is 0x{code:02x}", "see its log"))
    return f"{what}{f' ({words})' if words else ''}; {advice}"


def entry_meaning(code: int, words: str | None = None) -> str:
    """The same of a code that answers a connect: who may not do so at all has the wrong login most often, and the broker hides it."""
    return f"we may not connect; {_LOGIN}" if code == NOT_AUTHORISED and not words else meaning(code, words)
