"""Runs the stage hairstyle for the compact network that ships (`compact = true`).

In `out`: hairstyle.safetensors; hairstyle.json (figures on held-out people); the diary. Maps that
are learnt from lie in OUT/maps. A run that was stopped goes on.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from head360.assets import resource
from head360.fitting.face_looks import looked
from head360.fitting.face_network import FACES_FILE, FaceNetwork, load_faces
from head360.fitting.style_network import (
    STYLE_FILE,
    StyleNetwork,
    StyleShape,
    save_style,
    style_maps,
    told_styles,
)
from training.stages.backdrops import Backdrops
from training.stages.face_pictures import WORN, Bytes, draw_faces, load_sheets, sheets
from training.stages.face_report import held_out_samples
from training.stages.face_samples import FaceSample
from training.stages.faces_config import FacesConfig
from training.stages.journal import Journal
from training.stages.pace import Budget
from training.stages.parsing import follow, save_checkpoint
from training.stages.progress import set_rates_at
from training.stages.run_hairstyle import HairstyleRun, report_styles
from training.stages.style_maps import MapsMaker, read_maps, varied_maps

_CHECKPOINT, _MAPS = "hairstyle-compact-checkpoint.pt", "maps"
_SAVED_EVERY, _TOLD_EVERY = 100, 20
_LARGEST_GRADIENT = 5.0
_STREAM = 29


class StyleBatches:
    """Random batches of the maps in a folder, every style as often as any other."""

    def __init__(self, folder: Path, config: FacesConfig) -> None:
        self._config = config
        self._of: list[list[Bytes]] = [[] for _ in WORN]
        learnt = [sheet for sheet in sheets(config.pictures) if not sheet.held_out]
        for sheet, maps in load_sheets(folder, learnt).items():
            self._of[sheet.worn].extend(maps)

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """(B, MAPS, S, S) and (B,) places in `WORN`; the same for the same step and files."""
        rng = np.random.default_rng([_STREAM, self._config.seed, step])
        there = [place for place, maps in enumerate(self._of) if maps]
        worn = rng.choice(there, self._config.style.batch)
        chosen = [self._of[place][rng.integers(len(self._of[place]))] for place in worn]
        return varied_maps(read_maps(np.stack(chosen)), rng), torch.from_numpy(worn)


class CompactLearner:
    """The network that ships, its moving average, and how they learn."""

    def __init__(
        self, config: FacesConfig, device: torch.device, shape: StyleShape | None = None
    ) -> None:
        torch.manual_seed(config.seed)
        self._config, self._device = config, device
        self.net = StyleNetwork(shape or StyleShape(styles=len(WORN))).to(device)
        self.average = copy.deepcopy(self.net).eval().requires_grad_(False)
        learning = config.style
        self._optimizer = torch.optim.AdamW(
            self.net.parameters(), learning.rate, weight_decay=learning.decay
        )
        self.step = 0

    def learn(self, maps: Tensor, worn: Tensor, done: float, taught: Tensor | None = None) -> float:
        """One step, when a share of the run is `done`; returns the loss.

        `taught` are (B, styles) logits of a teacher.
        """
        learning = self._config.style
        set_rates_at(self._optimizer, self.step, done)
        seen = maps.to(self._device, memory_format=torch.channels_last)
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._config.half):
            told = self.net(seen)
        loss = functional.cross_entropy(
            told.float(), worn.to(self._device), label_smoothing=learning.smoothing
        )
        if taught is not None:
            logs, truth = torch.log_softmax(told.float(), 1), torch.softmax(taught, 1)
            copied = functional.kl_div(logs, truth, reduction="batchmean")
            loss = (1 - learning.distillation) * loss + learning.distillation * copied
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), _LARGEST_GRADIENT)
        self._optimizer.step()
        self.step += 1
        follow(self.average, self.net, min(learning.average, (1 + self.step) / (10 + self.step)))
        return float(loss.detach())

    def state(self) -> dict[str, Any]:
        """Everything that a run needs to go on."""
        return {
            "step": self.step, "net": self.net.state_dict(),
            "average": self.average.state_dict(), "optimizer": self._optimizer.state_dict(),
        }  # fmt: skip

    def load(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.step = state["step"]
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self._optimizer.load_state_dict(state["optimizer"])


def run(job: HairstyleRun) -> Iterator[str]:
    """Draw portraits that are missing, make maps of them, train, measure; yields lines."""
    config = job.config
    if job.source is not None:
        yield from draw_faces(job.source, job.portraits, config.pictures)
    learner, backdrops = CompactLearner(config, job.device), Backdrops.load(job.source)
    if (checkpoint := job.out / _CHECKPOINT).exists():
        learner.load(torch.load(checkpoint, map_location=job.device, weights_only=True))
    parser = load_faces(resource("models", FACES_FILE))[0]
    known = load_sheets(job.portraits, [s for s in sheets(config.pictures) if not s.held_out])
    maker = MapsMaker(parser, backdrops, config.style)
    for number, _ in enumerate(maker.missing(known, job.out / _MAPS)):
        yield f"maps: {number + 1} more, of {len(known)} files of portraits"
    torch.set_flush_denormal(True)
    try:
        yield from _train(job, learner)
    finally:
        torch.set_flush_denormal(False)  # scipy's trees can crash with it
    network = learner.average.cpu()
    save_style(job.out / STYLE_FILE, network, [name or "" for name in WORN])
    shown = partial(held_out_samples, job.portraits, config, backdrops)
    found = {
        name: style_scores(network, parser, shown(disturbed=disturbed))
        for name, disturbed in (("clean", False), ("disturbed", True))
    }
    yield from report_styles(job, learner.step, found)


def _train(job: HairstyleRun, learner: CompactLearner) -> Iterator[str]:
    batches, steps = StyleBatches(job.out / _MAPS, job.config), job.config.style.steps
    with Journal(job.out) as journal:
        journal.rewind(learner.step)
        for step, done in Budget(job.minutes).pace(steps).run(learner.step):
            loss = learner.learn(*batches.batch(step), done)
            journal.loss(learner.step, style=loss)
            if learner.step % _SAVED_EVERY == 0:
                save_checkpoint(job.out / _CHECKPOINT, learner.state())
            if learner.step % _TOLD_EVERY == 0:
                yield f"hairstyle: {learner.step}/{steps}, loss {loss:.3f}"
    save_checkpoint(job.out / _CHECKPOINT, learner.state())


def style_scores(
    network: StyleNetwork, parser: FaceNetwork, samples: Iterator[tuple[FaceSample, int]]
) -> dict[str, float]:
    """Shares of samples whose hairstyle is told right, and among the first five."""
    ranks = np.array([_rank(network, parser, sample, worn) for sample, worn in samples])
    return {f"top-{n}": float((ranks < n).mean()) for n in (1, 5)} if len(ranks) else {}


def _rank(network: StyleNetwork, parser: FaceNetwork, sample: FaceSample, worn: int) -> int:
    """How many styles were thought likelier than the true one."""
    seen = torch.from_numpy(np.array(sample.picture)).permute(2, 0, 1)[None].float() / 255
    with torch.inference_mode():
        shares: npt.NDArray[np.float32] = looked(parser, seen)[0][0].exp().numpy()
    told = told_styles(network, style_maps(sample.picture, shares))
    return int((told > told[worn]).sum())
