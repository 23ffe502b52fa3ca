"""The window: puts viewport, docks and menus together. No logic of its own."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow

from app.docks.expression import ExpressionDock
from app.document import HeadDocument
from app.locks import Locks
from app.messages import Messages
from app.settings import THEME, Places, Settings
from app.stage import Stage
from app.theme import Theme
from app.viewport import Viewport
from app.workers.engine import EngineFactory
from app.workers.render_thread import RenderThread
from head360.assets import Catalog
from head360.params import HeadParams, neutral_head


@dataclass(frozen=True, slots=True)
class Services:
    """What the window needs from outside; tests bring light ones."""

    make_engine: EngineFactory
    catalog: Catalog
    settings: Settings
    places: Places


class MainWindow(QMainWindow):
    """Head360 Studio's one window."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services
        self.setMinimumSize(1024, 680)
        self.theme = Theme(services.settings.get(THEME), services.places.cache)
        self.messages = Messages(self)
        self.document = HeadDocument(neutral_head(), self)
        self.stage = Stage(self.document, self)
        self.locks = Locks(self)
        self.renderer = RenderThread(services.make_engine, self)
        self.viewport = Viewport(self.stage, self.renderer, self.theme, self)
        self.setCentralWidget(self.viewport)
        self.expression = ExpressionDock(
            self.document, self.stage, self.locks, self.theme, services.settings, self
        )
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.expression)
        self.renderer.ask(lambda engine: engine.initial_head(), self._begin)
        self.renderer.start()

    def _begin(self, params: HeadParams) -> None:
        self.document.replace(params, None)
        self.viewport.start()

    def close_without_asking(self) -> None:
        self.renderer.stop()
        self.close()
