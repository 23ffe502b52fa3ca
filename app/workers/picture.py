"""A rendered frame made ready for painting, so that the GUI thread only has to copy it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from head360.rendering.request import Frame, RenderRequest


@dataclass(frozen=True, eq=False, slots=True)
class Picture:
    """One frame at the size that was asked for."""

    image: QImage  # premultiplied, request.width × request.height
    request: RenderRequest
    drawn: tuple[int, int]  # width and height in pixels that were really drawn
    complete: bool
    milliseconds: float
    refined: bool = False  # whether RefineNet changed it


def image_from_pixels(pixels: npt.NDArray[np.uint8]) -> QImage:
    """Picture of (H, W, 4) sRGB + straight alpha, ready for painting; copies the pixels."""
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    wrapped = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
    return wrapped.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def picture_from_frame(frame: Frame, request: RenderRequest) -> Picture:
    """Convert a frame, and enlarge a draft smoothly."""
    image = image_from_pixels(frame.image)
    drawn = (image.width(), image.height())
    if drawn != (request.width, request.height):
        image = image.scaled(
            request.width,
            request.height,
            Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
    return Picture(image, request, drawn, frame.complete, frame.milliseconds, frame.refined)
