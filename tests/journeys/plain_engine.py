"""An engine that draws nothing, for tests of what is asked of it."""

from __future__ import annotations

import os
import signal

import numpy as np

from head360.params import HeadParams, neutral_head
from head360.rendering.request import Frame, RenderRequest


class PlainEngine:
    """Draws one colour, remembers what was asked, and can be interrupted."""

    def __init__(self) -> None:
        self.requests: list[RenderRequest] = []
        self.interrupt_at: int | None = None
        self.closed = False

    def initial_head(self) -> HeadParams:
        return neutral_head().with_(hairstyle="bob")

    def random_head(self, seed: int) -> HeadParams:
        return neutral_head().with_(shape=np.full(50, seed / 10, np.float32), hairstyle="afro")

    def render(self, request: RenderRequest) -> Frame:
        if len(self.requests) == self.interrupt_at:
            os.kill(os.getpid(), signal.SIGINT)
        self.requests.append(request)
        image = np.full((request.height, request.width, 4), 90, np.uint8)
        image[..., 3] = 0 if request.background.transparent else 255
        return Frame(image, complete=True, milliseconds=1.0)

    def close(self) -> None:
        self.closed = True
