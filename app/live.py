"""Follows a live face: starts and stops sources, and hands what they see to the stage."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from PySide6.QtCore import QObject, QTimer, Signal

from app.stage import Stage
from head360.driving.camera import Camera, open_camera
from head360.driving.capture import CameraSource, Tracker
from head360.driving.live import Live
from head360.driving.source import LiveSource
from head360.driving.udp import EVERYWHERE, LOOPBACK, UdpSource, protocol
from head360.errors import Head360Error
from head360.performance import Performance, Sample

#: How often the newest face is taken, and how often the dock is told how it goes.
POLL_MS, STATUS_MS = 16, 250
#: How long a resting face is watched.
CALIBRATION_MS = 2000
#: What can be followed besides webcams and files: protocols.
STREAMS = ("livelink", "ifacialmocap", "vmc")

Choice: TypeAlias = str | int | Path  # protocol, number of a webcam, or a file


class LiveSession(QObject):
    """One source at a time plays the head on the stage."""

    status_changed = Signal(object)  # SourceStatus, or None
    sampled = Signal(object)  # Sample, as the head plays it
    recorded = Signal(object)  # Performance
    running_changed = Signal(bool)
    calibrated = Signal(str)  # "" = done, else why not

    def __init__(self, stage: Stage, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.live = Live()
        self._stage = stage
        self._sample: Sample | None = None
        self._poll = QTimer(self, interval=POLL_MS)
        self._poll.timeout.connect(self._take)
        self._watch = QTimer(self, interval=STATUS_MS)
        self._watch.timeout.connect(self._tell)
        self._rest = QTimer(self, singleShot=True, interval=CALIBRATION_MS)
        self._rest.timeout.connect(self._finish_calibration)

    @property
    def running(self) -> bool:
        """Whether a source is followed."""
        return self._poll.isActive()

    def start(self, source: LiveSource) -> None:
        """Follow a source.

        Raises:
            DrivingError: it cannot be started.
        """
        self.live.follow(source)
        self._poll.start()
        self._watch.start()
        self.running_changed.emit(True)

    def stop(self) -> None:
        """Follow nothing; what was being recorded is kept."""
        self.finish_take()
        self._poll.stop()
        self._watch.stop()
        self._rest.stop()
        self.live.follow(None)
        self._sample = None
        self._stage.perform(None)
        self.status_changed.emit(None)
        self.running_changed.emit(False)

    def record(self) -> None:
        """Begin a take."""
        self.live.record()

    def finish_take(self) -> None:
        """End the take, if one is being made, and hand it over."""
        if self.live.recording is not None:
            take: Performance | None = self.live.finish()
            if take is not None:
                self.recorded.emit(take)

    def calibrate(self) -> None:
        """Watch a resting face for two seconds, then take it as zero."""
        self.live.calibrate()
        self._rest.start()

    def _finish_calibration(self) -> None:
        try:
            self.live.calibrated()
        except Head360Error as error:
            self.calibrated.emit(str(error))
        else:
            self.calibrated.emit("")

    def _take(self) -> None:
        sample = self.live.newest()
        if sample is not None and sample is not self._sample:
            self._sample = sample
            self._stage.perform(sample)
            self.sampled.emit(sample)

    def _tell(self) -> None:
        self.status_changed.emit(self.live.status())


def source_of(choice: Choice, *, port: int | None = None, anywhere: bool = False) -> LiveSource:
    """The source of a choice: a stream by its protocol, else a webcam's number or a file.

    Raises:
        Head360Error: there is no such file, or it is none that can be played.
    """
    if choice in STREAMS:
        return UdpSource(protocol(str(choice)), port, EVERYWHERE if anywhere else LOOPBACK)
    camera: Camera = open_camera(choice)
    return CameraSource(camera, _tracker, loop=True)


def _tracker() -> Tracker:
    """Imported late: MediaPipe takes a second, on the tracking thread."""
    from head360.driving.tracker import FaceTracker

    return FaceTracker()
