"""A hairstyle on the graphics card: its planes and grid, and the volume that fast marches read."""

from __future__ import annotations

from collections.abc import Iterator

import moderngl
import numpy as np
import numpy.typing as npt
import torch
from scipy.ndimage import distance_transform_edt, maximum_filter
from torch import Tensor

from head360.model.field import EMPTY_LOG_EXTINCTION, HairField, HairPlanes, HeadField
from head360.model.planes import HAIR_BOX, sample_grid, to_atlas
from head360.model.seating import Seating
from head360.rendering.field_glsl import hair_field_source, head_field_source
from head360.rendering.lighting import volume_points
from head360.rendering.offscreen import (
    AnyTexture,
    FullScreen,
    Uniform,
    shader,
    texture,
    volume,
)

#: Voxels of the baked volumes along x, y, z: of 2.3 mm, and for drafts of 4.6 mm.
VOLUME_SIZE, DRAFT_SIZE = (156, 182, 164), (78, 91, 82)
#: Slices in a row of the texture that holds them side by side.
_COLUMNS = 13
#: Cells in which empty space is measured.
_EMPTY_CELLS = (96, 112, 96)
_VERSION = "#version 330\n"


class GpuHair:
    """One hairstyle at a time, seated on one head."""

    def __init__(self, ctx: moderngl.Context, head: HeadField, hair: HairField) -> None:
        self._ctx = ctx
        field = head_field_source(head) + hair_field_source(hair) + shader("seating.glsl")
        march = shader("rays.glsl"), shader("march_hair.glsl")
        self._exact_source = "".join(
            [_VERSION, field, march[0], shader("hair_exact.glsl"), march[1]]
        )
        parts = [shader("hair_sample.glsl"), march[0], shader("hair_volume.glsl"), march[1]]
        self._fast = FullScreen(ctx, "".join([_VERSION, *parts]))
        self._bake = FullScreen(ctx, _VERSION + field + shader("hair_bake.glsl"))
        self._exact: FullScreen | None = None
        self._textures: dict[str, AnyTexture] = {}
        self._uniforms: dict[str, Uniform] = {}
        self._volumes = {draft: _Volume(ctx, draft) for draft in (False, True)}

    def wear(self, style: HairPlanes, seating: Seating) -> None:
        """Choose a style and where it sits; forgets the baked volume."""
        atlas = to_atlas(style.planes)
        atlas = np.concatenate([atlas, np.zeros_like(atlas[..., :1])], -1)
        size = (atlas.shape[1], atlas.shape[0])
        release(self._textures)
        for i, name in enumerate(("u_hair_shape", "u_hair_strand", "u_hair_root")):
            content = atlas[..., 4 * i : 4 * i + 4]
            self._textures[name] = texture(self._ctx, size, 4, content, dtype="f4")
        self._textures["u_hair_grid"] = volume(self._ctx, style.grid.numpy())
        displacement = seating.displacement.numpy()
        self._textures["u_seat_displacement"] = volume(self._ctx, displacement)
        self._uniforms = {
            "u_seat_matrix": seating.matrix.numpy(),
            "u_seat_offset": tuple(seating.offset.tolist()),
        }
        empty = empty_space(style.grid, seating)
        self._textures["u_empty"] = volume(self._ctx, empty, smooth=False)
        for each in self._volumes.values():
            each.baked = False

    def bake(self, *, draft: bool) -> Iterator[None]:
        """Fill a volume, a row of slices at a time; yields between rows.

        For a draft any volume will do, the coarse one is filled only if there is none.
        """
        if self._volumes[False].baked or self._volumes[draft].baked:
            return
        target = self._volumes[draft]
        for place in target.rows():
            target.frame.scissor = place
            uniforms = {**self._uniforms, **target.uniforms}
            self._bake.draw(target.frame, self._textures, uniforms)
            yield
        target.baked = True

    def march(
        self,
        target: moderngl.Framebuffer,
        head_shape: moderngl.Texture,
        rays: dict[str, Uniform],
        *,
        exact: bool,
    ) -> None:
        """Draw the hair's G-buffer; where not `exact`, from the volume, which must be baked."""
        if exact and self._exact is None:
            self._exact = FullScreen(self._ctx, self._exact_source)
        program = self._exact if exact and self._exact is not None else self._fast
        baked = self._volumes[not self._volumes[False].baked]
        textures = {**self._textures, **baked.textures, "u_head_hit": head_shape}
        program.draw(target, textures, {**self._uniforms, **baked.uniforms, **rays})


class _Volume:
    """Slices of a volume side by side, three textures of them."""

    def __init__(self, ctx: moderngl.Context, draft: bool) -> None:
        self._size = DRAFT_SIZE if draft else VOLUME_SIZE
        rows = -(-self._size[2] // _COLUMNS)
        size = (self._size[0] * _COLUMNS, self._size[1] * rows)
        channels = {"u_volume_density": 1, "u_volume_strand": 4, "u_volume_root": 4}
        self.textures = {n: texture(ctx, size, c, dtype="f2") for n, c in channels.items()}
        self.frame = ctx.framebuffer(list(self.textures.values()))
        self.uniforms: dict[str, Uniform] = {
            "u_volume_size": self._size,
            "u_volume_columns": _COLUMNS,
        }
        self.baked = False

    def rows(self) -> list[tuple[int, int, int, int]]:
        """Scissor boxes of the rows of slices."""
        height = self._size[1]
        return [(0, y, self.frame.width, height) for y in range(0, self.frame.height, height)]


def release(textures: dict[str, AnyTexture]) -> None:
    """Free textures and forget them."""
    for each in textures.values():
        each.release()
    textures.clear()


def empty_space(grid: Tensor, seating: Seating) -> npt.NDArray[np.float32]:
    """(z, y, x) metres around each cell that hold no hair for sure; 0 in and beside hair."""
    points = volume_points(_EMPTY_CELLS)
    log_extinction = sample_grid(grid, seating(points), HAIR_BOX).view(_EMPTY_CELLS[::-1])
    occupied = maximum_filter((log_extinction > EMPTY_LOG_EXTINCTION).numpy(), 3)
    cell = 2 * np.array(HAIR_BOX.half) / np.array(_EMPTY_CELLS)
    if not occupied.any():
        return np.full(occupied.shape, 1.0, np.float32)
    distance = distance_transform_edt(~occupied, sampling=cell[::-1])
    free = distance - np.linalg.norm(cell)
    return np.where(free > 0, free, 0).astype(np.float32)


def light_volume(transmittance: Tensor, visibility: Tensor) -> npt.NDArray[np.float32]:
    """(z, y, x, 2) for the shading's `u_volume`."""
    stacked: npt.NDArray[np.float32] = torch.stack([transmittance, visibility], -1).numpy()
    return stacked


def open_air() -> npt.NDArray[np.float32]:
    """The light volume without hair."""
    return np.ones((1, 1, 1, 2), np.float32)
