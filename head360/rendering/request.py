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
    "shaded", "albedo", "normals", "depth", "wireframe", "hair", "head", "guide", "aspect"
]
RENDERERS: tuple[RendererName, ...] = ("fast", "exact", "reference")
#: Those that people look at; `guide` and `aspect` are for RefineNet, see head360.model.refine.
VIEW_MODES: tuple[ViewMode, ...] = (
    "shaded", "albedo", "normals", "depth", "wireframe", "hair", "head",
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


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A finished picture."""

    image: npt.NDArray[np.uint8]  # (H, W, 4) sRGB + straight alpha, top row first
    complete: bool  # False: a quick draft, smaller than asked; a better one follows
    milliseconds: float  # time this frame took
