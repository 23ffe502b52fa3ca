"""What turns one head into another."""

from __future__ import annotations

import numpy as np

from head360.edits import Change
from head360.params import HeadParams


def difference(before: HeadParams, after: HeadParams) -> Change | None:
    """The change from one head to another; None where there is none."""
    added = {}
    for name in ("shape", "texture", "attributes", "expression"):
        step = getattr(after, name) - getattr(before, name)
        if np.abs(step).max() > 1e-6:
            added[name] = step
    for name in ("hair_color", "iris_color"):
        if not np.array_equal(getattr(after, name), getattr(before, name)):
            added[name] = getattr(after, name)
    return Change(**added) if added else None
