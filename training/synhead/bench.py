"""`python -m training synhead --bench`: how many true pictures a second this machine makes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

from training.synhead.samples import pack, sample_key
from training.synhead.shoot import TrueStudio


@dataclass(frozen=True, slots=True)
class Spent:
    """Time for one kind of work."""

    wall_s: float = 0.0
    processor_s: float = 0.0  # of all threads: what a machine would need that does nothing else

    def __add__(self, other: Spent) -> Spent:
        """Both together."""
        return Spent(self.wall_s + other.wall_s, self.processor_s + other.processor_s)


@dataclass(frozen=True, slots=True)
class SynheadBench:
    """What was measured."""

    machine: str
    heads: int
    views: int  # of all heads
    pictures: int  # with light: image, hair alone and bald, in every set-up
    making: Spent  # heads: skin, attributes, strands, lamps
    drawing: Spent  # views: pictures and labels
    packing: Spent  # views: PNG and npz

    @property
    def lines(self) -> Iterator[str]:
        """A small table."""
        total = self.making + self.drawing + self.packing
        yield self.machine
        yield f"{self.heads} heads, {self.views} views, {self.pictures} lit pictures"
        yield f"{'':<24}{'time':>10}{'of processors':>16}"
        for name, spent, count in (
            ("a head is made in", self.making, self.heads),
            ("a view is drawn in", self.drawing, self.views),
            ("a view is packed in", self.packing, self.views),
        ):
            yield f"{name:<24}{spent.wall_s / count:>8.3f} s{spent.processor_s / count:>14.3f} s"
        yield f"lit pictures a second: {self.pictures / total.wall_s:.2f}"
        yield f"views a second:        {self.views / total.wall_s:.2f}"
        free = self.pictures / max(total.processor_s, 1e-9)
        yield f"lit pictures a second of one free processor: {free:.2f}"


def measure(studio: TrueStudio, heads: int, views: int) -> Iterator[str | SynheadBench]:
    """Make heads and photograph them; yields what is being done, and the figures at last.

    One head and one view go before, unmeasured: drivers compile shaders when they are first used.
    """
    studio.open(heads).view(0)
    making, drawing, packing, pictures = Spent(), Spent(), Spent(), 0
    for seed in range(heads):
        yield f"head {seed + 1} of {heads}"
        clock = _Clock()
        shoot = studio.open(seed)
        record = shoot.record
        making += clock.spent()
        for number in range(views):
            view = shoot.view(number)
            drawing += clock.spent()
            pack(sample_key(seed, number), record, view, number)
            packing += clock.spent()
            pictures += sum(name[-1].isdigit() for name in view.pictures)
    machine = f"{os.cpu_count()} processors, {studio.card}"
    yield SynheadBench(machine, heads, heads * views, pictures, making, drawing, packing)


class _Clock:
    """Measures from one question to the next."""

    def __init__(self) -> None:
        self._last = self._now()

    def spent(self) -> Spent:
        """Since the last time."""
        wall, processor = self._last
        self._last = self._now()
        return Spent(self._last[0] - wall, self._last[1] - processor)

    @staticmethod
    def _now() -> tuple[float, float]:
        return time.perf_counter(), time.process_time()
