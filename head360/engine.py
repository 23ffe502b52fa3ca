"""The one door to the head model and its renderers, for the app, the CLI and scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from head360.params import HeadParams
from head360.rendering.request import Frame, RenderRequest


class HeadEngine:
    """Draws heads. Owns the model and an off-screen OpenGL context.

    Cheap to make; models and shaders load on first use. All calls must come from one thread
    (the one that made the first call), because the OpenGL context lives there.
    """

    def initial_head(self) -> HeadParams:
        """The good-looking head a new project starts with."""
        raise NotImplementedError

    def random_head(self, seed: int, hairstyle: str | object | None = ...) -> HeadParams:
        """A plausible new person: shape, skin, eyes and hair, the same for the same seed."""
        raise NotImplementedError

    def render(self, request: RenderRequest) -> Frame:
        """Make one complete picture, however long it takes."""
        raise NotImplementedError

    def refine(self, request: RenderRequest, is_stale: Callable[[], bool]) -> Iterator[Frame]:
        """Yield quick drafts first and the complete picture last; stop early once stale.

        `is_stale` is asked between tiles, so a newer request is never kept waiting for long.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Release the OpenGL context."""
