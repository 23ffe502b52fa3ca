"""What a tile of a picture is drawn on: the G-buffers of head and hair, shaded samples, pixels."""

from __future__ import annotations

import moderngl

from head360.rendering.offscreen import texture

#: Samples along each side of what a draft marches hair once for: only its shading is not smooth.
COARSE = 2


class Buffers:
    """Framebuffers for one tile of samples; a draft's hair has a G-buffer of half its size."""

    def __init__(
        self,
        ctx: moderngl.Context,
        size: tuple[int, int],
        pixels: tuple[int, int],
        *,
        draft: bool,
    ) -> None:
        self._kind = (size, pixels, draft)
        step = COARSE if draft else 1
        hair_size = (-(-size[0] // step), -(-size[1] // step))

        def made(components: int, dtype: str) -> moderngl.Texture:
            return texture(ctx, size, components, dtype=dtype, smooth=False)

        def hairy(components: int) -> moderngl.Texture:
            return texture(ctx, hair_size, components, dtype="f4", smooth=draft)

        self.distance_texture = made(2, "f4")
        self._depth = ctx.depth_renderbuffer(size)
        self.textures: dict[str, moderngl.Texture] = {
            "u_head_color": made(4, "f4"), "u_head_shape": made(4, "f4"),
            "u_head_surface": made(4, "f4"), "u_hair_color": hairy(4),
            "u_hair_strand": hairy(4), "u_hair_root": hairy(2),
        }  # fmt: skip
        self.color_texture = made(4, "f4")
        self._pixel_texture = texture(ctx, pixels, 4, dtype="f1")
        images = list(self.textures.values())
        self.distance = ctx.framebuffer([self.distance_texture], self._depth)
        self.head = ctx.framebuffer(images[:3], self._depth)  # marched only where the mesh is
        self.head.depth_mask = False
        # Hair of full size marks in the depth buffer where it is; coarse hair is marked later.
        self.hair = ctx.framebuffer(images[3:], None if draft else self._depth)
        self.marks = ctx.framebuffer(depth_attachment=self._depth)
        self.color = ctx.framebuffer([self.color_texture], self._depth)
        self.color.depth_mask = False
        self.lines = ctx.framebuffer([self.color_texture], self._depth)
        self.out = ctx.framebuffer([self._pixel_texture])

    def holds(self, size: tuple[int, int], pixels: tuple[int, int], *, draft: bool) -> bool:
        """Whether a tile of this size and kind is exactly what these are for."""
        return (size, pixels, draft) == self._kind

    def fit(self, size: tuple[int, int]) -> None:
        """Draw to the lower left part of this many samples."""
        for frame in (self.distance, self.head, self.marks, self.color, self.lines):
            frame.viewport = (0, 0, *size)
        step = COARSE if self._kind[2] else 1
        self.hair.viewport = (0, 0, -(-size[0] // step), -(-size[1] // step))

    def release(self) -> None:
        """Free everything."""
        drawn = (self.distance, self.head, self.hair, self.marks, self.color, self.lines)
        for frame in (*drawn, self.out):
            frame.release()
        for image in (*self.textures.values(), self.distance_texture, self.color_texture):
            image.release()
        self._pixel_texture.release()
        self._depth.release()


def cleared(frame: moderngl.Framebuffer, value: float) -> None:
    """Fill a whole frame; in use first, or the scissor box of the last one would still hold."""
    frame.use()
    frame.clear(value, value, value, value, depth=1.0)
