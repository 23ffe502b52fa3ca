"""Shots to learn from and to measure with, as they come, and random batches of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from training.stages.face_pictures import WORN, sheets
from training.stages.faces_config import FacesConfig
from training.stages.parsing import Batch
from training.stages.shots import ANYTHING, NEARER, PLAIN, PORTRAIT, ShotPool, varied_shots

_WHOLE, _ANY, _NEAR = range(3)
_KINDS = ((PLAIN, PORTRAIT), (ANYTHING,), (NEARER,))
_PER_PORTRAIT = 2  # held-out shots of each


class Shown:
    """What there is of a run's portraits by now."""

    def __init__(self, config: FacesConfig, folder: Path, device: torch.device) -> None:
        listed = sheets(config.pictures)
        self._learnt, self._held_out = (
            {sheet.path(folder): sheet for sheet in listed if sheet.held_out is held}
            for held in (False, True)
        )
        size = config.shots.size
        self.pool = ShotPool(config.shots.most, size, device)
        held = _PER_PORTRAIT * config.pictures.held_out_views * len(self._held_out)
        self.held_pool = ShotPool(held, size, device)

    def look(self) -> None:
        """Take new files in."""
        self.pool.look(self._learnt)
        self.held_pool.look(self._held_out)

    def __str__(self) -> str:
        known = len(self.pool.known)
        return f"{known} files, {self.pool.count} shots, {self.held_pool.count} held out"


class ShotBatches:
    """Random shots as a parser or ResNet-50 learns from them, every style as often as any other."""

    def __init__(self, shown: Shown, config: FacesConfig) -> None:
        self._shown, self._config = shown, config
        self.look()

    def look(self) -> None:
        """Take new files in."""
        self._shown.look()
        self._of = [self._shown.pool.places(*kinds) for kinds in _KINDS]
        self._there = [
            place for place in range(len(WORN)) if all(len(of[place]) for of in self._of)
        ]

    def parser(self, step: int, done: float) -> Batch:
        """Whole heads, others and nearer ones, when a share of the run is `done`."""
        learning = self._config.learning
        near = _from_near(learning.nearer, learning.batch)
        whole = min(round(learning.portraits * learning.batch), learning.batch - near)
        others = learning.batch - near - whole
        batch = self._batch(step, [_NEAR] * near + [_WHOLE] * whole + [_ANY] * others)
        return _halved(batch) if done < learning.coarse_until else batch

    def whole(self, step: int, count: int) -> Batch:
        """Whole heads only."""
        return self._batch(step, [_WHOLE] * count)

    def _batch(self, step: int, kinds: list[int]) -> Batch:
        rng = np.random.default_rng([self._config.seed, step, len(kinds)])
        styles = rng.choice(self._there, len(kinds))
        of = [self._of[kind][place] for kind, place in zip(kinds, styles, strict=True)]
        pool = self._shown.pool
        at = torch.stack([numbers[rng.integers(len(numbers))] for numbers in of]).to(pool.device)
        pictures, parts = varied_shots(pool.pictures[at], pool.parts[at], step)
        kind = np.array(kinds)
        known = torch.from_numpy(np.where(kind == _WHOLE, styles, -1))
        return Batch(pictures, parts, known, torch.from_numpy(kind == _NEAR))


def _from_near(share: float, batch: int) -> int:
    """How many shots of a batch are from near; normalising takes two of a kind at least."""
    count = int(share * batch)
    return count if 1 < count < batch - 1 else 0


def _halved(batch: Batch) -> Batch:
    pictures = functional.avg_pool2d(batch.pictures, 2)
    return Batch(pictures, batch.parts[:, ::2, ::2], batch.styles, batch.nearer)
