"""Makes training data ahead of the training, in other processes where there are any.

Every process has its own OpenGL context and its own core. Data comes back through files, which are
also what a run that was killed finds made: a style has hundreds of megabytes of rays.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeAlias

import torch

from head360.errors import Head360Error

#: Makes one piece of data, by name, and writes it to a path.
Maker: TypeAlias = Callable[[str, Path], None]
_SUFFIX = ".data.safetensors"


class DataJob(Protocol):
    """A kind of data; equal jobs share a maker. Survives the way to another process."""

    def open(self, device: torch.device) -> Maker:
        """Get ready to make pieces on a device (seconds)."""
        ...


_CPU = torch.device("cpu")
_makers: dict[DataJob, Maker] = {}  # a process's own


class DataPoolError(Head360Error):
    """Training data cannot be made in other processes."""

    hint = "They may lack memory or OpenGL; try fewer --workers, or none."


class DataPool:
    """Hands out files of data as they get ready. A `with` block; leaving it ends the processes."""

    def __init__(
        self,
        folder: Path,
        wanted: Mapping[str, DataJob],
        workers: int,
        device: torch.device = _CPU,
    ) -> None:
        """Start making what is `wanted`, in its order; without workers, when asked for.

        Args:
            folder: of the data while it waits.
            wanted: pieces by name, and what makes them.
            workers: processes with a core each; 0: this one makes everything, on `device`.
            device: where this process computes.
        """
        self._folder, self._wanted, self._device = folder, dict(wanted), device
        folder.mkdir(parents=True, exist_ok=True)
        self._futures: dict[str, Future[None]] = {}
        self._executor: ProcessPoolExecutor | None = None
        self._others = set(multiprocessing.active_children())
        self._own: dict[DataJob, Maker] = {}
        if workers and wanted:
            self._executor = ProcessPoolExecutor(
                min(workers, len(wanted)), multiprocessing.get_context("spawn"), _begin
            )
            self._futures = {
                name: self._executor.submit(_make, job, name, self._path(name))
                for name, job in wanted.items()
            }

    def path(self, name: str) -> Path:
        """The file of one piece; waits for it, or makes it here."""
        path = self._path(name)
        if name in self._futures:
            self._wait_for(name)
        elif not path.exists():
            job = self._wanted[name]
            if job not in self._own:
                self._own[job] = job.open(self._device)
            self._own[job](name, path)
        return path

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

    def give_up(self, names: Iterable[str]) -> None:
        """Do not begin with these any more: workers turn to what comes after them."""
        for name in names:
            if name in self._futures:
                self._futures[name].cancel()

    def _wait_for(self, name: str) -> None:
        try:
            self._futures[name].result()
        except BrokenProcessPool as error:
            raise DataPoolError("A process that makes training data ended.") from error

    def forget(self, name: str) -> None:
        """Give back the disk space of a piece."""
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


def _begin() -> None:
    torch.set_num_threads(1)  # the processes are the threads
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


def _end_with(parent: int) -> None:
    """End this process when its parent was killed: nobody else would."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _make(job: DataJob, name: str, path: Path) -> None:
    if path.exists():
        return
    if job not in _makers:
        _makers[job] = job.open(_CPU)
    _makers[job](name, path)
