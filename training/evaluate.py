"""Measures the product against the truth: held-out views of training people, same camera and light.

Every picture is drawn twice, by the true renderer (source mesh, painted skin, strands) and by the
product from the person's codes alone, on black. The cameras are random; training saw others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file

from head360.errors import Head360Error
from head360.light import BLACK
from head360.model.field import VARIANTS, HeadField, Variant
from head360.params import neutral_head
from head360.rendering.reference_picture import reference_picture
from head360.rendering.request import RenderRequest
from head360.rendering.scene import Models
from training.contenders import SAMPLES, Drive
from training.pictures import save_row
from training.provenance import provenance
from training.scores import Scores, rows
from training.tables import Row, Table, write_tables
from training.truths import Truth, TruthBench

Picture = npt.NDArray[np.uint8]

#: Variants are compared by the slow reference renderer, at this share of the size.
_VARIANT_SCALE = 2
_BALD_ROWS: dict[str, tuple[Drive, bool]] = {
    "fast, generated skin": (Drive(), False),
    "exact, generated skin": (Drive(), True),
    "fast, true skin": (Drive(true_maps=True), False),
    "exact, true skin": (Drive(true_maps=True), True),
    "fast, generated skin, 50 shape sliders only": (Drive(all_modes=False), False),
}
_VARIANT_NAMES: dict[Variant, str] = {
    "depth": "depth-aware six planes",
    "plain": "plain mean of six planes",
    "triplane": "tri-plane",
}


@dataclass(frozen=True, slots=True)
class Generation:
    """One evaluation."""

    source: Path
    out: Path
    heads: int = 8
    views: int = 4  # of each head, bald
    hair_views: int = 3  # of each hairstyle
    size: int = 512  # pixels
    styles: Sequence[str] = ()  # none: all that ship
    variants: Path | None = None  # folder of VARIANT/head.safetensors


def run(job: Generation) -> Iterator[str]:
    """Measure; yields a line for people now and then, and writes generation.md and .json.

    Raises:
        Head360Error: source data, a model or a variant is missing.
    """
    torch.set_flush_denormal(False)  # scipy's trees can crash with it
    bench = TruthBench(job.source, job.size)
    styles = list(job.styles) or list(bench.models.styles.styles)
    tables: list[Table] = []
    try:
        for part in (_bald(job, bench), _worn(job, bench, styles), _variants(job, bench)):
            for said in part:
                if isinstance(said, str):
                    yield said
                else:
                    tables.append(said)
                    write_tables(job.out, "generation", tables, _note(job, len(styles)))
                    yield from _lines(said)
    finally:
        bench.close()


def _bald(job: Generation, bench: TruthBench) -> Iterator[str | Table]:
    scores = {name: Scores() for name in _BALD_ROWS}
    for seed in range(job.heads):
        for view, truth in enumerate(bench.truths(seed, None, job.views, 0)):
            shown = [truth.image]
            for name, (drive, exact) in _BALD_ROWS.items():
                image = bench.drawn(truth, None, drive, exact=exact)
                scores[name].add(truth, image)
                shown.append(image)
            if view == 0:
                save_row(job.out / f"bald-{seed}.png", shown[:4])
        first = next(iter(_BALD_ROWS))
        yield f"bald head {seed + 1}/{job.heads}: {scores[first].last('psnr'):.1f} dB"
    yield Table("Bald heads", rows(scores), "30 dB, SSIM 0.95 with generated skin")


def _worn(job: Generation, bench: TruthBench, styles: Sequence[str]) -> Iterator[str | Table]:
    total = {False: Scores(), True: Scores()}
    each: list[Row] = []
    for number, style in enumerate(styles):
        own = {False: Scores(), True: Scores()}
        seed = number % job.heads
        for view, truth in enumerate(bench.truths(seed, style, job.hair_views, 1000 + number)):
            shown = [truth.image]
            for exact in (False, True):
                image = bench.drawn(truth, style, Drive(), exact=exact)
                own[exact].add(truth, image)
                total[exact].add(truth, image)
                shown.append(image)
            if view == 0:
                save_row(job.out / f"hair-{style}.png", shown)
        each.append(own[False].row(f"{style}, fast"))
        yield f"{style}: {each[-1].psnr:.1f} dB, hair {each[-1].hair_psnr or 0:.1f} dB"
    means = [total[False].row("**mean, fast**"), total[True].row("**mean, exact**")]
    yield Table("With hair", (*means, *each), "26 dB, hair 23 dB, mean over styles")


def _variants(job: Generation, bench: TruthBench) -> Iterator[str | Table]:
    if job.variants is None:
        return
    size = job.size // _VARIANT_SCALE
    small = TruthBench(job.source, size, bench.models)
    scores = {_VARIANT_NAMES[name]: Scores() for name in VARIANTS}
    try:
        fields = {name: _variant_field(bench.models, job.variants, name) for name in VARIANTS}
        for seed in range(job.heads):
            for truth in small.truths(seed, None, 1, 0):
                for name, field_ in fields.items():
                    scores[_VARIANT_NAMES[name]].add(truth, _reference(small, truth, field_, size))
            yield f"variants, head {seed + 1}/{job.heads}"
    finally:
        small.close()
    title = f"Decoders of the head, true skin, {size} pixels, reference renderer"
    yield Table(title, rows(scores))


def _variant_field(models: Models, folder: Path, variant: Variant) -> HeadField:
    if variant == models.head.variant:
        return models.head
    path = folder / variant / "head.safetensors"
    if not path.is_file():
        raise Head360Error(
            f"There is no trained “{variant}” decoder in “{folder}”.",
            f"Train it: python -m training train direct --variant {variant} --only head "
            f"--out {folder / variant}",
        )
    made = HeadField(variant)
    made.load_state_dict(load_file(path))
    made.requires_grad_(False)
    return made


def _reference(bench: TruthBench, truth: Truth, head: HeadField, size: int) -> Picture:
    scene = bench.contender.scene(
        truth.head, truth.face, truth.lighting, None, Drive(true_maps=True)
    )
    request = RenderRequest(neutral_head(), truth.camera, size, size, "head", background=BLACK)
    models = replace(bench.models, head=head)
    return reference_picture(models, scene, request, SAMPLES)[..., :3]


def _lines(table: Table) -> Iterable[str]:
    yield table.title
    for row in table.rows:
        hair = f", hair {row.hair_psnr:.2f} dB" if row.hair_psnr is not None else ""
        yield f"  {row.name}: {row.psnr:.2f} dB, SSIM {row.ssim:.4f}{hair}"


def _note(job: Generation, styles: int) -> str:
    return (
        f"{job.heads} training people, random held-out cameras, {job.size} × {job.size} pixels, "
        f"same light, black background; {styles} hairstyles. Means over pictures. The truth has "
        f"16 samples a pixel, the product 4. {provenance()}"
    )
