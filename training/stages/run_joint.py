"""Runs the joint and the detach stage: sittings in, the files of the direct stage out.

Everything lies in the output folder: `fields`, `texture` and `hair-*.safetensors` for `export`,
a diary with curves and sheets, `results.json`, and `checkpoint/`, from which a run that was stopped
or killed goes on. With `torchrun` any number of processes run the same; the first one writes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from head360.assets import resource
from head360.files import replacing
from training.device import described
from training.stages.distributed import Workers
from training.stages.gallery import Gallery, NothingToSeeError
from training.stages.joint import PictureTrainer
from training.stages.joint_config import PictureConfig
from training.stages.journal import Journal
from training.stages.pace import Budget
from training.stages.showing import Shown, cells
from training.stages.sittings import Sitting, Stored, load_sitting, sittings_in
from training.stages.snapshot import Snapshot
from training.stages.trainable import HeadMesh, Ready, Trainable

if TYPE_CHECKING:  # it draws with OpenGL, which learning does not need
    from training.stages.makers import Makers

#: Sittings whose held-out pictures are shown and measured.
_SHOWN = 6
#: Training begins when so many are there, or all that are wanted.
_ENOUGH = 8
_TELL_EVERY = 10
#: Of a budget of minutes, kept for the last pictures and for packing hair.
_RESERVE_S = 45.0
_OVER = (0, -1.0)


@dataclass(frozen=True, slots=True)
class PictureRun:
    """Where a run reads and writes, and how long it may take."""

    config: PictureConfig
    sittings: Path
    out: Path
    start: Path | None = None  # what it begins with; None: the shipped model
    device: str = "auto"
    minutes: float | None = None  # for all of it; None: as many as the steps take


def run(job: PictureRun, makers: Makers | None = None) -> Iterator[str]:
    """Train; yields a line for people now and then. `makers` draw sittings at the same time.

    Raises:
        Head360Error: there are no sittings, or a file cannot be used.
    """
    budget = Budget(job.minutes)
    workers = Workers.start(job.device)
    # Ten bits of TF32 would misplace points by a millimetre: geometry needs all of float32.
    torch.set_float32_matmul_precision("highest")
    try:
        if workers.leads:
            yield from _wait(job, makers)
        workers.told(0.0)  # the others wait here
        yield from _Run(job, workers, budget).steps()
    finally:
        workers.stop()


def _wait(job: PictureRun, makers: Makers | None) -> Iterator[str]:
    """Until there is enough to begin with."""
    wanted = min(job.config.sittings.sittings, _ENOUGH)
    while len(sittings_in(job.sittings)) < wanted and makers is not None and makers.at_work():
        yield f"sittings: {len(sittings_in(job.sittings))} of {wanted} to begin with"
        time.sleep(5)
    if not sittings_in(job.sittings):
        raise NothingToSeeError(f"There are no sittings in “{job.sittings}”.")


class _Run:
    """One process's part of a run."""

    def __init__(self, job: PictureRun, workers: Workers, budget: Budget) -> None:
        stage = job.config.stage
        self.job, self.workers = job, workers
        self._mesh = HeadMesh.load(resource("models", "mesh.safetensors"))
        model = Trainable.load(job.start, None if stage.detachment else self._mesh)
        self.model = model.to(workers.device)
        self._trainer = PictureTrainer.begin(self.model, job.config, workers)
        self._gallery = Gallery(
            job.sittings, stage.kept, stage.turnover, self.ready, not stage.detachment
        )
        self._snapshot = _snapshot(self._trainer)
        self._done, self._before = self._snapshot.resume(self._checkpoint)
        self._begun = self._saved = time.monotonic()
        self._pace = budget.pace(stage.steps, reserve=_RESERVE_S)

    def steps(self) -> Iterator[str]:
        """All steps that are left, then the results."""
        if not self.workers.leads:
            for number, share in self._numbers():
                self._trainer.step(number, self._gallery, share)
            return
        yield f"from step {self._done} on {described(self.workers.device)}"
        with Journal(self.job.out) as journal:
            journal.rewind(self._done)
            show = _Show(self, journal)
            try:
                yield from self._lead(journal, show)
            finally:  # whatever stops a run, what it has learned is kept
                self._save()
                self.model.write(self.job.out)
            yield show.now(self._done)
            show.results(self._done, self._minutes())

    def _lead(self, journal: Journal, show: _Show) -> Iterator[str]:
        stage = self.job.config.stage
        for number, share in self._numbers():
            losses = self._trainer.step(number, self._gallery, share)
            self._done = number + 1
            journal.losses(self._done, losses)
            if self._done % _TELL_EVERY == 0:
                told = ", ".join(f"{name} {value:.4f}" for name, value in losses.items())
                yield f"step {self._done}/{stage.steps}, {self._minutes():.1f} minutes: {told}"
            if self._done % stage.sheet_every == 0 and self._done < stage.steps:
                yield show.now(self._done)
            if time.monotonic() - self._saved > stage.save_minutes * 60:
                self._save()

    def ready(self, sitting: Sitting) -> Ready:
        """A sitting that can be drawn."""
        size = self.job.config.stage.supersamples * sitting.photos[0].layers["whole"].shape[0]
        return self.model.ready(
            sitting, self._mesh.topology, (self.job.config.stage.plane_size, size)
        )

    @property
    def _checkpoint(self) -> Path:
        return self.job.out / "checkpoint" / "run.safetensors"

    def _save(self) -> None:
        self._snapshot.save(self._checkpoint, self._done, self._minutes())
        self._saved = time.monotonic()

    def _numbers(self) -> Iterator[tuple[int, float]]:
        """Steps to do, and the share of the run that is over; the leading process's clock rules."""
        paced = self._pace.run(self._done)
        for number in range(self._done, self.job.config.stage.steps + 1):
            _, share = next(paced, _OVER) if self.workers.leads else _OVER
            share = self.workers.told(share)
            if share < 0:
                return
            yield number, share

    def _minutes(self) -> float:
        """Of training, earlier runs included."""
        return self._before + (time.monotonic() - self._begun) / 60


class _Show:
    """Measures held-out pictures and makes sheets of them."""

    def __init__(self, run: _Run, journal: Journal) -> None:
        self._run, self._journal = run, journal
        self._sittings = [run.ready(load_sitting(stored)) for stored in _shown(run.job)]
        self._true = Shown.true(self._sittings)
        begun = run.job.out / "checkpoint" / "before.safetensors"
        if begun.exists():
            self._before = Shown.load(begun)
        else:
            self._before = self._drawn()
            self._before.save(begun)
        self._psnr = self._before.psnr(self._true)

    def now(self, step: int) -> str:
        """Measure, and write a sheet: truth, before, now, and four times the difference."""
        now = self._drawn()
        self._psnr = now.psnr(self._true)
        named = {f"held-out PSNR/{layer}": value for layer, value in self._psnr.items()}
        self._journal.losses(step, named)
        self._journal.sheet(step, cells(self._true, self._before, now), columns=4)
        return f"held out: {_told(self._before.psnr(self._true))} before, {_told(self._psnr)} now"

    def results(self, step: int, minutes: float) -> None:
        """Write results.json."""
        job = self._run.job
        found = {
            "step": step,
            "minutes": round(minutes, 2),
            "device": described(self._run.workers.device),
            "processes": self._run.workers.count,
            "held_out_psnr_before": self._before.psnr(self._true),
            "held_out_psnr": self._psnr,
            "config": asdict(job.config),
        }
        with replacing(job.out / "results.json") as partial:
            partial.write_text(json.dumps(found, indent=1) + "\n", "utf-8")

    def _drawn(self) -> Shown:
        return Shown.of(self._run.model, self._sittings, self._run.job.config.stage.supersamples)


def _shown(job: PictureRun) -> list[Stored]:
    """The sittings that a run shows: those that were there first, and the same ever after."""
    remembered = job.out / "checkpoint" / "shown.json"
    found = {stored.name: stored for stored in sittings_in(job.sittings)}
    if remembered.exists():
        names = json.loads(remembered.read_text("utf-8"))
    else:
        names = list(found)[:_SHOWN]
        remembered.parent.mkdir(parents=True, exist_ok=True)
        with replacing(remembered) as partial:
            partial.write_text(json.dumps(names), "utf-8")
    return [found[name] for name in names]


def _told(psnr: dict[str, float]) -> str:
    return ", ".join(f"{layer} {value:.2f} dB" for layer, value in psnr.items())


def _snapshot(trainer: PictureTrainer) -> Snapshot:
    modules: dict[str, nn.Module] = {"model": trainer.model}
    optimizers: dict[str, torch.optim.Optimizer] = {"generator": trainer.generator_steps}
    if trainer.discriminator is not None and trainer.discriminator_steps is not None:
        modules["discriminator"] = trainer.discriminator
        optimizers["critic"] = trainer.discriminator_steps
    return Snapshot(modules, optimizers)
