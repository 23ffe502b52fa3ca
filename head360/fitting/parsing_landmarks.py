"""What landmarks say about the parts of a face, before colours have their word.

Landmarks know where lips, eyes and brows are, but not their edges, which the network sees better;
they bound where skin can be; and the colours at those of cheeks, nose and chin, against those of
hair that is sure, tell this person's skin from a fringe of any colour.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from head360.faces import OVAL
from head360.fitting.distances import Doubles, edge_distance
from head360.fitting.face_network import (
    BACKGROUND,
    BEARD,
    BROWS,
    CLOTHES,
    EYES,
    GLASSES,
    HAIR,
    LIPS,
    MOUTH,
    NECK,
    SKIN,
)
from head360.fitting.landmarks import BROWS as BROW_POINTS
from head360.fitting.landmarks import (
    FOREHEAD,
    LEFT_EYE,
    LIPS_INNER,
    LIPS_OUTER,
    RIGHT_EYE,
)

Floats = npt.NDArray[np.float32]

#: The outlines of the right and the left brow.
_BROWS = (
    (70, 63, 105, 66, 107, 55, 65, 52, 53, 46), (300, 293, 334, 296, 336, 285, 295, 282, 283, 276),
)  # fmt: skip
_MESH = 468
#: What is behind the face may be before it, within the oval, but rarely is.
_BEHIND = -2.0
_GLASSES = 0.14  # of the face's height: how far glasses reach from the eyes
#: Skin lies within the face's oval, this much wider for the ears, and lower for chins; blurred by
#: a share of its height.
_WIDER, _HIGHER, _LOWER, _SOFT = 1.22, 1.05, 1.25, 0.02
#: How far landmarks turn the odds (natural logarithms): of features, of skin within the oval and
#: outside of it, of skin by its colour.
_FEATURE, _OUTSIDE, _LIKE_SKIN, _UNLIKE_SKIN = 5.0, -5.0, 0.5, -5.0
#: The odds of skin of just the colour at landmarks before they are limited, as brows may have it.
_SAME = 2.0
#: Nearer to an outline than this share of the face's height the picture alone tells; from twice as
#: far inside on, and three times outside, landmarks are sure.
_VAGUE = {BROWS: 0.02, EYES: 0.01, LIPS: 0.01, MOUTH: 0.008}
_SATURATED = 3  # so many times as far outside nothing more is told
#: A brow is where landmarks say if the picture shows less than this share of one there.
_LITTLE = 0.5
#: How sure hair must be to show its colour, how many pixels it takes, and its least variance.
_SURE, _LEAST, _VARIANCE = 0.9, 60, 12.0
#: Glasses of which less than this share lies below the eyes are brows.
_LOW_GLASSES = 0.25
#: How fast likeness falls with the squared distance in standard deviations of the skin's colours.
_FALL = 0.4
#: The same of a neck, which may lie in shadow, begins there, and goes so far.
_SHADOWED, _UNLIKE_NECK = 4.0, -9.0
#: Deviations below which no skin is even, L, a, b; brightness varies with light, and counts less.
#: Brighter than skin usually is, skin shines: distances count less, and up to a limit.
_EVEN, _LIGHT, _SHINE, _SHINING = (6.0, 2.5, 3.0), 2.0, 0.3, 6.0


def landmark_odds(colors: Floats, landmarks: Floats, shares: Floats | None = None) -> Floats:
    """(C, H, W) what landmarks (478, 2 or 3), pixels, add to the log odds of each part.

    `colors` (H, W, 3) are Lab; `shares` (C, H, W) are what is thought of the parts so far.
    """
    height, width = colors.shape[:2]
    flat = landmarks[:, :2].astype(np.float64)
    odds = np.zeros((11, height, width), np.float32)
    oval = _filled([flat[list(OVAL)]], (width, height))
    unlike = _distance_from_skin(colors, flat)
    skin = np.clip(_SAME - _FALL * unlike, _UNLIKE_SKIN, _LIKE_SKIN) * oval
    unlike_hair = None if shares is None else _distance_from_hair(colors, shares[HAIR])
    if unlike_hair is not None:
        skin = np.where(unlike_hair > unlike, np.maximum(skin, 0), skin)
    # A neck is this person's skin, too, if in shadow; a black collar is not.
    odds[NECK] = np.clip(_SHADOWED - _FALL * unlike, _UNLIKE_NECK, 0)
    odds[SKIN] = skin + _OUTSIDE * (1 - _reach(flat, (width, height)))
    above = np.arange(height)[:, None] < flat[list(BROW_POINTS), 1].mean()
    odds[HAIR] = np.maximum(-skin, 0) * above
    odds[BACKGROUND] = _BEHIND * oval
    odds[CLOTHES] = _OUTSIDE * oval
    odds[GLASSES] = _OUTSIDE * (1 - _eye_band(flat, height))[:, None]
    if shares is not None and not _has_glasses(shares[GLASSES], flat):
        odds[GLASSES] = _OUTSIDE
    odds[BEARD] = _OUTSIDE * (1 - oval) * 0.5 * _above(LIPS_OUTER, flat, height)[:, None]
    odds[BEARD] += _OUTSIDE * _above((*RIGHT_EYE, *LEFT_EYE), flat, height)[:, None]
    _tell_features(odds, flat, np.zeros_like(oval) if shares is None else shares[BROWS])
    return odds


def _tell_features(odds: Floats, flat: npt.NDArray[np.float64], brows: Floats) -> None:
    """Add what outlines say of features to (C, H, W) odds; `brows` (H, W) is the share so far."""
    size = (odds.shape[2], odds.shape[1])
    tall = float(np.ptp(flat[list(OVAL), 1]))
    reach = _SATURATED * max(_VAGUE.values()) * tall
    inner = edge_distance(_filled([flat[list(LIPS_INNER)]], size) > 0.5, reach)
    for part, outlines in (
        (BROWS, _BROWS), (EYES, (RIGHT_EYE, LEFT_EYE)), (LIPS, (LIPS_OUTER,)),
    ):  # fmt: skip
        edges = [flat[list(outline)] for outline in outlines]
        shown = _filled(edges, size)
        within = edge_distance(shown > 0.5, reach)
        if part == LIPS:
            within = np.minimum(within, -inner)
        odds[part] += _FEATURE * _told(within / tall, _VAGUE[part])
        if part == BROWS:
            odds[part] += _FEATURE * _missing(edges, brows, _VAGUE[part] * tall)
        odds[SKIN] -= shown * odds[SKIN].clip(0)
    odds[MOUTH] += _FEATURE * _told(inner / tall, _VAGUE[MOUTH])


def _told(within: Doubles, vague: float) -> Floats:
    """(H, W) -2 … 1 what an outline tells at a distance from it: nothing near it."""
    beyond = (np.abs(within) - vague).clip(0) / vague
    told = np.where(within > 0, beyond.clip(0, 1), -beyond.clip(0, _SATURATED - 1))
    return told.astype(np.float32)


def _missing(outlines: Sequence[npt.NDArray[np.float64]], share: Floats, reach: float) -> Floats:
    """(H, W) 1 within outlines of a feature of which the picture shows little, up to a reach."""
    found = np.zeros_like(share)
    for outline in outlines:
        shown = _filled([outline], share.shape[::-1])
        seen = share[edge_distance(shown > 0.5, reach) > -reach].sum()
        if seen < _LITTLE * shown.sum():
            found = np.maximum(found, shown)
    return found


def _eye_band(flat: npt.NDArray[np.float64], height: int) -> Floats:
    """(H,) 1 in rows where glasses may be: about as far above the eyes as below them."""
    eyes = flat[[*RIGHT_EYE, *LEFT_EYE], 1]
    reach = _GLASSES * np.ptp(flat[list(OVAL), 1])
    rows = np.arange(height) + 0.5
    inside: Floats = ((rows > eyes.min() - reach) & (rows < eyes.max() + 1.4 * reach)).astype(
        np.float32
    )
    return inside


def _above(what: Sequence[int], flat: npt.NDArray[np.float64], height: int) -> Floats:
    """(H,) 1 above the lowest of some landmarks, 0 below."""
    rows: Floats = (np.arange(height) < flat[list(what), 1].max()).astype(np.float32)
    return rows


def _has_glasses(share: Floats, flat: npt.NDArray[np.float64]) -> bool:
    """Whether what looks like glasses goes around the eyes, or is all above them."""
    under = int(max(flat[[*RIGHT_EYE, *LEFT_EYE], 1].max(), 0))
    return float(share[under:].sum()) > _LOW_GLASSES * max(float(share.sum()), 1e-6)


def _distance_from_hair(colors: Floats, share: Floats) -> Floats | None:
    """(H, W) squared, in standard deviations of the colours of sure hair; None without any."""
    sure = share > _SURE
    if sure.sum() < _LEAST:
        return None
    sample = colors[sure]
    away = (colors - sample.mean(0)).reshape(-1, 3)
    inverse = np.linalg.inv(np.cov(sample.T) + _VARIANCE * np.eye(3)).astype(np.float32)
    found: Floats = np.einsum("ni,ni->n", away @ inverse, away).reshape(share.shape)
    return found


def _distance_from_skin(colors: Floats, flat: npt.NDArray[np.float64]) -> Floats:
    """(H, W) squared, in standard deviations of the colours at landmarks of bare skin."""
    height, width = colors.shape[:2]
    other = {*OVAL, *FOREHEAD, *BROW_POINTS, *RIGHT_EYE, *LEFT_EYE, *LIPS_OUTER, *LIPS_INNER}
    bare = [number for number in range(_MESH) if number not in other]
    at = np.rint(flat[bare] - 0.5).astype(np.int64)
    seen = colors[at[:, 1].clip(0, height - 1), at[:, 0].clip(0, width - 1)]
    middle = np.median(seen, 0)
    spread = np.maximum(1.48 * np.median(np.abs(seen - middle), 0), _EVEN) * (_LIGHT, 1.3, 1.3)
    away = (colors - middle) / spread
    squared = (away**2).sum(-1)
    shown = np.where(away[..., 0] > 0, np.minimum(_SHINE * squared, _SHINING), squared)
    found: Floats = shown.astype(np.float32)
    return found


def _reach(flat: npt.NDArray[np.float64], size: tuple[int, int]) -> Floats:
    """(H, W) 1 where a face with its ears may be … 0."""
    oval = flat[list(OVAL)]
    low, high = oval.min(0), oval.max(0)
    middle = (low + high) / 2
    away = oval - middle
    away *= np.where(away[:, 1:] > 0, (_WIDER, _LOWER), (_WIDER, _HIGHER))
    cover = _filled([middle + away], size)
    image = Image.fromarray((cover * 255).astype(np.uint8))
    soft = image.filter(ImageFilter.GaussianBlur(float(_SOFT * (high - low)[1])))
    return np.asarray(soft, np.float32) / np.float32(255)


def _filled(outlines: Sequence[npt.NDArray[np.float64]], size: tuple[int, int]) -> Floats:
    """(H, W) 0 or 1 within outlines."""
    image = Image.new("L", size)
    draw = ImageDraw.Draw(image)
    for outline in outlines:
        draw.polygon([(float(x) - 0.5, float(y) - 0.5) for x, y in outline], 255)
    return np.asarray(image, np.float32) / np.float32(255)
