"""Heads of sequences in H.264 and MPEG-2: whether they allow frames that are interlaced.

It knows bytes only, and not where they come from.
"""

from __future__ import annotations

START_CODE, AVCC_VERSION, AVCC_FIRST_LENGTH = b"\x00\x00\x01", 1, 6
"""What every unit of a stream begins with; and the first byte of the head as MP4 and RTSP have it, and where the length of its first
parameter set stands."""
SPS, UNIT_TYPE, FORBIDDEN = 7, 0x1F, 0x80
"""Type of the unit that is a sequence parameter set, as in ITU-T H.264, table 7-1; the bits of a type, and one that none has."""
EXTENSION, SEQUENCE_EXTENSION, PROGRESSIVE, LEAST_BYTES = 0xB5, 1, 0x08, 4
"""Code of extensions, number of that of a sequence, and its bit for progressive frames only, as in ISO/IEC 13818-2, 6.2.2.3; bytes of a
unit from which it can be one of these."""
COLOUR_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
"""Profiles of H.264 whose sequence parameter set says more of colours, as in 7.3.2.1.1."""
SEPARATE_PLANES, SMALL_LISTS, SMALL_LIST, LARGE_LIST = 3, 6, 16, 64
"""Value of chroma_format_idc with planes apart, how many scaling lists are small, and how long small and large ones are."""


def mpeg2_is_interlaced(packet: bytes) -> bool | None:
    """Whether a packet's sequence extension allows interlaced frames; None where there is none."""
    for unit in packet.split(START_CODE)[1:]:
        if len(unit) >= LEAST_BYTES and unit[0] == EXTENSION and unit[1] >> 4 == SEQUENCE_EXTENSION:
            return not unit[2] & PROGRESSIVE
    return None


def h264_is_interlaced(packet: bytes) -> bool | None:
    """Whether the sequence parameter set of a packet, or of a head (avcC), allows interlaced frames; None where there is none."""
    if packet[:1] == bytes([AVCC_VERSION]):
        begin = AVCC_FIRST_LENGTH + 2
        units = [packet[begin : begin + int.from_bytes(packet[AVCC_FIRST_LENGTH:begin], "big")]]
    else:
        units = packet.split(START_CODE)[1:]
    found = (unit for unit in units if len(unit) >= LEAST_BYTES and unit[0] < FORBIDDEN and unit[0] & UNIT_TYPE == SPS)
    return next((_sps_is_interlaced(unit) for unit in found), None)


def _sps_is_interlaced(unit: bytes) -> bool | None:
    try:
        return not _frames_only(_Bits(unit.replace(b"\x00\x00\x03", b"\x00\x00")[1:]))  # without the bytes that hide start codes
    except IndexError:  # it is cut off
        return None


def _frames_only(bits: _Bits) -> int:
    """Read to frame_mbs_only_flag, as in 7.3.2.1.1."""
    profile = bits.take(8)
    bits.take(16)
    bits.number()
    if profile in COLOUR_PROFILES:
        _pass_colours(bits)
    bits.number()
    order_type = bits.number()
    if order_type == 0:
        bits.number()
    elif order_type == 1:
        bits.take(1)
        bits.numbers(2)
        bits.numbers(bits.number())
    bits.number()
    bits.take(1)
    bits.numbers(2)
    return bits.take(1)


def _pass_colours(bits: _Bits) -> None:
    chroma = bits.number()
    if chroma == SEPARATE_PLANES:
        bits.take(1)
    bits.numbers(2)
    bits.take(1)
    if bits.take(1):
        for number in range(12 if chroma == SEPARATE_PLANES else 8):
            if bits.take(1):
                _pass_scaling_list(bits, SMALL_LIST if number < SMALL_LISTS else LARGE_LIST)


def _pass_scaling_list(bits: _Bits, length: int) -> None:
    last = following = 8
    for _ in range(length):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


class _Bits:
    """A reader of bits and of numbers in Exp-Golomb code, as in 9.1; an IndexError at the end."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def take(self, count: int) -> int:
        """Take so many bits as a number."""
        value = 0
        for _ in range(count):
            value = value << 1 | self._content[self._at >> 3] >> (7 - (self._at & 7)) & 1
            self._at += 1
        return value

    def number(self) -> int:
        """Take an unsigned number."""
        zeros = 0
        while not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        """Take a signed number."""
        number = self.number()
        return (number + 1) // 2 if number & 1 else -(number // 2)

    def numbers(self, count: int) -> None:
        """Pass so many numbers."""
        for _ in range(count):
            self.number()
