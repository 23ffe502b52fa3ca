"""Plays the document's performance on the stage, and its sound through the loudspeaker."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer, Signal

from app.document import HeadDocument
from app.soundtrack import Soundtrack
from app.stage import Stage
from app.workers.speaker import Speaker
from app.workers.voice import Voice
from head360.performance import Performance

#: The clock ticks so often; pictures come as fast as they can.
TICK_MS = 33


class Player(QObject):
    """Where the timeline stands, and whether it runs.

    While something is heard the picture goes by the sound's clock, as ears notice a gap in a sound
    and eyes forgive a late picture.
    """

    moved = Signal(float)  # seconds
    running_changed = Signal(bool)
    took_stage = Signal()  # from here on the recording plays the head: whoever else does, ends

    def __init__(
        self,
        document: HeadDocument,
        stage: Stage,
        soundtrack: Soundtrack,
        speaker: Speaker,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._stage = document, stage
        self._soundtrack, self._speaker = soundtrack, speaker
        self._loop, self._muted = True, False
        self._on_stage = False
        self._position = 0.0
        self._began = (0.0, 0.0)  # position, and when by the computer's clock
        self._voice: Voice | None = None
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self._tick)
        document.performance_changed.connect(self._begin_anew)
        soundtrack.changed.connect(self._run_on)

    @property
    def position(self) -> float:
        """Seconds from the start."""
        return self._position

    @property
    def running(self) -> bool:
        """Whether it plays."""
        return self._timer.isActive()

    @property
    def loop(self) -> bool:
        """Whether it begins again at the end."""
        return self._loop

    def set_loop(self, loop: bool) -> None:
        """Begin again at the end, or stop there."""
        self._loop = loop
        self._run_on()

    def set_muted(self, muted: bool) -> None:
        """Play without sound, or with it."""
        self._muted = muted
        if self._voice is not None:
            self._voice.muted = muted

    def play(self) -> None:
        """Go on from where it stands, or from the start at the end."""
        take = self._document.performance
        if take is None or self.running:
            return
        if self._position >= take.duration_s - 1e-6:
            self._position = 0.0
        self._show(self._position)
        self._timer.start()
        self._run_on()
        self.running_changed.emit(True)

    def pause(self) -> None:
        """Stand still."""
        if self.running:
            self._timer.stop()
            self._voice = None
            self._speaker.silence()
            self.running_changed.emit(False)

    def stop(self) -> None:
        """Stand still and give the head its own face back."""
        self.pause()
        if self._on_stage:
            self._on_stage = False
            self._stage.perform(None)

    def stand(self, position: float) -> None:
        """Go to `position` seconds; it is shown if the recording is what plays the head."""
        if self._on_stage:
            self.seek(position)
        else:
            self._position = self._within(position)
            self.moved.emit(self._position)

    def seek(self, position: float) -> None:
        """Show the moment at `position` seconds, and go on from there if it plays."""
        self._show(position)
        self._run_on()

    def _show(self, position: float) -> None:
        if not self._on_stage and self._document.performance is not None:
            self._on_stage = True
            self.took_stage.emit()
        take = self._document.performance
        if take is not None:
            self._position = self._within(position)
            self._stage.perform(take.at(self._position))
            self.moved.emit(self._position)

    def _within(self, position: float) -> float:
        take = self._document.performance
        return 0.0 if take is None else min(max(position, 0.0), take.duration_s)

    def _run_on(self, *_: object) -> None:
        """Let sound and clock begin where the timeline stands, if it plays."""
        if not self.running:
            return
        self._began = (self._position, time.perf_counter())
        samples = self._soundtrack.samples
        if samples is None:
            self._voice = None
            self._speaker.silence()
            return
        self._voice = Voice(samples, self._position, loop=self._loop)
        self._voice.muted = self._muted
        self._speaker.play(self._voice)

    def _now(self) -> float:
        """Where the timeline should stand, seconds; past the end, too."""
        start, when = self._began
        voice = self._voice
        return start + (time.perf_counter() - when if voice is None else voice.elapsed_s())

    def _tick(self) -> None:
        take = self._document.performance
        if take is None:
            self.stop()
            return
        position = self._now()
        if position > take.duration_s and not self._loop:
            self._show(take.duration_s)
            self.pause()
        else:
            self._show(position % max(take.duration_s, 1e-3))

    def _begin_anew(self, take: Performance | None) -> None:
        if take is None:
            self.stop()
        self.stand(self._position)
