"""Runs the texture stage: paints people, trains the generator, writes texture.safetensors.

Beside the model it leaves `texture-codes.safetensors`: the code of training person i is row i, and
`training.synhead.skin.SkinStudio.bake` paints the same person's true skin from it.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import Tensor

from head360.files import replacing
from head360.model.texture import FixedTiles, TextureModel, Tile, pack_model
from head360.model.texture_generator import GeneratorShape, TextureGenerator
from training.config import TextureConfig
from training.stages.checkpoint import Checkpoint
from training.stages.journal import Journal
from training.stages.pace import Budget
from training.stages.progress import Progress
from training.stages.report import Part, write_report
from training.stages.texture import (
    SkinData,
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
_SHOWN = 4
#: Rows the convolutions begin with, and their channels at 4, 8, 16 … rows.
_FIRST_ROWS, _CONVOLUTION = 4, (96, 96, 64, 48, 32, 24)
#: Share of limited time that painting may take, and seconds kept for what follows the training.
_PAINT_SHARE, _RESERVE, _RESERVE_ON_CPU = 0.45, 70.0, 90.0
_LEAST_STEPS = 20


@dataclass(frozen=True, slots=True)
class TextureRun:
    """Where a run reads and writes, and with what."""

    source: Path  # folder of ict_head.npz
    out: Path
    config: TextureConfig = field(default_factory=TextureConfig)
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    minutes: float | None = None

    @property
    def shape(self) -> GeneratorShape:
        """The generator's sizes, its convolutions doubling from 4 rows to `soft_rows`."""
        sizes = self.config.generator
        count = (sizes.soft_rows // _FIRST_ROWS).bit_length()
        return GeneratorShape(
            hidden=sizes.hidden, rows=sizes.rows, soft_rows=sizes.soft_rows, basis=sizes.basis,
            details=sizes.details, convolution=_CONVOLUTION[:count],
        )  # fmt: skip


def run(job: TextureRun) -> Iterator[str]:
    """Train; yields a line for people now and then.

    With a limit of minutes, fewer people are painted and fewer steps made if need be.
    """
    job.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(job.config.seed)
    torch.set_flush_denormal(True)  # tiny gradients otherwise slow convolutions down tenfold
    budget = Budget(job.minutes)
    studio = SkinStudio.open(job.source, job.shape.rows, job.device)
    yield f"the studio is open: {studio.texels.shape[0]} rows"
    data = yield from _painted(studio, job, budget)
    rows = fine_rows(data)
    generator, wanted = begin(data, rows, job.shape)
    generator.details.requires_grad_(False)
    with Journal(job.out / "journal") as journal:
        part = yield from _trained(generator, data, wanted, job, journal, budget)
        settle_details(generator, data, rows)
        write_model(generator, studio, job.out)
        write_report(job.out / "report.json", job.device, [part])
        yield "before packing, " + _report(generator, studio)
        packed = TextureModel.load(job.out / "texture.safetensors").generator.to(job.device)
        yield "as packed, " + _report(packed, studio)
        _sheet(packed, studio, journal, part.steps)


def _painted(studio: SkinStudio, job: TextureRun, budget: Budget) -> Generator[str, None, SkinData]:
    """Paints people; its value is the data."""
    own = budget.part(_PAINT_SHARE)
    limit = Budget(None if own is None else own / 60)
    cache = job.out / "painted" if job.device.type == "cpu" else None
    painting = paint_people(
        studio, job.config.stage, job.shape, job.device, lambda: limit.left, cache
    )
    said = 0
    while True:
        try:
            progress = next(painting)
        except StopIteration as done:
            data: SkinData = done.value
            yield f"painted {len(data.codes)} people, {len(data.fine)} of them in full"
            return data
        if progress.step >= said + 256 or progress.step == progress.steps:
            said = progress.step
            yield f"painted {progress.step} of {progress.steps} people"


def _trained(
    generator: TextureGenerator,
    data: SkinData,
    wanted: Tensor,
    job: TextureRun,
    journal: Journal,
    budget: Budget,
) -> Generator[str, None, Part]:
    stage, started = job.config.stage, time.monotonic()
    reserve = _RESERVE if job.device.type == "cuda" else _RESERVE_ON_CPU
    pace = budget.pace(stage.steps, reserve=reserve, least=_LEAST_STEPS)
    checkpoint = Checkpoint(job.out / "unfinished" / "texture.safetensors")
    progress, said = Progress(0, stage.steps, 0.0), -1
    training = train_network(
        generator, data, wanted, stage, seed=job.config.seed, pace=pace, checkpoint=checkpoint
    )
    for progress in training:
        if said < 0:
            journal.rewind(progress.step - 1, ["texture"])
        journal.loss(progress.step, texture=progress.loss)
        if (part := 40 * progress.step // progress.steps) > said:
            said = part
            yield f"step {progress.step} of {progress.steps}, loss {progress.loss:.4f}"
    return Part("texture", progress.step, time.monotonic() - started, progress.loss)


@torch.no_grad()
def _sheet(generator: TextureGenerator, studio: SkinStudio, journal: Journal, step: int) -> None:
    """Held-out people: their true albedo above what was made of their codes."""
    device, pictures = generator.mean.device, []
    codes = torch.stack([torch.from_numpy(person_code(seed)) for seed in HELD_OUT[:_SHOWN]])
    for code in codes.split(1):
        truth = studio.bake_many(code)[0, :3].to(device)
        made = generator(code.to(device))[0, :3].sigmoid()
        both = torch.cat([truth[:, ::2, ::2], made[:, ::2, ::2]], 1).flip(1)
        pictures.append(both.permute(1, 2, 0).cpu().numpy())
    journal.sheet(step, pictures, columns=2, name="held-out")


def write_model(generator: TextureGenerator, studio: SkinStudio, out: Path) -> None:
    """Write the model and the codes of training people."""
    arrays = pack_model(generator, draw_layers(studio), fixed_tiles(studio))
    with replacing(out / "texture.safetensors") as partial:
        save_file(arrays, partial)
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
