"""Offers back the work of studios that did not close properly, one after another, in a bar."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QObject

from app.files import ProjectFiles
from app.messages import Choice, Messages
from app.recovery import Leftover, Recovery
from head360.errors import ProjectFileError


class Rescue(QObject):
    """Asks about each leftover; what is not answered is offered again at the next start."""

    def __init__(
        self, recovery: Recovery, files: ProjectFiles, messages: Messages, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._recovery, self._files, self._messages = recovery, files, messages
        self._waiting: list[Leftover] = []

    def offer(self) -> None:
        """Look for leftovers and ask about the newest."""
        self._waiting = self._recovery.leftovers()
        self._ask()

    def let_go(self) -> None:
        """The window closes: other studios may offer what was not answered here."""
        for leftover in self._waiting:
            leftover.slot.lock.unlock()
        self._waiting.clear()

    def _ask(self) -> None:
        if not self._waiting:
            return
        leftover = self._waiting[0]
        name = f"“{leftover.path.stem}”" if leftover.path else self.tr("your work")
        text = self.tr("Head360 Studio did not close properly. Restore {name} from {time}?")
        hint = str(leftover.path) if leftover.path else self.tr("It was never saved to a file.")
        self._messages.ask(
            text.format(name=name, time=_spoken(leftover.saved_at)),
            hint,
            Choice(self.tr("Restore"), self._restore),
            Choice(self.tr("Discard"), self._discard),
        )

    def _restore(self) -> None:
        leftover = self._waiting[0]
        try:
            project = leftover.load()
        except ProjectFileError as error:
            self._messages.error(str(error), self.tr("It could not be restored."))
            self._waiting.pop(0)
        else:
            if self._files.may_leave():
                self._files.restore(project, leftover.path)
                self._recovery.save_at_once()  # before the only other copy goes
                self._waiting.pop(0).slot.remove()
        self._ask()

    def _discard(self) -> None:
        self._waiting.pop(0).slot.remove()
        self._ask()


def _spoken(time: datetime) -> str:
    """“14:02”, with the day if that was not today."""
    local = time.astimezone()
    today = local.date() == datetime.now().astimezone().date()
    return f"{local:%H:%M}" if today else f"{local:%d %B, %H:%M}"
