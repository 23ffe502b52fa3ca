"""Where a photo shows the outline of face, neck and shoulders, for the solver.

The silhouette of the head that was found so far is compared with what was parsed: from each of its
points, straight outwards or inwards, to where the body ends before the background. Hair, clothes
and the photo's edge are no such end, and points that meet them say nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from scipy.ndimage import gaussian_filter, map_coordinates

from head360.fitting.crop import SIZE
from head360.fitting.equations import IDENTITY_MODES
from head360.fitting.parsing import ClassMap
from head360.fitting.view import PhotoCamera
from head360.model.bilinear import STORED_MODES, BilinearModel
from head360.params import FloatArray
from head360.rendering.rasterize import rasterize

Doubles = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.intp]

_BODY = ("skin", "neck", "brows", "eyes", "lips", "mouth", "beard")
#: Pixels between two looks along a line; and so many looks on either side of an end, it must be
#: sure what is there.
_STEP, _CLEAR, _SURE = 0.5, 6, 0.8
#: Every so many pixels of the silhouette one point; they err together over so many; and the
#: deviation of an end, pixels.
_EVERY, _TOGETHER, _DEVIATION = 3, 12.0, 1.0
#: The middles of the outermost pixels lie so far within the silhouette.
_WITHIN = 0.5
_GROSS = 4.0  # pixels; an error of so many counts half
#: Above the chin landmarks know better than ends that are so many pixels away: light on a jaw is
#: taken for background at times.
_NEAR = 8.0
_CHIN = 8  # iBUG 68


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """What a photo shows of a body, (512, 512) each."""

    share: Doubles
    background: Doubles
    inside: Doubles  # 1 where there is a photo

    @classmethod
    def of(cls, parts: ClassMap) -> Body:
        """From what was parsed in a square of some multiple of 512 pixels."""
        inside = np.ones(parts.labels.shape, bool) if parts.inside is None else parts.inside
        return cls(_small(parts.share(*_BODY)), _small(parts.share("background")), _small(inside))

    def ends(self, lines: Doubles) -> tuple[Doubles, npt.NDArray[np.bool_]]:
        """(N,) which look along lines (N, T, 2: row, column) is the end, and (N,) if any is.

        The end nearest to the middle of each line, between two looks.
        """
        body, background, inside = (
            map_coordinates(field, lines.transpose(2, 0, 1), order=1, mode="nearest")
            for field in (self.share, self.background, self.inside)
        )
        more = body - background
        crossed = (more[:, :-1] > 0) & (more[:, 1:] <= 0)
        before, after = slice(None, -2 * _CLEAR - 1), slice(2 * _CLEAR + 1, None)
        clear = (body[:, before] > _SURE) & (background[:, after] > _SURE)
        clear &= np.minimum(inside[:, before], inside[:, after]) > 0.99
        crossed[:, _CLEAR:-_CLEAR] &= clear
        crossed[:, :_CLEAR] = crossed[:, -_CLEAR:] = False
        middle = (more.shape[1] - 1) / 2
        away = np.where(crossed, np.abs(np.arange(crossed.shape[1]) - middle), np.inf)
        nearest = away.argmin(1)
        each = np.arange(len(nearest))
        here, beyond = more[each, nearest], more[each, nearest + 1]
        ends: Doubles = nearest + here / (here - beyond + 1e-9)
        return ends, np.isfinite(away.min(1))


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """N points of the mesh, and lines in the photo's crop that they ought to lie on."""

    points: Doubles  # (N, 3) metres, of the mean head, making the face that is made
    modes: Doubles  # (100, N, 3) metres per standard deviation
    target: Doubles  # (N, 2) pixels from the crop's middle
    normal: Doubles  # (N, 2) unit, across the line

    def placed(self, shape: Doubles) -> Doubles:
        """(N, 3) metres of head space, for an identity code (100,)."""
        there: Doubles = self.points + np.tensordot(shape, self.modes, 1)
        return there

    def missed(self, image: Doubles) -> Doubles:
        """(N,) pixels from the lines, of points (N, 2) in pixels from the middle."""
        missed: Doubles = ((image - self.target) * self.normal).sum(1)
        return missed


def weights(missed: Doubles) -> Doubles:
    """(N,) what makes pixels (N,) deviations; neighbours err together, gross errors count less."""
    share: Doubles = np.sqrt(_EVERY / _TOGETHER / (1 + (missed / _GROSS) ** 2)) / _DEVIATION
    return share


class Outliner:
    """Finds outlines on one mesh."""

    def __init__(self, mesh: BilinearModel) -> None:
        topology = mesh.topology
        self._mesh = mesh
        self._triangles = topology.triangles[topology.drawn].astype(np.int64)
        self._mean = mesh.mean.double().numpy()
        self._chin = float(self._mean[topology.landmarks68[_CHIN], 1])

    def outline(
        self, body: Body, camera: PhotoCamera, shape: FloatArray, expression: FloatArray,
        reach: float,
    ) -> Outline | None:  # fmt: skip
        """What asks for another shape or camera; None if the photo shows no such end.

        Args:
            body: what the photo shows.
            camera: of its crop of 512 pixels, as thought so far.
            shape: (100,) identity code, as thought so far.
            expression: (52,) weights, as thought so far.
            reach: pixels that the outline may be away.
        """
        pixels, moved = self._posed(camera, shape, expression)
        triangles = torch.from_numpy(self._triangles)
        drawn = rasterize(pixels, triangles, (SIZE, SIZE), perspective=True)
        at, normal = _rim(drawn.covered.numpy())
        corners = self._triangles[drawn.triangle.numpy()[tuple(at.T)]]
        shares = drawn.barycentric.numpy()[tuple(at.T)].astype(np.float64)
        looks = np.arange(-reach, reach + _STEP / 2, _STEP)
        ends, there = body.ends(at[:, None] + looks[:, None] * normal[:, None])
        out = ends * _STEP - reach - _WITHIN
        of_head = np.einsum("nk,nk->n", self._mean[corners, 1], shares) > self._chin
        there &= ~of_head | (np.abs(out) < _NEAR)
        if not there.any():
            return None
        target = (at + 0.5 + out[:, None] * normal - SIZE / 2)[there, ::-1]
        return self._on_mesh(corners[there], shares[there], moved, target, normal[there, ::-1])

    def _posed(
        self, camera: PhotoCamera, shape: FloatArray, expression: FloatArray
    ) -> tuple[torch.Tensor, Doubles]:
        """Pixels (V, 3) of vertices, and metres (V, 3) that the face moves them."""
        code = torch.zeros(STORED_MODES)
        code[: len(shape)] = torch.from_numpy(shape)
        with torch.inference_mode():
            identity = self._mesh.identity(code)
            posed = self._mesh.pose(identity, torch.from_numpy(expression))
            moved: Doubles = (posed - identity.neutral).double().numpy()
        return torch.from_numpy(camera.pixels(posed.double().numpy())).float(), moved

    def _on_mesh(
        self, corners: Numbers, shares: Doubles, moved: Doubles, target: Doubles, normal: Doubles
    ) -> Outline:
        """With points at these shares (N, 3) of corners (N, 3); the face moved vertices (V, 3)."""
        modes = self._mesh.parts.modes[:IDENTITY_MODES]
        return Outline(
            np.einsum("nkc,nk->nc", (self._mean + moved)[corners], shares),
            np.einsum("mnkc,nk->mnc", modes.view(len(modes), -1, 3).numpy()[:, corners], shares),
            target, normal,
        )  # fmt: skip


def _rim(covered: npt.NDArray[np.bool_]) -> tuple[Numbers, Doubles]:
    """(N, 2) row and column of pixels along a silhouette, and (N, 2) which way is out."""
    around = np.pad(covered, 1)
    within = around[:-2, 1:-1] & around[2:, 1:-1] & around[1:-1, :-2] & around[1:-1, 2:]
    at = np.argwhere(covered & ~within)[::_EVERY]
    slopes = np.asarray(np.gradient(gaussian_filter(covered.astype(np.float64), 2.0)))
    outwards = -slopes[:, at[:, 0], at[:, 1]].T
    length = np.maximum(np.hypot(outwards[:, 0], outwards[:, 1]), 1e-9)
    return at, outwards / length.reshape(-1, 1)


def _small(share: npt.NDArray[np.generic]) -> Doubles:
    """(512, 512) means of a larger square."""
    factor = len(share) // SIZE
    cells = share.reshape(SIZE, factor, SIZE, factor).astype(np.float32)
    small: Doubles = cells.mean((1, 3), dtype=np.float64)
    return small
