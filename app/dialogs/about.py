"""Version and licences."""

from __future__ import annotations

from contextlib import suppress
from importlib import metadata
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QTextBrowser, QVBoxLayout, QWidget

import head360
from app.theme import app_icon
from head360.assets import catalog, resource
from head360.errors import ResourceError

ICON_PX = 64


class AboutDialog(QDialog):
    """What this is, and whose work it stands on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("About Head360 Studio"))
        self.resize(640, 520)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 20)
        column.setSpacing(16)
        column.addLayout(self._make_header())
        heading = QLabel(self.tr("Licences"))
        heading.setProperty("role", "heading")
        column.addWidget(heading)
        self.licences = QTextBrowser()
        self.licences.setAccessibleName(self.tr("Licences"))
        self.licences.setPlainText(licence_texts())
        column.addWidget(self.licences, 1)

    def _make_header(self) -> QHBoxLayout:
        picture = QLabel()
        picture.setPixmap(app_icon().pixmap(QSize(ICON_PX, ICON_PX)))
        title = QLabel("Head360 Studio")
        title.setProperty("role", "title")
        version = QLabel(
            self.tr("Version {version}, model {model}. Apache License 2.0.").format(
                version=head360.__version__, model=catalog().version
            )
        )
        version.setProperty("role", "dim")
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addStretch()
        words.addWidget(title)
        words.addWidget(version)
        words.addStretch()
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        return row


def licence_texts() -> str:
    """NOTICE, and what is said of the shipped resources."""
    texts = [_notice()]
    with suppress(ResourceError, OSError):
        texts.append(resource("LICENCES.md").read_text("utf-8"))
    return "\n\n".join(text.strip() for text in texts if text.strip())


def _notice() -> str:
    checkout = Path(head360.__file__).parents[1] / "NOTICE"
    if checkout.exists():
        return checkout.read_text("utf-8")
    try:
        found = metadata.distribution("head360-studio").read_text("licenses/NOTICE")
    except metadata.PackageNotFoundError:
        found = None
    return found or ""
