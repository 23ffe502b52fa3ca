"""What a caller asks a renderer for, and what comes back: plain data, safe across threads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from head360.camera import OrbitCamera
from head360.light import Background
from head360.params import HeadParams

RendererName: TypeAlias = Literal["fast", "exact", "reference"]
ViewMode: TypeAlias = Literal[
    "shaded", "albedo", "normals", "depth", "wireframe", "hair", "head", "observed",
    "guide", "aspect", "strands",
]  # fmt: skip
RENDERERS: tuple[RendererName, ...] = ("fast", "exact", "reference")
#: Those that people look at; `guide` and `aspect` are for RefineNet, see head360.model.refine, and
#: `strands` (scalp coordinates, and how far along) says whose hair a pixel shows.
VIEW_MODES: tuple[ViewMode, ...] = (
    "shaded", "albedo", "normals", "depth", "wireframe", "hair", "head", "observed",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class RenderRequest:
    """One picture to be made."""

    params: HeadParams
    camera: OrbitCamera = field(default_factory=OrbitCamera)
    width: int = 512  # pixels
    height: int = 512  # pixels
    mode: ViewMode = "shaded"
    renderer: RendererName = "fast"
    background: Background = field(default_factory=Background)
    draft: bool = False  # as while something moves: one sample a pixel, coarser planes and hair
    refine: bool = False  # let RefineNet add detail, where `refines` says it can

    @property
    def refines(self) -> bool:
        """Whether the finished picture will be refined: only what the viewer has lit can be."""
        viewer = self.renderer != "reference" and self.mode == "shaded"
        return self.refine and viewer and not self.draft


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A finished picture."""

    image: npt.NDArray[np.uint8]  # (H, W, 4) sRGB + straight alpha, top row first
    complete: bool  # False: a better one follows; a quick draft is smaller than asked
    milliseconds: float  # time this frame took
    refined: bool = False  # whether RefineNet changed it
