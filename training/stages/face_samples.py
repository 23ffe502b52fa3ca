"""From a stored portrait to something like a photograph, with the parts that it shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from head360.fitting.face_looks import NEARER
from head360.fitting.face_network import (
    BACKGROUND,
    BEARD,
    BROWS,
    CLOTHES,
    EYES,
    GLASSES,
    HAIR,
    INPUT,
    LIPS,
    MOUTH,
    NECK,
    SKIN,
)
from training.stages.backdrops import Backdrops
from training.stages.disturb import graded, recorded, relit
from training.stages.dressing import Drawn, behind, clothes, glasses, laid_over, obstacle
from training.stages.face_pictures import CLASS, COLOR, COVER, HAIR_SHARE
from training.synhead.classes import CLASSES

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Random = np.random.Generator

#: The parser's part for each class of true pictures.
_PART = {
    "background": BACKGROUND, "hair": HAIR, "skin": SKIN, "brows": BROWS, "eyes": EYES,
    "lashes": EYES, "beard": BEARD, "lips": LIPS, "mouth": MOUTH, "teeth": MOUTH, "ears": SKIN,
    "neck": NECK, "cap": NECK,
}  # fmt: skip
PART_OF = np.array([_PART[name] for name in CLASSES], np.uint8)
_FEATURES = (BROWS, EYES, LIPS, MOUTH)
#: Deviation in pixels of the averaging, of so many along each side of a portrait; and the shares
#: from which a pixel is hair or beard.
_BLUR, _BLUR_SIZE, _HAIR_FROM, _BEARD_FROM = 1.0, 256, 0.4, 0.45
#: A portrait is averaged first where its pixels are so much smaller than those of the cut.
_HALVED = 1.5


@dataclass(frozen=True, slots=True)
class Framing:
    """How a picture is cut."""

    zoom: float = 1.0
    x: float = 0.0  # shares of the side
    y: float = 0.0
    roll_degrees: float = 0.0
    mirrored: bool = False

    @classmethod
    def portrait(cls, rng: Random) -> Framing:
        """About as a photo is cut around a found face: the whole head with its hair."""
        x, y = rng.normal(0, 0.025, 2)
        zoom = float(np.exp(rng.normal(0, 0.07)))
        return cls(zoom, float(x), float(y), float(rng.normal(0, 4)), rng.random() < 0.5)

    @classmethod
    def anything(cls, rng: Random) -> Framing:
        """Nearer, further away, tilted, off the middle."""
        x, y = rng.normal(0, 0.07, 2)
        zoom = float(np.exp(rng.uniform(-0.35, 0.65)))
        return cls(zoom, float(x), float(y), float(rng.normal(0, 10)), rng.random() < 0.5)

    @classmethod
    def nearer(cls, stored: Bytes, rng: Random) -> Framing:
        """About as `fitting.face_looks` looks a second time at a stored portrait."""
        seen = np.argwhere(np.isin(PART_OF[stored[::4, ::4, CLASS]], _FEATURES))
        y, x = 4 * seen.mean(0) / len(stored) - 0.5 if len(seen) else np.zeros(2)
        across, down = rng.normal(0, 0.03, 2)
        zoom = NEARER * float(np.exp(rng.normal(0, 0.12)))
        place = (float(x + across), float(y + down))
        return cls(zoom, *place, float(rng.normal(0, 5)), rng.random() < 0.5)

    @classmethod
    def beside(cls, rng: Random) -> Framing:
        """Somebody else's place: further left or right."""
        x = rng.uniform(0.42, 0.8) * (1 if rng.random() < 0.5 else -1)
        zoom = float(np.exp(rng.uniform(-0.3, 0.2)))
        return cls(zoom, float(x), float(rng.normal(0, 0.12)), float(rng.normal(0, 8)))


@dataclass(frozen=True, slots=True, eq=False)
class FaceSample:
    """What the networks learn from."""

    picture: Bytes  # (H, W, 3) sRGB
    parts: Bytes  # (H, W) index into PARTS


@dataclass(frozen=True, slots=True, eq=False)
class _Cut:
    """A portrait in its frame."""

    color: Floats  # (H, W, 3)
    cover: Floats  # (H, W) 0 … 1
    hair: Floats  # (H, W) 0 … 1
    parts: Bytes  # (H, W)


def face_sample(
    stored: Bytes,
    framing: Framing,
    backdrops: Backdrops,
    rng: Random,
    size: int = INPUT,
    neighbour: Bytes | None = None,
) -> FaceSample:
    """Cut, dyed, dressed, lit and disturbed at random; `size` pixels along each side.

    A `neighbour`, another stored portrait, stands behind; its hair is background.
    """
    cut = _cut(stored, framing, size)
    if rng.random() < 0.35:
        cut = _dyed(cut, rng)
    ground = backdrops.draw(rng, len(cut.parts)).astype(np.float32)
    if neighbour is not None:
        beside = _cut(neighbour, Framing.beside(rng), size)
        shirt = clothes(beside.parts, backdrops, rng)
        ground, _ = _composed(beside, ground, shirt)
    shirt = None
    if rng.random() < 0.9:
        shirt = clothes(cut.parts, backdrops, rng, _some_hair(cut, rng))
    picture, parts = _composed(cut, ground, shirt)
    picture, parts = _adorned(picture, parts, backdrops, rng)
    picture = graded(relit(picture, rng), rng)
    taken = recorded(np.rint(picture).astype(np.uint8), rng)
    return (
        FaceSample(*_ended(taken, parts, rng)) if rng.random() < 0.2 else FaceSample(taken, parts)
    )


def plain_sample(stored: Bytes, framing: Framing, ground: Bytes) -> FaceSample:
    """A portrait as it is, before a background."""
    cut = _cut(stored, framing, len(ground))
    picture, parts = _composed(cut, ground.astype(np.float32), None)
    return FaceSample(np.rint(picture).clip(0, 255).astype(np.uint8), parts)


def _cut(stored: Bytes, framing: Framing, size: int) -> _Cut:
    # Bilinear sampling must not mix in the colour of transparent pixels.
    cover = stored[..., COVER : COVER + 1].astype(np.uint16)
    color = (stored[..., COLOR] * cover // 255).astype(np.uint8)
    planes = Image.fromarray(np.concatenate([color, stored[..., COVER : COVER + 1]], -1), "RGBA")
    share = Image.fromarray(np.ascontiguousarray(stored[..., HAIR_SHARE]))
    kinds = np.ascontiguousarray(stored[..., CLASS])
    if len(kinds) > _HALVED * size * framing.zoom:
        planes, share, kinds = planes.reduce(2), share.reduce(2), halved(kinds)
    place = _affine(framing, len(kinds), size)
    moved = _moved(planes, place, size, Image.Resampling.BILINEAR).astype(np.float32)
    hair = _moved(share, place, size, Image.Resampling.BILINEAR).astype(np.float32) / np.float32(
        255
    )
    alpha = moved[..., 3] / np.float32(255)
    straight: Floats = (moved[..., :3] / np.maximum(alpha, 1e-2)[..., None]).clip(0, 255)
    blur = _BLUR * framing.zoom * size / _BLUR_SIZE
    shown = _moved(Image.fromarray(kinds), place, size, Image.Resampling.NEAREST)
    return _Cut(straight, alpha, hair, _parts(shown, hair, blur))


def halved(kinds: Bytes) -> Bytes:
    """(H / 2, W / 2) what most of each four pixels are; of equally many the first."""
    a, b, c, d = kinds[::2, ::2], kinds[::2, 1::2], kinds[1::2, ::2], kinds[1::2, 1::2]
    others = np.where((b == c) | (b == d), b, np.where(c == d, c, a))
    found: Bytes = np.where((a == b) | (a == c) | (a == d), a, others)
    return found


def _parts(kinds: Bytes, hair: Floats, blur: float) -> Bytes:
    """Hair and beards as masks, not as sieves: their share is averaged over a pixel or two."""
    parts = PART_OF[kinds]
    hairy = ndimage.gaussian_filter(hair, blur)
    _fill_beard(parts, 2 * blur)
    thin = (parts == HAIR) & (hairy <= _HAIR_FROM)
    parts[thin] = np.where(hair[thin] > 0.5, HAIR, BACKGROUND)
    over_skin = ndimage.maximum_filter(np.isin(parts, (SKIN, BEARD)), 3)
    parts[thin & over_skin] = SKIN
    parts[(hairy > _HAIR_FROM) & (parts == SKIN)] = HAIR
    return parts


def _fill_beard(parts: Bytes, blur: float) -> None:
    if not (parts == BEARD).any():
        return
    beard, neck, skin = (
        ndimage.gaussian_filter((parts == part).astype(np.float32), blur)
        for part in (BEARD, NECK, SKIN)
    )
    bare = (parts == BEARD) & (beard <= _BEARD_FROM)
    parts[bare] = np.where(neck > skin, NECK, SKIN)[bare]
    parts[np.isin(parts, (SKIN, NECK)) & (beard > _BEARD_FROM)] = BEARD


def _affine(framing: Framing, stored: int, size: int) -> tuple[float, ...]:
    """From a pixel of the cut to one of the portrait, as Pillow wants it."""
    turn, step = np.deg2rad(framing.roll_degrees), stored / size / framing.zoom
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * step
    if framing.mirrored:
        matrix[:, 0] *= -1
    shift = stored * np.array([0.5 + framing.x, 0.5 + framing.y]) - matrix.sum(1) * size / 2
    return (*matrix[0], shift[0], *matrix[1], shift[1])


def _moved(image: Image.Image, place: tuple[float, ...], size: int, how: Image.Resampling) -> Bytes:
    return np.asarray(image.transform((size, size), Image.Transform.AFFINE, place, how))


def _dyed(cut: _Cut, rng: Random) -> _Cut:
    """The same hair in another colour."""
    grey = cut.color.mean(-1, keepdims=True)
    tone = np.exp(rng.uniform(np.log(0.15), np.log(2.4))) * np.exp(rng.normal(0, 0.2, 3))
    dyed = (grey * tone.astype(np.float32)).clip(0, 255)
    color = cut.color + (dyed - cut.color) * cut.hair[..., None]
    return _Cut(color, cut.cover, cut.hair, cut.parts)


def _some_hair(cut: _Cut, rng: Random) -> Floats | None:
    """(3,) the colour of some of the hair."""
    hair = np.flatnonzero(cut.hair.ravel() > 0.8)
    if not len(hair):
        return None
    found: Floats = cut.color.reshape(-1, 3)[rng.choice(hair, 20)].mean(0)
    return found


def _ended(picture: Bytes, parts: Bytes, rng: Random) -> tuple[Bytes, Bytes]:
    """A photo that ends within the cut: its edge is repeated there, as `fitting.crop` does."""
    size = len(parts)
    low, high = np.array([0, 0]), np.array([size, size])
    if rng.random() < 0.7:
        high[0] = size * rng.uniform(0.62, 0.98)
    if rng.random() < 0.4:
        low[1] = size * rng.uniform(0, 0.2)
    if rng.random() < 0.4:
        high[1] = size * rng.uniform(0.8, 1)
    if rng.random() < 0.2:
        low[0] = size * rng.uniform(0, 0.15)
    at = np.arange(size)
    row, column = (at.clip(a, b - 1) for a, b in zip(low, high, strict=True))
    beyond = (row != at)[:, None] | (column != at)
    ended = np.where(beyond, BACKGROUND, parts).astype(np.uint8)
    return np.ascontiguousarray(picture[row[:, None], column]), ended


def _composed(cut: _Cut, ground: Floats, shirt: Drawn | None) -> tuple[Floats, Bytes]:
    cover, parts = cut.cover, cut.parts
    if shirt is not None:
        ground = laid_over(ground, shirt)
        open_ = behind(parts) | (parts == HAIR)
        # Before the neck goes the shirt, before the shirt goes the hair.
        hidden = shirt.cover * open_
        cover = cover * (1 - hidden) + np.minimum(cut.hair, cover) * hidden
        dressed = behind(parts) & (shirt.cover > 0.5)
        parts = np.where(dressed, CLOTHES, parts).astype(np.uint8)
    return ground + (cut.color - ground) * cover[..., None], parts


def _adorned(
    picture: Floats, parts: Bytes, backdrops: Backdrops, rng: Random
) -> tuple[Floats, Bytes]:
    if rng.random() < 0.22 and (found := glasses(parts, rng)):
        worn, hidden = found
        free = parts != HAIR
        picture = laid_over(picture, worn, free.astype(np.float32))
        parts = np.where(hidden & free, GLASSES, parts).astype(np.uint8)
    if rng.random() < 0.15:
        thing = obstacle(len(parts), backdrops, rng)
        picture = laid_over(picture, thing)
        parts = np.where(thing.cover > 0.5, BACKGROUND, parts).astype(np.uint8)
    return picture, parts
