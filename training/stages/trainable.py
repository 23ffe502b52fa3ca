"""The product's model as something to train: skin generator, both decoders, and the hairstyles.

What depends on a sitting but not on any weight is worked out once (`ready`): where the six planes
meet the posed mesh, where each camera's rays do, shadows, the light within the hair, and what the
named attributes do to the skin. Painting is affine in the skin's channels, texel by texel (every
attribute multiplies, blends or adds), so slope and offset say it all.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.numpy import save_file
from torch import Tensor, nn

from head360.assets import resource
from head360.errors import Head360Error
from head360.files import replacing
from head360.model.bilinear import vertex_normals
from head360.model.checkpoint import load_arrays
from head360.model.field import HairField, HairPlanes, HeadField, load_fields, save_fields
from head360.model.hair import HairLibrary, pack_style, save_blobs
from head360.model.seating import Seating
from head360.model.texture import TextureModel, pack_model
from head360.model.texture_generator import TextureGenerator, activate
from head360.model.topology import Topology
from head360.params import HeadParams
from head360.rendering.lighting import (
    SHADOW_SIZE,
    ambient_visibility,
    key_transmittance,
    lighting,
    seated_extinction,
)
from head360.rendering.reference import (
    Layout,
    PlaneViews,
    SeatedHair,
    Surface,
    mesh_distance,
    painted_planes,
    plane_views,
)
from head360.rendering.shade import LitScene, shadow_map
from training.catalog import scalp_tint
from training.stages.detach import undivided
from training.stages.hair_direct import StyleWeights
from training.stages.sittings import Photo, Sitting

_STYLES_IN_A_FILE = 6
_ALBEDO = 3  # channels
#: Bounds of painted channels after the albedo, as `texture_layers` keeps them.
_LEAST = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Painting:
    """What attributes make of skin: offset + slope · skin, over the whole atlas."""

    slope: Tensor  # (8, U, 2U)
    offset: Tensor  # (8, U, 2.5U)

    @classmethod
    def of(cls, texture: TextureModel, params: HeadParams, tint: float, skin: Tensor) -> Painting:
        """Measured on black and white skin, and on a skin (8, U, 2U) about as it will be.

        The cap below the neck takes its colour from the whole of that skin; it keeps it.
        """
        width = skin.shape[-1]
        dark = texture.painted(torch.zeros_like(skin), params, tint)
        bright = texture.painted(torch.ones_like(skin), params, tint)
        slope = (bright - dark)[..., :width]
        slope[_ALBEDO:] = 1  # these channels are added to, and clamped
        offset = texture.painted(skin, params, tint)
        offset[..., :width] -= slope * skin
        return cls(slope, offset)

    def over(self, skin: Tensor) -> Tensor:
        """(8, U, 2.5U) maps from a skin tile (8, U, 2U), 0 … 1."""
        width = skin.shape[-1]
        tile = self.offset[..., :width] + self.slope * skin
        tile = torch.cat([tile[:_ALBEDO].clamp(0, 1), tile[_ALBEDO:].clamp(_LEAST, 1)])
        return torch.cat([tile, self.offset[..., width:]], -1)


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """A sitting, ready to be drawn from."""

    sitting: Sitting
    views: PlaneViews
    distances: tuple[Tensor, ...]  # of each photo: (S, S) metres to the mesh, S rays a side
    photos: tuple[Photo, ...]  # on the device
    worn: Painting
    bald: Painting | None  # where the head wears hair
    lit: LitScene  # of the whole; the camera's eye is put in later
    seating: Seating | None
    code: Tensor  # (64,)


@dataclass(frozen=True, slots=True, eq=False)
class HeadMesh:
    """The mean head."""

    topology: Topology
    mean: Tensor  # (V, 3) metres

    @classmethod
    def load(cls, path: Path) -> HeadMesh:
        """Read a mesh file, without what moves it.

        Raises:
            ResourceError: the file is missing or damaged.
        """
        return cls(Topology.load(path), torch.from_numpy(load_arrays(path)["mean"]))


class Trainable(nn.Module):
    """All that learns, and how to write it down again."""

    def __init__(
        self,
        texture: TextureModel,
        head: HeadField,
        hair: HairField,
        styles: Mapping[str, HairPlanes],
        stored: Mapping[str, bytes] | None = None,
    ) -> None:
        """`stored` styles are written as they were, unless they learn something."""
        super().__init__()
        self._texture_model = texture
        self._stored = stored or {}
        self.texture: TextureGenerator = texture.generator.train().requires_grad_(True)
        self.head = head.requires_grad_(True)
        self.hair = hair.requires_grad_(True)
        self.styles = nn.ModuleDict({name: StyleWeights(planes) for name, planes in styles.items()})

    @classmethod
    def load(cls, folder: Path | None, undivided_on: HeadMesh | None = None) -> Trainable:
        """Start from what a stage wrote to `folder`; what is missing there is the shipped model's.

        With `undivided_on` the hairstyles do not know what is hair and what is that mesh's head.

        Raises:
            ResourceError: a file is damaged.
        """
        shipped = resource("models")
        found = folder or shipped

        def part(name: str) -> Path:
            return found / name if (found / name).exists() else shipped / name

        hair = sorted(found.glob("hair-*.safetensors")) or sorted(
            shipped.glob("hair-*.safetensors")
        )
        head, strands = load_fields(part("fields.safetensors"))
        library = HairLibrary.load(hair)
        styles = {name: library.planes(name) for name in library.styles}
        stored = {name: library.blob(name) for name in styles}
        if undivided_on is not None:
            styles = undivided(styles, undivided_on.topology, undivided_on.mean)
            stored = {}
        texture = TextureModel.load(part("texture.safetensors"))
        return cls(texture, head, strands, styles, stored)

    def style(self, name: str) -> StyleWeights:
        """A style's weights.

        Raises:
            Head360Error: the model has no such style.
        """
        if name not in self.styles:
            raise Head360Error(
                f"A sitting wears “{name}”, which the model to be trained does not have.",
                "Make sittings with the styles of that model: train sittings --styles A,B,…",
            )
        module = self.styles[name]
        assert isinstance(module, StyleWeights)
        return module

    def skin(self, code: Tensor) -> Tensor:
        """The skin tile (8, U, 2U), 0 … 1, of a code (64,)."""
        return activate(self.texture(code[None])[0])

    def planes(self, ready: Ready, skin: Tensor, *, bald: bool = False) -> Tensor:
        """The head's planes (6, 12, R, R)."""
        painting = ready.bald if bald and ready.bald is not None else ready.worn
        return painted_planes(ready.views, painting.over(skin))

    def seated(self, ready: Ready) -> SeatedHair | None:
        """The sitting's hairstyle as it is now, on its head."""
        style = ready.sitting.params.hairstyle
        if style is None or ready.seating is None:
            return None
        return SeatedHair(self.style(style)(), ready.seating)

    @torch.no_grad()
    def ready(self, sitting: Sitting, topology: Topology, sizes: tuple[int, int]) -> Ready:
        """Work out what no weight changes; `sizes` are those of planes and of ray pictures."""
        device = next(self.parameters()).device
        surface = _surface(sitting, topology, device)
        style, params = sitting.params.hairstyle, sitting.params
        code = torch.tensor(params.texture, device=device)
        skin = self.skin(code)
        photos = tuple(_moved(photo, device) for photo in sitting.photos)
        seating = _seated_on(sitting.seating, device)
        tint = scalp_tint(style) if style else 0.0
        return Ready(
            sitting,
            plane_views(surface, sizes[0]),
            tuple(_distance(surface, photo, sizes[1]) for photo in photos),
            photos,
            Painting.of(self._texture_model, params, tint, skin),
            Painting.of(self._texture_model, params, 0.0, skin) if style else None,
            self._lit(surface, params, seating),
            seating,
            code,
        )

    def _lit(self, surface: Surface, params: HeadParams, seating: Seating | None) -> LitScene:
        """Lamps, and what keeps their light away: the head, and the hair as it is now."""
        lamps = lighting(params.light)
        vertices, triangles = surface.vertices, surface.layout.triangles
        shadow = shadow_map(vertices, triangles, lamps, SHADOW_SIZE)
        color = vertices.new_tensor(params.hair_color)
        eye = vertices.new_zeros(3)
        if params.hairstyle is None or seating is None:
            return LitScene(lamps, shadow, None, None, color, eye)
        extinction = seated_extinction(self.style(params.hairstyle)().shading, seating)
        through = key_transmittance(extinction, lamps.directions[0])
        return LitScene(lamps, shadow, through, ambient_visibility(extinction), color, eye)

    @torch.no_grad()
    def write(self, folder: Path) -> None:
        """Write the files of the direct stage: fields, texture and hair, for `export`."""
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(folder / "fields.safetensors") as partial:
            save_fields(partial, self.head, self.hair)
        arrays = pack_model(self.texture, self._texture_model.layers, self._texture_model.fixed)
        with replacing(folder / "texture.safetensors") as partial:
            save_file(arrays, partial)
        names = sorted(self.styles)
        with ThreadPoolExecutor() as threads:  # LZMA lets other threads run
            packed = dict(zip(names, threads.map(self._packed, names), strict=True))
        for number, start in enumerate(range(0, len(names), _STYLES_IN_A_FILE)):
            chosen = names[start : start + _STYLES_IN_A_FILE]
            blobs = {name: packed[name] for name in chosen}
            save_blobs(folder / f"hair-{number}.safetensors", blobs)

    def _packed(self, name: str) -> bytes:
        style = self.style(name)
        if name in self._stored and not style.change.any():
            return self._stored[name]
        with torch.no_grad():  # which is each thread's own
            return pack_style(style())


def _surface(sitting: Sitting, topology: Topology, device: torch.device) -> Surface:
    drawn = topology.drawn
    layout = Layout(
        torch.from_numpy(topology.triangles[drawn]).long().to(device),
        torch.from_numpy(topology.uv_triangles[drawn]).long().to(device),
        torch.from_numpy(topology.uv).to(device),
    )
    vertices = sitting.vertices.to(device)
    normals = vertex_normals(vertices, torch.from_numpy(topology.triangles).long().to(device))
    return Surface(layout, vertices, normals, vertices.new_zeros(8, 1, 1))


def _distance(surface: Surface, photo: Photo, size: int) -> Tensor:
    return mesh_distance(surface.vertices, surface.layout.triangles, photo.camera, (size, size))


def _moved(photo: Photo, device: torch.device) -> Photo:
    return Photo(photo.camera, {name: image.to(device) for name, image in photo.layers.items()})


def _seated_on(seating: Seating | None, device: torch.device) -> Seating | None:
    if seating is None:
        return None
    parts = (seating.matrix, seating.offset, seating.displacement)
    return Seating(*(part.to(device) for part in parts))


def parameter_groups(model: Trainable, rate: float, shared_maps: bool) -> list[dict[str, object]]:
    """Adam's groups: the paper's one rate, scaled by what each kind of weight bears.

    The direct stage taught these proportions: with one rate for everything, either planes do not
    move or the skin's mapping diverges.
    """
    named = dict(model.texture.named_parameters())
    maps = [named[name] for name in ("mean", "details", "soft_mean", "basis")]
    for parameter in maps:
        parameter.requires_grad_(shared_maps)
    kernels = [p for name, p in named.items() if p.ndim == 4 and name != "basis"]
    dense = [p for name, p in named.items() if p.ndim < 3]
    styles = [model.style(name) for name in sorted(model.styles)]
    scaled: Mapping[float, list[nn.Parameter]] = {
        1.0: [*model.head.parameters(), *model.hair.parameters()],
        0.2: kernels,
        0.05: dense,
        0.1: maps if shared_maps else [],
        2.0: [style.change for style in styles],
        4.0: [style.grid for style in styles],
    }
    return [
        {"params": parameters, "lr": rate * scale, "initial_lr": rate * scale}
        for scale, parameters in scaled.items()
        if parameters
    ]
