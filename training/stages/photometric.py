"""Draws patches of pictures with the model being trained, and compares them with the truth.

The torch reference path does the work: planes of the textured mesh, marches through head and
hair, shading; gradients reach every weight. Pictures are compared as they are looked at, encoded as
sRGB before black. Their alpha is compared as well: before black, black hair would else be free.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import cos, radians, sin, tan

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from head360.camera import OrbitCamera
from head360.rendering.march import NO_HIT, Rays
from head360.rendering.reference import Buffers, Reference, SeatedHair
from head360.rendering.shade import LitScene, linear_from_srgb, shade, srgb_from_linear
from training.stages.sittings import Layer
from training.stages.trainable import Ready, Trainable

#: How often a patch is looked for whose middle shows the head.
_TRIES = 8
_RAYS, _MANY_RAYS = 8192, 65536
#: Numbers that tell the discriminator where a patch was cut.
CONDITIONS = 6


@dataclass(frozen=True, slots=True)
class Patch:
    """Some pixels of a photo: `size` rows and columns, every `stride`-th from a corner on."""

    photo: int
    top: int
    left: int
    size: int
    stride: int = 1

    def rows(self) -> slice:
        """Rows of the picture."""
        return slice(self.top, self.top + self.size * self.stride, self.stride)

    def columns(self) -> slice:
        """Columns of the picture."""
        return slice(self.left, self.left + self.size * self.stride, self.stride)


@dataclass(frozen=True, slots=True, eq=False)
class Dressed:
    """A sitting's head and hair as the weights make them now."""

    ready: Ready
    planes: Tensor  # (6, 12, R, R)
    bald_planes: Tensor | None
    hair: SeatedHair | None


def dress(model: Trainable, ready: Ready, *, bald_too: bool = False) -> Dressed:
    """Paint the head and fetch its hair: shared by all patches of a sitting."""
    skin = model.skin(ready.code)
    bald = model.planes(ready, skin, bald=True) if bald_too and ready.bald else None
    return Dressed(ready, model.planes(ready, skin), bald, model.seated(ready))


def random_patch(ready: Ready, size: int, rng: np.random.Generator) -> Patch:
    """A patch of a random photo, not of the last, which is held out; likely one of the head."""
    photo = int(rng.integers(len(ready.photos) - 1))
    alpha = ready.sitting.photos[photo].layers["whole"][..., 3]
    room = alpha.shape[0] - size
    top = left = 0
    for _ in range(_TRIES):
        top, left = (int(rng.integers(room + 1)) for _ in range(2))
        if alpha[top + size // 2, left + size // 2] > 0:
            break
    return Patch(photo, top, left, size)


def held_out(ready: Ready, size: int) -> Patch:
    """The whole of the last photo, about `size` pixels wide."""
    pixels = ready.photos[-1].layers["whole"].shape[0]
    stride = max(pixels // size, 1)
    return Patch(len(ready.photos) - 1, stride // 2, stride // 2, pixels // stride, stride)


def draw(
    model: Trainable, dressed: Dressed, patch: Patch, layer: Layer, supersamples: int
) -> Tensor:
    """(4, size, size) sRGB before black, and alpha, of one layer."""
    return draw_all(model, dressed, [patch], layer, supersamples)[0]


def draw_all(
    model: Trainable, dressed: Dressed, patches: Sequence[Patch], layer: Layer, supersamples: int
) -> list[Tensor]:
    """The same for several patches of a sitting, whose rays are marched together."""
    looks = [_look(dressed.ready, patch, supersamples) for patch in patches]
    rays = Rays(
        torch.cat([look.eye.expand(look.distance.numel(), 3) for look in looks]),
        torch.cat([look.directions.reshape(-1, 3) for look in looks]),
    )
    mesh_t = torch.cat([look.distance.reshape(-1) for look in looks])
    if layer == "hair":
        mesh_t = torch.full_like(mesh_t, NO_HIT)
    bald = layer == "bald"
    planes = dressed.planes if dressed.bald_planes is None or not bald else dressed.bald_planes
    renderer = Reference(model.head, model.hair, at_once=_at_once(mesh_t.device))
    met = renderer.along(planes, None if bald else dressed.hair, rays, mesh_t)
    sizes = [look.distance.numel() for look in looks]
    parts = zip(looks, *(columns.split(sizes) for columns in met), strict=True)
    lit = dressed.ready.lit
    if bald:
        lit = replace(lit, transmittance=None, visibility=None)
    return [_shaded(look, head, hair, lit, supersamples) for look, head, hair in parts]


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """Rays of a patch, R along each side."""

    eye: Tensor  # (3,) metres
    directions: Tensor  # (R, R, 3) unit
    distance: Tensor  # (R, R) metres to the mesh


def _look(ready: Ready, patch: Patch, supersamples: int) -> _Look:
    camera, distances = ready.photos[patch.photo].camera, ready.distances[patch.photo]
    rows = _fine(patch.top, patch, supersamples, distances)
    columns = _fine(patch.left, patch, supersamples, distances)
    directions = pixel_directions(camera, rows, columns, len(distances))
    eye = torch.from_numpy(camera.eye).to(directions)
    return _Look(eye, directions, distances[rows][:, columns])


def _shaded(look: _Look, head: Tensor, hair: Tensor, lit: LitScene, supersamples: int) -> Tensor:
    size = look.distance.shape
    buffers = Buffers(head.view(*size, -1), hair.view(*size, -1), look.directions)
    color = shade(buffers, replace(lit, eye=look.eye)).permute(2, 0, 1)
    color = functional.avg_pool2d(color, supersamples)
    return torch.cat([srgb_from_linear(color[:3].clamp(0, 1)), color[3:]])


def _at_once(device: torch.device) -> int:
    """Rays marched together: a graphics card has memory, and loses time with every call."""
    return _MANY_RAYS if device.type == "cuda" else _RAYS


def truth(ready: Ready, patch: Patch, layer: Layer) -> Tensor:
    """(4, size, size): what `draw` should give."""
    picture = ready.photos[patch.photo].layers[layer][patch.rows(), patch.columns()]
    color = picture.permute(2, 0, 1) / 255
    linear = linear_from_srgb(color[:3]) * color[3:]
    return torch.cat([srgb_from_linear(linear), color[3:]])


def pixel_directions(camera: OrbitCamera, rows: Tensor, columns: Tensor, size: int) -> Tensor:
    """(R, C, 3) unit directions through pixels of a square picture; `camera.rays`, in part."""
    tangent = tan(radians(camera.fov_degrees) / 2)
    x = ((columns + 0.5) / size * 2 - 1) * tangent
    y = (1 - (rows + 0.5) / size * 2) * tangent
    right, up, back = torch.from_numpy(camera.axes).to(device=rows.device, dtype=torch.float32)
    directions = x[None, :, None] * right + y[:, None, None] * up - back
    return functional.normalize(directions, dim=-1)


def condition(ready: Ready, patch: Patch) -> Tensor:
    """(CONDITIONS,) where a patch was cut: the camera's turn, place in the picture, hair or not."""
    camera = ready.photos[patch.photo].camera
    yaw, pitch = radians(camera.yaw_degrees), radians(camera.pitch_degrees)
    middle = patch.size * patch.stride / 2
    pixels = ready.photos[patch.photo].layers["whole"].shape[0]
    place = [(start + middle) / pixels * 2 - 1 for start in (patch.top, patch.left)]
    worn = float(ready.sitting.params.hairstyle is not None)
    numbers = [sin(yaw), cos(yaw), sin(pitch), *place, worn]
    return torch.tensor(numbers, device=ready.code.device)


def picture_psnr(one: Tensor, other: Tensor) -> float:
    """Decibels between the colours of two (4, H, W) pictures."""
    error = (one[:3] - other[:3]).square().mean().clamp(min=1e-9)
    return float(-10 * torch.log10(error))


def _fine(start: int, patch: Patch, supersamples: int, like: Tensor) -> Tensor:
    """Numbers of the rays of a patch along one side."""
    pixels = start + torch.arange(patch.size, device=like.device) * patch.stride
    within = torch.arange(supersamples, device=like.device)
    return (pixels[:, None] * supersamples + within).view(-1)
