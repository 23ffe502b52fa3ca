"""Hair as cards: narrow ribbons along the lines of `hair_paths`, painted with strands.

A card lies flat on the mass of hair, wide in the middle and narrow at its ends. Its texture has
lanes side by side, each a lock of strands from root (v = 0) to tip (v = 1), from dark to light;
a card takes the lane of its tone.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from head360.export.bust import Floats, Indices
from head360.export.hair_paths import Paths
from head360.export.hair_picture import (
    Colors,
    Lanes,
    lane_tones,
    plain_lanes,
    varied_lanes,
)
from head360.model.strand_noise import strand_noise
from head360.rendering.shade import SKULL_CENTRE

#: Widths of cards in the middle, metres.
_NARROW, _WIDE = 0.0045, 0.0105
#: Share of the width that is left at both ends.
_END_WIDTH = 0.07
#: The same at the root, of cards that begin within this share of a strand.
_ROOT_WIDTH, _AT_ROOT = 0.75, 0.12
#: Length of a line that makes the widest card, metres; no card is wider than a share of its length.
_LONG, _STOUT = 0.12, 0.35
#: How far cards tip out of the surface, radians.
_TIP = 0.35
#: Cross-sections of a card at most.
SECTIONS = 9
#: Cards lie this far above their lines, metres: hair beside a parting would sink into the scalp.
_LIFT = 0.0015
#: Normals point away from the skull as well as from the mass of hair, as in the viewer.
_BULGE = 0.5


def cards(
    paths: Paths, colors: Colors, rng: np.random.Generator, *, varied: bool
) -> tuple[Floats, Floats, Floats, Indices, Lanes]:
    """Cards along lines, and the lanes of their picture.

    Args:
        paths: the lines.
        colors: of strands.
        rng: chance.
        varied: whether strands differ in more than a shade.

    Returns:
        Points (N, 3) metres, normals (N, 3), UVs (N, 2) and triangles (F, 3) in the same frame;
        the lanes.
    """
    points, along, outwards = _resampled(paths)
    count, sections = points.shape[:2]
    tangents = _unit(np.gradient(points, axis=1))
    bulge = _unit(points - np.array(SKULL_CENTRE, np.float32))
    up = _unit((1 - _BULGE) * outwards + _BULGE * bulge)
    up = _unit(up - tangents * (up * tangents).sum(-1, keepdims=True))
    side = np.cross(tangents, up)
    tip = rng.normal(0, _TIP, (count, 1, 1))
    flat = side * np.cos(tip) + up * np.sin(tip)
    half = _half_widths(paths, along, rng)[..., None]
    points = points + _LIFT * up
    left, right = points - flat * half, points + flat * half
    # The middle of a card stands out a little, so that highlights run along it.
    lean = 0.35
    normals = np.stack([_unit(up - lean * side), _unit(up + lean * side)], 2)
    lanes, chosen = _lanes(paths, colors, rng, varied=varied)
    u = lanes.edges(chosen)
    turned = rng.random(count) < 0.5
    u[turned] = u[turned, ::-1]
    uv = np.stack(
        [
            np.broadcast_to(u[:, None, :], (count, sections, 2)),
            np.broadcast_to(lanes.heights(chosen, along)[..., None], (count, sections, 2)),
        ],
        -1,
    )
    corners = np.stack([left, right], 2)
    return (
        corners.reshape(-1, 3).astype(np.float32),
        normals.reshape(-1, 3).astype(np.float32),
        uv.reshape(-1, 2).astype(np.float32),
        _triangles(count, sections),
        lanes,
    )


def _resampled(paths: Paths) -> tuple[Floats, Floats, Floats]:
    """Points, along and outwards of `SECTIONS` places, evenly spread over each line."""
    share = np.linspace(0, 1, SECTIONS)
    place = share[None] * (paths.counts[:, None] - 1)
    low = np.minimum(place.astype(np.int64), (paths.counts - 2).clip(0)[:, None])
    part = (place - low)[..., None]
    row = np.arange(len(place))[:, None]

    def between(values: Floats) -> Floats:
        mixed: Floats = values[row, low] * (1 - part) + values[row, low + 1] * part
        return mixed

    along = np.maximum.accumulate(between(paths.along[..., None])[..., 0], 1)
    return between(paths.points), along, between(paths.outwards)


def _half_widths(paths: Paths, along: Floats, rng: np.random.Generator) -> Floats:
    """(N, S) metres: long lines make wide cards; what starts at the scalp starts wide."""
    count, sections = along.shape
    steps = np.linalg.norm(np.diff(paths.points, axis=1), axis=2)
    length = steps.sum(1)  # metres
    share = np.clip(length / _LONG, 0, 1)
    widest = _NARROW + (_WIDE - _NARROW) * share * rng.uniform(0.6, 1.1, count)
    widest = np.minimum(widest, _STOUT * length)
    share = np.linspace(0, 1, sections)[None]
    rooted = np.where(along[:, :1] < _AT_ROOT, _ROOT_WIDTH, _END_WIDTH)
    end = np.where(share < 0.5, rooted, _END_WIDTH)
    profile = end + (1 - end) * np.sin(np.pi * share) ** 0.7
    widths: Floats = 0.5 * widest[:, None] * profile
    return widths


def _lanes(
    paths: Paths, colors: Colors, rng: np.random.Generator, *, varied: bool
) -> tuple[Lanes, npt.NDArray[np.int64]]:
    """The picture's lanes, and which each card takes."""
    size = len(strand_noise())
    at = (paths.roots * size).astype(np.int64) % size
    lock = strand_noise()[at[:, 1], at[:, 0], 0]
    wanted = np.log(paths.tones.clip(0.3, 3)) + 0.11 * lock + rng.normal(0, 0.08, len(at))
    if varied:
        return varied_lanes(colors, paths.roots, wanted, rng)
    return plain_lanes(colors), np.abs(wanted[:, None] - lane_tones()[None]).argmin(1)


def _triangles(count: int, sections: int) -> Indices:
    first = np.arange(count)[:, None] * 2 * sections + 2 * np.arange(sections - 1)[None]
    a, b, c, d = (first + offset for offset in range(4))
    found = np.stack([np.stack([a, b, c], -1), np.stack([b, d, c], -1)], 2)
    wired: Indices = found.reshape(-1, 3).astype(np.uint32)
    return wired


def _unit(vectors: Floats) -> Floats:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    found: Floats = vectors / np.maximum(length, 1e-9)
    return found
