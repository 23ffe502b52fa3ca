"""What the workers need of a head engine, so that tests can bring a light one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from PySide6.QtCore import QThread

from head360.errors import Head360Error
from head360.export.options import MeshOptions
from head360.params import HeadParams
from head360.progress import Progress
from head360.rendering.request import Frame, RenderRequest

if TYPE_CHECKING:
    from head360.editing.prompt import Understanding
    from head360.editing.restyle import ImageEditor, RestyleOptions, RestyleStep
    from head360.editing.unfinished import Unfinished
    from head360.fitting.aligning import Aligned
    from head360.fitting.finding import FoundFaces
    from head360.fitting.fit import FitOptions, FitProgress, FitResult
    from head360.fitting.photo import Photo

WAIT_S = 0.1  # how long a waiting thread may miss a request to stop


class Engine(Protocol):
    """The part of `head360.engine.HeadEngine` that the studio uses."""

    def initial_head(self) -> HeadParams:
        """The head a new project starts with."""

    def random_head(self, seed: int) -> HeadParams:
        """A plausible new person."""

    def understand(self, text: str, params: HeadParams) -> Understanding:
        """What a sentence asks for, as an edit layer over a head."""

    def render(self, request: RenderRequest) -> Frame:
        """One complete picture."""

    def refine(self, request: RenderRequest, is_stale: Callable[[], bool]) -> Iterator[Frame]:
        """Drafts first, the complete picture last."""

    def export(
        self, params: HeadParams, path: Path, options: MeshOptions | None = None
    ) -> Generator[Progress, None, Path]:
        """Write a head as a mesh or a cloud."""

    def find_faces(self, photo: Photo) -> Generator[FitProgress, None, FoundFaces]:
        """The faces of a photo."""

    def align(
        self, found: FoundFaces, number: int | None = None
    ) -> Generator[FitProgress, None, Aligned]:
        """One of them, cut out, with landmarks."""

    def realign(self, before: Aligned, landmark: int, to: tuple[float, float]) -> Aligned:
        """The same after a landmark was dragged."""

    def fit(
        self, photo: Photo, options: FitOptions | None = None
    ) -> Generator[FitProgress, None, FitResult]:
        """A head from a photo."""

    def restyle(
        self,
        params: HeadParams,
        editor: ImageEditor,
        options: RestyleOptions | None = None,
        unfinished: Unfinished | None = None,
    ) -> Generator[RestyleStep, None, HeadParams]:
        """A head repainted by an image editor: with one more layer."""

    def close(self) -> None:
        """Release everything."""


#: Makes an engine on the thread that will use it, where its OpenGL context then lives.
EngineFactory: TypeAlias = Callable[[], Engine]


def real_engine() -> Engine:
    """The shipped model. Imported late: torch takes seconds, the window does not."""
    from head360.starting import started_engine

    return started_engine()


def engine_after(ready: threading.Event, make_engine: EngineFactory) -> Engine:
    """An engine for work that nobody watches, once the window has shown its first full picture.

    The thread keeps its priority: what it does with Python's lock in hand would otherwise keep
    the window waiting, and a software renderer's own threads serve all engines anyway.

    Raises:
        Head360Error: the calling QThread was asked to end meanwhile.
    """
    while not ready.wait(WAIT_S):
        if QThread.currentThread().isInterruptionRequested():
            raise Head360Error("The window closed before the first picture.")
    return make_engine()
