"""The turn of a head in BVH motion files, as motion capture suites write them.

Joints called neck or head, one within the other, are taken together; everything else of the body is
left out. BVH's axes are ours when the figure faces +z with y up, as is usual: x to its left. A file
says nothing about the face, so all shapes are unknown; blend it with a take that knows them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from head360.driving.rotation import Matrix, pose_from_matrix
from head360.errors import DrivingError
from head360.files import replacing, size_of
from head360.params import EXPRESSIONS
from head360.performance import MAX_SAMPLES, Performance, resampled

MAX_FILE_BYTES = 128 << 20
_MAX_JOINTS, _MAX_CHANNELS = 1024, 6
#: Names such as Head, head_1, Neck, neck02, mixamorig:Neck, but not HeadTop_End or HeadBand.
_HEAD = re.compile(r"(head|neck|lowerneck|upperneck)[_.\d]*")
_AXES = {"Xrotation": 0, "Yrotation": 1, "Zrotation": 2}


@dataclass(frozen=True, slots=True)
class _Joint:
    """A joint of the skeleton, and where its numbers stand in a line of motion."""

    name: str
    first: int
    channels: tuple[str, ...]


@dataclass(slots=True)
class _Skeleton:
    joints: list[_Joint] = field(default_factory=list)
    width: int = 0  # numbers in a line


def read_bvh(path: Path) -> Performance:
    """The turn of the head in a file; every shape is unknown.

    Raises:
        DrivingError: it cannot be read, or has no head.
    """
    try:
        if size_of(path) > MAX_FILE_BYTES:
            raise DrivingError(f"“{path.name}” is far too big.")
        words = path.read_text("utf-8", "replace")
    except OSError as error:
        raise DrivingError(f"“{path.name}” cannot be opened: {error.strerror or error}.") from error
    skeleton, _, motion = words.partition("MOTION")
    try:
        return _performance(_skeleton(skeleton.split()), motion, path.stem)
    except (ValueError, IndexError, OverflowError) as error:
        raise DrivingError(
            f"“{path.name}” is no motion file of a head: {error}.",
            "A BVH file with a joint called Head is needed.",
        ) from error


def write_bvh(performance: Performance, path: Path) -> None:
    """Write the turn of the head as a skeleton of a neck and a head.

    Raises:
        DrivingError: it cannot be written.
    """
    even = resampled(performance, performance.fps)
    yaw, pitch, roll = even.head_pose.T
    lines = [f"{a:.5f} {b:.5f} {c:.5f}" for a, b, c in zip(yaw, pitch, -roll, strict=True)]
    head = _HEADER.format(frames=len(even), step=1 / even.fps)
    try:
        with replacing(path) as partial:
            partial.write_text(head + "\n".join(lines) + "\n", "utf-8")
    except OSError as error:
        raise DrivingError(
            f"“{path.name}” cannot be written: {error.strerror or error}.",
            "Choose another folder, or make room on the disk.",
        ) from error


_HEADER = """HIERARCHY
ROOT Head
{{
\tOFFSET 0 0 0
\tCHANNELS 3 Yrotation Xrotation Zrotation
\tEnd Site
\t{{
\t\tOFFSET 0 0.2 0
\t}}
}}
MOTION
Frames: {frames}
Frame Time: {step:.7f}
"""


def _skeleton(words: list[str]) -> _Skeleton:
    found, name = _Skeleton(), ""
    for place, word in enumerate(words):
        if word in ("ROOT", "JOINT"):
            name = words[place + 1].split(":")[-1].lower()
        elif word == "CHANNELS":
            count = int(words[place + 1])
            if not 0 <= count <= _MAX_CHANNELS or len(found.joints) >= _MAX_JOINTS:
                raise ValueError("its skeleton makes no sense")
            channels = tuple(words[place + 2 : place + 2 + count])
            if not all(re.fullmatch("[XYZ](position|rotation)", channel) for channel in channels):
                raise ValueError("its channels make no sense")
            found.joints.append(_Joint(name, found.width, channels))
            found.width += count
    return found


def _performance(skeleton: _Skeleton, motion: str, name: str) -> Performance:
    joints = [joint for joint in skeleton.joints if _HEAD.fullmatch(joint.name)]
    if not any("head" in joint.name for joint in joints):
        raise ValueError("no joint is called Head")
    lines = motion.strip().splitlines()
    step = float(lines[1].partition(":")[2])
    if not 1e-4 <= step <= 100:
        raise ValueError("its frames have no sensible length")
    poses = [_pose(line, joints, skeleton.width) for line in lines[2 : 2 + MAX_SAMPLES]]
    while poses and poses[-1] is None:  # cut off
        poses.pop()
    if not poses or any(pose is None for pose in poses):
        raise ValueError("its motion is incomplete")
    return Performance(
        np.arange(len(poses)) * np.float64(step),
        np.zeros((len(poses), len(EXPRESSIONS)), np.float32),
        np.array(poses, np.float32),
        name,
        min(1 / step, 1000.0),
        frozenset(EXPRESSIONS),
    )


def _pose(line: str, joints: list[_Joint], width: int) -> np.ndarray | None:
    """(3,) degrees of one line; None if it is incomplete."""
    try:
        numbers = [float(word) for word in line.split()]
    except ValueError:
        return None
    if len(numbers) != width or not all(map(math.isfinite, numbers)):
        return None
    whole = np.eye(3)
    for joint in joints:
        for offset, channel in enumerate(joint.channels):
            if channel in _AXES:
                whole = whole @ _about(_AXES[channel], numbers[joint.first + offset])
    return pose_from_matrix(whole)


def _about(axis: int, degrees: float) -> Matrix:
    """(3, 3) rotation about x, y or z."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    first, second = (axis + 1) % 3, (axis + 2) % 3
    rotation = np.eye(3)
    rotation[first, first] = rotation[second, second] = cosine
    rotation[second, first], rotation[first, second] = sine, -sine
    return rotation
