"""Every hairstyle on three heads, in three colours, from the front and from behind.

`python -m training.hair_sheet docs/pictures/hair-heads.jpg` draws it; ten minutes. With names of
hairstyles behind, only these.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from head360.assets import catalog
from head360.camera import OrbitCamera
from head360.engine import HeadEngine
from head360.files import replacing
from head360.model.sampling import HAIR_COLORS, chosen_head, random_person
from head360.params import HeadParams
from head360.rendering.request import RenderRequest

Pixels = npt.NDArray[np.uint8]

_COLORS = ("black", "auburn", "blond")
_SEEDS = (9, 25)  # of the heads beside the first of a project
_YAWS = (25.0, 180.0)
_CAMERA = OrbitCamera(pitch_degrees=4.0, distance=1.12, target=(0.0, -0.005, -0.01))
_SIZE, _COLUMNS, _GAP, _TITLE = 88, 3, 8, 14  # pixels; styles side by side; pixels
_GROUND, _INK = (24, 25, 28), (220, 222, 226)


def row(engine: HeadEngine, style: str, number: int) -> Pixels:
    """One style: the colours take turns, so that each head wears each."""
    heads = [chosen_head(), *map(random_person, _SEEDS)]
    pictures = []
    for at, head in enumerate(heads):
        color = HAIR_COLORS[_COLORS[(at + number) % len(_COLORS)]]
        params = head.with_(hairstyle=style, hair_mix=None, hair_shape=None, hair_color=color)
        pictures += [_picture(engine, params, yaw) for yaw in _YAWS]
    return np.hstack(pictures)


def _picture(engine: HeadEngine, params: HeadParams, yaw: float) -> Pixels:
    request = RenderRequest(params, _CAMERA.with_(yaw_degrees=yaw), _SIZE, _SIZE)
    pixels: Pixels = engine.render(request).image[..., :3]
    return pixels


def sheet(titles: list[str], rows: list[Pixels]) -> Image.Image:
    """Rows of styles under their titles."""
    height, width = rows[0].shape[0] + _TITLE, rows[0].shape[1] + _GAP
    lines = -(-len(rows) // _COLUMNS)
    page = Image.new("RGB", (_COLUMNS * width - _GAP, lines * height), _GROUND)
    ink = ImageDraw.Draw(page)
    for number, (title, pixels) in enumerate(zip(titles, rows, strict=True)):
        x, y = number % _COLUMNS * width, number // _COLUMNS * height
        page.paste(Image.fromarray(pixels), (x, y + _TITLE))
        ink.text((x + 4, y + 1), title, fill=_INK)
    return page


def main(out: Path, names: list[str]) -> None:
    """Draw and write."""
    styles = [style for style in catalog().hairstyles if not names or style.id in names]
    engine = HeadEngine()
    try:
        rows = [row(engine, style.id, number) for number, style in enumerate(styles)]
    finally:
        engine.close()
    with replacing(out) as path:
        sheet([style.title for style in styles], rows).save(path, "JPEG", quality=82)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
