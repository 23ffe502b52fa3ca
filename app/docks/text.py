"""Dock that changes the head by a sentence, and keeps what was said as layers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QStringListModel, Qt
from PySide6.QtWidgets import (
    QCompleter,
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from app.docks.edit_layers import LayerRow, WishRows
from app.docks.panel import scrolling_column, set_up_dock
from app.document import HeadDocument
from app.settings import PROMPTS, Settings
from app.stage import Stage
from app.theme import Theme
from app.workers.render_thread import RenderThread
from head360.edits import EditLayer
from head360.params import HeadParams

if TYPE_CHECKING:
    from head360.editing.prompt import Understanding

MAX_CHARACTERS = 400
KEPT_PROMPTS = 20


class TextDock(QDockWidget):
    """Edits `HeadParams.edits`."""

    def __init__(
        self,
        document: HeadDocument,
        stage: Stage,
        theme: Theme,
        settings: Settings,
        parent: QWidget | None = None,
        *,
        renderer: RenderThread,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Say it"))
        self._document, self._stage, self._theme = document, stage, theme
        self._settings, self._renderer = settings, renderer
        self._rows: list[LayerRow] = []
        self._chosen = 0
        area, column = scrolling_column()
        column.setSpacing(8)
        column.addLayout(self._make_input())
        self.notes = QLabel()
        self.notes.setObjectName("quiet")
        self.notes.setWordWrap(True)
        self.notes.setTextFormat(Qt.TextFormat.PlainText)
        self.notes.hide()
        column.addWidget(self.notes)
        self.wishes = WishRows()
        self.wishes.amount_edited.connect(self._set_amount)
        column.addWidget(self.wishes)
        self.compare = QPushButton(self.tr("Hold to see before"))
        self.compare.setObjectName("more")
        self.compare.pressed.connect(self._show_before)
        self.compare.released.connect(self._show_after)
        column.addWidget(self.compare)
        self._layer_column = column
        column.addStretch(1)
        set_up_dock(self, "text_dock", area)
        self._show(document.params, frozenset(("edits",)))
        document.params_changed.connect(self._show)

    def say(self, text: str) -> None:
        """Understand a sentence and put it over the head as a layer."""
        text = text.strip()
        if not text:
            return
        self.button.setEnabled(False)
        params = self._document.params
        self._renderer.ask(
            lambda engine: engine.understand(text, params), partial(self._understood, text)
        )

    def _make_input(self) -> QHBoxLayout:
        self.line = QLineEdit()
        self.line.setPlaceholderText(self.tr("older, with a grey beard"))
        self.line.setAccessibleName(self.tr("What should change"))
        self.line.setMaxLength(MAX_CHARACTERS)
        self.line.returnPressed.connect(self._say_line)
        known: list[str] = self._settings.get(PROMPTS)
        self._recent = QStringListModel(known, self)
        completer = QCompleter(self._recent, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.line.setCompleter(completer)
        self.button = QPushButton(self.tr("Say"))
        self.button.clicked.connect(self._say_line)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.line, 1)
        row.addWidget(self.button)
        return row

    def _say_line(self) -> None:
        self.say(self.line.text())

    def _understood(self, text: str, understood: Understanding) -> None:
        self.button.setEnabled(True)
        self.notes.setText("\n".join(understood.notes))
        self.notes.setVisible(bool(understood.notes))
        if understood.layer is None:
            return
        self._remember(text)
        self.line.clear()
        edits = (*self._document.params.edits, understood.layer)
        self._chosen = len(edits) - 1
        self._document.edit(self.tr("Say “{text}”").format(text=text[:40]), edits=edits)

    def _remember(self, text: str) -> None:
        known = [text, *(said for said in self._recent.stringList() if said != text)]
        self._recent.setStringList(known[:KEPT_PROMPTS])
        self._settings.set(PROMPTS, known[:KEPT_PROMPTS])

    # --- layers

    def _show(self, params: HeadParams, changed: frozenset[str]) -> None:
        if "edits" not in changed:
            return
        edits = params.edits
        self._chosen = min(max(self._chosen, 0), len(edits) - 1) if edits else 0
        if len(edits) != len(self._rows):
            self._make_rows(edits)
        for number, (row, layer) in enumerate(zip(self._rows, edits, strict=True)):
            row.show_layer(layer)
            row.show_chosen(number == self._chosen)
            row.up.setEnabled(number < len(edits) - 1)
            row.down.setEnabled(number > 0)
        self.wishes.show_wishes(edits[self._chosen].wishes if edits else ())
        self.compare.setVisible(bool(edits))

    def _make_rows(self, edits: tuple[EditLayer, ...]) -> None:
        for row in self._rows:
            self._layer_column.removeWidget(row)
            row.deleteLater()
        self._rows = [LayerRow(number, layer, self._theme) for number, layer in enumerate(edits)]
        place = self._layer_column.indexOf(self.compare) + 1
        for row in self._rows:  # the newest on top
            self._layer_column.insertWidget(place, row)
            row.switched.connect(self._switch)
            row.strengthened.connect(self._strengthen)
            row.chosen.connect(self._choose)
            row.moved.connect(self._move)
            row.removed.connect(self._remove)

    def _choose(self, number: int) -> None:
        self._chosen = number
        self._show(self._document.params, frozenset(("edits",)))

    def _switch(self, number: int, on: bool) -> None:
        layer = self._document.params.edits[number]
        text = self.tr("Show “{text}”") if on else self.tr("Hide “{text}”")
        self._put(number, layer.with_(on=on), text.format(text=layer.text[:40]))

    def _strengthen(self, number: int, strength: float, gesture: object) -> None:
        layer = self._document.params.edits[number].with_(strength=strength)
        self._put(
            number, layer, self.tr("Strength of “{text}”").format(text=layer.text[:40]), gesture
        )

    def _set_amount(self, wish: int, amount: float, gesture: object) -> None:
        layer = self._document.params.edits[self._chosen]
        title = layer.wishes[wish].title
        self._put(self._chosen, layer.with_amount(wish, amount), title, gesture)

    def _put(self, number: int, layer: EditLayer, text: str, gesture: object = None) -> None:
        edits = list(self._document.params.edits)
        edits[number] = layer
        self._document.edit(text, gesture=gesture, edits=tuple(edits))

    def _move(self, number: int, by: int) -> None:
        edits = list(self._document.params.edits)
        layer = edits.pop(number)
        edits.insert(number + by, layer)
        self._chosen = number + by
        self._document.edit(
            self.tr("Move “{text}”").format(text=layer.text[:40]), edits=tuple(edits)
        )

    def _remove(self, number: int) -> None:
        edits = list(self._document.params.edits)
        layer = edits.pop(number)
        self._document.edit(
            self.tr("Remove “{text}”").format(text=layer.text[:40]), edits=tuple(edits)
        )

    def _show_before(self) -> None:
        self._stage.preview(self._document.params.with_(edits=()))

    def _show_after(self) -> None:
        self._stage.preview(None)
