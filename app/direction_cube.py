"""A small cube that turns with the head and takes a click to look from a side."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QTransform
from PySide6.QtWidgets import QWidget

from app.theme import Theme
from head360.camera import OrbitCamera

SIZE_PX = 72
HALF_EDGE_PX = 19.0

#: Outward normal and text direction of each face in head space, with the view it leads to.
FACES: tuple[tuple[str, str, tuple[int, int, int], tuple[int, int, int]], ...] = (
    ("front", "F", (0, 0, 1), (1, 0, 0)),
    ("back", "B", (0, 0, -1), (-1, 0, 0)),
    ("left", "L", (1, 0, 0), (0, 0, -1)),
    ("right", "R", (-1, 0, 0), (0, 0, 1)),
    ("top", "T", (0, 1, 0), (1, 0, 0)),
    ("", "", (0, -1, 0), (1, 0, 0)),  # nobody needs to look from below
)


class DirectionCube(QWidget):
    """Shows the direction of view; a click on a face picks that view."""

    picked = Signal(str)  # one of orbit.NAMED_VIEWS

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._camera = OrbitCamera()
        self._hovered = ""
        self.setFixedSize(SIZE_PX, SIZE_PX)
        self.setMouseTracking(True)
        self.setToolTip(self.tr("Direction of view: click a side to look from there"))
        self.setAccessibleName(self.tr("Direction of view"))

    def show_camera(self, camera: OrbitCamera) -> None:
        """Turn with the camera."""
        self._camera = camera
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self._theme = theme
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for view, letter, face in self._visible_faces():
            painter.setPen(QPen(self._theme.color("groove"), 1))
            painter.setBrush(self._theme.color("hover" if view == self._hovered else "panel"))
            painter.drawPolygon(face)
            painter.setPen(self._theme.color("accent" if view == "front" else "text"))
            self._paint_letter(painter, letter, face)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        self._hovered = self._face_at(event.position())
        self.update()

    def leaveEvent(self, _event: object) -> None:  # noqa: N802 (Qt's name)
        self._hovered = ""
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        if view := self._face_at(event.position()):
            self.picked.emit(view)
        else:
            event.ignore()

    def _visible_faces(self) -> list[tuple[str, str, QPolygonF]]:
        axes = self._camera.axes
        faces = []
        for view, letter, normal, right in FACES:
            out, along = np.array(normal), np.array(right)
            if axes[2] @ out > 0.02:
                faces.append((view, letter, self._polygon(axes, out, along)))
        return faces

    def _polygon(self, axes: np.ndarray, out: np.ndarray, along: np.ndarray) -> QPolygonF:
        """Corners in reading order: top left, top right, bottom right, bottom left."""
        up = np.cross(out, along)
        middle = SIZE_PX / 2
        corners = []
        for x, y in ((-1, 1), (1, 1), (1, -1), (-1, -1)):
            seen = axes @ (out + x * along + y * up) * HALF_EDGE_PX
            corners.append(QPointF(middle + seen[0], middle - seen[1]))
        return QPolygonF(corners)

    def _paint_letter(self, painter: QPainter, letter: str, face: QPolygonF) -> None:
        square = QPolygonF(
            [QPointF(0, 0), QPointF(SIZE_PX, 0), QPointF(SIZE_PX, SIZE_PX), QPointF(0, SIZE_PX)]
        )
        onto = QTransform()
        if not QTransform.quadToQuad(square, face, onto):
            return
        painter.save()
        painter.setTransform(onto, True)
        font = painter.font()
        font.setPixelSize(SIZE_PX // 2)
        painter.setFont(font)
        painter.drawText(0, 0, SIZE_PX, SIZE_PX, Qt.AlignmentFlag.AlignCenter, letter)
        painter.restore()

    def _face_at(self, point: QPointF) -> str:
        for view, _letter, face in self._visible_faces():
            if face.containsPoint(point, Qt.FillRule.OddEvenFill):
                return view
        return ""
