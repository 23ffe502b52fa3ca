"""Dock that changes the head by a sentence, or has it painted, and keeps that as layers."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QStringListModel, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QDockWidget,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.docks.edit_layers import LayerRow, WishRows
from app.docks.panel import scrolling_column, set_up_dock
from app.docks.photo_parts import row as side_by_side
from app.docks.repaint import RepaintPart
from app.document import HeadDocument
from app.messages import Messages
from app.repaint_session import RepaintSession
from app.settings import PROMPTS, Settings
from app.stage import Stage
from app.theme import Theme
from app.workers.render_thread import RenderThread
from app.workers.repaint import RepaintNews, RepaintWish, Waiting
from head360.edits import EditLayer
from head360.params import HeadParams

if TYPE_CHECKING:
    from head360.editing.prompt import Understanding

MAX_CHARACTERS = 400
KEPT_PROMPTS = 20
#: Needs the lists of words, the measures of faces and the search for what was mistyped.
_REHEARSED = "oldr, with a wider nose"


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
        session: RepaintSession,
        messages: Messages,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Say it"))
        self._document, self._stage, self._theme = document, stage, theme
        self._settings, self._renderer = settings, renderer
        self._messages, self.session = messages, session
        self._rows: list[LayerRow] = []
        self._chosen = 0
        self._rehearsed = False
        area, column = scrolling_column()
        column.setSpacing(8)
        column.addLayout(self._make_input())
        self.notes = QLabel()
        self.notes.setObjectName("quiet")
        self.notes.setWordWrap(True)
        self.notes.setTextFormat(Qt.TextFormat.PlainText)
        self.notes.hide()
        column.addWidget(self.notes)
        self.painting = RepaintPart(settings, theme)
        column.addWidget(self.painting)
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
        self._connect_session()
        self._choose_editor()

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

    def paint(self, wish: RepaintWish) -> None:
        """Have the head repainted, which takes a while; it becomes a layer, too."""
        if self.session.busy:
            return
        self._note("")
        self._remember(wish.text)
        self.painting.remember()
        self.session.start(self._document.params, wish)

    def stop(self) -> bool:
        """End what runs; the window calls this when it closes. False: a thread hangs."""
        return self.session.stop()

    # --- painting

    @property
    def paints(self) -> bool:
        """Whether an editor of pictures does what is said, instead of sliders."""
        return self.how.currentIndex() == 1

    def _connect_session(self) -> None:
        session, part = self.session, self.painting
        part.model_changed.connect(session.foresee)
        part.go_on_asked.connect(self._go_on)
        part.discard_asked.connect(session.forget)
        part.cancel_asked.connect(session.cancel)
        part.fetch_asked.connect(session.fetch)
        session.fetching.connect(part.show_fetching)
        session.fetched.connect(part.take_model)
        session.not_fetched.connect(self._fail_to_fetch)
        session.changed.connect(self._show_busy)
        session.foreseen.connect(part.show_prospect)
        session.found.connect(part.show_waiting)
        session.progressed.connect(self._show_news)
        session.repainted.connect(self._wear)
        session.cancelled.connect(self._stop_showing)
        session.failed.connect(self._fail)
        self._document.params_changed.connect(self._seek)

    def _choose_editor(self) -> None:
        self.painting.setVisible(self.paints)
        self.button.setText(self.tr("Paint") if self.paints else self.tr("Say"))
        example = self.tr("older, with a grey beard")
        if self.paints:
            example = self.tr("make her a bronze statue")
            self.session.foresee(self.painting.model.text().strip())
            self._seek()
        self.line.setPlaceholderText(
            example if self.paints else self.tr("older, with a grey beard")
        )

    def _paint_line(self) -> None:
        text = self.line.text().strip()
        if text and not self.painting.has_parts:
            self._note(self.tr("Nothing may change: choose a part below “How to paint”."))
        elif text:
            self.paint(replace(self.painting.wish, text=text))

    def _go_on(self, found: Waiting) -> None:
        self.line.setText(found.wish.text)
        self.paint(found.wish)

    def _show_busy(self) -> None:
        busy = self.session.busy
        self.painting.show_busy(busy)
        for widget in (self.line, self.button, self.how):
            widget.setEnabled(not busy)
        if not busy:
            self._seek()

    def _show_news(self, news: RepaintNews) -> None:
        self.painting.show_news(news)
        if news.params is not None:
            self._stage.preview(news.params)

    def _wear(self, painted: HeadParams) -> None:
        self._stage.preview(None)
        layer = painted.edits[-1]
        edits = (*self._document.params.edits, layer)
        self._chosen = len(edits) - 1
        self.line.clear()
        self._document.edit(self.tr("Paint “{text}”").format(text=layer.text[:40]), edits=edits)

    def _stop_showing(self) -> None:
        self._stage.preview(None)

    def _fail(self, error: Exception) -> None:
        self._stage.preview(None)
        self._messages.show_error(self.tr("The head was not repainted."), error)

    def _fail_to_fetch(self, error: Exception) -> None:
        self._messages.show_error(self.tr("The model was not fetched."), error)

    def _seek(self, *_: object) -> None:
        if self.paints and not self.session.busy:
            self.session.seek(self._document.params)

    # --- words

    def _make_input(self) -> QVBoxLayout:
        self.line = QLineEdit()
        self.line.setPlaceholderText(self.tr("older, with a grey beard"))
        self.line.setAccessibleName(self.tr("What should change"))
        self.line.setMaxLength(MAX_CHARACTERS)
        self.line.returnPressed.connect(self._say_line)
        self.line.textEdited.connect(self._rehearse)
        known: list[str] = self._settings.get(PROMPTS)
        self._recent = QStringListModel(known, self)
        completer = QCompleter(self._recent, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.line.setCompleter(completer)
        self.button = QPushButton(self.tr("Say"))
        self.button.clicked.connect(self._say_line)
        self.how = QComboBox()
        self.how.addItems([self.tr("By sliders, at once"), self.tr("Painted by a model, slowly")])
        self.how.setAccessibleName(self.tr("How it is done"))
        self.how.currentIndexChanged.connect(self._choose_editor)
        column = QVBoxLayout()
        column.setSpacing(6)
        column.addLayout(side_by_side(self.line, self.button))
        column.addWidget(self.how)
        return column

    def _rehearse(self) -> None:
        """Load what sentences need while the first one is typed."""
        if self._rehearsed or self.paints:
            return
        self._rehearsed = True
        params = self._document.params
        self._renderer.ask(lambda engine: engine.understand(_REHEARSED, params), lambda _: None)

    def _say_line(self) -> None:
        if self.paints:
            self._paint_line()
        else:
            self.say(self.line.text())

    def _note(self, text: str) -> None:
        self.notes.setText(text)
        self.notes.setVisible(bool(text))

    def _understood(self, text: str, understood: Understanding) -> None:
        self.button.setEnabled(True)
        self._note("\n".join(understood.notes))
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
