"""Dock at the bottom: plays, scrubs and edits a recorded performance."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.forms import dim_label
from app.docks.take_files import TakeFiles
from app.document import HeadDocument
from app.messages import Messages
from app.player import Player
from app.settings import Settings
from app.soundtrack import Soundtrack
from app.theme import Theme
from app.widgets.fine_slider import STEPS, FineSlider
from app.widgets.section import flat_button
from app.widgets.wave_strip import WaveStrip
from app.workers.sound_tasks import DecodedSound
from head360.expression_names import spoken_name
from head360.keyframes import (
    Curve,
    delete_key,
    few_keys,
    keyed,
    move_key,
    set_key,
    span_changed,
)
from head360.params import EXPRESSIONS
from head360.performance import (
    CHANNELS,
    MAX_POSE_DEGREES,
    POSE_CHANNELS,
    Performance,
    ping_pong,
    posed_still,
    retimed,
    smoothed,
    trimmed,
)

if TYPE_CHECKING:  # pyqtgraph takes a moment
    from app.widgets.curve_strip import CurveStrip

_STILL_S = 4.0
_SMOOTH_S = 0.12
#: A double click this near to a key, seconds, takes it away.
_NEAR_S = 0.06
#: How near keys keep a curve to what was recorded, of the whole span, if so many are enough.
_EXACT, _MOST_KEYS = 0.01, 60
#: Curves of turns show at least so many degrees both ways.
_LEAST_TURN = 20.0
STRIP_PX = 120
_TURNS = {"headYaw": "Head turn", "headPitch": "Head nod", "headRoll": "Head tilt"}
#: And this near in value, of the whole span.
_SAME_VALUE = 0.08
#: Longer takes show no keys, nor do curves that more keys could not draw.
_KEYED_MOMENTS = 20_000
Edit = Callable[[Performance], Performance]
Moves = Callable[[float], float]  # where a moment of the take is afterwards, seconds


class TimelineDock(QDockWidget):
    """Edits the document's performance."""

    def __init__(
        self,
        document: HeadDocument,
        player: Player,
        soundtrack: Soundtrack,
        messages: Messages,
        theme: Theme,
        settings: Settings,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Timeline"))
        self.setObjectName("timeline_dock")
        self._document, self._player = document, player
        self._messages, self._theme = messages, theme
        self.files = TakeFiles(document, messages, settings, self)
        self._strip: CurveStrip | None = None
        content = QWidget()
        content.setObjectName("panel")
        self._column = QVBoxLayout(content)
        self._column.setContentsMargins(12, 4, 12, 8)
        self._column.setSpacing(4)
        self._column.addLayout(self._make_bar())
        self._column.addWidget(self._make_empty(), 1)
        self.wave = WaveStrip(theme)
        self._column.addWidget(self.wave)
        soundtrack.changed.connect(self._show_sound)
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
        self.slider = FineSlider()
        self.slider.setAccessibleName(self.tr("Position"))
        self.slider.valueChanged.connect(self._scrub)
        self.time = QLabel()
        self.time.setMinimumWidth(110)
        self.loop = flat_button(
            self._theme, "loop", self.tr("Play again and again"), checkable=True
        )
        self.loop.setChecked(True)
        self.loop.toggled.connect(self._player.set_loop)
        self.mute = flat_button(self._theme, "mute", self.tr("Mute the sound"), checkable=True)
        self.mute.toggled.connect(self._player.set_muted)
        self.mute.hide()
        self.channel = QComboBox()
        self.channel.setAccessibleName(self.tr("Curve on show"))
        for name in CHANNELS:
            self.channel.addItem(_TURNS.get(name) or spoken_name(name), name)
        self.channel.setCurrentIndex(EXPRESSIONS.index("jawOpen"))
        self.channel.currentIndexChanged.connect(self._show_curve)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.play)
        row.addWidget(self.loop)
        row.addWidget(self.mute)
        row.addWidget(self.slider, 1)
        row.addWidget(self.time)
        row.addWidget(self.channel)
        row.addWidget(self._make_menu())
        return row

    def _make_empty(self) -> QLabel:
        self._empty = dim_label(
            self.tr("Record in the Live panel, or begin with a file or the present face: Edit.")
        )
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        return self._empty

    def _make_menu(self) -> QToolButton:
        menu = QMenu(self)
        self._edits = [
            menu.addAction(self.tr("Trim before here"), self._trim_before),
            menu.addAction(self.tr("Trim after here"), self._trim_after),
            menu.addAction(self.tr("Half speed"), partial(self._speed, 0.5)),
            menu.addAction(self.tr("Double speed"), partial(self._speed, 2.0)),
            menu.addAction(self.tr("Smooth"), partial(self._change, "smooth", _smooth)),
            menu.addAction(self.tr("There and back"), partial(self._change, "ping", ping_pong)),
        ]
        menu.addSeparator()
        menu.addAction(self.tr("New, from the present face"), self._begin_still)
        menu.addAction(self.tr("Import…"), self.files.load)
        self._edits += [
            menu.addAction(self.tr("Append a file…"), self.files.append),
            menu.addAction(self.tr("Blend with a file…"), self.files.blend_file),
        ]
        self._blend = menu.addAction(self.tr("Blend with the former…"), self.files.blend_former)
        self._edits.append(menu.addAction(self.tr("Export…"), self.files.save))
        menu.addSeparator()
        self._edits.append(menu.addAction(self.tr("Add a sound…"), self.files.load_sound))
        self._silence = menu.addAction(self.tr("Remove the sound"), self.files.remove_sound)
        menu.addSeparator()
        self._edits.append(menu.addAction(self.tr("Remove the recording"), self.remove))
        button = QToolButton()
        button.setText(self.tr("Edit"))
        button.setAccessibleName(self.tr("Edit the recording"))
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

    def _seek(self, seconds: float) -> None:
        self._player.pause()
        self._player.seek(seconds)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat() and self.play.isEnabled():
            self._play_or_pause()
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 (Qt's name)
        if event.spontaneous() is False and self.isHidden():
            self._player.stop()
        super().hideEvent(event)

    # --- editing

    def keep(self, take: Performance) -> None:
        """Make a fresh take the document's performance."""
        self.files.replace(self.tr("Record"), take)
        self.show()
        self.raise_()

    def remove(self) -> None:
        """Have no performance."""
        self._document.edit_performance(self.tr("Remove the recording"), None)

    def _change(self, kind: str, edit: Edit, moves: Moves | None = None) -> None:
        take = self._document.performance
        if take is None:
            return
        here = self._player.position
        names = {
            "trim": self.tr("Trim"), "speed": self.tr("Speed"), "smooth": self.tr("Smooth"),
            "ping": self.tr("There and back"), "key": self.tr("Key"),
        }  # fmt: skip
        try:
            self._document.edit_performance(names[kind], edit(take))
        except ValueError as error:
            self._messages.error(self.tr("The recording stays as it is."), str(error))
        else:
            if moves is not None:
                self._player.stand(moves(here))

    def _trim_before(self) -> None:
        here = self._player.position
        self._change("trim", lambda take: trimmed(take, here, take.duration_s), lambda _: 0.0)

    def _trim_after(self) -> None:
        here = self._player.position
        self._change("trim", lambda take: trimmed(take, 0.0, here))

    def _speed(self, factor: float) -> None:
        self._change("speed", lambda take: retimed(take, factor), lambda time: time / factor)

    def _set_key(self, seconds: float, value: float) -> None:
        """Set a key on the curve on show; on one that is there, take it away."""
        channel = self.channel.currentData()

        def changed(take: Performance) -> Performance:
            curve = _curve(take, channel)
            times = [time for time, _ in curve.keys]
            near = [i for i, t in enumerate(times) if abs(t - seconds) < _NEAR_S]
            inner = [i for i in near if 0 < i < len(times) - 1]
            if inner and abs(curve.keys[inner[0]][1] - value) < _SAME_VALUE * _span(channel):
                return _redrawn(take, channel, curve, delete_key(curve, inner[0]))
            at = times[near[0]] if near else seconds
            at = min(max(at, 0.0), take.duration_s)
            return _redrawn(take, channel, curve, set_key(curve, at, _within(channel, value)))

        self._change("key", changed)

    def _move_key(self, seconds: float, to: float, value: float) -> None:
        """Move the key at `seconds`; the first and the last keep their time."""
        channel = self.channel.currentData()

        def changed(take: Performance) -> Performance:
            curve = _curve(take, channel)
            index = min(range(len(curve.keys)), key=lambda i: abs(curve.keys[i][0] - seconds))
            inner = 0 < index < len(curve.keys) - 1
            when = to if inner else curve.keys[index][0]
            moved = move_key(curve, index, when, _within(channel, value))
            return _redrawn(take, channel, curve, moved)

        self._change("key", changed)

    def _begin_still(self) -> None:
        take = posed_still(self._document.params, _STILL_S)
        self.files.replace(self.tr("New recording"), take)

    # --- showing

    def _show(self, take: Performance | None) -> None:
        for widget in (self.play, self.slider, self.channel):
            widget.setEnabled(take is not None)
        for action in self._edits:
            action.setEnabled(take is not None)
        self._blend.setEnabled(take is not None and self.files.former is not None)
        self._silence.setEnabled(take is not None and take.sound is not None)
        self._empty.setVisible(take is None)
        if self._strip is not None:
            self._strip.setVisible(take is not None)
        self._show_position(self._player.position)
        self._show_curve()
        if take is not None and not self.isVisible():
            self.show()

    def _show_sound(self, decoded: DecodedSound | None) -> None:
        self.wave.show_wave(None if decoded is None else decoded.wave)
        self.mute.setVisible(decoded is not None)

    def _show_position(self, seconds: float) -> None:
        take = self._document.performance
        part = 0.0 if take is None else seconds / max(take.duration_s, 1e-3)
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(part * STEPS))
        if take is None:
            self.time.setText(self.tr("No recording"))
            return
        self.time.setText(f"{seconds:05.2f} / {take.duration_s:05.2f} s")
        if self._strip is not None:
            self._strip.show_position(seconds)

    def _show_running(self, running: bool) -> None:
        self.play.setText(self.tr("Pause") if running else self.tr("Play"))

    def _on_seen(self, seen: bool) -> None:
        if seen:
            self._show_curve()

    def _make_strip(self) -> CurveStrip:
        from app.widgets.curve_strip import CurveStrip

        strip = CurveStrip(self._theme)
        strip.setMinimumHeight(STRIP_PX)
        strip.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        strip.setAccessibleName(self.tr("Curve with its keys"))
        strip.setToolTip(
            self.tr("Click to go there; double click sets or removes a key; keys move")
        )
        strip.sought.connect(self._seek)
        strip.key_wanted.connect(self._set_key)
        strip.key_moved.connect(self._move_key)
        self._column.insertWidget(2, strip, 1)
        self.wave.left = strip.left
        return strip

    def _show_curve(self, *_: object) -> None:
        take = self._document.performance
        if take is None or not self.isVisible():
            return
        if self._strip is None:
            self._strip = self._make_strip()
        name = self.channel.currentData()
        least = (-_LEAST_TURN, _LEAST_TURN) if name in POSE_CHANNELS else (0.0, 1.0)
        self._strip.show_curves(take.times, {name: take.channel(name)}, least)
        keys = _curve(take, name).keys if len(take) <= _KEYED_MOMENTS else ()
        few = keys if len(keys) <= _MOST_KEYS else ()
        self._strip.show_keys([time for time, _ in few], [value for _, value in few])
        self._strip.show_position(self._player.position)


def _curve(take: Performance, channel: str) -> Curve:
    return few_keys(take, channel, _EXACT * _span(channel), _MOST_KEYS)


def _redrawn(take: Performance, channel: str, before: Curve, after: Curve) -> Performance:
    """With the edited curve where it differs; elsewhere every recorded moment stays."""
    return keyed(take, channel, after, *span_changed(before, after))


def _span(channel: str) -> float:
    """What counts as full in a channel."""
    return 2 * _LEAST_TURN if channel in POSE_CHANNELS else 1.0


def _within(channel: str, value: float) -> float:
    low, high = (-MAX_POSE_DEGREES, MAX_POSE_DEGREES) if channel in POSE_CHANNELS else (0.0, 1.0)
    return min(max(value, low), high)


def _smooth(take: Performance) -> Performance:
    return smoothed(take, _SMOOTH_S)
