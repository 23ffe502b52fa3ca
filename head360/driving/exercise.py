"""A performance that shows every shape once: to try a head, and to measure trackers by."""

from __future__ import annotations

import numpy as np

from head360.params import EXPRESSIONS, FloatArray
from head360.performance import Performance, TimeArray

#: How long a shape takes to come and go, and how soon the next one follows, seconds.
_PULSE_S, _STEP_S = 0.6, 0.26
_REST_S = 0.7  # before the first, so that a rest face can be seen
_HEIGHT = 0.9
#: How far and how slowly the head sways meanwhile: degrees, and turns a second.
_SWAY = ((12.0, 0.11), (6.0, 0.17), (4.0, 0.23))
#: Shapes are taken in turn from these, so that neighbours in time are far apart on the face.
_REGIONS = (("brow", "cheek", "nose"), ("eye",), ("jaw", "mouth", "tongue"))
#: Shapes that mean nothing without another: lips close only in an open jaw.
_COMPANIONS = {"mouthClose": "jawOpen"}


def exercise(fps: float = 24.0, seed: int = 1) -> Performance:
    """Each of the 52 shapes comes and goes while the head sways; about 15 s."""
    order = _interleaved(seed)
    seconds = 2 * _REST_S + _STEP_S * (len(order) - 1) + _PULSE_S
    times = np.arange(round(seconds * fps) + 1) / fps
    weights = np.zeros((len(times), len(EXPRESSIONS)), np.float32)
    for place, name in enumerate(order):
        pulse = _HEIGHT * _pulse(times - _REST_S - _STEP_S * place)
        for shape in (name, _COMPANIONS.get(name, name)):
            column = weights[:, EXPRESSIONS.index(shape)]
            np.maximum(column, pulse, out=column)
    waves = [size * np.sin(2 * np.pi * rate * times) for size, rate in _SWAY]
    return Performance(times, weights, np.stack(waves, 1), "Every shape", fps)


def _pulse(times: TimeArray) -> FloatArray:
    """A raised cosine from 0 to _PULSE_S."""
    inside = np.clip(times / _PULSE_S, 0, 1)
    return (0.5 - 0.5 * np.cos(2 * np.pi * inside)).astype(np.float32)


def _interleaved(seed: int) -> list[str]:
    """All shapes, region after region in turn, in an order that is the same for a seed."""
    rng = np.random.default_rng(seed)
    queues = [[n for n in EXPRESSIONS if n.startswith(region)] for region in _REGIONS]
    for queue in queues:
        rng.shuffle(queue)
    places = [
        ((position + 0.5) / len(queue), number, name)
        for number, queue in enumerate(queues)
        for position, name in enumerate(queue)
    ]
    return [name for _, _, name in sorted(places)]
