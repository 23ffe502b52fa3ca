"""The one door through which the studio speaks to people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from PySide6.QtCore import QObject, Signal

from head360.errors import Head360Error


class Level(Enum):
    """How a message looks and whether it leaves by itself."""

    SUCCESS = "success"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Choice:
    """A button in a message; the message goes once it was pressed."""

    label: str
    handler: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Message:
    """What happened, why, and what to do: sentence case, ready to show."""

    level: Level
    text: str
    hint: str = ""
    choices: tuple[Choice, ...] = field(default=())

    @property
    def stays(self) -> bool:
        """Whether it waits to be closed instead of leaving by itself."""
        return bool(self.choices) or self.level in (Level.WARNING, Level.ERROR)


class Messages(QObject):
    """Tell people something without stopping them. Never opens a dialog."""

    posted = Signal(object)  # Message

    def success(self, text: str, *choices: Choice) -> None:
        """Something asked for is done."""
        self.posted.emit(Message(Level.SUCCESS, text, choices=choices))

    def info(self, text: str, hint: str = "") -> None:
        """Something worth knowing, which leaves by itself."""
        self.posted.emit(Message(Level.INFO, text, hint))

    def ask(self, text: str, hint: str, *choices: Choice) -> None:
        """Offer choices and wait as long as it takes."""
        self.posted.emit(Message(Level.WARNING, text, hint, choices))

    def error(self, text: str, hint: str = "") -> None:
        """Something asked for could not be done."""
        self.posted.emit(Message(Level.ERROR, text, hint))

    def show_error(self, what: str, error: Exception) -> None:
        """Say that `what` failed: in the error's own words if it was made for people."""
        if isinstance(error, Head360Error):
            self.error(f"{what} {error}", error.hint)
        else:
            self.error(what, "Your work is untouched. The details are in the log (Help menu).")
