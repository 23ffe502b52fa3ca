"""A likeness of nobody, for tests."""

from __future__ import annotations

import numpy as np

from head360.likeness import MODES, SKIN_ROWS, VERTICES, Likeness


def smooth(rng: np.random.Generator, channels: int, rows: int, columns: int) -> np.ndarray:
    """(channels, rows, columns) soft noise, about -1 … 1."""
    coarse = rng.uniform(-1, 1, (channels, rows // 32, columns // 32))
    return np.repeat(np.repeat(coarse, 32, 1), 32, 2)


def some_likeness(seed: int = 0) -> Likeness:
    """Everything a likeness may hold."""
    rng = np.random.default_rng(seed)
    rows = (SKIN_ROWS, 2 * SKIN_ROWS)
    return Likeness.made(
        modes=rng.normal(size=MODES),
        skin=0.2 * smooth(rng, 3, *rows),
        observed=np.broadcast_to(np.linspace(0, 1, rows[1]), rows),
        offsets=np.broadcast_to(rng.uniform(-0.004, 0.004, 3), (VERTICES, 3)),
        surface=0.1 * smooth(rng, 2, *rows),
        sclera=(0.9, 0.8, 0.75),
        teeth=(0.8, 0.9, 0.7),
        moment=0.1 * smooth(rng, 3, *rows),
        expression=rng.uniform(0, 1, 52),
        opening=0.1 * smooth(rng, 3, SKIN_ROWS, SKIN_ROWS // 2),
        fringe=np.broadcast_to(np.linspace(1, 0, rows[1]), rows),
        cast=0.05 * smooth(rng, 3, SKIN_ROWS, 5 * SKIN_ROWS // 2),
        light=(6.0, 0.5, 1.5, -1.0, 0.2, 0.1, 0.3, -0.2, 0.1, 1.1, 1.0, 0.9),
    )
