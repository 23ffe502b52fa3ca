"""A photo on its way to becoming a head: what is known of it, and what is being done with it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from app.document import KeptPhoto
from app.photo_steps import PaintStroke, PlaceLandmark
from app.widgets.brush import blank
from app.workers.engine import EngineFactory
from app.workers.errand import Errands
from app.workers.photos import (
    DETECTOR,
    FitEngine,
    Read,
    ShownFace,
    ShownPhoto,
    Wish,
    cut_out,
    drag,
    fetch_detector,
    fit,
    from_bytes,
    look,
    tell_hair,
)
from head360.downloads import Asset, asset, is_here
from head360.errors import AssetError
from head360.marks import Marks, Mask
from head360.sitting import Sitting

log = logging.getLogger(__name__)


class State(Enum):
    """What a person can do."""

    IDLE = "idle"  # bring a photo
    ASKING = "asking"  # decide whether to fetch the detector
    FETCHING = "fetching"
    LOOKING = "looking"
    READY = "ready"  # look over what was found, and fit
    FITTING = "fitting"


@dataclass(frozen=True, slots=True, eq=False)
class _Coming:
    """A photo that is being read; the one at hand stays until it is here."""

    read: Read
    name: str
    kept: KeptPhoto | None = None  # that it is
    then_fit: str | None = None  # with such hair


@dataclass(frozen=True, slots=True)
class _Drag:
    """A landmark that is to be put somewhere."""

    to: tuple[int, float, float]  # which, and its column and row in the crop
    gesture: object  # that it is a part of


class PhotoSession(QObject):
    """Knows one photo at a time and runs one job at a time; a new one replaces it."""

    changed = Signal()  # state, photo, face or refusal
    face_changed = Signal()  # only its landmarks
    marks_changed = Signal()
    hair_told = Signal()
    progressed = Signal(object)  # FetchProgress or FitNews
    failed = Signal(object)  # Exception
    fitted = Signal(object)  # FitResult
    cancelled = Signal()  # a fit

    def __init__(self, make_engine: EngineFactory, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = FitEngine(make_engine)
        self._errands, self._telling = Errands(), Errands()
        self._coming: _Coming | None = None
        self._kept: KeptPhoto | None = None  # that the photo was, or became
        self._waiting: str | None = None  # hair of a fit that is to begin when the face is here
        self._drags: list[_Drag] = []  # that wait, the newest of each gesture
        self._gesture = object()  # of this drag
        self._resting = State.IDLE  # the last state in which nothing ran
        self.undo_stack = QUndoStack(self)  # of what is done to the face
        self.state = State.IDLE
        self.name = ""
        self.photo: ShownPhoto | None = None
        self.face: ShownFace | None = None
        self.number = 0  # of the chosen face, from 1
        self.refusal: Exception | None = None  # why no head can be made from it
        self.marks = blank()  # (N, N) of the crop; never changed in place
        self.hair: Mask | None = None  # (N, N) of the crop, as it is found without paint

    # -- what a person does --------------------------------------------------------------------

    def open(self, read: Read, name: str) -> None:
        """Look at another photo."""
        self._bring(_Coming(read, name))

    def reopen(self, kept: KeptPhoto, name: str, then_fit: str | None = None) -> None:
        """Look at a stored photo as it was last left; or fit it so, with such hair."""
        if not self.has(kept):
            self._bring(_Coming(partial(from_bytes, kept.jpeg, name), name, kept, then_fit))
        elif then_fit is None:
            self.back()
        elif self.state in (State.IDLE, State.READY):
            self._fit(then_fit)

    def has(self, kept: KeptPhoto | None) -> bool:
        """Whether this stored photo is at hand, with its face cut out."""
        return kept is not None and kept is self._kept and self.face is not None

    def note_kept(self, kept: KeptPhoto) -> None:
        """The photo at hand is stored now, as this one."""
        self._kept = kept

    def fetch(self) -> None:
        """Fetch the detector, as was asked for."""
        self._become(State.FETCHING)
        self._run(fetch_detector(), self._look_at_last, self.progressed.emit)

    def choose(self, number: int) -> None:
        """Take one of the faces, from 1."""
        if self.photo is None or self.coming:
            return
        if number == self.number and self.face is not None:  # with what was done to it
            self.changed.emit()
        elif self.state in (State.READY, State.LOOKING):
            self._waiting = None  # a fit of the face before is not meant for this one
            self._choose(number)

    def grasp(self) -> None:
        """A landmark is taken up: what follows is one step."""
        self._gesture = object()

    def drag(self, landmark: int, x: float, y: float) -> None:
        """Put a landmark somewhere in the crop; only the newest of a gesture is solved."""
        if self.face is None:
            return
        if self._drags and self._drags[-1].gesture is self._gesture:
            self._drags.pop()
        self._drags.append(_Drag((landmark, x, y), self._gesture))
        if self.state is State.READY and self._errands.idle:
            self._solve()

    def paint(self, text: str, marks: Marks) -> None:
        """Have other marks (N, N), as one step."""
        if self.state is State.READY and (marks != self.marks).any():
            self.undo_stack.push(PaintStroke(text, self.marks, marks, self._repaint))

    def tell_hair(self) -> None:
        """Find out where hair is without paint, unless that is known."""
        if self.face is not None and self.hair is None and self._telling.idle:
            self._telling.run(tell_hair(self.face), self._show_hair, self._tell_nothing)

    def fit(self, hair: str) -> None:
        """Make a head of the face, with hair as `FitOptions.hair`."""
        if self.face is None or self.state is not State.READY:
            return
        if self._errands.idle:
            self._fit(hair)
        else:  # a landmark is on its way
            self._waiting = hair

    def back(self) -> None:
        """Look over the last photo again, after a fit."""
        if self.face is not None and self.state is State.IDLE:
            self._become(State.READY)

    def cancel(self) -> None:
        """Stop what is being done; nothing of it stays."""
        self._errands.drop()
        self._step_back()

    def close_photo(self) -> None:
        """Put the photo away."""
        self._errands.drop()
        self._forget()
        self._become(State.IDLE)

    def stop(self) -> bool:
        """End all; the window calls this when it closes. False: a thread hangs."""
        ended = all([self._errands.stop(), self._telling.stop()])
        if ended:
            self._engine.close()
        return ended

    @property
    def stored(self) -> bool:
        """Whether the photo at hand is one that was stored with its face."""
        return self._kept is not None

    @property
    def coming(self) -> bool:
        """Whether another photo is being read."""
        return self._coming is not None

    @property
    def missing(self) -> Asset | None:
        """The detector, if it must be fetched first."""
        wanted = asset(DETECTOR)
        return None if is_here(wanted) else wanted

    # -- inside --------------------------------------------------------------------------------

    def _bring(self, coming: _Coming) -> None:
        if self.state is State.FITTING:
            self.cancel()
        self._coming = coming
        self._look()

    def _look_at_last(self, _path: object) -> None:
        self._look()

    def _look(self) -> None:
        assert self._coming is not None
        self._become(State.LOOKING)
        self._run(look(self._engine, self._coming.read), self._see)

    def _see(self, photo: ShownPhoto) -> None:
        assert self._coming is not None
        coming = self._coming
        self._forget()
        self.photo, self.name, self._waiting = photo, coming.name, coming.then_fit
        kept, number = coming.kept, photo.largest
        if kept is not None and kept.sitting is not None:
            number = same_face(photo, kept.sitting)
        self._choose(number, kept)

    def _choose(self, number: int, kept: KeptPhoto | None = None) -> None:
        """Take a face; with all that was put right by hand, if it was `kept`."""
        assert self.photo is not None
        self._drop_face()
        self.number, self._kept = number, kept
        sitting, marks = (None, None) if kept is None else (kept.sitting, kept.marks)
        placed = () if sitting is None else sitting.placed
        self._become(State.LOOKING)
        task = cut_out(self._engine, self.photo, number, placed, marks)
        self._run(task, self._take, refused=self._refuse)

    def _take(self, face: ShownFace) -> None:
        self.face = face
        self.marks = blank() if face.marks is None else face.marks
        self.marks_changed.emit()
        if self._waiting is None:
            self._become(State.READY)
        else:
            self._fit(self._waiting)

    def _refuse(self, error: Exception) -> None:
        """The face will not do: say so beside the photo, where another one can be picked."""
        self.refusal, self._waiting = error, None
        self._become(State.READY)

    def _fit(self, hair: str) -> None:
        assert self.face is not None
        self._waiting = None
        self._become(State.FITTING)
        self._run(fit(self._engine, self.face, Wish(hair, self.marks)), self._finish, self._note)

    def _solve(self) -> None:
        assert self.face is not None
        wanted = self._drags.pop(0)
        solved = drag(self._engine, self.face, *wanted.to)
        self._run(solved, partial(self._put, wanted.gesture))

    def _put(self, gesture: object, face: ShownFace) -> None:
        assert self.face is not None
        text = self.tr("Move landmark")
        self.undo_stack.push(PlaceLandmark(text, self.face, face, self._show_face, gesture))
        if self._drags:
            self._solve()
        elif self._waiting is not None:
            self._fit(self._waiting)

    def _show_face(self, face: ShownFace) -> None:
        if not self._errands.idle:  # a step was taken back while the next one was on its way
            self._errands.drop()
            self._drags, self._waiting = [], None
        self.face, self.hair = face, None  # landmarks help to find hair
        self._telling.drop()
        self.face_changed.emit()

    def _repaint(self, stroke: PaintStroke, part: Marks) -> None:
        self.marks = stroke.on(self.marks, part)
        self.marks_changed.emit()

    def _show_hair(self, hair: Mask | None) -> None:
        self.hair = hair
        self.hair_told.emit()

    def _tell_nothing(self, error: Exception) -> None:
        """Brushes work without knowing what is found without them."""
        log.warning("Where hair is could not be told: %s", error)
        self._show_hair(blank() > 0)

    def _finish(self, result: object) -> None:
        self.fitted.emit(result)  # first, so that nobody sees the time between
        self._become(State.IDLE)

    def _note(self, news: object) -> None:
        if news is not None:
            self.progressed.emit(news)

    def _fail(self, error: Exception) -> None:
        if self.state is State.LOOKING and isinstance(error, AssetError) and self.missing:
            self._become(State.ASKING)
            return
        self._step_back()
        self.failed.emit(error)

    def _step_back(self) -> None:
        """To where a person was before what ended without a result."""
        self._waiting = None
        before = self.state
        if before is State.FETCHING:
            self._become(State.ASKING)
        elif before is not self._resting:
            self._coming = None
            self._become(self._resting)
        if before is State.FITTING:
            self.cancelled.emit()

    def _run(
        self,
        task: Generator[Any, None, Any],
        done: Callable[[Any], None],
        note: Callable[[Any], None] | None = None,
        refused: Callable[[Exception], None] | None = None,
    ) -> None:
        self._errands.run(task, done, refused or self._fail, note)

    def _forget(self) -> None:
        self._drop_face()
        self.photo = self._kept = self._waiting = self._coming = None
        self.number = 0

    def _drop_face(self) -> None:
        self.face = self.refusal = self.hair = None
        self._drags = []
        self._telling.drop()
        self.undo_stack.clear()
        self.marks = blank()
        self.marks_changed.emit()

    def _become(self, state: State) -> None:
        self.state = state
        if state in (State.IDLE, State.READY):
            self._resting = state
        self.changed.emit()


def same_face(photo: ShownPhoto, sitting: Sitting) -> int:
    """The face, from 1, that lies in the middle of where a head once sat."""
    a, b, c, d, e, f = sitting.crop_from_photo

    def away(box: tuple[float, float, float, float]) -> float:
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        return abs(a * x + b * y + c - 0.5) + abs(d * x + e * y + f - 0.5)

    distances = [away(face.box) for face in photo.found.faces]
    return distances.index(min(distances)) + 1
