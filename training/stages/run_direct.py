"""Runs the direct stage: the head's decoder, the hair's decoder, and one style after another.

Every finished part is kept in the output folder, and unfinished ones leave a checkpoint a minute,
so a run that is stopped goes on where it was; the packed results alone are enough for that. A run
with a limit of minutes shortens its parts so that all of them are done in time, and writes what
there is whatever happens.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from head360.files import replacing
from head360.model.field import HairField, HairPlanes, HeadField, Variant, load_fields, save_fields
from head360.model.hair import HairLibrary, pack_style, save_blobs
from training.config import DirectConfig
from training.stages.checkpoint import Checkpoint
from training.stages.data_pool import DataJob, DataPool
from training.stages.direct import HeadExample, check_head, train_head
from training.stages.hair_data import load_data
from training.stages.hair_direct import Floats, check, train_decoder, train_style
from training.stages.hair_pool import HairJob
from training.stages.hair_roots import combed
from training.stages.head_pool import HeadJob, load_example, piece
from training.stages.journal import Journal
from training.stages.pace import Budget
from training.stages.progress import Progress
from training.stages.report import Part, write_report
from training.synhead.styles import STYLES

#: Styles that teach the shared decoder: short, straight, curly, tied.
DECODER_STYLES = ("short_side_part", "bob", "long_wavy", "short_curly", "afro", "ponytail")
_STYLES_IN_A_FILE = 9
#: Seconds kept for packing and writing where the time is limited.
_RESERVE = 20.0
#: Share of the head's time, and of the hair decoder's, that making data may take.
_DATA_SHARE = 0.5
_LEAST_EXAMPLES, _CHECK_PEOPLE, _LEAST_STEPS = 2, 2, 20

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class DirectRun:
    """Where a run reads and writes, and with what."""

    config: DirectConfig
    source: Path  # folder of ict_head.npz
    out: Path
    styles: Sequence[str] = tuple(STYLES)
    variant: Variant = "depth"
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    workers: int = 0  # processes that make data; 0: this one does
    minutes: float | None = None
    only_head: bool = False

    @property
    def fields(self) -> Path:
        """The networks' file."""
        return self.out / "fields.safetensors"


def run(job: DirectRun) -> Iterator[str]:
    """Train what is not there yet; yields a line for people now and then."""
    (job.out / "styles").mkdir(parents=True, exist_ok=True)
    torch.manual_seed(job.config.seed)
    with (
        Journal(job.out / "journal") as journal,
        DataPool(job.out / "data", _pieces(job), job.workers, job.device) as pool,
    ):
        bench = _Bench(job, journal, pool)
        try:
            yield from _head(bench)
            if not job.only_head:
                yield from _decoder(bench)
                yield from _styles(bench)
        finally:
            bench.close()
            collect(job)
    yield "done"


@dataclass(slots=True)
class _Bench:
    """What the parts of a run share."""

    job: DirectRun
    journal: Journal
    pool: DataPool
    head: HeadField = field(init=False)
    hair: HairField = field(init=False)
    budget: Budget = field(init=False)
    parts: list[Part] = field(default_factory=list)
    packers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4))
    packing: list[Future[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.budget = Budget(self.job.minutes)
        self.head = HeadField(self.job.variant).to(self.job.device)
        self.hair = HairField(self.job.variant).to(self.job.device)

    def close(self) -> None:
        """Wait for what is being packed, and write the report."""
        self.packers.shutdown(wait=True)
        for packed in self.packing:
            packed.result()
        write_report(self.job.out / "report.json", self.job.device, self.parts)

    def checkpoint(self, name: str) -> Checkpoint:
        return Checkpoint(self.job.out / "unfinished" / f"{name}.safetensors")

    def told(
        self, name: str, training: Generator[Progress, None, Result]
    ) -> Generator[str, None, Result]:
        """Note every loss, pass on a tenth of them, and the result."""
        said, started = -1, time.monotonic()
        progress = Progress(0, 1, 0.0)
        while True:
            try:
                progress = next(training)
            except StopIteration as finished:
                seconds = time.monotonic() - started
                self.parts.append(Part(name, progress.step, seconds, progress.loss))
                result: Result = finished.value
                return result
            if said < 0:
                self.journal.rewind(progress.step - 1, [name])
            self.journal.losses(progress.step, {name: progress.loss})
            if (tenth := 10 * progress.step // progress.steps) > said:
                said = tenth
                yield f"{name}: {progress.step}/{progress.steps}, loss {progress.loss:.4f}"


def _needed(job: DirectRun) -> list[str]:
    """Styles whose data the run will ask for, those of the decoder first."""
    if job.only_head:
        return []
    done = {path.stem for path in (job.out / "styles").glob("*.packed")} | set(_packed(job))
    missing = [name for name in job.styles if name not in done]
    decoder = [] if _has(job, "hair") else list(DECODER_STYLES)
    return [*decoder, *(n for n in DECODER_STYLES if n in missing and n not in decoder),
            *(n for n in missing if n not in DECODER_STYLES)]  # fmt: skip


def _pieces(job: DirectRun) -> dict[str, DataJob]:
    """All data that the run will ask for, in the order in which it will."""
    config, people = job.config, range(job.config.head.heads)
    heads = HeadJob(job.source, config.head, config.seed)
    hair = HairJob(job.source, config.hair, config.seed)
    wanted: dict[str, DataJob] = {}
    if not _has(job, "head"):
        wanted |= dict.fromkeys(map(piece, people), heads)
    return wanted | dict.fromkeys(_needed(job), hair)


def _has(job: DirectRun, part: str) -> bool:
    return (job.out / f"{part}.safetensors").exists() or job.fields.exists()


def _packed(job: DirectRun) -> tuple[str, ...]:
    return HairLibrary.load(sorted(job.out.glob("hair-*.safetensors"))).styles


def _restored(bench: _Bench, module: nn.Module, part: str) -> bool:
    """Take a finished network from its own file or from the packed results."""
    job, path = bench.job, bench.job.out / f"{part}.safetensors"
    if path.exists():
        module.load_state_dict(load_file(path))
    elif job.fields.exists():
        head, hair = load_fields(job.fields)
        module.load_state_dict((head if part == "head" else hair).state_dict())
    else:
        return False
    return True


def _keep(bench: _Bench, module: nn.Module, part: str) -> None:
    with replacing(bench.job.out / f"{part}.safetensors") as partial:
        save_file({k: v.cpu().contiguous() for k, v in module.state_dict().items()}, partial)
    bench.checkpoint(part).remove()


def _head(bench: _Bench) -> Iterator[str]:
    if _restored(bench, bench.head, "head"):
        yield "head: already trained"
        return
    job, stage = bench.job, bench.job.config.head
    share = 1.0 if job.only_head else stage.time_share
    budget = Budget(_minutes(bench.budget.part(share, reserve=_RESERVE)))
    examples = yield from _examples(bench, Budget(_minutes(budget.part(_DATA_SHARE))))
    held_out = examples[:_CHECK_PEOPLE] if len(examples) > _LEAST_EXAMPLES + _CHECK_PEOPLE else []
    examples = examples[len(held_out) :]
    before = check_head(bench.head, held_out) if held_out else None
    pace = budget.pace(stage.steps, least=_LEAST_STEPS)
    training = train_head(
        bench.head, examples, stage, job.config.seed, pace, bench.checkpoint("head")
    )
    yield from bench.told("head", training)
    if held_out and before is not None:
        after = check_head(bench.head, held_out)
        bench.parts[-1] = bench.parts[-1].checked(before, after)
        yield f"head: loss on people not learned from {before:.4f} → {after:.4f}"
    _keep(bench, bench.head, "head")


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 60


def _examples(bench: _Bench, budget: Budget) -> Generator[str, None, list[HeadExample]]:
    """People to learn from, in their order; fewer of them if time is short."""
    pool, stage = bench.pool, bench.job.config.head
    examples: dict[str, HeadExample] = {}
    names = [piece(seed) for seed in range(stage.heads)]

    def seconds() -> float:
        return budget.left if len(examples) >= _LEAST_EXAMPLES else math.inf

    for name in pool.ready(names, seconds):
        examples[name] = load_example(pool.path(name), bench.job.device)
        pool.forget(name)
        if len(examples) % 8 == 1 or len(examples) == stage.heads:
            yield f"head data {len(examples)}/{stage.heads}"
        if seconds() == 0:
            break
    pool.give_up(set(names) - set(examples))
    return [examples[name] for name in sorted(examples)]


def _decoder(bench: _Bench) -> Iterator[str]:
    if _restored(bench, bench.hair, "hair"):
        yield "hair decoder: already trained"
        return
    job, stage = bench.job, bench.job.config.hair
    budget = Budget(_minutes(bench.budget.part(stage.time_share, reserve=_RESERVE)))
    waiting = Budget(_minutes(budget.part(_DATA_SHARE)))
    data = {}
    for name in bench.pool.ready(DECODER_STYLES, lambda: max(waiting.left, 1.0)):
        data[name] = load_data(bench.pool.path(name), job.device)
        yield f"hair data {name}"
        if waiting.left == 0:
            break
    if not data:  # nothing was ready in time: the first will have to be waited for
        name = DECODER_STYLES[0]
        data = {name: load_data(bench.pool.path(name), job.device)}
    pace = budget.pace(stage.decoder_steps, least=_LEAST_STEPS)
    training = train_decoder(
        bench.hair, data, stage, job.config.seed, pace, bench.checkpoint("hair")
    )
    yield from bench.told("hair decoder", training)
    _keep(bench, bench.hair, "hair")


def _styles(bench: _Bench) -> Iterator[str]:
    """Every style that is not there yet; when time is out, the others but the first are left."""
    job, budget = bench.job, bench.budget
    left = [name for name in _needed(job) if name in job.styles]
    pictures: list[Floats] = []

    def seconds() -> float:
        return budget.left - _RESERVE if pictures else math.inf

    for name in bench.pool.ready(list(left), seconds):
        if seconds() < 0:
            break
        picture = yield from _style(bench, name, len(left))
        left.remove(name)
        pictures.append(picture[::2, ::2])
    if pictures:
        bench.journal.sheet(len(pictures), pictures, name="styles")
    if left:
        yield f"no time was left for {', '.join(left)}"


def _style(bench: _Bench, name: str, left: int) -> Generator[str, None, Floats]:
    job, stage = bench.job, bench.job.config.hair
    own = Budget(_minutes(bench.budget.part(1 / left, reserve=_RESERVE)))
    data = load_data(bench.pool.path(name), job.device)
    before, _ = check(bench.hair, data.start, data.check)
    pace = own.pace(stage.style_steps, least=_LEAST_STEPS)
    checkpoint = bench.checkpoint(f"style-{name}")
    training = train_style(bench.hair, data, stage, job.config.seed, pace, checkpoint)
    style = combed((yield from bench.told(f"style/{name}", training)))
    after, picture = check(bench.hair, style, data.check)
    bench.parts[-1] = bench.parts[-1].checked(before, after)
    bench.packing.append(
        bench.packers.submit(_pack, style, stage.style_bytes, _style_path(job, name))
    )
    bench.pool.forget(name)
    checkpoint.remove()
    yield f"{name}: loss on a picture not learned from {before:.4f} → {after:.4f}"
    return picture


def _pack(style: HairPlanes, most: int, path: Path) -> None:
    with replacing(path) as partial:
        partial.write_bytes(pack_style(style, most))


def collect(job: DirectRun) -> None:
    """Put the finished networks and all finished styles into the files that the product reads."""
    head, hair = HeadField(job.variant), HairField(job.variant)
    paths = [job.out / "head.safetensors", job.out / "hair.safetensors"]
    if all(path.exists() for path in paths):
        for module, path in zip((head, hair), paths, strict=True):
            module.load_state_dict(load_file(path))
        save_fields(job.fields, head, hair)
    former = HairLibrary.load(sorted(job.out.glob("hair-*.safetensors")))
    blobs = {name: former.blob(name) for name in former.styles}
    for path in sorted((job.out / "styles").glob("*.packed")):
        blobs[path.stem] = path.read_bytes()
    names = [name for name in STYLES if name in blobs]
    for number, start in enumerate(range(0, len(names), _STYLES_IN_A_FILE)):
        chosen = names[start : start + _STYLES_IN_A_FILE]
        save_blobs(job.out / f"hair-{number}.safetensors", {n: blobs[n] for n in chosen})


def _style_path(job: DirectRun, name: str) -> Path:
    return job.out / "styles" / f"{name}.packed"
