"""Runs the stage faces: parser, ResNet-50 and hairstyle network, while portraits are being drawn.

Processes draw people and make shots of them; the parser learns from those that are there, then
ResNet-50 (the paper's classifier of hairstyles, a yardstick and a teacher), then the network that
ships, from maps as the new parser sees them. In `out`: faces.safetensors, hairstyle.safetensors,
faces.json and the diary. What a stopped run has finished is not done again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from head360.files import replacing
from head360.fitting.face_looks import looked
from head360.fitting.face_network import FACES_FILE, PARTS, FaceNetwork, load_faces, save_faces
from head360.fitting.style_network import STYLE_FILE, StyleNetwork, save_style
from training.device import described
from training.stages.face_lines import lines_of
from training.stages.face_makers import make_shots, shot_makers
from training.stages.face_pictures import WORN, Sheet, sheets
from training.stages.face_report import scores
from training.stages.faces_config import FacesConfig
from training.stages.journal import Journal
from training.stages.makers import Makers
from training.stages.pace import Budget
from training.stages.parsing import Batch, FaceLearner
from training.stages.resnet import ResNet50
from training.stages.run_hairstyle import StyleLearner
from training.stages.run_style import CompactLearner
from training.stages.shots import (
    ANYTHING,
    NEARER,
    PLAIN,
    PORTRAIT,
    ShotPool,
    shots_path,
    varied_shots,
)
from training.stages.style_pool import SHAPES, StylePool, ranks_of, style_ranks

TEACHER_FILE = "hairstyle-resnet50.safetensors"
_LOOK, _TOLD_EVERY, _AT_ONCE = 40, 100, 32
_WAIT_S = 1.0
#: Seconds of a limited run that are kept for measuring and writing.
_RESERVE = 40.0
_LAST = 10**6  # no step is as late as the report


@dataclass(frozen=True, slots=True)
class FacesRun:
    """Where a run reads and writes."""

    config: FacesConfig
    source: Path | None  # folder of ict_head.npz; None: only shots that are there
    out: Path
    work: Path  # folder of shots
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    minutes: float | None = None
    workers: int = 0


class Shown:
    """Shots to learn from and to measure with, as far as they have been made."""

    def __init__(self, job: FacesRun) -> None:
        settings = job.config.shots
        listed = sheets(job.config.pictures)
        self.learnt, self.held_out = (
            {shots_path(job.work, s): s for s in listed if s.held_out is held}
            for held in (False, True)
        )
        self.pool = ShotPool(settings.most, settings.size, job.device)
        held = 2 * job.config.pictures.held_out_views * len(self.held_out)
        self.held_pool = ShotPool(held, settings.size, job.device)

    def look(self) -> None:
        """Take new files in."""
        self.pool.look(self.learnt)
        self.held_pool.look(self.held_out)

    def __str__(self) -> str:
        known = len(self.pool.known)
        return f"{known} files, {self.pool.count} shots, {self.held_pool.count} held out"


def run(job: FacesRun) -> Iterator[str]:
    """Draw and train; yields a line for people now and then."""
    torch.backends.cudnn.benchmark = True
    budget = Budget(job.minutes)
    shown = Shown(job)
    listed = sheets(job.config.pictures)
    if job.source is not None and not job.workers:
        for number, _ in enumerate(make_shots(job.source, job.work, job.config, listed)):
            yield f"faces: {number + 1} of {len(listed)} files"
    with _makers(job, listed) as makers, Journal(job.out) as journal:
        yield from _waited(job, shown, makers)
        yield from _parser(job, shown, budget, journal)
        yield from _teacher(job, shown, budget, journal)
        yield from _styles(job, shown, budget, journal)


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


class _Batches:
    """Random shots as a parser or ResNet-50 learns from them, every style as often as any other."""

    def __init__(self, shown: Shown, config: FacesConfig) -> None:
        self._shown, self._config = shown, config
        self.look()

    def look(self) -> None:
        self._shown.look()
        pool = self._shown.pool
        self._of = {
            kind: pool.places(*kinds)
            for kind, kinds in (
                ("whole", (PLAIN, PORTRAIT)), ("any", (ANYTHING,)), ("near", (NEARER,)),
            )
        }  # fmt: skip
        self._there = [
            place for place in range(len(WORN)) if all(len(of[place]) for of in self._of.values())
        ]

    def parser(self, step: int) -> Batch:
        """As `FaceBatches.batch` makes it."""
        learning = self._config.learning
        near, whole = (
            round(share * learning.batch) for share in (learning.nearer, learning.portraits)
        )
        kinds = ["near"] * near + ["whole"] * whole
        kinds += ["any"] * (learning.batch - len(kinds))
        return self._batch(step, kinds)

    def whole(self, step: int, count: int) -> Batch:
        """Whole heads only."""
        return self._batch(step, ["whole"] * count)

    def _batch(self, step: int, kinds: list[str]) -> Batch:
        rng = np.random.default_rng([self._config.seed, step, len(kinds)])
        styles = rng.choice(self._there, len(kinds))
        of = [self._of[kind][place] for kind, place in zip(kinds, styles, strict=True)]
        pool = self._shown.pool
        at = torch.stack([numbers[rng.integers(len(numbers))] for numbers in of]).to(pool.device)
        pictures, parts = varied_shots(pool.pictures[at], pool.parts[at], step)
        known = np.where(np.array(kinds) == "whole", styles, -1)
        near = torch.tensor([kind == "near" for kind in kinds])
        return Batch(pictures, parts, torch.from_numpy(known), near)


def _parser(job: FacesRun, shown: Shown, budget: Budget, journal: Journal) -> Iterator[str]:
    if (job.out / FACES_FILE).exists():
        return
    batches, learner = _Batches(shown, job.config), FaceLearner(job.config, job.device)
    steps = job.config.learning.steps
    pace = budget.pace(steps, job.config.shots.parsing, reserve=_RESERVE)
    for step, done in pace.run():
        if step % _LOOK == 0:
            batches.look()
        losses = learner.learn(batches.parser(step), done)
        if learner.step % _TOLD_EVERY == 0:
            journal.loss(learner.step, **losses)
            said = ", ".join(f"{name} {value:.3f}" for name, value in losses.items())
            yield f"parsing: {learner.step}/{steps}, {shown}, {said}"
    network = learner.average.cpu()
    save_faces(
        job.out / FACES_FILE, network, [name or "" for name in WORN], lines_of(shown.pool.coherence)
    )


def _teacher(job: FacesRun, shown: Shown, budget: Budget, journal: Journal) -> Iterator[str]:
    settings = job.config.shots
    if not settings.teacher_steps or (job.out / TEACHER_FILE).exists():
        return
    batches, learner = _Batches(shown, job.config), StyleLearner(job.config, job.device)
    share = settings.teacher / (1 - settings.parsing)
    pace = budget.pace(settings.teacher_steps, share, reserve=_RESERVE)
    for step, done in pace.run():
        if step % _LOOK == 0:
            batches.look()
        loss = learner.learn(batches.whole(step, settings.teacher_batch), done)
        if learner.step % _TOLD_EVERY == 0:
            journal.loss(learner.step, resnet=loss)
            yield f"ResNet-50: {learner.step}/{settings.teacher_steps}, {shown}, loss {loss:.3f}"
    save_file(learner.net.state_dict(), job.out / TEACHER_FILE)


def _styles(job: FacesRun, shown: Shown, budget: Budget, journal: Journal) -> Iterator[str]:
    parser, teacher = _learnt(job)
    pool = StylePool(shown.pool, parser, teacher)
    pool.look()
    yield f"maps: of {len(pool.worn)} whole heads"
    learners = {
        name: CompactLearner(job.config, job.device, SHAPES[name.split("-")[0]])
        for name in job.config.style.shapes.split(",")
    }
    learning = job.config.style
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
    yield from _report(job, shown, parser, teacher, networks)


def _learnt(job: FacesRun) -> tuple[FaceNetwork, nn.Module | None]:
    """The parser and the teacher as they were written."""
    parser = load_faces(job.out / FACES_FILE)[0].to(job.device)
    if not (job.out / TEACHER_FILE).exists():
        return parser, None
    teacher = ResNet50(len(WORN))
    teacher.load_state_dict(load_file(job.out / TEACHER_FILE))
    return parser, teacher.to(job.device).eval().requires_grad_(False)


def _report(
    job: FacesRun,
    shown: Shown,
    parser: FaceNetwork,
    teacher: nn.Module | None,
    networks: dict[str, StyleNetwork],
) -> Iterator[str]:
    """Measure everything on held-out shots, write what ships, and say it."""
    for name, network in networks.items():
        save_style(_candidate(job, name), network, [worn or "" for worn in WORN])
    pool = StylePool(shown.held_pool, parser, teacher)
    pool.look()
    found: dict[str, dict[str, Any]] = {}
    for kind, name in ((PLAIN, "clean"), (PORTRAIT, "disturbed")):
        found[name] = {"parser": _parsed(parser, shown.held_pool, kind)}
        if teacher is not None:
            found[name]["ResNet-50"] = _shares(
                ranks_of(pool.taught(kind), pool.worn[pool.kinds == kind])
            )
        for each, network in networks.items():
            found[name][each] = _shares(style_ranks(network, pool, kind))
    best = max(networks, key=lambda each: sum(row[each].get("top-1", 0) for row in found.values()))
    _candidate(job, best).replace(job.out / STYLE_FILE)
    content = {
        "config": asdict(job.config), "device": described(job.device), "shots": str(shown),
        "ships": best, "held_out": found,
    }  # fmt: skip
    with replacing(job.out / "faces.json") as partial:
        partial.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    for name, row in found.items():
        yield f"{name}: {json.dumps(row)}"


def _candidate(job: FacesRun, name: str) -> Path:
    return job.out / STYLE_FILE.replace(".", f"-{name}.")


def _shares(ranks: npt.NDArray[np.int64]) -> dict[str, float]:
    found = scores(_NOTHING, ranks)
    return {name: share for name, share in found.items() if name.startswith("top")}


_NOTHING = np.zeros((len(PARTS), len(PARTS)), np.int64)


@torch.inference_mode()
def _parsed(parser: FaceNetwork, pool: ShotPool, kind: int) -> dict[str, float]:
    """Overlaps of parts and shares of styles told right, of held-out shots of a kind."""
    overlap, ranks = np.array(_NOTHING), []
    numbers = torch.nonzero(pool.kinds[: pool.count] == kind)[:, 0]
    for part in numbers.split(_AT_ONCE) if len(numbers) else ():
        at = part.to(pool.device)
        logs, told = looked(parser, pool.pictures[at].permute(0, 3, 1, 2).float() / 255)
        overlap += _confusion(logs, pool.parts[at])
        ranks.append(ranks_of(told, pool.worn[part]))
    return scores(overlap, np.concatenate(ranks) if ranks else np.zeros(0, np.int64))


def _confusion(logs: Tensor, parts: Tensor) -> Any:
    both = parts.long() * len(PARTS) + logs.argmax(1)
    counted = torch.bincount(both.ravel(), minlength=len(PARTS) ** 2)
    return counted.view(len(PARTS), -1).cpu().numpy()
