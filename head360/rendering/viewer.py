"""The viewer: draws heads in real time with OpenGL 3.3, exactly as the reference does or faster.

A picture is drawn in tiles of samples: distance to the posed mesh, march through the head's field,
march through the hair, deferred shading, then averaging of samples into pixels. In *exact* mode the
marches compute the reference's sums; in *fast* mode the head is decoded at its first root and hair
is read from a volume that is baked when style or seating change.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from math import radians, tan

import moderngl
import numpy as np
import numpy.typing as npt

from head360.camera import OrbitCamera
from head360.light import Background
from head360.rendering.boxes import Rectangle, Tile, shown_part
from head360.rendering.buffers import COARSE, Buffers, cleared
from head360.rendering.field_glsl import head_field_source
from head360.rendering.gpu_hair import (
    GpuHair,
    Quality,
    hair_paint_volume,
    light_volume,
    neck_uniforms,
    open_air,
    release,
)
from head360.rendering.gpu_head import GpuHead, shadow_texture_from_head
from head360.rendering.lighting import Lighting
from head360.rendering.march import NO_HIT
from head360.rendering.offscreen import (
    AnyTexture,
    FullScreen,
    Uniform,
    create_context,
    shader,
    texture,
    volume,
)
from head360.rendering.request import ViewMode
from head360.rendering.scene import Models, Scene
from head360.rendering.shade import SINGLE_STRANDS
from head360.rendering.sources import defined, hair_defines, march_source

Picture = npt.NDArray[np.uint8]

#: Samples of a tile, about: what is drawn before a newer request may interrupt.
_TILE_SAMPLES = 270_000
#: Texels along each side of the head's planes.
FINE_PLANES, DRAFT_PLANES = 512, (192, 256)
#: A draft this large in pixels, or larger, takes the second size.
_LARGE_DRAFT = 360
_MODES: dict[ViewMode, int] = {
    "albedo": 1, "normals": 2, "depth": 3, "wireframe": 4, "guide": 5, "aspect": 6,
    "strands": 7,
}  # fmt: skip
#: Metres in front of and behind the target that the depth view spans.
_DEPTH_SPAN = 0.16
_LINES = 0.0003  # share of the clip depth that lines stand in front of their surface


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture to draw."""

    camera: OrbitCamera
    width: int  # pixels
    height: int
    samples: int = 1  # along each side of a pixel
    mode: ViewMode = "shaded"
    exact: bool = False
    background: Background = field(default_factory=Background)
    draft: bool = False  # quick and coarse: smaller planes, a coarser hair volume


class Viewer:
    """Owns an OpenGL context; every call must come from the thread that made it."""

    def __init__(self, models: Models) -> None:
        self._ctx = create_context()
        with self._ctx:
            self._head = GpuHead(self._ctx, models.mesh.topology, models.mesh.mean.numpy())
            self._hair = GpuHair(self._ctx, models.head, models.hair)
            self._field = head_field_source(models.head)
            self._marches: dict[str, FullScreen] = {}
            self._shade_head = FullScreen(self._ctx, shader("shade.frag"))
            self._compiled: dict[tuple[str, str], FullScreen] = {}
            self._resolve = FullScreen(self._ctx, shader("resolve.frag"))
        self._scene: Scene | None = None
        self._planes: dict[int, dict[str, moderngl.Texture]] = {}  # those that show the scene
        self._coarse_shadow = False
        self._light: dict[str, AnyTexture] = {}
        self._paint: dict[str, AnyTexture] = {}
        self._buffers: Buffers | None = None

    @property
    def info(self) -> dict[str, str]:
        """What OpenGL says of itself."""
        with self._ctx:  # some drivers answer nothing unless the context is current
            return {key: str(value) for key, value in self._ctx.info.items()}

    def prepare(self, shot: Shot) -> None:
        """Compile what such a shot needs, before there is a scene to draw."""
        with self._ctx:
            self._march(shot)
            self._compiled_pass("shade.frag", _hair_defines(shot))

    def draw(self, scene: Scene, shot: Shot) -> Generator[None, None, Picture]:
        """(H, W, 4) sRGB and straight alpha, top row first; yields between tiles.

        What the scene shares with the one drawn before is not made again. A generator that is
        closed early leaves the viewer ready for the next.
        """
        return (yield from self.layers(scene, shot, (shot.mode,)))[0]

    def layers(
        self, scene: Scene, shot: Shot, modes: Sequence[ViewMode]
    ) -> Generator[None, None, tuple[Picture, ...]]:
        """The same view in several modes, marched only once: one of any kind, then unlit ones."""
        steps = self._steps(scene, shot, modes)
        while True:
            with self._ctx:
                try:
                    next(steps)
                except StopIteration as done:
                    pictures: tuple[Picture, ...] = done.value
                    return pictures
            yield

    def release(self) -> None:
        """Give everything on the graphics card back."""
        self._ctx.release()  # not inside `with`: its end would speak to what is gone

    def _steps(
        self, scene: Scene, shot: Shot, modes: Sequence[ViewMode]
    ) -> Generator[None, None, tuple[Picture, ...]]:
        self._take(scene, shot)
        planes = self._fresh_planes(shot)
        if scene.hair and shot.mode != "head" and not shot.exact:
            for _ in self._hair.bake(draft=shot.draft):
                yield
        pictures = tuple(np.empty((shot.height, shot.width, 4), np.uint8) for _ in modes)
        samples = _TILE_SAMPLES if len(modes) == 1 else _TILE_SAMPLES // 2  # each takes longer
        rows = max(1, samples // (shot.width * shot.samples**2))
        buffers = self._fitting_buffers(shot, min(rows, shot.height))
        for top in range(0, shot.height, rows):
            count = min(rows, shot.height - top)
            bottom = shot.height - top - count
            tile = self._marched(scene, shot, buffers, planes, (bottom, count))
            for picture, mode in zip(pictures, modes, strict=True):
                first = picture is pictures[0]
                self._shade(scene, replace(shot, mode=mode), buffers, tile, first=first)
                picture[top : top + count] = self._resolved(shot, buffers, (bottom, count))
            if top + count < shot.height:
                yield
        return pictures

    def _take(self, scene: Scene, shot: Shot) -> None:
        """Bring what has changed to the graphics card."""
        last = self._scene
        if last is None or last.maps is not scene.maps:
            self._head.paint(scene.maps.numpy())
            self._planes = {}
        if last is None or last.vertices is not scene.vertices:
            self._head.pose(scene.vertices.numpy(), scene.normals.numpy())
            self._planes = {}
        posed = last is None or last.placed is not scene.placed
        if posed:
            shares = scene.turned.shares.numpy() if scene.turned else None
            self._head.place(scene.placed.numpy(), shares)
        relit = last is None or last.lighting is not scene.lighting
        if posed or relit or (self._coarse_shadow and not shot.draft):
            self._head.cast_shadow(scene.lighting.directions[0], coarse=shot.draft)
            self._coarse_shadow = shot.draft
        hair = scene.hair
        worn = last.hair if last else None
        if hair and (worn is None or worn.style is not hair.style or worn.warp is not hair.warp):
            self._hair.wear(hair)
        if (last.hair_shift if last else None) is not scene.hair_shift:
            self._hair.follow(scene.hair_shift)
        if last is None or last.hair_paint is not scene.hair_paint:
            release(self._paint)
            self._paint["u_hair_paint"] = volume(self._ctx, hair_paint_volume(scene.hair_paint))
        if relit or worn is not hair:
            self._relight(scene)
        # A bald scene in between keeps the hair that is on the card, so forget none of it.
        self._scene = scene

    def _relight(self, scene: Scene) -> None:
        release(self._light)
        light, hair = scene.lighting, scene.hair
        for name, image in (("u_sharp", light.sharp), ("u_blurred", light.blurred)):
            made = texture(self._ctx, image.shape[1::-1], 3, image, dtype="f2")
            made.repeat_x = True
            self._light[name] = made
        reach = light_volume(hair.transmittance, hair.visibility) if hair else open_air()
        self._light["u_volume"] = volume(self._ctx, reach)

    def _fresh_planes(self, shot: Shot) -> dict[str, moderngl.Texture]:
        """The six planes as the scene has them now; a draft takes the fine ones if they are."""
        size = FINE_PLANES
        if shot.draft and FINE_PLANES not in self._planes:
            size = DRAFT_PLANES[min(shot.width, shot.height) >= _LARGE_DRAFT]
        if size not in self._planes:
            self._planes[size] = self._head.planes(size, coarse=size != FINE_PLANES)
        return self._planes[size]

    def _marched(
        self,
        scene: Scene,
        shot: Shot,
        buffers: Buffers,
        planes: dict[str, moderngl.Texture],
        rows: tuple[int, int],
    ) -> Tile:
        """Find the head in one tile."""
        bottom, count = rows
        n = shot.samples
        size = (shot.width * n, count * n)
        tile = Tile((shot.width * n, shot.height * n), (0, bottom * n), size)
        buffers.fit(size)
        if shot.mode == "hair":
            cleared(buffers.distance, NO_HIT)
        else:
            self._head.distance(buffers.distance, shot.camera, tile, coarse=shot.draft)
        cleared(buffers.head, 0.0)
        mesh_t = {"u_mesh_distance": buffers.distance_texture}
        neck = neck_uniforms(scene.turned.turn if scene.turned else None)
        rays = {**_ray_uniforms(shot.camera, tile), **neck}
        self._march(shot).draw(buffers.head, {**planes, **mesh_t}, rays, mask=True, wait=False)
        if shot.mode != "hair":
            self._head.openings(buffers.head, shot.camera, tile, neck, coarse=shot.draft)
        return tile

    def _shade(
        self, scene: Scene, shot: Shot, buffers: Buffers, tile: Tile, *, first: bool
    ) -> None:
        """Light a tile's samples, and march through its hair unless that was done before."""
        rays = _ray_uniforms(shot.camera, tile)
        cleared(buffers.color, 0.0)
        look = {**rays, **self._light_uniforms(scene, shot)}
        sources = {**buffers.textures, **self._light, **self._paint, "u_noise": self._hair.noise}
        # Marching marks where hair is and forgets where the head was: later modes shade everything.
        self._lit(self._shade_head, buffers, sources, look, mask=first)
        if scene.hair and shot.mode not in ("head", "wireframe"):
            self._draw_hair(shot, buffers, tile, (sources, look), first=first)
        if shot.mode == "wireframe":
            self._head.lines(buffers.lines, shot.camera, tile, _LINES)

    def _resolved(self, shot: Shot, buffers: Buffers, rows: tuple[int, int]) -> Picture:
        """(rows, W, 4) pixels of a tile, top row first."""
        bottom, count = rows
        placed: dict[str, Uniform] = {
            "u_samples": shot.samples,
            "u_picture": (float(shot.width), float(shot.height)),
            "u_place": (0.0, float(bottom)),
        }
        buffers.out.viewport = (0, 0, shot.width, count)
        ground = _background_uniforms(shot.background)
        # Only this waits, for all passes of the tile, with Python's lock free.
        self._resolve.draw(buffers.out, {"u_color": buffers.color_texture}, {**placed, **ground})
        raw = buffers.out.read(viewport=(0, 0, shot.width, count), components=4, alignment=1)
        return np.frombuffer(raw, np.uint8).reshape(count, shot.width, 4)[::-1]

    def _draw_hair(
        self,
        shot: Shot,
        buffers: Buffers,
        tile: Tile,
        lighting: tuple[dict[str, AnyTexture], dict[str, Uniform]],
        *,
        first: bool,
    ) -> None:
        """Hair over what has been shaded, where its box is on screen."""
        whole = (0, 0, *tile.size)
        box = whole if shot.exact else self._shown_hair(shot.camera, tile)
        step = COARSE if shot.draft else 1
        if first:
            self._march_hair(shot, buffers, tile, box, step)
        buffers.color.scissor = box
        self._lit(self._compiled_pass("shade.frag", _hair_defines(shot)), buffers, *lighting)
        buffers.color.scissor = (0, 0, *buffers.color.size)

    def _shown_hair(self, camera: OrbitCamera, tile: Tile) -> Rectangle:
        width, height = tile.picture
        clip_from_head = camera.clip_from_view(width / height) @ camera.view_from_head
        return shown_part(np.stack(self._hair.bounds), clip_from_head, tile)

    def _march_hair(
        self, shot: Shot, buffers: Buffers, tile: Tile, box: Rectangle, step: int
    ) -> None:
        """Fill the hair's G-buffer and mark in the depth buffer what it may reach."""
        rays = _ray_uniforms(shot.camera, tile, step)
        shape = buffers.textures["u_head_shape"]
        if step > 1:
            cleared(buffers.hair, 0.0)
        buffers.hair.scissor = _coarser(box, step)
        quality: Quality = "exact" if shot.exact else "draft" if shot.draft else "fine"
        self._hair.march(buffers.hair, shape, rays, quality=quality, step=step)
        buffers.hair.scissor = (0, 0, *buffers.hair.size)
        if step > 1:
            buffers.marks.scissor = box
            mark = self._compiled_pass("mark_hair.frag", f"#define COARSE {step}")
            mark.draw(buffers.marks, buffers.textures, {}, marks=True, wait=False)
            buffers.marks.scissor = (0, 0, *buffers.marks.size)

    def _compiled_pass(self, name: str, defines: str) -> FullScreen:
        """A pass of its own for these definitions, compiled when it is first needed."""
        if (name, defines) not in self._compiled:
            self._compiled[name, defines] = FullScreen(self._ctx, defined(name, defines))
        return self._compiled[name, defines]

    def _march(self, shot: Shot) -> FullScreen:
        """The head's march, compiled when it is first needed."""
        quality = "EXACT" if shot.exact else "DRAFT" if shot.draft else "FINE"
        if quality not in self._marches:
            self._marches[quality] = FullScreen(self._ctx, march_source(self._field, quality))
        return self._marches[quality]

    def _lit(
        self,
        shading: FullScreen,
        buffers: Buffers,
        sources: dict[str, AnyTexture],
        look: dict[str, Uniform],
        *,
        mask: bool = True,
    ) -> None:
        """Shade what the depth buffer marks, over what is there already."""
        shading.program["u_shadow"] = 15  # a shadow sampler of its own, whatever else is bound
        self._head.shadow.use(15)
        shading.draw(buffers.color, sources, look, mask=mask, over=True, wait=False)

    def _light_uniforms(self, scene: Scene, shot: Shot) -> dict[str, Uniform]:
        light: Lighting = scene.lighting
        distance = shot.camera.distance
        return {
            "u_irradiance": light.irradiance,
            "u_turn": light.turn,
            "u_lamp_direction": light.directions,
            "u_lamp_color": light.colors,
            "u_lamp_gloss": light.gloss,
            "u_shadow_from_head": shadow_texture_from_head(light.directions[0]),
            "u_hair_albedo": tuple(scene.hair_color.tolist()),
            "u_hair_tones": scene.hair_tones.numpy(),
            "u_depth_range": (distance - _DEPTH_SPAN, distance + _DEPTH_SPAN),
            "u_mode": _MODES.get(shot.mode, 0),
            "u_strands": SINGLE_STRANDS,
        }

    def _fitting_buffers(self, shot: Shot, rows: int) -> Buffers:
        size = (shot.width * shot.samples, rows * shot.samples)
        pixels = (shot.width, rows)
        if self._buffers is None or not self._buffers.holds(size, pixels, draft=shot.draft):
            if self._buffers is not None:
                self._buffers.release()
            self._buffers = Buffers(self._ctx, size, pixels, draft=shot.draft)
        return self._buffers


def _hair_defines(shot: Shot) -> str:
    return hair_defines(COARSE if shot.draft else 1)


def _ray_uniforms(camera: OrbitCamera, tile: Tile, step: int = 1) -> dict[str, Uniform]:
    """The rays of a tile's samples, or through the middle of blocks of step x step of them."""
    width, height = tile.picture
    tangent = tan(radians(camera.fov_degrees) / 2)
    return {
        "u_eye": tuple(camera.eye.tolist()),
        "u_axes": camera.axes.T,
        "u_tangent": (tangent * width / height, tangent),
        "u_size": (width / step, height / step),
        "u_origin": (tile.origin[0] / step, tile.origin[1] / step),
    }


def _coarser(box: Rectangle, step: int) -> Rectangle:
    """(x, y, width, height) texels of step x step samples that hold a box and a rim."""
    x, y, width, height = box
    left, bottom = max(x // step - 1, 0), max(y // step - 1, 0)
    right, top = (x + width) // step + 2, (y + height) // step + 2
    return (left, bottom, right - left, top - bottom)


def _background_uniforms(background: Background) -> dict[str, Uniform]:
    colors: dict[str, Uniform] = {"u_inner": background.inner, "u_outer": background.outer}
    return colors | {"u_transparent": background.transparent}
