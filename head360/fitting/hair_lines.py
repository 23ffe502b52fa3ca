"""How far a bent style's strands run another way than the photo's.

Each ray to hair in the photo meets strands of some direction. Bending the way to them turns what
is seen, as far as it bends along them.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from head360.fitting.hair import Silhouette
from head360.fitting.hair_tone import hair_rays
from head360.fitting.view import PhotoCamera
from head360.model.field import HairField, HairPlanes
from head360.model.planes import HAIR_BOX, sample_vectors
from head360.model.seating import Seating
from head360.rendering.march import HAIR_COLUMNS, march_hair

#: Rays at most; how much hair they must meet; metres along a strand over which it is bent.
_MOST, _MET, _ALONG = 300, 0.6, 0.012


@dataclass(frozen=True, slots=True, eq=False)
class HairLines:
    """Strands that the photo's rays meet, and how they should run."""

    ahead: Tensor  # (N, 3) metres, a seating's frame: a little further along each strand
    behind: Tensor  # (N, 3) and a little back
    strands: Tensor  # (N, 3) where strands lead to from one to the other, before any bend; metres
    flat: Tensor  # (N, 2, 3) columns and rows that a way in a seating's frame goes in the photo
    wanted: Tensor  # (N, 2) cosine and sine of the doubled angle, times how sure that is

    def apart(self, moved: Tensor) -> Tensor:
        """How far strands run another way, 0 … 1, over a grid (z, y, x, 3) metres of a bend."""
        bend = sample_vectors(moved, self.ahead, HAIR_BOX)
        bend = bend - sample_vectors(moved, self.behind, HAIR_BOX)
        x, y = torch.einsum("nij,nj->ni", self.flat, self.strands - bend).unbind(1)
        square = x.square() + y.square()
        doubled = torch.stack([x.square() - y.square(), 2 * x * y], 1)
        # Strands that come towards the camera have no direction in its picture.
        doubled = doubled / (square + (0.3 * _ALONG) ** 2)[:, None]
        sure = self.wanted.norm(dim=1)
        wrong = (sure - (doubled * self.wanted).sum(1)).sum()
        share: Tensor = wrong / (2 * sure.sum()).clamp(min=1e-6)
        return share


@torch.no_grad()
def hair_lines(
    lines: Tensor,
    seen: Silhouette,
    camera: PhotoCamera,
    field: HairField,
    style: HairPlanes,
    seating: Seating,
) -> HairLines | None:
    """What the photo's rays meet of a style; None where they meet none.

    Args:
        lines: (R, 2) `photo_lines` for each pixel of the silhouette.
        seen: the photo's silhouette.
        camera: that took it.
        field: what planes are asked through.
        style: as it is worn.
        seating: where it sits, before it is bent.
    """
    rays, limit, chosen = hair_rays(seen, _MOST)
    if len(chosen) == 0:
        return None
    columns = march_hair(field, style, rays, limit, warp=seating)
    met = columns[:, HAIR_COLUMNS.index("alpha")] > _MET
    first = HAIR_COLUMNS.index("tangent_x")
    tangent = functional.normalize(columns[met, first : first + 3], dim=1)
    distance = columns[met][:, [HAIR_COLUMNS.index("t")]]
    places = seen.eye + rays.directions[met] * distance
    at = places @ seating.matrix.T + seating.offset
    ahead, behind = at + 0.5 * _ALONG * tangent, at - 0.5 * _ALONG * tangent
    bend = sample_vectors(seating.displacement, ahead, HAIR_BOX)
    bend = bend - sample_vectors(seating.displacement, behind, HAIR_BOX)
    flat = _flat(places, camera) @ torch.linalg.inv(seating.matrix)
    return HairLines(ahead, behind, _ALONG * tangent - bend, flat, lines[chosen[met]])


def _flat(places: Tensor, camera: PhotoCamera) -> Tensor:
    """(N, 2, 3) how a way at (N, 3) metres goes in a camera's picture, as if at its distance."""
    axes = torch.from_numpy(camera.rotation).float()
    viewed = places @ axes.T + torch.from_numpy(camera.offset).float()
    slope = viewed[:, :2] / viewed[:, 2:]
    return axes[:2] - slope[..., None] * axes[2]
