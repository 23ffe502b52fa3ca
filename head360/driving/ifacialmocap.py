"""iFacialMocap: the text that the phone app sends, port 49983.

`name-12|…|=head#rx,ry,rz,px,py,pz|rightEye#rx,ry,rz|leftEye#rx,ry,rz|`: weights 0 … 100 with `_L`
and `_R` for sides, or `name&12` in its version 2, where numbers may be negative; then angles in
degrees and metres in Unity's axes. Nothing tells the time.
https://www.ifacialmocap.com/for-developer/
"""

from __future__ import annotations

import math

import numpy as np

from head360.driving.names import shape_index, short_side
from head360.params import EXPRESSIONS, FloatArray
from head360.performance import Sample

PORT = 49983
MAX_PACKET_BYTES = 16_384
_MAX_PARTS = 256
#: What asks the app on a phone to send, in version 2, to whoever asked.
REQUEST = b"iFacialMocap_sahuasouryya9218sauhuiayeta91555dy3719|sendDataVersion=v2"


def decode(packet: bytes) -> Sample | None:
    """The face in a packet, at time NaN (unknown); None if there is none. Never raises."""
    if not 0 < len(packet) <= MAX_PACKET_BYTES:
        return None
    parts = packet.decode("utf-8", "replace").split("|", _MAX_PARTS)
    weights, known = np.zeros(len(EXPRESSIONS), np.float32), set()
    pose = np.zeros(3, np.float32)
    for part in parts[:_MAX_PARTS]:
        if part.startswith("=head#"):
            pose = _pose(part[6:])
        elif (found := _weight(part)) is not None:
            weights[found[0]] = found[1]
            known.add(found[0])
    if not known:
        return None
    unknown = frozenset(name for i, name in enumerate(EXPRESSIONS) if i not in known)
    return Sample(math.nan, weights, pose, unknown)


def encode(sample: Sample, *, version: int = 1) -> bytes:
    """A packet as the app sends it; version 1 rounds weights to hundredths."""
    pairs = zip(EXPRESSIONS, sample.expression, strict=True)
    known = [(name, value) for name, value in pairs if name not in sample.unknown]
    if version == 1:
        weights = [f"{short_side(name)}-{round(100 * value)}" for name, value in known]
    else:
        weights = [f"{short_side(name)}&{100 * value:.4f}" for name, value in known]
    yaw, pitch, roll = sample.head_pose
    head = f"=head#{pitch:.5f},{-yaw:.5f},{roll:.5f},0,0,0"
    return "|".join([*weights, head, "rightEye#0,0,0", "leftEye#0,0,0", ""]).encode()


def _weight(part: str) -> tuple[int, float] | None:
    """Shape and weight 0 … 1 of one part."""
    mark = "&" if "&" in part else "-"
    name, _, text = part.partition(mark)
    index, value = shape_index(name), _number(text)
    if index is None or value is None:
        return None
    return index, min(max(value / 100, 0.0), 1.0)


def _pose(text: str) -> FloatArray:
    """Our pose (3,) degrees of Unity's angles about x, y, z; straight on if they are none."""
    angles = [_number(part) for part in text.split(",")[:3]]
    if len(angles) < 3 or None in angles:
        return np.zeros(3, np.float32)
    x, y, z = (_wrapped(angle) for angle in angles if angle is not None)
    return np.array([-y, x, z], np.float32)


def _number(text: str) -> float | None:
    try:
        value = float(text[:32])
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _wrapped(degrees: float) -> float:
    return (degrees + 180.0) % 360.0 - 180.0
