"""Compares a fitted head with its photo, a line between.

Both are seen from where the photo was taken, in the photo's light.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from app.document import HeadDocument
from app.stage import Stage
from app.viewport import Viewport
from app.widgets.split import SplitLine
from app.workers.errand import Errands
from app.workers.photos import lay_out
from head360.camera import OrbitCamera
from head360.light import PHOTO_LIGHT, Light

SETTLE_MS = 60  # a window that is being resized is waited for


class Comparison(QObject):
    """Ends by itself once the head is turned, since the photo cannot be."""

    switched = Signal(bool)

    def __init__(
        self,
        viewport: Viewport,
        line: SplitLine,
        document: HeadDocument,
        stage: Stage,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._viewport, self._line = viewport, line
        self._document, self._stage = document, stage
        self._photo = QImage()
        self._before: OrbitCamera | None = None  # where the head was seen from; None: not comparing
        self._errands = Errands()
        self._soon = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._soon.timeout.connect(self._lay_out)
        line.resized.connect(self._soon.start)
        line.left.connect(self.end)
        viewport.touched.connect(self._leave_camera)
        document.photo_changed.connect(self.end)
        document.params_changed.connect(self._light)

    @property
    def is_on(self) -> bool:
        """Whether photo and head are being compared."""
        return self._before is not None

    def begin(self, photo: QImage) -> None:
        """Look from where the stored photo was taken, and lay it over the head."""
        kept = self._document.photo
        if kept is None or kept.sitting is None or photo.isNull() or self.is_on:
            return
        self._photo, self._before = photo, self._viewport.camera
        self._viewport.set_camera(kept.sitting.camera)
        self._line.begin()
        self._lay_out()
        self._light()
        self.switched.emit(True)

    def end(self) -> None:
        """Back to where the head was seen from."""
        if (before := self._before) is not None:
            self._leave_camera()
            self._viewport.turn_to(before)

    def stop(self) -> bool:
        """End what runs; the window calls this when it closes."""
        return self._errands.stop()

    def _leave_camera(self) -> None:
        if self.is_on:
            self._before = None
            self._stage.preview(None)
            self._line.hide()
            self._viewport.setFocus()
            self.switched.emit(False)

    def _light(self, *_: object) -> None:
        params = self._document.params
        if self.is_on and params.photo_light is not None:
            self._stage.preview(params.with_(light=Light(PHOTO_LIGHT)))

    def _lay_out(self) -> None:
        kept = self._document.photo
        if not self.is_on or kept is None or kept.sitting is None:
            return
        scale = self._viewport.devicePixelRatioF()
        width = max(1, round(self._viewport.width() * scale))
        height = max(1, round(self._viewport.height() * scale))
        task = lay_out(self._photo, kept.sitting, width, height)
        self._errands.run(task, self._line.show_photo, self._give_up)

    def _give_up(self, _error: Exception) -> None:
        self.end()
