"""Follows hair through its field: lines from near the roots to the tips, as many as cards need.

The field knows at every point how dense hair is and which way strands run, root to tip. Lines start
where hair can be seen from outside, and grow from there in both directions.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt, gaussian_filter
from torch import Tensor
from torch.nn import functional

from head360.export.bust import Floats
from head360.model.field import HairField, HairPlanes
from head360.model.planes import HAIR_BOX, sample_vectors
from head360.model.scalp import CRANIUM

#: Hair is where its extinction is above this, 1/m; a line ends where it is below the second.
SOLID, FADED = 33.0, 14.0
#: Steps of lines, metres, and how many they take in each direction at most.
_STEP, _STEPS = 0.004, 30
#: The step where fewer than a share of all lines get anywhere.
_SHORT_STEP, _ENOUGH = 0.0012, 0.6
#: A line needs so many points.
_FEWEST = 3
#: Depth below the outside at which lines start: most within the first, a share anywhere, metres.
_SKIN_DEEP, _ANYWHERE = 0.006, 0.12
#: Share of lines that start at the scalp, and how far above it, metres; how far apart points are.
_ROOTED, _ABOVE, _SPREAD = 0.3, 0.0025, 0.002
#: How much of its direction a line keeps from step to step, and the sharpest turn (cosine).
_INERTIA, _SHARPEST = 0.35, 0.15
#: A line follows hair for at most this share beyond its tip.
_ROOT, _TIP = 0.015, 0.985


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """N lines of P points; only the first `counts` points of each count. Canonical frame."""

    points: Floats  # (N, P, 3) metres, root to tip
    along: Floats  # (N, P) 0 root … 1 tip
    outwards: Floats  # (N, P, 3) unit, away from the mass of hair
    counts: np.ndarray  # (N,)
    roots: Floats  # (N, 2) scalp coordinates of its strands
    tones: Floats  # (N,) gain on the colour


def trace(
    field: HairField, hair: HairPlanes, scalp: Tensor, count: int, rng: np.random.Generator
) -> Generator[None, None, Paths]:
    """About `count` lines through a style; (M, 3) points of the mean head's scalp grow some."""
    outwards = _outwards(hair)
    grown = round(_ROOTED * count)
    anywhere = hair_points(field, hair, count - grown, rng)
    seeds = torch.cat([anywhere, _near_scalp(field, hair, scalp, grown, rng)])
    yield
    lines = yield from _lines(field, hair, seeds, _STEP)
    kept = _long_enough(lines)
    if len(kept) < _ENOUGH * len(seeds):  # hair as short as this needs a closer look
        lines = yield from _lines(field, hair, seeds, _SHORT_STEP)
        kept = _long_enough(lines)
    rows, counts = _table([lines[index] for index in kept])
    yield
    flat = rows.reshape(-1, 3)
    samples = [field(hair, part) for part in flat.split(50_000)]
    along = torch.cat([sample.along for sample in samples])
    roots = torch.cat([sample.root for sample in samples]).view(*rows.shape[:2], 2)
    return Paths(
        rows.numpy(),
        along.view(rows.shape[:2]).clamp(0, 1).numpy(),
        sample_vectors(outwards, flat, HAIR_BOX).view_as(rows).numpy(),
        counts,
        _typical(roots.clamp(0, 1).numpy(), counts),
        field(hair, seeds[kept]).tone.numpy(),
    )


def _lines(
    field: HairField, hair: HairPlanes, seeds: Tensor, step: float
) -> Generator[None, None, list[Tensor]]:
    """A line (P, 3) through each seed, root to tip."""
    backward = yield from _followed(field, hair, seeds, -step)
    forward = yield from _followed(field, hair, seeds, step)
    return [
        torch.cat([back[1:].flip(0), ahead])
        for back, ahead in zip(_trimmed(*backward), _trimmed(*forward), strict=True)
    ]


def _long_enough(lines: list[Tensor]) -> list[int]:
    return [index for index, line in enumerate(lines) if len(line) >= _FEWEST]


def _table(lines: list[Tensor]) -> tuple[Tensor, np.ndarray]:
    """Lines as rows (N, P, 3), the last point repeated, and how many points each has."""
    longest = max((len(line) for line in lines), default=_FEWEST)
    rows = torch.zeros(len(lines), longest, 3)
    for row, line in zip(rows, lines, strict=True):
        row[: len(line)] = line
        row[len(line) :] = line[-1]
    return rows, np.array([len(line) for line in lines], np.int64)


def _typical(values: Floats, counts: np.ndarray) -> Floats:
    """Medians (N, C) of the first `counts` (N,) of values (N, P, C): single places may err."""
    counted = np.arange(values.shape[1])[None] < counts[:, None]
    medians: Floats = np.nanmedian(np.where(counted[..., None], values, np.nan), 1)
    return medians.astype(np.float32)


def solid(hair: HairPlanes) -> Tensor:
    """(z, y, x) extinction of the coarse grid, 1/m."""
    return hair.grid.exp()


def hair_points(field: HairField, hair: HairPlanes, count: int, rng: np.random.Generator) -> Tensor:
    """(N, 3) metres: where hair is, mostly near its outside."""
    present = solid(hair).numpy() > FADED
    cell = 2 * np.array(HAIR_BOX.half[::-1]) / present.shape
    depth = distance_transform_edt(present, sampling=cell)
    chance = present * (np.exp(-((depth / _SKIN_DEEP) ** 2)) + _ANYWHERE * (depth < 0.03))
    chance = chance.ravel() / chance.sum()
    chosen = rng.choice(len(chance), 2 * count, p=chance)
    z, y, x = np.unravel_index(chosen, present.shape)
    place = np.stack([x, y, z], 1) + rng.random((len(chosen), 3))
    unit = place / np.array(present.shape[::-1]) * 2 - 1
    points = torch.from_numpy(unit * HAIR_BOX.half + np.array(HAIR_BOX.centre)).float()
    dense = field(hair, points).extinction > FADED
    return points[dense][:count]


def _near_scalp(
    field: HairField, hair: HairPlanes, scalp: Tensor, count: int, rng: np.random.Generator
) -> Tensor:
    """(N, 3) metres: where hair comes out of the scalp, so that a parting is covered."""
    chosen = scalp[torch.from_numpy(rng.integers(len(scalp), size=count))]
    strayed = chosen + torch.from_numpy(rng.normal(0, _SPREAD, chosen.shape)).float()
    up = functional.normalize(strayed - strayed.new_tensor(CRANIUM), dim=1)
    points = strayed + _ABOVE * up
    return points[field(hair, points).extinction > FADED]


def _followed(
    field: HairField, hair: HairPlanes, seeds: Tensor, step: float
) -> Generator[None, None, tuple[Tensor, Tensor]]:
    """Points (S, N, 3) of lines and whether each is still hair, (S, N); backwards for step < 0."""
    sign = np.sign(step)
    points, alive = [seeds], [torch.ones(len(seeds), dtype=torch.bool)]
    direction = field(hair, seeds).tangent * sign
    growing = torch.arange(len(seeds))
    for _ in range(_STEPS):
        here = points[-1].clone()
        here[growing] += abs(step) * direction[growing]
        sample = field(hair, here[growing])
        wanted, former = sample.tangent * sign, direction[growing]
        on = (wanted * former).sum(1) > _SHARPEST
        on &= (sample.along > _ROOT) & (sample.along < _TIP) & (sample.extinction > FADED)
        still = torch.zeros(len(seeds), dtype=torch.bool)
        still[growing[on]] = True
        direction[growing] = functional.normalize(
            _INERTIA * former + (1 - _INERTIA) * wanted, dim=1
        )
        growing = growing[on]
        points.append(here)
        alive.append(still)
        yield
        if not len(growing):
            break
    return torch.stack(points), torch.stack(alive)


def _trimmed(points: Tensor, alive: Tensor) -> list[Tensor]:
    """Each line (P, 3) while it is hair."""
    counts = alive.long().cumprod(0).sum(0)
    return [points[:count, index] for index, count in enumerate(counts.tolist())]


def _outwards(hair: HairPlanes) -> Tensor:
    """(z, y, x, 3) unit vectors away from the mass of hair, over the hair box."""
    mass = gaussian_filter(np.minimum(solid(hair).numpy(), 200.0), 1.5)
    cell = 2 * np.array(HAIR_BOX.half[::-1]) / mass.shape
    z, y, x = (np.gradient(mass, size, axis=axis) for axis, size in enumerate(cell))
    slopes = np.stack([x, y, z], -1)
    return functional.normalize(torch.from_numpy(-slopes).float(), dim=-1)
