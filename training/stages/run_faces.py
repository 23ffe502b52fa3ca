"""Runs the stage faces: parser, ResNet-50 and hairstyle networks, while portraits are being drawn.

Processes draw people and make shots of them; the parser learns from those that are there, then
ResNet-50 (the paper's classifier of hairstyles, a yardstick and a teacher), then the network that
ships, from maps as the new parser sees them. In `out`: faces.safetensors, hairstyle.safetensors,
faces.json and the diary. What a stopped run has finished is not done again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from head360.files import replacing
from head360.fitting.face_network import FACES_FILE, FaceNetwork, load_faces, save_faces
from head360.fitting.style_network import STYLE_FILE, StyleNetwork, save_style
from training.stages.face_lines import lines_of
from training.stages.face_makers import make_shots, shot_makers
from training.stages.face_pictures import WORN, Sheet, sheets
from training.stages.face_report import Learnt, best_of, measured, overlays, write_report
from training.stages.faces_config import FacesConfig
from training.stages.journal import Journal
from training.stages.makers import Makers
from training.stages.pace import Budget
from training.stages.parsing import FaceLearner
from training.stages.resnet import ResNet50
from training.stages.shot_batches import ShotBatches, Shown
from training.stages.style_learners import StyleLearner, TeacherLearner
from training.stages.style_pool import SHAPES, StylePool, size_of

TEACHER_FILE = "hairstyle-resnet50.safetensors"
_LOOK, _TOLD_EVERY = 40, 20
_WAIT_S = 1.0
#: Seconds of a limited run that are kept for measuring and writing.
_RESERVE = 40.0


@dataclass(frozen=True, slots=True)
class FacesRun:
    """Where a run reads and writes."""

    config: FacesConfig
    source: Path | None  # folder of ict_head.npz; None: only shots that are there
    out: Path
    work: Path  # folder of shots
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    minutes: float | None = None
    workers: int = 0  # processes that draw; 0: this one does, before it learns
    start: Path | None = None  # folder with the parser to begin with


def run(job: FacesRun) -> Iterator[str]:
    """Draw and train; yields a line for people now and then."""
    torch.backends.cudnn.benchmark = True
    budget, shown = Budget(job.minutes), Shown(job.config, job.work, job.device)
    listed = sheets(job.config.pictures)
    if job.source is not None and not job.workers:
        for number, _ in enumerate(make_shots(job.source, job.work, job.config, listed)):
            yield f"faces: {number + 1} of {len(listed)} files"
    with _makers(job, listed) as makers, Journal(job.out) as journal:
        yield from _waited(job, shown, makers)
        torch.set_flush_denormal(True)
        try:
            yield from _parser(job, shown, budget, journal)
            yield from _teacher(job, shown, budget, journal)
            yield from _styles(job, shown, budget, journal)
        finally:
            torch.set_flush_denormal(False)  # scipy's trees can crash with it
        if makers is not None and makers.failed():
            yield "faces: some processes that draw ended early; see above"


@contextmanager
def _makers(job: FacesRun, listed: list[Sheet]) -> Iterator[Makers | None]:
    if job.source is None or not job.workers:
        yield None
        return
    makers = shot_makers(job.source, job.work, job.config, listed, job.workers)
    try:
        yield makers
    finally:
        makers.stop()


def _waited(job: FacesRun, shown: Shown, makers: Makers | None) -> Iterator[str]:
    """Until there is enough to begin with."""
    shown.look()
    while makers and makers.at_work() and shown.pool.count < job.config.shots.begin:
        time.sleep(_WAIT_S)
        shown.look()
    yield f"faces: {shown}"


def _parser(job: FacesRun, shown: Shown, budget: Budget, journal: Journal) -> Iterator[str]:
    if (job.out / FACES_FILE).exists():
        return
    batches, learner = ShotBatches(shown, job.config), FaceLearner(job.config, job.device)
    if job.start is not None:
        learner.begin(load_faces(job.start / FACES_FILE)[0])
    steps = job.config.learning.steps
    for step, done in budget.pace(steps, job.config.shots.parsing, reserve=_RESERVE).run():
        if step % _LOOK == 0:
            batches.look()
        losses = learner.learn(batches.parser(step, done), done)
        if learner.step % _TOLD_EVERY == 0:
            journal.loss(learner.step, **losses)
            said = ", ".join(f"{name} {value:.3f}" for name, value in losses.items())
            yield f"parsing: {learner.step}/{steps}, {shown}, {said}"
    names, lines = [name or "" for name in WORN], lines_of(shown.pool.coherence)
    save_faces(job.out / FACES_FILE, learner.average.cpu(), names, lines)


def _teacher(job: FacesRun, shown: Shown, budget: Budget, journal: Journal) -> Iterator[str]:
    settings, shares = job.config.teacher, job.config.shots
    if not settings.steps or (job.out / TEACHER_FILE).exists():
        return
    batches, learner = ShotBatches(shown, job.config), TeacherLearner(job.config, job.device)
    share = shares.teacher / (1 - shares.parsing)
    for step, done in budget.pace(settings.steps, share, reserve=_RESERVE).run():
        if step % _LOOK == 0:
            batches.look()
        loss = learner.learn(batches.whole(step, settings.batch), done)
        if learner.step % _TOLD_EVERY == 0:
            journal.loss(learner.step, resnet=loss)
            yield f"ResNet-50: {learner.step}/{settings.steps}, {shown}, loss {loss:.3f}"
    with replacing(job.out / TEACHER_FILE) as partial:
        save_file(learner.net.state_dict(), partial)


def _styles(job: FacesRun, shown: Shown, budget: Budget, journal: Journal) -> Iterator[str]:
    parser, teacher = _learnt(job)
    pool = StylePool(shown.pool, parser, teacher)
    pool.look()
    yield f"maps: of {len(pool.worn)} whole heads"
    learning = job.config.style
    learners = {
        name: StyleLearner(job.config, job.device, SHAPES[size_of(name)])
        for name in learning.shapes.split(",")
    }
    for step, done in budget.pace(learning.steps, reserve=_RESERVE).run():
        if step % (5 * _LOOK) == 0:
            shown.look()
            pool.look()
        maps, worn, taught = pool.batch(job.config.seed, step, learning.batch)
        losses = {
            name: learner.learn(maps, worn, done, taught if name.endswith("-taught") else None)
            for name, learner in learners.items()
        }
        if (step + 1) % _TOLD_EVERY == 0:
            journal.loss(step + 1, **losses)
            said = ", ".join(f"{name} {value:.3f}" for name, value in losses.items())
            yield f"hairstyle: {step + 1}/{learning.steps}, {shown}, {said}"
    networks = {name: learner.average for name, learner in learners.items()}
    yield from _finished(job, shown, journal, Learnt(parser, teacher, networks))


def _learnt(job: FacesRun) -> tuple[FaceNetwork, nn.Module | None]:
    """The parser and the teacher as they were written."""
    parser = load_faces(job.out / FACES_FILE)[0].to(job.device)
    if not (job.out / TEACHER_FILE).exists():
        return parser, None
    teacher = ResNet50(len(WORN))
    teacher.load_state_dict(load_file(job.out / TEACHER_FILE))
    return parser, teacher.to(job.device).eval().requires_grad_(False)


def _finished(job: FacesRun, shown: Shown, journal: Journal, learnt: Learnt) -> Iterator[str]:
    """Write every network, measure them on held-out shots, and name the one that ships."""
    for name, network in learnt.styles.items():
        _save(job.out / _candidate(name), network)
    found = measured(learnt, shown.held_pool)
    best = best_of(found, learnt.styles)
    (job.out / _candidate(best)).replace(job.out / STYLE_FILE)
    write_report(job.out / "faces.json", job.config, job.device, f"{shown}; ships: {best}", found)
    if cells := overlays(learnt.parser, shown.held_pool):
        journal.sheet(0, cells, columns=8)
    for kind, rows in found.items():
        for name, row in rows.items():
            said = ", ".join(f"{key} {value:.4f}" for key, value in row.items())
            yield f"{kind}, {name}: {said}"


def _save(path: Path, network: StyleNetwork) -> None:
    save_style(path, network, [worn or "" for worn in WORN])


def _candidate(name: str) -> str:
    return STYLE_FILE.replace(".", f"-{name}.")
