"""Runs the refine stage: processes draw pairs while one learns from those that are there.

In `out`: refine.safetensors (what ships: the best on people it never saw), refine-last.safetensors
(the last, to compare with), refine.json (how the best did on those people), and the diary. In
`work`: pairs and the checkpoint. A run that was stopped goes on; a run that has a budget of minutes
always ends with weights and a report.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from head360.files import replacing
from head360.model.refine import RefineNet, load_refine, save_refine
from training.device import described
from training.stages.journal import Journal
from training.stages.refine import Learner, Losses, PairStore
from training.stages.refine_config import RefineConfig
from training.stages.refine_guard import Guard
from training.stages.refine_pairs import Makers, PairError, PairPlan, make_pairs
from training.stages.refine_report import quick_psnr, report, sheet

FILE = "refine.safetensors"
#: The last network, whatever it is worth, to compare with.
LAST_FILE = "refine-last.safetensors"
_CHECKPOINT = "refine-checkpoint.pt"
_NOTED_EVERY = 20  # steps
_LOOK_S = 5.0  # between two looks for new pairs
#: Shares of the run after which a sheet is made; every one is a file.
_SHEETS = (0.3, 1.0)
_SHEET_VIEWS = 7
#: Views that are measured in between.
_QUICK_VIEWS = 12


@dataclass(frozen=True, slots=True)
class RefineRun:
    """Where a run reads and writes."""

    config: RefineConfig
    source: Path  # folder of ict_head.npz
    out: Path
    work: Path
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    start: Path | None = None  # folder of a refine.safetensors to begin with; None: from nothing

    def plans(self) -> tuple[PairPlan, PairPlan]:
        """People to be measured, and people to learn from."""
        folder = self.work / "pairs"
        return (
            PairPlan(self.source, folder / "held-out", self.config, held_out=True),
            PairPlan(self.source, folder / "training", self.config),
        )


def run(job: RefineRun) -> Iterator[str]:
    """Train; yields a line for people now and then.

    Raises:
        Head360Error: source data or a model is missing, or pairs cannot be drawn.
    """
    start = time.monotonic()
    job.out.mkdir(parents=True, exist_ok=True)
    job.work.mkdir(parents=True, exist_ok=True)
    plans = job.plans()
    if job.config.makers == 0:
        for path in make_pairs(plans):
            yield f"pairs: {path.name}"
    with Makers(plans, job.config.makers) as makers, Journal(job.out) as journal:
        session = _Session(job, journal, makers, start)
        yield from session.wait()
        yield from session.train()
        makers.stop()
        yield from session.finish()


class _Session:
    """One run: the learner, its pairs, and the clock."""

    def __init__(self, job: RefineRun, journal: Journal, makers: Makers, start: float) -> None:
        config = job.config
        self._job, self._journal, self._makers = job, journal, makers
        self._held_plan, self._plan = job.plans()
        self._learner = Learner(config, job.device)
        self._guard = Guard(self._learner.average)
        if job.start is not None:
            self._learner.begin_with(load_refine(job.start / FILE))
        self._pairs = PairStore(config.heads * config.views, config.size, job.device)
        self._held = PairStore(config.held_out * config.views, config.size, job.device)
        self._start, self._earlier = start, 0.0  # seconds
        self._began: float | None = None  # when learning began
        self._over = 0.0  # share of the run that was over by then
        self._looked = self._saved = -1e9
        self._checked = time.monotonic()
        self._sheets = list(_SHEETS)
        self._restore()

    @property
    def _share(self) -> float:
        """Of the run that is over."""
        config = self._job.config
        by_steps = self._learner.step / config.steps
        if config.minutes <= 0:
            return by_steps
        end = self._start + config.minutes * 60 - config.report_seconds - self._earlier
        began = self._began if self._began is not None else time.monotonic()
        # Counted from the first step: what pairs take to come must not shorten any phase.
        past = (time.monotonic() - began) / max(end - began, 1.0)
        return max(by_steps, min(1.0, self._over + (1 - self._over) * past))

    @property
    def _late(self) -> bool:
        """Whether a quarter of the time has gone with waiting."""
        minutes = self._job.config.minutes
        return 0 < minutes * 60 * 0.25 < time.monotonic() - self._start

    def wait(self) -> Iterator[str]:
        """Until there are pairs enough to begin with."""
        wanted = min(self._job.config.first_pairs, self._job.config.heads * self._job.config.views)
        while self._look() < wanted:
            if not self._makers.working:
                break
            yield f"pairs: {self._pairs.count} of {wanted} to begin with"
            time.sleep(_LOOK_S)
            if self._late:
                break
        while not self._look() and self._makers.working:
            time.sleep(_LOOK_S)
        if not self._pairs.count:
            raise PairError("No pairs of pictures could be drawn.")

    def train(self) -> Iterator[str]:
        """Learn until the budget is spent."""
        config, learner = self._job.config, self._learner
        self._began = self._looked = time.monotonic()
        if self._job.start is not None:  # so that what comes out is at least as good
            yield from self._check()
        while (share := self._share) < 1:
            if time.monotonic() - self._looked > _LOOK_S:
                self._look()
            rng = np.random.default_rng([config.seed, learner.step])
            pairs = self._pairs.crops(config.batch, config.crop, rng)
            losses = learner.learn(pairs, share, rng)
            if learner.step % _NOTED_EVERY == 0:
                self._note(losses)
            if time.monotonic() - self._checked > config.check_seconds:
                yield from self._check()
            if time.monotonic() - self._saved > config.save_seconds:
                yield self._save_and_say(share, losses)
            if self._sheets and share >= self._sheets[0]:
                self._sheets.pop(0)
                self._draw_sheet(learner.average)

    def finish(self) -> Iterator[str]:
        """Write what ships, the report and the last sheet."""
        yield from self._check()
        self._save()
        yield f"best: step {self._guard.step} of {self._learner.step}"
        measured = report(self._guard.best, self._spread(self._job.config.report_views))
        write_report(self._job, self._learner.step, self._pairs.count, measured)
        self._write_weights(FILE, self._guard.best, {"best_step": self._guard.step, **measured})
        self._write_weights(LAST_FILE, self._learner.average, {})
        self._draw_sheet(self._guard.best)
        yield from lines(measured)

    def _check(self) -> Iterator[str]:
        """Remember the network if it is the best so far; go back if it is lost."""
        learner = self._learner
        error, lost = self._guard.check(learner.average, learner.step, self._spread(_QUICK_VIEWS))
        self._journal.losses(learner.step, {"held-out": error})
        if lost:
            learner.go_back(self._guard.best)
            yield f"back to step {self._guard.step}: held-out error {error:.4f} at {learner.step}"
        self._checked = time.monotonic()

    def _look(self) -> int:
        """Take in what has been drawn meanwhile."""
        self._looked = time.monotonic()
        self._held.take(self._held_plan.finished())
        return self._pairs.take(self._plan.finished())

    def _shown(self) -> torch.Tensor:
        """Pairs to measure; training pairs until held-out people are there."""
        return self._held.all() if self._held.count else self._pairs.all()

    def _note(self, losses: Losses) -> None:
        named = {name: float(value) for name, value in losses.items()}
        self._journal.losses(self._learner.step, named)

    def _save_and_say(self, share: float, losses: Losses) -> str:
        self._save()
        drawn, refined = quick_psnr(self._learner.average, self._spread(_QUICK_VIEWS))
        step = self._learner.step
        self._journal.losses(step, {"psnr/drawn": drawn, "psnr/refined": refined})
        return (
            f"step {step}, {share:.0%}, {self._pairs.count} pairs: pixels {losses['pixels']:.4f}, "
            f"edges {losses['edges']:.4f}; held-out {drawn:.2f} → {refined:.2f} dB"
        )

    def _spread(self, count: int) -> torch.Tensor:
        """Some of the pairs to measure, evenly chosen."""
        shown = self._shown()
        return shown[torch.linspace(0, len(shown) - 1, min(count, len(shown))).long()]

    def _draw_sheet(self, net: RefineNet) -> None:
        cells = sheet(net, self._shown(), _SHEET_VIEWS)
        self._journal.sheet(self._learner.step, cells, columns=4)

    def _write_weights(self, name: str, net: RefineNet, more: dict[str, Any]) -> None:
        about = {"steps": self._learner.step, "pairs": self._pairs.count, **more}
        save_refine(self._job.out / name, net, json.dumps(about))

    def _save(self) -> None:
        state = self._learner.state()
        state["seconds"] = self._earlier + time.monotonic() - self._start
        state["share"], state["guard"] = self._share, self._guard.state()
        with replacing(self._job.work / _CHECKPOINT) as partial:
            torch.save(state, partial)
        self._saved = time.monotonic()

    def _restore(self) -> None:
        path = self._job.work / _CHECKPOINT
        if path.exists():
            state: dict[str, Any] = torch.load(
                path, map_location=self._job.device, weights_only=True
            )
            self._earlier, self._over = state.pop("seconds"), state.pop("share")
            self._guard.load(state.pop("guard"))
            self._learner.load(state)
            self._journal.rewind(self._learner.step)
            self._sheets = [share for share in _SHEETS if share > self._over]


def write_report(
    job: RefineRun, steps: int, pairs: int, measured: dict[str, dict[str, float]]
) -> None:
    """Write refine.json."""
    content = {
        "config": asdict(job.config), "device": described(job.device), "steps": steps,
        "pairs": pairs, "held_out": measured,
    }  # fmt: skip
    with replacing(job.out / "refine.json") as partial:
        partial.write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def lines(measured: dict[str, dict[str, float]]) -> Iterator[str]:
    """The report for people."""
    for name, row in measured.items():
        yield f"{name}: " + ", ".join(f"{key} {value:.4f}" for key, value in row.items())
