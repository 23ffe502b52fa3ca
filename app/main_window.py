"""The window: puts viewport, docks and menus together. No logic of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QUrl
from PySide6.QtGui import (
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
)
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu

from app.actions import build_actions
from app.backgrounds import choose_like, kind_of
from app.comparison import Comparison
from app.dialogs.about import AboutDialog
from app.dialogs.questions import ask_to_stop
from app.dialogs.shortcuts import ShortcutsDialog
from app.docks.expression import focus_search
from app.document import HeadDocument
from app.export_commands import ExportCommands, show_dialog
from app.exports import Exports
from app.files import ProjectFiles, ProjectView, dropped_project
from app.layout import remember_layout, restore_layout
from app.live import LiveSession
from app.locks import Locks
from app.menus import (
    RecentMenu,
    add_corner_buttons,
    background_menu,
    fill_menu_bar,
    mode_menu,
    panel_menu,
    undo_actions,
)
from app.messages import Messages
from app.orbit import NAMED_VIEWS
from app.overlays import Overlays
from app.panels import Panels, Tools
from app.person_clipboard import PersonClipboard
from app.photo_commands import PhotoCommands
from app.photo_sources import offers_photo
from app.player import Player
from app.recovery import Recovery
from app.refine_switch import RefineSwitch
from app.rescue import Rescue
from app.settings import THEME, Places, Settings
from app.soundtrack import Soundtrack
from app.stage import Stage
from app.theme import THEMES, Theme
from app.undo import UndoGroup
from app.viewport import Viewport
from app.welcome import Welcome, WelcomeStrip
from app.widgets.drop_hint import DropHint
from app.widgets.export_chip import ExportChip
from app.widgets.message_bar import MessageBar
from app.widgets.split import SplitLine
from app.workers.engine import EngineFactory, engine_after
from app.workers.picture import Picture
from app.workers.render_thread import RenderThread
from app.workers.speaker import NoSpeakerError, OpenDevice, Speaker, open_speaker
from head360.assets import Catalog
from head360.camera import OrbitCamera
from head360.light import Background
from head360.params import HeadParams, neutral_head
from head360.project import Project

MINIMUM_SIZE = (1024, 680)


@dataclass(frozen=True, slots=True)
class Services:
    """What the window needs from outside; tests bring light ones."""

    make_engine: EngineFactory
    catalog: Catalog
    settings: Settings
    places: Places
    open_speaker: OpenDevice = open_speaker


class MainWindow(QMainWindow):
    """Head360 Studio's one window."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services
        self._settings = services.settings
        self._asked = False
        self._said_silent = False
        self.hangs = False  # after closing: some thread did not end
        self._first_picture = threading.Event()
        self.setMinimumSize(*MINIMUM_SIZE)
        self.setAcceptDrops(True)
        wanted = self._settings.get(THEME)
        self.theme = Theme(wanted if wanted in THEMES else THEMES[0], services.places.cache)
        self.messages = Messages(self)
        self.document = HeadDocument(neutral_head(), self)
        self.stage = Stage(self.document, self)
        self.locks = Locks(self)
        self.renderer = RenderThread(services.make_engine, self)
        self.viewport = Viewport(self.stage, self.renderer, self.theme, self)
        self.setCentralWidget(self.viewport)
        self._make_files()
        self._make_panels()
        self._make_exports()
        self._make_overlays()
        self._make_menus()
        restore_layout(self, self._settings, self.panels.arrange)
        self._connect()
        self._begin()

    # -- making --------------------------------------------------------------------------------

    def _make_files(self) -> None:
        view = ProjectView(self._capture, self._restore, self._reset_view)
        self.files = ProjectFiles(self.document, self.messages, self._settings, view, self)
        state = self._services.places.state
        self.recovery = Recovery(self.document, self.files.capture, state, self)
        self.rescue = Rescue(self.recovery, self.files, self.messages, self)
        self.person = PersonClipboard(self.document, self.locks, self.messages, self)

    def _make_panels(self) -> None:
        self.soundtrack = Soundtrack(self.document, self.messages, self)
        self.speaker = Speaker(self._services.open_speaker, self)
        self.player = Player(self.document, self.stage, self.soundtrack, self.speaker, self)
        self.session = LiveSession(self.stage, self)
        self.session.running_changed.connect(self._pause_recording)
        self.player.took_stage.connect(self._stop_live)
        tools = Tools(
            self.document, self.stage, self.locks, self.theme, self._settings, self.messages,
            self.session, self.player, self.soundtrack,
        )  # fmt: skip
        self.panels = Panels(
            self,
            tools,
            catalog=self._services.catalog,
            renderer=self.renderer,
            make_engine=partial(engine_after, self._first_picture, self._services.make_engine),
            places=self._services.places,
        )
        self.comparison = Comparison(
            self.viewport, SplitLine(self.theme, self.viewport), self.document, self.stage, self
        )
        self.photo_commands = PhotoCommands(
            self.panels.photo, self.comparison, self.viewport, self.messages, self._settings, self
        )

    def _make_exports(self) -> None:
        self.exports = Exports(self._services.make_engine, self.messages, self)
        self.export_commands = ExportCommands(
            self.exports,
            self.stage,
            self.viewport,
            self.renderer,
            self._settings,
            self.document,
            self,
        )

    def _make_overlays(self) -> None:
        starts = {
            "photo": self.photo_commands.open,
            "randomise": self.panels.head.randomise,
            "open": self.files.open,
        }
        self.message_bar = MessageBar(self.messages, self.theme)
        self.welcome_strip = WelcomeStrip(starts, self.theme)
        self.chip = ExportChip(self.theme)
        self._overlays = Overlays(
            self.viewport, top=self.message_bar, foot=self.welcome_strip, corner=self.chip
        )
        self.drop_hint = DropHint(self.viewport)
        self.welcome = Welcome(self.viewport, self.welcome_strip, self._settings, self)

    def _make_menus(self) -> None:
        self.actions_by_id = build_actions(self, self._handlers())
        undo = UndoGroup(self.document, self.panels.photo.session, self.panels.photo, self)
        self.actions_by_id |= undo_actions(undo, self.theme, self)
        self.modes, self.backgrounds = mode_menu(self), background_menu(self)
        self.recent_menu = RecentMenu(self.files, self)
        submenus: Mapping[str, QMenu] = {
            "recent": self.recent_menu,
            "modes": self.modes,
            "backgrounds": self.backgrounds,
            "panels": panel_menu((dock.toggleViewAction() for dock in self.panels.all), self),
        }
        fill_menu_bar(self, self.actions_by_id, submenus)
        corner = [self.actions_by_id[name] for name in ("refine", "undo", "redo")]
        add_corner_buttons(self, corner)
        RefineSwitch(self.actions_by_id["refine"], self.theme, self._settings, self.viewport)
        self.actions_by_id["theme_light"].setChecked(self.theme.name == "light")

    def _handlers(self) -> dict[str, Callable[..., object]]:
        head, expression = self.panels.head, self.panels.expression
        views = {f"view_{view}": partial(self.viewport.look_from, view) for view in NAMED_VIEWS}
        return views | {
            "new": self.files.new,
            "open": self.files.open,
            "save": self.files.save,
            "save_as": self.files.save_as,
            "open_photo": self.photo_commands.open,
            "paste_photo": self.photo_commands.paste,
            "quit": self.close,
            "copy_head": self.person.copy,
            "paste_head": self.person.paste,
            "view_reset": self.viewport.reset_view,
            "refine": self.viewport.set_refine,
            "theme_light": self.use_light_theme,
            "reset_layout": self.panels.arrange,
            "full_screen": self.fill_screen,
            "randomise": head.randomise,
            "randomise_shape": head.randomise_shape,
            "randomise_skin": head.randomise_skin,
            "mirror": expression.mirror,
            "reset_expression": expression.reset,
            "find_expression": partial(focus_search, expression),
            "turntable": self.export_commands.ask_turntable,
            "mesh": self.export_commands.ask_mesh,
            "screenshot": self.export_commands.ask_screenshot,
            "shortcuts": self._show_shortcuts,
            "open_log": self._open_log,
            "about": self._show_about,
        }

    def _connect(self) -> None:
        self.document.file_changed.connect(self._show_title)
        self.renderer.failed.connect(self._say_no_picture)
        self.speaker.unavailable.connect(self._say_silent)
        self.recovery.failed.connect(self._say_no_autosave)
        self.files.saved.connect(self.recovery.forget)
        self.panels.hair.borrow_asked.connect(
            partial(self.files.take_from_another, self.panels.hair.wear)
        )
        self.files.opened.connect(self.panels.photo.session.close_photo)
        self.files.opened.connect(self.welcome.leave)
        self.panels.photo.brought.connect(self.welcome.leave)
        self.files.opened.connect(self.panels.text.session.cancel)
        self.viewport.picture_shown.connect(self._note_picture)
        self.viewport.picture_shown.connect(self.panels.live.camera.show_picture)
        self.modes.chosen.connect(self.viewport.set_mode)
        self.modes.chosen.connect(self.photo_commands.show_mode)
        self.photo_commands.mode_asked.connect(self.modes.choose)
        self.backgrounds.chosen.connect(self.panels.light.choose_background)
        self.panels.light.background_changed.connect(self._set_background)
        self.panels.light.background_chosen.connect(self.document.touch)
        self.viewport.camera_changed.connect(self.panels.hold_pictures)
        self.export_commands.connect_chip(self.chip)
        self._show_title()

    # -- beginning and ending ------------------------------------------------------------------

    def _begin(self) -> None:
        self._set_background(self.panels.light.background)
        self.welcome.prepare()
        self.renderer.ask(lambda engine: engine.initial_head(), self._show_first_head)
        self.renderer.start()

    def _show_first_head(self, params: HeadParams) -> None:
        self.files.begin_with(params)
        self.viewport.start()

    def _note_picture(self, picture: Picture) -> None:
        if picture.complete:
            self._first_picture.set()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 (Qt's name)
        if not (self._asked or self._may_close()):
            event.ignore()
            return
        remember_layout(self, self._settings)
        self.hide()
        self.recovery.forget()
        self.rescue.let_go()
        self.player.stop()
        self.speaker.close()
        self.soundtrack.stop()
        self.renderer.requestInterruption()
        self.hangs = not all(
            [self.exports.stop(), self.comparison.stop(), self.panels.stop(), self.renderer.stop()]
        )
        event.accept()

    def close_without_asking(self) -> None:
        """Close although work or an export would be lost."""
        self._asked = True
        self.close()

    def _may_close(self) -> bool:
        making = self.exports.running
        return (making is None or ask_to_stop(self, making)) and self.files.may_leave()

    # -- what a project holds besides the head -------------------------------------------------

    def _capture(self, params: HeadParams) -> Project:
        return Project(
            params,
            self.viewport.camera,
            background=self.viewport.background,
            performance=self.document.performance,
        )

    def _restore(self, project: Project) -> None:
        self.document.set_performance(project.performance)
        self.viewport.set_camera(project.camera)
        choose_like(project.background, self.panels.light, self._settings)
        self._set_background(project.background)

    def _reset_view(self) -> None:
        self.document.set_performance(None)
        self.viewport.set_camera(OrbitCamera())

    def _pause_recording(self, live: bool) -> None:
        """One face at a time: a live one takes over from the recording."""
        if live:
            self.player.stop()

    def _stop_live(self) -> None:
        """And the recording from a live one, whose take is kept."""
        if self.session.running:
            self.session.stop()

    # -- handlers ------------------------------------------------------------------------------

    def use_light_theme(self, light: bool) -> None:
        """Dress the window in light or in dark."""
        name = "light" if light else "dark"
        application = QApplication.instance()
        if name == self.theme.name or not isinstance(application, QApplication):
            return
        self._settings.set(THEME, name)
        self.theme.switch(name, application)
        self.viewport.set_theme(self.theme)
        if kind_of(self.viewport.background) == "gradient":
            self._set_background(self.panels.light.background)

    def fill_screen(self, full: bool) -> None:
        """Use the whole screen, or a window."""
        if full:
            self.showFullScreen()
        else:
            self.showNormal()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 (Qt's name)
        if (path := dropped_project(event.mimeData())) is not None:
            event.acceptProposedAction()
            self.drop_hint.offer(self.tr("Drop to open “{name}”").format(name=path.stem))
        elif offers_photo(event.mimeData()):
            event.acceptProposedAction()
            self.drop_hint.offer(self.tr("Drop to make a head from this photo"))

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:  # noqa: N802 (Qt's name)
        self.drop_hint.hide()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 (Qt's name)
        self.drop_hint.hide()
        if (path := dropped_project(event.mimeData())) is not None:
            event.acceptProposedAction()
            self.files.open_path(path)
        elif self.photo_commands.drop(event.mimeData()):
            event.acceptProposedAction()

    def _set_background(self, background: Background) -> None:
        self.viewport.set_background(background)
        self.backgrounds.show_chosen(kind_of(background))

    def _show_title(self) -> None:
        self.setWindowTitle(self.files.title())

    def _show_shortcuts(self) -> None:
        show_dialog(ShortcutsDialog(self))

    def _show_about(self) -> None:
        show_dialog(AboutDialog(self))

    def _open_log(self) -> None:
        folder = self._services.places.state
        folder.mkdir(parents=True, exist_ok=True)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def _say_no_picture(self, error: Exception) -> None:
        self.messages.show_error(self.tr("The head cannot be drawn."), error)

    def _say_silent(self, error: NoSpeakerError) -> None:
        if not self._said_silent:  # whoever knows that there is no loudspeaker knows it
            self._said_silent = True
            self.messages.info(str(error), error.hint)

    def _say_no_autosave(self, error: Exception) -> None:
        self.messages.show_error(self.tr("Autosave does not work. Save by hand."), error)
