"""Table 3 of the paper on our data: training identities, unseen cameras and faces, ablations.

Two groups of rows. The first is what ships, drawn by the viewer at full size, with and without
RefineNet. The second are ablations, each trained with one and the same smaller budget and drawn by
the reference renderer at half the size: which way of reading planes is how much better.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from head360.assets import resource
from head360.model.refine import load_refine
from training.ablations import NAMES, Ablation, ablation_picture, load_ablation
from training.contenders import SAMPLES, Drive, refined_picture, viewer_picture
from training.device import chosen_device
from training.pictures import save_row
from training.provenance import provenance
from training.scores import Measures, Scores, rows
from training.tables import Row, Table, write_tables
from training.truths import Truth, TruthBench

#: The paper's own figures (its Table 3, 512², its own data).
PAPER = (
    Row("paper: full", None, 28.27, 0.866, lpips=0.0631),
    Row("paper: without RefineNet", None, 28.92, 0.883, lpips=0.0731),
    Row("paper: tri-plane", None, 25.66, 0.827, lpips=0.0954),
    Row("paper: vanilla NeRF", None, 24.44, 0.826, lpips=0.0816),
)
_SALT = 7000  # cameras and faces that no stage has met
_ABLATION_SCALE = 2
_FULL, _PLAIN = "full (with RefineNet)", "without RefineNet"
_SHEET_ROWS = 8


@dataclass(frozen=True, slots=True)
class Table3:
    """One evaluation."""

    source: Path
    out: Path
    heads: int = 100
    views: int = 1  # of each head
    size: int = 512  # pixels
    ablations: Path | None = None
    shipped: bool = True  # also measure what ships
    device: torch.device = field(default_factory=chosen_device)
    lpips_backbone: Path | None = None


def run(job: Table3) -> Iterator[str]:
    """Measure; yields a line for people now and then, and writes table-3.md, .json and pictures.

    Raises:
        Head360Error: source data, a model or an ablation is missing.
    """
    torch.set_flush_denormal(False)  # scipy's trees can crash with it
    measures = Measures.at_hand(job.lpips_backbone)
    tables: list[Table] = [Table("The paper's figures, for comparison (its own data)", PAPER)]
    shipped = _shipped(job, measures) if job.shipped else iter(())
    for part in (shipped, _ablated(job, measures)):
        for said in part:
            if isinstance(said, str):
                yield said
            else:
                tables.append(said)
                write_tables(job.out, "table-3", tables, _note(job))


def _note(job: Table3) -> str:
    return (
        f"Training identities 0 … {job.heads - 1}, each with a hairstyle (one in "
        "twenty bald), from random cameras and with random faces that no stage was trained on; "
        f"same light, black background. {provenance()}"
    )


def _shipped(job: Table3, measures: Measures) -> Iterator[str | Table]:
    bench = TruthBench(job.source, job.size)
    named = {_FULL: Scores(measures), _PLAIN: Scores(measures)}
    net = load_refine(resource("models", "refine.safetensors"))
    try:
        for number, truth, style in _cases(bench, job, bench.models.styles.styles, job.heads):
            scene = bench.contender.scene(truth.head, truth.face, truth.lighting, style, Drive())
            plain = viewer_picture(bench.viewer, scene, truth.camera, job.size, exact=False)
            full = refined_picture(bench.viewer, net, scene, truth.camera, job.size)
            named[_PLAIN].add(truth, plain)
            named[_FULL].add(truth, full)
            shown = [truth.image, plain, full]
            if number < _SHEET_ROWS:
                save_row(job.out / "pictures" / f"shipped-{number}.png", shown)
            if number % 10 == 9:
                yield f"head {number + 1}: {named[_PLAIN].row('').psnr:.2f} dB"
    finally:
        bench.close()
    yield Table(f"What ships, {job.size} pixels", rows(named), "30 dB, SSIM 0.90 without RefineNet")


def _ablated(job: Table3, measures: Measures) -> Iterator[str | Table]:
    if job.ablations is None:
        return
    size = job.size // _ABLATION_SCALE
    ways = {name: load_ablation(job.ablations, name, job.device) for name in NAMES}
    styles = _common_styles(ways)
    bench = TruthBench(job.source, size)
    scores = {NAMES[name]: Scores(measures) for name in ways}
    try:
        for number, truth, style in _cases(bench, job, styles, job.heads):
            scene = bench.contender.scene(truth.head, truth.face, truth.lighting, style, Drive())
            shown = [truth.image]
            for name, way in ways.items():
                image = ablation_picture(
                    way, bench.models.mesh.topology, scene, truth, style, size, SAMPLES
                )
                scores[NAMES[name]].add(truth, image)
                shown.append(image)
            if number < _SHEET_ROWS:
                save_row(job.out / "pictures" / f"ablations-{number}.png", shown)
            if number % 10 == 9:
                yield f"ablations, head {number + 1}/{job.heads}"
    finally:
        bench.close()
    yield Table(
        f"Ablations, same budget each, {size} pixels, reference renderer", rows(scores),
        "ahead of the tri-plane by 3 dB and of the plain mean by 2 dB",
        f"Hairstyles: {', '.join(styles)}.",
    )  # fmt: skip


def _cases(
    bench: TruthBench, job: Table3, styles: Sequence[str], heads: int
) -> Iterator[tuple[int, Truth, str | None]]:
    """Every head in a hairstyle of its own choice; every twentieth is bald."""
    for seed in range(heads):
        rng = np.random.default_rng([_SALT, seed])
        style = None if seed % 20 == 19 else str(rng.choice(styles))
        for truth in bench.truths(seed, style, job.views, _SALT):
            yield seed, truth, style


def _common_styles(ways: dict[str, Ablation]) -> tuple[str, ...]:
    common = set.intersection(*(set(way.styles) for way in ways.values()))
    return tuple(sorted(common))
