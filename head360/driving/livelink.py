"""Live Link Face: the packets that Epic's phone app sends, port 11111.

Big-endian throughout, as the engine's archive writes it: u8 version (6) · text device id · text
subject · i32 frame · f32 part of a frame · i32 numerator and i32 denominator of the rate · u8
number of values · that many f32. A text is an i32 length and its bytes; a negative length means
UTF-16. (Descriptions that begin with a little-endian 6 and a “$” read the first length, 36, as
letters.) Of the 61 values 52 are shapes, then three angles each of head, left and right eye, in
radians: head yaw to its left, pitch down, roll to its left shoulder.
"""

from __future__ import annotations

import struct
from enum import Enum

import numpy as np

from head360.driving.names import PACKET_ORDERS, ROTATIONS, SideOrder
from head360.params import EXPRESSIONS
from head360.performance import Sample

PORT = 11111
VERSION = 6
MAX_PACKET_BYTES = 2048
_MAX_TEXT_BYTES = 512
_MAX_VALUES = 128
_SHAPES = len(EXPRESSIONS)
_TIME = struct.Struct(">ifii")
_PLACES = {
    order: np.array([EXPRESSIONS.index(name) for name in names])
    for order, names in PACKET_ORDERS.items()
}


class Quiet(Enum):
    """A sound packet without a face."""

    NO_FACE = "no face"


def decode(packet: bytes, order: SideOrder = "left first") -> Sample | None:
    """The face in a packet, timed by the sender's clock; None if there is none. Never raises."""
    reading = read(packet, order)
    return reading if isinstance(reading, Sample) else None


def read(packet: bytes, order: SideOrder = "left first") -> Sample | Quiet | None:
    """As `decode`, but tells a packet without a face from one that makes no sense (None)."""
    at = _after_texts(packet)
    if at is None or len(packet) < at + _TIME.size:
        return None
    frame, part, rate, divisor = _TIME.unpack_from(packet, at)
    time_s = (frame + part) * divisor / rate if rate > 0 and divisor > 0 else 0.0
    at += _TIME.size
    count = packet[at] if len(packet) > at else 0  # a lost face has no values
    if count == 0:
        return Quiet.NO_FACE
    if not _SHAPES <= count <= _MAX_VALUES or len(packet) < at + 1 + 4 * count:
        return None
    values = np.frombuffer(packet, ">f4", count, at + 1)
    if not (np.isfinite(values).all() and np.isfinite(time_s)):
        return None
    return _sample(values, time_s, order)


def encode(
    sample: Sample,
    subject: str = "Head360",
    *,
    device: str = "00000000-0000-0000-0000-000000000360",
    fps: int = 60,
    order: SideOrder = "left first",
) -> bytes:
    """A packet as the app sends it."""
    frame, part = divmod(sample.time_s * fps if np.isfinite(sample.time_s) else 0.0, 1)
    values = np.zeros(_SHAPES + len(ROTATIONS), ">f4")
    values[:_SHAPES] = sample.expression[_PLACES[order]]
    values[_SHAPES : _SHAPES + 3] = np.radians(sample.head_pose)
    time = _TIME.pack(int(frame) & 0x7FFFFFFF, part, fps, 1)
    head = bytes([VERSION]) + _text(device) + _text(subject)
    return head + time + bytes([len(values)]) + values.tobytes()


def _after_texts(packet: bytes) -> int | None:
    """Where the time stands."""
    if not 1 <= len(packet) <= MAX_PACKET_BYTES or packet[0] != VERSION:
        return None
    at = 1
    for _ in range(2):
        if len(packet) < at + 4:
            return None
        (length,) = struct.unpack_from(">i", packet, at)
        size = -2 * length if length < 0 else length
        at += 4 + size
        if size > _MAX_TEXT_BYTES or at > len(packet):
            return None
    return at


def _sample(values: np.ndarray, time_s: float, order: SideOrder) -> Sample:
    weights = np.empty(_SHAPES, np.float32)
    weights[_PLACES[order]] = np.clip(values[:_SHAPES], 0, 1)
    pose = np.zeros(3, np.float32)
    if len(values) >= _SHAPES + 3:
        pose = np.degrees(np.clip(values[_SHAPES : _SHAPES + 3], -np.pi, np.pi)).astype(np.float32)
    return Sample(float(time_s), weights, pose)


def _text(text: str) -> bytes:
    content = text.encode("utf-8")[:_MAX_TEXT_BYTES]
    return struct.pack(">i", len(content)) + content
