"""Curves over time: scrolling live ones, and those of a take with its playhead and keys."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.theme import Theme

#: Colours of curves, told apart by most people, and seen on both grounds (contrast ≥ 3).
COLORS: Mapping[str, Sequence[str]] = {
    "dark": ("#7aa2ff", "#f2a65a", "#7ad0a8", "#d98cc9"),
    "light": ("#2f5fd0", "#b35c00", "#1b7f55", "#a03a8c"),
}
#: A live strip shows so many seconds.
LIVE_S = 6.0
#: The pointer has a key when it is so near, pixels.
NEAR_PX = 9
AXIS_PX = 32


class CurveStrip(QWidget):
    """A flat plot. pyqtgraph is imported when the first one is made: it takes a moment."""

    sought = Signal(float)  # seconds, where somebody clicked or dragged
    key_wanted = Signal(float, float)  # seconds and value of a double click
    key_moved = Signal(float, float, float)  # seconds of the key, then its new seconds and value

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        import pyqtgraph  # type: ignore[import-untyped]

        self._pg, self._theme = pyqtgraph, theme
        self._plot: Any = pyqtgraph.PlotWidget()
        self._plot.setMenuEnabled(False)
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.hideButtons()
        self._plot.getAxis("left").setWidth(AXIS_PX)
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._curves: dict[str, Any] = {}
        self._head = pyqtgraph.InfiniteLine(0, 90)
        self._keys = pyqtgraph.ScatterPlotItem(size=9)
        self._value = pyqtgraph.TextItem(anchor=(0.5, 1.3))
        for item in (self._head, self._keys, self._value):
            self._plot.addItem(item)
        self._value.hide()
        self._points: list[tuple[float, float]] = []
        self._held: int | None = None  # number of the key being dragged
        self._history: deque[tuple[float, tuple[float, ...]]] = deque()
        self._plot.viewport().installEventFilter(self)
        self._plot.viewport().setMouseTracking(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._plot)
        self._dress()

    @property
    def left(self) -> int:
        """Where the time begins, pixels."""
        return AXIS_PX

    def color(self, index: int) -> str:
        """The colour of a curve."""
        colors = COLORS[self._theme.name]
        return colors[index % len(colors)]

    def show_curves(
        self,
        times: npt.NDArray[Any],
        curves: Mapping[str, npt.NDArray[Any]],
        least: tuple[float, float] = (0.0, 1.0),
    ) -> None:
        """Show whole curves, by name, over their times; the axis covers at least `least`."""
        self._choose(tuple(curves))
        for name, values in curves.items():
            self._curves[name].setData(times, values)
        if len(times):
            self._plot.setXRange(float(times[0]), float(max(times[-1], times[0] + 0.1)), padding=0)
        low = min((float(v.min()) for v in curves.values() if len(v)), default=0.0)
        high = max((float(v.max()) for v in curves.values() if len(v)), default=1.0)
        self._plot.setYRange(min(low, least[0]), max(high, least[1]), padding=0.06)

    def show_keys(self, times: Sequence[float], values: Sequence[float]) -> None:
        """Show keys as dots that can be dragged."""
        self._points = list(zip(times, values, strict=True))
        self._held = None
        self._value.hide()
        self._keys.setData(list(times), list(values))

    def show_position(self, seconds: float) -> None:
        """Put the playhead there."""
        self._head.setPos(seconds)

    def append(self, seconds: float, values: Mapping[str, float]) -> None:
        """Add a live moment; what is older than `LIVE_S` scrolls out."""
        self._choose(tuple(values))
        self._history.append((seconds, tuple(values.values())))
        while self._history and self._history[0][0] < seconds - LIVE_S:
            self._history.popleft()
        times = np.array([time for time, _ in self._history]) - seconds
        table = np.array([row for _, row in self._history])
        for column, name in enumerate(values):
            self._curves[name].setData(times, table[:, column])
        self._plot.setXRange(-LIVE_S, 0, padding=0)
        self._plot.setYRange(0, 1, padding=0.04)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 (Qt's name)
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "_history"):
            self._dress()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt's name)
        """The pointer over the plot: it seeks, and sets and drags keys."""
        if not isinstance(event, QMouseEvent):
            return super().eventFilter(watched, event)
        kind, where = event.type(), event.position()
        if kind == QEvent.Type.MouseButtonDblClick:
            self._held = None
            self.key_wanted.emit(*self._place(where))
        elif kind == QEvent.Type.MouseButtonPress and event.button() == Qt.MouseButton.LeftButton:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self._press(where)
        elif kind == QEvent.Type.MouseMove:
            self._move(where, bool(event.buttons() & Qt.MouseButton.LeftButton))
        elif kind == QEvent.Type.MouseButtonRelease:
            self._let_go()
        return True

    def _press(self, where: QPointF) -> None:
        self._held = self._key_at(where)
        if self._held is None:
            self.sought.emit(self._place(where)[0])

    def _move(self, where: QPointF, pressed: bool) -> None:
        if not pressed:
            self._name_key(self._key_at(where))
        elif self._held is None:
            self.sought.emit(self._place(where)[0])
        else:
            self._drag(self._held, where)

    def _drag(self, index: int, where: QPointF) -> None:
        points = [*self._points]
        points[index] = self._place(where)
        self._keys.setData([time for time, _ in points], [value for _, value in points])
        self._name_point(*points[index])
        self._dragged = points[index]

    def _let_go(self) -> None:
        held, self._held = self._held, None
        dragged, self._dragged = self._dragged, None
        if held is not None and dragged is not None:
            self.key_moved.emit(self._points[held][0], *dragged)

    _dragged: tuple[float, float] | None = None

    def _place(self, where: QPointF) -> tuple[float, float]:
        """Seconds and value under a point of the plot's viewport."""
        view = self._plot.getPlotItem().vb
        place = view.mapSceneToView(self._plot.mapToScene(where.toPoint()))
        return float(place.x()), float(place.y())

    def _key_at(self, where: QPointF) -> int | None:
        view = self._plot.getPlotItem().vb
        for index, (time, value) in enumerate(self._points):
            there = self._plot.mapFromScene(view.mapViewToScene(QPointF(time, value)))
            if (QPointF(there) - where).manhattanLength() < NEAR_PX:
                return index
        return None

    def _name_key(self, index: int | None) -> None:
        self._value.setVisible(index is not None)
        if index is not None:
            self._name_point(*self._points[index])

    def _name_point(self, time: float, value: float) -> None:
        self._value.setText(f"{value:.2f}")
        low, high = self._plot.getPlotItem().vb.viewRange()[1]
        self._value.setAnchor((0.5, 1.3 if value < (low + high) / 2 else -0.3))
        self._value.setPos(time, value)
        self._value.show()

    def _choose(self, names: tuple[str, ...]) -> None:
        if tuple(self._curves) == names:
            return
        self._history.clear()
        for curve in self._curves.values():
            self._plot.removeItem(curve)
        self._curves = {name: self._plot.plot() for name in names}
        self._dress()

    def _dress(self) -> None:
        """In the colours of the theme."""
        self._plot.setBackground(self._theme.color("panel"))
        for side in ("left", "bottom"):
            self._plot.getAxis(side).setPen(self._theme.color("line"))
            self._plot.getAxis(side).setTextPen(self._theme.color("dim"))
        self._head.setPen(self._pg.mkPen(self._theme.color("text"), width=1))
        self._keys.setBrush(self._pg.mkBrush(self.color(0)))
        self._keys.setPen(self._pg.mkPen(self._theme.color("panel"), width=1))
        self._value.setColor(self._theme.color("text"))
        for index, curve in enumerate(self._curves.values()):
            curve.setPen(self._pg.mkPen(self.color(index), width=1.5))
