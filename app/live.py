"""Follows a live face: starts and stops sources, and hands what they see to the stage."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from threading import Thread
from typing import TypeAlias

from PySide6.QtCore import QObject, QTimer, Signal

from app.stage import Stage
from head360.downloads import asset_path
from head360.driving.camera import Camera, open_camera
from head360.driving.capture import CameraSource, Tracker
from head360.driving.live import Live
from head360.driving.source import LiveSource
from head360.driving.tuning import Tuning
from head360.driving.udp import EVERYWHERE, LOOPBACK, UdpSource, protocol
from head360.errors import Head360Error
from head360.performance import Performance, Sample

#: How often the newest face is taken, and how often the dock is told how it goes.
POLL_MS, STATUS_MS = 16, 250
#: How long a resting face is watched.
CALIBRATION_MS = 2000
#: How long a camera that is being let go may keep the next one waiting.
_PATIENCE_S = 5.0
#: What finds faces in pictures; it does not ship.
TRACKER_ASSET = "face_landmarker"
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
    failed = Signal(str)  # why the source gave up

    def __init__(self, stage: Stage, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.live = Live()
        self._stage = stage
        self._sample: Sample | None = None
        self._gains: dict[str, float] = {}  # that a person chose
        self._usual: Mapping[str, float] = {}  # of this kind of source
        self._leaving: Thread | None = None
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

    def start(self, source: LiveSource, gains: Mapping[str, float] | None = None) -> None:
        """Follow a source; `gains` are what such a source needs where nobody chose others.

        Raises:
            DrivingError: it cannot be started.
        """
        self.wait()
        self._usual = gains or {}
        self.tune()
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
        self._let_go(self.live.leave())
        self._sample = None
        self._stage.perform(None)
        self.status_changed.emit(None)
        self.running_changed.emit(False)

    def wait(self) -> None:
        """Until the last camera is free again."""
        if self._leaving is not None:
            self._leaving.join(_PATIENCE_S)
            self._leaving = None

    def gain(self, name: str) -> float:
        """How strongly a channel is played; 1 = as seen."""
        return {**self._usual, **self._gains}.get(name, 1.0)

    def set_gain(self, name: str, gain: float) -> None:
        """Play a channel more strongly, or less, whatever is followed."""
        self._gains[name] = gain
        self.tune()

    def tune(self, mirror: bool | None = None, smoothing: float | None = None) -> None:
        """Change what is given of the tuning, and bring gains up to date."""
        now = self.live.tuning
        self.live.tuning = Tuning(
            now.rest,
            {**self._usual, **self._gains},
            now.mirror if mirror is None else mirror,
            now.smoothing if smoothing is None else smoothing,
        )

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
        status = self.live.status()
        if status is not None and status.state == "failed":
            self.stop()
            self.failed.emit(status.text)
        else:
            self.status_changed.emit(status)

    def _let_go(self, source: LiveSource | None) -> None:
        """Cameras take a while to stop: not on the window's thread."""
        if source is not None:
            self._leaving = Thread(target=source.stop, name="letting go", daemon=True)
            self._leaving.start()


def source_of(choice: Choice, *, port: int | None = None, anywhere: bool = False) -> LiveSource:
    """The source of a choice: a stream by its protocol, else a webcam's number or a file.

    Raises:
        AssetError: what finds faces has not been fetched.
        Head360Error: there is no such file, or it is none that can be played.
    """
    if choice in STREAMS:
        return UdpSource(protocol(str(choice)), port, EVERYWHERE if anywhere else LOOPBACK)
    asset_path(TRACKER_ASSET)
    camera: Camera = open_camera(choice)
    return CameraSource(camera, _tracker, loop=True)


def usual_gains(choice: Choice) -> Mapping[str, float]:
    """Gains to begin with: cameras tell some shapes too weakly, phones do not."""
    if choice in STREAMS:
        return {}
    from head360.driving.tracker import CAMERA_GAINS

    return CAMERA_GAINS


def _tracker() -> Tracker:
    """Imported late: MediaPipe takes a second, on the tracking thread."""
    from head360.driving.tracker import FaceTracker

    return FaceTracker()
