"""What every dock shares: a title, a scrolling column, and the same margins."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QFrame, QScrollArea, QVBoxLayout, QWidget

DOCK_WIDTH_PX = 304


def scrolling_column() -> tuple[QScrollArea, QVBoxLayout]:
    """A vertical scroll area and the column of rows inside it."""
    panel = QWidget()
    panel.setObjectName("panel")
    column = QVBoxLayout(panel)
    column.setContentsMargins(12, 4, 12, 12)
    column.setSpacing(4)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(panel)
    return area, column


def set_up_dock(dock: QDockWidget, name: str, content: QWidget) -> None:
    """Give a dock its key in the saved layout, its content and its least width."""
    dock.setObjectName(name)
    content.setMinimumWidth(DOCK_WIDTH_PX)
    dock.setWidget(content)
