"""A volume that hair is baked into: density as a volume, looks as slices side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import moderngl
import numpy as np
import numpy.typing as npt

from head360.model.planes import HAIR_BOX, PlaneBox
from head360.rendering.empty_space import bounds, with_empty_space
from head360.rendering.offscreen import AnyTexture, Uniform, texture, volume

#: Voxels of the whole hair box along x, y, z: of 2.3 mm, and for drafts of 4.6 mm.
VOLUME_SIZE, DRAFT_SIZE = (156, 182, 164), (78, 91, 82)
#: Slices in a row of the texture that holds them side by side.
VOLUME_COLUMNS = 13
#: Voxels of a draft around what has hair there that fine volumes hold, too.
_MARGIN = 2
_BYTES = {"u_density_slices": 2, "u_volume_strand": 8, "u_volume_root": 8}
_FINER = VOLUME_SIZE[0] // DRAFT_SIZE[0]
Point: TypeAlias = npt.NDArray[np.float64]  # (3,) metres


@dataclass(frozen=True, slots=True)
class Voxels:
    """A box of voxels out of those that fill the hair box."""

    first: tuple[int, int, int]  # the lowest, along x, y, z
    size: tuple[int, int, int]
    whole: tuple[int, int, int]  # how many fill the hair box

    @property
    def box(self) -> PlaneBox:
        """What they fill."""
        half = [h * n / w for h, n, w in zip(HAIR_BOX.half, self.size, self.whole, strict=True)]
        centre = [
            c + h * ((2 * first + n) / w - 1)
            for c, h, first, n, w in zip(
                HAIR_BOX.centre, HAIR_BOX.half, self.first, self.size, self.whole, strict=True
            )
        ]
        return PlaneBox((centre[0], centre[1], centre[2]), (half[0], half[1], half[2]))


DRAFT = Voxels((0, 0, 0), DRAFT_SIZE, DRAFT_SIZE)


class BakedVolume:
    """Baked hair on the graphics card; what was needed for baking alone is given back."""

    def __init__(self, ctx: moderngl.Context, voxels: Voxels) -> None:
        self._ctx, self.voxels = ctx, voxels
        columns, rows, depth = voxels.size
        size = (columns * VOLUME_COLUMNS, rows * -(-depth // VOLUME_COLUMNS))
        self.textures: dict[str, AnyTexture] = {
            name: texture(ctx, size, width // 2, dtype="f2") for name, width in _BYTES.items()
        }
        self._marks = ctx.depth_renderbuffer(size)
        self.frame = ctx.framebuffer(list(self.textures.values()), self._marks)
        box = voxels.box
        self.uniforms: dict[str, Uniform] = {
            "u_volume_size": voxels.size,
            "u_volume_columns": VOLUME_COLUMNS,
            "u_volume_centre": box.centre,
            "u_volume_half": box.half,
        }
        self.baked = False
        self.bounds: tuple[Point, Point] = (np.zeros(3), np.zeros(3))
        self.finer = voxels

    @property
    def bytes(self) -> int:
        """What it takes on the graphics card once it is baked."""
        return int(np.prod(self.voxels.size)) * sum(_BYTES.values())

    def rows(self) -> list[tuple[int, int, int, int]]:
        """Scissor boxes of the rows of slices."""
        height = self.voxels.size[1]
        return [(0, y, self.frame.width, height) for y in range(0, self.frame.height, height)]

    def finish(self) -> None:
        """Make the density's volume of the slices that are drawn."""
        width, height, depth = self.voxels.size
        slices = self.textures.pop("u_density_slices")
        assert isinstance(slices, moderngl.Texture)
        raw = np.frombuffer(slices.read(alignment=1), np.float16)
        rows = raw.reshape(-1, height, VOLUME_COLUMNS, width).swapaxes(1, 2)
        density = rows.reshape(-1, height, width)[:depth].astype(np.float32)
        box = self.voxels.box
        self.bounds = bounds(density, box)
        self.finer = _finer(density > 0)
        self.textures["u_volume_density"] = volume(self._ctx, with_empty_space(density, box))
        for each in (self.frame, self._marks, slices):
            each.release()
        self.baked = True

    def release(self) -> None:
        """Give everything on the graphics card back."""
        for each in self.textures.values():
            each.release()
        if not self.baked:
            self.frame.release()
            self._marks.release()
        self.textures.clear()


def _finer(hair: npt.NDArray[np.bool_]) -> Voxels:
    """The fine voxels around the voxels (z, y, x) of a draft that have hair."""
    first, size = [0, 0, 0], [1, 1, 1]
    for axis in range(3):
        others = tuple(k for k in range(3) if k != axis)
        met = np.flatnonzero(hair.any(others))
        if len(met):
            low = max(int(met[0]) - _MARGIN, 0)
            first[2 - axis] = low
            size[2 - axis] = min(int(met[-1]) + 1 + _MARGIN, hair.shape[axis]) - low
    x, y, z = (_FINER * n for n in first)
    columns, rows, depth = (_FINER * n for n in size)
    return Voxels((x, y, z), (columns, rows, depth), VOLUME_SIZE)
