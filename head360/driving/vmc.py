"""VMC (Virtual Motion Capture): faces of avatars over OSC, ports 39539 and 39540, both directions.

A sender states weights one by one (`/VMC/Ext/Blend/Val name value`), then `/VMC/Ext/Blend/Apply`;
and the local turn of bones (`/VMC/Ext/Bone/Pos name p.xyz q.xyzw`, Unity's axes). Weights that are
not stated again stay. Avatars for “perfect sync” carry ARKit's names; others only VRM's few faces,
which are translated roughly. https://protocol.vmc.info

Packets are built by python-osc. They are read here, because its reader follows a negative size of a
bundle's part for ever, and writes to the log for each strange packet.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from typing import TypeAlias

import numpy as np

from head360.driving.livelink import Quiet
from head360.driving.names import VRM_FACES, pascal_case, shape_index, vrm_face
from head360.driving.rotation import matrix_from_pose, pose_from_matrix, pose_from_quaternion
from head360.driving.rotation import quaternion_from_pose as _quaternion
from head360.params import EXPRESSIONS, FloatArray
from head360.performance import Sample

#: Where performers listen to others, and where marionettes listen to performers.
PORT, REPLY_PORT = 39540, 39539
MAX_PACKET_BYTES = 65_507
_MAX_MESSAGES, _MAX_DEPTH = 512, 4
_MAX_ARGUMENTS = 16

Argument: TypeAlias = float | str
Message: TypeAlias = tuple[str, tuple[Argument, ...]]

_VALUE, _APPLY, _BONE, _TIME = (
    f"/vmc/ext/{name}" for name in ("blend/val", "blend/apply", "bone/pos", "t")
)


class VmcFace:
    """Puts together what one sender states message by message. One thread at a time."""

    def __init__(self) -> None:
        self._stated: dict[int, float] = {}
        self._presets: dict[str, float] = {}
        self._bones = {name: np.zeros(3, np.float32) for name in ("neck", "head")}
        self._time_s = math.nan

    def feed(self, packet: bytes) -> Sample | Quiet | None:
        """A face, once a packet completes one; None for what makes no sense. Never raises."""
        messages = decode(packet)
        if messages is None:
            return None
        face: Sample | Quiet = Quiet.NO_FACE
        for address, arguments in messages:
            if self._take(address.lower(), arguments):
                face = self._sample()
        return face

    def _take(self, address: str, arguments: tuple[Argument, ...]) -> bool:
        """Note one statement; whether it completes a face."""
        if address == _VALUE and len(arguments) >= 2:
            self._note_weight(arguments[0], arguments[1])
        elif address == _BONE and len(arguments) >= 8:
            turned = self._note_bone(arguments)
            return turned and not self._stated and not self._presets
        elif address == _TIME and arguments and isinstance(arguments[0], float):
            self._time_s = arguments[0] if math.isfinite(arguments[0]) else math.nan
        return address == _APPLY and bool(self._stated or self._presets)

    def _note_weight(self, name: Argument, value: Argument) -> None:
        if not isinstance(name, str) or not isinstance(value, float) or not math.isfinite(value):
            return
        weight = min(max(value, 0.0), 1.0)
        if (index := shape_index(name)) is not None:
            self._stated[index] = weight
        elif (face := vrm_face(name)) is not None:
            self._presets[face] = weight

    def _note_bone(self, arguments: tuple[Argument, ...]) -> bool:
        name, quaternion = str(arguments[0]).lower(), arguments[4:8]
        if name not in self._bones or not all(isinstance(value, float) for value in quaternion):
            return False
        x, y, z, w = (float(value) for value in quaternion)
        pose = pose_from_quaternion(x, -y, -z, w)  # Unity's x points the other way
        if pose is None:
            return False
        self._bones[name] = pose
        return name == "head"

    def _sample(self) -> Sample:
        weights, known = np.zeros(len(EXPRESSIONS), np.float32), set(self._stated)
        if self._stated:
            for index, weight in self._stated.items():
                weights[index] = weight
        else:
            known = self._add_presets(weights)
        unknown = frozenset(name for i, name in enumerate(EXPRESSIONS) if i not in known)
        neck, head = (matrix_from_pose(self._bones[name]) for name in ("neck", "head"))
        return Sample(self._time_s, np.clip(weights, 0, 1), pose_from_matrix(neck @ head), unknown)

    def _add_presets(self, weights: FloatArray) -> set[int]:
        known = set()
        for name, amount in self._presets.items():
            for shape, full in VRM_FACES[name].items():
                index = EXPRESSIONS.index(shape)
                weights[index] += amount * full
                known.add(index)
        return known


def decode(packet: bytes) -> list[Message] | None:
    """The messages of a packet, in order; None if it is no OSC. Never raises."""
    if not 0 < len(packet) <= MAX_PACKET_BYTES:
        return None
    messages: list[Message] = []
    for message in _messages(packet, _MAX_DEPTH):
        if message is None or len(messages) >= _MAX_MESSAGES:
            return None
        messages.append(message)
    return messages


def encode(sample: Sample, time_s: float | None = None) -> bytes:
    """One bundle that states a face, applies it and turns the head, for other programs.

    Raises:
        BuildError: python-osc's, if a number is no number.
    """
    from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder

    bundle = OscBundleBuilder(IMMEDIATELY)
    now = sample.time_s if time_s is None else time_s
    if math.isfinite(now):
        _state(bundle, "T", now)
    _state(bundle, "OK", 1)
    x, y, z, w = _quaternion(sample.head_pose)
    _state(bundle, "Bone/Pos", "Head", 0.0, 0.0, 0.0, x, -y, -z, w)
    for name, weight in zip(EXPRESSIONS, sample.expression, strict=True):
        if name not in sample.unknown:
            _state(bundle, "Blend/Val", pascal_case(name), float(weight))
    _state(bundle, "Blend/Apply")
    return bytes(bundle.build().dgram)


def _state(bundle: object, address: str, *arguments: float | int | str) -> None:
    from pythonosc.osc_bundle_builder import OscBundleBuilder
    from pythonosc.osc_message_builder import OscMessageBuilder

    assert isinstance(bundle, OscBundleBuilder)
    message = OscMessageBuilder(f"/VMC/Ext/{address}")
    for argument in arguments:
        message.add_arg(argument)
    bundle.add_content(message.build())


# --- reading OSC ---------------------------------------------------------------------------------


def _messages(packet: bytes, depth: int) -> Iterator[Message | None]:
    if not packet.startswith(b"#bundle\0"):
        yield _message(packet)
        return
    at = 16  # after the name and a time, which VMC does not use
    if len(packet) < at or depth == 0:
        yield None
        return
    while at < len(packet):
        size = int.from_bytes(packet[at : at + 4], "big")
        part = packet[at + 4 : at + 4 + size]
        at += 4 + size
        if not part or at > len(packet):
            yield None
            return
        yield from _messages(part, depth - 1)


def _message(packet: bytes) -> Message | None:
    address, at = _string(packet, 0)
    if address is None or not address.startswith("/"):
        return None
    if at >= len(packet):
        return address, ()
    tags, at = _string(packet, at)
    if tags is None or not tags.startswith(",") or len(tags) > 1 + _MAX_ARGUMENTS:
        return None
    arguments: list[Argument] = []
    for tag in tags[1:]:
        argument, at = _argument(packet, at, tag)
        if argument is None:
            return None
        arguments.append(argument)
    return address, tuple(arguments)


_NUMBERS = {"f": struct.Struct(">f"), "i": struct.Struct(">i"), "d": struct.Struct(">d"),
            "h": struct.Struct(">q")}  # fmt: skip


def _argument(packet: bytes, at: int, tag: str) -> tuple[Argument | None, int]:
    if tag == "s":
        return _string(packet, at)
    if tag in "TF":
        return float(tag == "T"), at
    kind = _NUMBERS.get(tag)
    if kind is None or at + kind.size > len(packet):
        return None, at
    return float(kind.unpack_from(packet, at)[0]), at + kind.size


def _string(packet: bytes, at: int) -> tuple[str | None, int]:
    """A text that ends with a zero, padded to four bytes."""
    end = packet.find(b"\0", at)
    if end < 0:
        return None, at
    return packet[at:end].decode("utf-8", "replace"), end + 4 - (end - at) % 4
