"""Where on the head skin differs: lips, lids, cheeks, nose, ears, beard, scalp … as soft masks.

All places are centimetres on the mean head; every mask is 0 ... 1 unless said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.interpolate import splev, splprep
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from training.synhead.skin_atlas import FACE, MOUTH, SOCKETS, FloatMap, Head, Texels

Points = npt.NDArray[np.float64]

_OUTER_LIP = slice(48, 60)
_INNER_LIP = slice(60, 68)


@dataclass(frozen=True, slots=True, eq=False)
class Zones:
    """Soft masks (H, W) over the skin tile."""

    face: FloatMap  # front of the face
    lips: FloatMap
    lip_inside: FloatMap  # towards the mouth's opening
    vermilion: FloatMap  # the rim around the lips
    philtrum: FloatMap  # lighter rim of the upper lip
    nose: FloatMap
    nose_wings: FloatMap
    cheeks: FloatMap
    chin: FloatMap
    forehead: FloatMap
    ears: FloatMap
    lids: FloatMap
    crease: FloatMap  # of the upper lid
    lash_line: FloatMap
    rim: FloatMap  # wet edge of the lids
    tear_corner: FloatMap
    under_eyes: FloatMap
    temples: FloatMap
    beard: FloatMap
    moustache: FloatMap
    neck: FloatMap
    scalp: FloatMap
    sockets: FloatMap
    mouth: FloatMap
    eye_distance: FloatMap  # cm from the lids' edge


def ramp(start: float, end: float, x: FloatMap) -> FloatMap:
    """0 before `start`, 1 after `end` (which may lie before it), smooth between."""
    t = np.clip((x - start) / (end - start), 0, 1)
    smooth: FloatMap = (t * t * (3 - 2 * t)).astype(np.float32)
    return smooth


def unit(values: FloatMap) -> FloatMap:
    """Values limited to 0 … 1."""
    clipped: FloatMap = np.clip(values, 0, 1).astype(np.float32)
    return clipped


def bump(
    x: FloatMap, y: FloatMap, centre: tuple[float, float], size: tuple[float, float]
) -> FloatMap:
    """A soft spot, 1 in the middle and 0.37 at `size`."""
    value: FloatMap = np.exp(-(((x - centre[0]) / size[0]) ** 2) - ((y - centre[1]) / size[1]) ** 2)
    return value.astype(np.float32)


def curve(points: Points, count: int = 200, *, closed: bool = False) -> Points:
    """A smooth line through points (N, D), as (count, D)."""
    knots = np.vstack([points, points[:1]]) if closed else points
    spline: Any = splprep(knots.T, s=0, per=closed)[0]
    return np.stack(splev(np.linspace(0, 1, count), spline), 1)


def distance_to(position: FloatMap, line: Points) -> FloatMap:
    """(H, W) cm to a dense line of points, (N, 2) seen from the front or (N, 3)."""
    places = position[..., : line.shape[1]].reshape(-1, line.shape[1])
    distance: Any = cKDTree(line).query(places)[0]
    found: FloatMap = distance.reshape(position.shape[:2]).astype(np.float32)
    return found


def find_zones(head: Head, texels: Texels) -> Zones:
    """All masks of the skin tile."""
    part = head.part[texels.triangle]
    masks = {**_lips(head, texels, part), **_eyes(head, texels, part), **_front(texels, part)}
    masks |= _beard(texels, part, masks["lips"]) | _others(texels, part)
    return Zones(**{name: np.ascontiguousarray(m, np.float32) for name, m in masks.items()})


def _axes(texels: Texels) -> tuple[FloatMap, FloatMap, FloatMap, FloatMap]:
    """|x|, x, y, z in cm."""
    x, y, z = np.moveaxis(texels.position, -1, 0)
    return np.abs(x), x, y, z


def lip_outline(head: Head) -> Points:
    """(N, 2) cm, the vermilion border from the front: corners kept, the rest smooth."""
    mouth = head.landmarks[_OUTER_LIP, :2]
    upper, lower = curve(mouth[:7], 150), curve(np.vstack([mouth[6:], mouth[:1]]), 150)
    return np.vstack([upper, lower[1:-1]])


def inside_polygon(x: FloatMap, y: FloatMap, polygon: Points) -> npt.NDArray[np.bool_]:
    """Which points lie in a closed outline (even-odd rule)."""
    low, high = polygon.min(0), polygon.max(0)
    inside: npt.NDArray[np.bool_] = (x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1])
    near_x, near_y = x[inside], y[inside]
    found = np.zeros(near_x.shape, bool)
    ends = np.roll(polygon, -1, 0)
    for (x0, y0), (x1, y1) in zip(polygon, ends, strict=True):
        crossing = (x1 - x0) * (near_y - y0) / (y1 - y0 + 1e-12) + x0
        found ^= ((y0 > near_y) != (y1 > near_y)) & (near_x < crossing)
    inside[inside] = found
    return inside


def _lips(head: Head, texels: Texels, part: npt.NDArray[np.uint8]) -> dict[str, FloatMap]:
    _, x, y, z = _axes(texels)
    outline = lip_outline(head)
    distance = distance_to(texels.position, outline)
    in_front = (part == FACE) & (z > 8)
    signed = np.where(inside_polygon(x, y, outline), distance, -distance)
    lips = ramp(-0.10, 0.12, signed) * in_front
    opening = distance_to(texels.position, curve(head.landmarks[_INNER_LIP], closed=True))
    border = np.exp(-((signed / 0.10) ** 2)) * in_front
    upper = border * ramp(-3.2, -2.7, y) * ramp(1.6, 0.3, np.abs(x))
    return {
        "lips": gaussian_filter(lips, 0.7),
        "lip_inside": ramp(0.55, 0.0, opening) * lips,
        "vermilion": border,
        "philtrum": upper,
    }


def lid_edges(head: Head) -> Points:
    """(N, 3) cm: both eyes' lid margins, where the face's skin meets the sockets."""
    on_face = np.unique(head.triangles[head.part == FACE])
    in_socket = np.unique(head.triangles[np.isin(head.part, SOCKETS)])
    edges: Points = head.vertices[np.intersect1d(on_face, in_socket)]
    return edges


def _eyes(head: Head, texels: Texels, part: npt.NDArray[np.uint8]) -> dict[str, FloatMap]:
    ax, _, y, z = _axes(texels)
    eyes = head.landmarks[36:48]
    loops = [curve(eyes[i : i + 6], closed=True) for i in (0, 6)]
    distance = distance_to(texels.position, np.vstack(loops))
    face = (part == FACE) & (z > 5)
    upper = ramp(-0.05, 0.15, y - np.interp(ax, [1.8, 3.2, 4.5], [3.35, 3.62, 3.4]))
    margin = distance_to(texels.position, lid_edges(head))
    corner = np.hypot(ax - 1.75, y - 3.3)
    lid_fold = np.interp(ax, [1.7, 2.4, 3.2, 4.0, 4.7], [3.75, 4.25, 4.42, 4.2, 3.65])
    return {
        "eye_distance": np.where(face, distance, 9.0),
        "lids": face * ramp(1.0, 0.2, distance) * (0.35 + 0.65 * upper),
        "crease": face
        * np.exp(-(((y - lid_fold) / 0.07) ** 2))
        * ramp(1.6, 2.1, ax)
        * ramp(4.9, 4.3, ax),
        "lash_line": face * np.exp(-((distance / 0.09) ** 2)) * (0.35 + 0.65 * upper),
        "rim": face * ramp(0.26, 0.08, margin),
        "tear_corner": face * ramp(0.36, 0.1, corner) * ramp(0.35, 0.12, distance),
        "under_eyes": face * bump(ax, y, (2.9, 2.15), (1.25, 0.6)) * ramp(3.3, 2.9, y),
    }


def _front(texels: Texels, part: npt.NDArray[np.uint8]) -> dict[str, FloatMap]:
    ax, x, y, z = _axes(texels)
    face = ((part == FACE) & (z > 5)).astype(np.float32)
    nose = bump(x, y, (0, 0.3), (1.5, 1.7)) * ramp(9.6, 11.2, z)
    return {
        "face": gaussian_filter(face, 3),
        "nose": nose * face,
        "nose_wings": face * bump(ax, y, (1.45, -0.35), (0.55, 0.8)),
        "cheeks": face * bump(ax, y, (4.5, 0.4), (1.9, 1.8)),
        "chin": face * bump(x, y, (0, -6.2), (1.7, 1.2)),
        "forehead": bump(x, y, (0, 9.0), (5.0, 2.3)) * (z > 3),
        "temples": bump(ax, y, (6.7, 5.2), (1.2, 2.2)) * (z > 0),
    }


def _beard(texels: Texels, part: npt.NDArray[np.uint8], lips: FloatMap) -> dict[str, FloatMap]:
    ax, _, y, z = _axes(texels)
    top = np.interp(
        ax, [0, 2.3, 3.2, 4.6, 6.0, 7.0, 8.0], [-1.45, -1.5, -2.7, -3.3, -2.2, 1.6, 3.6]
    )
    beard = ramp(0.7, -1.0, y - top) * ramp(-11.5, -8.8, y) * ramp(-0.6, 1.6, z)
    beard *= np.isin(part, (FACE, 1)) * (1 - ramp(0.05, 0.5, lips)) * ramp(8.3, 7.4, ax)
    bare = bump(ax, y, (1.9, -4.7), (0.5, 0.45)) * 0.6  # beside the lower lip
    dip = bump(ax, y, (0, -1.9), (0.28, 0.5)) * 0.6  # the philtrum
    moustache = ramp(-3.3, -2.9, y) * ramp(-1.3, -1.7, y) * ramp(2.9, 2.3, ax) * (z > 8)
    return {
        "beard": gaussian_filter(beard * (1 - bare) * (1 - dip), 3),
        "moustache": moustache * (1 - lips),
    }


def _others(texels: Texels, part: npt.NDArray[np.uint8]) -> dict[str, FloatMap]:
    ax, _, y, z = _axes(texels)
    over_ears = ramp(5.2, 5.8, y) * ramp(2.6, 1.4, z) * (ax > 6) * ramp(8.6, 8.0, ax)
    return {
        "ears": ramp(7.5, 8.3, ax)
        * ramp(6.2, 5.0, y)
        * ramp(-2.8, -1.6, y)
        * ramp(3.8, 2.6, z)
        * ramp(-4.4, -3.2, z),
        "neck": ramp(-7.0, -9.5, y),
        "scalp": gaussian_filter(np.maximum(texels.scalp, over_ears), 2.5),
        "sockets": np.isin(part, SOCKETS).astype(np.float32),
        "mouth": (part == MOUTH).astype(np.float32),
    }
