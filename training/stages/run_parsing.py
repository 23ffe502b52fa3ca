"""Runs the stage parsing: draws portraits that are missing, trains, measures, writes the weights.

In `out`: faces.safetensors (what ships), parsing.json (figures on held-out people) and the diary.
Portraits lie in `portraits` (default OUT/portraits), the checkpoint beside them. A run that was
stopped goes on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch

from head360.files import replacing
from head360.fitting.face_network import FACES_FILE, load_faces, save_faces
from training.device import described
from training.stages.backdrops import Backdrops
from training.stages.face_lines import measured_lines
from training.stages.face_pictures import WORN, draw_faces
from training.stages.face_report import measured_faces, overlays
from training.stages.faces_config import FacesConfig
from training.stages.journal import Journal
from training.stages.pace import Budget
from training.stages.parsing import FaceBatches, FaceLearner, learn_faces, save_checkpoint

_CHECKPOINT = "parsing-checkpoint.pt"
_SAVED_EVERY, _TOLD_EVERY = 100, 20  # steps


@dataclass(frozen=True, slots=True)
class ParsingRun:
    """Where a run reads and writes."""

    config: FacesConfig
    source: Path | None  # folder of ict_head.npz; None: only what is drawn already
    out: Path
    portraits: Path
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    minutes: float | None = None
    teacher: torch.nn.Module | None = None
    start: Path | None = None  # folder with the weights to begin with


def run(job: ParsingRun) -> Iterator[str]:
    """Train; yields a line for people now and then."""
    if job.source is not None:
        yield from draw_faces(job.source, job.portraits, job.config.pictures)
    learner = FaceLearner(job.config, job.device, job.teacher)
    if job.start is not None:
        learner.begin(load_faces(job.start / FACES_FILE)[0])
    checkpoint = job.out / _CHECKPOINT
    if checkpoint.exists():
        learner.load(torch.load(checkpoint, map_location=job.device, weights_only=True))
    torch.set_flush_denormal(True)
    try:
        yield from _train(job, learner)
    finally:
        torch.set_flush_denormal(False)  # scipy's trees can crash with it
    lines = measured_lines(job.portraits, job.config.pictures)
    save_faces(job.out / FACES_FILE, learner.average, [name or "" for name in WORN], lines)
    yield from _report(job, learner)


def _train(job: ParsingRun, learner: FaceLearner) -> Iterator[str]:
    backdrops = Backdrops.load(job.source)
    batches = FaceBatches(job.portraits, job.config, backdrops)
    steps = job.config.learning.steps
    pace = Budget(job.minutes).pace(steps).run(learner.step)
    with Journal(job.out) as journal:
        journal.rewind(learner.step)
        for losses in learn_faces(learner, batches, pace):
            journal.loss(learner.step, **losses)
            if learner.step % _SAVED_EVERY == 0:
                save_checkpoint(job.out / _CHECKPOINT, learner.state())
            if learner.step % _TOLD_EVERY == 0:
                said = ", ".join(f"{name} {value:.3f}" for name, value in losses.items())
                yield f"parsing: {learner.step}/{steps}, {batches.files} files, {said}"
    save_checkpoint(job.out / _CHECKPOINT, learner.state())


def _report(job: ParsingRun, learner: FaceLearner) -> Iterator[str]:
    backdrops = Backdrops.load(job.source)
    found = measured_faces(learner.average, job.portraits, job.config, backdrops)
    content = {
        "config": asdict(job.config), "device": described(job.device), "steps": learner.step,
        "held_out": found,
    }  # fmt: skip
    with replacing(job.out / "parsing.json") as partial:
        partial.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    with Journal(job.out) as journal:
        cells = overlays(learner.average, job.portraits, job.config, backdrops)
        journal.sheet(learner.step, cells, columns=8)
    for name, row in found.items():
        yield f"{name}: " + ", ".join(f"{key} {value:.4f}" for key, value in row.items())
