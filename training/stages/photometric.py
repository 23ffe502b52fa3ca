"""Draws patches of pictures with the model being trained, and compares them with the truth.

The torch reference path does the work: planes of the textured mesh, marches through head and
hair, shading; gradients reach every weight. Pictures are compared as they are looked at, encoded as
sRGB before black. Their alpha is compared as well: before black, black hair would else be free.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import cos, radians, sin, tan

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from head360.camera import OrbitCamera
from head360.rendering.march import NO_HIT, Rays
from head360.rendering.reference import Buffers, Reference, SeatedHair
from head360.rendering.shade import linear_from_srgb, shade, srgb_from_linear
from training.stages.sittings import Layer
from training.stages.trainable import Ready, Trainable

#: How often a patch is looked for whose middle shows the head.
_TRIES = 8
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
    ready = dressed.ready
    camera = ready.photos[patch.photo].camera
    distances = ready.distances[patch.photo]
    rows, columns = (
        _fine(start, patch, supersamples, distances) for start in (patch.top, patch.left)
    )
    directions = pixel_directions(camera, rows, columns, len(distances))
    mesh_t = distances[rows][:, columns].reshape(-1)
    eye = torch.from_numpy(camera.eye).to(directions)
    rays = Rays(eye.expand(len(mesh_t), 3), directions.reshape(-1, 3))
    planes = (
        dressed.planes if layer != "bald" or dressed.bald_planes is None else dressed.bald_planes
    )
    if layer == "hair":
        mesh_t = torch.full_like(mesh_t, NO_HIT)
    hair = None if layer == "bald" else dressed.hair
    head, strands = Reference(model.head, model.hair).along(planes, hair, rays, mesh_t)
    size = directions.shape[:2]
    buffers = Buffers(head.view(*size, -1), strands.view(*size, -1), directions)
    lit = replace(ready.lit, eye=eye)
    if layer == "bald":
        lit = replace(lit, transmittance=None, visibility=None)
    color = functional.avg_pool2d(shade(buffers, lit).permute(2, 0, 1), supersamples)
    return torch.cat([srgb_from_linear(color[:3].clamp(0, 1)), color[3:]])


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
