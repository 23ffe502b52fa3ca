"""The docks: what they need, and where they stand."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabWidget

from app.dock_titles import DockTitles
from app.docks.codes import HeadDock
from app.docks.expression import ExpressionDock
from app.docks.hair import BALD, HairDock
from app.docks.light import LightDock
from app.docks.live import LiveDock
from app.docks.photo import NO_HAIR, PhotoDock
from app.docks.text import TextDock
from app.docks.timeline import TimelineDock
from app.document import HeadDocument
from app.live import LiveSession
from app.locks import Locks
from app.messages import Messages
from app.photo_session import PhotoSession
from app.player import Player
from app.repaint_session import RepaintSession
from app.settings import Places, Settings
from app.soundtrack import Soundtrack
from app.stage import Stage
from app.theme import Theme
from app.workers.engine import EngineFactory
from app.workers.render_thread import RenderThread
from head360.assets import Catalog

LEFT, RIGHT = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
BOTTOM = Qt.DockWidgetArea.BottomDockWidgetArea
VERTICAL = Qt.Orientation.Vertical
TALL_PX = 900  # a lower window has all panels of the right side in tabs
PART, WHOLE = 36, 64  # how the left side is, once there is a photo
UPPER, LOWER = 58, 42  # how the right side is shared, percent


@dataclass(frozen=True, slots=True)
class Tools:
    """What every dock works with."""

    document: HeadDocument
    stage: Stage
    locks: Locks
    theme: Theme
    settings: Settings
    messages: Messages
    session: LiveSession
    player: Player
    soundtrack: Soundtrack


class Panels:
    """All docks of the window."""

    def __init__(
        self,
        window: QMainWindow,
        tools: Tools,
        *,
        catalog: Catalog,
        renderer: RenderThread,
        make_engine: EngineFactory,
        places: Places,
    ) -> None:
        self._window = window
        self._session = tools.session
        shared = (tools.document, tools.stage, tools.locks, tools.theme, tools.settings, window)
        self.head = HeadDock(*shared, catalog=catalog, renderer=renderer)
        self.expression = ExpressionDock(*shared)
        self.hair = HairDock(*shared, catalog=catalog, make_engine=make_engine, places=places)
        self.light = LightDock(*shared, make_engine=make_engine, places=places)
        said = (tools.document, tools.stage, tools.theme, tools.settings, window)
        session = RepaintSession(make_engine, places.state / "repaint", window)
        self.text = TextDock(*said, renderer=renderer, session=session, messages=tools.messages)
        moving = (tools.messages, tools.theme, tools.settings, window)
        self.live = LiveDock(tools.session, *moving)
        self.timeline = TimelineDock(tools.document, tools.player, tools.soundtrack, *moving)
        tools.session.recorded.connect(self.timeline.keep)
        self.photo = PhotoDock(
            *shared,
            catalog=catalog,
            session=PhotoSession(make_engine, window),
            messages=tools.messages,
        )
        self.photo.brought.connect(self._give_room)
        self.photo.hair_offered.connect(self._bring_hair)
        self.hair.thumbnails.ready.connect(self.photo.after.show_hair_picture)
        self.all: tuple[QDockWidget, ...] = (
            self.head, self.photo, self.expression, self.hair, self.text, self.light, self.live,
            self.timeline,
        )  # fmt: skip
        window.setDockOptions(
            QMainWindow.DockOption.AnimatedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.AllowNestedDocks
        )
        window.setTabPosition(LEFT | RIGHT, QTabWidget.TabPosition.North)
        self._titles = DockTitles(window, self.all)

    def stop(self) -> bool:
        """End what the docks do in the background. False: a thread hangs in the driver."""
        if self._session.running:
            self._session.stop()
        self._session.wait()
        self.timeline.files.stop()
        self.live.camera.stop()
        stopping = [self.photo.stop(), self.hair.stop(), self.light.stop(), self.text.stop()]
        return all(stopping)

    def hold_pictures(self, *_: object) -> None:
        """Leave the processor to the head on show, which is just being turned."""
        for maker in (self.hair.thumbnails, self.light.thumbnails):
            if maker is not None:
                maker.hold()

    def _give_room(self) -> None:
        """Let a photo be large enough to work on."""
        self._window.resizeDocks([self.head, self.photo], [PART, WHOLE], VERTICAL)

    def _bring_hair(self) -> None:
        """Give the photo dock pictures of hairstyles, made if need be."""
        offered = self.photo.after.hairstyles
        for key in () if offered is None else offered.visible_keys():
            name = BALD if key == NO_HAIR else key
            if (image := self.hair.grid.picture(name)) is not None:
                self.photo.after.show_hair_picture(key, image)
        self.hair.thumbnails.start()

    def arrange(self) -> None:
        """Put every dock where it stands at first."""
        window = self._window
        for dock in self.all:
            dock.setFloating(False)
            window.removeDockWidget(dock)
        window.addDockWidget(LEFT, self.head)
        window.addDockWidget(RIGHT, self.expression)
        tall = window.height() >= TALL_PX
        if tall:
            window.addDockWidget(LEFT, self.photo)
        else:
            window.tabifyDockWidget(self.head, self.photo)
        if tall:
            window.addDockWidget(RIGHT, self.hair)
        else:
            window.tabifyDockWidget(self.expression, self.hair)
        window.tabifyDockWidget(self.hair, self.text)
        window.tabifyDockWidget(self.text, self.light)
        window.tabifyDockWidget(self.light, self.live)
        window.addDockWidget(BOTTOM, self.timeline)
        for dock in self.all:
            dock.setVisible(dock is not self.timeline)  # hidden until used
        if tall:
            window.resizeDocks([self.expression, self.hair], [UPPER, LOWER], VERTICAL)
            window.resizeDocks([self.head, self.photo], [UPPER, LOWER], VERTICAL)
        self.head.raise_()
        self.hair.raise_()
        self.expression.raise_()
        window.resizeDocks([self.head, self.expression], [1, 1], Qt.Orientation.Horizontal)
