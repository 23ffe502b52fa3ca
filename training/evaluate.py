"""Measures the product against the truth: held-out views of training people, same camera and light.

Every picture is drawn twice, by the true renderer (source mesh, painted skin, strands) and by the
product from the person's codes alone, on black. The cameras are random; training saw others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from safetensors.torch import load_file

from head360.camera import OrbitCamera
from head360.errors import Head360Error
from head360.light import BLACK
from head360.model.field import VARIANTS, HeadField, Variant
from head360.params import neutral_head
from head360.rendering.lighting import Lighting, lighting
from head360.rendering.reference_picture import reference_picture
from head360.rendering.request import RenderRequest
from head360.rendering.scene import Models
from head360.rendering.viewer import Viewer
from training.contenders import SAMPLES, Contender, Drive, viewer_picture
from training.measures import psnr, ssim
from training.synhead.heads import HeadMaker, TrueHead
from training.synhead.renderer import HairReach, SetUp, TrueScene, TruthRenderer
from training.synhead.views import expression, random_cameras, set_ups
from training.tables import Row, Table, write_tables

Floats = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]

#: Pixels with more hair than this belong to the hair's region.
_HAIR_FROM = 0.1
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


@dataclass(frozen=True, slots=True, eq=False)
class _Truth:
    """A true picture, and what it was made with."""

    head: TrueHead
    camera: OrbitCamera
    face: Floats  # (52,) expression
    lighting: Lighting
    image: Picture  # (H, W, 3)
    hair: npt.NDArray[np.bool_] | None  # (H, W) where hair is


@dataclass(slots=True)
class _Scores:
    """What was measured for one row."""

    psnr: list[float] = field(default_factory=list)
    ssim: list[float] = field(default_factory=list)
    hair: list[float] = field(default_factory=list)

    def add(self, truth: _Truth, image: Picture) -> None:
        self.psnr.append(psnr(truth.image, image))
        self.ssim.append(ssim(truth.image, image))
        if truth.hair is not None and truth.hair.any():
            self.hair.append(psnr(truth.image, image, truth.hair))

    def row(self, name: str) -> Row:
        hair = float(np.mean(self.hair)) if self.hair else None
        means = (float(np.mean(self.psnr)), float(np.mean(self.ssim)))
        return Row(name, len(self.psnr), *means, hair)


class _Bench:
    """Everything that draws."""

    def __init__(self, job: Generation) -> None:
        self.job = job
        self.models = Models.load()
        self.maker = HeadMaker(job.source)
        self.contender = Contender(self.models)
        self.truth = TruthRenderer(self.maker.topology, job.size)
        self.viewer = Viewer(self.models)

    def close(self) -> None:
        """Release both contexts."""
        self.truth.release()
        self.viewer.release()

    def truths(self, seed: int, style: str | None, count: int, salt: int) -> Iterator[_Truth]:
        """Pictures of one head from random cameras."""
        head = self.maker.head(seed, style)
        light = lighting(set_ups(seed + salt, 1)[0])
        reach = HairReach.of(head.groom) if head.groom else None
        set_up = SetUp.of(light, reach)
        color = tuple(float(c) for c in head.params.hair_color)
        for view, camera in enumerate(random_cameras(count, seed + salt)):
            face = expression(seed + salt, view)
            posed = self.maker.pose(head, face)
            scene = TrueScene(posed, head.maps.numpy(), head.groom, (color[0], color[1], color[2]))
            self.truth.show(scene, camera, "whole")
            image = self.truth.picture(set_up, BLACK)[..., :3]
            hair = self.truth.hair_coverage() > _HAIR_FROM if style else None
            yield _Truth(head, camera, face, light, image, hair)

    def drawn(self, truth: _Truth, style: str | None, drive: Drive, *, exact: bool) -> Picture:
        """The product's picture of the same."""
        scene = self.contender.scene(truth.head, truth.face, truth.lighting, style, drive)
        return viewer_picture(self.viewer, scene, truth.camera, self.job.size, exact=exact)


def run(job: Generation) -> Iterator[str]:
    """Measure; yields a line for people now and then, and writes generation.md and .json.

    Raises:
        Head360Error: source data, a model or a variant is missing.
    """
    torch.set_flush_denormal(False)  # scipy's trees can crash with it
    bench = _Bench(job)
    styles = list(job.styles) or list(bench.models.styles.styles)
    tables: list[Table] = []
    try:
        for part in (_bald(bench), _worn(bench, styles), _variants(bench)):
            for said in part:
                if isinstance(said, str):
                    yield said
                else:
                    tables.append(said)
                    write_tables(job.out, "generation", tables, _note(job, len(styles)))
                    yield from _lines(said)
    finally:
        bench.close()


def _bald(bench: _Bench) -> Iterator[str | Table]:
    job = bench.job
    scores = {name: _Scores() for name in _BALD_ROWS}
    for seed in range(job.heads):
        for view, truth in enumerate(bench.truths(seed, None, job.views, 0)):
            shown = [truth.image]
            for name, (drive, exact) in _BALD_ROWS.items():
                image = bench.drawn(truth, None, drive, exact=exact)
                scores[name].add(truth, image)
                shown.append(image)
            if view == 0:
                _save_pictures(job.out / f"bald-{seed}.png", shown[:4])
        first = next(iter(_BALD_ROWS))
        yield f"bald head {seed + 1}/{job.heads}: {scores[first].psnr[-1]:.1f} dB"
    rows = tuple(found.row(name) for name, found in scores.items())
    yield Table("Bald heads", rows, "30 dB, SSIM 0.95 with generated skin")


def _worn(bench: _Bench, styles: Sequence[str]) -> Iterator[str | Table]:
    job = bench.job
    total = {False: _Scores(), True: _Scores()}
    rows: list[Row] = []
    for number, style in enumerate(styles):
        own = {False: _Scores(), True: _Scores()}
        seed = number % job.heads
        for view, truth in enumerate(bench.truths(seed, style, job.hair_views, 1000 + number)):
            shown = [truth.image]
            for exact in (False, True):
                image = bench.drawn(truth, style, Drive(), exact=exact)
                own[exact].add(truth, image)
                total[exact].add(truth, image)
                shown.append(image)
            if view == 0:
                _save_pictures(job.out / f"hair-{style}.png", shown)
        rows.append(own[False].row(f"{style}, fast"))
        yield f"{style}: {rows[-1].psnr:.1f} dB, hair {rows[-1].hair_psnr or 0:.1f} dB"
    means = [total[False].row("**mean, fast**"), total[True].row("**mean, exact**")]
    yield Table("With hair", (*means, *rows), "26 dB, hair 23 dB, mean over styles")


def _variants(bench: _Bench) -> Iterator[str | Table]:
    job = bench.job
    if job.variants is None:
        return
    size = job.size // _VARIANT_SCALE
    small = _Bench(replace(job, size=size))
    scores = {name: _Scores() for name in VARIANTS}
    try:
        fields = {name: _variant_field(bench.models, job.variants, name) for name in VARIANTS}
        for seed in range(job.heads):
            for truth in small.truths(seed, None, 1, 0):
                for name, field_ in fields.items():
                    scores[name].add(truth, _reference(small, truth, field_, size))
            yield f"variants, head {seed + 1}/{job.heads}"
    finally:
        small.close()
    rows = tuple(scores[name].row(_VARIANT_NAMES[name]) for name in VARIANTS)
    yield Table(f"Decoders of the head, true skin, {size} pixels, reference renderer", rows)


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


def _reference(bench: _Bench, truth: _Truth, head: HeadField, size: int) -> Picture:
    scene = bench.contender.scene(
        truth.head, truth.face, truth.lighting, None, Drive(true_maps=True)
    )
    request = RenderRequest(neutral_head(), truth.camera, size, size, "head", background=BLACK)
    models = replace(bench.models, head=head)
    return reference_picture(models, scene, request, SAMPLES)[..., :3]


def _save_pictures(path: Path, images: Sequence[Picture]) -> None:
    """Truth, contenders, and four times the first contender's difference, side by side."""
    path.parent.mkdir(parents=True, exist_ok=True)
    difference = np.abs(images[0].astype(np.int16) - images[1]) * 4
    shown = [*images, difference.clip(0, 255).astype(np.uint8)]
    Image.fromarray(np.concatenate(shown, 1)).save(path)


def _lines(table: Table) -> Iterable[str]:
    yield table.title
    for row in table.rows:
        hair = f", hair {row.hair_psnr:.2f} dB" if row.hair_psnr is not None else ""
        yield f"  {row.name}: {row.psnr:.2f} dB, SSIM {row.ssim:.4f}{hair}"


def _note(job: Generation, styles: int) -> str:
    return (
        f"{job.heads} training people, random held-out cameras, {job.size} × {job.size} pixels, "
        f"same light, black background; {styles} hairstyles. Means over pictures. The truth has "
        "16 samples a pixel, the product 4."
    )
