"""A complete picture by the reference renderer: scene to G-buffers to shading to pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from head360.model.jaw import FollowingSeating
from head360.model.topology import Topology
from head360.rendering.lighting import SHADOW_SIZE
from head360.rendering.reference import Buffers, Layout, Reference, SeatedHair, Surface
from head360.rendering.request import RenderRequest
from head360.rendering.resolve import resolve
from head360.rendering.scene import Models, Scene
from head360.rendering.shade import LitScene, shade, shadow_map


@torch.inference_mode()
def reference_picture(
    models: Models,
    scene: Scene,
    request: RenderRequest,
    samples: int,
    *,
    plane_size: int = 512,
) -> npt.NDArray[np.uint8]:
    """(H, W, 4) sRGB and straight alpha; shaded, head only or hair only, whatever the mode says."""
    surface = surface_of(models.mesh.topology, scene)
    lit = lit_scene(surface, scene, request)
    renderer = Reference(models.head, models.hair)
    worn = scene.hair if request.mode != "head" else None
    hair = SeatedHair(worn.style, worn.warp) if worn else None
    if worn and scene.hair_shift is not None:
        hair = SeatedHair(worn.style, FollowingSeating(worn.warp, scene.hair_shift))

    def shaded(buffers: Buffers) -> torch.Tensor:
        return shade(buffers, lit)

    size = (request.height, request.width)
    color = renderer.render(
        surface, hair, request.camera, size, shaded, plane_size=plane_size, supersamples=samples
    )
    return resolve(color, request.background)


def surface_of(topology: Topology, scene: Scene) -> Surface:
    """The mesh of a scene, lashes left out."""
    drawn = topology.drawn
    layout = Layout(
        torch.from_numpy(topology.triangles[drawn]).long(),
        torch.from_numpy(topology.uv_triangles[drawn]).long(),
        torch.from_numpy(topology.uv),
        torch.from_numpy(topology.openings[drawn]),
    )
    return Surface(layout, scene.vertices, scene.normals, scene.maps, scene.turned)


def lit_scene(surface: Surface, scene: Scene, request: RenderRequest) -> LitScene:
    """What shading needs besides the G-buffers."""
    shadow = shadow_map(surface.placed, surface.layout.triangles, scene.lighting, SHADOW_SIZE)
    hair = scene.hair
    return LitScene(
        scene.lighting,
        shadow,
        hair.transmittance if hair else None,
        hair.visibility if hair else None,
        scene.hair_color,
        torch.from_numpy(request.camera.eye).float(),
        scene.hair_tones,
        scene.hair_paint,
    )
