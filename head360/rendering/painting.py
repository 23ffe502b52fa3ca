"""The head's texture maps on the graphics card, and which part of them another painting changes.

A hairstyle brings its own tint of the scalp: a fifth of the maps, and one triangle of fourteen.
What is elsewhere stays on the card, and so do the parts of planes that show it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import moderngl
import numpy as np
import numpy.typing as npt

from head360.model.topology import Topology
from head360.rendering.offscreen import texture
from head360.rendering.reference import HEIGHT_RANGE

Floats: TypeAlias = npt.NDArray[np.float32]
Flags: TypeAlias = npt.NDArray[np.bool_]

_HEIGHT = 7  # a channel of the maps
#: Texels along each side of a block of maps.
_BLOCK = 16
#: Texels around a change that filtering carries it to, also in maps of half the size.
_SPREAD = 4


@dataclass(frozen=True, slots=True, eq=False)
class Changed:
    """Which blocks of the maps differ from those before."""

    blocks: Flags  # (rows / _BLOCK, columns / _BLOCK), the last ones may be smaller
    heights: bool  # whether the height map does

    @classmethod
    def between(cls, before: Floats | None, after: Floats) -> Changed:
        """Of maps (8, rows, columns); everything, if there were none or of another size."""
        rows, columns = after.shape[1:]
        shape = (-(-rows // _BLOCK), -(-columns // _BLOCK))
        if before is None or before.shape != after.shape:
            return cls(np.ones(shape, np.bool_), True)
        channels = before != after
        differs = np.zeros((shape[0] * _BLOCK, shape[1] * _BLOCK), np.bool_)
        differs[:rows, :columns] = channels.any(0)
        blocks: Flags = np.any(differs.reshape(shape[0], _BLOCK, shape[1], _BLOCK), (1, 3))
        return cls(blocks, bool(channels[_HEIGHT].any()))

    def united(self, other: Changed | None) -> Changed:
        """What differs after both."""
        if other is None or other.blocks.shape != self.blocks.shape:
            return self
        return Changed(self.blocks | other.blocks, self.heights or other.heights)

    def bands(self, rows: int, columns: int) -> Iterator[tuple[slice, slice]]:
        """Parts of the maps (of an even size) that together hold all that differs."""
        for number in np.flatnonzero(self.blocks.any(1)):
            met = np.flatnonzero(self.blocks[number])
            top, left = int(number) * _BLOCK, int(met[0]) * _BLOCK
            right = min((int(met[-1]) + 1) * _BLOCK, columns)
            yield slice(top, min(top + _BLOCK, rows)), slice(left, right)


class Layout:
    """Which triangles show which part of the maps."""

    def __init__(self, topology: Topology) -> None:
        uv = topology.render_uv.astype(np.float64)[topology.render_triangles]  # (F, 3, 2)
        self._low, self._high = uv.min(1), uv.max(1)

    def showing(self, changed: Changed, rows: int, columns: int) -> Flags:
        """(F,) triangles that show what differs in maps of a size."""
        counts = np.pad(changed.blocks.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
        most = np.array(changed.blocks.shape[::-1])
        low = (self._low * (columns, rows) - _SPREAD) // _BLOCK
        high = (self._high * (columns, rows) + _SPREAD) // _BLOCK + 1
        left, top = low.clip(0, most).astype(np.intp).T
        right, bottom = high.clip(0, most).astype(np.intp).T
        met = counts[bottom, right] - counts[top, right] - counts[bottom, left] + counts[top, left]
        shown: Flags = met > 0
        return shown


class Painting:
    """The texture maps on the graphics card: as they are, or of half the size and 8 bit."""

    def __init__(self, ctx: moderngl.Context, coarse: bool) -> None:
        self._ctx, self._coarse = ctx, coarse
        self.textures: dict[str, moderngl.Texture] = {}
        self._stale: Changed | None = None

    def add(self, changed: Changed) -> None:
        """So much is another now."""
        self._stale = changed.united(self._stale)

    def take(self, maps: Floats) -> None:
        """Bring what has changed of (8, rows, columns) maps, whose sides are even, to the card."""
        changed = self._stale if self.textures else Changed.between(None, maps)
        self._stale = None
        if changed is None:
            return
        size = (maps.shape[1], maps.shape[2])
        for rows, columns in changed.bands(*size):
            part = maps[:, rows, columns]
            for name, channels in (("u_map_color", part[:4]), ("u_map_surface", part[4:7])):
                self._write(name, channels, size, (columns.start, rows.start))
        if changed.heights:
            self._write("u_map_slope", _slopes(maps[_HEIGHT]), size, (0, 0))

    def _write(
        self, name: str, channels: Floats, size: tuple[int, int], corner: tuple[int, int]
    ) -> None:
        """Write (C, h, w) of maps of a size at a corner, column and row."""
        step = 2 if self._coarse else 1
        bytes_do = self._coarse and name != "u_map_slope"
        content = _halved(channels) if self._coarse else channels
        pixels = np.ascontiguousarray(content.transpose(1, 2, 0))
        if bytes_do:  # in fours, which software OpenGL filters quickest
            pixels = np.pad(pixels, [(0, 0), (0, 0), (0, 4 - pixels.shape[2])])
            raw = (pixels.clip(0, 1) * 255 + 0.5).astype(np.uint8).tobytes()
        else:
            raw = pixels.astype(np.float16).tobytes()
        shape = (size[1] // step, size[0] // step)
        known = self.textures.get(name)
        if known is None or known.size != shape:
            kind = "f1" if bytes_do else "f2"
            known = self.textures[name] = texture(self._ctx, shape, pixels.shape[2], dtype=kind)
        place = (corner[0] // step, corner[1] // step, pixels.shape[1], pixels.shape[0])
        known.write(raw, viewport=place, alignment=1)


def _halved(maps: Floats) -> Floats:
    """Means of 2 x 2 texels."""
    rows = maps[:, ::2] + maps[:, 1::2]  # numpy takes twice as long for a mean of two axes
    halved: Floats = (rows[..., ::2] + rows[..., 1::2]) * np.float32(0.25)
    return halved


def _slopes(height: Floats) -> Floats:
    """(2, rows, columns) central differences of a height map, metres over the whole of u and v."""
    rows, columns = height.shape
    padded = np.pad(height, 1, mode="edge") * np.float32(HEIGHT_RANGE)
    along_u = (padded[1:-1, 2:] - padded[1:-1, :-2]) * (columns / 2)
    along_v = (padded[2:, 1:-1] - padded[:-2, 1:-1]) * (rows / 2)
    return np.stack([along_u, along_v])
