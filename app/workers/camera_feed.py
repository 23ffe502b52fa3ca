"""Shows the viewport's pictures to a virtual camera, on a thread of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from PySide6.QtCore import QObject, QRect, Qt, QThread, Signal
from PySide6.QtGui import QImage

from head360.errors import Head360Error
from head360.export.images import Picture as Pixels
from head360.export.virtual_camera import HEIGHT, WIDTH, PictureSink
from head360.latest import Latest

log = logging.getLogger(__name__)

OpenCamera: TypeAlias = Callable[[], PictureSink]
#: A picture is shown again after so long, for programs that have just begun to look.
_AGAIN_S = 0.5


class CameraFeed(QThread):
    """Opens a virtual camera and shows it the newest picture until it is stopped."""

    opened = Signal(str)  # what other programs call it
    failed = Signal(object)  # Head360Error

    def __init__(self, open_camera: OpenCamera, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open_camera = open_camera
        self._newest: Latest[QImage] = Latest()

    def show_image(self, image: QImage) -> None:
        """Show this next; any thread may call it, and never waits."""
        self._newest.put(image)

    def stop(self) -> None:
        """Let go of the camera, and wait until that is done."""
        self.requestInterruption()
        self._newest.wake()
        self.wait()

    def run(self) -> None:
        """Thread body; call `start`."""
        try:
            camera = self._open_camera()
            self.opened.emit(camera.name)
            try:
                self._show_all(camera)
            finally:
                camera.close()
        except Head360Error as error:
            self.failed.emit(error)
        except Exception as error:  # thread boundary: report, never vanish
            log.exception("The virtual camera crashed")
            self.failed.emit(error)

    def _show_all(self, camera: PictureSink) -> None:
        pixels: Pixels | None = None
        while not self.isInterruptionRequested():
            image = self._newest.take(_AGAIN_S)
            pixels = pixels if image is None else filling(image)
            if pixels is not None:
                camera.send(pixels)


def filling(image: QImage) -> Pixels:
    """(HEIGHT, WIDTH, 3) sRGB: the middle of a picture, as much as fits, on black."""
    keep, smooth = Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode
    large = image.scaled(WIDTH, HEIGHT, keep, smooth.SmoothTransformation)
    left, top = (large.width() - WIDTH) // 2, (large.height() - HEIGHT) // 2
    cut = large.copy(QRect(left, top, WIDTH, HEIGHT))
    flat = cut.convertToFormat(QImage.Format.Format_RGBX8888)
    rows = np.frombuffer(flat.constBits(), np.uint8).reshape(HEIGHT, flat.bytesPerLine())
    return np.ascontiguousarray(rows[:, : 4 * WIDTH].reshape(HEIGHT, WIDTH, 4)[..., :3])
