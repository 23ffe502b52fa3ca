"""A small card in the corner: how far an export is, and where its file lies afterwards."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.theme import Theme, tabular
from app.widgets.section import flat_button

WIDTH_PX, NAME_PX = 320, 144
READING_MS = 15_000


class ExportChip(QFrame):
    """Shows one export; knows nothing of how it is made."""

    cancelled = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._path: Path | None = None
        self.setObjectName("card")
        self.setFixedWidth(WIDTH_PX)
        self._name = ""
        self._leave = QTimer(self, singleShot=True, interval=READING_MS)
        self._leave.timeout.connect(self.hide)
        self.title, self.left = QLabel(), QLabel()
        self.title.setFont(tabular(self.font()))
        self.left.setFont(tabular(self.font()))
        self.left.setProperty("role", "dim")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.cancel = QPushButton(self.tr("Cancel"))
        self.cancel.clicked.connect(self.cancelled)
        self.show_folder = QPushButton(self.tr("Show in folder"))
        self.show_folder.clicked.connect(self._open_folder)
        self.close_button = flat_button(theme, "close", self.tr("Close"))
        self.close_button.clicked.connect(self.hide)
        self._arrange()
        self.hide()

    def begin(self, title: str) -> None:
        """Show that something is being made."""
        self._leave.stop()
        self._name = title
        self.title.setText(title)
        self.setAccessibleName(title)
        self.left.setText(self.tr("Loading the model…"))
        self.bar.setRange(0, 0)
        self._offer(self.cancel)
        self.cancel.setEnabled(True)
        self.show()

    def show_progress(self, part: float, left: str) -> None:
        """Show how far it is; `left` says how long it still takes, empty while unknown."""
        if not self.cancel.isEnabled():
            return  # late news of something that was cancelled
        if part > 0:
            self.bar.setRange(0, 1000)
            self.title.setText(f"{self._name}  {part:.0%}")
            self.left.setText(
                self.tr("{time} left").format(time=left) if left else self.tr("Drawing…")
            )
        self.bar.setValue(round(part * 1000))

    def show_stopping(self) -> None:
        """Show that it was cancelled."""
        self.cancel.setEnabled(False)
        self.left.setText(self.tr("Stopping…"))

    def show_done(self, path: Path | None) -> None:
        """Show what was made; without a path it is on the clipboard."""
        self._path = path
        name = path.name if path else self._name
        middle = Qt.TextElideMode.ElideMiddle
        self.title.setText(self.title.fontMetrics().elidedText(name, middle, NAME_PX))
        self.title.setToolTip(str(path or ""))
        self.left.setText(self.tr("Saved") if path else self.tr("On the clipboard"))
        self._offer(self.show_folder if path else None)
        self._leave.start()

    def leave_unless_done(self) -> None:
        """Go away, unless there is something to show."""
        if not self._leave.isActive():
            self.hide()

    def _arrange(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.title)
        words.addWidget(self.left)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addLayout(words, 1)
        for button in (self.cancel, self.show_folder, self.close_button):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 8, 8)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self.bar)

    def _offer(self, button: QPushButton | None) -> None:
        for candidate in (self.cancel, self.show_folder):
            candidate.setVisible(candidate is button)
        self.close_button.setVisible(button is not self.cancel)
        self.bar.setVisible(button is self.cancel)

    def _open_folder(self) -> None:
        if self._path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._path.absolute().parent)))
