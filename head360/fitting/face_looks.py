"""Two looks at a face: the whole head, then nearer, where brows, eyes and lips are.

A brow is some six pixels high in what the network sees of a whole head, a lid two or three. Twice
as near they are seen as large as the picture has them. Both looks are also taken mirrored.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from head360.fitting.face_network import BROWS, EYES, GLASSES, LIPS, MOUTH, FaceNetwork

#: What it is for, and what it tells: glasses, too, lest strong brows be some.
_FEATURES = (BROWS, EYES, LIPS, MOUTH)
_TOLD = (*_FEATURES, GLASSES)
#: How much nearer the second look is; a face cut out as `fitting.crop` does fits in.
NEARER = 2.0
#: How much the nearer look counts where it looks, and the share of its side over which it fades.
_COUNTS, _FADE = 0.85, 0.125
#: Where the middle of the face's features is of a picture in which none are found.
_MIDDLE = (0.5, 0.47)


def looked(network: FaceNetwork, pictures: Tensor, *, nearer: bool = True) -> tuple[Tensor, Tensor]:
    """What a network that has learnt says of pictures of heads.

    Args:
        network: that does not learn any more.
        pictures: (B, 3, S, S) sRGB 0 … 1, heads as `fitting.crop` cuts them out.
        nearer: whether to look a second time.

    Returns:
        (B, len(PARTS), S, S) natural logarithms of the parts' shares, and (B, styles) logits.
    """
    size, own = pictures.shape[2], network.shape.input
    parts, styles = network(_and_mirrored(_resized(pictures, own)))
    logs = torch.log_softmax(_resized(_both(parts), size), 1)
    if nearer:
        _look_nearer(network, pictures, logs)
    return logs, styles.float().unflatten(0, (2, -1)).mean(0)


def _look_nearer(network: FaceNetwork, pictures: Tensor, logs: Tensor) -> None:
    """Blend what the nearer look says into (B, C, S, S) logarithms."""
    size, own = pictures.shape[2], network.shape.input
    side = round(size / NEARER)
    places = [_place(each, side) for each in logs]
    cut = torch.stack(
        [each[:, y : y + side, x : x + side] for each, (x, y) in zip(pictures, places, strict=True)]
    )
    parts = _both(network.near(_and_mirrored(_resized(cut, own))))
    near = torch.log_softmax(_resized(parts, side), 1)
    first = torch.stack(
        [each[:, y : y + side, x : x + side] for each, (x, y) in zip(logs, places, strict=True)]
    )
    near = _features_only(near, first)
    counts = _COUNTS * _fading(side).to(logs)
    for each, told, (x, y) in zip(logs, near, places, strict=True):
        before = each[:, y : y + side, x : x + side]
        before += counts * (told - before)


def _features_only(near: Tensor, first: Tensor) -> Tensor:
    """Logarithms (B, C, S, S) of what is told from near, but what else a pixel can be as at first.

    Beards, hair and necks are told from the whole head.
    """
    rest = [part for part in range(near.shape[1]) if part not in _TOLD]
    found = near.clone()
    before = first[:, rest]
    left = near[:, rest].logsumexp(1, keepdim=True) - before.logsumexp(1, keepdim=True)
    found[:, rest] = before + left
    return found


def _place(logs: Tensor, side: int) -> tuple[int, int]:
    """Left and top of a square around the features of a face, inside the picture."""
    size = logs.shape[1]
    share = logs[list(_FEATURES)].exp().sum(0)
    at = torch.arange(size).to(share) + 0.5
    total = float(share.sum())
    if total < 1e-3 * size * size:
        x, y = (place * size for place in _MIDDLE)
    else:
        x, y = float(share.sum(0) @ at) / total, float(share.sum(1) @ at) / total
    left, top = (min(max(round(place - side / 2), 0), size - side) for place in (x, y))
    return left, top


def _fading(side: int) -> Tensor:
    """(side, side) 1 in the middle, falling to 0 at the rim."""
    rim = max(1.0, _FADE * side)
    at = torch.arange(side) + 0.5
    along = (torch.minimum(at, side - at) / rim).clamp(max=1)
    return along[:, None] * along


def _and_mirrored(pictures: Tensor) -> Tensor:
    return torch.cat([pictures, pictures.flip(3)])


def _both(parts: Tensor) -> Tensor:
    """(B, C, S, S) means of logits (2 B, C, S, S) of pictures and their mirror images."""
    plain, mirrored = parts.float().unflatten(0, (2, -1))
    found: Tensor = (plain + mirrored.flip(3)) / 2
    return found


def _resized(images: Tensor, size: int) -> Tensor:
    """(B, C, size, size): averaged if smaller, bilinear if larger."""
    if images.shape[2] == size:
        return images
    if images.shape[2] > size:
        return functional.interpolate(images, size=(size, size), mode="area")
    return functional.interpolate(images, size=(size, size), mode="bilinear", align_corners=False)
