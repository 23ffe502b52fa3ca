"""A photo with what was found in it: faces to pick, landmarks to drag, brushes to paint with."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
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
from app.widgets.brush import CANVAS_PX, STEP, Easel, Tool
from app.workers.photos import ShownFace, ShownPhoto
from head360.marks import Marks, Mask

RADIUS_PX, HANDLE_PX, GRASP_PX = 8, 3.0, 12.0
TALLEST = 1.25  # height over width
#: What of a crop is shown while its face is worked on, shares of its side: left, top, side.
FACE = (0.19, 0.15, 0.62)


class PhotoView(QWidget):
    """Shows one of: a whole photo, one face of it, or just a picture."""

    face_picked = Signal(int)  # from 1
    grasped = Signal()  # a landmark: what it is dragged through is one step
    dragged = Signal(int, float, float)  # landmark, column and row of the crop
    painted = Signal(object)  # Marks (N, N) after a stroke
    resized = Signal(float)  # the brush: its radius, a share of the crop

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
        self.easel = Easel()
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
            self._frame(face)
        self.update()

    def use(self, tool: Tool) -> None:
        """Have another tool in hand."""
        self.easel.use(tool)
        if self._face is not None:
            self._frame(self._face)

    def show_paint(self, marks: Marks, hair: Mask | None) -> None:
        """Show what is painted, and where hair was found without paint; (N, N) of the crop."""
        self.easel.show_marks(marks)
        self.easel.show_hair(hair)
        self.update()

    def size_brush(self, radius: float) -> None:
        """Give the brush a radius, a share of the crop."""
        self.easel.resize(radius)
        self.resized.emit(self.easel.radius)
        self.update()

    def grow_brush(self, steps: int) -> None:
        """Make the brush larger by some steps, or smaller."""
        self.size_brush(self.easel.radius * STEP**steps)

    def _frame(self, face: ShownFace) -> None:
        """Brushes need the hair in sight, landmarks only the face."""
        left, top, side = (0.0, 0.0, 1.0) if self.easel.paints else FACE
        width = face.image.width()
        self._show(face.image, QRectF(left * width, top * width, side * width, side * width))
        words = self.tr("Arrow keys move a landmark, Page up and Page down choose one.")
        if self.easel.paints:
            words = self.tr(
                "Arrow keys move the brush, Space paints, Shift and Space take paint back."
            )
        self.setAccessibleDescription(words)

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

    def _share(self, point: QPointF) -> QPointF:
        """A point of the widget, as shares of the crop."""
        return self._to_image(point) / max(self._image.width(), 1)

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
        elif self.easel.paints:
            self.easel.begin(self._share(event.position()), erase=_erases(event))
            self.update()
        elif (near := self._handle_at(event.position())) is not None:
            self.grasped.emit()
            self._grip, self._hand = near, self._to_image(event.position())
            self._picked = self._face.handles.index(near)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        if self._grip is not None:
            self._hand = self._to_image(event.position())
            self.dragged.emit(self._grip, self._hand.x(), self._hand.y())
            self.update()
        elif self._face is not None and self.easel.paints:
            self.easel.move(self._share(event.position()))
            self.update()
        self._show_cursor(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        if event.button() is Qt.MouseButton.LeftButton:
            self._grip = None
            self._end_stroke()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 (Qt's name)
        super().leaveEvent(event)
        if not self.easel.busy:
            self.easel.spot = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        key = Qt.Key(event.key())
        step = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0),
                Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}.get(key)  # fmt: skip
        turn = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}.get(key)
        if self._photo is not None and step is not None:
            count = len(self._photo.found.faces)
            self.face_picked.emit((self._chosen - 1 + step[0] + step[1]) % count + 1)
        elif self._face is not None and self.easel.paints:
            if not self._brush_by_key(event, step):
                super().keyPressEvent(event)
        elif self._face is not None and turn is not None:
            self._picked = (self._picked + turn) % len(self._face.handles)
            self.update()
        elif self._face is not None and step is not None:
            if not event.isAutoRepeat():
                self.grasped.emit()
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
        elif self._face is not None and self.easel.paints:
            cursor = Qt.CursorShape.CrossCursor
        elif self._face is not None and self._handle_at(point) is not None:
            cursor = Qt.CursorShape.OpenHandCursor
        self.setCursor(cursor)

    def _brush_by_key(self, event: QKeyEvent, step: tuple[int, int] | None) -> bool:
        """Move the brush, or dab. False: the key means something else."""
        spot, far = self.easel.spot or QPointF(0.5, 0.5), self.easel.radius / 2
        if step is not None:
            x, y = spot.x() + far * step[0], spot.y() + far * step[1]
            self.easel.move(QPointF(min(max(x, 0), 1), min(max(y, 0), 1)))
        elif event.key() == Qt.Key.Key_Space:
            if not self.easel.busy:
                self.easel.begin(spot, erase=_erases(event))
                self._end_stroke()
        else:
            return False
        self.update()
        return True

    def _end_stroke(self) -> None:
        if (marks := self.easel.lift()) is not None:
            self.painted.emit(marks)

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
            scale = CANVAS_PX / max(self._image.width(), 1)
            shown = QRectF(self._source.topLeft() * scale, self._source.size() * scale)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(place, self.easel.picture, shown)
            if self.easel.paints:
                self._paint_brush(painter)
            else:
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

    def _paint_brush(self, painter: QPainter) -> None:
        if self.easel.spot is None:
            return
        middle = self.easel.spot * self._image.width()
        scale = self._place().width() / max(self._source.width(), 1)
        radius = self.easel.radius * self._image.width() * scale
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for shade, width in ((QColor(0, 0, 0, 140), 3.0), (QColor(255, 255, 255), 1.2)):
            painter.setPen(QPen(shade, width))
            painter.drawEllipse(self._to_widget(middle.x(), middle.y()), radius, radius)

    def _paint_landmarks(self, painter: QPainter, face: ShownFace) -> None:
        points = face.aligned.landmarks
        for shade, width in ((QColor(0, 0, 0, 90), 2.4), (QColor(255, 255, 255, 190), 1.0)):
            painter.setPen(QPen(shade, width))
            for line in face.lines:
                places = [self._to_widget(float(points[i, 0]), float(points[i, 1])) for i in line]
                painter.drawPolyline(QPolygonF(places))
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


def _erases(event: QMouseEvent | QKeyEvent) -> bool:
    return bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
