"""How synthetic heads are looked at and lit: a rig of 72 cameras, random ones, set-ups, faces."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from head360.camera import OrbitCamera
from head360.light import LIGHT_PRESETS, Light
from head360.params import EXPRESSIONS

Floats = npt.NDArray[np.float32]

#: The rig: rings of cameras 15 degrees apart, each ring turned by a third of that.
RING_PITCHES = (-18.0, 6.0, 34.0)  # degrees
RING_CAMERAS = 24
RIG_CAMERAS = len(RING_PITCHES) * RING_CAMERAS
#: Random cameras: pitch in degrees, distance in metres.
_PITCHES, _DISTANCES = (-30.0, 40.0), (1.08, 1.32)
#: Two thirds of all pictures show an expression, of so many shapes at most.
_EXPRESSIVE_EVERY, _MOST_SHAPES = 3, 4
_RIG, _RANDOM, _LIGHT, _FACE, _STYLE = range(5)  # streams of random numbers


def rig(count: int = RIG_CAMERAS) -> list[OrbitCamera]:
    """The rig's cameras, or `count` of them spread evenly over it.

    Raises:
        ValueError: the rig has no so many cameras.
    """
    if not 0 < count <= RIG_CAMERAS:
        raise ValueError(f"the rig has 1 … {RIG_CAMERAS} cameras, not {count}")
    return [_rig_camera(i * RIG_CAMERAS // count) for i in range(count)]


def _rig_camera(number: int) -> OrbitCamera:
    # Neighbours in the list stand on different rings, so that any part of it sees all of the head.
    step, ring = divmod(number, len(RING_PITCHES))
    yaw = 360.0 / RING_CAMERAS * (step + ring / len(RING_PITCHES))
    return OrbitCamera((yaw + 180) % 360 - 180, RING_PITCHES[ring])


def random_cameras(count: int, seed: int) -> list[OrbitCamera]:
    """Cameras all around the head, a little nearer or further away; none stands on the rig."""
    rng = np.random.default_rng([seed, _RANDOM])
    return [
        OrbitCamera(
            float(rng.uniform(-180, 180)),
            float(rng.uniform(*_PITCHES)),
            float(rng.uniform(*_DISTANCES)),
        )
        for _ in range(count)
    ]


def set_ups(seed: int, count: int) -> list[Light]:
    """Different presets, each turned as chance will have it."""
    rng = np.random.default_rng([seed, _LIGHT])
    names = rng.permutation(LIGHT_PRESETS)[:count]
    return [Light(str(name), float(rng.uniform(-60, 60))) for name in names]


def expression(seed: int, view: int) -> Floats:
    """(52,) weights: nothing for every third view, else one to four shapes together."""
    weights = np.zeros(len(EXPRESSIONS), np.float32)
    if view % _EXPRESSIVE_EVERY == 0:
        return weights
    rng = np.random.default_rng([seed, _FACE, view])
    for shape in rng.choice(len(EXPRESSIONS), rng.integers(1, _MOST_SHAPES + 1), replace=False):
        weights[_mirrored(int(shape), rng)] = rng.uniform(0.2, 1.0)
    return weights


def _mirrored(shape: int, rng: np.random.Generator) -> list[int]:
    """A shape, mostly together with its other side: people rarely move one side only."""
    name = EXPRESSIONS[shape]
    other = name.replace("Left", "#").replace("Right", "Left").replace("#", "Right")
    both = other in EXPRESSIONS and rng.random() < 0.75 and "Look" not in name
    return sorted({shape, EXPRESSIONS.index(other)}) if both else [shape]


def random_style(seed: int, styles: list[str]) -> str:
    """One of the hairstyles."""
    rng = np.random.default_rng([seed, _STYLE])
    return str(rng.choice(sorted(styles)))
