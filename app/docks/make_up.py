"""Colours of lipstick and eye shadow; how much of them there is are details of the head."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from app.colors import LinearRGB
from app.document import HeadDocument
from app.stage import Stage
from app.theme import Theme
from app.widgets.section import flat_button
from app.widgets.swatches import SwatchRow
from head360.make_up import PARTS, SHADES, MakeUp
from head360.params import HeadParams, made_up

_COLUMNS = 9


class MakeUpRows(QWidget):
    """Edits `HeadParams.make_up`; a colour that is chosen for bare skin is put on it."""

    def __init__(
        self, document: HeadDocument, stage: Stage, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._stage, self._theme = document, stage, theme
        self.colors: dict[str, SwatchRow] = {}
        self.removes: dict[str, QToolButton] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self._titles = {
            "lipstick": self.tr("Lipstick colour"), "eyeshadow": self.tr("Eye shadow colour")
        }  # fmt: skip
        for attribute, title in self._titles.items():
            self._add(attribute, title, column)
        self._show(document.params, frozenset(("make_up",)))
        document.params_changed.connect(self._show)

    def _add(self, attribute: str, title: str, column: QVBoxLayout) -> None:
        shades = {name.capitalize(): color for name, color in SHADES.items()}
        colors = SwatchRow(title, shades, self._theme, columns=_COLUMNS)
        colors.previewed.connect(partial(self._preview, attribute))
        colors.picked.connect(lambda _, color: self._edit(attribute, color))
        remove = flat_button(self._theme, "close", self.tr("The colour that comes with the skin"))
        remove.clicked.connect(lambda: self._edit(attribute, None))
        top = QHBoxLayout()
        top.addWidget(QLabel(title))
        top.addStretch()
        top.addWidget(remove)
        column.addLayout(top)
        column.addWidget(colors)
        self.colors[attribute], self.removes[attribute] = colors, remove

    def _preview(self, attribute: str, color: LinearRGB | None) -> None:
        params = self._document.params
        self._stage.preview(None if color is None else made_up(params, attribute, color))

    def _edit(self, attribute: str, color: LinearRGB | None) -> None:
        worn = made_up(self._document.params, attribute, color)
        self._document.edit(
            self._titles[attribute], make_up=worn.make_up, attributes=worn.attributes
        )

    def _show(self, params: HeadParams, changed: frozenset[str]) -> None:
        if "make_up" not in changed:
            return
        for attribute, part in PARTS.items():
            color = getattr(params.make_up or MakeUp(), part)
            self.colors[attribute].show_color(color)
            self.removes[attribute].setEnabled(color is not None)
