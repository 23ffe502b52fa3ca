"""Asks what kind of film to make: of one turn around the head, of the recording, or of both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.forms import answer_row, choice_row, dim_label, form_of, number_field, row_of
from app.exports import spoken_duration
from app.settings import TURNTABLE, Settings
from app.widgets.preview import Preview
from app.widgets.refine_box import RefineBox
from head360.errors import ExportError
from head360.export.video import (
    MAX_FRAMES,
    MAX_SIZE,
    VideoOptions,
    check_options,
)
from head360.export.writers import SOUND_FORMATS, VIDEO_FORMATS, VideoFormat
from head360.light import TRANSPARENT, Background
from head360.performance import Performance, frame_count

LEAST_PX = 64
SETTLED_MS = 250  # numbers change digit by digit while they are typed
LONGEST_S = 60
SPEEDS = (12, 20, 24, 25, 30, 50, 60)  # frames a second


Subject: TypeAlias = Literal["turn", "take", "both"]
SUBJECTS: Mapping[Subject, str] = {
    "turn": "One turn around the head",
    "take": "The recording",
    "both": "The recording, during one turn",
}
#: Supersampling, and what it does.
EDGES: Mapping[int, str] = {
    1: "As on screen",
    2: "Finer: four times the work",
    3: "Finest: nine times the work",
}


@dataclass(frozen=True, slots=True)
class Preset:
    """A purpose, and the settings that suit it."""

    format: VideoFormat
    name: str
    use: str
    size: int  # pixels, both ways
    seconds: int
    fps: int
    transparent: bool = False


PRESETS: tuple[Preset, ...] = (
    Preset("mp4", "MP4 video", "Plays everywhere.", 720, 4, 30),
    Preset("webm", "Transparent WebM", "For web pages and video editors.", 720, 4, 30, True),
    Preset(
        "mov",
        "ProRes 4444",
        "For video editors: large, without loss to the eye.",
        1080,
        4,
        30,
        True,
    ),
    Preset("gif", "GIF for chat", "Short and small; 255 colours.", 360, 3, 20),
    Preset("png", "PNG frames", "A folder of numbered pictures.", 1080, 4, 30, True),
)


class TurntableDialog(QDialog):
    """Presets first, then the numbers; says how long it will take."""

    chosen = Signal(object, str)  # VideoOptions, Subject
    preview_wanted = Signal(int, int, object)  # width and height in pixels, Background

    def __init__(
        self,
        settings: Settings,
        background: Background,
        estimate_s: Callable[[int, int, int, bool], float | None],
        parent: QWidget | None = None,
        *,
        take: Performance | None = None,
    ) -> None:
        """Ask; `estimate_s` says how many seconds (width, height, frames, refined) take.

        `take` is the recording that can be filmed.
        """
        super().__init__(parent)
        self._take = take
        self._settings, self._background, self._estimate_s = settings, background, estimate_s
        self._format: VideoFormat = "mp4"
        self._asked: QSize | None = None  # of the newest preview
        self.setWindowTitle(self.tr("Video"))
        self._make_fields()
        self.preview = Preview()
        self._settled = QTimer(self, singleShot=True, interval=SETTLED_MS)
        self._settled.timeout.connect(self.ask_preview)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 20, 20, 20)
        row.setSpacing(20)
        row.addWidget(self.preview, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(self._make_column(), 1)
        self._recall()

    def _make_column(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addLayout(self._make_presets())
        column.addWidget(self.use)
        column.addLayout(self._make_form())
        column.addWidget(self.summary)
        column.addStretch()
        column.addLayout(self._make_buttons())
        return column

    @property
    def subject(self) -> Subject:
        """What is filmed."""
        subject: Subject = self.what.currentData()
        return subject

    @property
    def options(self) -> VideoOptions:
        """What the fields say."""
        fps = int(self.fps.currentData())
        return VideoOptions(
            format=self._format,
            frames=self._frames(fps),
            size=self.height_px.value(),
            width=self.width_px.value(),
            fps=fps,
            transparent=self.transparent.isChecked() and self._format != "mp4",
            background=self._background,
            refine=self.refine.chosen,
            supersampling=int(self.edges.currentData()),
        )

    def _frames(self, fps: int) -> int:
        if self._take is None or self.subject == "turn":
            return self.seconds.value() * fps
        return frame_count(self._take, fps)

    def choose(self, preset: Preset) -> None:
        """Fill in what suits a purpose."""
        self._pick_format(preset.format)
        self.width_px.setValue(preset.size)
        self.height_px.setValue(preset.size)
        self.seconds.setValue(preset.seconds)
        self.fps.setCurrentIndex(self.fps.findData(preset.fps))
        self.transparent.setChecked(preset.transparent)

    def ask_preview(self) -> None:
        """Ask for a picture of what the fields say."""
        options = self.options
        if _problem(options):
            return
        size = self.preview.fitted(*options.picture_size)
        behind = TRANSPARENT if options.transparent else options.background
        self._asked = size
        self.preview_wanted.emit(size.width(), size.height(), behind)

    def show_preview(self, image: QImage) -> None:
        """Show the picture that was asked for; one of another shape comes too late."""
        if image.size() == self._asked:
            self.preview.show_image(image)

    def _make_fields(self) -> None:
        self.use, self.summary = dim_label(), dim_label()
        self.width_px = number_field(self.tr("Width in pixels"), LEAST_PX, MAX_SIZE, 2)
        self.height_px = number_field(self.tr("Height in pixels"), LEAST_PX, MAX_SIZE, 2)
        self.seconds = number_field(self.tr("Length in seconds"), 1, LONGEST_S)
        self.fps = QComboBox()
        self.fps.setAccessibleName(self.tr("Frames a second"))
        self.fps.setFixedWidth(72)
        for speed in SPEEDS:
            self.fps.addItem(str(speed), speed)
        self.edges = QComboBox()
        self.edges.setAccessibleName(self.tr("Edges"))
        for times, words in EDGES.items():
            self.edges.addItem(self.tr(words), times)
        self._make_what()
        self.transparent = QCheckBox(self.tr("Transparent: nothing behind the head"))
        self.refine = RefineBox()
        self.refine.toggled.connect(self._sum_up)
        for field in (self.width_px, self.height_px, self.seconds):
            field.valueChanged.connect(self._sum_up)
        for choice in (self.fps, self.edges, self.what):
            choice.currentIndexChanged.connect(self._sum_up)
        self.transparent.toggled.connect(self._sum_up)

    def _make_what(self) -> None:
        self.what = QComboBox()
        self.what.setAccessibleName(self.tr("What is filmed"))
        for subject, words in SUBJECTS.items():
            if subject == "turn" or self._take is not None:
                self.what.addItem(self.tr(words), subject)
        self.what.setEnabled(self._take is not None)
        if self._take is None:
            self.what.setToolTip(self.tr("Record something in the Live panel to film it"))

    def _make_presets(self) -> QHBoxLayout:
        names = [(self.tr(preset.name), partial(self._choose, preset)) for preset in PRESETS]
        row, buttons = choice_row(self, names)
        keys = [preset.format for preset in PRESETS]
        self.presets: dict[str, QPushButton] = dict(zip(keys, buttons, strict=True))
        return row

    def _make_form(self) -> QGridLayout:
        size = row_of(self.width_px, "×", self.height_px, self.tr("pixels"))
        return form_of(
            (self.tr("Film"), row_of(self.what)),
            (self.tr("Size"), size),
            (self.tr("One turn lasts"), row_of(self.seconds, self.tr("seconds"))),
            (self.tr("Speed"), row_of(self.fps, self.tr("frames a second"))),
            (self.tr("Edges"), row_of(self.edges)),
            ("", row_of(self.transparent)),
            ("", row_of(self.refine)),
        )

    def _make_buttons(self) -> QHBoxLayout:
        cancel = QPushButton(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self.export = QPushButton(self.tr("Export…"))
        self.export.clicked.connect(self._accept)
        return answer_row(cancel, self.export)

    def _choose(self, preset: Preset, *_: object) -> None:
        self.choose(preset)

    def _pick_format(self, format_: VideoFormat) -> None:
        self._format = format_
        self.presets[format_].setChecked(True)
        self.use.setText(self.tr(next(p.use for p in PRESETS if p.format == format_)))
        self.transparent.setEnabled(format_ != "mp4")
        self._sum_up()

    def _sum_up(self, *_: object) -> None:
        options = self.options
        self.seconds.setEnabled(self.subject == "turn")
        text = self.tr("{count} frames, from the present view").format(count=options.frames)
        if self._is_heard(options):
            text += self.tr(", with sound")
        width, height = (side * options.supersampling for side in options.picture_size)
        seconds = self._estimate_s(width, height, options.frames, options.refine)
        if seconds is not None:
            text += self.tr("; takes about {time}").format(time=spoken_duration(seconds))
        problem = _problem(options)
        self.summary.setText(problem or f"{text}.")
        self.export.setEnabled(not problem)
        self._settled.start()

    def _is_heard(self, options: VideoOptions) -> bool:
        has = self._take is not None and self._take.sound is not None
        return has and self.subject != "turn" and options.format in SOUND_FORMATS

    def _accept(self) -> None:
        options = self.options
        entry: dict[str, object] = {
            "format": options.format,
            "width": self.width_px.value(),
            "height": self.height_px.value(),
            "seconds": self.seconds.value(),
            "fps": options.fps,
            "transparent": self.transparent.isChecked(),
            "refine": options.refine,
            "edges": options.supersampling,
            "subject": self.subject,
        }
        self._settings.set(TURNTABLE, entry)
        subject = self.subject
        self.accept()
        self.chosen.emit(options, subject)

    def _recall(self) -> None:
        self.choose(PRESETS[0])
        entry = self._settings.get(TURNTABLE)
        wanted = entry.get("subject", "turn" if self._take is None else "take")
        if (index := self.what.findData(wanted)) >= 0:
            self.what.setCurrentIndex(index)
        if entry.get("format") not in VIDEO_FORMATS:
            return
        self.choose(next(p for p in PRESETS if p.format == entry["format"]))
        for name, field in (
            ("width", self.width_px), ("height", self.height_px), ("seconds", self.seconds),
        ):  # fmt: skip
            if isinstance(value := entry.get(name), int):
                field.setValue(value)
        if (index := self.fps.findData(entry.get("fps"))) >= 0:
            self.fps.setCurrentIndex(index)
        if (index := self.edges.findData(entry.get("edges"))) >= 0:
            self.edges.setCurrentIndex(index)
        self.transparent.setChecked(entry.get("transparent") is True)
        self.refine.setChecked(entry.get("refine") is True)


def _problem(options: VideoOptions) -> str:
    if options.frames > MAX_FRAMES:
        return f"At most {MAX_FRAMES} frames: make it shorter or slower."
    try:
        check_options(options)
    except ExportError as error:
        return f"{error} {error.hint}"
    return ""
