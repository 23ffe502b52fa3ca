"""Zones of the skin that a photo is read by, on every head the same, by distance from landmarks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from head360.fitting.atlas import SkinAtlas
from head360.model.topology import Topology

#: iBUG 68: outlines of brows, eyes and lips, and single points.
_BROWS = (range(17, 22), range(22, 27))
_EYES = ((36, 37, 38, 39, 40, 41, 36), (42, 43, 44, 45, 46, 47, 42))
#: Upper lids fold away while eyes are open, and lashes hang before them: nobody sees them well.
_UPPER_LIDS = ((36, 37, 38, 39), (42, 43, 44, 45))
_FOLD_REACH, _RIM_REACH = (0.0095, 0.0130), (0.0008, 0.0020)
_LIPS = (48, 50, 52, 54, 56, 58, 48)
#: Outlines of the lips from outside and from inside: lips are what is near either.
_WHOLE_LIPS = ((*range(48, 60), 48), (*range(60, 68), 60))
_CHIN, _NOSE, _JAW = 8, 33, slice(0, 17)
#: Nearer than the first distance a texel is in the zone, beyond the second it is not, metres.
_BROW_REACH, _EYE_REACH, _LIP_REACH, _NOSTRIL_REACH = (
    (0.008, 0.011), (0.008, 0.011), (0.008, 0.012), (0.006, 0.010),
)  # fmt: skip
#: Lips and brows themselves.
_LIPS_ALONE, _BROWS_ALONE = (0.003, 0.006), (0.005, 0.008)
_LIPS_ONLY = (0.0030, 0.0055)
#: The forehead begins so far above the brows, metres.
_FOREHEAD = (0.0035, 0.0065)
#: Photos are believed down to so far below the chin, and so far behind the middle, metres.
_NECK, _BARE_NECK, _BACK = (0.010, 0.030), (0.000, 0.014), (-0.020, -0.035)
#: The middle of a face ends so far beside the eyes' outer corners, metres.
_BESIDE_EYES = (-0.008, 0.0)
#: What lies so far below the line of the jaw is neck, metres.
_BELOW_JAW = (0.002, 0.010)
#: Hairs of brows stand beside their outlines: these are blurred so far, and made so much wider.
_BESIDE_TEXELS, _BESIDE_GAIN = 5.0, 6.0


@dataclass(frozen=True, slots=True, eq=False)
class Zones:
    """Shares of N texels, 0 … 1."""

    reached: Tensor  # (N,) where a photo may show skin at all
    bare: Tensor  # (N,) of those, where neither hair nor clothes are likely
    varied: Tensor  # (N,) brows, lips, nostrils, beard: any darkness may be skin's own
    hairline: Tensor  # (N,) forehead and temples, where strands may fall
    temples: Tensor  # (N,) of that, what lies above the eyes
    lids: Tensor  # (N,) upper lids up to their fold
    plain: Tensor  # (N,) even skin in front: what tells light and colour
    features: Tensor  # (N,) lips and nostrils: what is not even by nature
    brows: Tensor  # (N,) where brows usually are, or are known to be
    rims: Tensor  # (N,) edges of lids, where lashes grow
    middle: Tensor  # (N,) brows, eyes, nose and mouth with what is between them
    neck: Tensor  # (N,) what lies below the line of the jaw
    own: Tensor  # (N,) brows, lips and beard that `told` knows of: skin whatever their colour

    def told(self, atlas: SkinAtlas, parts: Tensor) -> Zones:
        """With what is known of one person: shares (N, 4) of brows, lips, beard and bare skin.

        Where skin is bare no strands fall; what has another colour than skin is none all the same.
        """
        brows = (_BESIDE_GAIN * atlas.blurred(parts[:, :1], _BESIDE_TEXELS))[:, 0].clamp(max=1)
        whole = torch.maximum(brows, parts[:, 1:3].amax(1))
        bare = 1 - torch.maximum(brows, parts[:, 3])
        return replace(
            self,
            varied=torch.maximum(self.varied, whole),
            hairline=self.hairline * bare,
            temples=self.temples * bare,
            features=torch.maximum(self.features, whole),
            brows=torch.maximum(self.brows, brows),
            own=parts[:, :3].amax(1),
        )


def skin_zones(atlas: SkinAtlas, mean: Tensor, topology: Topology) -> Zones:
    """Zones on the mean head (V, 3) metres."""
    points = atlas.at_texels(mean)
    marks = mean[torch.from_numpy(topology.landmarks68).long()]
    scalp = atlas.at_texels(torch.from_numpy(topology.scalp)[:, None])[:, 0]
    x, y, z = points.unbind(1)
    front = (z > marks[_NOSE, 2] - 0.07).float()
    brows = torch.maximum(*(_near(points, marks[list(line)], _BROW_REACH) for line in _BROWS))
    eyes = torch.maximum(*(_near(points, marks[list(line)], _EYE_REACH) for line in _EYES))
    folds = torch.maximum(*(_near(points, marks[list(line)], _FOLD_REACH) for line in _UPPER_LIDS))
    rims = torch.maximum(*(_near(points, marks[list(line)], _RIM_REACH) for line in _EYES))
    lips = _near(points, marks[list(_LIPS)], _LIP_REACH)
    nostrils = _near(points, marks[[_NOSE]], _NOSTRIL_REACH)
    nose, chin = marks[_NOSE, 1], marks[_CHIN, 1]
    beard = 0.9 * ((nose - 0.006 - y) / 0.012).clamp(0, 1)
    varied = torch.stack([brows, lips, nostrils, beard]).amax(0) * front
    features = torch.maximum(_near(points, marks[list(_LIPS)], _LIPS_ALONE), nostrils) * front
    reached = _between(chin - y, _NECK) * _between(-z, (-_BACK[0], -_BACK[1]))
    reached = reached * (1 - rims * front)
    middle = (x.abs() < 0.06) & (y > chin + 0.004) & (y < marks[19, 1] + 0.05)
    plain = middle.float() * front * (1 - torch.stack([brows, eyes, lips, nostrils]).amax(0))
    side = x.abs() - marks[[0, 16], 0].abs().mean()
    above = y - _height_at(marks[17:27], x)
    hairline = torch.maximum(
        _between(-above, (-_FOREHEAD[1], -_FOREHEAD[0])), (side + 0.014) / 0.006
    ).clamp(0, 1)
    temples = hairline * _between(marks[36, 1] - y, (-0.006, 0.004))
    varied = varied * (1 - hairline)
    bare = reached * (1 - scalp) * _between(chin - y, _BARE_NECK) * _between(side, (-0.004, 0.0))
    varied = atlas.blurred(varied[:, None], 3.0)[:, 0]
    inner = _between(x.abs() - marks[45, 0], _BESIDE_EYES)
    neck = 1 - _between(_height_at(marks[_JAW], x) - y, _BELOW_JAW)
    alone = torch.maximum(*(_near(points, marks[list(line)], _BROWS_ALONE) for line in _BROWS))
    return Zones(
        reached, bare, varied, hairline, temples, folds * front, plain, features,
        alone * front, rims * front, inner * front, neck, torch.zeros_like(plain),
    )  # fmt: skip


def part_shares(atlas: SkinAtlas, mean: Tensor, topology: Topology) -> dict[str, Tensor]:
    """How much of each of N texels belongs to lips, brows, the skin about the eyes, and the rest.

    Shares (N,) add up to 1; the mean head (V, 3) metres says where parts are.
    """
    points = atlas.at_texels(mean)
    marks = mean[torch.from_numpy(topology.landmarks68).long()]
    front = (points[:, 2] > marks[_NOSE, 2] - 0.07).float()
    outlines = (marks[list(line)] for line in _WHOLE_LIPS)
    lips = torch.maximum(*(_near(points, line, _LIPS_ONLY) for line in outlines)) * front
    brows = torch.maximum(*(_near(points, marks[list(line)], _BROW_REACH) for line in _BROWS))
    eyes = torch.maximum(*(_near(points, marks[list(line)], _EYE_REACH) for line in _EYES))
    brows = brows * front * (1 - lips)
    eyes = eyes * front * (1 - lips - brows).clamp(min=0)
    skin = (1 - lips - brows - eyes).clamp(min=0)
    return {"skin": skin, "lips": lips, "brows": brows, "eyes": eyes}


def _height_at(line: Tensor, x: Tensor) -> Tensor:
    """(N,) heights y of a line of points (M, 3) at places x (N,); beyond its ends, as there."""
    order = np.argsort(line[:, 0].numpy())
    knots = line.numpy()[order]
    return torch.from_numpy(np.interp(x.numpy(), knots[:, 0], knots[:, 1]).astype(np.float32))


def _between(distance: Tensor, reach: tuple[float, float]) -> Tensor:
    """1 up to the first distance, 0 from the second on."""
    near, far = reach
    return ((far - distance) / (far - near)).clamp(0, 1)


def _near(points: Tensor, line: Tensor, reach: tuple[float, float]) -> Tensor:
    """(N,) how near points (N, 3) are to a line (M, 3), seen from in front."""
    line, far = line[:, :2], reach[1]
    low, high = line.amin(0) - far, line.amax(0) + far
    close = torch.nonzero(((points[:, :2] > low) & (points[:, :2] < high)).all(1))[:, 0]
    flat = points[close, :2]
    least = torch.full((len(flat),), torch.inf)
    for start, end in zip(line, [*line[1:], line[-1]], strict=True):
        along = end - start
        share = ((flat - start) @ along / along.square().sum().clamp(min=1e-12)).clamp(0, 1)
        least = torch.minimum(least, (flat - start - share[:, None] * along).norm(dim=1))
    return torch.zeros(len(points)).index_put((close,), _between(least, reach))
