"""Colours of the window, from a theme file into Qt's palette and style sheet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from string import Template

from PySide6.QtGui import QAction, QColor, QFont, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QApplication

from head360.assets import resource

THEMES = ("dark", "light")
GRID_PX = 4  # every margin and gap is a multiple of this
ICON_PX = 16


class Theme:
    """One set of colours, and icons drawn in them.

    Tokens: ground (window), panel, control, hover, line, groove, accent, on_accent, text, dim,
    faint (disabled only), good, warning, danger, stage_inner, stage_outer, overlay.
    """

    def __init__(self, name: str, scratch: Path) -> None:
        """Read a theme; `scratch` is a folder for the few icons Qt wants as files."""
        self.name = name
        self._tokens = _tokens(name)
        self._scratch = scratch
        self._icons: dict[tuple[str, str], QIcon] = {}

    def switch(self, name: str, application: QApplication) -> None:
        """Become another theme, and dress what is on screen in it."""
        old = {icon.cacheKey(): key for key, icon in self._icons.items()}
        self._icons.clear()
        self.name, self._tokens = name, _tokens(name)
        self.apply(application)
        for widget in application.allWidgets():
            shown = [widget] if isinstance(widget, QAbstractButton) else []
            for button in shown:
                self._recolor(button, old)
            for action in widget.actions():
                self._recolor(action, old)
            widget.update()

    def _recolor(
        self, bearer: QAbstractButton | QAction, old: Mapping[int, tuple[str, str]]
    ) -> None:
        if key := old.get(bearer.icon().cacheKey()):
            bearer.setIcon(self.icon(*key))

    def color(self, token: str) -> QColor:
        """A colour by its role."""
        return QColor(self._tokens[token])

    def icon(self, name: str, token: str = "dim") -> QIcon:
        """An icon from resources/icons in one colour, accented when checked."""
        if (name, token) not in self._icons:
            self._icons[name, token] = self._draw_icon(name, token)
        return self._icons[name, token]

    def _draw_icon(self, name: str, token: str) -> QIcon:
        icon = QIcon()
        for scale in (1, 2):
            for state, shade in ((QIcon.State.Off, token), (QIcon.State.On, "accent")):
                pixmap = self._pixmap(name, shade, ICON_PX * scale)
                icon.addPixmap(pixmap, QIcon.Mode.Normal, state)
        icon.addPixmap(self._pixmap(name, "faint", ICON_PX * 2), QIcon.Mode.Disabled)
        return icon

    def apply(self, application: QApplication) -> None:
        """Dress the whole application."""
        application.setPalette(self._palette())
        template = Template(resource("themes", "studio.qss").read_text("utf-8"))
        icons = {
            "check": self._icon_file("check", "accent"),
            "check_on_accent": self._icon_file("check", "on_accent"),
            "close": self._icon_file("close", "dim"),
            "float": self._icon_file("float", "dim"),
            "chevron_down": self._icon_file("chevron-down", "dim"),
        }
        application.setStyleSheet(template.substitute(self._tokens, **icons))

    def _palette(self) -> QPalette:
        role = QPalette.ColorRole
        palette = QPalette()
        for where, token in (
            (role.Window, "panel"), (role.Base, "control"), (role.AlternateBase, "panel"),
            (role.Button, "control"), (role.Light, "hover"), (role.Mid, "groove"),
            (role.Dark, "ground"), (role.WindowText, "text"), (role.Text, "text"),
            (role.ButtonText, "text"), (role.PlaceholderText, "dim"), (role.Highlight, "accent"),
            (role.HighlightedText, "on_accent"), (role.Link, "accent"), (role.Accent, "accent"),
            (role.ToolTipBase, "control"), (role.ToolTipText, "text"),
        ):  # fmt: skip
            palette.setColor(where, self.color(token))
        for where in (role.WindowText, role.Text, role.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, where, self.color("faint"))
        return palette

    def _svg(self, name: str, token: str) -> bytes:
        text = resource("icons", f"{name}.svg").read_text("utf-8")
        return text.replace("currentColor", self._tokens[token]).encode()

    def _pixmap(self, name: str, token: str, size_px: int) -> QPixmap:
        pixmap = QPixmap(size_px, size_px)
        pixmap.fill(QColor(0, 0, 0, 0))
        painter = QPainter(pixmap)
        QSvgRenderer(self._svg(name, token)).render(painter)
        painter.end()
        return pixmap

    def _icon_file(self, name: str, token: str) -> str:
        self._scratch.mkdir(parents=True, exist_ok=True)
        path = self._scratch / f"{name}-{self.name}-{token}.svg"
        path.write_bytes(self._svg(name, token))
        return path.as_posix()


def _tokens(name: str) -> Mapping[str, str]:
    tokens: Mapping[str, str] = json.loads(resource("themes", f"{name}.json").read_text("utf-8"))
    return tokens


def app_icon() -> QIcon:
    """The studio's own icon, in its own colours."""
    return QIcon(str(resource("icons", "head360.svg")))


def tabular(font: QFont) -> QFont:
    """The same font with figures of equal width, so that changing numbers stand still."""
    font = QFont(font)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font
