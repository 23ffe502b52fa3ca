"""Asks for files: the system's own dialogs."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from head360.fitting.photo import SUFFIXES
from head360.project import SUFFIX


def choose_project(parent: QWidget, folder: Path) -> Path | None:
    """A project to open; None: changed their mind."""
    title = QCoreApplication.translate("paths", "Open project")
    kind = QCoreApplication.translate("paths", "Head360 projects (*{suffix})")
    name, _ = QFileDialog.getOpenFileName(parent, title, str(folder), kind.format(suffix=SUFFIX))
    return Path(name) if name else None


def choose_photo(parent: QWidget, folder: Path) -> Path | None:
    """A photo to make a head from; None: changed their mind."""
    title = QCoreApplication.translate("paths", "Head from a photo")
    kind = QCoreApplication.translate("paths", "Photos ({endings})")
    endings = " ".join(f"*{ending} *{ending.upper()}" for ending in SUFFIXES)
    name, _ = QFileDialog.getOpenFileName(parent, title, str(folder), kind.format(endings=endings))
    return Path(name) if name else None


def choose_target(parent: QWidget, title: str, start: Path, kind: str) -> Path | None:
    """Where to save; the ending of the kind is added when it was left out. None: nowhere.

    The first of several kinds is that of `start`; choosing another changes the name's ending. The
    dialog itself asks before an existing file is replaced.
    """
    dialog = QFileDialog(parent, title, str(start.parent), kind)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(start.suffix.removeprefix("."))
    dialog.selectFile(start.name)
    dialog.filterSelected.connect(partial(_change_ending, dialog))
    chosen = dialog.exec() == QFileDialog.DialogCode.Accepted
    names = dialog.selectedFiles()
    dialog.deleteLater()
    return Path(names[0]) if chosen and names else None


def _change_ending(dialog: QFileDialog, kind: str) -> None:
    found = re.search(r"\*(\.\w+)", kind)
    names = dialog.selectedFiles()
    if found and names:
        dialog.setDefaultSuffix(found[1].removeprefix("."))
        dialog.selectFile(Path(names[0]).with_suffix(found[1]).name)


def choose_folder(parent: QWidget, title: str, start: Path) -> Path | None:
    """A folder that exists; None: changed their mind."""
    name = QFileDialog.getExistingDirectory(parent, title, str(start))
    return Path(name) if name else None
