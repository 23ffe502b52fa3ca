"""What the workers need of a head engine, so that tests can bring a light one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, TypeAlias

from head360.params import HeadParams
from head360.rendering.request import Frame, RenderRequest


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
