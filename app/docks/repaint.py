"""The part of the “Say it” panel that lets an image editor paint what was said."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.paths import choose_folder
from app.docks.photo_parts import AskPart, BusyPart, dim_label, plain_column, row
from app.settings import REPAINT, Settings
from app.theme import Theme
from app.widgets.labelled_slider import LabelledSlider, SliderSpec
from app.widgets.section import Section
from app.workers.repaint import RepaintNews, RepaintWish, Waiting
from head360.downloads import FetchProgress
from head360.hub import PUBLISHED

if TYPE_CHECKING:
    from app.workers.repaint import Prospect

_PREVIEW_PX = 200
_GB, _BILLION = 2**30, 1e9
_PARTS_IN_A_ROW = 3


@dataclass(frozen=True, slots=True)
class _Number:
    """A number of a wish that has a slider."""

    label: str
    minimum: float
    maximum: float
    tip: str
    decimals: int = 0


_NUMBERS = {
    "text_guidance": _Number("Follow the words", 1, 20, "1 = hardly … 20 = at any price", 1),
    "image_guidance": _Number("Keep the picture", 1, 5, "1 = freely … 5 = almost as it is", 1),
    "steps": _Number("Steps", 1, 100, "Of denoising, for each picture"),
    "views": _Number("Views", 1, 10, "5 see face and sides, 10 the back as well"),
    "rounds": _Number("Rounds", 1, 6, "Over all views: each edits what the last one left"),
    "seed": _Number("Seed", 0, 999, "The same seed paints the same"),
}
_PARTS = {
    "skin": "Skin", "lips": "Lips", "eyes": "Lids", "brows": "Brows", "hair": "Hair",
}  # fmt: skip


class RepaintPart(QWidget):
    """Model, strengths and parts; then progress with a preview; and what was interrupted."""

    model_changed = Signal(str)
    go_on_asked = Signal(object)  # Waiting
    discard_asked = Signal(object)  # Waiting
    cancel_asked = Signal()
    fetch_asked = Signal()

    def __init__(self, settings: Settings, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings, self._theme = settings, theme
        self._waiting: Waiting | None = None
        known: dict[str, Any] = settings.get(REPAINT)
        self._wish = _remembered(known)
        column = plain_column(self)
        self._make_form(column)
        self._make_busy(column)
        self._make_interrupted(column)
        self.show_busy(False)
        self.show_waiting(None)

    @property
    def wish(self) -> RepaintWish:
        """What the form says, without the words."""
        numbers: dict[str, Any] = {
            name: round(slider.value, spec.decimals) if spec.decimals else round(slider.value)
            for (name, spec), slider in zip(_NUMBERS.items(), self.sliders.values(), strict=True)
        }
        parts = tuple(name for name, box in self.parts.items() if box.isChecked())
        all_of_them = len(parts) == len(self.parts)
        return RepaintWish(
            "", self.model.text().strip(), parts=() if all_of_them else parts, **numbers
        )

    @property
    def has_parts(self) -> bool:
        """Whether anything may change."""
        return any(box.isChecked() for box in self.parts.values())

    def remember(self) -> None:
        """Keep the form for next time."""
        self._settings.set(REPAINT, asdict(self.wish))

    # --- making

    def _make_form(self, column: QVBoxLayout) -> None:
        self.form = QWidget()
        inside = plain_column(self.form)
        self.model = QLineEdit(self._wish.model)
        self.model.setPlaceholderText(self.tr("Folder of the model"))
        self.model.setAccessibleName(self.tr("Folder of the model"))
        self.model.editingFinished.connect(self._tell_model)
        self.browse = QPushButton(self.tr("Choose…"))
        self.browse.clicked.connect(self._choose_model)
        inside.addLayout(row(self.model, self.browse))
        self.note = dim_label("")
        self.note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        inside.addWidget(self.note)
        self.offer = QPushButton(self.tr("Fetch the published model…"))
        self.offer.clicked.connect(self._ask)
        self.offer.hide()
        inside.addWidget(self.offer)
        self.ask = AskPart()
        self.ask.agreed.connect(self.fetch_asked)
        self.ask.refused.connect(self._put_off)
        self.ask.hide()
        inside.addWidget(self.ask)
        self.section = Section(self.tr("How to paint"), self._theme)
        self._make_sliders(self.section.rows)
        self._make_parts(self.section.rows)
        inside.addWidget(self.section)
        column.addWidget(self.form)

    def _make_sliders(self, column: QVBoxLayout) -> None:
        self.sliders: dict[str, LabelledSlider] = {}
        defaults = RepaintWish("", "")
        for name, number in _NUMBERS.items():
            spec = SliderSpec(
                self.tr(number.label), number.minimum, number.maximum, getattr(defaults, name),
                self.tr(number.tip), number.decimals,
            )  # fmt: skip
            self.sliders[name] = LabelledSlider(spec)
            self.sliders[name].show_value(getattr(self._wish, name))
            column.addWidget(self.sliders[name])

    def _make_parts(self, column: QVBoxLayout) -> None:
        self.parts: dict[str, QCheckBox] = {}
        grid = QGridLayout()
        for place, (name, title) in enumerate(_PARTS.items()):
            box = QCheckBox(self.tr(title))
            box.setToolTip(self.tr("Whether this may change"))
            box.setChecked(not self._wish.parts or name in self._wish.parts)
            self.parts[name] = box
            grid.addWidget(box, place // _PARTS_IN_A_ROW, place % _PARTS_IN_A_ROW)
        column.addLayout(grid)

    def _make_busy(self, column: QVBoxLayout) -> None:
        self.busy = BusyPart()
        self.busy.cancel.setToolTip(self.tr("Stop; what was painted so far can be gone on from"))
        self.busy.cancelled.connect(self.cancel_asked)
        self.preview = QLabel()
        self.preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.preview.setAccessibleName(self.tr("The last picture that was painted"))
        column.addWidget(self.busy)
        column.addWidget(self.preview)

    def _make_interrupted(self, column: QVBoxLayout) -> None:
        self.interrupted = QWidget()
        inside = plain_column(self.interrupted)
        self.interrupted_words = dim_label("")
        self.go_on = QPushButton(self.tr("Go on"))
        self.go_on.clicked.connect(self._go_on)
        self.discard = QPushButton(self.tr("Discard"))
        self.discard.clicked.connect(self._discard)
        inside.addWidget(self.interrupted_words)
        buttons = row(self.go_on, self.discard)
        buttons.addStretch()
        inside.addLayout(buttons)
        column.addWidget(self.interrupted)

    # --- showing

    def show_prospect(self, seen: Prospect) -> None:
        """Say what is missing, or what it will take."""
        problem, outlook = seen.problem, seen.outlook
        color = self._theme.color("warning" if problem else "dim").name()
        self.note.setStyleSheet(f"color: {color}")
        self.offer.setVisible(seen.fetchable)
        self.ask.hide()
        if problem is not None:
            self.note.setText(f"{problem} {problem.hint}")
            return
        where = (
            self.tr("of the graphics card’s memory")
            if outlook.on_graphics_card
            else self.tr("of memory")
        )
        words = self.tr("Takes about {needed:.1f} GB {where}")
        words = words.format(needed=outlook.needed / _GB, where=where)
        if outlook.free is not None:
            words += self.tr("; {free:.1f} GB are free").format(free=outlook.free / _GB)
        self.note.setText(words + ".")

    def show_busy(self, busy: bool) -> None:
        """Show progress instead of the form."""
        self.form.setVisible(not busy)
        self.busy.setVisible(busy)
        self.preview.setVisible(False)
        self.interrupted.setVisible(not busy and self._waiting is not None)
        if busy:
            self.busy.show_progress(self.tr("Reading the model…"), None)

    def show_fetching(self, news: FetchProgress) -> None:
        """Show how much of the model is here."""
        words = self.tr("Fetching the model: {done:.2f} of {total:.2f} GB")
        words = words.format(done=news.done / _BILLION, total=news.total / _BILLION)
        self.busy.show_progress(words, news.done / max(news.total, 1))

    def take_model(self, folder: Path) -> None:
        """Use the model in a folder from now on."""
        self.model.setText(str(folder))
        self._tell_model()

    def show_news(self, news: RepaintNews) -> None:
        """Show how far it is."""
        if news.image is not None:
            self._show_preview(news.image)
        if news.done == 0 and news.step == 0:
            return
        words = self.tr("Picture {number} of {total}, step {step} of {steps}").format(
            number=min(news.done + 1, news.total), total=news.total, step=news.step,
            steps=news.steps,
        )  # fmt: skip
        self.busy.show_progress(words, news.part)

    def show_waiting(self, found: Waiting | None) -> None:
        """Offer to go on with what was interrupted."""
        self._waiting = found
        self.interrupted.setVisible(found is not None and not self.busy.isVisibleTo(self))
        if found is not None:
            words = self.tr("“{text}” was interrupted after {done} of {total} pictures.")
            self.interrupted_words.setText(
                words.format(text=found.wish.text[:60], done=found.done, total=found.wish.pictures)
            )

    def _show_preview(self, image: QImage) -> None:
        small = image.scaledToHeight(_PREVIEW_PX, Qt.TransformationMode.SmoothTransformation)
        self.preview.setPixmap(QPixmap.fromImage(small))
        self.preview.setVisible(True)

    # --- what a person does

    def _choose_model(self) -> None:
        start = Path(self.model.text()) if self.model.text() else Path.home()
        if (folder := choose_folder(self, self.tr("Folder of the model"), start)) is not None:
            self.take_model(folder)

    def _ask(self) -> None:
        """Nothing is fetched before somebody has read what, from where, and how much."""
        self.offer.hide()
        words = self.tr(
            "InstructPix2Pix ({name}) would be fetched from huggingface.co: about 4.5 GB, once. Its"
            " weights have a licence of their own (CreativeML OpenRAIL-M), which restricts some"
            " uses. No picture leaves this computer."
        )
        self.ask.words.setText(words.format(name=PUBLISHED))
        self.ask.show()

    def _put_off(self) -> None:
        self.ask.hide()
        self.offer.show()

    def _tell_model(self) -> None:
        self.remember()
        self.model_changed.emit(self.model.text().strip())

    def _go_on(self) -> None:
        if self._waiting is not None:
            self.go_on_asked.emit(self._waiting)

    def _discard(self) -> None:
        if self._waiting is not None:
            self.discard_asked.emit(self._waiting)


def _remembered(known: dict[str, Any]) -> RepaintWish:
    """The form as it was left; what makes no sense any more is as at first."""
    defaults = asdict(RepaintWish("", ""))
    kept: dict[str, Any] = {
        name: value
        for name, value in known.items()
        if name in _NUMBERS and isinstance(value, int | float)
    }
    model, parts = known.get("model"), known.get("parts")
    kept["model"] = model if isinstance(model, str) else ""
    chosen = parts if isinstance(parts, list) else []
    return RepaintWish(**{**defaults, **kept, "parts": tuple(p for p in chosen if p in _PARTS)})
