"""A hairstyle on the graphics card: its planes and grid, and the volume that fast marches read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
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
from head360.model.strand_noise import strand_noise
from head360.rendering.baked_volume import DRAFT, BakedVolume, Point
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

#: What volumes of styles that somebody tries in turn may take together, bytes; the one that is worn
#: is kept in any case.
_KEPT_BYTES = 144 << 20
#: Whether hair is drawn as the reference does, nearly so, or quickly.
Quality: TypeAlias = Literal["exact", "fine", "draft"]


@dataclass(slots=True, eq=False)
class _Worn:
    """A style on a head: its planes, where it sits, and what was baked of it."""

    hair: WornHair
    textures: dict[str, AnyTexture]
    uniforms: dict[str, Uniform]
    draft: BakedVolume
    fine: BakedVolume | None = None

    @property
    def baked(self) -> BakedVolume:
        """The best volume there is."""
        return self.fine if self.fine is not None and self.fine.baked else self.draft

    @property
    def bytes(self) -> int:
        """What its volumes take, one of them in the long run."""
        return (self.fine or self.draft).bytes

    def wears(self, hair: WornHair) -> bool:
        """Whether it is this style at this place."""
        return self.hair.style is hair.style and self.hair.warp is hair.warp

    def release(self) -> None:
        """Give everything on the graphics card back."""
        release(self.textures)
        self.draft.release()
        if self.fine is not None:
            self.fine.release()


class GpuHair:
    """One hairstyle at a time, seated on one head; those worn before wait to be worn again."""

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
        self.noise = noise_texture(ctx)
        self._known: list[_Worn] = []  # the one that is worn first
        self._jaw: dict[str, AnyTexture] = {}
        self.follow(None)

    def wear(self, hair: WornHair) -> None:
        """Choose a style and where it sits."""
        at = next((at for at, known in enumerate(self._known) if known.wears(hair)), None)
        worn = self._brought(hair) if at is None else self._known.pop(at)
        self._known.insert(0, worn)
        self._make_room()

    def _make_room(self) -> None:
        """Forget what was worn longest ago."""
        while len(self._known) > 1 and sum(each.bytes for each in self._known) > _KEPT_BYTES:
            self._known.pop().release()

    def _brought(self, hair: WornHair) -> _Worn:
        """A style and its place on the graphics card, nothing baked."""
        style, seating = hair.style, hair.seating
        atlas = to_atlas(style.planes)
        atlas = np.concatenate([atlas, np.zeros_like(atlas[..., :1])], -1)
        size = (atlas.shape[1], atlas.shape[0])
        textures: dict[str, AnyTexture] = {}
        for i, name in enumerate(("u_hair_shape", "u_hair_strand", "u_hair_root")):
            content = atlas[..., 4 * i : 4 * i + 4]
            textures[name] = texture(self._ctx, size, 4, content, dtype="f4")
        textures["u_hair_grid"] = volume(self._ctx, style.grid.numpy())
        gains = torch.zeros(1, 1, 1) if style.gains is None else style.gains
        textures["u_hair_gains"] = volume(self._ctx, gains.numpy())
        cut = torch.zeros(1, 1) if style.cut is None else style.cut
        size = (cut.shape[1], cut.shape[0])
        textures["u_hair_cut"] = texture(self._ctx, size, 1, cut.numpy(), dtype="f4")
        displacement = seating.displacement.numpy()
        textures["u_seat_displacement"] = volume(self._ctx, displacement)
        nowhere = np.zeros((1, 1, 1, 4), np.float32)
        straight = hair.turned.straight.numpy() if hair.turned else nowhere
        textures["u_neck_straight"] = volume(self._ctx, straight)
        uniforms: dict[str, Uniform] = {
            "u_seat_matrix": seating.matrix.numpy(),
            "u_seat_offset": tuple(seating.offset.tolist()),
            "u_hair_ragged": -1.0 if style.cut is None else style.ragged,
            **neck_uniforms(hair.turned.turn if hair.turned else None),
        }
        return _Worn(hair, textures, uniforms, BakedVolume(self._ctx, DRAFT))

    def follow(self, shift: Tensor | None) -> None:
        """Let hair move with the jaw, (z, y, x, 3) metres, or not; nothing is baked again."""
        release(self._jaw)
        nowhere = np.zeros((1, 1, 1, 3), np.float32)
        content = nowhere if shift is None else shift.numpy()
        self._jaw["u_jaw_shift"] = volume(self._ctx, content)
        self._follows = shift is not None

    def bake(self, *, draft: bool) -> Iterator[None]:
        """Fill a volume, a row of slices at a time; yields between rows.

        The coarse one comes first in any case: it says where the fine one has to be.
        """
        worn = self._known[0]
        if worn.baked is worn.fine:
            return
        if not worn.draft.baked:
            yield from self.fill(worn.draft)
            worn.draft.finish()
        if draft:
            return
        if worn.fine is None:
            worn.fine = BakedVolume(self._ctx, worn.draft.finer)
        yield from self.fill(worn.fine)
        worn.fine.finish()
        worn.draft.release()
        self._make_room()

    def fill(self, target: BakedVolume) -> Iterator[None]:
        """Draw the worn hair's slices, a row at a time; yields between rows."""
        worn = self._known[0]
        uniforms = {**worn.uniforms, **target.uniforms}
        textures = {**worn.textures, "u_hair_ends": self.noise}
        for place in target.rows():
            target.frame.scissor = place
            self._mark.draw(target.frame, worn.textures, uniforms, marks=True)
            self._bake.draw(target.frame, textures, uniforms, mask=True)
            yield

    @property
    def bounds(self) -> tuple[Point, Point]:
        """Lowest and highest corner (metres) of a box that all baked hair lies in."""
        low, high = self._known[0].baked.bounds
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
        worn = self._known[0]
        baked = worn.baked
        textures = {**worn.textures, **self._jaw, "u_head_hit": head_shape}
        textures["u_hair_ends"] = self.noise
        textures |= baked.textures if baked.baked else {}
        own = {**worn.uniforms, **baked.uniforms, "u_jaw_follows": float(self._follows)}
        uniforms = {**own, **rays, "u_hair_step": step}
        self._marches[quality].draw(target, textures, uniforms, marks=step == 1, wait=False)


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


def noise_texture(ctx: moderngl.Context) -> moderngl.Texture:
    """`strand_noise`, repeating."""
    noise = strand_noise()
    made = texture(ctx, noise.shape[1::-1], 2, noise, dtype="f4")
    made.repeat_x = made.repeat_y = True
    return made


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
