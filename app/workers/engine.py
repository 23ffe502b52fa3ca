"""What the workers need of a head engine, so that tests can bring a light one."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Protocol, TypeAlias

from PySide6.QtCore import QThread

from head360.errors import Head360Error
from head360.params import HeadParams
from head360.rendering.request import Frame, RenderRequest

BACKGROUND_NICENESS = 10  # the window goes first
WAIT_S = 0.1  # how long a waiting thread may miss a request to stop


class Engine(Protocol):
    """The part of `head360.engine.HeadEngine` that the studio uses."""

    def initial_head(self) -> HeadParams:
        """The head a new project starts with."""

    def random_head(self, seed: int) -> HeadParams:
        """A plausible new person."""

    def render(self, request: RenderRequest) -> Frame:
        """One complete picture."""

    def refine(self, request: RenderRequest, is_stale: Callable[[], bool]) -> Iterator[Frame]:
        """Drafts first, the complete picture last."""

    def close(self) -> None:
        """Release everything."""


#: Makes an engine on the thread that will use it, where its OpenGL context then lives.
EngineFactory: TypeAlias = Callable[[], Engine]


def real_engine() -> Engine:
    """The shipped model. Imported late: torch takes seconds, the window does not."""
    from head360.engine import HeadEngine

    return HeadEngine()


def background_engine(make_engine: EngineFactory) -> Engine:
    """An engine for work that nobody watches; the calling thread steps back behind the window."""
    if sys.platform.startswith("linux"):
        with suppress(OSError):  # threads that the engine starts inherit it
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), BACKGROUND_NICENESS)
    return make_engine()


def engine_after(ready: threading.Event, make_engine: EngineFactory) -> Engine:
    """A background engine, but not before the window has shown its first full picture.

    Raises:
        Head360Error: the calling QThread was asked to end meanwhile.
    """
    while not ready.wait(WAIT_S):
        if QThread.currentThread().isInterruptionRequested():
            raise Head360Error("The window closed before the first picture.")
    return background_engine(make_engine)
