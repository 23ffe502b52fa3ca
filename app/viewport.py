"""Shows the head: asks the render thread for pictures, turns the mouse into camera moves."""

from __future__ import annotations

import time
from collections import deque

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, QVariantAnimation, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.direction_cube import DirectionCube
from app.orbit import between, centered, orbited, panned, turned_to, zoomed
from app.stage import Stage
from app.theme import Theme, tabular
from app.widgets.checks import paint_checks
from app.workers.picture import Picture
from app.workers.render_thread import RenderThread
from head360.camera import OrbitCamera
from head360.light import Background
from head360.rendering.request import RenderRequest, ViewMode

FADE_MS = 120  # from the last draft to the full picture
TURN_MS = 180  # to a named view
ARROW_PX = 12.0  # an arrow key orbits as far as this drag
COMPARE_KEY = Qt.Key.Key_C  # held: before refining
MAX_SIDE_PX = 2048  # beyond this nobody sees the difference, but everybody waits


class Viewport(QWidget):
    """A plain widget: it only paints finished pictures, so no stall of a driver reaches it."""

    camera_changed = Signal(object)  # OrbitCamera
    picture_shown = Signal(object)  # Picture
    touched = Signal()  # a person moved the camera

    def __init__(
        self, stage: Stage, renderer: RenderThread, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._stage, self._renderer, self._theme = stage, renderer, theme
        self._camera = OrbitCamera()
        self._mode: ViewMode = "shaded"
        self._background = Background()
        self._refine = False
        self._plain: Picture | None = None  # the shown one before it was refined
        self._comparing = False
        self._started = False
        self._hopeless = False  # nothing could be drawn; the message bar says why
        self._picture: Picture | None = None
        self._previous: Picture | None = None
        self._arrivals: deque[float] = deque(maxlen=12)
        self._grip: tuple[Qt.MouseButton, QPointF] | None = None
        self._space = False
        self._fade = QVariantAnimation(self, startValue=0.0, endValue=1.0, duration=FADE_MS)
        self._fade.valueChanged.connect(self.update)
        self._turn = QVariantAnimation(self, startValue=0.0, endValue=1.0, duration=TURN_MS)
        self._turn.valueChanged.connect(self._turn_on)
        self._ends = (self._camera, self._camera)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(256, 256)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(self.tr("Head"))
        self.setAccessibleDescription(self.tr("Drag to turn, wheel to zoom, arrow keys to turn."))
        self._cube = DirectionCube(theme, self)
        self._cube.picked.connect(self.look_from)
        stage.shown_changed.connect(self.redraw)
        renderer.picture_ready.connect(self._show_picture)
        renderer.failed.connect(self._give_up)

    @property
    def camera(self) -> OrbitCamera:
        """Where the head is seen from."""
        return self._camera

    @property
    def mode(self) -> ViewMode:
        """What is drawn of the head."""
        return self._mode

    @property
    def background(self) -> Background:
        """What is drawn behind the head."""
        return self._background

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        return QSize(720, 720)

    def start(self) -> None:
        """Begin to ask for pictures; before, there is no head to show."""
        self._started = True
        self.redraw()

    def set_camera(self, camera: OrbitCamera) -> None:
        """Look from another place at once."""
        self._camera = camera
        self.camera_changed.emit(camera)
        self._cube.show_camera(camera)
        self.redraw()

    def turn_to(self, camera: OrbitCamera) -> None:
        """Look from another place, gliding there."""
        self._ends = (self._camera, camera)
        self._turn.stop()
        self._turn.start()

    def look_from(self, view: str) -> None:
        """Glide to one of `orbit.NAMED_VIEWS`."""
        self.touched.emit()
        self.turn_to(turned_to(self._camera, view))

    def reset_view(self) -> None:
        """Glide back to where everybody starts."""
        self.touched.emit()
        self.turn_to(OrbitCamera())

    def set_mode(self, mode: ViewMode) -> None:
        """Draw something else of the head."""
        self._mode = mode
        self.redraw()

    def set_background(self, background: Background) -> None:
        """Draw something else behind the head."""
        self._background = background
        self.redraw()

    def set_refine(self, refine: bool) -> None:
        """Let RefineNet finish pictures, or leave them as they are drawn."""
        self._refine = refine
        self.redraw()

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self._theme = theme
        self._cube.set_theme(theme)
        self.update()

    def redraw(self, *_: object) -> None:
        """Ask for a picture of the present head, camera and size."""
        if not self._started or not self.isVisible():
            return
        scale = self.devicePixelRatioF()
        width, height = self.width() * scale, self.height() * scale
        shrink = min(1.0, MAX_SIDE_PX / max(width, height, 1.0))
        self._renderer.request(
            RenderRequest(
                params=self._stage.shown,
                camera=self._camera,
                width=max(round(width * shrink), 1),
                height=max(round(height * shrink), 1),
                mode=self._mode,
                background=self._background,
                refine=self._refine,
            )
        )

    def readout(self) -> str:
        """Direction, resolution and speed in words."""
        camera = self._camera
        where = f"yaw {round(camera.yaw_degrees)}°  pitch {round(camera.pitch_degrees)}°"
        if self._picture is None:
            return where
        width, height = self._picture.drawn
        rate = round(self._frames_per_second())
        speed = f"{rate} fps" if self._moving() and rate > 0 else self._quality(self._picture)
        return f"{where}   {width}×{height}   {speed}"

    def _quality(self, picture: Picture) -> str:
        """Whether a picture is finished, and whether RefineNet had a hand in it."""
        if self._comparing and self._plain is not None:
            return self.tr("before refining")
        if _awaits_refining(picture):
            return self.tr("refining…")
        if not picture.complete:
            return self.tr("draft")
        return self.tr("full quality, refined") if picture.refined else self.tr("full quality")

    # -- events --------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 (Qt's name)
        super().resizeEvent(event)
        self._cube.move(self.width() - self._cube.width() - 12, 12)
        self.redraw()

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Show, QEvent.Type.DevicePixelRatioChange):
            self.redraw()
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._turn.stop()
            self._grip = (event.button(), event.position())
            self.touched.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        if self._grip is None:
            return
        button, last = self._grip
        moved = event.position() - last
        self._grip = (button, event.position())
        if button is Qt.MouseButton.MiddleButton or self._space:
            self.set_camera(panned(self._camera, moved.x(), moved.y(), self.height()))
        else:
            self.set_camera(orbited(self._camera, moved.x(), moved.y()))

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        self._grip = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        if event.button() is Qt.MouseButton.LeftButton:
            self.touched.emit()
            x, y = self._from_middle(event.position())
            self.turn_to(centered(self._camera, x, y, self.height()))

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 (Qt's name)
        self._turn.stop()
        self.touched.emit()
        x, y = self._from_middle(event.position())
        notches = event.angleDelta().y() / 120
        self.set_camera(zoomed(self._camera, notches, x, y, self.height()))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        steps = {
            Qt.Key.Key_Left: (ARROW_PX, 0.0), Qt.Key.Key_Right: (-ARROW_PX, 0.0),
            Qt.Key.Key_Up: (0.0, ARROW_PX), Qt.Key.Key_Down: (0.0, -ARROW_PX),
        }  # fmt: skip
        zooms = {Qt.Key.Key_Plus: 1.0, Qt.Key.Key_Equal: 1.0, Qt.Key.Key_Minus: -1.0}
        key = Qt.Key(event.key())
        if key in steps:
            self.touched.emit()
            self.set_camera(orbited(self._camera, *steps[key]))
        elif key in zooms:
            self.touched.emit()
            self.set_camera(zoomed(self._camera, zooms[key], 0, 0, self.height()))
        elif key == Qt.Key.Key_Space:
            self._hold_space(True)
        elif key == COMPARE_KEY:
            self._compare(True)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._hold_space(False)
        if event.key() == COMPARE_KEY and not event.isAutoRepeat():
            self._compare(False)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 (Qt's name)
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 (Qt's name)
        super().focusOutEvent(event)
        self._hold_space(False)
        self._compare(False)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.color("stage_outer"))
        if self._picture is None:
            self._paint_wait(painter)
            return
        if self._picture.request.background.transparent:
            paint_checks(painter, self.rect())
        if self._previous is not None and self._fade.state() is QVariantAnimation.State.Running:
            self._paint_picture(painter, self._previous)
            painter.setOpacity(float(self._fade.currentValue()))
        compared = self._plain if self._comparing else None
        self._paint_picture(painter, compared or self._picture)
        painter.setOpacity(1.0)
        self._paint_readout(painter)
        if self.hasFocus():
            painter.setPen(QPen(self._theme.color("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    # -- inside --------------------------------------------------------------------------------

    def _show_picture(self, picture: Picture) -> None:
        last = self._picture
        sharpens = last is not None and picture.complete and not last.complete
        if sharpens and last is not None and last.request is picture.request:
            self._previous = last
            self._fade.stop()
            self._fade.start()
        if not picture.refined:
            self._plain = None
        elif last is not None and last.request is picture.request and not last.refined:
            self._plain = last
        self._picture = picture
        self._arrivals.append(time.monotonic())
        self.update()
        self.picture_shown.emit(picture)

    def _give_up(self, _error: Exception) -> None:
        self._hopeless = True
        self.update()

    def _paint_picture(self, painter: QPainter, picture: Picture) -> None:
        """Paint with the middle in the middle: after a resize the old picture still fits."""
        height = self.height()
        width = height * picture.image.width() / picture.image.height()
        place = QRectF((self.width() - width) / 2, 0, width, height)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, picture.image)

    def _paint_wait(self, painter: QPainter) -> None:
        painter.setPen(self._theme.color("dim"))
        words = self.tr("No picture") if self._hopeless else self.tr("Warming up…")
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, words)

    def _paint_readout(self, painter: QPainter) -> None:
        painter.setFont(tabular(self.font()))
        metrics, text = painter.fontMetrics(), self.readout()
        size = QSize(metrics.horizontalAdvance(text) + 24, metrics.height() + 8)
        place = QRectF(QPoint(12, self.height() - size.height() - 12), size)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("overlay"))
        painter.drawRoundedRect(place, 8, 8)
        painter.setPen(self._theme.color("dim"))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def _turn_on(self, t: float) -> None:
        self.set_camera(between(*self._ends, float(t)))

    def _from_middle(self, point: QPointF) -> tuple[float, float]:
        return point.x() - self.width() / 2, point.y() - self.height() / 2

    def _hold_space(self, held: bool) -> None:
        self._space = held
        if held:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.unsetCursor()

    def _compare(self, comparing: bool) -> None:
        """Show the picture as it was before it was refined, while a key is held."""
        self._comparing = comparing
        self._fade.stop()
        self.update()

    def _moving(self) -> bool:
        shown = self._picture
        return shown is not None and not shown.complete and not _awaits_refining(shown)

    def _frames_per_second(self) -> float:
        if len(self._arrivals) < 2:
            return 0.0
        span = self._arrivals[-1] - self._arrivals[0]
        return (len(self._arrivals) - 1) / max(span, 1e-3)


def _awaits_refining(picture: Picture) -> bool:
    """Drawn in full, and RefineNet is at work."""
    request = picture.request
    return (
        request.refines
        and not picture.complete
        and picture.drawn == (request.width, request.height)
    )
