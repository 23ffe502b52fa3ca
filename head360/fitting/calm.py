"""Takes off what a photo's skin shows of its light: hues, gloss, shadows, folds of a smile.

Skin without features is close to even between pores and cheeks: what is darker or redder there over
some millimetres is mostly shadow, a fold, or the camera's tone curve. Bands of detail are told
apart on the atlas (a texel is half a millimetre wide) and each keeps its share.
"""

from __future__ import annotations

import torch
from torch import Tensor

from head360.fitting.atlas import SkinAtlas
from head360.model.topology import Topology

#: Texels over which a difference between both sides of a face is taken for light, and how much
#: of it lifts the dark side, and lowers the bright one: most such light is a shadow.
_SHADOW_TEXELS, _LIFTED, _LOWERED = 8.0, 0.6, 0.2
#: Gloss beyond this, as a logarithm over the skin around it, is taken off for the most part.
_GLOSS, _GLOSS_LEFT, _GLOSS_TEXELS = 0.3, 0.3, 10.0
#: Texels between which detail is a patch, and neither fine nor the look of a whole cheek.
_FINE_TEXELS, _AROUND_TEXELS = 2.0, 36.0
#: Shares that are kept: of patches' brightness and colour, and of fine detail's colour.
_PATCH_GREY, _PATCH_COLOR, _FINE_COLOR = 0.6, 0.25, 0.4
#: The same of brightness where skin folds, and of fine dark lines there.
_FOLD_GREY, _FINE_FOLD = 0.1, 0.4
#: Skin folds where it is shorter by such shares; texels over which that is smoothed.
_FOLDS, _FOLD_TEXELS = (0.05, 0.18), 3.0
_LID_SHADOW = 0.38  # of a logarithm: darker is no lid's own colour
_LID_HUE = 0.4  # of another hue than skin's, so much stays
_LID_TEXELS = 2.5  # strokes of lashes before lids are finer
#: Levels of brightness that hues are compared between, and how many places each of them needs.
_LEVELS, _LEAST_PLACES, _SAMPLES = 16, 40, 50_000
#: Texels over which necks are evened; the most they may differ from faces, as a logarithm; how much
#: of another hue they keep.
_NECK_TEXELS, _NECK_MOST, _NECK_HUE = 12.0, 0.13, 0.3
_BROW_HUE = 0.25  # of what differs from the usual hue of brows, so much stays


def even_hue(logs: Tensor, brightness: Tensor, weight: Tensor) -> Tensor:
    """Logarithms of albedo (N, 3) whose hue no longer depends on how bright the photo is there.

    One skin has one hue however it is lit. Where brighter places are redder by rule, or paler,
    cameras bend brightness otherwise than our tone curve, or cut it off. That rule, found where
    weights (N,) say that there is plain skin, is undone; what differs at one brightness stays.

    Args:
        logs: (N, 3).
        brightness: (N,) logarithms of what the photo shows.
        weight: (N,) 0 … 1.
    """
    found = _hues(logs, brightness, weight)
    if found is None:
        return logs
    at, hues = found
    return logs - _interpolated(at, hues - hues[_LEVELS // 2], brightness)


def one_hue(logs: Tensor, weight: Tensor, share: Tensor) -> Tensor:
    """Logarithms of albedo (N, 3) of brows that are of one hue from end to end.

    At one darkness both brows have one hue, that of most of them: what hangs before their ends,
    or shines on them, has another. Weights (N,) say where they are seen, shares (N,) where
    they are.
    """
    grey = logs.mean(1)
    found = _hues(logs, grey, weight)
    if found is None:
        return logs
    usual = _interpolated(*found, grey)
    kept = logs - grey[:, None] - usual
    return logs - (1 - _BROW_HUE) * share[:, None] * kept


def _hues(logs: Tensor, brightness: Tensor, weight: Tensor) -> tuple[Tensor, Tensor] | None:
    """Rising levels (M,) of brightness and the usual hue (M, 3) at each; None of too few places."""
    chosen = torch.nonzero(weight > 0.5)[:, 0]
    chosen = chosen[:: max(1, len(chosen) // _SAMPLES)]
    if len(chosen) < _LEVELS * _LEAST_PLACES:
        return None
    chosen = chosen[brightness[chosen].argsort()]
    levels = chosen.tensor_split(_LEVELS)
    at = torch.stack([brightness[level].median() for level in levels])
    hue = logs - logs.mean(1, keepdim=True)
    hues = torch.stack([hue[level].median(0).values for level in levels])
    return at, hues - hues.mean(1, keepdim=True)


def _interpolated(at: Tensor, values: Tensor, where: Tensor) -> Tensor:
    """(N, C) values (M, C), known at rising numbers (M,), at other numbers (N,)."""
    after = torch.searchsorted(at, where).clamp(1, len(at) - 1)
    low, high = at[after - 1], at[after]
    share = ((where - low) / (high - low).clamp(min=1e-6)).clamp(0, 1)[:, None]
    return torch.lerp(values[after - 1], values[after], share)


def without_gloss(atlas: SkinAtlas, logs: Tensor, trust: Tensor) -> Tensor:
    """Takes off highlights: spots that are brighter and greyer than the skin around them."""
    around = smoothed(atlas, logs, trust, _GLOSS_TEXELS)
    brighter = (logs - around).mean(1)
    greyer = (logs[:, 2] - logs[:, 0]) - (around[:, 2] - around[:, 0])
    gloss = torch.minimum(brighter, 2.5 * greyer.clamp(min=0))
    share = ((gloss - _GLOSS) / (2 * _GLOSS)).clamp(0, 1)[:, None] * (1 - _GLOSS_LEFT)
    return logs + share * (around - logs)


def without_shadow(atlas: SkinAtlas, logs: Tensor, trust: Tensor) -> Tensor:
    """Evens out what is brighter, over some distance, on one side than on the other."""
    grey = logs.mean(1, keepdim=True)
    other, there = grey[atlas.mirrored], trust[atlas.mirrored]
    both = trust * there
    uneven = smoothed(atlas, grey - other, both, _SHADOW_TEXELS)
    known = atlas.blurred(both[:, None], _SHADOW_TEXELS)
    evened = _LOWERED * uneven.clamp(min=0) + _LIFTED * uneven.clamp(max=0)
    return logs - evened * (known / 0.5).clamp(max=1)


def calmed(
    atlas: SkinAtlas,
    logs: Tensor,
    template: Tensor,
    trust: Tensor,
    features: Tensor,
    folded: Tensor,
) -> Tensor:
    """Evens out patches and specks of colour; fine relief stays where the face does not fold.

    Args:
        atlas: whose texels these are.
        logs: (N, 3) logarithms of the albedo.
        template: (N, 3) those of the generated albedo.
        trust: (N,) 0 … 1.
        features: (N,) 0 … 1 brows, lips, beard and what else is not even by nature: they stay.
        folded: (N,) 0 … 1 how much skin is pushed together in the photo.
    """
    plain = trust * (1 - features)
    difference = logs - template
    soft = smoothed(atlas, difference, plain, _FINE_TEXELS)
    patches = soft - smoothed(atlas, difference, plain, _AROUND_TEXELS)
    grey, fine = patches.mean(1, keepdim=True), difference - soft
    fine_grey = fine.mean(1, keepdim=True)
    folded = folded[:, None]
    calm = (1 - _PATCH_GREY) * (1 - folded) * grey + (1 - _FOLD_GREY) * folded * grey
    calm = calm + (1 - _PATCH_COLOR) * (patches - grey) + (1 - _FINE_COLOR) * (fine - fine_grey)
    calm = calm + (1 - _FINE_FOLD) * folded * fine_grey.clamp(max=0)
    return logs - calm * (1 - features)[:, None]


def folded(atlas: SkinAtlas, topology: Topology, relaxed: Tensor, posed: Tensor) -> Tensor:
    """(N,) 0 … 1: how much a face pushes its skin together, from none to where it folds.

    Args:
        atlas: whose texels are meant.
        topology: of the mesh.
        relaxed: (V, 3) metres without expression.
        posed: (V, 3) metres with it.
    """
    triangles = torch.from_numpy(topology.triangles).long()
    before, after = _edges(relaxed, triangles), _edges(posed, triangles)
    # How a triangle stretches: the eigenvalues of one metric seen in the other.
    stretch = torch.linalg.solve(before + 1e-12 * torch.eye(2), after)
    half = stretch.diagonal(dim1=1, dim2=2).sum(1) / 2
    least = half - (half.square() - torch.linalg.det(stretch)).clamp(min=0).sqrt()
    short = (1 - least.clamp(min=0).sqrt())[:, None].expand(-1, 3).reshape(-1)
    zeros = posed.new_zeros(len(posed))
    count = zeros.index_add(0, triangles.flatten(), torch.ones_like(short)).clamp(min=1)
    pushed = atlas.at_texels((zeros.index_add(0, triangles.flatten(), short) / count)[:, None])
    soft = atlas.blurred(pushed, _FOLD_TEXELS)[:, 0]
    low, high = _FOLDS
    return ((soft - low) / (high - low)).clamp(0, 1)


def _edges(vertices: Tensor, triangles: Tensor) -> Tensor:
    """(F, 2, 2) inner products of two edges of each triangle."""
    corners = vertices[triangles]
    edges = torch.stack([corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]], 1)
    return edges @ edges.transpose(1, 2)


def clean_lids(
    atlas: SkinAtlas, logs: Tensor, usual: Tensor, trust: Tensor, lids: Tensor
) -> Tensor:
    """Limits how dark upper lids are, and smooths lashes away: closed eyes would show both.

    And the hue that brows lend them. `usual` (N, 3) are logarithms that skin has without shadow,
    `lids` (N,) shares.
    """
    bright = torch.maximum(logs, usual - _LID_SHADOW)
    soft = smoothed(atlas, bright, trust * lids, _LID_TEXELS) - usual
    grey = soft.mean(1, keepdim=True)
    soft = usual + grey + _LID_HUE * (soft - grey)
    return torch.lerp(logs, soft, lids[:, None])


def with_even_neck(atlas: SkinAtlas, change: Tensor, trust: Tensor, neck: Tensor) -> Tensor:
    """What differs from usual skin (N, 3), without edges on the neck (N,), and hardly any hue.

    Chins shade necks, collars hide and colour them: what is seen there is seldom skin alone.
    """
    soft = smoothed(atlas, change, trust, _NECK_TEXELS)
    grey = soft.mean(1, keepdim=True)
    even = grey.clamp(-_NECK_MOST, _NECK_MOST) + _NECK_HUE * (soft - grey)
    return torch.lerp(change, even, neck[:, None])


def smoothed(atlas: SkinAtlas, values: Tensor, trust: Tensor, texels: float) -> Tensor:
    """Means (N, C) over some texels around, of what is trusted."""
    soft = atlas.blurred(torch.cat([values * trust[:, None], trust[:, None]], 1), texels)
    return soft[:, :-1] / soft[:, -1:].clamp(min=1e-3)
