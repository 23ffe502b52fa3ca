"""What stands behind a portrait: plain walls, gradients, rooms, clutter and pieces of photographs.

Rooms are pieces of the light probes; photographs come with scikit-image where it is installed. The
portrait among them (`astronaut`) is left out: it is what the result is looked at on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Bytes = npt.NDArray[np.uint8]
Random = np.random.Generator

_PHOTOS = (
    "coffee.png", "chelsea.png", "rocket.jpg", "motorcycle_left.png", "brick.png", "grass.png",
    "gravel.png", "page.png", "text.png", "coins.png", "ihc.png", "hubble_deep_field.jpg",
)  # fmt: skip
_LARGEST = 640  # pixels of a kept photograph
_GAMMA = 1 / 2.2


@dataclass(frozen=True, slots=True, eq=False)
class Backdrops:
    """Makes them; `images` are what pieces are cut from."""

    images: Sequence[Image.Image] = field(default_factory=tuple)

    @classmethod
    def load(cls, source: Path | None) -> Backdrops:
        """With the probes of `source`/env.npz and scikit-image's pictures, where they are there."""
        probes = _probes(source / "env.npz") if source and (source / "env.npz").is_file() else []
        return cls((*probes, *_photographs()))

    def draw(self, rng: Random, size: int) -> Bytes:
        """(size, size, 3) sRGB."""
        kind = rng.random()
        if kind < 0.45 and self.images:
            made = self._piece(rng, size)
        elif kind < 0.6:
            made = Image.new("RGB", (size, size), color(rng))
        elif kind < 0.75:
            made = gradient(rng, size)
        elif kind < 0.85:
            made = Image.fromarray(noise(rng, size, 3))
        else:
            made = clutter(rng, size)
        if rng.random() < 0.5:
            made = made.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.5, 6))))
        return np.asarray(made)

    def _piece(self, rng: Random, size: int) -> Image.Image:
        image = self.images[int(rng.integers(len(self.images)))]
        side = int(min(image.size) * rng.uniform(0.25, 1.0))
        x, y = (int(rng.integers(n - side + 1)) for n in image.size)
        piece = image.resize((size, size), Image.Resampling.BILINEAR, (x, y, x + side, y + side))
        return piece.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else piece


def color(rng: Random) -> tuple[int, int, int]:
    """Half of them greyish, some black or white."""
    value = rng.uniform(0, 255, 3)
    if rng.random() < 0.5:
        value = value.mean() + (value - value.mean()) * rng.uniform(0, 0.4)
    if rng.random() < 0.2:
        value = value * 0.15 + (215 if rng.random() < 0.5 else 0)
    red, green, blue = (int(v) for v in value.clip(0, 255))
    return red, green, blue


def gradient(rng: Random, size: int) -> Image.Image:
    """Between four random corners."""
    corners = np.array([color(rng) for _ in range(4)], np.uint8).reshape(2, 2, 3)
    return Image.fromarray(corners).resize((size, size), Image.Resampling.BICUBIC)


def noise(rng: Random, size: int, channels: int) -> Bytes:
    """(size, size, channels) of several octaves."""
    total = np.zeros((size, size, channels), np.float32)
    for cells in (2, 5, 12, 30, 80)[int(rng.integers(0, 3)) :]:
        low = rng.integers(0, 256, (cells, cells, channels), np.uint8)
        grown = [_grown(low[..., c], size) for c in range(channels)]
        total += np.stack(grown, -1) * np.float32(rng.uniform(0.2, 1.0) / cells**0.3)
    total -= total.min()
    contrast = rng.uniform(60, 255) / max(float(total.max()), 1e-3)
    made: Bytes = (total * contrast + rng.uniform(0, 60)).clip(0, 255).astype(np.uint8)
    return made


def field_of(rng: Random, size: int, cells: int) -> npt.NDArray[np.float32]:
    """(size, size) smooth, -1 … 1."""
    low = rng.integers(0, 256, (cells, cells), np.uint8)
    return _grown(low, size) / np.float32(127.5) - 1


def clutter(rng: Random, size: int) -> Image.Image:
    """Stripes, boxes, ellipses, lines: flags, shelves, windows, and whatever else."""
    made = gradient(rng, size)
    draw = ImageDraw.Draw(made)
    if rng.random() < 0.4:
        step, tilt = int(rng.integers(6, 50)), int(rng.integers(-size // 2, size // 2))
        fill, upright = color(rng), rng.random() < 0.5
        for at in range(-size, 2 * size, 2 * step):
            line = (at, 0, at + tilt, size) if upright else (0, at, size, at + tilt)
            draw.line(line, fill, step)
    for _ in range(int(rng.integers(3, 25))):
        x, y = rng.uniform(-0.2, 1, 2) * size
        box = (x, y, x + rng.uniform(0.02, 0.6) * size, y + rng.uniform(0.02, 0.6) * size)
        kind = rng.integers(4)
        if kind == 0:
            draw.ellipse(box, color(rng))
        elif kind == 1:
            draw.line(box, color(rng), int(rng.integers(1, 8)))
        else:
            draw.rectangle(box, color(rng))
    return made


def _grown(low: Bytes, size: int) -> npt.NDArray[np.float32]:
    image = Image.fromarray(low).resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(image, np.float32)


def _probes(path: Path) -> list[Image.Image]:
    with np.load(path, allow_pickle=False) as arrays:
        sharp = [arrays[name].astype(np.float32) for name in arrays if name.endswith("_sharp")]
    tones = [(each / max(np.percentile(each, 92), 1e-3)).clip(0, 1) ** _GAMMA for each in sharp]
    # The sky and the floor are stretched in a map of all directions.
    middle = [tone[len(tone) // 6 : -len(tone) // 6] for tone in tones]
    return [Image.fromarray((each * 255).astype(np.uint8)) for each in middle]


def _photographs() -> list[Image.Image]:
    try:
        import skimage
    except ImportError:
        return []
    folder = Path(skimage.__file__).parent / "data"
    found = []
    for name in _PHOTOS:
        if (folder / name).is_file():
            with Image.open(folder / name) as image:
                image.thumbnail((_LARGEST, _LARGEST))
                found.append(image.convert("RGB"))
    return found
