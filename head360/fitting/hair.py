"""Makes a library style this person's hair: its length, volume and fringe follow the photo.

Only the silhouette decides: where the photo shows hair, the style's density must stop the camera's
rays before the head does. The density is marched coarsely and the way to it is differentiable, so
a few dozen steps of Adam suffice; colour is measured apart (`fitting.hairstyle`).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from head360.fitting.parsing import ClassMap
from head360.fitting.view import PhotoCamera
from head360.model.field import EMPTY_LOG_EXTINCTION
from head360.model.hair import HairLibrary
from head360.model.hair_shape import HairShaper
from head360.model.planes import HAIR_BOX, sample_grid, sample_vectors
from head360.model.seating import Seating
from head360.params import HairShape
from head360.rendering.rasterize import interpolate, rasterize

#: Pixels along each side of the silhouettes, samples of a ray, and steps.
SIZE, _SAMPLES, STEPS = 80, 40, 28
_RATE = 0.12
#: A search ends when so many steps in a row have not made it better by so much.
_PATIENCE, _BETTER = 5, 0.99
#: What holds length, volume and fringe to the library's: squared codes count so much.
_PRIOR = 0.004
#: Rays are marched so far to either side of the box's middle; hair this far inside the head is
#: seen still (the mesh is coarse); metres.
_REACH, _INSIDE = 0.30, 0.002
#: Metres around the box in which a seating may still move hair to.
_AROUND = 0.03
#: How much the classifier's word counts, and the unlikeness of silhouettes that makes a style e
#: times less likely; chosen on held-out portraits.
_WORD, _ALIKE = 0.6, 0.04
#: The same for the mean squared error of a fitted shape.
_FITTED_ALIKE = 0.012
#: Share of the picture that is added to all hair, so that hardly any hair is no great matter.
_A_LITTLE = 0.015


@dataclass(frozen=True, eq=False)
class Silhouette:
    """A photo's hair, as rays of its camera in head space."""

    points: Tensor  # (R, S, 3) metres
    open_: Tensor  # (R, S) metres of ray at each sample, 0 inside the head and behind it
    share: Tensor  # (R,) of hair in the photo, 0 … 1
    weight: Tensor  # (R,) 0 where something else hides the hair

    @cached_property
    def marched(self) -> tuple[Tensor, Tensor, float]:
        """Samples (N, 3) that hair may be at, the ray (N,) of each, and metres between them."""
        flat = self.points.reshape(-1, 3)
        away = (flat - flat.new_tensor(HAIR_BOX.centre)).abs() - flat.new_tensor(HAIR_BOX.half)
        here = (self.open_.reshape(-1) > 0) & (away < _AROUND).all(1)
        chosen = torch.nonzero(here)[:, 0]
        return flat[chosen], chosen // self.open_.shape[1], float(self.open_.max())


@dataclass(frozen=True, slots=True)
class FittedHair:
    """How a style is worn, and how well it then fits."""

    shape: HairShape
    error: float  # mean squared difference of the silhouettes


def silhouette(
    parsed: ClassMap, camera: PhotoCamera, vertices: Tensor, triangles: Tensor, size: int = SIZE
) -> Silhouette:
    """What a photo's class map says about hair.

    Args:
        parsed: of the crop that `camera` saw.
        camera: where the photo was taken from.
        vertices: (V, 3) the fitted head with its expression, metres.
        triangles: (F, 3) of its mesh.
        size: pixels along each side.
    """
    small = camera.scaled(size)
    pixels = torch.from_numpy(small.pixels(vertices.double().numpy())).float()
    raster = rasterize(pixels, triangles, (size, size), perspective=True)
    depth = interpolate(raster, pixels[:, 2:], triangles)[..., 0]
    depth = torch.where(raster.covered, depth, torch.inf)
    at = (torch.arange(size) + 0.5 - size / 2) / small.focal
    row, column = torch.meshgrid(at, at, indexing="ij")
    seen = torch.stack([column, row, torch.ones_like(row)], -1).view(-1, 3)
    directions = seen @ torch.from_numpy(small.rotation).float()
    eye = torch.from_numpy(small.eye).float()
    middle = float((eye - eye.new_tensor(HAIR_BOX.centre)).norm())
    along = middle + _REACH * (2 * (torch.arange(_SAMPLES) + 0.5) / _SAMPLES - 1)
    stretch = directions.norm(dim=1, keepdim=True)
    points = eye + (directions / stretch)[:, None] * along[None, :, None]
    before = along[None] < (depth.view(-1, 1) + _INSIDE) * stretch
    step = 2 * _REACH / _SAMPLES
    return Silhouette(
        points, before * step, _shrunk(parsed.share("hair"), size),
        1 - _shrunk(parsed.share("glasses"), size),
    )  # fmt: skip


def hair_share(
    seen: Silhouette, grid: Tensor, seating: Seating, displacement: Tensor | None = None
) -> Tensor:
    """(R,) how much of each ray a style's hair stops; `grid` holds its log extinction."""
    flat, ray, step = seen.marched
    moved = flat @ seating.matrix.T + seating.offset
    way = seating.displacement if displacement is None else seating.displacement + displacement
    log_extinction = sample_grid(grid, moved + sample_vectors(way, moved, HAIR_BOX), HAIR_BOX)
    presence = (log_extinction - EMPTY_LOG_EXTINCTION).clamp(0, 1)
    depth = flat.new_zeros(len(seen.share)).index_add(0, ray, presence * log_extinction.exp())
    return 1 - torch.exp(-depth * step)


def silhouette_errors(seen: Silhouette, grids: Tensor, seating: Seating) -> Tensor:
    """(N,) how unlike the photo's silhouette each of N styles' is, 0 the same … 1 nothing shared.

    `grids` (N, z, y, x) hold their log extinctions. The whole library takes a quarter of a second.
    """
    flat, ray, step = seen.marched
    unit = seating(flat) - flat.new_tensor(HAIR_BOX.centre)
    unit = unit / flat.new_tensor(HAIR_BOX.half)
    within = (unit.abs() < 1).all(1)
    logs = functional.grid_sample(
        grids[None], unit[within].view(1, 1, 1, -1, 3), padding_mode="border", align_corners=False
    )[0, :, 0, 0]
    extinction = (logs - EMPTY_LOG_EXTINCTION).clamp(0, 1) * logs.exp()
    depth = extinction.new_zeros(len(grids), len(seen.share))
    depth = depth.index_add_(1, ray[within], extinction * step)
    return _unlike(1 - torch.exp(-depth), seen)


def _unlike(shares: Tensor, seen: Silhouette) -> Tensor:
    """(N,) of (N, R): squared difference over all that is hair in either."""
    wrong = ((shares - seen.share).square() * seen.weight).sum(1)
    either = ((shares + seen.share) * seen.weight).sum(1)
    return wrong / (either + _A_LITTLE * len(seen.share))


def ranked(
    told: Sequence[tuple[str | None, float]],
    seen: Silhouette,
    library: HairLibrary,
    seating: Seating,
) -> tuple[tuple[str | None, float], ...]:
    """Hairstyles (None: bald) with their probabilities, best first, once silhouettes are known.

    A classifier that learnt from few heads of hair sees whether it is curly; silhouettes are
    compared with the library's own on this very head, and count for more.

    Args:
        told: what `fitting.hairstyle.classify` says.
        seen: the photo's hair.
        library: of all styles.
        seating: where hair sits on the fitted head.
    """
    styles = list(library.styles)
    grids = torch.stack([library.grid(style) for style in styles])
    unlike = [*silhouette_errors(seen, grids, seating).tolist()]
    unlike.append(float(_unlike(torch.zeros_like(seen.share)[None], seen)))
    known = dict(told)
    names: list[str | None] = [*styles, None]
    logs = np.array(
        [
            _WORD * np.log(max(known.get(name, 0.0), 1e-6)) - error / _ALIKE
            for name, error in zip(names, unlike, strict=True)
        ]
    )
    likely = np.exp(logs - logs.max())
    pairs = zip(names, (likely / likely.sum()).tolist(), strict=True)
    return tuple(sorted(pairs, key=lambda pair: -pair[1]))


def fit_hair_shape(
    seen: Silhouette, grid: Tensor, seating: Seating, shaper: HairShaper, steps: int = STEPS
) -> Generator[float, None, FittedHair]:
    """Find length, volume and fringe; yields the share done between steps of some 30 ms.

    Args:
        seen: the photo's silhouette.
        grid: (z, y, x) of the style, `HairPlanes.grid`.
        seating: where hair sits on this head, as the library has it.
        shaper: of the same mesh.
        steps: of Adam.
    """
    codes = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.Adam([codes], _RATE)
    best, least, since = codes.detach().clone(), float("inf"), 0
    for step in range(steps):
        error = _error(seen, grid, seating, shaper.displacement(codes))
        loss = error + _PRIOR * codes.square().sum()
        if float(loss.detach()) < least * _BETTER:
            since = step
        elif step - since > _PATIENCE:
            break
        if float(loss.detach()) < least:
            best, least, found = codes.detach().clone(), float(loss.detach()), float(error.detach())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            codes.clamp_(-1, 1)
        yield (step + 1) / steps
    length, volume, fringe = (round(float(code), 3) for code in best)
    return FittedHair(HairShape(length, volume, fringe), found)


def _error(seen: Silhouette, grid: Tensor, seating: Seating, displacement: Tensor) -> Tensor:
    wrong = (hair_share(seen, grid, seating, displacement) - seen.share).square()
    return (wrong * seen.weight).sum() / seen.weight.sum().clamp(min=1)


def likelier(told: float, fitted: FittedHair) -> float:
    """How likely a style is once its best silhouette is known: the word for it times the fit's."""
    return float(told * np.exp(-fitted.error / _FITTED_ALIKE))


def _shrunk(share: npt.NDArray[np.float32], size: int) -> Tensor:
    image = torch.from_numpy(np.ascontiguousarray(share))[None, None]
    return functional.adaptive_avg_pool2d(image, (size, size)).flatten()
