"""Heads as the product draws them, driven with the codes of true ones: what evaluation compares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from head360.assets import resource
from head360.camera import OrbitCamera
from head360.light import BLACK
from head360.model.bilinear import SHOWN_MODES, Identity, vertex_normals
from head360.model.checkpoint import load_arrays
from head360.model.refine import RefineNet
from head360.model.seating import Seat
from head360.rendering.lighting import (
    Lighting,
    ambient_visibility,
    key_transmittance,
    seated_extinction,
)
from head360.rendering.refined import refined
from head360.rendering.scene import Models, Scene, WornHair, hair_tones
from head360.rendering.viewer import Shot, Viewer
from training.catalog import scalp_tint
from training.synhead.heads import TrueHead
from training.synhead.people import Person

Floats = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]

#: Samples along each side of a pixel, as in the studio's complete pictures.
SAMPLES = 2


@dataclass(frozen=True, slots=True)
class Drive:
    """How much of the truth the product is told."""

    all_modes: bool = True  # 120 shape modes, gains and asymmetry; else the 50 of the sliders
    true_maps: bool = False  # the painted maps; else what the generator makes of the code


class Contender:
    """Makes the product's scenes for true heads."""

    def __init__(self, models: Models) -> None:
        self.models = models
        arrays = load_arrays(resource("models", "mesh.safetensors"))
        self._center, self._unmixing = arrays["code_center"], arrays["code_mixing"]
        self._seat = Seat(models.mesh.topology, models.mesh.mean)
        self._triangles = torch.from_numpy(models.mesh.topology.triangles).long()
        self._identities: dict[tuple[int, bool], Identity] = {}

    @torch.inference_mode()
    def scene(
        self,
        head: TrueHead,
        expression: Floats,
        lighting: Lighting,
        style: str | None,
        drive: Drive,
    ) -> Scene:
        """The product's version of a head that wears a style or is bald."""
        identity = self.identity(head, drive)
        vertices, normals = self.pose(head, expression, drive)
        hair = self._worn(identity, style, lighting) if style else None
        color = torch.tensor(head.params.hair_color)
        maps, tones = self._maps(head, style, drive), hair_tones(head.params)
        return Scene(vertices, normals, maps, hair, lighting, color, tones)

    @torch.inference_mode()
    def pose(self, head: TrueHead, expression: Floats, drive: Drive) -> tuple[Tensor, Tensor]:
        """(V, 3) vertices in metres and (V, 3) normals of the product's mesh."""
        vertices = self.models.mesh.pose(self.identity(head, drive), torch.from_numpy(expression))
        return vertices, vertex_normals(vertices, self._triangles)

    def identity(self, head: TrueHead, drive: Drive) -> Identity:
        """The product's shape and movements of a person."""
        key = (head.seed, drive.all_modes)
        if key not in self._identities:
            if len(self._identities) > 1:
                self._identities.clear()  # 16 MB each
            self._identities[key] = self._modelled(head.person, drive)
        return self._identities[key]

    def _modelled(self, person: Person, drive: Drive) -> Identity:
        code = torch.from_numpy(self._unmixing @ (person.coefficients - self._center)).float()
        if not drive.all_modes:
            return self.models.mesh.identity(code[:SHOWN_MODES])
        gains, asymmetry = torch.from_numpy(person.gains), torch.from_numpy(person.asymmetry)
        return self.models.mesh.identity(code, gains, asymmetry)

    def _maps(self, head: TrueHead, style: str | None, drive: Drive) -> Tensor:
        if drive.true_maps:
            return head.maps if style else head.bald_maps
        return self.models.texture.maps(head.params, scalp_tint(style) if style else 0.0)

    def _worn(self, identity: Identity, style: str, lighting: Lighting) -> WornHair:
        planes = self.models.styles.planes(style)
        seating = self._seat.fit(identity.neutral)
        extinction = seated_extinction(planes.shading, seating)
        return WornHair(
            planes,
            seating,
            extinction,
            key_transmittance(extinction, lighting.directions[0]),
            ambient_visibility(extinction),
        )


def refined_picture(
    viewer: Viewer, net: RefineNet, scene: Scene, camera: OrbitCamera, size: int
) -> Picture:
    """The same as `viewer_picture`, refined as the studio refines complete pictures."""
    steps = refined(viewer, net, scene, Shot(camera, size, size, SAMPLES, background=BLACK))
    while True:
        try:
            next(steps)
        except StopIteration as done:
            picture: Picture = done.value[..., :3]
            return picture


def viewer_picture(
    viewer: Viewer, scene: Scene, camera: OrbitCamera, size: int, *, exact: bool
) -> Picture:
    """(size, size, 3) sRGB on black, as the studio draws it."""
    steps = viewer.draw(scene, Shot(camera, size, size, SAMPLES, exact=exact, background=BLACK))
    while True:
        try:
            next(steps)
        except StopIteration as done:
            picture: Picture = done.value[..., :3]
            return picture
