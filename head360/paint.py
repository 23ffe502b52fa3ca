"""Colour over a finished head, as an image editor painted it. Plain data; never imports torch.

On skin it is added to the albedo after everything else is painted; in hair it multiplies the
strands' own colour, and belongs to strands: to where they grow, and how far along it is. So it
moves with expressions, stays with other lengths and partings, and dyes other styles alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.floating[Any]]
Steps: TypeAlias = npt.NDArray[np.int16]

#: Rows of the skin tile, which is twice as wide as high (`head360.likeness.SKIN_ROWS`).
_ROWS = 512
#: Cells of hair: along a strand, and over the scalp's coordinates v and u.
HAIR_CELLS = (8, 48, 48)
#: One unit of `skin` in encoded albedo, and of `hair` in the logarithm of a factor.
SKIN_STEP, HAIR_STEP = 1 / 255, 1 / 1000
#: No hair becomes more than so many times lighter or darker: exp(4) = 55.
MAX_HAIR = 4.0
#: Hair without any of a colour takes this much of it when it is lightened, linear.
LEAST_HAIR = 0.004
_LIMITS = {"skin": 255, "hair": round(MAX_HAIR / HAIR_STEP)}
_SHAPES = {"skin": (3, _ROWS, 2 * _ROWS), "hair": (3, *HAIR_CELLS)}


@dataclass(frozen=True, eq=False, slots=True)
class Paint:
    """Paint on skin and in hair; None is none. Immutable, shared by all heads that wear it.

    Raises:
        ValueError: an array has another shape or kind, or impossible numbers.
    """

    skin: Steps | None = None  # (3, U, 2U) steps added to the sRGB-encoded albedo, row 0 at v = 0
    hair: Steps | None = None  # (3, along, v, u) steps of the logarithm of factors on linear RGB

    def __post_init__(self) -> None:
        for name, shape in _SHAPES.items():
            if getattr(self, name) is not None:
                object.__setattr__(self, name, _kept(name, getattr(self, name), shape))

    @classmethod
    def made(cls, skin: Floats | None = None, hair: Floats | None = None) -> Paint:
        """Quantise paint.

        Args:
            skin: (3, U, 2U) added to encoded albedo, -1 … 1.
            hair: (3, along, v, u) logarithms of factors, ± `MAX_HAIR`.
        """
        return cls(_steps("skin", skin, SKIN_STEP), _steps("hair", hair, HAIR_STEP))

    def added(self, other: Paint, amount: float) -> Paint:
        """Both, the other one at an amount: 0 = not at all, 1 = as it is."""
        return Paint(_sum("skin", self.skin, other.skin, amount),
                     _sum("hair", self.hair, other.hair, amount))  # fmt: skip


def _steps(name: str, values: Floats | None, step: float) -> Steps | None:
    if values is None:
        return None
    limit = _LIMITS[name]
    steps: Steps = np.rint(values / step).clip(-limit, limit).astype(np.int16)
    return steps


def _sum(name: str, one: Steps | None, other: Steps | None, amount: float) -> Steps | None:
    if other is None or amount == 0:
        return one
    total = other * np.float32(amount)
    if one is not None:
        total += one
    return _steps(name, total, 1.0)


def _kept(name: str, value: Any, shape: tuple[int, ...]) -> Steps:
    """An array that is what it must be and that nobody can change."""
    array = np.asarray(value)
    if array.dtype != np.int16 or array.shape != shape:
        raise ValueError(
            f"paint's {name} must be int16 of shape {shape}, got {array.dtype.name}, {array.shape}"
        )
    if array.min() < -_LIMITS[name] or array.max() > _LIMITS[name]:
        raise ValueError(f"paint's {name} must be within ±{_LIMITS[name]}")
    if array.flags.writeable or not array.flags.c_contiguous:
        array = array.copy(order="C")
        array.setflags(write=False)
    return array
