"""Draws true heads: mesh and strands, supersampled, shaded exactly as the viewer shades its own.

Mesh and strands are drawn into the viewer's G-buffers with many samples a pixel and one depth
buffer; from there on everything is the product's: deferred shading (shade.frag) with the same
lamps, probe, shadow map and light volume, then averaging (resolve.frag). What differs between a
true picture and the viewer's is therefore the model, not the light.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import radians, tan
from typing import Literal, TypeAlias

import moderngl
import numpy as np
import numpy.typing as npt
from torch import Tensor

from head360.camera import OrbitCamera
from head360.light import TRANSPARENT, Background
from head360.model.topology import Topology
from head360.rendering.gpu_hair import (
    hair_paint_volume,
    light_volume,
    noise_texture,
    open_air,
    release,
)
from head360.rendering.gpu_head import shadow_texture_from_head
from head360.rendering.lighting import (
    Lighting,
    ambient_visibility,
    key_transmittance,
    seated_extinction,
)
from head360.rendering.march import same_frame
from head360.rendering.offscreen import (
    AnyTexture,
    FullScreen,
    Uniform,
    create_context,
    shader,
    texture,
    volume,
)
from training.stages.hair_data import extinction_grid
from training.synhead.classes import BACKGROUND, CLASS_HAIR, refined
from training.synhead.grooms import Groom
from training.synhead.heads import Posed
from training.synhead.true_layers import TrueMesh, TrueStrands

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
#: The head with its hair, the head without it, the hair without the head.
Layer: TypeAlias = Literal["whole", "bald", "hair"]
LAYERS: tuple[Layer, ...] = ("whole", "bald", "hair")

#: Samples along each side of a pixel.
SAMPLES = 4
#: Cells along each side of the grid that strands are counted into.
_GRID = 64
_SHADED, _ALBEDO = 0, 1  # modes of shade.frag
_HAIR_TOO = "#version 330\n#define HAIR 1"


@dataclass(frozen=True, slots=True, eq=False)
class TrueScene:
    """A head to draw."""

    posed: Posed
    maps: Floats  # (8, rows, columns)
    groom: Groom | None
    hair_color: tuple[float, float, float]  # linear RGB
    classes: Bytes | None = None  # (rows, columns) what each texel of skin is; None: just skin


@dataclass(frozen=True, slots=True, eq=False)
class HairReach:
    """How light gets into a head of hair."""

    extinction: Tensor  # (z, y, x) 1/m
    visibility: Tensor  # (z, y, x)

    @classmethod
    def of(cls, groom: Groom) -> HairReach:
        """Counted from the strands themselves."""
        extinction = seated_extinction(extinction_grid(groom, _GRID), same_frame)
        return cls(extinction, ambient_visibility(extinction))


@dataclass(frozen=True, slots=True, eq=False)
class SetUp:
    """Lamps and probe, and how far they reach into the hair."""

    lighting: Lighting
    reach: Floats  # (z, y, x, 2)

    @classmethod
    def of(cls, lighting: Lighting, hair: HairReach | None) -> SetUp:
        """For a head with this hair, or bald."""
        if hair is None:
            return cls(lighting, open_air())
        key = key_transmittance(hair.extinction, lighting.directions[0])
        return cls(lighting, light_volume(key, hair.visibility))


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """What lies under the centre of each pixel, top row first."""

    kind: Bytes  # (H, W) index into classes.CLASSES
    depth: Floats  # (H, W) metres along the camera's axis, 0 where nothing is
    uv: Floats  # (H, W, 2) atlas 0 … 1; scalp coordinates of the root for hair
    normal: Floats  # (H, W, 3) unit, head space; the strand's direction for hair


class TruthRenderer:
    """Owns an OpenGL context; every call must come from the thread that made it."""

    def __init__(self, topology: Topology, size: int, samples: int = SAMPLES) -> None:
        self._ctx = create_context()
        self._size, self._samples = size, samples
        with self._ctx:
            self._mesh = TrueMesh(self._ctx, topology)
            self._strands = TrueStrands(self._ctx)
            self._fine = _Targets(self._ctx, size * samples)
            self._coarse = self._fine if samples == 1 else _Targets(self._ctx, size)
            text = shader("shade.frag")
            self._shade_head = FullScreen(self._ctx, text)
            self._shade_hair = FullScreen(self._ctx, text.replace("#version 330", _HAIR_TOO, 1))
            self._resolve = FullScreen(self._ctx, shader("resolve.frag"))
            self._pixels = texture(self._ctx, (size, size), 4, dtype="f1")
            self._out = self._ctx.framebuffer([self._pixels])
            self._noise = noise_texture(self._ctx)
            self._unpainted = volume(self._ctx, hair_paint_volume(None))
        self._shown: tuple[TrueScene, OrbitCamera, Layer] | None = None
        self._posed: Posed | None = None

    def show(self, scene: TrueScene, camera: OrbitCamera, layer: Layer = "whole") -> None:
        """Choose what pictures, coverage and labels are of."""
        self._shown = (scene, camera, layer)
        with self._ctx:
            if self._posed is not scene.posed:
                self._mesh.pose(scene.posed.vertices.numpy(), scene.posed.normals.numpy())
                self._posed = scene.posed
            self._fill(self._fine)

    def picture(self, set_up: SetUp, background: Background = TRANSPARENT) -> Bytes:
        """(H, W, 4) sRGB, straight alpha, top row first."""
        return self._lit(set_up, background, _SHADED)

    def albedo(self, set_up: SetUp) -> Bytes:
        """(H, W, 4) sRGB colour without light, straight alpha."""
        return self._lit(set_up, TRANSPARENT, _ALBEDO)

    def hair_coverage(self) -> Floats:
        """(H, W) share of each pixel that shows hair."""
        with self._ctx:
            alpha = _read(self._fine.textures["u_hair_color"])[..., 0]
        n = self._samples
        mean: Floats = alpha.reshape(self._size, n, self._size, n).mean((1, 3))
        return mean

    def sample_classes(self) -> Bytes:
        """(H·S, W·S) index into classes.CLASSES of each of a pixel's S·S samples."""
        scene, camera, _ = self._showing()
        with self._ctx:
            images = {name: _read(image) for name, image in self._fine.textures.items()}
        return _classes(_labels(images, camera), scene)

    def labels(self) -> Labels:
        """One sample in the middle of each pixel."""
        scene, camera, _ = self._showing()
        with self._ctx:
            if self._coarse is not self._fine:
                self._fill(self._coarse)
            images = {name: _read(image) for name, image in self._coarse.textures.items()}
        found = _labels(images, camera)
        return replace(found, kind=_classes(found, scene))

    @property
    def card(self) -> str:
        """What OpenGL says it draws with."""
        with self._ctx:
            return str(self._ctx.info["GL_RENDERER"])

    def release(self) -> None:
        """Give everything on the graphics card back."""
        self._ctx.release()  # not inside `with`: its end would speak to what is gone

    def _showing(self) -> tuple[TrueScene, OrbitCamera, Layer]:
        if self._shown is None:
            raise RuntimeError("show something first")
        return self._shown

    def _fill(self, targets: _Targets) -> None:
        scene, camera, layer = self._showing()
        clip = camera.clip_from_view() @ camera.view_from_head
        targets.clear()
        if layer != "hair":
            self._mesh.draw(targets.head, clip, camera.eye, scene.maps)
        if layer != "bald" and scene.groom is not None:
            self._strands.draw(targets.hair, clip, camera.eye, scene.groom)

    def _lit(self, set_up: SetUp, background: Background, mode: int) -> Bytes:
        scene, camera, _ = self._showing()
        with self._ctx:
            self._mesh.cast_shadow(set_up.lighting.directions[0])
            light = self._light_textures(set_up)
            uniforms = {
                **_ray_uniforms(camera, self._size * self._samples),
                **_light_uniforms(set_up.lighting, camera),
                "u_hair_albedo": scene.hair_color,
                "u_mode": mode,
                "u_strands": 1.0,  # a sample is a strand
            }
            sources: dict[str, AnyTexture] = {**self._fine.textures, **light}
            target = self._fine.color
            target.use()
            target.clear()
            for shading in (self._shade_head, self._shade_hair):
                shading.program["u_shadow"] = 15  # of another sampler type: never shared
                self._mesh.shadow.use(15)
                textures = {**sources, "u_noise": self._noise, "u_hair_paint": self._unpainted}
                shading.draw(target, textures, uniforms, mask=True, over=True)
            release(light)
            return self._resolved(background)

    def _light_textures(self, set_up: SetUp) -> dict[str, AnyTexture]:
        textures: dict[str, AnyTexture] = {"u_volume": volume(self._ctx, set_up.reach)}
        probe = {"u_sharp": set_up.lighting.sharp, "u_blurred": set_up.lighting.blurred}
        for name, image in probe.items():
            made = texture(self._ctx, image.shape[1::-1], 3, image, dtype="f2")
            made.repeat_x = True
            textures[name] = made
        return textures

    def _resolved(self, background: Background) -> Bytes:
        uniforms: dict[str, Uniform] = {
            "u_samples": self._samples,
            "u_picture": (float(self._size), float(self._size)),
            "u_place": (0.0, 0.0),
            "u_inner": background.inner,
            "u_outer": background.outer,
            "u_transparent": background.transparent,
        }
        self._resolve.draw(self._out, {"u_color": self._fine.color_texture}, uniforms)
        raw = np.frombuffer(self._pixels.read(alignment=1), np.uint8)
        return np.ascontiguousarray(raw.reshape(self._size, self._size, 4)[::-1])


class _Targets:
    """G-buffers of head and hair over one depth buffer, and what shading makes of them."""

    def __init__(self, ctx: moderngl.Context, size: int) -> None:
        def made(components: int, dtype: str) -> moderngl.Texture:
            return texture(ctx, (size, size), components, dtype=dtype, smooth=False)

        self.textures: dict[str, moderngl.Texture] = {
            "u_head_color": made(4, "f2"), "u_head_shape": made(4, "f4"),
            "u_head_surface": made(4, "f2"), "label": made(4, "f4"),
            "u_hair_color": made(4, "f4"), "u_hair_strand": made(4, "f2"),
            "u_hair_root": made(2, "f4"),
        }  # fmt: skip
        self.color_texture = made(4, "f2")
        depth = ctx.depth_renderbuffer((size, size))
        images = list(self.textures.values())
        self.head = ctx.framebuffer(images[:4], depth)
        self.hair = ctx.framebuffer(images[4:], depth)
        self.color = ctx.framebuffer([self.color_texture], depth)
        self.color.depth_mask = False  # the depth buffer masks pixels that show nothing

    def clear(self) -> None:
        """Nothing is seen."""
        self.hair.clear()
        self.head.clear(0, 0, 0, 0, depth=1.0)


def _read(image: moderngl.Texture) -> Floats:
    """(H, W, C), top row first."""
    kind = np.float16 if image.dtype == "f2" else np.float32
    values = np.frombuffer(image.read(alignment=1), kind).astype(np.float32)
    return values.reshape(image.height, image.width, image.components)[::-1]


def _labels(images: Mapping[str, Floats], camera: OrbitCamera) -> Labels:
    head, hair = images["u_head_color"][..., 3] > 0, images["u_hair_color"][..., 0] > 0
    t = np.where(hair, images["u_hair_color"][..., 3], images["u_head_shape"][..., 3])
    height, width = t.shape
    along_axis = -(camera.rays(width, height) @ camera.axes[2])
    kind = np.where(head, images["label"][..., 2], BACKGROUND)
    seen = head | hair
    return Labels(
        np.where(hair, CLASS_HAIR, kind).astype(np.uint8),
        np.where(seen, t * along_axis, 0).astype(np.float32),
        np.where(hair[..., None], images["u_hair_root"], images["label"][..., :2]),
        np.where(
            hair[..., None], images["u_hair_strand"][..., :3], images["u_head_shape"][..., :3]
        ),
    )


def _classes(labels: Labels, scene: TrueScene) -> Bytes:
    if scene.classes is None:
        return labels.kind
    return refined(labels.kind, labels.uv, scene.classes)


def _ray_uniforms(camera: OrbitCamera, samples: int) -> dict[str, Uniform]:
    """Rays of a square picture of so many samples along each side."""
    tangent = tan(radians(camera.fov_degrees) / 2)
    return {
        "u_eye": tuple(camera.eye.tolist()),
        "u_axes": camera.axes.T,
        "u_tangent": (tangent, tangent),
        "u_size": (float(samples), float(samples)),
        "u_origin": (0.0, 0.0),
    }


def _light_uniforms(light: Lighting, camera: OrbitCamera) -> dict[str, Uniform]:
    return {
        "u_irradiance": light.irradiance,
        "u_turn": light.turn,
        "u_lamp_direction": light.directions,
        "u_lamp_color": light.colors,
        "u_shadow_from_head": shadow_texture_from_head(light.directions[0]),
        "u_depth_range": (camera.distance - 0.16, camera.distance + 0.16),
    }
