"""A photo on its way to becoming a head: what is known of it, and what is being done with it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from enum import Enum
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

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
)
from head360.downloads import Asset, asset, is_here
from head360.errors import AssetError
from head360.sitting import Sitting


class State(Enum):
    """What a person can do."""

    IDLE = "idle"  # bring a photo
    ASKING = "asking"  # decide whether to fetch the detector
    FETCHING = "fetching"
    LOOKING = "looking"
    READY = "ready"  # look over what was found, and fit
    FITTING = "fitting"


class PhotoSession(QObject):
    """Knows one photo at a time and runs one job at a time; a new one replaces it."""

    changed = Signal()  # state, photo, face or refusal
    face_changed = Signal()  # only its landmarks
    progressed = Signal(object)  # FetchProgress or FitNews
    failed = Signal(object)  # Exception
    fitted = Signal(object)  # FitResult
    cancelled = Signal()  # a fit

    def __init__(self, make_engine: EngineFactory, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = FitEngine(make_engine)
        self._errands = Errands()
        self._read: Read | None = None
        self._then_fit: tuple[Sitting | None, Wish] | None = None
        self._drag: tuple[int, float, float] | None = None  # the newest that waits
        self.state = State.IDLE
        self.name = ""
        self.photo: ShownPhoto | None = None
        self.face: ShownFace | None = None
        self.number = 0  # of the chosen face, from 1
        self.refusal: Exception | None = None  # why no head can be made from it

    # -- what a person does --------------------------------------------------------------------

    def open(self, read: Read, name: str) -> None:
        """Look at another photo."""
        self._forget()
        self._read, self.name, self._then_fit = read, name, None
        self._look()

    def fit_again(self, jpeg: bytes, sitting: Sitting | None, name: str, wish: Wish) -> None:
        """Fit a stored photo once more, the same face of it."""
        self._forget()
        self._read, self.name = partial(from_bytes, jpeg, name), name
        self._then_fit = (sitting, wish)
        self._look()

    def fetch(self) -> None:
        """Fetch the detector, as was asked for."""
        self._become(State.FETCHING)
        self._run(fetch_detector(), self._look_at_last, self.progressed.emit)

    def choose(self, number: int) -> None:
        """Take one of the faces, from 1."""
        if self.photo is not None and self.state in (State.READY, State.LOOKING):
            self._choose(number)

    def drag(self, landmark: int, x: float, y: float) -> None:
        """Put a landmark somewhere in the crop; only the newest of a row is solved."""
        if self.face is None:
            return
        self._drag = (landmark, x, y)
        if self.state is State.READY and self._errands.idle:
            self._solve()

    def fit(self, wish: Wish) -> None:
        """Make a head of the face."""
        if self.face is None or self.state is not State.READY:
            return
        self._become(State.FITTING)
        self._run(fit(self._engine, self.face, wish), self._finish, self._note)

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
        ended = self._errands.stop()
        if ended:
            self._engine.close()
        return ended

    @property
    def missing(self) -> Asset | None:
        """The detector, if it must be fetched first."""
        wanted = asset(DETECTOR)
        return None if is_here(wanted) else wanted

    # -- inside --------------------------------------------------------------------------------

    def _look_at_last(self, _path: object) -> None:
        self._look()

    def _look(self) -> None:
        if self._read is None:
            return
        self._become(State.LOOKING)
        self._run(look(self._engine, self._read), self._see)

    def _see(self, photo: ShownPhoto) -> None:
        self.photo = photo
        number = photo.largest
        if self._then_fit is not None and self._then_fit[0] is not None:
            number = same_face(photo, self._then_fit[0])
        self._choose(number)

    def _choose(self, number: int) -> None:
        assert self.photo is not None
        self.number, self.face, self.refusal = number, None, None
        self._become(State.LOOKING)
        self._run(cut_out(self._engine, self.photo, number), self._take, refused=self._refuse)

    def _take(self, face: ShownFace) -> None:
        self.face = face
        self._become(State.READY)
        if self._then_fit is not None:
            (_, wish), self._then_fit = self._then_fit, None
            self.fit(wish)

    def _refuse(self, error: Exception) -> None:
        """The face will not do: say so beside the photo, where another one can be picked."""
        self.refusal, self._then_fit = error, None
        self._become(State.READY)

    def _solve(self) -> None:
        assert self.face is not None
        assert self._drag is not None
        wanted, self._drag = self._drag, None
        self._run(drag(self._engine, self.face, *wanted), self._put)

    def _put(self, face: ShownFace) -> None:
        self.face = face
        self.face_changed.emit()
        if self._drag is not None:
            self._solve()

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
        if self.state is State.FITTING:
            self._become(State.READY)
            self.cancelled.emit()
        elif self.state is State.FETCHING:
            self._become(State.ASKING)
        elif self.state is not State.READY:
            self._forget()
            self._become(State.IDLE)

    def _run(
        self,
        task: Generator[Any, None, Any],
        done: Callable[[Any], None],
        note: Callable[[Any], None] | None = None,
        refused: Callable[[Exception], None] | None = None,
    ) -> None:
        self._errands.run(task, done, refused or self._fail, note)

    def _forget(self) -> None:
        self.photo = self.face = self.refusal = self._drag = self._then_fit = None
        self.number = 0

    def _become(self, state: State) -> None:
        self.state = state
        self.changed.emit()


def same_face(photo: ShownPhoto, sitting: Sitting) -> int:
    """The face, from 1, that lies in the middle of where a head once sat."""
    a, b, c, d, e, f = sitting.crop_from_photo

    def away(box: tuple[float, float, float, float]) -> float:
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        return abs(a * x + b * y + c - 0.5) + abs(d * x + e * y + f - 0.5)

    distances = [away(face.box) for face in photo.found.faces]
    return distances.index(min(distances)) + 1
