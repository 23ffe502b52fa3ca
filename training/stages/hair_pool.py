"""Makes the hair's training data ahead of the training, in other processes where there are any.

Grooming is numpy on one core and takes seconds a style; drawing needs an OpenGL context, and every
process has its own. Data comes back through files: a style has hundreds of megabytes of rays.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
import torch

from head360.errors import Head360Error
from head360.rendering.offscreen import create_context
from training.config import HairStage
from training.stages.hair_data import HairCapture, HairData, Mesh, load_data, save_data
from training.stages.strands import StrandRenderer, training_cameras
from training.synhead.grooms import LIBRARY_SEED, make_groom
from training.synhead.grooms_scalp import ScalpSurface
from training.synhead.styles import STYLES

_OUTER_SKIN = (0, 1)  # parts of the source mesh
_LASHES = 15
_SUFFIX = ".data.safetensors"


@dataclass(frozen=True, slots=True)
class HairJob:
    """What every process has to know."""

    source: Path  # folder of ict_head.npz
    stage: HairStage
    seed: int
    folder: Path  # of the data while it waits


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


_salon: Salon | None = None


def _open(job: HairJob) -> None:
    global _salon  # a process's own
    torch.set_num_threads(1)  # the processes are the threads
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    _salon = Salon(job)


def _end_with(parent: int) -> None:
    """End this process when its parent was killed: nobody else would."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _make(name: str, path: Path) -> None:
    assert _salon is not None
    if not path.exists():
        save_data(path, _salon.data(name))


class HairPoolError(Head360Error):
    """Training data cannot be made in other processes."""

    hint = "It may lack memory or OpenGL; try fewer --workers, or none."


class HairPool:
    """Hands out data as it gets ready. A `with` block; leaving it ends the processes."""

    def __init__(self, job: HairJob, names: Sequence[str], workers: int) -> None:
        """Start making the data of `names`, in this order; without workers, when asked for."""
        self._job = job
        self._folder = job.folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._futures: dict[str, Future[None]] = {}
        self._executor: ProcessPoolExecutor | None = None
        self._others = set(multiprocessing.active_children())
        self._salon: Salon | None = None
        if workers and names:
            self._executor = ProcessPoolExecutor(
                min(workers, len(names)),
                multiprocessing.get_context("spawn"),
                _open,
                (job,),
            )
            self._futures = {
                name: self._executor.submit(_make, name, self._path(name)) for name in names
            }

    def get(self, name: str, device: torch.device) -> HairData:
        """The data of one style; waits for it."""
        path = self._path(name)
        if name in self._futures:
            self._wait_for(name)
        elif not path.exists():
            self._salon = self._salon or Salon(self._job)
            save_data(path, self._salon.data(name))
        return load_data(path, device)

    def ready(self, names: Iterable[str], left: Callable[[], float]) -> Iterator[str]:
        """Yield names, those first whose data is ready; stop if none gets ready in time.

        Args:
            names: in the order that is preferred.
            left: how many seconds are left, asked before every wait; infinity for no limit.
        """
        names = list(names)
        while names:
            waiting = {self._futures[name]: name for name in names if name in self._futures}
            if len(waiting) == len(names):
                seconds = left()
                timeout = None if seconds == float("inf") else seconds
                done, _ = wait(waiting, timeout, FIRST_COMPLETED)
                if not done:
                    return
                name = next(n for future, n in waiting.items() if future in done)
            else:
                name = next(n for n in names if n not in self._futures)
            names.remove(name)
            yield name

    def _wait_for(self, name: str) -> None:
        try:
            self._futures[name].result()
        except BrokenProcessPool as error:
            raise HairPoolError("A process that makes the hair's training data ended.") from error

    def forget(self, name: str) -> None:
        """Give back the disk space of a style."""
        self._path(name).unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
            for process in set(multiprocessing.active_children()) - self._others:
                process.terminate()
        for path in self._folder.glob(f"*{_SUFFIX}"):
            path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{_SUFFIX}"
