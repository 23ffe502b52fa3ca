"""The switch that lets RefineNet finish pictures: remembered, and off for good without weights."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from app.settings import REFINE, Settings
from app.theme import Theme
from app.viewport import Viewport
from head360.assets import refine_problem


class RefineSwitch(QObject):
    """Gives the action its state, and says why where it can have none."""

    def __init__(
        self, action: QAction, theme: Theme, settings: Settings, viewport: Viewport
    ) -> None:
        super().__init__(viewport)
        self._settings = settings
        action.setIcon(theme.icon("refine"))
        action.setIconVisibleInMenu(False)
        if problem := refine_problem():
            action.setEnabled(False)
            action.setText(self.tr("Refine stills (weights are missing)"))
            action.setToolTip(problem)
            return
        action.setChecked(settings.get(REFINE))  # the action's own handler tells the viewport
        action.toggled.connect(self._remember)

    def _remember(self, refine: bool) -> None:
        self._settings.set(REFINE, refine)
