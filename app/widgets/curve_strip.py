"""Curves over time: scrolling live ones, and those of a take with its playhead."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.theme import Theme

#: Colours of curves, told apart by most people, too.
_COLORS = ("#7aa2ff", "#f2a65a", "#7ad0a8", "#d98cc9")
#: A live strip shows so many seconds.
LIVE_S = 6.0


class CurveStrip(QWidget):
    """A flat plot. pyqtgraph is imported when the first one is made: it takes a moment."""

    sought = Signal(float)  # seconds, where somebody clicked
    key_wanted = Signal(float, float)  # seconds and value of a double click

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        import pyqtgraph  # type: ignore[import-untyped]

        self._pg: Any = pyqtgraph
        self._plot: Any = pyqtgraph.PlotWidget(background=theme.color("panel"))
        self._plot.setMenuEnabled(False)
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.hideButtons()
        self._plot.setYRange(0, 1, padding=0.04)
        self._plot.getAxis("left").setWidth(28)
        for side in ("left", "bottom"):
            self._plot.getAxis(side).setPen(theme.color("dim"))
            self._plot.getAxis(side).setTextPen(theme.color("dim"))
        self._curves: dict[str, Any] = {}
        self._head = pyqtgraph.InfiniteLine(0, 90, pen=pyqtgraph.mkPen(QColor("#e6e8ec"), width=1))
        self._plot.addItem(self._head)
        self._keys = pyqtgraph.ScatterPlotItem(size=9, brush=QColor(_COLORS[0]))
        self._plot.addItem(self._keys)
        self._plot.scene().sigMouseClicked.connect(self._clicked)
        self._history: deque[tuple[float, tuple[float, ...]]] = deque()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._plot)

    def show_curves(self, times: npt.NDArray[Any], curves: Mapping[str, npt.NDArray[Any]]) -> None:
        """Show whole curves, by name, over their times."""
        self._choose(tuple(curves))
        for name, values in curves.items():
            self._curves[name].setData(times, values)
        if len(times):
            self._plot.setXRange(float(times[0]), float(max(times[-1], times[0] + 0.1)), padding=0)
        low = min((float(v.min()) for v in curves.values() if len(v)), default=0.0)
        high = max((float(v.max()) for v in curves.values() if len(v)), default=1.0)
        self._plot.setYRange(min(low, 0.0), max(high, 1.0), padding=0.04)

    def show_keys(self, times: Sequence[float], values: Sequence[float]) -> None:
        """Show keys as dots."""
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

    def _choose(self, names: tuple[str, ...]) -> None:
        if tuple(self._curves) == names:
            return
        self._history.clear()
        for curve in self._curves.values():
            self._plot.removeItem(curve)
        self._curves = {
            name: self._plot.plot(pen=self._pg.mkPen(_COLORS[i % len(_COLORS)], width=1.5))
            for i, name in enumerate(names)
        }

    def _clicked(self, event: Any) -> None:
        place = self._plot.getPlotItem().vb.mapSceneToView(event.scenePos())
        if event.double():
            self.key_wanted.emit(float(place.x()), float(place.y()))
        else:
            self.sought.emit(float(place.x()))
