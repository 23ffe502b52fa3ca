"""The only questions that stop a person: those before something would be lost."""

from __future__ import annotations

from enum import Enum

from PySide6.QtWidgets import QMessageBox, QPushButton, QWidget


class Answer(Enum):
    """What to do with unsaved work."""

    SAVE = "save"
    DISCARD = "discard"
    CANCEL = "cancel"


def ask_to_save(parent: QWidget, name: str) -> Answer:
    """Ask what to do with work that would be lost; closing the question means cancel."""
    box = _question(
        parent,
        parent.tr("Save your changes to “{name}”?").format(name=name),
        parent.tr("They are lost if you don’t."),
    )
    save = box.addButton(parent.tr("Save"), QMessageBox.ButtonRole.AcceptRole)
    discard = box.addButton(parent.tr("Don’t save"), QMessageBox.ButtonRole.DestructiveRole)
    cancel = box.addButton(parent.tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
    clicked = _ask(box, save, cancel)
    return {save: Answer.SAVE, discard: Answer.DISCARD}.get(clicked, Answer.CANCEL)


def ask_to_stop(parent: QWidget, what: str) -> bool:
    """Ask whether an export may be stopped so that the window can close."""
    box = _question(
        parent,
        parent.tr("{what} is not finished yet.").format(what=what),
        parent.tr("If you close now, it stops and leaves no file."),
    )
    stop = box.addButton(parent.tr("Stop and close"), QMessageBox.ButtonRole.DestructiveRole)
    stay = box.addButton(parent.tr("Keep going"), QMessageBox.ButtonRole.RejectRole)
    return _ask(box, stay, stay) is stop


def _question(parent: QWidget, text: str, details: str) -> QMessageBox:
    box = QMessageBox(parent)
    box.setWindowTitle("Head360 Studio")
    box.setText(text)
    box.setInformativeText(details)
    return box


def _ask(box: QMessageBox, default: QPushButton, escape: QPushButton) -> QPushButton:
    box.setDefaultButton(default)
    box.setEscapeButton(escape)
    box.exec()
    clicked = box.clickedButton()
    box.deleteLater()
    return clicked if isinstance(clicked, QPushButton) else escape
