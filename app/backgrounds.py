"""Takes the background of a project apart into the choice that the Light panel shows."""

from __future__ import annotations

from PySide6.QtGui import QColor

from app.docks.light import LightDock
from app.settings import BACKGROUND_COLOR, Settings
from head360.light import Background


def kind_of(background: Background) -> str:
    """Which of `app.docks.light.BACKGROUNDS` this is."""
    if background.transparent:
        return "transparent"
    return "colour" if background.inner == background.outer else "gradient"


def choose_like(background: Background, dock: LightDock, settings: Settings) -> None:
    """Make the panel show a project's background as if it had been chosen there."""
    kind = kind_of(background)
    if kind == "colour":
        settings.set(BACKGROUND_COLOR, QColor.fromRgbF(*background.inner).name())
    dock.show_background(kind)
