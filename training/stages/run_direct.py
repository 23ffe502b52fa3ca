"""Runs the direct stage: the head's decoder, the hair's decoder, and one style after another.

Every finished part is kept in the output folder, so a run that is stopped goes on where it was.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from head360.model.field import HairField, HairPlanes, HeadField, Variant, save_fields
from head360.model.hair import save_styles
from head360.rendering.offscreen import create_context
from training.config import DirectConfig
from training.stages.direct import head_example, random_cameras, train_head
from training.stages.hair_data import HairData, Mesh, hair_data
from training.stages.hair_direct import train_decoder, train_style
from training.stages.progress import Progress
from training.stages.stand_ins import StandIns
from training.stages.strands import StrandRenderer, training_cameras
from training.synhead.grooms import make_groom
from training.synhead.grooms_scalp import ScalpSurface
from training.synhead.styles import STYLES

#: Styles that teach the shared decoder: short, straight, curly, tied.
DECODER_STYLES = ("short_side_part", "bob", "long_wavy", "short_curly", "afro", "ponytail")
_STYLES_IN_A_FILE = 6
_OUTER_SKIN = (0, 1)  # parts of the source mesh
_LASHES = 15


@dataclass(frozen=True, slots=True)
class DirectRun:
    """Where a run reads and writes."""

    config: DirectConfig
    source: Path  # folder of ict_head.npz
    out: Path
    styles: Sequence[str] = tuple(STYLES)
    variant: Variant = "depth"


def run(job: DirectRun) -> Iterator[str]:
    """Train what is not there yet; yields a line for people now and then."""
    (job.out / "styles").mkdir(parents=True, exist_ok=True)
    torch.manual_seed(job.config.seed)
    head = HeadField(job.variant)
    yield from _cached(head, job.out / "head.safetensors", _train_head(job, head))
    capture = _Capture(job)
    hair = HairField(job.variant)
    yield from _cached(hair, job.out / "hair.safetensors", _train_hair(job, hair, capture))
    for name in job.styles:
        yield from _style(job, hair, capture, name)
    collect(job, head, hair)
    yield "done"


def collect(job: DirectRun, head: HeadField, hair: HairField) -> None:
    """Pack the networks and all finished styles as the product reads them."""
    save_fields(job.out / "fields.safetensors", head, hair)
    finished = [name for name in job.styles if _style_path(job, name).exists()]
    for number, start in enumerate(range(0, len(finished), _STYLES_IN_A_FILE)):
        names = finished[start : start + _STYLES_IN_A_FILE]
        styles = {name: _load_style(_style_path(job, name)) for name in names}
        save_styles(job.out / f"hair-{number}.safetensors", styles)


def _cached(module: nn.Module, path: Path, training: Iterator[str]) -> Iterator[str]:
    if path.exists():
        module.load_state_dict(load_file(path))
        yield f"{path.stem}: already trained"
        return
    yield from training
    save_file(module.state_dict(), path)


def _train_head(job: DirectRun, field: HeadField) -> Iterator[str]:
    stage, people = job.config.head, StandIns(job.source)
    examples = []
    for seed in range(stage.heads):
        rng = np.random.default_rng([job.config.seed, seed])
        cameras = random_cameras(stage.views, rng)
        examples.append(head_example(people.surface(seed), cameras, stage))
        yield f"head data {seed + 1}/{stage.heads}"
    yield from _told("head", train_head(field, examples, stage, job.config.seed))


def _train_hair(job: DirectRun, field: HairField, capture: _Capture) -> Iterator[str]:
    data = {}
    for name in DECODER_STYLES:
        data[name] = capture.style(name)
        yield f"hair data {name}"
    yield from _told("hair decoder", train_decoder(field, data, job.config.hair, job.config.seed))


def _style(job: DirectRun, field: HairField, capture: _Capture, name: str) -> Iterator[str]:
    path = _style_path(job, name)
    if path.exists():
        yield f"{name}: already trained"
        return
    training = train_style(field, capture.style(name), job.config.hair, job.config.seed)
    style = yield from _told(name, training)
    save_file({"planes": style.planes.contiguous(), "grid": style.grid.contiguous()}, path)


def _told(
    name: str, training: Generator[Progress, None, HairPlanes] | Generator[Progress, None, None]
) -> Generator[str, None, HairPlanes]:
    """Pass on a tenth of the progress, and the result."""
    while True:
        try:
            progress = next(training)
        except StopIteration as finished:
            result: HairPlanes = finished.value
            return result
        if progress.step % max(progress.steps // 10, 1) == 0:
            yield f"{name}: {progress.step}/{progress.steps}, loss {progress.loss:.4f}"


class _Capture:
    """Grooms styles on the mean head and draws their training data."""

    def __init__(self, job: DirectRun) -> None:
        stage = job.config.hair
        with np.load(job.source / "ict_head.npz") as data:
            vertices = data["verts"] * 0.01
            triangles, part = data["tris"].astype(np.int64), data["tri_part"]
        self._stage, self._seed = stage, job.config.seed
        self._scalp = ScalpSurface.build(vertices, triangles[np.isin(part, _OUTER_SKIN)])
        self._mesh = Mesh(vertices.astype(np.float32), triangles[part < _LASHES])
        context = create_context()
        self._planes = StrandRenderer(stage.plane_size, context)
        self._pictures = StrandRenderer(stage.picture_size, context)

    def style(self, name: str) -> HairData:
        groom = make_groom(STYLES[name], self._scalp, self._seed + 1)
        cameras = training_cameras(self._stage.views)
        return hair_data(
            groom,
            self._planes,
            self._pictures,
            cameras,
            self._mesh,
            grid_size=self._stage.grid_size,
        )


def _style_path(job: DirectRun, name: str) -> Path:
    return job.out / "styles" / f"{name}.safetensors"


def _load_style(path: Path) -> HairPlanes:
    tensors = load_file(path)
    return HairPlanes(tensors["planes"], tensors["grid"])
