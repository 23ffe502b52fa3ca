"""Edits of a head as layers over it: what was asked for, how strongly, and what it changes.

Layers never touch the head below them: `head360.edited.edited` adds up what a head with its layers
looks like. So every layer can be switched off, weakened or moved at any time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from head360.paint import Paint

FloatArray: TypeAlias = npt.NDArray[np.float32]

#: How far a wish can be turned up, 1 = as a plain sentence means it.
MAX_AMOUNT = 2.0
#: The hairstyle of a change that takes all hair off.
BALD = ""


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What a wish does to a head at amount 1. What is None stays as it is.

    Codes, weights and paint are added; colours, the hairstyle and the light are reached.
    """

    shape: FloatArray | None = None  # (S,) standard deviations
    texture: FloatArray | None = None  # (T,) standard deviations
    attributes: FloatArray | None = None  # (A,)
    expression: FloatArray | None = None  # (E,)
    hair_color: FloatArray | None = None  # (3,) linear RGB
    iris_color: FloatArray | None = None  # (3,) linear RGB
    hair_shape: FloatArray | None = None  # (5,) added to the numbers of a `HairShape`
    hair_roots: FloatArray | None = None  # (3,) linear RGB near the scalp
    hair_tips: FloatArray | None = None  # (3,) linear RGB at the ends
    lip_color: FloatArray | None = None  # (3,) linear RGB of lipstick
    lid_color: FloatArray | None = None  # (3,) linear RGB of eye shadow
    hairstyle: str | None = None  # id in the library; `BALD` takes hair off
    light: str | None = None  # a preset
    hair_mirrored: bool | None = None  # whether hair is parted on the style's other side
    paint: Paint | None = None  # over everything else, and over the paint of layers below

    def __post_init__(self) -> None:
        for name in ARRAYS:
            values = getattr(self, name)
            if values is not None:
                object.__setattr__(self, name, _frozen(name, values))


#: Fields of a `Change` that are arrays.
ARRAYS = (
    "shape", "texture", "attributes", "expression", "hair_color", "iris_color", "hair_shape",
    "hair_roots", "hair_tips", "lip_color", "lid_color",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Wish:
    """One thing that was asked for; a slider in the studio."""

    title: str  # plain words: “Older”
    words: str  # of the sentence, where it came from
    amount: float  # 0 = not at all, 1 = as a plain sentence means it … `MAX_AMOUNT`
    change: Change

    def __post_init__(self) -> None:
        if not 0 <= self.amount <= MAX_AMOUNT:
            raise ValueError(f"the amount of a wish must be within 0 … 2, got {self.amount}")


@dataclass(frozen=True, slots=True, eq=False)
class EditLayer:
    """What one sentence changed."""

    text: str
    wishes: tuple[Wish, ...]
    strength: float = 1.0  # of all its wishes: 0 = before … 1 = after
    on: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 1:
            raise ValueError(f"the strength of a layer must be within 0 … 1, got {self.strength}")

    def with_(self, **changes: Any) -> EditLayer:
        """Return a copy with some fields replaced."""
        return replace(self, **changes)

    def with_amount(self, number: int, amount: float) -> EditLayer:
        """Return a copy whose wish of this number has another amount."""
        wishes = list(self.wishes)
        wishes[number] = replace(wishes[number], amount=amount)
        return replace(self, wishes=tuple(wishes))


def _frozen(name: str, values: npt.ArrayLike) -> FloatArray:
    array = np.array(values, np.float32)
    if array.ndim != 1 or not np.isfinite(array).all():
        raise ValueError(f"{name} of a change must be a finite vector")
    array.setflags(write=False)
    return array
