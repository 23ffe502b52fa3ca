"""Where lashes of upper lids stand in the atlas, and how dark a photo shows them.

The mesh has none of its own: they are painted on the lid, from its edge to as far up as lashes of
an open eye reach before it. A closed eye then wears them where its lids meet.
"""

from __future__ import annotations

import torch
from torch import Tensor

from head360.fitting.atlas import SkinAtlas
from head360.model.topology import Topology

#: iBUG 68: outer and inner corner of each eye.
_CORNERS = ((36, 39), (45, 42))
#: Texels above the eye's opening in the atlas up to which lashes stand, the last so many thinner.
#: The first six are the lid's edge, which an open eye hardly shows.
_LONG, _THINNER = 10.8, 4.2
_BESIDE = 8  # texels from the corners' row within which the opening is
_TAPER = 0.15  # of an eye's width over which lashes begin and end
_INNER = 0.45  # of the outer lashes, those beside the nose are so dense
#: Lashes darken lids by so much at least and at most, as a logarithm; usually; texels to tell by.
_DARK, _USUAL, _LEAST_TEXELS = (0.5, 1.7), 1.0, 40.0
_SEEN = (0.2, 0.8)  # of the band, what is neither its edge nor its end
_DENSEST = 1.1  # the densest part, in means of that


def lash_band(atlas: SkinAtlas, mean: Tensor, topology: Topology) -> Tensor:
    """(N,) 0 … 1 how densely lashes cover each texel; (V, 3) metres is the mean head."""
    points = atlas.at_texels(mean)
    known = atlas.tile(torch.ones(len(points), 1))[0]
    band = torch.zeros_like(known)
    for pair in _CORNERS:
        marks = mean[torch.from_numpy(topology.landmarks68[list(pair)]).long()]
        nearest = atlas.texels[torch.cdist(marks, points).argmin(1)]
        row = int((nearest // known.shape[1]).float().mean())
        outer, inner = (nearest % known.shape[1]).tolist()
        for column in range(min(outer, inner), max(outer, inner) + 1):
            missing = torch.nonzero(known[row - _BESIDE : row + _BESIDE, column] == 0)[:, 0]
            if not len(missing):
                continue
            above = torch.arange(atlas.rows) - (row - _BESIDE + int(missing.max()))
            dense = ((_LONG - above) / _THINNER).clamp(0, 1) * (above > 0)
            outwards = abs(column - inner) / max(1, abs(outer - inner))
            dense = dense * min(1.0, min(outwards, 1 - outwards) / _TAPER)
            band[:, column] = dense * (_INNER + (1 - _INNER) * outwards)
    return atlas.blurred(atlas.listed(band[None]), 0.7)[:, 0]


def lash_line(band: Tensor, logs: Tensor, template: Tensor, shown: Tensor) -> Tensor:
    """(N, 1) how much darker, as a logarithm, lashes make the skin.

    Args:
        band: (N,) see `lash_band`.
        logs: (N, 3) logarithms of the photo's albedo.
        template: (N, 3) what they would be without lashes.
        shown: (N,) 0 … 1 how far the photo shows each texel.
    """
    low, high = _SEEN
    weight = shown * (band > low) * (band < high)
    if float(weight.sum()) < _LEAST_TEXELS:
        return _USUAL * band[:, None]
    darker = _DENSEST * ((template - logs).mean(1) * weight).sum() / weight.sum()
    return float(darker.clamp(*_DARK)) * band[:, None]
