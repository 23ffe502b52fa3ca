"""From the Export menu to a running export: dialogs, file names, and the chip that reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QDialog, QWidget
from shiboken6 import isValid

from app.dialogs.mesh import MeshDialog
from app.dialogs.paths import choose_target
from app.dialogs.screenshot import ScreenshotDialog
from app.dialogs.turntable import Subject, TurntableDialog
from app.document import HeadDocument
from app.exports import Exports, spoken_duration
from app.settings import FOLDER, Settings
from app.stage import Stage
from app.viewport import Viewport
from app.widgets.export_chip import ExportChip
from app.workers.picture import image_from_pixels
from app.workers.render_thread import RenderThread
from head360.export.options import MeshOptions
from head360.export.video import Play, VideoOptions
from head360.light import TRANSPARENT, Background
from head360.rendering.request import Frame, RenderRequest

VIDEO_KINDS = {
    "mp4": "MP4 videos (*.mp4)",
    "webm": "WebM videos (*.webm)",
    "mov": "QuickTime videos (*.mov)",
    "gif": "GIF pictures (*.gif)",
    "png": "Folders",
}
PICTURE_KINDS = "PNG pictures (*.png);;WebP pictures (*.webp);;JPEG pictures (*.jpg)"


class ExportCommands(QObject):
    """Asks what to make, and makes it of the head on show at that moment."""

    def __init__(
        self,
        exports: Exports,
        stage: Stage,
        viewport: Viewport,
        renderer: RenderThread,
        settings: Settings,
        document: HeadDocument,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._exports, self._stage, self._viewport = exports, stage, viewport
        self._renderer = renderer
        self._settings, self._document, self._window = settings, document, window
        viewport.picture_shown.connect(exports.learn_pace)

    def ask_turntable(self) -> None:
        """Ask for a film: a turntable, the recording, or both."""
        dialog = TurntableDialog(
            self._settings,
            self._viewport.background,
            self._exports.estimate_s,
            self._window,
            take=self._document.performance,
        )
        dialog.chosen.connect(self.film)
        dialog.preview_wanted.connect(partial(self._preview, dialog))
        show_dialog(dialog)
        dialog.ask_preview()

    def ask_screenshot(self) -> None:
        """Ask for a picture."""
        scale = self._viewport.devicePixelRatioF()
        shown = (round(self._viewport.width() * scale), round(self._viewport.height() * scale))
        unlit = self._viewport.mode != "shaded"
        dialog = ScreenshotDialog(
            self._settings, shown, self._estimate_picture_s, self._window, unlit=unlit
        )
        dialog.save_chosen.connect(self.save_picture)
        dialog.copy_chosen.connect(self.copy_picture)
        show_dialog(dialog)

    def ask_mesh(self) -> None:
        """Ask for a mesh."""
        dialog = MeshDialog(self._settings, self._window, take=self._document.performance)
        dialog.chosen.connect(self.write_mesh)
        show_dialog(dialog)

    def film(self, options: VideoOptions, subject: Subject = "turn") -> None:
        """Ask where to, and make a film."""
        if self._exports.busy():
            return
        ending = "" if options.format == "png" else f".{options.format}"
        what = self.tr("turntable") if subject == "turn" else self.tr("film")
        start = self._start(what, ending)
        kind = self.tr(VIDEO_KINDS[options.format])
        path = choose_target(self._window, self.tr("Export video"), start, kind)
        if path is not None:
            self._settings.set(FOLDER, str(path.parent))
            self._exports.film(self._play(subject), options, path)

    def _play(self, subject: Subject) -> Play:
        """What is filmed; a recording plays the document's head, whatever plays it just now."""
        turns = 0.0 if subject == "take" else 1.0
        if subject == "turn":
            return Play(self._stage.shown, self._viewport.camera, turns=turns)
        take = self._document.performance
        return Play(self._document.params, self._viewport.camera, take, turns)

    def write_mesh(self, options: MeshOptions, ending: str) -> None:
        """Ask where to, and write a mesh; without an ending, a folder of OBJ files."""
        if self._exports.busy():
            return
        start = self._start(self.tr("mesh"), ending)
        kind = f"{ending.removeprefix('.').upper()} (*{ending})" if ending else self.tr("Folders")
        path = choose_target(self._window, self.tr("Export mesh"), start, kind)
        if path is not None:
            self._settings.set(FOLDER, str(path.parent))
            named = replace(options, name=self._document.name)
            self._exports.write_mesh(self._stage.shown, named, path)

    def save_picture(
        self, width: int, height: int, transparent: bool, refine: bool = False
    ) -> None:
        """Ask where to, and make a picture."""
        if self._exports.busy():
            return
        start = self._start(self.tr("picture"), ".png")
        path = choose_target(self._window, self.tr("Save picture"), start, PICTURE_KINDS)
        if path is not None:
            self._settings.set(FOLDER, str(path.parent))
            request = self._request(width, height, transparent, refine)
            self._exports.photograph(request, path)

    def copy_picture(
        self, width: int, height: int, transparent: bool, refine: bool = False
    ) -> None:
        """Make a picture for the clipboard."""
        if not self._exports.busy():
            request = self._request(width, height, transparent, refine)
            self._exports.photograph(request, None)

    def connect_chip(self, chip: ExportChip) -> None:
        """Let the chip report, and cancel."""
        exports = self._exports
        exports.began.connect(chip.begin)
        exports.progressed.connect(_progress_on(chip))
        exports.stopping.connect(chip.show_stopping)
        exports.finished.connect(chip.show_done)
        exports.ended.connect(chip.leave_unless_done)
        chip.cancelled.connect(exports.cancel)

    def _preview(
        self, dialog: TurntableDialog, width: int, height: int, background: Background
    ) -> None:
        """Draw the first picture of a turntable small, on the thread that has the head at hand."""
        request = replace(self._request(width, height, False), mode="shaded", background=background)

        def show(frame: Frame) -> None:
            if isValid(dialog):  # it may have been closed while the picture was drawn
                dialog.show_preview(image_from_pixels(frame.image))

        # A question, since there is no idle time while a recording plays.
        self._renderer.ask(lambda engine: engine.render(request), show)

    def _estimate_picture_s(self, width: int, height: int, refine: bool) -> float | None:
        return self._exports.estimate_s(width, height, 1, refine)

    def _request(
        self, width: int, height: int, transparent: bool, refine: bool = False
    ) -> RenderRequest:
        return RenderRequest(
            params=self._stage.shown,
            camera=self._viewport.camera,
            width=width,
            height=height,
            mode=self._viewport.mode,
            background=TRANSPARENT if transparent else self._viewport.background,
            refine=refine,
        )

    def _start(self, what: str, ending: str) -> Path:
        return self._settings.folder() / f"{self._document.name} {what}{ending}"


def show_dialog(dialog: QDialog) -> None:
    """Open beside the work, not in its way; it goes when it is closed."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()


def _progress_on(chip: ExportChip) -> Callable[[float, float | None], None]:
    def show(part: float, seconds: float | None) -> None:
        chip.show_progress(part, "" if seconds is None else spoken_duration(seconds))

    return show
