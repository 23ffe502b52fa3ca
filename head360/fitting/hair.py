"""Makes a library style this person's hair: its length, volume and fringe follow the photo.

Only the silhouette decides: where the photo shows hair, the style's density must stop the camera's
rays before the head does. Rays are sampled coarsely. Where a style is asked depends linearly on
three factors, so those ways are sampled once, any shape of any style is one look into its grid, and
a few rounds of Gauss-Newton suffice. Colour is measured apart (`fitting.hairstyle`).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import cached_property
from math import isqrt

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from head360.fitting.parsing import ClassMap
from head360.fitting.view import PhotoCamera
from head360.model.field import EMPTY_LOG_EXTINCTION
from head360.model.hair_shape import HairShaper, shares_of_ways
from head360.model.planes import HAIR_BOX, sample_vectors
from head360.model.seating import Seating
from head360.params import HairShape
from head360.rendering.rasterize import interpolate, rasterize

#: Pixels along each side of the silhouettes, and most rounds.
SIZE, STEPS = 80, 8
#: Samples of a ray: many close before the head, where hair is a thin layer, some further away; as
#: many in all where there is no head. Metres that the first ones reach.
_CLOSE, _FAR, _LAYER = 16, 26, 0.032
#: What holds length, volume and fringe to the library's: squared codes count so much.
_PRIOR = 0.012
#: Codes are moved so far to see what changes; the first damping; when a search ends.
_NUDGE, _DAMPING, _BETTER = 0.06, 0.05, 0.995
#: Rays are marched so far to either side of the box's middle; hair this far inside the head is
#: seen still (the mesh is coarse); metres.
_REACH, _INSIDE = 0.30, 0.002
#: Metres around the box in which a seating may still move hair to.
_AROUND = 0.03
#: Before the head (fringe, ears, jaw) a pixel counts so much more than beside it.
_BEFORE = 2.0
#: Share of the picture that is added to all hair, so that hardly any hair is no great matter.
_A_LITTLE = 0.015


@dataclass(frozen=True, eq=False)
class Silhouette:
    """A photo's hair, as rays of its camera in head space."""

    points: Tensor  # (R, S, 3) metres
    open_: Tensor  # (R, S) metres of ray at each sample, 0 inside the head and behind it
    share: Tensor  # (R,) of hair in the photo, 0 … 1
    weight: Tensor  # (R,) 0 where something else hides the hair, or the photo has ended
    eye: Tensor  # (3,) metres: where the camera stood

    @property
    def size(self) -> int:
        """Pixels along each side."""
        return isqrt(len(self.share))

    @cached_property
    def marched(self) -> tuple[Tensor, Tensor, Tensor]:
        """Samples (N, 3) that hair may be at, the ray (N,) and the metres (N,) of each."""
        flat = self.points.reshape(-1, 3)
        away = (flat - flat.new_tensor(HAIR_BOX.centre)).abs() - flat.new_tensor(HAIR_BOX.half)
        here = (self.open_.reshape(-1) > 0) & (away < _AROUND).all(1)
        chosen = torch.nonzero(here)[:, 0]
        return flat[chosen], chosen // self.open_.shape[1], self.open_.reshape(-1)[chosen]

    def unlike(self, shares: Tensor) -> Tensor:
        """(N,) how unlike (N, R) shares of hair are: 0 the same … 1 nothing shared."""
        wrong = ((shares - self.share).square() * self.weight).sum(1)
        return wrong / self.either(shares)

    def either(self, shares: Tensor) -> Tensor:
        """(N,) all that is hair in the photo or in (N, R) shares, and a little."""
        either = ((shares + self.share) * self.weight).sum(1)
        return either + _A_LITTLE * self.weight.sum()


@dataclass(frozen=True, slots=True)
class FittedHair:
    """How a style is worn, and how well it then fits."""

    shape: HairShape
    unlike: float  # of the silhouettes, 0 … 1, and what the shape costs


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
    stretch = directions.norm(dim=1, keepdim=True)
    along, metres = _samples(depth.view(-1, 1) * stretch, eye)
    points = eye + (directions / stretch)[:, None] * along[..., None]
    weight = _known(parsed, size) * (1 + _BEFORE * raster.covered.flatten())
    return Silhouette(points, metres, _shrunk(parsed.share("hair"), size), weight, eye)


def _samples(surface: Tensor, eye: Tensor) -> tuple[Tensor, Tensor]:
    """Where rays are sampled, metres from the eye, and metres of ray at each sample, (R, S).

    `surface` (R, 1) is how far the head is, infinite where a ray misses it.
    """
    middle = float((eye - eye.new_tensor(HAIR_BOX.centre)).norm())
    count = _CLOSE + _FAR
    all_ = middle + _REACH * (2 * (torch.arange(count) + 0.5) / count - 1)
    close, far = _LAYER / _CLOSE, (2 * _REACH - _LAYER) / _FAR
    before = torch.cat(
        [(torch.arange(_CLOSE) + 0.5) * close, _LAYER + (torch.arange(_FAR) + 0.5) * far]
    )
    hit = surface.isfinite()
    along = torch.where(hit, surface.nan_to_num(posinf=0.0) + _INSIDE - before, all_)
    steps = torch.cat([torch.full((_CLOSE,), close), torch.full((_FAR,), far)])
    return along, torch.where(hit, steps, 2 * _REACH / count).contiguous()


class Worn:
    """Where a seating has hair along a silhouette's rays: any style, any shape."""

    def __init__(
        self, seen: Silhouette, seating: Seating, shaper: HairShaper | None = None
    ) -> None:
        """Without a shaper, styles are as the library has them."""
        flat, ray, step = seen.marched
        moved = flat @ seating.matrix.T + seating.offset
        at = moved + sample_vectors(seating.displacement, moved, HAIR_BOX)
        around = _AROUND if shaper else 0.0
        unit = (at - at.new_tensor(HAIR_BOX.centre)).abs() - at.new_tensor(HAIR_BOX.half)
        here = (unit < around).all(1)
        self.seen, self.seating, self._at = seen, seating, at[here]
        self.rays, self.steps, self.canonical = ray[here], step[here], moved[here]
        self._shaper = shaper
        ways = [] if shaper is None else [*shaper.ways]
        self._ways = [sample_vectors(way, moved[here], HAIR_BOX) for way in ways]

    @property
    def away(self) -> Tensor:
        """(M, 3) metres from the skin to each node of a seating; there must be a shaper."""
        assert self._shaper is not None
        return self._shaper.ways[1].reshape(-1, 3)

    def asked(self, codes: Tensor | None) -> Tensor:
        """(N, 3) where a style is asked for each sample, worn with (3,) codes."""
        at = self._at
        if codes is not None:
            for way, much in zip(self._ways, shares_of_ways(codes), strict=True):
                at = at + much * way
        return at

    def shares(self, grids: Tensor, codes: Tensor | None = None) -> Tensor:
        """(N, R) how much of each ray hair stops; `grids` (N, z, y, x) hold log extinctions.

        `codes` (3,) are length, volume and fringe, -1 … 1.
        """
        at = self.asked(codes)
        unit = (at - at.new_tensor(HAIR_BOX.centre)) / at.new_tensor(HAIR_BOX.half)
        logs = functional.grid_sample(
            grids[None], unit.view(1, 1, 1, -1, 3), padding_mode="border", align_corners=False
        )[0, :, 0, 0]
        extinction = (logs - EMPTY_LOG_EXTINCTION).clamp(0, 1) * logs.exp()
        depth = extinction.new_zeros(len(grids), len(self.seen.share))
        shares: Tensor = 1 - torch.exp(-depth.index_add_(1, self.rays, extinction * self.steps))
        return shares


@torch.inference_mode()
def fit_hair_shape(
    worn: Worn, grid: Tensor, steps: int = STEPS, *, mirrored: bool = False
) -> Generator[float, None, FittedHair]:
    """Find length, volume and fringe; yields the share done between rounds of some 40 ms.

    Args:
        worn: the photo's silhouette and where hair sits on this head, with a shaper.
        grid: (z, y, x) of the style, `HairPlanes.grid`.
        steps: at most so many rounds.
        mirrored: whether the style is worn to the other side.
    """
    search = _Search(worn, (grid.flip(-1) if mirrored else grid)[None])
    codes, damping = torch.zeros(3), _DAMPING
    rest, loss = search.at(codes)
    for step in range(steps):
        moved = search.moved(codes, rest, damping)
        next_rest, next_loss = search.at(moved)
        better = next_loss < loss
        damping *= 0.3 if better else 8
        done = better and next_loss > _BETTER * loss
        if better:
            codes, rest, loss = moved, next_rest, next_loss
        if done or damping > 1e3:
            break
        yield (step + 1) / steps
    length, volume, fringe = (round(float(code), 3) for code in codes)
    return FittedHair(HairShape(length, volume, fringe, mirrored=mirrored), loss)


class _Search:
    """Damped Gauss-Newton over three codes; derivatives are differences."""

    def __init__(self, worn: Worn, grid: Tensor) -> None:
        self._worn, self._grid = worn, grid
        self._root = worn.seen.weight.sqrt()
        self._all = float(worn.seen.either(worn.shares(grid, torch.zeros(3))))

    def at(self, codes: Tensor) -> tuple[Tensor, float]:
        """What is left of each ray (R,), and all of it with what the codes cost."""
        rest = (self._worn.shares(self._grid, codes)[0] - self._worn.seen.share) * self._root
        cost = _PRIOR * float(codes.square().sum())
        return rest, float(rest.square().sum()) / self._all + cost

    def moved(self, codes: Tensor, rest: Tensor, damping: float) -> Tensor:
        """(3,) codes after a step."""
        nudges = torch.where(codes > 0, -_NUDGE, _NUDGE)
        changes = [
            (self.at(codes + nudge * axis)[0] - rest) / nudge
            for nudge, axis in zip(nudges, torch.eye(3), strict=True)
        ]
        slopes = torch.stack(changes, 1)
        square = slopes.T @ slopes / self._all + _PRIOR * torch.eye(3)
        pull = slopes.T @ rest / self._all + _PRIOR * codes
        square += damping * torch.diag(square.diagonal())
        better: Tensor = codes - torch.linalg.solve(square, pull)
        return better.clamp(-1, 1)


def _known(parsed: ClassMap, size: int) -> Tensor:
    """(R,) how much of each pixel can tell whether there is hair."""
    known = 1 - parsed.share("glasses")
    return _shrunk(known if parsed.inside is None else known * parsed.inside, size)


def _shrunk(share: npt.NDArray[np.float32], size: int) -> Tensor:
    image = torch.from_numpy(np.ascontiguousarray(share))[None, None]
    return functional.adaptive_avg_pool2d(image, (size, size)).flatten()
