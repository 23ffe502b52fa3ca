"""What happens to a photo away from the GUI thread, as tasks for `Job`.

Pictures come back ready for painting. Nothing here imports torch before a task runs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter, QTransform

from app.workers.engine import Engine, EngineFactory
from head360.downloads import FetchProgress, asset_path
from head360.errors import PhotoError
from head360.faces import OVAL
from head360.fitting.photo import Photo, photo_from_bytes, photo_from_pixels, read_photo
from head360.fitting.steps import beside
from head360.marks import Marks, Mask
from head360.params import HeadParams
from head360.sitting import Sitting

if TYPE_CHECKING:
    from head360.fitting.aligning import Aligned
    from head360.fitting.finding import FoundFaces
    from head360.fitting.fit import FitProgress, FitResult

#: The face detector, as `head360.downloads` knows it.
DETECTOR = "face_landmarker"
#: Longest side of a whole photo on show, and of the face cut out of a stored one, pixels.
WHOLE_PX, FACE_PX = 720, 512
#: Pictures of a webcam that are skipped while it finds its exposure.
_SETTLING = 12
Read = Callable[[], Photo]
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, eq=False)
class ShownPhoto:
    """A photo and its faces."""

    found: FoundFaces
    image: QImage  # at most WHOLE_PX a side
    scale: float  # pixels of `image` for one of the photo
    largest: int  # from 1

    @property
    def boxes(self) -> list[tuple[float, float, float, float]]:
        """Left, top, right and bottom of each face, pixels of `image`."""
        return [
            (self.scale * left, self.scale * top, self.scale * right, self.scale * low)
            for left, top, right, low in (face.box for face in self.found.faces)
        ]


@dataclass(frozen=True, slots=True, eq=False)
class ShownFace:
    """A face of a photo, cut out, and what can be put right by hand."""

    number: int  # from 1
    aligned: Aligned
    image: QImage  # the crop
    lines: tuple[tuple[int, ...], ...]  # landmarks along outlines
    handles: tuple[int, ...]  # landmarks to drag
    marks: Marks | None = None  # (N, N) of the crop: what was painted on it before


@dataclass(frozen=True, slots=True, eq=False)
class FitNews:
    """One moment of a fit, ready to show."""

    step: str
    part: float  # done, 0 … 1
    image: QImage | None = None  # when there is a new one
    params: HeadParams | None = None  # the head so far, once it is one


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants of a fit."""

    hair: str = "auto"  # as `FitOptions.hair`
    marks: Marks | None = None  # (N, N) of the crop: what is painted on it


@dataclass(frozen=True, slots=True, eq=False)
class KeptPictures:
    """A stored photo, ready for painting."""

    whole: QImage
    face: QImage  # FACE_PX square, upright; null where nobody knows where the face is


@dataclass(slots=True)
class FitEngine:
    """The engine that looks at photos. It draws nothing, so any thread may use it, in turn."""

    make: EngineFactory
    _engine: Engine | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ready(self) -> Generator[None, None, Engine]:
        """Make it on first use: that takes seconds, during which this yields."""
        yield from beside(self._ensure)
        assert self._engine is not None
        return self._engine

    def close(self) -> None:
        """Free what it holds."""
        with self._lock:
            if self._engine is not None:
                self._engine.close()
            self._engine = None

    def _ensure(self) -> None:
        with self._lock:
            if self._engine is None:
                self._engine = self.make()


# -- tasks ----------------------------------------------------------------------------------------


def look(engine: FitEngine, read: Read) -> Generator[None, None, ShownPhoto]:
    """Read a photo and find its faces.

    Raises:
        PhotoError: it cannot be read or shows no face.
        AssetError: the detector must be fetched first.
    """
    yield from beside(partial(asset_path, DETECTOR))  # before seconds are spent on the model
    photo = yield from beside(read)
    maker = yield from engine.ready()
    found = yield from _quiet(maker.find_faces(photo))
    return (yield from beside(partial(_shown, found)))


def cut_out(
    engine: FitEngine,
    photo: ShownPhoto,
    number: int,
    placed: Sequence[tuple[int, float, float]] = (),
    marks: Marks | None = None,
) -> Generator[None, None, ShownFace]:
    """One face of a photo, with landmarks `placed` and marks (H, W) painted on it before."""
    maker = yield from engine.ready()
    aligned = yield from _quiet(maker.align(photo.found, number))
    for landmark, x, y in (*placed, *placed):  # twice: each draws its neighbours along
        to = aligned.crop.from_photo(np.array([[x, y, 0]], np.float32))[0]
        at = (float(to[0]), float(to[1]))
        aligned = yield from beside(partial(maker.realign, aligned, landmark, at))
    return (yield from beside(partial(_shown_face, aligned, number, marks)))


def drag(
    engine: FitEngine, face: ShownFace, landmark: int, x: float, y: float
) -> Generator[None, None, ShownFace]:
    """The face after one landmark was dragged to a place in the crop."""
    maker = yield from engine.ready()
    aligned = yield from beside(partial(maker.realign, face.aligned, landmark, (x, y)))
    return ShownFace(face.number, aligned, face.image, face.lines, face.handles)


def tell_hair(face: ShownFace) -> Generator[None, None, Mask | None]:
    """(N, N) of the crop: where hair is found; None if nobody can tell."""

    def parsed() -> Mask | None:
        from head360.fitting.parsing import parse

        crop = face.aligned.crop
        return parse(crop.image, crop.inside, face.aligned.landmarks).mask("hair")

    return (yield from beside(parsed))


def fit(
    engine: FitEngine, face: ShownFace, wish: Wish
) -> Generator[FitNews | None, None, FitResult]:
    """Make a head from a face."""
    from head360.fitting.fit import FitOptions

    maker = yield from engine.ready()
    aligned = face.aligned
    marks = None
    if wish.marks is not None and wish.marks.any():
        marks = yield from beside(partial(aligned.in_photo, wish.marks))
    options = FitOptions(
        face=face.number,
        hair=wish.hair,
        landmarks=aligned.landmarks_in_photo if aligned.placed else None,
        placed=aligned.placed,
        marks=marks,
    )
    task = maker.fit(aligned.looked.found.photo, options)
    first: HeadParams | None = None
    try:
        while True:
            progress = next(task)
            first = progress.params if first is None else first
            yield _news(progress, first)
    except StopIteration as done:
        result: FitResult = done.value
        return result
    finally:
        task.close()


def unpack(jpeg: bytes, sitting: Sitting | None) -> Generator[None, None, KeptPictures]:
    """Make a stored photo ready for painting."""
    yield
    whole = QImage.fromData(jpeg)
    yield
    return KeptPictures(whole, _face_of(whole, sitting))


def fetch_detector() -> Generator[FetchProgress, None, Path]:
    """Fetch the face detector."""
    from head360.fetching import fetch

    return (yield from fetch(DETECTOR))


# -- where photos come from -----------------------------------------------------------------------


def from_file(path: Path) -> Photo:
    """A photo on disk."""
    return read_photo(path)


def from_bytes(content: bytes, name: str) -> Photo:
    """A file's content, of the clipboard or a project."""
    return photo_from_bytes(content, name)


def from_image(image: QImage, name: str) -> Photo:
    """A picture that Qt has decoded already."""
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    if plain.isNull():
        raise PhotoError(f"{name} is empty.", "Copy the picture again.")
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    pixels = rows[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3)
    return photo_from_pixels(np.ascontiguousarray(pixels), name)


def from_webcam() -> Photo:
    """One picture of the first webcam."""
    from head360.driving.camera import Webcam, devices

    found = devices()
    if not found:
        raise PhotoError("No webcam was found.", "Plug one in, or choose a photo from your files.")
    frames = Webcam(found[0].index, size=(1280, 720)).frames()
    for number, (picture, _) in enumerate(frames):
        if number >= _SETTLING:
            return photo_from_pixels(picture, "the webcam’s picture")
    raise PhotoError("The webcam gave no picture.", "Plug it in again.")


# -- pictures -------------------------------------------------------------------------------------


def image_from_rgb(pixels: npt.NDArray[np.uint8]) -> QImage:
    """Picture of (H, W, 3) sRGB, ready for painting; copies the pixels."""
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    wrapped = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    return wrapped.convertToFormat(QImage.Format.Format_RGB32)


def laid_out(photo: QImage, sitting: Sitting, width: int, height: int) -> QImage:
    """A stored photo as the fitted head's camera sees it in a viewport of that size.

    Transparent where the photo does not reach.
    """
    a, b, c, d, e, f = sitting.crop_from_photo
    place = QTransform(a, d, b, e, c, f)  # Qt multiplies rows from the left
    place *= QTransform.fromTranslate(-0.5, -0.5) * QTransform.fromScale(height, height)
    turned = QTransform()
    turned.rotate(-sitting.roll_degrees)
    place *= turned * QTransform.fromTranslate(width / 2, height / 2)
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setTransform(place)
    painter.drawImage(0, 0, photo)
    painter.end()
    return image


def lay_out(
    photo: QImage, sitting: Sitting, width: int, height: int
) -> Generator[None, None, QImage]:
    """`laid_out` as a task."""
    yield
    return laid_out(photo, sitting, width, height)


def _face_of(photo: QImage, sitting: Sitting | None) -> QImage:
    if sitting is None or photo.isNull():
        return QImage()
    upright = Sitting(sitting.crop_from_photo, sitting.camera, 0.0)
    return laid_out(photo, upright, FACE_PX, FACE_PX)


def _shown(found: FoundFaces) -> ShownPhoto:
    whole = image_from_rgb(found.photo.image)
    scale = min(1.0, WHOLE_PX / max(whole.width(), whole.height()))
    image = whole.scaled(
        max(1, round(whole.width() * scale)),
        max(1, round(whole.height() * scale)),
        Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    return ShownPhoto(found, image, scale, found.largest + 1)


def _shown_face(aligned: Aligned, number: int, marks: Marks | None) -> ShownFace:
    from head360.fitting import landmarks as names

    oval, brow = tuple(OVAL), names.BROWS
    lines = (
        (*oval, oval[0]), (*names.LIPS_OUTER, names.LIPS_OUTER[0]),
        (*names.RIGHT_EYE, names.RIGHT_EYE[0]), (*names.LEFT_EYE, names.LEFT_EYE[0]),
        brow[:5], brow[10:15], names.NOSE[:7],
    )  # fmt: skip
    corners = names.RIGHT_EYE[::4] + names.LEFT_EYE[::4] + names.LIPS_OUTER[::5]
    handles = (*corners, *oval[::4], brow[0], brow[2], brow[4], brow[10], brow[12], brow[14],
               names.NOSE[6], 48, 278)  # fmt: skip
    painted = None
    if marks is not None and marks.shape == aligned.looked.found.photo.image.shape[:2]:
        painted = aligned.from_photo(marks, aligned.crop.size)
    image = image_from_rgb(aligned.crop.image)
    return ShownFace(number, aligned, image, lines, handles, painted)


def _news(progress: FitProgress, first: HeadParams | None) -> FitNews:
    image = None if progress.preview is None else image_from_rgb(progress.preview)
    params = None if progress.params is first else progress.params
    return FitNews(progress.step, progress.done / max(progress.total, 1), image, params)


def _quiet(task: Generator[object, None, Value]) -> Generator[None, None, Value]:
    """What a task returns, whatever it yields."""
    try:
        while True:
            next(task)
            yield
    except StopIteration as done:
        value: Value = done.value
        return value
    finally:
        task.close()
