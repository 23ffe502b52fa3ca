"""All about photos that concerns the window: bringing them, and looking at what they gave."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from app.comparison import Comparison
from app.dialogs.paths import choose_photo
from app.docks.photo import PhotoDock
from app.messages import Messages
from app.photo_sources import file_source, photo_in
from app.settings import PHOTO_FOLDER, Settings
from app.viewport import Viewport
from app.workers.photos import Read, from_webcam

PLAIN, OBSERVED = "shaded", "observed"


class PhotoCommands(QObject):
    """Opens, pastes, drops and takes photos; compares heads with them."""

    mode_asked = Signal(str)  # a view mode

    def __init__(
        self,
        dock: PhotoDock,
        comparison: Comparison,
        viewport: Viewport,
        messages: Messages,
        settings: Settings,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._dock, self._comparison, self._viewport = dock, comparison, viewport
        self._messages, self._settings, self._window = messages, settings, window
        dock.open_asked.connect(self.open)
        dock.paste_asked.connect(self.paste)
        dock.webcam_asked.connect(self.take)
        dock.compare_asked.connect(self._compare)
        dock.observed_asked.connect(self._show_observed)
        comparison.switched.connect(dock.after.compare.setChecked)

    def open(self) -> None:
        """Choose a photo from the files."""
        remembered = self._settings.get(PHOTO_FOLDER)
        folder = Path(remembered) if remembered and Path(remembered).is_dir() else Path.home()
        if (path := choose_photo(self._window, folder)) is not None:
            self.open_path(path)

    def open_path(self, path: Path) -> None:
        """Take a photo from the files."""
        self._settings.set(PHOTO_FOLDER, str(path.absolute().parent))
        source = file_source(path)
        self._bring(source.read, source.name)

    def paste(self) -> None:
        """Take the picture on the clipboard."""
        if not self._take_from(
            QGuiApplication.clipboard().mimeData(), self.tr("the pasted picture")
        ):
            self._messages.info(
                self.tr("There is no picture on the clipboard."),
                self.tr("Copy one in another program, then paste it here."),
            )

    def drop(self, mime: QMimeData) -> bool:
        """Take the photo among what is dropped. False: there is none."""
        return self._take_from(mime, self.tr("the dropped picture"))

    def take(self) -> None:
        """Take a picture with the webcam."""
        self._bring(from_webcam, self.tr("the webcam’s picture"))

    def show_mode(self, mode: str) -> None:
        """Say which view mode is in force."""
        self._dock.after.observed.setChecked(mode == OBSERVED)

    def _take_from(self, mime: QMimeData, name: str) -> bool:
        source = photo_in(mime, name)
        if source is not None:
            self._bring(source.read, source.name)
        return source is not None

    def _bring(self, read: Read, name: str) -> None:
        self._comparison.end()
        self._dock.bring(read, name)

    def _compare(self, on: bool) -> None:
        if on:
            self._comparison.begin(self._dock.whole_photo)
        else:
            self._comparison.end()
        self._dock.after.compare.setChecked(self._comparison.is_on)

    def _show_observed(self, on: bool) -> None:
        self.mode_asked.emit(OBSERVED if on else PLAIN)
