"""Whose hair it is: what hangs together with the head, and not a blob on a sleeve behind it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from head360.faces import OVAL
from head360.fitting.face_network import BACKGROUND, HAIR
from head360.fitting.landmarks import LEFT_EYE, LIPS_OUTER, RIGHT_EYE

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

#: From this share on a pixel belongs to a strand that may hang together with others.
_STRAND = 0.35
#: Shares of the picture's side that soft edges of hair reach beyond its strands.
_EDGE = 1 / 64
#: The head around the face: half width and half height in those of the face's oval, and how much
#: higher its middle lies.
_WIDER, _HIGHER, _UP = 1.3, 1.3, 0.25
#: A blob is the head's if so much of it lies there, or so much of the head is it.
_MOST, _SOME = 0.3, 0.01
#: Hair falls below the mouth only where it passes the cheek, at least so wide for the face's width.
_PASSES = 0.03


def own_hair(shares: Floats, landmarks: Floats | None = None) -> Floats:
    """(C, H, W) shares without hair that does not hang together with the head.

    Without landmarks (478, 3), pixels, the largest blob of hair is the head's.
    """
    strands = shares[HAIR] > _STRAND
    numbers, count = ndimage.label(strands)
    if not count:
        return shares
    sizes = np.bincount(numbers.ravel(), minlength=count + 1)
    own = np.zeros(count + 1, bool)
    if landmarks is None:
        own[1 + sizes[1:].argmax()] = True
    else:
        head = _head(strands.shape, landmarks)
        there = np.bincount(numbers[head], minlength=count + 1)
        own = (there > _MOST * sizes) | (there > _SOME * head.sum())
    own[0] = False
    kept: Mask = own[numbers]
    if landmarks is not None:
        kept = kept & ~_below_a_gap(kept, landmarks)
    edge = max(1, round(_EDGE * max(strands.shape)))
    near = ndimage.binary_dilation(kept, iterations=edge)
    return _without_hair(shares, ~near | (strands & ~kept))


def _below_a_gap(hair: Mask, landmarks: Floats) -> Mask:
    """(H, W) what cannot have come down beside the face: below the mouth, on a side without hair.

    A dark collar touches short hair at the nape, and would hang on it.
    """
    eyes = landmarks[[*RIGHT_EYE, *LEFT_EYE], 1].mean()
    mouth = landmarks[list(LIPS_OUTER), 1].mean()
    across = landmarks[list(OVAL), 0]
    middle = round(float(across.min() + across.max()) / 2)
    top, bottom = (int(np.clip(y, 0, len(hair) - 1)) for y in (eyes, mouth))
    gone = np.zeros_like(hair)
    for side in (np.s_[:, : max(middle, 0)], np.s_[:, max(middle, 0) :]):
        width = hair[side][top : bottom + 1].sum(1)
        if not len(width) or width.min() < _PASSES * np.ptp(across):
            gone[side][bottom:] = True
    return gone


def _head(shape: tuple[int, ...], landmarks: Floats) -> Mask:
    """(H, W) an ellipse around the face with its hair."""
    oval = landmarks[list(OVAL), :2]
    low, high = oval.min(0), oval.max(0)
    half = (high - low) / 2
    x, y = (low + high) / 2 - (0, _UP * half[1])
    row, column = np.ogrid[: shape[0], : shape[1]]
    away = ((column + 0.5 - x) / (_WIDER * half[0])) ** 2
    inside: Mask = away + ((row + 0.5 - y) / (_HIGHER * half[1])) ** 2 < 1
    return inside


def _without_hair(shares: Floats, where: Mask) -> Floats:
    """The next likeliest parts take over."""
    found = shares.copy()
    found[HAIR, where] = 0
    found[BACKGROUND, where] += 1e-4
    found[:, where] /= found[:, where].sum(0)
    return found
