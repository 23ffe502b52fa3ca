"""A bar over the viewport that says what `Messages` has to say."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.messages import Choice, Level, Message, Messages
from app.theme import Theme
from app.widgets.section import flat_button

READING_MS = 6000
AT_ONCE = 3  # more would hide the head; the oldest that may go, goes


class MessageBar(QWidget):
    """Newest message last; those that want no answer leave by themselves."""

    def __init__(self, messages: Messages, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(8, 8, 8, 0)
        self._column.setSpacing(8)
        self.cards: list[MessageCard] = []
        self.hide()
        messages.posted.connect(self._show_message)

    def _show_message(self, message: Message) -> None:
        if any(card.message.text == message.text and card.message.stays for card in self.cards):
            return  # said already, and still on show
        card = MessageCard(message, self._theme, self)
        self.cards.append(card)
        self._column.addWidget(card)
        self.show()
        if not message.stays:
            QTimer.singleShot(READING_MS, card, card.leave)
        idle = [old for old in self.cards if not old.message.choices]
        if len(self.cards) > AT_ONCE and idle:
            idle[0].leave()

    def forget(self, card: MessageCard) -> None:
        """Take away a message that is done."""
        if card in self.cards:
            self.cards.remove(card)
            card.hide()
            card.deleteLater()
        self.setVisible(bool(self.cards))


class MessageCard(QFrame):
    """One message: text, hint, its choices, and a cross."""

    def __init__(self, message: Message, theme: Theme, bar: MessageBar) -> None:
        super().__init__(bar)
        self.message, self._bar = message, bar
        self.setObjectName("message")
        self.setProperty("level", message.level.value)
        self.setAccessibleName(f"{message.text} {message.hint}")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(8)
        row.addLayout(self._make_text(), 1)
        for choice in message.choices:
            row.addWidget(self._make_button(choice))
        close = flat_button(theme, "close", self.tr("Close this message"))
        close.clicked.connect(self.leave)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)

    def leave(self) -> None:
        """Go away."""
        self._bar.forget(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        else:
            super().keyPressEvent(event)

    def _make_text(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(4)
        heading = QLabel(self.message.text)
        heading.setWordWrap(True)
        if self.message.level is Level.ERROR:
            heading.setProperty("role", "heading")
        column.addWidget(heading)
        if self.message.hint:
            hint = QLabel(self.message.hint)
            hint.setProperty("role", "dim")
            hint.setWordWrap(True)
            column.addWidget(hint)
        return column

    def _make_button(self, choice: Choice) -> QPushButton:
        button = QPushButton(choice.label)

        def press() -> None:
            self.leave()
            choice.handler()

        button.clicked.connect(press)
        return button
