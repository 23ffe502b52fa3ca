"""Small pictures for grids, made once per installed model and kept as files."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal
from PySide6.QtGui import QImage

import head360
from app.workers.engine import Engine, EngineFactory
from app.workers.job import Job
from app.workers.picture import image_from_pixels
from head360.assets import resource
from head360.errors import ResourceError
from head360.files import replacing
from head360.params import HeadParams
from head360.rendering.request import RenderRequest

log = logging.getLogger(__name__)

STOP_PATIENCE_MS = 4000  # a stalled driver must not keep the window from closing
HOLD_S = 0.8  # how long the head must have been left alone before thumbnails take the processor
_HOLD_CHECK_MS = 50
_VECTORS = ("shape", "texture", "attributes", "expression", "hair_color", "iris_color")


@dataclass(frozen=True, eq=False, slots=True)
class Thumbnail:
    """One finished picture."""

    key: str
    image: QImage


class ThumbnailMaker(QObject):
    """Brings thumbnails one after another: from the cache at once, the rest as they are drawn.

    They are drawn on a thread with an engine of its own, so that the head on show stays in the
    caches of the render thread's engine.
    """

    ready = Signal(str, object)  # key, QImage

    def __init__(
        self,
        make_engine: EngineFactory,
        folder: Path,
        requests: Mapping[str, RenderRequest],
        parent: QObject | None = None,
    ) -> None:
        """Prepare; `requests` says what to draw for each key, which is also the file's name."""
        super().__init__(parent)
        self._make_engine, self._folder, self._requests = make_engine, folder, dict(requests)
        self._job: Job | None = None
        self._done = self._stopped = False
        self._held_until = 0.0  # time.monotonic

    @property
    def running(self) -> bool:
        """Whether pictures are still being made."""
        return self._job is not None and self._job.isRunning()

    def start(self) -> None:
        """Begin, or go on where `stop` ended; nothing happens when all is done."""
        if self._done or self.running:
            return
        self._stopped = False
        task = make_thumbnails(self._make_engine, self._folder, self._requests, self.held)
        self._job = Job(task)
        self._job.progressed.connect(self._bring)
        self._job.succeeded.connect(self._finish)
        self._job.failed.connect(self._give_up)
        self._job.start()

    def hold(self, *_: object) -> None:
        """Leave the processor to the head on show, which somebody is just changing."""
        self._held_until = time.monotonic() + HOLD_S

    def held(self) -> bool:
        """Whether the head on show needs the processor. Safe from any thread."""
        return time.monotonic() < self._held_until

    def stop(self) -> bool:
        """End after the tile being drawn. False: it hangs in the driver."""
        if self._job is None:
            return True
        self._stopped = True
        self._job.cancel()
        return self._job.wait(STOP_PATIENCE_MS)

    def _bring(self, thumbnail: Thumbnail) -> None:
        if thumbnail.key in self._requests:
            self.ready.emit(thumbnail.key, thumbnail.image)

    def _finish(self, _result: object) -> None:
        self._done = not self._stopped

    def _give_up(self, error: Exception) -> None:
        # The placeholders stay; the choice works without pictures. Whatever is wrong with the
        # engine, the render thread says it where people see it.
        log.info("No thumbnails: %s", error)
        self._done = not self._stopped


def make_thumbnails(
    make_engine: EngineFactory,
    folder: Path,
    requests: Mapping[str, RenderRequest],
    is_held: Callable[[], bool],
) -> Generator[Thumbnail, None, None]:
    """Yield every thumbnail; must run on a QThread, whose interruption ends it early.

    Nothing is drawn while `is_held` says so: a picture begun is given up and drawn again later.
    """
    missing = []
    for key in requests:
        image = QImage(str(_file(folder, key)))
        if image.isNull():
            missing.append(key)
        else:
            yield Thumbnail(key, image)
    if not missing or not _wait_while(is_held):
        return
    engine = make_engine()
    try:
        for key in missing:
            drawn = _draw(engine, requests[key], is_held)
            if drawn is None:
                return
            _keep(drawn, _file(folder, key))
            yield Thumbnail(key, drawn)
    finally:
        engine.close()


def thumbnail_folder(cache: Path, version: str, requests: Mapping[str, RenderRequest]) -> Path:
    """Where thumbnails lie; another model, program or request gets another folder."""
    digest = sha256(head360.__version__.encode())
    for stamp in _model_stamps():
        digest.update(stamp.encode())
    for key, request in sorted(requests.items()):
        digest.update(_described(key, request))
    return cache / "thumbnails" / f"{version}-{digest.hexdigest()[:12]}"


def _model_stamps() -> list[str]:
    """Name, size and age of the model files: reading all of them would take too long."""
    try:
        files = sorted(resource("models").glob("*.safetensors"))
    except ResourceError:
        return []
    return [f"{f.name} {f.stat().st_size} {f.stat().st_mtime_ns}" for f in files]


def _described(key: str, request: RenderRequest) -> bytes:
    params: HeadParams = request.params
    words = (
        key, request.camera, request.width, request.height, request.mode, request.renderer,
        request.background, params.hairstyle, params.light,
    )  # fmt: skip
    return repr(words).encode() + b"".join(getattr(params, name).tobytes() for name in _VECTORS)


def _draw(engine: Engine, request: RenderRequest, is_held: Callable[[], bool]) -> QImage | None:
    """The complete picture, or None as soon as the thread was asked to end."""
    interrupted = QThread.currentThread().isInterruptionRequested
    while _wait_while(is_held):
        for frame in engine.refine(request, lambda: interrupted() or is_held()):
            if frame.complete:
                return image_from_pixels(frame.image)
    return None


def _wait_while(is_held: Callable[[], bool]) -> bool:
    """Sleep as long as it takes. False: the thread was asked to end."""
    interrupted = QThread.currentThread().isInterruptionRequested
    while is_held() and not interrupted():
        QThread.msleep(_HOLD_CHECK_MS)
    return not interrupted()


def _keep(image: QImage, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as partial:
            if not image.save(str(partial), "PNG"):  # type: ignore[call-overload]
                raise OSError(f"{partial} could not be written")
    except OSError:
        log.info("A thumbnail could not be kept", exc_info=True)


def _file(folder: Path, key: str) -> Path:
    return folder / f"{key}.png"
