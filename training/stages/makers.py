"""Processes that make data while another one learns from what is there."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from training.stages.joint_config import SittingStage
from training.stages.photographer import Share, take_sittings
from training.stages.sittings import SittingError, sittings_in

_LOOK_S = 2.0
_AGAIN = "Start the same command again; what is there is kept."


class Makers:
    """Some processes at work, each on its share; they end with the process that started them."""

    def __init__(self, make: Callable[..., None], shares: Sequence[tuple[object, ...]]) -> None:
        """Each process calls `make` (of a module, not a closure) with one share's values."""
        context = multiprocessing.get_context("spawn")  # OpenGL and CUDA do not survive a fork
        self._processes = [
            context.Process(target=_made, args=(make, share), daemon=True) for share in shares
        ]
        for process in self._processes:
            process.start()

    def at_work(self) -> bool:
        """Whether any is not finished yet."""
        return any(process.is_alive() for process in self._processes)

    def failed(self) -> bool:
        """Whether any ended without having made its share."""
        return any(process.exitcode for process in self._processes)

    def stop(self) -> None:
        """End them; what is half done is lost."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join()


def _made(make: Callable[..., None], share: tuple[object, ...]) -> None:
    import torch

    # There is one process for each core that may be used: neither torch nor software OpenGL
    # shall take more.
    torch.set_num_threads(1)
    os.environ.setdefault("LP_NUM_THREADS", "1")
    make(*share)


def sitting_makers(
    source: Path, folder: Path, stage: SittingStage, styles: Sequence[str], share: Share
) -> Makers:
    """Processes that make sittings; `share` is this machine's part, which they divide."""
    shares = [share.divided(number, stage.makers) for number in range(stage.makers)]
    return Makers(_take, [(source, folder, stage, tuple(styles), each) for each in shares])


def _take(
    source: Path, folder: Path, stage: SittingStage, styles: Sequence[str], share: Share
) -> None:
    for _ in take_sittings(source, folder, stage, styles, share):
        pass


def watched(makers: Makers, folder: Path, wanted: int) -> Iterator[str]:
    """Wait for them; tells now and then how many sittings there are.

    Raises:
        SittingError: they ended without having made all.
    """
    told = -1
    while makers.at_work():
        there = len(sittings_in(folder))
        if there != told:
            yield f"sittings: {there} of {wanted}"
            told = there
        time.sleep(_LOOK_S)
    yield f"sittings: {len(sittings_in(folder))} of {wanted}"
    if makers.failed():
        raise SittingError("Some sittings could not be made; see what was said above.", _AGAIN)
