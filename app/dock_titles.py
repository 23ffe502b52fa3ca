"""A dock in a tab needs no second title: its tab says the name already."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget


class DockTitles(QObject):
    """Takes the title bar off docks while they stand in tabs, and gives it back."""

    def __init__(self, window: QMainWindow, docks: Sequence[QDockWidget]) -> None:
        super().__init__(window)
        self._window, self._docks = window, docks
        # Qt is still busy moving docks while it says so.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.refresh)
        for dock in docks:
            dock.dockLocationChanged.connect(self._later)
            dock.topLevelChanged.connect(self._later)
            dock.visibilityChanged.connect(self._later)

    def refresh(self) -> None:
        """Look which docks stand in tabs."""
        for dock in self._docks:
            tabbed = not dock.isFloating() and any(
                not other.isHidden() for other in self._window.tabifiedDockWidgets(dock)
            )
            bare = dock.titleBarWidget() is not None
            if tabbed and not bare:
                dock.setTitleBarWidget(QWidget(dock))
            elif bare and not tabbed:
                old = dock.titleBarWidget()
                dock.setTitleBarWidget(None)  # type: ignore[arg-type]
                old.deleteLater()

    def _later(self, *_: object) -> None:
        self._soon.start()
