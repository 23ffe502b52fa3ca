"""Runs the stage hairstyle: ResNet-50 on the portraits that the stage parsing learns from.

In `out`: hairstyle-resnet50.safetensors, a teacher for `train parsing --teacher` and the yardstick
for the compact network that ships; hairstyle.json; the diary. A run that was stopped goes on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from head360.errors import ResourceError
from head360.files import replacing
from head360.fitting.face_network import PARTS
from training.device import described
from training.stages.backdrops import Backdrops
from training.stages.face_pictures import WORN, draw_faces
from training.stages.face_report import held_out_samples, scores
from training.stages.faces_config import FacesConfig
from training.stages.journal import Journal
from training.stages.pace import Budget
from training.stages.parsing import Batch, FaceBatches, batch_of, save_checkpoint, style_loss
from training.stages.progress import set_rates_at
from training.stages.resnet import INPUT, ResNet50, quiet_start

FILE = "hairstyle-resnet50.safetensors"
_CHECKPOINT = "hairstyle-checkpoint.pt"
_SAVED_EVERY, _TOLD_EVERY, _LOOK, _BATCH = 100, 20, 40, 16


@dataclass(frozen=True, slots=True)
class HairstyleRun:
    """Where a run reads and writes."""

    config: FacesConfig
    source: Path | None  # folder of ict_head.npz; None: only what is drawn already
    out: Path
    portraits: Path
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    minutes: float | None = None


class StyleLearner:
    """ResNet-50 and how it learns."""

    def __init__(self, config: FacesConfig, device: torch.device) -> None:
        torch.manual_seed(config.seed)
        self._config, self._device = config, device
        self.net = ResNet50(len(WORN)).to(device)
        quiet_start(self.net)
        learning = config.learning
        self._optimizer = torch.optim.AdamW(
            self.net.parameters(), learning.rate, weight_decay=learning.decay
        )
        self.step = 0

    def learn(self, batch: Batch, done: float) -> float:
        """One step, when a share of the run is `done`; returns the loss."""
        set_rates_at(self._optimizer, self.step, done)
        pictures = batch.pictures.to(self._device, memory_format=torch.channels_last)
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._config.half):
            told = self.net(pictures)
        loss = style_loss(told.float(), batch.styles.to(self._device), self._config.learning)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.step()
        self.step += 1
        return float(loss.detach())

    def state(self) -> dict[str, Any]:
        """Everything that a run needs to go on."""
        optimizer = self._optimizer.state_dict()
        return {"step": self.step, "net": self.net.state_dict(), "optimizer": optimizer}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.step = state["step"]
        self.net.load_state_dict(state["net"])
        self._optimizer.load_state_dict(state["optimizer"])


def run(job: HairstyleRun) -> Iterator[str]:
    """Train; yields a line for people now and then."""
    if job.source is not None:
        yield from draw_faces(job.source, job.portraits, job.config.pictures)
    learner = StyleLearner(job.config, job.device)
    if (checkpoint := job.out / _CHECKPOINT).exists():
        learner.load(torch.load(checkpoint, map_location=job.device, weights_only=True))
    torch.set_flush_denormal(True)
    try:
        yield from _train(job, learner)
    finally:
        torch.set_flush_denormal(False)  # scipy's trees can crash with it
    with replacing(job.out / FILE) as partial:
        save_file(learner.net.state_dict(), partial)
    yield from _report(job, learner)


def _train(job: HairstyleRun, learner: StyleLearner) -> Iterator[str]:
    batches = FaceBatches(job.portraits, job.config, Backdrops.load(job.source))
    steps = job.config.learning.steps
    with Journal(job.out) as journal:
        journal.rewind(learner.step)
        for step, done in Budget(job.minutes).pace(steps).run(learner.step):
            if step % _LOOK == 0:
                batches.look()
            loss = learner.learn(batches.batch(step, INPUT), done)
            journal.loss(learner.step, style=loss)
            if learner.step % _SAVED_EVERY == 0:
                save_checkpoint(job.out / _CHECKPOINT, learner.state())
            if learner.step % _TOLD_EVERY == 0:
                yield f"hairstyle: {learner.step}/{steps}, {batches.files} files, loss {loss:.3f}"
    save_checkpoint(job.out / _CHECKPOINT, learner.state())


def _report(job: HairstyleRun, learner: StyleLearner) -> Iterator[str]:
    network, backdrops = learner.net.eval(), Backdrops.load(job.source)
    found = {}
    for name, disturbed in (("clean", False), ("disturbed", True)):
        samples = list(held_out_samples(job.portraits, job.config, backdrops, disturbed=disturbed))
        ranks = [
            rank
            for start in range(0, len(samples), _BATCH)
            for rank in _ranks(
                network,
                batch_of(
                    [sample for sample, _ in samples[start : start + _BATCH]],
                    [worn for _, worn in samples[start : start + _BATCH]],
                ),
            )
        ]
        row = scores(np.zeros((len(PARTS), len(PARTS)), np.int64), np.array(ranks))
        found[name] = {key: value for key, value in row.items() if key.startswith("top")}
    yield from report_styles(job, learner.step, found)


def report_styles(
    job: HairstyleRun, steps: int, found: dict[str, dict[str, float]]
) -> Iterator[str]:
    """Write hairstyle.json, and say what was found by kind of picture."""
    content = {
        "config": asdict(job.config), "device": described(job.device), "steps": steps,
        "held_out": found,
    }  # fmt: skip
    with replacing(job.out / "hairstyle.json") as partial:
        partial.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    for name, row in found.items():
        yield f"{name}: " + ", ".join(f"{key} {value:.4f}" for key, value in row.items())


@torch.inference_mode()
def _ranks(network: nn.Module, batch: Batch) -> list[int]:
    """How many styles were thought likelier than the true one, for each picture."""
    device = next(network.parameters()).device
    told = network(batch.pictures.to(device)).cpu()
    right = told.gather(1, batch.styles[:, None])
    found: list[int] = (told > right).sum(1).tolist()
    return found


def load_teacher(path: Path) -> ResNet50:
    """What a run wrote, to be copied by a smaller network.

    Raises:
        ResourceError: the file is missing or damaged.
    """
    network = ResNet50(len(WORN))
    try:
        network.load_state_dict(load_file(path))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise ResourceError(f"“{path}” holds no classifier of hairstyles.") from error
    return network.eval().requires_grad_(False)
