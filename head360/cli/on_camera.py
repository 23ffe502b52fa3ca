"""`head360 drive --virtual-camera`: other programs see the head where they look for webcams."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from head360.cli.scene import Scene, scene_of
from head360.cli.terminal import Terminal
from head360.export.virtual_camera import FPS, HEIGHT, WIDTH, PictureSink, open_virtual_camera
from head360.performance import Performance, Sample, applied
from head360.rendering.request import RenderRequest

if TYPE_CHECKING:
    from head360.engine import HeadEngine


class CameraStage:
    """A head that a virtual camera shows; belongs to the thread that made it."""

    def __init__(self, sink: PictureSink, engine: HeadEngine, scene: Scene) -> None:
        self._sink, self._engine, self._scene = sink, engine, scene

    def show(self, sample: Sample) -> None:
        """Draw the head with a face, and show it.

        Raises:
            ExportError: the camera has stopped.
        """
        scene = self._scene
        params = applied(scene.params, sample)
        request = RenderRequest(params, scene.camera, WIDTH, HEIGHT, background=scene.background)
        self._sink.send(self._engine.render(request).image)

    def play(self, take: Performance) -> int:
        """Show a performance in its own time, as many pictures as can be drawn; returns how many.

        Raises:
            ExportError: the camera has stopped.
        """
        began, count = time.perf_counter(), 0
        while (now := time.perf_counter() - began) <= take.duration_s:
            self.show(take.at(now))
            count += 1
            time.sleep(max(0.0, began + now + 1 / FPS - time.perf_counter()))
        return count


@contextmanager
def camera_stage(
    arguments: argparse.Namespace, make_engine: Callable[[], HeadEngine], terminal: Terminal
) -> Iterator[CameraStage | None]:
    """The stage, if it was asked for.

    Raises:
        ExportError: there is no virtual camera.
    """
    if not arguments.virtual_camera:
        yield None
        return
    sink = open_virtual_camera()
    terminal.note(f"Virtual camera: {sink.name}")
    engine = make_engine()
    try:
        yield CameraStage(sink, engine, scene_of(arguments, engine))
    finally:
        engine.close()
        sink.close()
