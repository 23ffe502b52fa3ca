"""Table 3 of the paper on our data: training identities, unseen cameras and faces, ablations.

Two groups of rows. The first is what ships, drawn by the viewer at full size, with and without
RefineNet. The second are ablations, each trained with one and the same smaller budget and drawn by
the reference renderer at half the size: which way of reading planes is how much better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from head360.assets import resource
from head360.model.refine import load_refine
from training.ablations import NAMES, Ablation, Picture, ablation_picture, load_ablations, seated
from training.contenders import SAMPLES, Drive, refined_picture, viewer_picture
from training.device import chosen_device
from training.ledger import Ledger, shipped_weights, weights_mark
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
                write_tables(job.out, "table-3", tables, _note(job, measures))


def _note(job: Table3, measures: Measures) -> str:
    return (
        f"Training identities 0 … {job.heads - 1}, each with a hairstyle (one in "
        "twenty bald), from random cameras and with random faces that no stage was trained on; "
        f"same light, black background. {measures.missing}{provenance()}"
    )


def _shipped(job: Table3, measures: Measures) -> Iterator[str | Table]:
    bench = TruthBench(job.source, job.size)
    named = {_FULL: Scores(measures), _PLAIN: Scores(measures)}
    net = load_refine(resource("models", "refine.safetensors"))
    weights = weights_mark(shipped_weights())
    ledger = _ledger(job, "shipped", job.size, weights, measures)

    def measured(truth: Truth, style: str | None) -> Iterator[tuple[str, Picture]]:
        scene = bench.contender.scene(truth.head, truth.face, truth.lighting, style, Drive())
        yield _PLAIN, viewer_picture(bench.viewer, scene, truth.camera, job.size, exact=False)
        yield _FULL, refined_picture(bench.viewer, net, scene, truth.camera, job.size)

    cases = _Cases(bench, job, bench.models.styles.styles, "shipped")
    try:
        for number in cases.measure(named, ledger, measured):
            if number % 10 == 9:
                yield f"head {number + 1}: {named[_PLAIN].row('').psnr:.2f} dB"
    finally:
        bench.close()
    yield Table(f"What ships, {job.size} pixels", rows(named), "30 dB, SSIM 0.90 without RefineNet")


def _ablated(job: Table3, measures: Measures) -> Iterator[str | Table]:
    if job.ablations is None:
        return
    size = job.size // _ABLATION_SCALE
    ways = load_ablations(job.ablations, job.device)
    styles = _common_styles(ways)
    bench = TruthBench(job.source, size)
    scores = {NAMES[name]: Scores(measures) for name in ways}
    weights = weights_mark(job.ablations.glob("*/*.safetensors"))
    ledger = _ledger(job, "ablations", size, weights, measures)

    def measured(truth: Truth, style: str | None) -> Iterator[tuple[str, Picture]]:
        scene = bench.contender.scene(truth.head, truth.face, truth.lighting, style, Drive())
        sitter = seated(bench.models.mesh.topology, scene, truth, size, job.device)
        for name, way in ways.items():
            yield NAMES[name], ablation_picture(way, sitter, style, size, SAMPLES)

    try:
        for number in _Cases(bench, job, styles, "ablations").measure(scores, ledger, measured):
            if number % 10 == 9:
                yield f"ablations, head {number + 1}/{job.heads}"
    finally:
        bench.close()
    yield Table(
        f"Ablations, same budget each, {size} pixels, reference renderer", rows(scores),
        "ahead of the tri-plane by 3 dB and of the plain mean by 2 dB",
        f"Hairstyles: {', '.join(styles)}.",
    )  # fmt: skip


def _ledger(job: Table3, part: str, size: int, weights: str, measures: Measures) -> Ledger:
    """What a run that was stopped has measured already, with the same weights."""
    settings = {"size": size, "weights": weights, "measures": measures.names}
    return Ledger(job.out / f"table-3-{part}.jsonl", settings)


@dataclass(frozen=True, slots=True)
class _Cases:
    """Every head in a hairstyle of its own choice; every twentieth is bald."""

    bench: TruthBench
    job: Table3
    styles: Sequence[str]
    part: str

    def measure(
        self,
        scores: Mapping[str, Scores],
        ledger: Ledger,
        pictures: Callable[[Truth, str | None], Iterator[tuple[str, Picture]]],
    ) -> Iterator[int]:
        """Measure what the ledger does not know; yields the number of each head that is done.

        Args:
            scores: by name of a row.
            ledger: of all rows.
            pictures: name of the row and picture of every contender.
        """
        for seed in range(self.job.heads):
            cases = [f"{seed}/{view}" for view in range(self.job.views)]
            known = [found for case in cases if (found := ledger.known(case))]
            if len(known) == len(cases):
                for found in known:
                    for name, values in found.items():
                        scores[name].take(values)
            else:
                self._draw(seed, scores, ledger, pictures)
            yield seed

    def _draw(
        self,
        seed: int,
        scores: Mapping[str, Scores],
        ledger: Ledger,
        pictures: Callable[[Truth, str | None], Iterator[tuple[str, Picture]]],
    ) -> None:
        rng = np.random.default_rng([_SALT, seed])
        style = None if seed % 20 == 19 else str(rng.choice(self.styles))
        for view, truth in enumerate(self.bench.truths(seed, style, self.job.views, _SALT)):
            made = dict(pictures(truth, style))
            found = {name: scores[name].add(truth, image) for name, image in made.items()}
            ledger.note(f"{seed}/{view}", found)
            if seed < _SHEET_ROWS:
                path = self.job.out / "pictures" / f"{self.part}-{seed}.png"
                save_row(path, [truth.image, *made.values()])


def _common_styles(ways: dict[str, Ablation]) -> tuple[str, ...]:
    common = set.intersection(*(set(way.styles) for way in ways.values()))
    return tuple(sorted(common))
