"""Grooms a hairstyle onto a head: roots, growth, locks, collisions, widths.

A style is groomed once, on the mean head; seating on other heads is `head360.model.scalp`'s work.
Strands carry no colour: a renderer mixes it from the hair colour and each strand's root.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from head360.model.scalp import root_coordinates
from training.synhead.grooms_finish import arc_length, finish, widths
from training.synhead.grooms_growth import grow, keeps_face_free
from training.synhead.grooms_roots import shared_roots
from training.synhead.grooms_rows import growth_of
from training.synhead.grooms_scalp import ScalpSurface
from training.synhead.grooms_strays import in_company
from training.synhead.grooms_tied import gather
from training.synhead.styles import GroomStyle

FloatArray: TypeAlias = npt.NDArray[np.float32]

#: Of the strands that the library's hairstyles are trained on.
LIBRARY_SEED = 1
#: Every strand stays inside this box (metres), a hand's breadth inside the renderer's hair box.
HAIR_LOW = np.array([-0.178, -0.238, -0.198])
HAIR_HIGH = np.array([0.178, 0.178, 0.178])


@dataclass(frozen=True, eq=False, slots=True)
class Groom:
    """A head of hair: N strands of S points each, in the order the roots were sown."""

    positions: FloatArray  # (N, S, 3) metres, head space of the mean head, root first
    widths: FloatArray  # (N, S) metres, full width
    roots: FloatArray  # (N, 2) scalp coordinates 0 … 1, smooth from strand to strand

    def along(self) -> FloatArray:
        """(N, S) share of the strand's length from the root, 0 … 1."""
        arc = arc_length(self.positions.astype(np.float64))
        return (arc / np.maximum(arc[:, -1:], 1e-9)).astype(np.float32)


def make_groom(style: GroomStyle, head: ScalpSurface, seed: int) -> Groom:
    """Groom `style`; the same seed gives the same strands."""
    rng = np.random.default_rng(seed)
    parting = style.parting
    roots = head.sample_roots(style.strands, rng, style.recede, parting, growth_of(style))
    if style.tail is None:
        combed = grow(style, roots, head, rng)
    else:
        combed = gather(style, style.tail, roots, head, rng)
    if keeps_face_free(style) or style.tail is not None:
        combed = combed[in_company(combed.strands)]
    strands = np.clip(finish(style, combed, head, rng), HAIR_LOW, HAIR_HIGH)
    own = root_coordinates(combed.roots.positions).astype(np.float32)
    return Groom(
        strands.astype(np.float32),
        widths(style, combed, rng).astype(np.float32),
        own if style.frizzy else shared_roots(strands, own),
    )
