"""Where a fringe ends and a forehead begins, by the photo's own colours just there.

Networks trained on renders take a fringe's lowest strands, which a forehead shines through and
which lie in their own shadow, for a forehead in shadow. Cheeks do not tell either: a forehead is
lit in another way. Bare skin right above the brows does, and so does the hair around the face.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from scipy import ndimage

from head360.faces import OVAL
from head360.fitting.face_network import HAIR, SKIN
from head360.fitting.landmarks import BROWS as BROW_POINTS

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

#: From this share on a pixel shows what its part looks like; and how many must.
_SURE, _LEAST = 0.8, 60
#: Shares of the face's height: bare skin is learnt from so far above the brows, hair so far around
#: the face's outline; colours decide from so far above the brows on, up to so far beyond it.
_BARE, _AROUND, _FROM, _BEYOND = (0.02, 0.12), 0.16, 0.015, 0.05
#: Hair is light and dark: so many groups of pixels by brightness, each with a colour of its own.
_GROUPS = 4
#: Least deviations of skin's and of hair's colours, L, a, b.
_SKIN_SPREAD, _HAIR_SPREAD = (7.0, 2.5, 3.5), (6.0, 3.0, 4.0)
#: Skin brighter than usual shines: squared distances count less, and up to a limit.
_SHINE, _SHINING = 0.2, 3.0
#: How far colours turn the odds (natural logarithms), and how much of their own logarithm.
_LIMIT, _WEIGHT = 5.0, 0.7
#: Skin and hair of nearer colours than this, in deviations, cannot be told apart.
_APART = 2.0


def fringe_odds(colors: Floats, shares: Floats, landmarks: Floats) -> Floats:
    """(H, W) what to add to the log odds of hair and take from those of skin.

    Args:
        colors: (H, W, 3) Lab.
        shares: (C, H, W) what is thought of the parts so far.
        landmarks: (478, 2 or 3) pixels.
    """
    odds = np.zeros(colors.shape[:2], np.float32)
    oval = landmarks[list(OVAL), :2]
    height = float(np.ptp(oval[:, 1]))
    above = _above_brows(landmarks, colors.shape[1]) - (np.arange(colors.shape[0]) + 0.5)[:, None]
    outside = _outside(oval, odds.shape)
    face = outside <= 0
    bare = face & (above > _BARE[0] * height) & (above < _BARE[1] * height)
    skin = colors[bare & (shares[SKIN] > _SURE)]
    near = (outside < _AROUND * height) & (above > 0) & (shares[HAIR] > _SURE)
    hair = colors[near]
    if min(len(skin), len(hair)) < _LEAST or not _differ(skin, hair):
        return odds
    asked = (outside < _BEYOND * height) & (above > _FROM * height)
    asked &= shares[SKIN] + shares[HAIR] > 0.5
    told = 0.5 * (_from_skin(colors[asked], skin) - _from_hair(colors[asked], hair))
    odds[asked] = (_WEIGHT * told).clip(-_LIMIT, _LIMIT)
    return odds


def _above_brows(landmarks: Floats, width: int) -> Floats:
    """(W,) the row of the brows' upper edge in each column; beyond them, their ends'."""
    points = landmarks[list(BROW_POINTS), :2]
    order = points[np.argsort(points[:, 0])]
    columns = np.arange(width) + 0.5
    spread = max(float(np.ptp(points[:, 0])) / 12, 1.0)
    found = [
        order[np.abs(order[:, 0] - column) < spread, 1].min(initial=np.inf) for column in columns
    ]
    rows = np.array(found)
    known = np.isfinite(rows)
    edge: Floats = np.interp(columns, columns[known], rows[known]).astype(np.float32)
    return edge


def _outside(oval: Floats, shape: tuple[int, ...]) -> Floats:
    """(H, W) pixels outside of an outline, 0 inside."""
    image = Image.new("L", (shape[1], shape[0]))
    ImageDraw.Draw(image).polygon([(float(x) - 0.5, float(y) - 0.5) for x, y in oval], 255)
    found: Floats = ndimage.distance_transform_edt(np.asarray(image) == 0).astype(np.float32)
    return found


def _from_skin(colors: Floats, sample: Floats) -> Floats:
    """(N,) squared distance from skin, in its deviations, with their logarithm."""
    middle, spread = _robust(sample, _SKIN_SPREAD)
    squared = _squared(colors, middle, spread)
    shown = np.where(colors[:, 0] > middle[0], np.minimum(_SHINE * squared, _SHINING), squared)
    found: Floats = shown + 2 * np.log(spread).sum()
    return found


def _from_hair(colors: Floats, sample: Floats) -> Floats:
    """(N,) the same from the nearest group of a hair's colours."""
    groups = np.array_split(sample[sample[:, 0].argsort()], _GROUPS)
    each = [_robust(group, _HAIR_SPREAD) for group in groups]
    all_ = [_squared(colors, m, s) + 2 * np.log(s).sum() for m, s in each]
    found: Floats = np.min(all_, 0)
    return found


def _squared(colors: Floats, middle: Floats, spread: Floats) -> Floats:
    found: Floats = (((colors - middle) / spread) ** 2).sum(1)
    return found


def _robust(sample: Floats, least: tuple[float, ...]) -> tuple[Floats, Floats]:
    """(3,) middle and (3,) deviation."""
    middle = np.median(sample, 0)
    spread = 1.48 * np.median(np.abs(sample - middle), 0)
    return middle.astype(np.float32), np.maximum(spread, least).astype(np.float32)


def _differ(skin: Floats, hair: Floats) -> bool:
    """Whether colours can tell."""
    middle, spread = _robust(skin, _SKIN_SPREAD)
    other, _ = _robust(hair, _HAIR_SPREAD)
    return float(_squared(other[None], middle, spread)[0]) > _APART**2
