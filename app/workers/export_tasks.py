"""Pictures and videos as tasks for a `Job`, each with an engine of its own.

An engine of its own lets a person go on editing in the window; it is made on the job's thread,
where its OpenGL context then lives.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from PySide6.QtCore import QThread

from app.workers.engine import Engine, EngineFactory
from head360.export import video
from head360.export.images import save_picture
from head360.export.options import MeshOptions
from head360.export.video import Play, VideoOptions
from head360.params import HeadParams
from head360.progress import Progress
from head360.rendering.request import Frame, RenderRequest


class InterruptedDrawing(Exception):  # noqa: N818 (not a failure)
    """The picture is no longer wanted."""


class Interruptible:
    """Draws complete pictures, and can be stopped between two tiles of one.

    `Engine.render` cannot: one picture may take seconds without a graphics card.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def render(self, request: RenderRequest) -> Frame:
        """One complete picture.

        Raises:
            InterruptedDrawing: the job was cancelled meanwhile.
        """
        thread = QThread.currentThread()
        for frame in self._engine.refine(request, thread.isInterruptionRequested):
            if frame.complete:
                return frame
        raise InterruptedDrawing


def film(
    make_engine: EngineFactory, play: Play, options: VideoOptions, path: Path
) -> Generator[Progress, None, Path]:
    """A film of a turn, a performance or both, like `head360.export.video.film`."""
    yield Progress(0, options.frames)
    engine = make_engine()
    try:
        return (yield from video.film(Interruptible(engine), play, options, path))
    except InterruptedDrawing:
        yield Progress(0, options.frames)  # where the job sees that it was cancelled
        raise
    finally:
        engine.close()


def write_mesh(
    make_engine: EngineFactory, params: HeadParams, options: MeshOptions, path: Path
) -> Generator[Progress, None, Path]:
    """A head as a mesh or a cloud, like `HeadEngine.export`."""
    yield Progress(0, 1)
    engine = make_engine()
    try:
        return (yield from engine.export(params, path, options))
    finally:
        engine.close()


def photograph(
    make_engine: EngineFactory, request: RenderRequest, path: Path | None
) -> Generator[Progress, None, Frame]:
    """One picture, also written to `path` if there is one."""
    yield Progress(0, 1)
    engine = make_engine()
    try:
        yield Progress(0, 1)
        frame = Interruptible(engine).render(request)
        if path is not None:
            save_picture(frame.image, path)
        return frame
    except InterruptedDrawing:
        yield Progress(0, 1)
        raise
    finally:
        engine.close()
