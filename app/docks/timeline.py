"""Dock at the bottom: plays, scrubs and edits a recorded performance."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDockWidget,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.document import HeadDocument
from app.expression_names import spoken_name
from app.messages import Messages
from app.player import Player
from app.theme import Theme
from app.widgets.section import flat_button
from head360.driving.csv import read_csv, write_csv
from head360.errors import Head360Error
from head360.keyframes import curve_of, delete_key, keyed, set_key
from head360.params import EXPRESSIONS
from head360.performance import (
    Performance,
    joined,
    ping_pong,
    posed_still,
    retimed,
    smoothed,
    trimmed,
)

STEPS = 1000
_STILL_S = 4.0
_SMOOTH_S = 0.12
#: A double click this near to a key, seconds, takes it away.
_NEAR_S = 0.06
#: And this near in value.
_SAME_VALUE = 0.08
#: Longer takes show no keys; nor do curves with more of them.
_KEYED_MOMENTS, _SHOWN_KEYS = 900, 60
Edit = Callable[[Performance], Performance]


class TimelineDock(QDockWidget):
    """Edits the document's performance."""

    def __init__(
        self,
        document: HeadDocument,
        player: Player,
        messages: Messages,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Timeline"))
        self.setObjectName("timeline_dock")
        self._document, self._player = document, player
        self._messages, self._theme = messages, theme
        self._strip: QWidget | None = None
        content = QWidget()
        content.setObjectName("panel")
        self._column = QVBoxLayout(content)
        self._column.setContentsMargins(12, 4, 12, 8)
        self._column.setSpacing(4)
        self._column.addLayout(self._make_bar())
        self.setWidget(content)
        document.performance_changed.connect(self._show)
        player.moved.connect(self._show_position)
        player.running_changed.connect(self._show_running)
        self.visibilityChanged.connect(self._on_seen)
        self._show(document.performance)
        self._show_running(False)

    # --- making

    def _make_bar(self) -> QHBoxLayout:
        self.play = QPushButton()
        self.play.setFixedWidth(72)
        self.play.clicked.connect(self._play_or_pause)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setAccessibleName(self.tr("Position"))
        self.slider.valueChanged.connect(self._scrub)
        self.time = QLabel()
        self.time.setMinimumWidth(110)
        self.loop = flat_button(
            self._theme, "reset", self.tr("Play again and again"), checkable=True
        )
        self.loop.setChecked(True)
        self.loop.toggled.connect(self._set_loop)
        self.channel = QComboBox()
        self.channel.setAccessibleName(self.tr("Curve on show"))
        for name in EXPRESSIONS:
            self.channel.addItem(spoken_name(name), name)
        self.channel.setCurrentIndex(EXPRESSIONS.index("jawOpen"))
        self.channel.currentIndexChanged.connect(self._show_curve)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.play)
        row.addWidget(self.loop)
        row.addWidget(self.slider, 1)
        row.addWidget(self.time)
        row.addWidget(self.channel)
        row.addWidget(self._make_menu())
        return row

    def _make_menu(self) -> QToolButton:
        menu = QMenu(self)
        self._edits = [
            menu.addAction(self.tr("Trim before here"), self._trim_before),
            menu.addAction(self.tr("Trim after here"), self._trim_after),
            menu.addAction(self.tr("Half speed"), partial(self._change, "speed", _speed(0.5))),
            menu.addAction(self.tr("Double speed"), partial(self._change, "speed", _speed(2.0))),
            menu.addAction(self.tr("Smooth"), partial(self._change, "smooth", _smooth)),
            menu.addAction(self.tr("There and back"), partial(self._change, "ping", ping_pong)),
        ]
        menu.addSeparator()
        menu.addAction(self.tr("New, from the present face"), self._begin_still)
        menu.addAction(self.tr("Import CSV…"), self._import)
        self._append = menu.addAction(self.tr("Append CSV…"), self._append_file)
        self._export = menu.addAction(self.tr("Export CSV…"), self._export_file)
        menu.addSeparator()
        self._remove = menu.addAction(self.tr("Remove the recording"), self.remove)
        button = QToolButton()
        button.setText(self.tr("Edit"))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setMenu(menu)
        return button

    # --- playing

    def _play_or_pause(self) -> None:
        if self._player.running:
            self._player.pause()
        else:
            self._player.play()

    def _scrub(self, step: int) -> None:
        take = self._document.performance
        if take is not None:
            self._player.pause()
            self._player.seek(step / STEPS * take.duration_s)

    def _set_loop(self, loop: bool) -> None:
        self._player.loop = loop

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 (Qt's name)
        if event.spontaneous() is False and self.isHidden():
            self._player.stop()
        super().hideEvent(event)

    # --- editing

    def keep(self, take: Performance) -> None:
        """Make a fresh take the document's performance."""
        self._document.edit_performance(self.tr("Record"), take)
        self.show()
        self.raise_()

    def remove(self) -> None:
        """Have no performance."""
        self._document.edit_performance(self.tr("Remove the recording"), None)

    def _change(self, kind: str, edit: Edit) -> None:
        take = self._document.performance
        if take is None:
            return
        names = {
            "trim": self.tr("Trim"), "speed": self.tr("Speed"), "smooth": self.tr("Smooth"),
            "ping": self.tr("There and back"), "key": self.tr("Key"),
            "append": self.tr("Append"),
        }  # fmt: skip
        try:
            self._document.edit_performance(names[kind], edit(take))
        except ValueError as error:
            self._messages.error(self.tr("The recording stays as it is."), str(error))

    def _trim_before(self) -> None:
        here = self._player.position
        self._change("trim", lambda take: trimmed(take, here, take.duration_s))

    def _trim_after(self) -> None:
        here = self._player.position
        self._change("trim", lambda take: trimmed(take, 0.0, here))

    def _set_key(self, seconds: float, value: float) -> None:
        """Set a key on the curve on show; on one that is there, take it away."""
        channel = self.channel.currentData()

        def changed(take: Performance) -> Performance:
            curve = curve_of(take, channel)
            times = [time for time, _ in curve.keys]
            near = [i for i, t in enumerate(times) if abs(t - seconds) < _NEAR_S]
            inner = [i for i in near if 0 < i < len(times) - 1]
            if inner and abs(curve.keys[inner[0]][1] - value) < _SAME_VALUE:
                return keyed(take, channel, delete_key(curve, inner[0]))
            at = times[near[0]] if near else seconds
            at = min(max(at, 0.0), take.duration_s)
            return keyed(take, channel, set_key(curve, at, min(max(value, 0.0), 1.0)))

        self._change("key", changed)

    def _begin_still(self) -> None:
        take = posed_still(self._document.params, _STILL_S)
        self._document.edit_performance(self.tr("New recording"), take)

    # --- files

    def _import(self) -> None:
        if (take := self._read()) is not None:
            self._document.edit_performance(self.tr("Import"), take)

    def _append_file(self) -> None:
        if (take := self._read()) is not None:
            self._change("append", lambda known: joined(known, take, 0.2))

    def _read(self) -> Performance | None:
        name, _ = QFileDialog.getOpenFileName(
            self, self.tr("Import a performance"), "", self.tr("Live Link Face CSV (*.csv)")
        )
        if not name:
            return None
        try:
            return read_csv(Path(name))
        except Head360Error as error:
            self._messages.show_error(self.tr("The performance cannot be read."), error)
            return None

    def _export_file(self) -> None:
        take = self._document.performance
        if take is None:
            return
        name, _ = QFileDialog.getSaveFileName(
            self, self.tr("Export the performance"), "take.csv", self.tr("CSV (*.csv)")
        )
        if not name:
            return
        try:
            write_csv(take, Path(name))
        except Head360Error as error:
            self._messages.show_error(self.tr("The performance cannot be written."), error)
        else:
            self._messages.success(self.tr("Exported “{name}”.").format(name=Path(name).name))

    # --- showing

    def _show(self, take: Performance | None) -> None:
        for widget in (self.play, self.slider, self.channel):
            widget.setEnabled(take is not None)
        for action in (*self._edits, self._append, self._export, self._remove):
            action.setEnabled(take is not None)
        self._show_position(self._player.position)
        self._show_curve()
        if take is not None and not self.isVisible():
            self.show()

    def _show_position(self, seconds: float) -> None:
        take = self._document.performance
        if take is None:
            self.time.setText(self.tr("No recording"))
            return
        self.slider.blockSignals(True)
        self.slider.setValue(round(seconds / max(take.duration_s, 1e-3) * STEPS))
        self.slider.blockSignals(False)
        self.time.setText(f"{seconds:05.2f} / {take.duration_s:05.2f} s")
        if self._strip is not None:
            self._strip.show_position(seconds)  # type: ignore[attr-defined]

    def _show_running(self, running: bool) -> None:
        self.play.setText(self.tr("Pause") if running else self.tr("Play"))

    def _on_seen(self, seen: bool) -> None:
        if seen:
            self._show_curve()

    def _show_curve(self, *_: object) -> None:
        take = self._document.performance
        if take is None or not self.isVisible():
            return
        from app.widgets.curve_strip import CurveStrip

        if not isinstance(self._strip, CurveStrip):
            self._strip = strip = CurveStrip(self._theme)
            strip.setMinimumHeight(90)
            strip.setAccessibleName(self.tr("Curve; double click sets or removes a key"))
            strip.setToolTip(self.tr("Click to go there; double click to set or remove a key"))
            strip.sought.connect(self._player.seek)
            strip.key_wanted.connect(self._set_key)
            self._column.addWidget(strip, 1)
        name = self.channel.currentData()
        self._strip.show_curves(take.times, {name: take.channel(name)})
        keys = curve_of(take, name).keys if len(take) <= _KEYED_MOMENTS else ()
        few = keys if len(keys) <= _SHOWN_KEYS else ()
        self._strip.show_keys([time for time, _ in few], [value for _, value in few])
        self._strip.show_position(self._player.position)


def _speed(factor: float) -> Edit:
    return lambda take: retimed(take, factor)


def _smooth(take: Performance) -> Performance:
    return smoothed(take, _SMOOTH_S)
