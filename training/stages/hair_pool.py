"""Hair's training data: grooms styles on the mean head and draws what there is to learn.

Grooming is numpy on one core and takes seconds a style; drawing needs an OpenGL context.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from head360.rendering.offscreen import create_context
from training.config import HairStage
from training.stages.data_pool import Maker
from training.stages.hair_data import HairCapture, HairData, Mesh, save_data
from training.stages.strands import StrandRenderer, training_cameras
from training.synhead.grooms import LIBRARY_SEED, make_groom
from training.synhead.grooms_scalp import ScalpSurface
from training.synhead.styles import STYLES

_OUTER_SKIN = (0, 1)  # parts of the source mesh
_LASHES = 15


@dataclass(frozen=True, slots=True)
class HairJob:
    """What every process has to know; pieces are named by their style."""

    source: Path  # folder of ict_head.npz
    stage: HairStage
    seed: int

    def open(self, _device: torch.device) -> Maker:
        """Open a salon; drawing goes through OpenGL wherever training computes."""
        salon = Salon(self)
        return lambda name, path: save_data(path, salon.data(name))


class Salon:
    """Grooms styles on the mean head and draws their training data, one after another."""

    def __init__(self, job: HairJob) -> None:
        vertices, triangles, part = _mean_head(job.source)
        self._job, stage = job, job.stage
        self._scalp = mean_scalp(job.source)
        context = create_context()
        self._capture = HairCapture(
            StrandRenderer(stage.plane_size, context),
            StrandRenderer(stage.picture_size, context),
            training_cameras(stage.views),
            Mesh(vertices.astype(np.float32), triangles[part < _LASHES]),
        )

    def data(self, name: str) -> HairData:
        """One style's data, the same whichever process makes it."""
        job = self._job
        groom = make_groom(STYLES[name], self._scalp, job.seed + LIBRARY_SEED)
        stage = job.stage
        return self._capture.data(
            groom, grid_size=stage.grid_size, most=stage.targets, seed=job.seed
        )


def mean_scalp(source: Path) -> ScalpSurface:
    """The mean head as hair is groomed on it; `source` is the folder of ict_head.npz."""
    vertices, triangles, part = _mean_head(source)
    return ScalpSurface.build(vertices, triangles[np.isin(part, _OUTER_SKIN)])


def _mean_head(
    source: Path,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Vertices in metres, triangles, and the part that each triangle belongs to."""
    with np.load(source / "ict_head.npz") as data:
        return data["verts"] * 0.01, data["tris"].astype(np.int64), data["tri_part"]
