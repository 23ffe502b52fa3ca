"""Packs animated GIFs a frame at a time, so that packing can stop between any two frames.

Pillow's own `save` packs all frames in one call; its `getheader` and `getdata` give the parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.GifImagePlugin import getdata, getheader

Picture = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.uint8]

_COLORS = 255  # one more index stands for “transparent”, or “as before”
_CLEAR = _COLORS
_PALETTE_SAMPLES = 12  # frames that choose the colours
_PALETTE_PIXELS = 40_000  # that do; more would keep a cancel waiting
_KEEP, _ERASE = 1, 2  # what a player does with a frame before the next one
_END = b";"


def packed_gif(
    pictures: Sequence[Picture], durations_ms: Sequence[int], *, transparent: bool
) -> Iterator[bytes]:
    """Yield the pieces of an endless animation: its head, each frame, its end.

    Pictures are (H, W, 4) sRGB with straight alpha. One palette serves all of them, chosen from
    several, with error diffusion. Without transparency a frame holds only what changed.
    """
    palette = _palette(pictures)
    yield _head(pictures[0].shape[:2], palette)
    former: Indices | None = None
    for picture, duration in zip(pictures, durations_ms, strict=True):
        indices = _indices(picture, palette, transparent)
        if transparent or former is None:
            yield _frame(indices, duration, _ERASE if transparent else _KEEP)
        else:
            yield _change(indices, former, duration)
        former = indices
    yield _END


def _palette(pictures: Sequence[Picture]) -> Image.Image:
    """An image whose palette suits all pictures."""
    samples = pictures[:: max(1, len(pictures) // _PALETTE_SAMPLES)]
    height, width = pictures[0].shape[:2]
    every = max(1, len(samples) * height * width // _PALETTE_PIXELS)
    pixels = np.concatenate([sample.reshape(-1, 4)[::every] for sample in samples])
    visible = pixels[pixels[:, 3] > 127][:, :3]
    colors = np.concatenate([visible, np.zeros((1, 3), np.uint8)])
    strip = Image.fromarray(np.ascontiguousarray(colors[None]))
    return strip.quantize(_COLORS, Image.Quantize.MEDIANCUT)


def _indices(picture: Picture, palette: Image.Image, transparent: bool) -> Indices:
    """(H, W) indices into the palette."""
    image = Image.fromarray(np.ascontiguousarray(picture[..., :3]))
    indexed = image.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    indices: Indices = np.array(indexed)
    if transparent:
        indices[picture[..., 3] < 128] = _CLEAR
    return indices


def _head(size: tuple[int, ...], palette: Image.Image) -> bytes:
    """Size, colours and endless repetition."""
    blank = Image.new("P", (size[1], size[0]))
    colors = (palette.getpalette() or [])[: 3 * _COLORS]
    blank.putpalette(colors + [0] * (3 * 256 - len(colors)))
    return b"".join(getheader(blank, info={"loop": 0, "transparency": _CLEAR})[0])


def _change(indices: Indices, former: Indices, duration_ms: int) -> bytes:
    """A frame of what differs from the former one."""
    changed = indices != former
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    top, left = (rows[0], columns[0]) if len(rows) else (0, 0)
    bottom, right = (rows[-1], columns[-1]) if len(rows) else (0, 0)
    shown = np.where(changed, indices, np.uint8(_CLEAR))[top : bottom + 1, left : right + 1]
    return _frame(shown, duration_ms, _KEEP, (int(left), int(top)))


def _frame(
    indices: Indices, duration_ms: int, disposal: int, offset: tuple[int, int] = (0, 0)
) -> bytes:
    image = Image.fromarray(np.ascontiguousarray(indices))
    return b"".join(
        getdata(image, offset, duration=duration_ms, transparency=_CLEAR, disposal=disposal)
    )
