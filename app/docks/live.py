"""Dock that drives the head live: from a webcam, a phone, another program or a video."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDockWidget,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.forms import dim_label
from app.docks.camera_switch import CameraSwitch
from app.docks.panel import scrolling_column, set_up_dock
from app.live import STREAMS, TRACKER_ASSET, Choice, LiveSession, source_of, usual_gains
from app.messages import Choice as Answer
from app.messages import Messages
from app.settings import Settings
from app.theme import Theme
from app.widgets.labelled_slider import LabelledSlider, SliderSpec
from app.workers.job import Job
from head360.downloads import FetchProgress, asset, is_here
from head360.driving.camera import listed
from head360.driving.source import LiveSource, SourceStatus
from head360.driving.tuning import MAX_GAIN
from head360.driving.udp import protocol
from head360.errors import AssetError, Head360Error
from head360.expression_names import spoken_name
from head360.fetching import fetch
from head360.params import EXPRESSIONS
from head360.performance import Sample

#: Curves on show at first; the chosen shape is added.
_CURVES = ("jawOpen", "mouthSmileLeft", "eyeBlinkLeft")
_COUNT_DOWN = 3  # seconds until a calibration begins to watch
_CURVES_MS = 100
#: What is said about a calibration stays so long before figures return.
_HOLD_MS = 2500
VIDEO = "video"


class LiveDock(QDockWidget):
    """Starts and tunes a `LiveSession`."""

    def __init__(
        self,
        session: LiveSession,
        messages: Messages,
        theme: Theme,
        settings: Settings,
        parent: QWidget | None = None,
        *,
        make_source: Callable[..., LiveSource] = source_of,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Live"))
        self._session, self._messages, self._theme = session, messages, theme
        self._settings = settings
        self._make_source = make_source
        self._file: Path | None = None
        self._newest: Sample | None = None
        self._left = 0
        self._hold = QTimer(self, singleShot=True, interval=_HOLD_MS)  # what was said is read
        self._fetching: Job | None = None
        area, column = scrolling_column()
        column.setSpacing(8)
        column.addLayout(self._make_choice())
        column.addLayout(self._make_network())
        column.addLayout(self._make_buttons())
        column.addLayout(self._make_status())
        column.addLayout(self._make_tuning())
        self.camera = CameraSwitch(messages)
        column.addWidget(self.camera)
        self._curves_at = column
        self._curves: QWidget | None = None
        column.addStretch(1)
        set_up_dock(self, "live_dock", area)
        self._count = QTimer(self, interval=1000)
        self._count.timeout.connect(self._count_down)
        self._draw = QTimer(self, interval=_CURVES_MS)
        self._draw.timeout.connect(self._draw_curves)
        session.status_changed.connect(self._show_status)
        session.running_changed.connect(self._show_running)
        session.sampled.connect(self._note)
        session.calibrated.connect(self._show_calibrated)
        session.failed.connect(self._say_failed)
        self.visibilityChanged.connect(self._look_again)
        self._show_choice()
        self._show_running(False)
        self._show_status(None)

    # --- making

    def _make_choice(self) -> QHBoxLayout:
        self.choice = QComboBox()
        self.choice.setAccessibleName(self.tr("What drives the head"))
        self._fill_choice()
        self.choice.currentIndexChanged.connect(self._show_choice)
        self.start = QPushButton()
        self.start.clicked.connect(self._start_or_stop)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.choice, 1)
        row.addWidget(self.start)
        return row

    def _fill_choice(self) -> None:
        """Offer what is plugged in now; what was chosen stays so if it is still there."""
        chosen = self.choice.currentData()
        with QSignalBlocker(self.choice):
            self.choice.clear()
            self._add_choices()
            self.choice.setCurrentIndex(max(self.choice.findData(chosen), 0))

    def _look_again(self, seen: bool) -> None:
        """Webcams come and go; one may have come since the dock was last looked at."""
        if seen and not self._session.running:
            self._fill_choice()
            self._show_choice()

    def _add_choices(self) -> None:
        for device in listed():
            self.choice.addItem(device.title, device.index)
        for name in STREAMS:
            self.choice.addItem(protocol(name).title, name)
        self.choice.addItem(self.tr("Video file…"), VIDEO)

    def _make_network(self) -> QHBoxLayout:
        self.port = QSpinBox()
        self.port.setRange(1024, 65535)
        self.port.setPrefix(self.tr("Port "))
        self.anywhere = QCheckBox(self.tr("From other devices"))
        self.anywhere.setToolTip(
            self.tr("Also listen to phones and computers on your network, not only to this one")
        )
        row = QHBoxLayout()
        row.addWidget(self.port)
        row.addWidget(self.anywhere)
        return row

    def _make_buttons(self) -> QHBoxLayout:
        self.calibrate = QPushButton(self.tr("Calibrate"))
        self.calibrate.setToolTip(self.tr("Relax your face and look straight ahead"))
        self.calibrate.clicked.connect(self._begin_calibration)
        self.record = QPushButton(self.tr("Record"))
        self.record.setCheckable(True)
        self.record.toggled.connect(self._record)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.calibrate)
        row.addWidget(self.record)
        return row

    def _make_status(self) -> QVBoxLayout:
        self.quality = QProgressBar()
        self.quality.setRange(0, 100)
        self.quality.setTextVisible(False)
        self.quality.setFixedHeight(4)
        self.quality.setAccessibleName(self.tr("Quality of tracking"))
        self.status = QLabel()
        self.status.setWordWrap(True)
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addWidget(self.quality)
        column.addWidget(self.status)
        return column

    def _make_tuning(self) -> QVBoxLayout:
        self.mirror = QCheckBox(self.tr("Mirror, as in a looking glass"))
        self.mirror.toggled.connect(self._tune)
        tip = self.tr("Calmer … quicker to follow at 0")
        self.smoothing = LabelledSlider(SliderSpec(self.tr("Smoothing"), default=0.5, tip=tip))
        self.smoothing.edited.connect(self._tune)
        self.shape = QComboBox()
        self.shape.setAccessibleName(self.tr("Shape whose strength is set"))
        for name in EXPRESSIONS:
            self.shape.addItem(spoken_name(name), name)
        self.shape.setCurrentIndex(EXPRESSIONS.index("jawOpen"))
        self.shape.currentIndexChanged.connect(self._show_gain)
        spec = SliderSpec(self.tr("Gain"), 0.0, MAX_GAIN, 1.0, self.tr("Of the shape above"))
        self.gain = LabelledSlider(spec)
        self.gain.edited.connect(self._set_gain)
        column = QVBoxLayout()
        column.setSpacing(4)
        self.unseen = dim_label(
            self.tr(
                "Cameras hardly see cheeks, squints, dimples, pressed lips, a frowning mouth and a "
                "jaw pushed forwards, and never the tongue. Gain strengthens what is seen faintly."
            )
        )
        self.unseen.setWordWrap(True)
        for widget in (self.mirror, self.smoothing, self.shape, self.gain, self.unseen):
            column.addWidget(widget)
        return column

    # --- starting and stopping

    def _start_or_stop(self) -> None:
        if self._session.running:
            self._session.stop()
            return
        choice = self._chosen()
        if choice is None:
            return
        port = self.port.value() if choice in STREAMS else None
        try:
            source = self._make_source(choice, port=port, anywhere=self.anywhere.isChecked())
            self._session.start(source, usual_gains(choice))
        except AssetError as error:
            self._offer_fetching(error)
        except Head360Error as error:
            self._messages.show_error(self.tr("This cannot be followed."), error)

    def _chosen(self) -> Choice | None:
        """What is to be followed; None if nobody chose a file."""
        choice: Choice = self.choice.currentData()
        if choice != VIDEO:
            return choice
        name, _ = QFileDialog.getOpenFileName(
            self, self.tr("Drive the head by a video"), str(self._file or self._settings.folder()),
            self.tr("Videos (*.mp4 *.mov *.webm *.mkv *.avi);;All files (*)"),
        )  # fmt: skip
        self._file = Path(name) if name else None
        return self._file

    def _offer_fetching(self, error: AssetError) -> None:
        if is_here(asset(TRACKER_ASSET)):  # something else is missing
            self._messages.show_error(self.tr("This cannot be followed."), error)
            return
        fetch_now = Answer(self.tr("Fetch"), self._fetch)
        self._messages.ask(self.tr("This cannot be followed yet."), str(error), fetch_now)

    def _fetch(self) -> None:
        if self._fetching is None:
            self._fetching = Job(fetch(TRACKER_ASSET), self)
            self._fetching.progressed.connect(self._show_fetching)
            self._fetching.succeeded.connect(self._say_fetched)
            self._fetching.failed.connect(self._say_not_fetched)
            self._fetching.finished.connect(self._end_fetching)
            self._fetching.start()

    def _show_fetching(self, progress: FetchProgress) -> None:
        text = self.tr("Fetching: {done:.1f} of {total:.1f} MB")
        self.status.setText(text.format(done=progress.done / 1e6, total=progress.total / 1e6))

    def _say_fetched(self, _path: object) -> None:
        self._show_status(None)
        self._messages.success(self.tr("Fetched. Press Start again."))

    def _say_not_fetched(self, error: Exception) -> None:
        self._show_status(None)
        self._messages.show_error(self.tr("It could not be fetched."), error)

    def _end_fetching(self) -> None:
        self._fetching = None

    def _say_failed(self, why: str) -> None:
        self._messages.error(self.tr("Driving has stopped."), why)

    def _record(self, on: bool) -> None:
        self.record.setText(self.tr("Stop recording") if on else self.tr("Record"))
        if on:
            self._session.record()
        else:
            self._session.finish_take()

    def _begin_calibration(self) -> None:
        self._left = _COUNT_DOWN
        self.calibrate.setEnabled(False)
        self._count.start()
        self._show_count()

    def _count_down(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._count.stop()
            self._session.calibrate()
        self._show_count()

    # --- tuning

    def _tune(self, *_: object) -> None:
        self._session.tune(self.mirror.isChecked(), self.smoothing.value)

    def _set_gain(self, value: float, _gesture: object) -> None:
        self._session.set_gain(self.shape.currentData(), value)

    def _show_gain(self) -> None:
        self.gain.show_value(self._session.gain(self.shape.currentData()))

    # --- showing

    def _show_choice(self) -> None:
        name = self.choice.currentData()
        is_stream = name in STREAMS
        self.port.setVisible(is_stream)
        self.anywhere.setVisible(is_stream)
        self.unseen.setVisible(not is_stream)
        if is_stream:
            self.port.setValue(protocol(name).port)

    def _show_running(self, running: bool) -> None:
        self.start.setText(self.tr("Stop") if running else self.tr("Start"))
        for widget in (self.choice, self.port, self.anywhere):
            widget.setEnabled(not running)
        self.calibrate.setEnabled(running)
        self.record.setEnabled(running)
        self._show_gain()
        if running:
            self._show_curves()
            self._draw.start()
        else:
            self.record.setChecked(False)
            self._count.stop()
            self._draw.stop()

    def _show_status(self, status: SourceStatus | None) -> None:
        if status is not None and (self._count.isActive() or self._hold.isActive()):
            return
        if status is None:
            self.quality.setValue(0)
            self.status.setText(self.tr("The head stands still."))
            return
        self.quality.setValue(round(status.quality * 100))
        latency = self._session.live.latency_s * 1000
        figures = self.tr("{fps:.0f} faces a second, {latency:.0f} ms behind")
        running = status.state == "running"
        said = [status.text, figures.format(fps=status.fps, latency=latency) if running else ""]
        taken = self._session.live.recording
        if taken is not None:
            said.append(self.tr("Recording: {count} moments").format(count=taken))
        self.status.setText("\n".join(line for line in said if line))

    def _show_count(self) -> None:
        if self._left:
            text = self.tr("Relax your face and look ahead: {left} …").format(left=self._left)
        else:
            text = self.tr("Hold still …")
            self._hold.start()
        self.status.setText(text)

    def _show_calibrated(self, problem: str) -> None:
        self.calibrate.setEnabled(self._session.running)
        self._hold.start()
        self.status.setText(problem or self.tr("Calibrated: this face is neutral now."))

    def _show_curves(self) -> None:
        if self._curves is None:
            from app.widgets.curve_strip import CurveStrip

            self._curves = strip = CurveStrip(self._theme)
            strip.setFixedHeight(120)
            strip.setAccessibleName(self.tr("Curves of the live face"))
            self.legend = dim_label()
            self.legend.setWordWrap(True)
            self._curves_at.insertWidget(self._curves_at.count() - 1, strip)
            self._curves_at.insertWidget(self._curves_at.count() - 1, self.legend)

    def _note(self, sample: Sample) -> None:
        self._newest = sample

    def _draw_curves(self) -> None:
        from app.widgets.curve_strip import CurveStrip

        sample = self._newest
        if sample is None or not isinstance(self._curves, CurveStrip):
            return
        names = dict.fromkeys((*_CURVES, self.shape.currentData()))
        values = {name: float(sample.expression[EXPRESSIONS.index(name)]) for name in names}
        self._curves.append(sample.time_s, values)
        legend = "&nbsp; ".join(
            f'<span style="color:{self._curves.color(index)}">●</span>&nbsp;{said}'
            for index, said in enumerate(spoken_name(name).replace(" ", "&nbsp;") for name in names)
        )
        if self.legend.text() != legend:
            self.legend.setText(legend)
