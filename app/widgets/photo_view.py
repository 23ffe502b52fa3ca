"""A photo with what was found in it: faces to pick, landmarks to drag, parts to leave out."""

from __future__ import annotations

from enum import Enum

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import Theme
from app.workers.photos import ShownFace, ShownPhoto

RADIUS_PX, HANDLE_PX, GRASP_PX = 8, 3.0, 12.0
MARKS_PX = 256  # resolution of what is left out
BRUSH = 0.03  # radius, share of the crop
TALLEST = 1.25  # height over width
#: What of a crop is shown while its face is worked on, shares of its side: left, top, side.
FACE = (0.19, 0.15, 0.62)


class Tool(Enum):
    """What the mouse does to a face."""

    LANDMARKS = "landmarks"
    LEAVE_OUT = "leave out"


class PhotoView(QWidget):
    """Shows one of: a whole photo, one face of it, or just a picture."""

    face_picked = Signal(int)  # from 1
    dragged = Signal(int, float, float)  # landmark, column and row of the crop
    marked = Signal()  # what is left out has changed

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._image, self._source = QImage(), QRectF()
        self._scaled = QPixmap()
        self._photo: ShownPhoto | None = None
        self._chosen = 0
        self._face: ShownFace | None = None
        self._grip: int | None = None  # the landmark in hand
        self._hand: QPointF | None = None  # where it is held, pixels of the crop
        self._picked = 0  # of the handles, for the keyboard
        self._stroke: QPointF | None = None
        self.tool = Tool.LANDMARKS
        self._marks = _no_marks()
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Photo"))

    # -- what is shown -------------------------------------------------------------------------

    def show_picture(self, image: QImage) -> None:
        """Only a picture."""
        self._photo = self._face = None
        self._show(image, QRectF(image.rect()))
        self.setAccessibleDescription("")

    def show_photo(self, photo: ShownPhoto, chosen: int) -> None:
        """A whole photo with outlines around its faces."""
        self._photo, self._face, self._chosen = photo, None, chosen
        self._show(photo.image, QRectF(photo.image.rect()))
        self.setAccessibleDescription(
            self.tr("{count}, counted from the left. Arrow keys pick one.").format(
                count=photo.found.count.capitalize()
            )
        )

    def show_face(self, face: ShownFace) -> None:
        """One face with its landmarks; the one in hand stays there."""
        other = self._face is None or face.number != self._face.number
        fresh = other or self._face is None or face.image is not self._face.image
        self._photo, self._face = None, face
        if self._grip is None:
            self._hand = None
        if fresh:
            left, top, side = (face.image.width() * share for share in FACE)
            self._show(face.image, QRectF(left, top, side, side))
        self.setAccessibleDescription(
            self.tr("Arrow keys move a landmark, Page up and Page down choose one.")
        )
        self.update()

    @property
    def marks(self) -> npt.NDArray[np.bool_] | None:
        """(N, N) of the crop: what to leave out; None: nothing."""
        rows = np.frombuffer(self._marks.constBits(), np.uint8)
        mask: npt.NDArray[np.bool_] = rows.reshape(MARKS_PX, MARKS_PX, 4)[..., 3] > 0
        return mask.copy() if mask.any() else None

    def clear_marks(self) -> None:
        """Leave nothing out."""
        self._marks = _no_marks()
        self.update()
        self.marked.emit()

    def _show(self, image: QImage, source: QRectF) -> None:
        self._image, self._source = image, source
        self._rescale()
        self.updateGeometry()
        self.update()

    # -- places --------------------------------------------------------------------------------

    def hasHeightForWidth(self) -> bool:  # noqa: N802 (Qt's name)
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802 (Qt's name)
        if self._image.isNull():
            return width
        share = self._source.height() / max(self._source.width(), 1)
        return round(width * min(share, TALLEST))

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        return QSize(280, self.heightForWidth(280))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 (Qt's name)
        super().resizeEvent(event)
        self._rescale()

    def _rescale(self) -> None:
        if self._image.isNull() or self.width() < 2:
            self._scaled = QPixmap()
            return
        ratio = self.devicePixelRatioF()
        size = self._place().size() * ratio
        self._scaled = QPixmap.fromImage(
            self._image.copy(self._source.toRect()).scaled(
                size.toSize(),
                Qt.AspectRatioMode.IgnoreAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
        )

    def _place(self) -> QRectF:
        """Where the picture lies in the widget."""
        size = QSize(1, 1).toSizeF() if self._image.isNull() else self._source.size()
        size.scale(self.size().toSizeF(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRectF(QPointF(), size)
        place.moveCenter(QRectF(self.rect()).center())
        return place

    def _to_widget(self, x: float, y: float) -> QPointF:
        place = self._place()
        scale = place.width() / max(self._source.width(), 1)
        return place.topLeft() + (QPointF(x, y) - self._source.topLeft()) * scale

    def _to_image(self, point: QPointF) -> QPointF:
        place = self._place()
        scale = max(self._source.width(), 1) / max(place.width(), 1.0)
        return self._source.topLeft() + (point - place.topLeft()) * scale

    def handle_place(self, landmark: int) -> QPointF:
        """Where a landmark of the face on show is in the widget."""
        assert self._face is not None
        x, y = self._face.aligned.landmarks[landmark, :2]
        if landmark == self._grip and self._hand is not None:
            return self._to_widget(self._hand.x(), self._hand.y())
        return self._to_widget(float(x), float(y))

    # -- events --------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        if self._photo is not None and (number := self._face_at(event.position())):
            self.face_picked.emit(number)
        elif self._face is None or not self.isEnabled():
            return
        elif self.tool is Tool.LEAVE_OUT:
            self._stroke = event.position()
            self._brush(event)
        elif (near := self._handle_at(event.position())) is not None:
            self._grip, self._hand = near, self._to_image(event.position())
            self._picked = self._face.handles.index(near)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        if self._grip is not None:
            self._hand = self._to_image(event.position())
            self.dragged.emit(self._grip, self._hand.x(), self._hand.y())
            self.update()
        elif self._stroke is not None:
            self._brush(event)
        else:
            self._show_cursor(event.position())

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        self._grip = self._stroke = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        key = Qt.Key(event.key())
        step = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0),
                Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}.get(key)  # fmt: skip
        turn = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}.get(key)
        if self._photo is not None and step is not None:
            count = len(self._photo.found.faces)
            self.face_picked.emit((self._chosen - 1 + step[0] + step[1]) % count + 1)
        elif self._face is not None and turn is not None:
            self._picked = (self._picked + turn) % len(self._face.handles)
            self.update()
        elif self._face is not None and step is not None and self.tool is Tool.LANDMARKS:
            landmark = self._face.handles[self._picked]
            x, y = (float(value) for value in self._face.aligned.landmarks[landmark, :2])
            self.dragged.emit(landmark, x + 2 * step[0], y + 2 * step[1])
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 (Qt's name)
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 (Qt's name)
        super().focusOutEvent(event)
        self.update()

    def _face_at(self, point: QPointF) -> int:
        """The face under a point, from 1; 0: none."""
        assert self._photo is not None
        at = self._to_image(point)
        for number, (left, top, right, low) in enumerate(self._photo.boxes, 1):
            if left <= at.x() <= right and top <= at.y() <= low:
                return number
        return 0

    def _handle_at(self, point: QPointF) -> int | None:
        assert self._face is not None
        away = {
            landmark: (self.handle_place(landmark) - point).manhattanLength()
            for landmark in self._face.handles
        }
        best = min(away, key=lambda landmark: away[landmark])
        return best if away[best] <= GRASP_PX else None

    def _show_cursor(self, point: QPointF) -> None:
        cursor = Qt.CursorShape.ArrowCursor
        if self._photo is not None and self._face_at(point):
            cursor = Qt.CursorShape.PointingHandCursor
        elif self._face is not None and self.tool is Tool.LEAVE_OUT:
            cursor = Qt.CursorShape.CrossCursor
        elif self._face is not None and self._handle_at(point) is not None:
            cursor = Qt.CursorShape.OpenHandCursor
        self.setCursor(cursor)

    def _brush(self, event: QMouseEvent) -> None:
        """Leave out what the mouse passes; with Shift, take it in again."""
        scale = MARKS_PX / max(self._image.width(), 1)
        last = self._to_image(self._stroke or event.position()) * scale
        here = self._to_image(event.position()) * scale
        painter = QPainter(self._marks)
        erase = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        mode = QPainter.CompositionMode
        painter.setCompositionMode(
            mode.CompositionMode_Clear if erase else mode.CompositionMode_Source
        )
        color = self._theme.color("danger")
        pen = QPen(color, 2 * BRUSH * MARKS_PX)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawLine(last, here + QPointF(0.01, 0))
        painter.end()
        self._stroke = event.position()
        self.update()
        self.marked.emit()

    # -- painting ------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = self._place()
        shape = QPainterPath()
        shape.addRoundedRect(place, RADIUS_PX, RADIUS_PX)
        painter.setClipPath(shape)
        painter.fillPath(shape, self._theme.color("ground"))
        painter.drawPixmap(place, self._scaled, QRectF(self._scaled.rect()))
        if self._photo is not None:
            self._paint_faces(painter)
        if self._face is not None:
            painter.setOpacity(0.5)
            scale = MARKS_PX / max(self._image.width(), 1)
            shown = QRectF(self._source.topLeft() * scale, self._source.size() * scale)
            painter.drawImage(place, self._marks, shown)
            painter.setOpacity(1.0)
            self._paint_landmarks(painter, self._face)
        painter.setClipping(False)
        if self.hasFocus():
            painter.setPen(QPen(self._theme.color("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(place.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_PX, RADIUS_PX)

    def _paint_faces(self, painter: QPainter) -> None:
        assert self._photo is not None
        for number, (left, top, right, low) in enumerate(self._photo.boxes, 1):
            chosen = number == self._chosen
            frame = QRectF(self._to_widget(left, top), self._to_widget(right, low))
            painter.setPen(QPen(QColor(0, 0, 0, 110), 4 if chosen else 3))
            painter.drawRoundedRect(frame, 4, 4)
            color = self._theme.color("accent") if chosen else QColor(255, 255, 255)
            painter.setPen(QPen(color, 2 if chosen else 1.2))
            painter.drawRoundedRect(frame, 4, 4)
            if len(self._photo.boxes) > 1:
                painter.drawText(frame.adjusted(4, 1, 0, 0), str(number))

    def _paint_landmarks(self, painter: QPainter, face: ShownFace) -> None:
        points = face.aligned.landmarks
        for shade, width in ((QColor(0, 0, 0, 90), 2.4), (QColor(255, 255, 255, 190), 1.0)):
            painter.setPen(QPen(shade, width))
            for line in face.lines:
                places = [self._to_widget(float(points[i, 0]), float(points[i, 1])) for i in line]
                painter.drawPolyline(QPolygonF(places))
        if self.tool is not Tool.LANDMARKS:
            return
        for i in face.handles:
            placed = i in face.aligned.placed
            color = self._theme.color("accent") if placed else QColor(255, 255, 255)
            picked = self.hasFocus() and i == face.handles[self._picked]
            painter.setPen(QPen(QColor(0, 0, 0, 140), 1))
            painter.setBrush(color)
            radius = HANDLE_PX + (2 if picked or i == self._grip else 0)
            painter.drawEllipse(self.handle_place(i), radius, radius)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("warning"))
        for i in face.handles:
            x, y = face.aligned.projected[i]
            painter.drawEllipse(self._to_widget(float(x), float(y)), 1.5, 1.5)


def _no_marks() -> QImage:
    image = QImage(MARKS_PX, MARKS_PX, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    return image
