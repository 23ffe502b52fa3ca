"""Every setting the studio remembers, declared in one place."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from PySide6.QtCore import QByteArray, QSettings, QStandardPaths

log = logging.getLogger(__name__)
T = TypeVar("T")

RECENT_LIMIT = 8


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """One remembered value: where it lives and what it is before anybody chose."""

    key: str
    default: T


THEME = Setting("look/theme", "dark")  # dark | light
GEOMETRY = Setting("window/geometry", "")  # base64 of QWidget.saveGeometry
LAYOUT = Setting("window/layout", "")  # base64 of QMainWindow.saveState
RECENT: Setting[list[str]] = Setting("files/recent", [])  # newest first
FOLDER = Setting("files/folder", "")  # where the last dialog ended
PHOTO_FOLDER = Setting("photo/folder", "")  # where the last photo was chosen
WELCOMED = Setting("welcome/seen", False)
BACKGROUND = Setting("view/background", "gradient")  # gradient | colour | transparent
BACKGROUND_COLOR = Setting("view/background_color", "#3a3f47")  # sRGB
REFINE = Setting("view/refine", False)
SYMMETRIC = Setting("expression/symmetric", True)
PROMPTS: Setting[list[str]] = Setting("text/prompts", [])  # newest first
REPAINT: Setting[dict[str, object]] = Setting("text/repaint", {})
TURNTABLE: Setting[dict[str, object]] = Setting("export/turntable", {})
MESH: Setting[dict[str, object]] = Setting("export/mesh", {})
SCREENSHOT: Setting[dict[str, object]] = Setting("export/screenshot", {})


class Settings:
    """Typed access to the remembered values; a damaged value reads as its default."""

    def __init__(self, store: QSettings) -> None:
        self._store = store

    def folder(self) -> Path:
        """Where the last file was chosen, or home."""
        remembered = self.get(FOLDER)
        return Path(remembered) if remembered and Path(remembered).is_dir() else Path.home()

    def get(self, setting: Setting[T]) -> T:
        """The remembered value, or the default."""
        text = self._store.value(setting.key)
        if not isinstance(text, str):
            return setting.default
        try:
            value = json.loads(text)
        except ValueError:
            log.info("Ignoring the damaged setting %s", setting.key)
            return setting.default
        return value if isinstance(value, type(setting.default)) else setting.default

    def set(self, setting: Setting[T], value: T) -> None:
        """Remember `value`, which must survive JSON."""
        self._store.setValue(setting.key, json.dumps(value))

    def get_bytes(self, setting: Setting[str]) -> QByteArray:
        """A remembered Qt state; empty when there is none."""
        return QByteArray.fromBase64(QByteArray(self.get(setting).encode()))

    def set_bytes(self, setting: Setting[str], state: QByteArray) -> None:
        """Remember a Qt state."""
        self.set(setting, bytes(state.toBase64().data()).decode())

    def add_recent(self, path: Path) -> None:
        """Put `path` on top of the recent files."""
        others = [entry for entry in self.get(RECENT) if entry != str(path)]
        self.set(RECENT, [str(path), *others][:RECENT_LIMIT])


@dataclass(frozen=True, slots=True)
class Places:
    """Folders of this user on this machine."""

    state: Path  # autosaves, log
    cache: Path  # thumbnails; may be deleted at any time


def user_places() -> Places:
    """The usual folders; needs the application's name to be set."""
    location = QStandardPaths.StandardLocation
    return Places(
        state=Path(QStandardPaths.writableLocation(location.AppLocalDataLocation)),
        cache=Path(QStandardPaths.writableLocation(location.CacheLocation)),
    )
