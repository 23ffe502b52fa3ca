"""Table 4 of the paper on our data: hair swapped onto other heads, with and without detachment.

The truth is the strands of a style on a head that nobody trained with that style, drawn by the
true renderer. *With detachment* head and hair were learned apart from paired pictures; *without*
the hair field learned from pictures of whole heads alone and has taken in what is not hair.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from head360.errors import Head360Error, UnknownNameError
from head360.model.field import load_fields
from head360.model.hair import HairLibrary
from head360.rendering.scene import Models
from head360.rendering.viewer import Viewer
from training.contenders import Contender, Drive, viewer_picture
from training.ledger import Ledger, shipped_weights, weights_mark
from training.pictures import save_row
from training.provenance import provenance
from training.scores import Measures, Scores, rows
from training.tables import Row, Table, write_tables
from training.truths import TruthBench

#: The paper's own figures (its Table 4).
PAPER = (
    Row("paper: with detachment", None, 21.86, 0.840, lpips=0.105),
    Row("paper: without", None, 20.04, 0.835, lpips=0.159),
)
_SALT = 9000
_SHEET_ROWS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Rival:
    """One trained model, and a viewer with its fields in the shaders."""

    contender: Contender
    viewer: Viewer

    @classmethod
    def of(cls, models: Models) -> Rival:
        """With a viewer of its own."""
        return cls(Contender(models), Viewer(models))


@dataclass(frozen=True, slots=True)
class Table4:
    """One evaluation."""

    source: Path
    out: Path
    heads: int = 50
    views: int = 2  # of each head
    size: int = 512  # pixels
    undetached: Path | None = None  # what a run without detachment left
    detached: Path | None = None  # what a run with it left, of the same budget; None: what ships
    lpips_backbone: Path | None = None
    styles: tuple[str, ...] = ()  # that heads wear; none: all that both have


def run(job: Table4) -> Iterator[str]:
    """Measure; yields a line for people now and then, and writes table-4.md, .json and pictures.

    Raises:
        Head360Error: source data or a model is missing.
    """
    torch.set_flush_denormal(False)  # scipy's trees can crash with it
    bench = TruthBench(job.source, job.size)
    rivals: dict[str, Rival] = {}
    measures = Measures.at_hand(job.lpips_backbone)
    try:
        if job.detached:
            rivals["with detachment"] = Rival.of(models_from(job.detached, bench.models))
        else:
            rivals["with detachment (what ships)"] = Rival(bench.contender, bench.viewer)
        if job.undetached:
            rivals["without detachment"] = Rival.of(models_from(job.undetached, bench.models))
        scores = {name: Scores(measures) for name in rivals}
        yield from _compare(job, bench, rivals, scores, _ledger(job, measures))
    finally:
        bench.close()
        for rival in rivals.values():
            rival.viewer.release()
    table = Table(
        f"Hair on other heads, {job.size} pixels", rows(scores),
        "24 dB, SSIM 0.86, ahead of “without” by 1.5 dB",
    )  # fmt: skip
    paper = Table("The paper's figures, for comparison (its own data)", PAPER)
    note = (
        f"{job.heads} heads, each with a hairstyle of chance that it was never trained with, "
        "random cameras and faces, same light, black background. "
        f"{measures.missing}{provenance()}"
    )
    write_tables(job.out, "table-4", [paper, table], note)


def models_from(folder: Path, shipped: Models) -> Models:
    """The shipped models with the fields and hairstyles of a training run.

    Raises:
        Head360Error: there are none.
    """
    fields = folder / "fields.safetensors"
    if not fields.is_file():
        raise Head360Error(
            f"There is no model in “{folder}”.",
            "Train it: python -m training train detach [--no-detachment] --preset cpu --out DIR",
        )
    head, hair = load_fields(fields)
    library = HairLibrary.load(sorted(folder.glob("hair-*.safetensors")))
    return replace(shipped, head=head, hair=hair, styles=library)


def _ledger(job: Table4, measures: Measures) -> Ledger:
    """What a run that was stopped has measured already, with the same weights."""
    paths = shipped_weights()
    for folder in (job.detached, job.undetached):
        paths += folder.glob("*.safetensors") if folder else []
    settings = {
        "size": job.size, "weights": weights_mark(paths), "measures": measures.names,
        "styles": list(job.styles),
    }  # fmt: skip
    return Ledger(job.out / "table-4.jsonl", settings)


def _compare(
    job: Table4,
    bench: TruthBench,
    rivals: dict[str, Rival],
    scores: dict[str, Scores],
    ledger: Ledger,
) -> Iterator[str]:
    styles = _worn(job, rivals)
    for seed in range(job.heads):
        known = [ledger.known(f"{seed}/{view}") for view in range(job.views)]
        if all(known):
            for found in filter(None, known):
                for name, values in found.items():
                    scores[name].take(values)
        else:
            style = str(np.random.default_rng([_SALT, seed]).choice(styles))
            _draw(job, bench, rivals, scores, ledger, (seed, style))
        if seed % 10 == 9:
            said = ", ".join(
                f"{name} {found.last('psnr'):.1f} dB" for name, found in scores.items()
            )
            yield f"head {seed + 1}/{job.heads}: {said}"


def _worn(job: Table4, rivals: dict[str, Rival]) -> list[str]:
    """Hairstyles to choose from.

    Raises:
        UnknownNameError: a rival lacks one that was asked for.
    """
    common = set.intersection(*(set(r.contender.models.styles.styles) for r in rivals.values()))
    for name in job.styles:
        if name not in common:
            raise UnknownNameError("hairstyle", name, sorted(common))
    return sorted(job.styles or common)


def _draw(
    job: Table4,
    bench: TruthBench,
    rivals: dict[str, Rival],
    scores: dict[str, Scores],
    ledger: Ledger,
    head: tuple[int, str],
) -> None:
    """Measure a head, by number, in a hairstyle."""
    seed, style = head
    for view, truth in enumerate(bench.truths(seed, style, job.views, _SALT)):
        shown, found = [truth.image], {}
        for name, rival in rivals.items():
            scene = rival.contender.scene(truth.head, truth.face, truth.lighting, style, Drive())
            image = viewer_picture(rival.viewer, scene, truth.camera, job.size, exact=False)
            found[name] = scores[name].add(truth, image)
            shown.append(image)
        ledger.note(f"{seed}/{view}", found)
        if view == 0 and seed < _SHEET_ROWS:
            save_row(job.out / "pictures" / f"swap-{seed}.png", shown)
