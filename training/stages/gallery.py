"""The sittings that training draws from: a window that moves along a folder, held ready.

Which sitting a head of a step is, follows from seed, step and the head's number alone, so that any
number of processes draw the same, and a run that goes on draws what it would have drawn. While
sittings are still being made the window moves over those that are there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from head360.errors import Head360Error
from training.stages.sittings import Sitting, Stored, load_sitting, sittings_in
from training.stages.trainable import Ready


class NothingToSeeError(Head360Error):
    """There are no pictures to learn from."""

    hint = "Make some: python -m training train sittings --source DIR --out DIR"


@dataclass(slots=True, eq=False)
class Gallery:
    """Ready sittings of a folder."""

    folder: Path
    kept: int  # how many the window spans
    turnover: int  # steps after which it moves on by one
    prepare: Callable[[Sitting], Ready]
    worn_only: bool = False  # leave out bald heads
    _ready: dict[Stored, Ready] = field(default_factory=dict)
    _bald: dict[Stored, bool] = field(default_factory=dict)
    _sittings: list[Stored] = field(default_factory=list)

    def pick(self, step: int, rng: np.random.Generator) -> Ready:
        """A sitting of the step's window.

        Raises:
            NothingToSeeError: the folder holds none that can be used.
        """
        window = self.window(step)
        return self._held(window[int(rng.integers(len(window)))])

    def window(self, step: int) -> list[Stored]:
        """What a step may draw from."""
        if step % self.turnover == 0 or not self._sittings:
            self._sittings = self._usable()
        if not self._sittings:
            raise NothingToSeeError(f"There are no sittings in “{self.folder}”.")
        count, first = len(self._sittings), step // self.turnover
        if count <= self.kept:
            return self._sittings
        return [self._sittings[(first + i) % count] for i in range(self.kept)]

    def _usable(self) -> list[Stored]:
        found = sittings_in(self.folder)
        return [stored for stored in found if not (self.worn_only and self._is_bald(stored))]

    def _is_bald(self, stored: Stored) -> bool:
        if stored not in self._bald:
            self._bald[stored] = load_sitting(stored).params.hairstyle is None
        return self._bald[stored]

    def _held(self, stored: Stored) -> Ready:
        """The oldest makes room; a sitting in use again counts as new."""
        ready = self._ready.pop(stored, None) or self.prepare(load_sitting(stored))
        self._ready[stored] = ready
        while len(self._ready) > self.kept + 1:
            del self._ready[next(iter(self._ready))]
        return ready
