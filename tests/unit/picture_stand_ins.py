"""A model and sittings small enough that a step of training from pictures takes milliseconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from head360.assets import resource
from head360.camera import OrbitCamera
from head360.light import Light
from head360.model.field import HAIR_CHANNELS, HairField, HairPlanes, HeadField
from head360.model.seating import GRID_SIZE, Seating
from head360.model.texture import FixedTiles, TextureModel, Tile
from head360.model.texture_generator import GeneratorShape, TextureGenerator
from head360.model.texture_layers import RECIPES
from head360.params import neutral_head
from training.stages.photometric import Patch, draw, dress
from training.stages.sittings import LAYERS, Photo, Sitting, save_sitting, sitting_path
from training.stages.trainable import HeadMesh, Ready, Trainable

STYLE = "bob"
SIZE = 32  # pixels
PLANES = 32  # texels
ROWS = 32
CAMERAS = (OrbitCamera(20, 5), OrbitCamera(-50, 0), OrbitCamera(100, 10))
CONFIG = """
seed = 3
[sittings]
makers = 0
size = 32
[stage]
steps = 6
heads = 2
patches = 1
patch = 16
plane_size = 32
discriminator_width = 4
density_points = 64
lazy_discriminator = 2
save_minutes = 0.0
sheet_every = 1000
"""


def mesh() -> HeadMesh:
    """The product's mean head."""
    return HeadMesh.load(resource("models", "mesh.safetensors"))


def tiny_model(seed: int = 0) -> Trainable:
    """Random skin of 32 rows, untrained decoders, one round cap of hair."""
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        shape = GeneratorShape(
            hidden=8, rows=ROWS, soft_rows=8, basis=2, details=2, convolution=(4, 4)
        )
        generator = TextureGenerator(shape)
        torch.nn.init.normal_(generator.soft_mean, std=0.5)
        torch.nn.init.normal_(generator.basis, std=0.3)
        half, quarter = ROWS // 2, ROWS // 4
        grey = torch.full((8, half, half), 0.5)
        rest = tuple(
            Tile(half + row, 2 * ROWS + column, grey[:, :quarter, :quarter])
            for row in (0, quarter)
            for column in (0, quarter)
        )
        fixed = FixedTiles(rest, Tile(0, 2 * ROWS, grey), torch.full((2, half, half), 0.5))
        texture = TextureModel(generator, dict.fromkeys(RECIPES, ()), fixed)
        return Trainable(texture, HeadField(), HairField(), {STYLE: cap()})


def cap() -> HairPlanes:
    """Hair of even density in the upper half of the box."""
    planes = torch.zeros(6, len(HAIR_CHANNELS), 16, 16)
    planes[:, HAIR_CHANNELS.index("coverage"), 8:] = 1
    planes[:, HAIR_CHANNELS.index("depth")] = 0.1
    planes[:, HAIR_CHANNELS.index("tangent_y")] = -1
    grid = torch.full((16, 16, 16), -2.0)
    grid[3:13, 10:14, 3:13] = 4.0
    return HairPlanes(planes, grid)


def tiny_sitting(model: Trainable, number: int, worn: bool) -> Sitting:
    """The mean head with a code of its own, drawn by `model`."""
    rng = np.random.default_rng(number)
    params = neutral_head()
    params = params.with_(
        texture=rng.normal(size=64), attributes=0 * params.attributes,
        hairstyle=STYLE if worn else None, light=Light(),
    )  # fmt: skip
    seating = Seating(torch.eye(3), torch.zeros(3), torch.zeros(*GRID_SIZE[::-1], 3))
    head = mesh()
    layers = LAYERS if worn else LAYERS[:1]
    blank = torch.zeros(SIZE, SIZE, 4, dtype=torch.uint8)
    unseen = tuple(Photo(camera, dict.fromkeys(layers, blank)) for camera in CAMERAS)
    sitting = Sitting(params, head.mean, seating if worn else None, unseen)
    ready = model.ready(sitting, head.topology, (PLANES, SIZE))
    photos = tuple(
        Photo(camera, {layer: photograph(model, ready, i, layer) for layer in layers})
        for i, camera in enumerate(CAMERAS)
    )
    return Sitting(params, head.mean, sitting.seating, photos)


@torch.no_grad()
def photograph(model: Trainable, ready: Ready, number: int, layer: str) -> torch.Tensor:
    """What the model draws, as a photo's (H, W, 4) bytes with straight alpha."""
    from head360.rendering.shade import linear_from_srgb, srgb_from_linear

    dressed = dress(model, ready, bald_too=True)
    drawn = draw(model, dressed, Patch(number, 0, 0, SIZE), layer, 1)
    color = linear_from_srgb(drawn[:3]) / drawn[3:].clamp(min=1e-4)
    straight = torch.cat([srgb_from_linear(color).clamp(0, 1) * (drawn[3:] > 0), drawn[3:]])
    return (straight * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous()


def write_tiny(folder: Path, sittings: int = 4) -> None:
    """A model in `start`, sittings that another model drew, and a configuration."""
    tiny_model(0).write(folder / "start")
    drawer = tiny_model(1)
    for number in range(sittings):
        sitting = tiny_sitting(drawer, number, worn=number % 2 == 0)
        save_sitting(sitting_path(folder / "sittings", number), sitting)
    (folder / "tiny.toml").write_text(CONFIG, "utf-8")
