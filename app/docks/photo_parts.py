"""The parts of the photo dock, each shown when it is its turn."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.docks.photo_words import tr
from app.theme import Theme, tabular
from app.widgets.brush import LEAST, MOST, RADIUS, Tool, dot
from app.widgets.fine_slider import STEPS, FineSlider
from app.widgets.section import Section
from app.widgets.thumbnail_grid import ThumbnailGrid, Tile

HAIR_COLUMNS, HAIR_PROPORTION = 3, 194 / 176
_TOOLS = {
    Tool.LANDMARKS: (
        "Landmarks",
        "Drag a white dot to where it belongs; orange dots show where the head has it",
    ),
    Tool.LEAVE_OUT: (
        "Leave out",
        "Paint over what hides the head: a hand, glasses, a hat. Shift takes paint back",
    ),
    Tool.HAIR: ("Hair", "Paint where hair is that was not found. Shift takes paint back"),
    Tool.NOT_HAIR: (
        "No hair",
        "Paint where what was taken for hair is none. Shift takes paint back",
    ),
}


class StartPart(QFrame):
    """Where a photo can be dropped, and the other ways to bring one."""

    open_asked = Signal()
    paste_asked = Signal()
    webcam_asked = Signal()
    back_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dropTarget")
        self.setAccessibleName(tr("Bring a photo"))
        title = QLabel(tr("Drop a portrait here"))
        title.setProperty("role", "heading")
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        advice = dim_label(tr("From the front, well lit, with a relaxed face, it works best."))
        advice.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.open = QPushButton(tr("Open…"))
        self.open.setToolTip(tr("Choose a photo from your files"))
        self.open.clicked.connect(self.open_asked)
        self.paste = QPushButton(tr("Paste"))
        self.paste.setToolTip(tr("Take the picture on the clipboard (Ctrl+V)"))
        self.paste.clicked.connect(self.paste_asked)
        self.webcam = QPushButton(tr("Webcam"))
        self.webcam.setToolTip(tr("Take one picture with the webcam"))
        self.webcam.clicked.connect(self.webcam_asked)
        buttons = row(self.open, self.paste, self.webcam)
        buttons.insertStretch(0)
        buttons.addStretch()
        self.back = QPushButton()
        self.back.setToolTip(tr("Look over the photo that was in hand last"))
        self.back.clicked.connect(self.back_asked)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 24, 16, 24)
        column.setSpacing(8)
        column.addWidget(title)
        column.addWidget(advice)
        column.addSpacing(4)
        column.addLayout(buttons)
        column.addWidget(self.back, 0, Qt.AlignmentFlag.AlignCenter)

    def offer_back(self, name: str) -> None:
        """Offer to go back to a photo; none without a name."""
        self.back.setText(tr("Back to {name}").format(name=name))
        self.back.setVisible(bool(name))


class AskPart(QWidget):
    """Asks whether something may be fetched."""

    agreed = Signal()
    refused = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.fetch = QPushButton(tr("Fetch"))
        self.fetch.setDefault(True)
        self.fetch.clicked.connect(self.agreed)
        self.later = QPushButton(tr("Not now"))
        self.later.clicked.connect(self.refused)
        column = plain_column(self)
        column.addWidget(self.words)
        buttons = row(self.fetch, self.later)
        buttons.addStretch()
        column.addLayout(buttons)


class BusyPart(QWidget):
    """What is being done, how far it is, and a way out."""

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = QLabel()
        self.words.setFont(tabular(self.font()))
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.setToolTip(tr("Stop; nothing changes (Esc)"))
        self.cancel.clicked.connect(self.cancelled)
        column = plain_column(self)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.words, 1)
        line.addWidget(self.cancel)
        column.addLayout(line)
        column.addWidget(self.bar)

    def show_progress(self, words: str, part: float | None) -> None:
        """Say what is being done; `part` 0 … 1, None while nobody knows."""
        self.words.setText(words)
        self.bar.setAccessibleName(words)
        self.bar.setRange(0, 0 if part is None else 1000)
        self.bar.setValue(0 if part is None else round(1000 * part))


class LookOverPart(QWidget):
    """Tools for what was found in a photo, what is wrong with it, and the button that fits."""

    tool_chosen = Signal(object)  # Tool
    all_faces_asked = Signal()
    fit_asked = Signal()
    close_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.count = dim_label("")
        self.all_faces = QPushButton(tr("All faces"))
        self.all_faces.setToolTip(tr("Show the whole photo and pick another face"))
        self.all_faces.clicked.connect(self.all_faces_asked)
        self._make_tools()
        self.remarks = QLabel()
        self.remarks.setWordWrap(True)
        self.remarks.setTextFormat(Qt.TextFormat.RichText)
        self.hair = QComboBox()
        self.hair.setAccessibleName(tr("Hair"))
        self.hair.setToolTip(tr("What hair the head gets"))
        for key, title in (("auto", tr("Hair from the photo")), ("keep", tr("Hair as it is now")),
                           ("none", tr("No hair"))):  # fmt: skip
            self.hair.addItem(title, key)
        self.fit = QPushButton(tr("Make the head"))
        self.fit.setDefault(True)
        self.fit.clicked.connect(self.fit_asked)
        self.close_photo = QPushButton(tr("Close"))
        self.close_photo.setToolTip(tr("Put this photo away"))
        self.close_photo.clicked.connect(self.close_asked)
        column = plain_column(self)
        faces = QHBoxLayout()
        faces.addWidget(self.count, 1)
        faces.addWidget(self.all_faces)
        column.addLayout(faces)
        first = row(self.fit, self.close_photo)
        first.setStretch(0, 1)
        column.addLayout(first)
        column.addWidget(self.tools)
        column.addWidget(self.hair)
        column.addWidget(self.remarks)

    def _make_tools(self) -> None:
        self.buttons: dict[Tool, QPushButton] = {}
        group = QButtonGroup(self)
        for tool, (title, tip) in _TOOLS.items():
            button = QPushButton(tr(title))
            button.setToolTip(tr(tip))
            if tool.code:
                button.setIcon(dot(tool.code))
            button.setCheckable(True)
            button.setProperty("chip", True)
            button.toggled.connect(
                lambda on, tool=tool: self.tool_chosen.emit(tool) if on else None
            )
            group.addButton(button)
            self.buttons[tool] = button
        self.buttons[Tool.LANDMARKS].setChecked(True)
        self.brush = BrushPart()
        self.tools = QWidget()
        column = plain_column(self.tools)
        column.addLayout(row(*(self.buttons[tool] for tool in (Tool.LANDMARKS, Tool.LEAVE_OUT))))
        column.addLayout(row(*(self.buttons[tool] for tool in (Tool.HAIR, Tool.NOT_HAIR))))
        column.setSpacing(4)
        column.addWidget(self.brush)

    def show_tool(self, tool: Tool) -> None:
        """Say which tool is in hand."""
        self.buttons[tool].setChecked(True)
        self.brush.setVisible(tool.code > 0)


class BrushPart(QWidget):
    """How large the brush is, and a way to begin anew."""

    sized = Signal(float)  # radius, a share of the crop
    clear_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = FineSlider()
        self.slider.setAccessibleName(tr("Size of the brush"))
        self.slider.setToolTip(tr("Size of the brush ([ and ])"))
        self.slider.valueChanged.connect(self._size)
        self.slider.reset_requested.connect(self._reset)
        self.clear = QPushButton(tr("Clear"))
        self.clear.setToolTip(tr("Take all paint off"))
        self.clear.clicked.connect(self.clear_asked)
        column = plain_column(self)
        line = row(QLabel(tr("Size")), self.slider, self.clear)
        line.setStretch(1, 1)
        column.addLayout(line)
        column.addWidget(dim_label(tr("Shift takes paint back; [ and ] change the size.")))
        self.show_size(RADIUS)

    def show_size(self, radius: float) -> None:
        """Say how large the brush is; equal steps of the slider are equal factors."""
        self.slider.blockSignals(True)
        self.slider.setValue(round(STEPS * log(radius / LEAST) / log(MOST / LEAST)))
        self.slider.blockSignals(False)

    def _reset(self) -> None:
        self.sized.emit(RADIUS)

    def _size(self, place: int) -> None:
        self.sized.emit(LEAST * (MOST / LEAST) ** (place / STEPS))


class AfterPart(QWidget):
    """What can be done with a head that was fitted."""

    compare_asked = Signal(bool)
    observed_asked = Signal(bool)
    hair_previewed = Signal(str)
    hair_picked = Signal(str)
    again_asked = Signal()
    back_asked = Signal()
    other_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.hairstyles: ThumbnailGrid | None = None
        self.compare = QPushButton(tr("Compare"))
        self.compare.setToolTip(
            tr("Lay the photo over the head in the photo’s light, with a line to move")
        )
        self.observed = QPushButton(tr("Show what the photo saw"))
        self.observed.setToolTip(tr("Blue skin came from the photo, orange skin was invented"))
        for button, signal in (
            (self.compare, self.compare_asked), (self.observed, self.observed_asked)
        ):  # fmt: skip
            button.setCheckable(True)
            button.clicked.connect(signal)
        self.again = QPushButton(tr("Fit again"))
        self.again.setToolTip(tr("Make the head anew from the photo kept in this project"))
        self.again.clicked.connect(self.again_asked)
        self.back = QPushButton(tr("Adjust…"))
        self.back.setToolTip(tr("Look over landmarks and paint, and fit again"))
        self.back.clicked.connect(self.back_asked)
        self.other = QPushButton(tr("Other photo"))
        self.other.clicked.connect(self.other_asked)
        self.hair_title = QLabel(tr("Hair it could be"))
        self.hair_title.setProperty("role", "heading")
        self.hair_place = QVBoxLayout()
        self.report = Section(tr("Report"), theme)
        self.report_words = QLabel()
        self.report_words.setWordWrap(True)
        self.report_words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.report.rows.addWidget(self.report_words)
        self.remarks = QLabel()
        self.remarks.setWordWrap(True)
        column = plain_column(self)
        column.addLayout(row(self.compare, self.observed))
        column.addWidget(self.remarks)
        column.addWidget(self.hair_title)
        column.addLayout(self.hair_place)
        column.addLayout(row(self.again, self.back, self.other))
        column.addWidget(self.report)

    def offer_hair(self, tiles: Sequence[Tile]) -> None:
        """Show other hairstyles that the photo may show, likeliest first."""
        if self.hairstyles is not None:
            self.hair_place.removeWidget(self.hairstyles)
            self.hairstyles.deleteLater()
            self.hairstyles = None
        self.hair_title.setVisible(bool(tiles))
        if not tiles:
            return
        grid = ThumbnailGrid(tiles, self._theme, "head", HAIR_COLUMNS, HAIR_PROPORTION)
        grid.setAccessibleName(tr("Hair it could be"))
        grid.fit_content()
        grid.previewed.connect(self.hair_previewed)
        grid.picked.connect(self.hair_picked)
        self.hairstyles = grid
        self.hair_place.addWidget(grid)

    def show_hair_picture(self, key: str, image: QImage) -> None:
        """A picture of a hairstyle has come, maybe of one that is offered."""
        if self.hairstyles is not None and self.hairstyles.has(key):
            self.hairstyles.set_picture(key, image)


def dim_label(text: str) -> QLabel:
    """A quiet line that wraps."""
    label = QLabel(text)
    label.setProperty("role", "dim")
    label.setWordWrap(True)
    return label


def row(*widgets: QWidget) -> QHBoxLayout:
    """Widgets side by side."""
    line = QHBoxLayout()
    line.setSpacing(4)
    for widget in widgets:
        line.addWidget(widget)
    return line


def plain_column(widget: QWidget) -> QVBoxLayout:
    """A column without margins."""
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(8)
    return column
