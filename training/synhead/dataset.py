"""Synthetic heads for training, drawn while training goes on, or read from shards.

`HeadStream` never ends and stores nothing that matters: which picture is the n-th of a worker
follows from seeds alone, so a run goes on after a stop from the number of its batches. Pictures
are kept for a while in a cache of bounded size, because drawing one takes longer than using it:
each is used `echo` times on average, mixed with those of `window` other people.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from torch import distributed
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from training.synhead.cache import RollingCache
from training.synhead.samples import Sample, collate, pack, rephrased, sample_key, unpack
from training.synhead.shards import read_index, read_shard
from training.synhead.tars import PackedSample, ShardError
from training.synhead.writer import Shoot, Studio

_DRAW, _VISIT, _ORDER, _MIX = range(4)  # streams of random numbers


class StudioOpener(Protocol):
    """Opens the studio in the process that will draw; must survive pickling."""

    @property
    def description(self) -> Mapping[str, Any]:
        """Everything that shapes a picture, for JSON: `views`, `set_ups` and more."""
        ...

    def __call__(self) -> Studio:
        """Open it."""
        ...


@dataclass(frozen=True, slots=True)
class TrueStudioOpener:
    """Opens the true renderer: one OpenGL context in each process."""

    source: Path
    options: Any  # ShootOptions

    @property
    def description(self) -> Mapping[str, Any]:
        """The options."""
        return asdict(self.options)

    def __call__(self) -> Studio:
        """Open it (some seconds)."""
        # Imported here: readers of shards need no graphics.
        from training.synhead.shoot import TrueStudio

        return TrueStudio(self.source, self.options)


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """What is drawn, in which order, and how much is kept."""

    cache: Path
    cache_bytes: int = 8 * 2**30
    seed: int = 0
    first_person: int = 0
    people: int = 100_000  # then the first one comes again, seen from elsewhere
    visit: int = 6  # views of a person in a row: opening one costs as much as a few views
    echo: int = 4  # times that a picture is used, on average
    window: int = 16  # visits that used pictures are taken from

    def __post_init__(self) -> None:
        if min(self.people, self.visit, self.echo, self.window, self.cache_bytes) < 1:
            raise ValueError("people, visit, echo, window and cache_bytes must be 1 or more")


@dataclass(frozen=True, slots=True)
class StreamState:
    """How far a run had come: all that has to be kept to go on."""

    batches: int = 0  # taken from this process's loader
    batch_size: int = 1


@dataclass(frozen=True, slots=True)
class Draw:
    """A picture to be taken next."""

    person: int
    view: int
    set_up: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """Which picture a worker takes at each step, from seeds alone."""

    options: StreamOptions
    views: int  # that a person can be seen from
    worker: int = 0  # of all workers of all processes
    workers: int = 1

    def draw(self, step: int) -> Draw:
        """The picture of a step, 0 …; every `echo`-th one is new, the others were seen before."""
        options = self.options
        length = min(options.visit, self.views)
        newest, within = divmod(step, length * options.echo)
        slot, again = divmod(within, options.echo)
        rng = np.random.default_rng([options.seed, _DRAW, self.worker, step])
        set_up = int(rng.integers(2**16))
        if not again:
            return self._visited(newest, slot, set_up)
        visit = newest - int(rng.integers(min(options.window, newest + 1)))
        taken = slot + 1 if visit == newest else length
        return self._visited(visit, int(rng.integers(taken)), set_up)

    def _visited(self, visit: int, slot: int, set_up: int) -> Draw:
        # Workers take turns with people, so no two of them draw the same one.
        number = visit * self.workers + self.worker
        options = self.options
        rng = np.random.default_rng([options.seed, _VISIT, number])
        view = rng.permutation(self.views)[slot]
        return Draw(options.first_person + number % options.people, int(view), set_up)


class HeadStream(IterableDataset[Sample]):
    """Samples without end. With workers, give it to `loader`; without, iterate it as it is.

    Each iteration starts at the state that it was made with; a run iterates once.
    """

    def __init__(
        self, opener: StudioOpener, options: StreamOptions, state: StreamState | None = None
    ) -> None:
        super().__init__()
        self._opener, self._options = opener, options
        self._state = state or StreamState()
        self._views = int(opener.description["views"])
        self._rank, self._world = _place()
        self._drawing: _Drawing | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_drawing": None}  # a graphics context stays in its process

    def __iter__(self) -> Iterator[Sample]:
        schedule, step = self._from_here()
        drawing = self._ready()
        try:
            while True:
                draw = schedule.draw(step)
                sample = unpack(drawing.sample(draw.person, draw.view), draw.set_up)
                yield rephrased(sample, (self._options.seed, schedule.worker, step))
                step += 1
        finally:
            if get_worker_info():  # a worker draws once; drivers want to be left in good order
                self.close()

    def close(self) -> None:
        """Give the graphics card back, if this process has drawn anything."""
        if self._drawing and self._drawing.process == os.getpid():
            self._drawing.close()
        self._drawing = None

    def _from_here(self) -> tuple[Schedule, int]:
        """This worker's schedule and the step to go on with."""
        info = get_worker_info()
        number, count = (info.id, info.num_workers) if info else (0, 1)
        batches = self._state.batches
        # Loaders ask worker 0 first. After a stop, whoever is 0 has to be whose turn it was.
        number = (number + batches) % count
        step = self._state.batch_size * len(range(number, batches, count))
        worker, workers = self._rank * count + number, self._world * count
        return Schedule(self._options, self._views, worker, workers), step

    def _ready(self) -> _Drawing:
        if self._drawing is None or self._drawing.process != os.getpid():
            self._drawing = _Drawing(self._opener, self._options)
        return self._drawing


@dataclass(slots=True)
class _Drawing:
    """Draws what the cache lacks; the studio opens when it is first needed."""

    opener: StudioOpener
    options: StreamOptions
    process: int = field(default_factory=os.getpid)
    _studio: Studio | None = None
    _shoot: tuple[int, Shoot] | None = None
    _cache: RollingCache = field(init=False)

    def __post_init__(self) -> None:
        folder = _fingerprint(self.opener.description)
        self._cache = RollingCache(self.options.cache, folder, self.options.cache_bytes)

    def sample(self, person: int, view: int) -> PackedSample:
        key = sample_key(person, view)
        if kept := self._cache.get(key):
            return kept
        if self._studio is None:
            self._studio = self.opener()
        if self._shoot is None or self._shoot[0] != person:
            self._shoot = person, self._studio.open(person)
        shoot = self._shoot[1]
        drawn = pack(key, shoot.record, shoot.view(view), view)
        self._cache.put(drawn)
        return drawn

    def close(self) -> None:
        release = getattr(self._studio, "release", None)
        if release:
            release()
        self._studio = self._shoot = None


class ShardDataset(IterableDataset[Sample]):
    """Samples of shards: those of an epoch in mixed order, each once over all workers."""

    def __init__(
        self, folder: Path, seed: int = 0, epoch: int = 0, mixed: int = 64, check: bool = False
    ) -> None:
        """`mixed` samples of a worker wait to be picked from; `check` compares checksums."""
        super().__init__()
        self._folder, self._seed, self._mixed, self._check = folder, seed, max(1, mixed), check
        self.epoch = epoch  # set it before each epoch
        self._shards = read_index(folder)
        self._rank, self._world = _place()

    def __len__(self) -> int:
        return sum(shard.samples for shard in self._shards)

    def __iter__(self) -> Iterator[Sample]:
        info = get_worker_info()
        number, count = (info.id, info.num_workers) if info else (0, 1)
        worker, workers = self._rank * count + number, self._world * count
        order = np.random.default_rng([self._seed, _ORDER, self.epoch]).permutation(
            len(self._shards)
        )
        rng = np.random.default_rng([self._seed, _MIX, self.epoch, worker])
        for packed in _mixed(self._read(order[worker::workers].tolist()), self._mixed, rng):
            sample = unpack(packed, int(rng.integers(2**16)))
            yield rephrased(sample, (self._seed, self.epoch, int(rng.integers(2**32))))

    def _read(self, numbers: list[int]) -> Iterator[PackedSample]:
        for number in numbers:
            count, entry = 0, self._shards[number]
            for packed in read_shard(self._folder, entry, self._check):
                count += 1
                yield packed
            if count != entry.samples:
                raise ShardError(f"“{entry.name}” has {count} samples, not {entry.samples}.")


def loader(
    data: IterableDataset[Sample], batch_size: int, workers: int = 0, **options: Any
) -> DataLoader[Sample]:
    """A loader whose workers start afresh: graphics contexts do not survive a fork."""
    if workers:
        options = {"multiprocessing_context": "spawn", "persistent_workers": True, **options}
    return DataLoader(data, batch_size, num_workers=workers, collate_fn=collate, **options)


def _mixed(
    samples: Iterator[PackedSample], count: int, rng: np.random.Generator
) -> Iterator[PackedSample]:
    """Any of `count` waiting samples is next."""
    waiting: list[PackedSample] = []
    for sample in samples:
        waiting.append(sample)
        if len(waiting) == count:
            yield waiting.pop(int(rng.integers(count)))
    for number in rng.permutation(len(waiting)):
        yield waiting[number]


def _place() -> tuple[int, int]:
    """Number of this process and how many there are."""
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))


def _fingerprint(description: Mapping[str, Any]) -> str:
    text = json.dumps(dict(description), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
