"""The first start: the head turns slowly for a moment, and a quiet strip says how to begin."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QEasingCurve, QEvent, QObject, Qt, QVariantAnimation, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from app.orbit import between
from app.settings import WELCOMED, Settings
from app.theme import Theme
from app.viewport import Viewport
from app.widgets.section import flat_button
from head360.camera import OrbitCamera

TURN_MS = 3000
START_YAW_DEGREES = -50.0


class WelcomeStrip(QFrame):
    """Three starting points in words."""

    dismissed = Signal()

    def __init__(
        self,
        starts: Mapping[str, Callable[[], object]],
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        """Offer “photo”, “randomise” and “open”; dropping needs no button."""
        super().__init__(parent)
        self._starts, self._theme = starts, theme
        self.setObjectName("card")
        self.setAccessibleName(self.tr("How to begin"))
        self.words = QLabel()
        self.words.setWordWrap(True)
        self._write()
        self.words.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.words.linkActivated.connect(self._begin)
        close = flat_button(theme, "close", self.tr("Close this strip"))
        close.clicked.connect(self.dismissed)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(8)
        row.addWidget(self.words, 1)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 (Qt's name)
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._write()

    def _write(self) -> None:
        # Links in rich text take their colour neither from the style sheet nor from the palette.
        style = f"style='color: {self._theme.color('accent').name()}; text-decoration: none'"
        text = self.tr(
            "Drop a photo here or <a {style} href='photo'>choose</a> one, "
            "<a {style} href='randomise'>randomise</a> a new person, "
            "or <a {style} href='open'>open</a> a project."
        )
        self.words.setText(text.format(style=style))

    def _begin(self, start: str) -> None:
        self._starts[start]()


class Welcome(QObject):
    """Greets once; the strip comes back until it was dismissed."""

    def __init__(
        self, viewport: Viewport, strip: WelcomeStrip, settings: Settings, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._viewport, self._strip, self._settings = viewport, strip, settings
        self._turn = QVariantAnimation(self, startValue=0.0, endValue=1.0, duration=TURN_MS)
        self._turn.setEasingCurve(QEasingCurve.Type.InOutSine)
        self._turn.valueChanged.connect(self._turn_on)
        self._waits = False  # for the first picture, or turns already
        strip.setVisible(not settings.get(WELCOMED))
        strip.dismissed.connect(self._dismiss)

    def prepare(self) -> None:
        """Stand where the slow turn begins; it starts with the first picture."""
        if not self._settings.get(WELCOMED):
            self._waits = True
            self._viewport.set_camera(OrbitCamera(yaw_degrees=START_YAW_DEGREES))
            self._viewport.picture_shown.connect(self._start)
            self._viewport.touched.connect(self.stop)

    def stop(self) -> None:
        """The head is theirs now."""
        if not self._waits:
            return
        self._waits = False
        self._turn.stop()
        self._viewport.picture_shown.disconnect(self._start)
        self._viewport.touched.disconnect(self.stop)

    def leave(self) -> None:
        """They have begun: keep still, and out of the way until the next start."""
        self.stop()
        self._strip.hide()

    def _start(self) -> None:
        if self._turn.state() is QVariantAnimation.State.Stopped:
            self._turn.finished.connect(self.stop)
            self._turn.start()

    def _turn_on(self, t: float) -> None:
        start = OrbitCamera(yaw_degrees=START_YAW_DEGREES)
        self._viewport.set_camera(between(start, OrbitCamera(), float(t)))

    def _dismiss(self) -> None:
        self._settings.set(WELCOMED, True)
        self._strip.hide()
