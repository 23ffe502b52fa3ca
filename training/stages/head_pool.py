"""The head's training data: people drawn onto planes, and rays with what they should return."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from head360.files import replacing
from head360.rendering.march import Rays
from head360.rendering.reference import Surface
from training.config import HeadStage
from training.stages.data_pool import Maker
from training.stages.direct import HeadExample, head_example, random_cameras
from training.stages.stand_ins import ProductPeople, StandIns

_PREFIX = "head-"


@dataclass(frozen=True, slots=True)
class HeadJob:
    """What every process has to know; pieces are named by `piece`."""

    source: Path  # folder of ict_head.npz
    stage: HeadStage
    seed: int

    def open(self, device: torch.device) -> Maker:
        """Read the people that the stage asks for when the first of them is wanted."""

        @cache
        def people(real: bool) -> Callable[[int], Surface]:
            kind = ProductPeople(device) if real else StandIns(self.source, device)
            return kind.surface

        def make(name: str, path: Path) -> None:
            seed = int(name.removeprefix(_PREFIX))
            rng = np.random.default_rng([self.seed, seed])
            cameras = random_cameras(self.stage.views, rng)
            save_example(path, head_example(people(self._real(seed))(seed), cameras, self.stage))

        return make

    def _real(self, seed: int) -> bool:
        """Whether a person is the product's own, as `real_share` of them are."""
        share = self.stage.real_share
        return int((seed + 1) * share) > int(seed * share)


def piece(seed: int) -> str:
    """The name of a person's data; names sort as people do."""
    return f"{_PREFIX}{seed:06d}"


def save_example(path: Path, example: HeadExample) -> None:
    """Write one person's data for another process."""
    tensors = {
        "planes": example.planes, "columns": example.columns,
        "origins": example.rays.origins, "directions": example.rays.directions,
    }  # fmt: skip
    with replacing(path) as partial:
        save_file({name: t.cpu().contiguous() for name, t in tensors.items()}, partial)


def load_example(path: Path, device: torch.device) -> HeadExample:
    """What `save_example` wrote."""
    found = load_file(path, device=str(device))
    rays = Rays(found["origins"], found["directions"])
    return HeadExample(found["planes"], rays, found["columns"])
