"""A hairstyle on the graphics card: its planes and grid, and the volume that fast marches read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

import moderngl
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from head360.model.field import HairField, HeadField
from head360.model.jaw import FURTHEST
from head360.model.neck import Turn
from head360.model.planes import to_atlas
from head360.rendering.empty_space import bounds, with_empty_space
from head360.rendering.field_glsl import hair_field_source, head_field_source
from head360.rendering.offscreen import (
    AnyTexture,
    FullScreen,
    Uniform,
    shader,
    texture,
    volume,
)
from head360.rendering.scene import WornHair
from head360.rendering.sources import VERSION, volume_march_source

#: Voxels of the baked volumes along x, y, z: of 2.3 mm, and for drafts of 4.6 mm.
VOLUME_SIZE, DRAFT_SIZE = (156, 182, 164), (78, 91, 82)
#: Slices in a row of the texture that holds them side by side.
VOLUME_COLUMNS = 13
Point: TypeAlias = npt.NDArray[np.float64]  # (3,) metres
#: Whether hair is drawn as the reference does, nearly so, or quickly.
Quality: TypeAlias = Literal["exact", "fine", "draft"]


class GpuHair:
    """One hairstyle at a time, seated on one head."""

    def __init__(self, ctx: moderngl.Context, head: HeadField, hair: HairField) -> None:
        self._ctx = ctx
        neck = shader("neck.glsl") + shader("hair_neck.glsl")
        seat = neck + shader("seating.glsl")
        field = head_field_source(head) + hair_field_source(hair) + seat
        sums = shader("rays.glsl") + shader("hair_sums.glsl")
        baked, march = sums + shader("hair_density.glsl"), shader("march_hair.glsl")
        self._sources: dict[Quality, str] = {
            "exact": VERSION + field + sums + shader("hair_exact.glsl") + march,
            "fine": VERSION + field + baked + shader("hair_fine.glsl") + march,
            "draft": volume_march_source(),
        }
        self._marches: dict[Quality, FullScreen] = {}
        voxel = shader("hair_voxel.glsl")
        where = shader("hair_sample.glsl") + shader("hair_grid.glsl") + seat + voxel
        self._mark = FullScreen(ctx, VERSION + where + shader("hair_bake_mark.glsl"))
        self._bake = FullScreen(ctx, VERSION + field + voxel + shader("hair_bake.glsl"))
        self._textures: dict[str, AnyTexture] = {}
        self._uniforms: dict[str, Uniform] = {}
        self._jaw: dict[str, AnyTexture] = {}
        self.follow(None)
        self._volumes = {draft: _Volume(ctx, draft) for draft in (False, True)}

    def wear(self, hair: WornHair) -> None:
        """Choose a style and where it sits; forgets the baked volume."""
        style, seating = hair.style, hair.seating
        atlas = to_atlas(style.planes)
        atlas = np.concatenate([atlas, np.zeros_like(atlas[..., :1])], -1)
        size = (atlas.shape[1], atlas.shape[0])
        release(self._textures)
        for i, name in enumerate(("u_hair_shape", "u_hair_strand", "u_hair_root")):
            content = atlas[..., 4 * i : 4 * i + 4]
            self._textures[name] = texture(self._ctx, size, 4, content, dtype="f4")
        self._textures["u_hair_grid"] = volume(self._ctx, style.grid.numpy())
        even = np.zeros((1, 1, 1), np.float32)
        gains = even if style.gains is None else style.gains.numpy()
        self._textures["u_hair_gains"] = volume(self._ctx, gains)
        displacement = seating.displacement.numpy()
        self._textures["u_seat_displacement"] = volume(self._ctx, displacement)
        nowhere = np.zeros((1, 1, 1, 4), np.float32)
        straight = hair.turned.straight.numpy() if hair.turned else nowhere
        self._textures["u_neck_straight"] = volume(self._ctx, straight)
        self._uniforms = {
            "u_seat_matrix": seating.matrix.numpy(),
            "u_seat_offset": tuple(seating.offset.tolist()),
            **neck_uniforms(hair.turned.turn if hair.turned else None),
        }
        for each in self._volumes.values():
            each.baked = False

    def follow(self, shift: Tensor | None) -> None:
        """Let hair move with the jaw, (z, y, x, 3) metres, or not; nothing is baked again."""
        release(self._jaw)
        nowhere = np.zeros((1, 1, 1, 3), np.float32)
        content = nowhere if shift is None else shift.numpy()
        self._jaw["u_jaw_shift"] = volume(self._ctx, content)
        self._follows = shift is not None

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
            self._mark.draw(target.frame, self._textures, uniforms, marks=True)
            self._bake.draw(target.frame, self._textures, uniforms, mask=True)
            yield
        target.finish()

    @property
    def bounds(self) -> tuple[Point, Point]:
        """Lowest and highest corner (metres) of a box that all baked hair lies in."""
        low, high = self._volumes[not self._volumes[False].baked].bounds
        reach = FURTHEST if self._follows else 0.0
        return low - reach, high + reach

    def march(
        self,
        target: moderngl.Framebuffer,
        head_shape: moderngl.Texture,
        rays: dict[str, Uniform],
        *,
        quality: Quality,
        step: int = 1,
    ) -> None:
        """Draw the hair's G-buffer; unless exact, the volume must be baked.

        Args:
            target: what to draw on.
            head_shape: of the head's G-buffer.
            rays: those of the target's samples.
            quality: exact: the field's; fine: the field's where the volume has hair; draft:
                the volume's.
            step: samples of the head's G-buffer along each side of one of the target's.
        """
        if quality not in self._marches:  # compiled when it is first needed
            self._marches[quality] = FullScreen(self._ctx, self._sources[quality])
        baked = self._volumes[not self._volumes[False].baked]
        textures = {**self._textures, **self._jaw, **baked.textures, "u_head_hit": head_shape}
        own = {**self._uniforms, **baked.uniforms, "u_jaw_follows": float(self._follows)}
        uniforms = {**own, **rays, "u_hair_step": step}
        self._marches[quality].draw(target, textures, uniforms, marks=step == 1, wait=False)


class _Volume:
    """Baked hair: density as a volume, looks as slices side by side."""

    def __init__(self, ctx: moderngl.Context, draft: bool) -> None:
        self._ctx = ctx
        self._size = DRAFT_SIZE if draft else VOLUME_SIZE
        size = (self._size[0] * VOLUME_COLUMNS, self._size[1] * -(-self._size[2] // VOLUME_COLUMNS))
        channels = {"u_density_slices": 1, "u_volume_strand": 4, "u_volume_root": 4}
        self.textures: dict[str, AnyTexture] = {
            n: texture(ctx, size, c, dtype="f2") for n, c in channels.items()
        }
        self.frame = ctx.framebuffer(list(self.textures.values()), ctx.depth_renderbuffer(size))
        self.uniforms: dict[str, Uniform] = {
            "u_volume_size": self._size,
            "u_volume_columns": VOLUME_COLUMNS,
        }
        self.baked = False
        self.bounds: tuple[Point, Point] = (np.zeros(3), np.zeros(3))

    def rows(self) -> list[tuple[int, int, int, int]]:
        """Scissor boxes of the rows of slices."""
        height = self._size[1]
        return [(0, y, self.frame.width, height) for y in range(0, self.frame.height, height)]

    def finish(self) -> None:
        """Make the density's volume of the slices that are drawn."""
        width, height, depth = self._size
        raw = np.frombuffer(self.textures["u_density_slices"].read(alignment=1), np.float16)
        rows = raw.reshape(-1, height, VOLUME_COLUMNS, width).swapaxes(1, 2)
        density = rows.reshape(-1, height, width)[:depth].astype(np.float32)
        self.bounds = bounds(density)
        if "u_volume_density" in self.textures:
            self.textures["u_volume_density"].release()
        self.textures["u_volume_density"] = volume(self._ctx, with_empty_space(density))
        self.baked = True


def neck_uniforms(turn: Turn | None) -> dict[str, Uniform]:
    """The uniforms of neck.glsl."""
    if turn is None:
        return {"u_neck_angle": 0.0}
    pivot, axis = tuple(turn.pivot.tolist()), tuple(turn.axis.tolist())
    return {"u_neck_pivot": pivot, "u_neck_axis": axis, "u_neck_angle": turn.angle}


def release(textures: dict[str, AnyTexture]) -> None:
    """Free textures and forget them."""
    for each in textures.values():
        each.release()
    textures.clear()


def light_volume(transmittance: Tensor, visibility: Tensor) -> npt.NDArray[np.float32]:
    """(z, y, x, 2) for the shading's `u_volume`."""
    stacked: npt.NDArray[np.float32] = torch.stack([transmittance, visibility], -1).numpy()
    return stacked


def hair_paint_volume(paint: Tensor | None) -> npt.NDArray[np.float32]:
    """(along, v, u, 3) for the shading's `u_hair_paint`."""
    if paint is None:
        return np.zeros((1, 1, 1, 3), np.float32)
    numbers: npt.NDArray[np.float32] = paint.permute(1, 2, 3, 0).numpy()
    return numbers


def open_air() -> npt.NDArray[np.float32]:
    """The light volume without hair."""
    return np.ones((1, 1, 1, 2), np.float32)
