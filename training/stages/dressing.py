"""Things that true heads lack: clothes below the neck, glasses, and what gets in the way.

All are drawn in the picture, by what its parts show where; crude, but a network that has seen a
thousand crude collars takes a real one for clothes and not for skin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from scipy import ndimage

from head360.fitting.face_network import BACKGROUND, BEARD, EYES, NECK, SKIN
from training.stages.backdrops import Backdrops, color, field_of

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Random = np.random.Generator
Point = tuple[float, float]

#: Eyes smaller than this many pixels carry no glasses.
_LEAST_EYE = 10
_FINE = 3  # frames are drawn so much larger, for smooth edges


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Something in the picture."""

    cover: Floats  # (H, W) 0 … 1
    colors: Floats  # (H, W, 3) 0 … 255


def clothes(
    parts: Bytes, backdrops: Backdrops, rng: Random, like: Floats | None = None
) -> Drawn | None:
    """A shirt, from a collar across the neck down to the picture's lower edge.

    Now and then it is of the colour `like` (3,), the hair's: colour alone must not tell.
    """
    neck = parts == NECK
    rows = np.flatnonzero(neck.any(1))
    if len(rows) < 4:
        return None
    size, top, height = len(parts), int(rows[0]), len(rows)
    waist = neck[top + height // 3]
    columns = np.flatnonzero(waist if waist.any() else neck.any(0))
    middle, half = float(columns.mean()), max(np.ptp(columns) / 2, 4.0)
    outline = _shirt(size, (middle, top + height * rng.uniform(-0.05, 0.95)), half, height, rng)
    cover = _filled([outline], size)
    cloth = _cloth(size, backdrops, rng)
    if like is not None and rng.random() < 0.3:
        cloth = _streaked(size, like, rng)
    return Drawn(cover, cloth)


def _streaked(size: int, like: Floats, rng: Random) -> Floats:
    """Cloth of about one colour with folds and threads that run one way."""
    tone = like * np.exp(rng.normal(0, 0.2)) * np.exp(rng.normal(0, 0.06, 3))
    folds = field_of(rng, size, int(rng.integers(4, 10))) * rng.uniform(0.05, 0.5)
    threads = rng.standard_normal((size, size), np.float32)
    along = [rng.uniform(0.3, 1.5), rng.uniform(3, 20)]
    threads = ndimage.gaussian_filter(threads, along if rng.random() < 0.5 else along[::-1])
    threads *= rng.uniform(0, 0.25) / max(float(threads.std()), 1e-6)
    found: Floats = (tone * np.exp(folds + threads)[..., None]).astype(np.float32)
    return found


def _shirt(size: int, collar: Point, half: float, height: float, rng: Random) -> list[Point]:
    x, y = collar
    half *= rng.uniform(1.0, 1.35)
    reach, drop = half * rng.uniform(1.7, 3.2), height * rng.uniform(0.0, 0.7) + 2
    depth, pointed = height * rng.uniform(-0.15, 0.7), rng.random() < 0.35
    along = np.linspace(-1, 1, 3 if pointed else 9)
    neckline = [(x + half * a, y + depth * (1 - a * a)) for a in along]
    left = [(x - reach * 1.25, 3.0 * size), (x - reach, y + drop)]
    right = [(x + reach, y + drop), (x + reach * 1.25, 3.0 * size)]
    return [*left, *neckline, *right]


def _cloth(size: int, backdrops: Backdrops, rng: Random) -> Floats:
    if rng.random() < 0.3:
        base = backdrops.draw(rng, size).astype(np.float32)
    else:
        base = np.full((size, size, 3), color(rng), np.float32)
        if rng.random() < 0.3:
            step, tilt = rng.uniform(4, 30), rng.uniform(-1, 1)
            y, x = np.mgrid[:size, :size]
            striped = ((x * tilt + y * (1 - abs(tilt))) % step) < step * rng.uniform(0.2, 0.6)
            base[striped] = color(rng)
    folds = np.exp(field_of(rng, size, int(rng.integers(4, 14))) * rng.uniform(0.05, 0.5))
    found: Floats = base * folds[..., None].astype(np.float32)
    return found


def glasses(parts: Bytes, rng: Random) -> tuple[Drawn, Mask] | None:
    """Frames with clear or tinted lenses before both eyes, and where they hide what is behind."""
    eyes = _two_eyes(parts)
    if eyes is None:
        return None
    size = len(parts) * _FINE
    (x0, y0), (x1, y1) = eyes
    apart = float(np.hypot(x1 - x0, y1 - y0))
    wide = apart * rng.uniform(0.33, 0.47)
    high, thick = wide * rng.uniform(0.6, 1.05), max(apart * rng.uniform(0.02, 0.1), 1.0)
    frame, lens = Image.new("L", (size, size)), Image.new("L", (size, size))
    round_ = rng.random() < 0.5
    for x, y in eyes:
        box = tuple(v * _FINE for v in (x - wide, y - high * 0.9, x + wide, y + high * 1.1))
        for image, width in ((lens, 0), (frame, max(round(thick * _FINE), 1))):
            _rim(ImageDraw.Draw(image), box, width, round_)
    _bridges(ImageDraw.Draw(frame), eyes, wide, thick, parts)
    tint = float(rng.choice([0.0, rng.uniform(0, 0.4), rng.uniform(0.75, 0.97)], p=[0.6, 0.2, 0.2]))
    rims, panes = (_shrunk(image) for image in (frame, lens))
    colors = np.empty((*parts.shape, 3), np.float32)
    colors[:] = _tinted(parts.shape, rng) if tint else 0
    colors = np.where(rims[..., None] > 0.5, np.array(color(rng), np.float32), colors)
    hidden = (rims > 0.4) | ((panes > 0.5) & (tint > 0.6))
    return Drawn(np.maximum(rims, panes * tint).astype(np.float32), colors), hidden


def _tinted(shape: tuple[int, ...], rng: Random) -> Floats:
    """Dark glass, with something shining in it."""
    shine = (field_of(rng, shape[0], 5).clip(0.3, 1) - 0.3) * rng.uniform(0, 200)
    glass = np.array(color(rng)) * 0.25 + shine[..., None]
    return glass.astype(np.float32)


def _two_eyes(parts: Bytes) -> list[Point] | None:
    """(x, y) of both, the picture's left one first."""
    found, count = ndimage.label(ndimage.binary_dilation(parts == EYES, iterations=1))
    if count < 2:
        return None
    sizes = np.bincount(found.ravel())[1:]
    largest = np.argsort(sizes)[-2:] + 1
    if sizes[largest - 1].min() < _LEAST_EYE:
        return None
    centers = np.array(ndimage.center_of_mass(found > 0, found, largest))
    one, other = sorted((float(x), float(y)) for y, x in centers)
    return [one, other] if other[0] - one[0] > 8 else None


def _rim(draw: ImageDraw.ImageDraw, box: tuple[float, ...], width: int, round_: bool) -> None:
    fill, outline = (None, 255) if width else (255, None)
    if round_:
        draw.ellipse(box, fill, outline, width or 1)
    else:
        draw.rounded_rectangle(box, (box[3] - box[1]) * 0.3, fill, outline, width or 1)


def _bridges(
    draw: ImageDraw.ImageDraw, eyes: list[Point], wide: float, thick: float, parts: Bytes
) -> None:
    """Between the rims, and from each of them to the edge of the face."""
    (x0, y0), (x1, y1) = eyes
    width = max(round(thick * _FINE * 0.8), 1)
    face = np.flatnonzero(np.isin(parts[int((y0 + y1) / 2)], (SKIN, BEARD)))
    left, right = (face[0], face[-1]) if len(face) else (x0, x1)
    lines = [(x0 + wide, y0, x1 - wide, y1)]
    if left < x0 - wide:
        lines.append((x0 - wide, y0, left, y0))
    if right > x1 + wide:
        lines.append((x1 + wide, y1, right, y1))
    for line in lines:
        draw.line([v * _FINE for v in line], 255, width)


def obstacle(size: int, backdrops: Backdrops, rng: Random) -> Drawn:
    """A hand, a cup, a branch: some shape anywhere, of any colour."""
    x, y = rng.uniform(0.05, 0.95, 2) * size
    count, radius = int(rng.integers(3, 9)), rng.uniform(0.06, 0.24) * size
    angles = np.sort(rng.uniform(0, 2 * np.pi, count))
    radii = radius * rng.uniform(0.4, 1.3, count) * np.where(rng.random(count) < 0.2, 3, 1)
    outline = [(x + r * np.cos(a), y + r * np.sin(a)) for r, a in zip(radii, angles, strict=True)]
    if rng.random() < 0.4:
        skin = np.array([230, 180, 150]) * rng.uniform(0.25, 1.0)
        colors = skin * np.exp(field_of(rng, size, 6) * 0.25)[..., None]
    else:
        colors = _cloth(size, backdrops, rng)
    return Drawn(_filled([outline], size), colors.astype(np.float32))


def laid_over(picture: Floats, thing: Drawn, where: Floats | None = None) -> Floats:
    """(H, W, 3) with a thing before it, or only so much of the thing."""
    cover = thing.cover if where is None else thing.cover * where
    return picture + (thing.colors - picture) * cover[..., None]


def _filled(outlines: list[list[Point]], size: int) -> Floats:
    image = Image.new("L", (size * 2, size * 2))
    draw = ImageDraw.Draw(image)
    for outline in outlines:
        draw.polygon([(2 * x, 2 * y) for x, y in outline], 255)
    return np.asarray(image.reduce(2), np.float32) / np.float32(255)


def _shrunk(image: Image.Image) -> Floats:
    return np.asarray(image.reduce(_FINE), np.float32) / np.float32(255)


def behind(parts: Bytes) -> Mask:
    """Where clothes may be seen: not before a face."""
    return np.isin(parts, (BACKGROUND, NECK))
