"""How somebody's own hair differs from a library style: plain data; never imports torch.

A photo shows more of hair than length, volume and fringe: how far it stands off in each direction,
where it ends, and where it is light and dark. All of that is kept on small lattices over the hair's
box, but what is cut off strands on one over the scalp, and belongs to one style. Numbers are
quantised when it is made, so that saved hair comes back bit by bit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Steps: TypeAlias = npt.NDArray[np.int8]
Floats: TypeAlias = npt.NDArray[np.float32]

#: Numbers along z, y, x: of ways at the box's corners and in between, of gains at cells' centres.
WAYS_GRID, GAINS_GRID = (10, 11, 9), (20, 22, 18)
#: What a step means: how far hair stands off (natural logarithm), up and around (metres); of gains.
WAY_STEPS, GAIN_STEP = (1 / 100, 0.001, 0.001), 1 / 100
#: Shares of strands that are cut off: numbers along v and u of the scalp, and what a step means.
CUT_GRID, CUT_STEP = (24, 24), 1 / 128


_SHAPES = {"ways": (3, *WAYS_GRID), "gains": GAINS_GRID, "cut": CUT_GRID}


@dataclass(frozen=True, eq=False, slots=True)
class OwnHair:
    """One person's version of a style. Immutable."""

    style: str  # id in the hairstyle library
    mirrored: bool  # whether that style was worn to the other side
    ways: Steps  # (3, z, y, x) of WAY_STEPS: stands off, asks further up, and further around
    gains: Steps  # (z, y, x) of GAIN_STEP: natural logarithm of a factor on the hair's light
    strength: float = 1.0  # how far it is worn so: 0 as the library has it … 1 as it was found
    fringe: float | None = None  # how long its fringe was, as `HairShape.fringe`; None: not known
    cut: Steps | None = None  # CUT_GRID of CUT_STEP: share cut off strands; None: nothing
    ragged: float = 0.0  # how far cut ends are: 0 cut straight … 1 each strand ends elsewhere

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 1:
            raise ValueError("own hair's strength must lie between 0 and 1")
        if not 0 <= self.ragged <= 1:
            raise ValueError("how ragged own hair is must lie between 0 and 1")
        object.__setattr__(self, "strength", float(np.float32(self.strength)))
        if self.fringe is not None:
            if not -1 <= self.fringe <= 1:
                raise ValueError("own hair's fringe must lie between -1 and 1")
            object.__setattr__(self, "fringe", float(np.float32(self.fringe)))
        object.__setattr__(self, "ragged", float(np.float32(self.ragged)))
        for name, shape in _SHAPES.items():
            array = getattr(self, name)
            if name == "cut" and array is None:
                continue
            if array.dtype != np.int8 or array.shape != shape:
                raise ValueError(f"own hair's {name} must be int8 of shape {shape}")
            if array.flags.writeable or not array.flags.c_contiguous:
                array = array.copy(order="C")
                array.setflags(write=False)
            object.__setattr__(self, name, array)
        if self.cut is not None and self.cut.min() < 0:
            raise ValueError("own hair cannot be cut by less than nothing")

    @classmethod
    def made(
        cls,
        style: str,
        *,
        mirrored: bool,
        ways: npt.NDArray[np.floating[Any]],
        gains: npt.NDArray[np.floating[Any]] | None = None,
        fringe: float | None = None,
        cut: npt.NDArray[np.floating[Any]] | None = None,
        ragged: float = 0.0,
    ) -> OwnHair:
        """Quantise what a fit has found.

        Args:
            style: id in the hairstyle library.
            mirrored: whether it is worn to the other side.
            ways: (3, *WAYS_GRID) natural logarithm, metres, metres.
            gains: GAINS_GRID natural logarithms; None: as the library has it.
            fringe: how long it is, -1 … 1.
            cut: CUT_GRID shares of strands, 0 … 0.99; None: nothing.
            ragged: how far ends are, 0 … 1.
        """
        steps = np.array(WAY_STEPS).reshape(3, 1, 1, 1)
        none = np.zeros(GAINS_GRID, np.int8)
        lit = none if gains is None else _quantised(gains / GAIN_STEP)
        away = None if cut is None else _quantised(cut / CUT_STEP)
        moved = _quantised(ways / steps)
        return cls(style, mirrored, moved, lit, fringe=fringe, cut=away, ragged=ragged)

    def lit(self, gains: npt.NDArray[np.floating[Any]]) -> OwnHair:
        """The same with gains, GAINS_GRID natural logarithms."""
        return replace(self, gains=_quantised(gains / GAIN_STEP))

    def worn(self, *, mirrored: bool) -> tuple[Floats, Floats]:
        """Ways (3, z, y, x) and gains (z, y, x), left for right if worn the other way round."""
        ways = self.ways * np.array(WAY_STEPS, np.float32).reshape(3, 1, 1, 1)
        gains = self.gains * np.float32(GAIN_STEP)
        if mirrored != self.mirrored:
            turned = np.array([1, 1, -1], np.float32).reshape(3, 1, 1, 1)
            ways, gains = turned * ways[..., ::-1], gains[..., ::-1]
        return np.ascontiguousarray(ways, np.float32), np.ascontiguousarray(gains, np.float32)

    def cut_off(self, *, mirrored: bool) -> Floats | None:
        """Shares (v, u) cut off strands, left for right if worn the other way round."""
        if self.cut is None:
            return None
        cut = self.cut * np.float32(CUT_STEP)
        return np.ascontiguousarray(cut[:, ::-1] if mirrored != self.mirrored else cut, np.float32)


def _quantised(values: npt.NDArray[np.floating[Any]]) -> Steps:
    steps: Steps = np.rint(values).clip(-127, 127).astype(np.int8)
    return steps
