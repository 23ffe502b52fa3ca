"""Runs the texture stage: paints people, trains the generator, writes texture.safetensors.

Beside the model it leaves `texture-codes.safetensors`: the code of training person i is row i, and
`training.synhead.skin.SkinStudio.bake` paints the same person's true skin from it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import Tensor

from head360.model.texture import FixedTiles, Tile, pack_model
from head360.model.texture_generator import GeneratorShape, TextureGenerator
from training.stages.texture import (
    SkinData,
    TextureStage,
    albedo_psnr,
    begin,
    fine_rows,
    paint_people,
    settle_details,
    train_network,
)
from training.synhead.eyes import draw_tiles
from training.synhead.skin import SkinStudio, person_code
from training.synhead.skin_atlas import TILES
from training.synhead.skin_layers import draw_layers

#: People the report looks at; negative ones were never trained on.
TRAINED = tuple(range(8))
HELD_OUT = tuple(range(-1, -17, -1))


@dataclass(frozen=True, slots=True)
class TextureRun:
    """Where a run reads and writes."""

    source: Path  # folder of ict_head.npz
    out: Path
    stage: TextureStage = field(default_factory=TextureStage)
    shape: GeneratorShape = field(default_factory=GeneratorShape)
    seed: int = 0


def run(job: TextureRun) -> Iterator[str]:
    """Train; yields a line for people now and then."""
    job.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(job.seed)
    torch.set_flush_denormal(True)  # tiny gradients otherwise slow convolutions down tenfold
    studio = SkinStudio.open(job.source, job.shape.rows)
    data = yield from _painted(studio, job)
    rows = fine_rows(data)
    generator, wanted = begin(data, rows, job.shape)
    generator.details.requires_grad_(False)
    yield from _trained(generator, data, wanted, job)
    settle_details(generator, data, rows)
    write_model(generator, studio, job.out)
    yield _report(generator, studio)


def _painted(studio: SkinStudio, job: TextureRun) -> Generator[str, None, SkinData]:
    """Paints people; its value is the data."""
    painting = paint_people(studio, job.stage, job.shape)
    while True:
        try:
            progress = next(painting)
        except StopIteration as done:
            data: SkinData = done.value
            return data
        if progress.step % 64 == 0:
            yield f"painted {progress.step} of {progress.steps} people"


def _trained(
    generator: TextureGenerator, data: SkinData, wanted: Tensor, job: TextureRun
) -> Iterator[str]:
    for progress in train_network(generator, data, wanted, job.stage, job.out):
        if progress.step % 50 == 0:
            yield f"step {progress.step} of {progress.steps}, loss {progress.loss:.4f}"


def write_model(generator: TextureGenerator, studio: SkinStudio, out: Path) -> None:
    """Write the model and the codes of training people."""
    arrays = pack_model(generator, draw_layers(studio), fixed_tiles(studio))
    partial = out / "texture.partial"
    save_file(arrays, partial)
    partial.replace(out / "texture.safetensors")
    codes = np.stack([person_code(seed) for seed in range(128)])
    save_file({"codes": codes}, out / "texture-codes.safetensors")


def fixed_tiles(studio: SkinStudio) -> FixedTiles:
    """The drawn tiles, at their places on the atlas."""
    rows = studio.texels.shape[0]
    drawn = draw_tiles(studio.head, rows)

    def placed(name: str) -> Tile:
        x, y, _, _ = TILES[name]
        return Tile(round(y * rows), round(x * rows), torch.from_numpy(getattr(drawn, name)))

    others = tuple(placed(name) for name in ("gums", "teeth", "lashes", "cap"))
    return FixedTiles(others, placed("eye"), torch.from_numpy(drawn.iris))


def _report(generator: TextureGenerator, studio: SkinStudio) -> str:
    trained = albedo_psnr(generator, studio, TRAINED)
    held = albedo_psnr(generator, studio, HELD_OUT)
    return (
        f"albedo PSNR: trained people {np.mean(trained):.2f} dB (worst {min(trained):.2f}), "
        f"held-out people {np.mean(held):.2f} dB (worst {min(held):.2f})"
    )
