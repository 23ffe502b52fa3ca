"""The real studio with a light engine, for journeys in a process of their own.

`edit`: make an edit, say where its autosave lies, and wait to be killed.
`restore`: press Restore on what is offered, and say what came back.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PySide6.QtCore import QTimer

from app.main_window import MainWindow
from app.recovery import FOLDER
from app.settings import user_places
from app.studio import make_application, open_window
from tests.gui.conftest import FakeEngine


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def edit(window: MainWindow) -> None:
    window.document.edit("Width", shape=np.full(50, 1.25, np.float32))
    report_autosave()


def report_autosave() -> None:
    notes = list((user_places().state / FOLDER).glob("*.json"))
    if notes:
        say(notes[0])
    else:
        QTimer.singleShot(50, report_autosave)


def restore(window: MainWindow) -> None:
    window.rescue.offer()
    card = window.message_bar.cards[0]
    say(card.message.text)
    card.leave()
    card.message.choices[0].handler()
    say(window.document.params.shape[0], window.document.modified)
    window.close_without_asking()


def main() -> int:
    application = make_application()
    window = open_window(application, FakeEngine)
    window.document.replace(window.document.params, Path("/heads/maya.h360"))
    act = {"edit": edit, "restore": restore}[sys.argv[1]]
    QTimer.singleShot(0, lambda: act(window))
    return application.exec()


if __name__ == "__main__":
    sys.exit(main())
