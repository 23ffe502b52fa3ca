"""Repainting a head by InstructPix2Pix away from the GUI thread, as tasks for `Job`."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Generator, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from PySide6.QtGui import QImage

from app.workers.engine import EngineFactory
from app.workers.photos import image_from_rgb
from head360.edited import edited
from head360.editing.unfinished import Unfinished, fingerprint, pictures_done, read_what
from head360.errors import EditError
from head360.fitting.steps import beside
from head360.params import HeadParams

if TYPE_CHECKING:
    from head360.editing.instruct import Instruction, InstructPix2Pix, Outlook
    from head360.editing.restyle import RestyleOptions

Value = TypeVar("Value")
#: Interrupted repaintings that are kept; the oldest go.
_KEPT = 4
_LETTERS = 20  # of a fingerprint, in the name of a folder
_LONGEST_TITLE = 300


@dataclass(frozen=True, slots=True)
class RepaintWish:
    """What a person wants painted, and how.

    Raises:
        ValueError: a number is out of range.
    """

    text: str
    model: str  # a folder
    text_guidance: float = 7.5
    image_guidance: float = 1.5
    steps: int = 20
    views: int = 5
    rounds: int = 2
    seed: int = 0
    parts: tuple[str, ...] = ()  # none: all
    size: int = 512

    @property
    def pictures(self) -> int:
        """How many will be edited."""
        return self.views * self.rounds

    def options(self) -> RestyleOptions:
        """For the engine."""
        from head360.editing.restyle import RestyleOptions, known_parts

        return RestyleOptions(
            self.views, self.rounds, self.size, self.seed, known_parts(self.parts),
            title=self.text[:_LONGEST_TITLE], aside=True,
        )  # fmt: skip

    def instruction(self) -> Instruction:
        """For the editor."""
        from head360.editing.instruct import Instruction

        return Instruction(self.text, self.text_guidance, self.image_guidance, self.steps)


@dataclass(frozen=True, slots=True, eq=False)
class RepaintNews:
    """One moment of it, ready to show."""

    done: int  # pictures
    total: int
    step: int  # of the picture in the making
    steps: int
    image: QImage | None = None  # when there is a new one
    params: HeadParams | None = None  # the head so far, when it is a new one

    @property
    def part(self) -> float:
        """Done, 0 … 1."""
        return (self.done + min(self.step / max(self.steps, 1), 1)) / max(self.total, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """An interrupted repainting of the head in the window."""

    wish: RepaintWish
    done: int  # pictures
    folder: Path


@dataclass(frozen=True, slots=True, eq=False)
class Prospect:
    """What is known before it begins."""

    outlook: Outlook
    problem: EditError | None  # why it cannot begin
    fetchable: bool = False  # whether all that is missing is a model, which can be fetched


# -- tasks ----------------------------------------------------------------------------------------


def prospect(model: str) -> Generator[None, None, Prospect]:
    """Whether there is a model in a folder, and memory and packages for it."""
    return (yield from beside(partial(_prospect, model)))


def repaint(
    make_engine: EngineFactory, params: HeadParams, wish: RepaintWish, kept: Path
) -> Generator[RepaintNews, None, HeadParams]:
    """A head with one more layer; what is reached is kept below `kept` until it is done."""
    step = _Step()
    news = RepaintNews(0, wish.pictures, 0, wish.steps)
    yield news
    engine = make_engine()
    try:
        options, key = wish.options(), _key(params, wish)
        for _ in (loading := _Returning(beside(partial(_editor, wish, step)))):
            yield news
        _forget_oldest(kept)
        about = {"head": head_key(params), "wish": asdict(wish)}
        unfinished = Unfinished(kept / key[:_LETTERS], key, about)
        steps = engine.restyle(params, loading.value, options, unfinished)
        return (yield from _news(steps, step, wish))
    finally:
        step.stop.set()
        engine.close()


def waiting(params: HeadParams, kept: Path) -> Generator[None, None, Waiting | None]:
    """The newest interrupted repainting of a head."""
    return (yield from beside(partial(_waiting, params, kept)))


def forget(found: Waiting) -> None:
    """Remove what an interrupted repainting has reached."""
    shutil.rmtree(found.folder, ignore_errors=True)


def head_key(params: HeadParams) -> str:
    """Letters that stand for all that pictures of a head at rest show."""
    shown = edited(params)
    still = shown.with_(expression=np.zeros_like(shown.expression), head_pose=np.zeros(3))
    return fingerprint(still)


# -- inside ---------------------------------------------------------------------------------------


class _Step:
    """What the editor's thread says, and whether it shall end."""

    def __init__(self) -> None:
        self.done = 0
        self.stop = threading.Event()

    def note(self, done: int) -> None:
        self.done = done


def _editor(wish: RepaintWish, step: _Step) -> InstructPix2Pix:
    from head360.editing.instruct import InstructPix2Pix, load_pipeline

    pipeline = load_pipeline(wish.model)
    return InstructPix2Pix(pipeline, wish.instruction(), step.stop.is_set, step.note)


class _Returning(Generic[Value]):
    """Iterates over a generator and remembers what it returned."""

    value: Value

    def __init__(self, task: Generator[Any, None, Value]) -> None:
        self._task = task

    def __iter__(self) -> Iterator[Any]:
        self.value = yield from self._task


def _news(
    steps: Generator[Any, None, HeadParams], step: _Step, wish: RepaintWish
) -> Generator[RepaintNews, None, HeadParams]:
    last = None
    try:
        for now in (made := _Returning(steps)):
            new = now is not last and now.picture is not None
            if now is not last:
                step.note(0)
            image = image_from_rgb(now.picture) if new else None
            params = now.params if new else None
            yield RepaintNews(now.done, now.total, step.done, wish.steps, image, params)
            last = now
        return made.value
    finally:
        steps.close()


def _prospect(model: str) -> Prospect:
    from head360.editing.instruct import model_problem, outlook

    found, missing = outlook(model), model_problem(model)
    fetchable = found.problem is None and missing is not None
    return Prospect(found, found.problem or missing, fetchable)


def _key(params: HeadParams, wish: RepaintWish) -> str:
    return fingerprint(head_key(params), replace(wish, parts=tuple(sorted(wish.parts))))


def _waiting(params: HeadParams, kept: Path) -> Waiting | None:
    own = head_key(params)
    for folder in _newest_first(kept):
        what = read_what(folder)
        wish = _wish_of(what["about"]) if what and what["about"].get("head") == own else None
        if wish is not None and (done := pictures_done(folder)):
            return Waiting(wish, done, folder)
    return None


def _wish_of(about: Mapping[str, Any]) -> RepaintWish | None:
    """What a file says; None where it makes no sense."""
    try:
        entry = dict(about["wish"])
        wish = RepaintWish(**{**entry, "parts": tuple(entry["parts"])})
        wish.options(), wish.instruction()
    except (KeyError, TypeError, ValueError, EditError):
        return None
    return wish


def _newest_first(kept: Path) -> list[Path]:
    folders = [folder for folder in kept.glob("*") if folder.is_dir()]
    return sorted(folders, key=lambda folder: folder.stat().st_mtime, reverse=True)


def _forget_oldest(kept: Path) -> None:
    for folder in _newest_first(kept)[_KEPT - 1 :]:
        shutil.rmtree(folder, ignore_errors=True)
