"""Faces for tests of driving."""

from __future__ import annotations

import numpy as np

from head360.params import EXPRESSIONS
from head360.performance import Performance, Sample


def face(time_s: float = 0.0, pose: tuple[float, ...] = (0, 0, 0), **weights: float) -> Sample:
    """A sample with some shapes set by name."""
    expression = np.zeros(52, np.float32)
    for name, weight in weights.items():
        expression[EXPRESSIONS.index(name)] = weight
    return Sample(time_s, expression, np.array(pose, np.float32))


def random_face(seed: int, time_s: float = 1.0) -> Sample:
    """A face of any weights, turned somehow."""
    rng = np.random.default_rng(seed)
    pose = rng.uniform([-60, -40, -30], [60, 40, 30]).astype(np.float32)
    return Sample(time_s, rng.uniform(0, 1, 52).astype(np.float32), pose)


def weights_of(sample: Sample) -> dict[str, float]:
    """What is not zero, by name."""
    pairs = zip(EXPRESSIONS, sample.expression, strict=True)
    return {name: round(float(weight), 4) for name, weight in pairs if weight}


def random_take(seed: int = 0, count: int = 90, fps: float = 60.0) -> Performance:
    """A take of any weights."""
    rng = np.random.default_rng(seed)
    pose = rng.uniform([-60, -40, -30], [60, 40, 30], (count, 3))
    return Performance(np.arange(count) / fps, rng.uniform(0, 1, (count, 52)), pose, fps=fps)
