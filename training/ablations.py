"""Other ways to say what is where, for Table 3: each trained with the same budget as ours.

A folder of ablations holds `depth/`, `plain/` and `triplane/` as the direct stage writes them
(fields.safetensors and hair-*.safetensors), and `nerf/nerf.safetensors`. All are drawn by the
reference renderer, which asks the field at every sample.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from head360.errors import Head360Error
from head360.light import BLACK
from head360.model.field import HairPlanes, load_fields
from head360.model.hair import HairLibrary
from head360.model.topology import Topology
from head360.params import neutral_head
from head360.rendering.march import HairFunction, HeadFunction
from head360.rendering.reference import Reference, SeatedHair, Surface, head_planes
from head360.rendering.reference_picture import lit_scene, surface_of
from head360.rendering.request import RenderRequest
from head360.rendering.resolve import resolve
from head360.rendering.scene import Scene
from head360.rendering.shade import LitScene, shade
from training.truths import Truth
from training.vanilla import Vanilla

Picture = npt.NDArray[np.uint8]

NAMES: Mapping[str, str] = {
    "depth": "depth-aware six planes (ours)",
    "plain": "plain mean of six planes (the paper's planes)",
    "triplane": "tri-plane",
    "nerf": "vanilla NeRF",
}
_PLANES = 512  # texels along each side of the head's planes


@dataclass(frozen=True, slots=True, eq=False)
class Ablation:
    """One way, trained."""

    head: HeadFunction
    hair: HairFunction
    device: torch.device
    style: Callable[[str], HairPlanes]  # planes of a hairstyle
    styles: tuple[str, ...]
    head_code: Callable[[Truth], Tensor] | None  # what stands for planes where there are none


def load_ablations(folder: Path, device: torch.device) -> dict[str, Ablation]:
    """Those of `NAMES` that were trained.

    Raises:
        Head360Error: there are fewer than two; the hint says how one is trained.
        ResourceError: a file is damaged.
    """
    there = [name for name in NAMES if _files(folder, name)[0].is_file()]
    missing = [name for name in NAMES if name not in there]
    wanted = there if len(there) > 1 else [*there, missing[0]]  # the missing one says so
    return {name: load_ablation(folder, name, device) for name in wanted}


def _files(folder: Path, name: str) -> tuple[Path, str]:
    """The file that says that a way was trained, and how it is trained."""
    if name == "nerf":
        return folder / "nerf" / "nerf.safetensors", "--variant nerf"
    return folder / name / "fields.safetensors", f"--variant {name}"


def load_ablation(folder: Path, name: str, device: torch.device) -> Ablation:
    """One of `NAMES`.

    Raises:
        Head360Error: it is not there; the hint says how it is trained.
        ResourceError: a file is damaged.
    """
    if name == "nerf":
        return _vanilla(_existing(folder, name), device)
    fields = _existing(folder, name)
    head, hair = load_fields(fields)
    library = HairLibrary.load(sorted(fields.parent.glob("hair-*.safetensors")))

    def style(wanted: str) -> HairPlanes:
        return library.planes(wanted).to(device)

    return Ablation(head.to(device), hair.to(device), device, style, library.styles, None)


def _existing(folder: Path, name: str) -> Path:
    path, command = _files(folder, name)
    if path.is_file():
        return path
    raise Head360Error(
        f"There is no trained “{name}” in “{path.parent}”.",
        f"Train it: python -m training train direct --preset ablation-cpu {command} "
        f"--out {path.parent}",
    )


def _vanilla(path: Path, device: torch.device) -> Ablation:
    made = Vanilla.load(path)
    head, hair = made.head.to(device), made.hair.to(device)

    def code(truth: Truth) -> Tensor:
        return head.code_of(truth.head.seed, torch.from_numpy(truth.face).to(device))

    def style(name: str) -> HairPlanes:
        return hair.style(made.styles.index(name))

    return Ablation(head, hair, device, style, made.styles, code)


@dataclass(frozen=True, slots=True, eq=False)
class Sitter:
    """A head before a camera, with all that does not depend on the way it is drawn."""

    truth: Truth
    scene: Scene
    surface: Surface
    lit: LitScene
    planes: Tensor  # (6, 12, R, R)


@torch.inference_mode()
def seated(
    topology: Topology, scene: Scene, truth: Truth, size: int, device: torch.device
) -> Sitter:
    """`scene` is the product's, with its light volumes; pictures will be `size` pixels wide."""
    moved = scene_on(scene, device)
    surface = surface_of(topology, moved)
    request = RenderRequest(neutral_head(), truth.camera, size, size, background=BLACK)
    lit = lit_scene(surface, moved, request)
    return Sitter(truth, moved, surface, lit, head_planes(surface, _PLANES))


@torch.inference_mode()
def ablation_picture(
    ablation: Ablation, sitter: Sitter, style: str | None, size: int, samples: int
) -> Picture:
    """(size, size, 3) sRGB on black."""
    truth, worn = sitter.truth, sitter.scene.hair
    planes = ablation.head_code(truth) if ablation.head_code else sitter.planes
    hair = SeatedHair(ablation.style(style), worn.seating) if style and worn else None
    fine = (size * samples, size * samples)
    renderer = Reference(ablation.head, ablation.hair)
    traced = renderer.trace(sitter.surface, planes, hair, truth.camera, fine)
    image = shade(traced, sitter.lit).permute(2, 0, 1)
    pooled = torch.nn.functional.avg_pool2d(image, samples).permute(1, 2, 0)
    picture: Picture = resolve(pooled.cpu(), BLACK)[..., :3]
    return picture


def scene_on(scene: Scene, device: torch.device) -> Scene:
    """The same scene with its tensors on a device."""
    hair = scene.hair
    if hair is not None:
        seating = replace(
            hair.seating,
            matrix=hair.seating.matrix.to(device),
            offset=hair.seating.offset.to(device),
            displacement=hair.seating.displacement.to(device),
        )
        hair = replace(
            hair,
            style=hair.style.to(device),
            seating=seating,
            extinction=hair.extinction.to(device),
            transmittance=hair.transmittance.to(device),
            visibility=hair.visibility.to(device),
        )
    return replace(
        scene,
        vertices=scene.vertices.to(device),
        normals=scene.normals.to(device),
        maps=scene.maps.to(device),
        hair=hair,
        hair_color=scene.hair_color.to(device),
    )
