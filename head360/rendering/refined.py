"""Complete pictures with RefineNet's detail: layers of the viewer, the network, the background."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch

from head360.light import TRANSPARENT, Background
from head360.model.refine import Layers, RefineNet, refine_steps
from head360.rendering.request import ViewMode
from head360.rendering.resolve import backdrop
from head360.rendering.scene import Scene
from head360.rendering.shade import linear_from_srgb, srgb_from_linear
from head360.rendering.viewer import Shot, Viewer

Picture = npt.NDArray[np.uint8]

#: What RefineNet sees, in the order of `head360.model.refine.Layers`.
LAYERS: tuple[ViewMode, ...] = ("shaded", "albedo", "aspect", "guide")
#: Pixels that are put before a background at once.
_PIECE = 100_000


def refined(
    viewer: Viewer, net: RefineNet, scene: Scene, shot: Shot, strength: float = 1.0
) -> Generator[None, None, Picture]:
    """(H, W, 4) sRGB and straight alpha of a shaded shot; yields between small pieces of work.

    The network never sees what stands behind the head, so that a transparent picture and one before
    a background show the same head.
    """
    layers = yield from drawn_layers(viewer, scene, shot)
    yield
    return (yield from refined_layers(net, layers, shot.background, strength))


def drawn_layers(viewer: Viewer, scene: Scene, shot: Shot) -> Generator[None, None, Layers]:
    """What RefineNet sees of a shaded shot; yields between tiles."""
    clear = replace(shot, background=TRANSPARENT)
    return Layers(*(yield from viewer.layers(scene, clear, LAYERS)))


def refined_layers(
    net: RefineNet, layers: Layers, background: Background, strength: float = 1.0
) -> Generator[None, None, Picture]:
    """The picture made of layers, before a background or nothing."""
    picture = yield from refine_steps(net, layers, strength)
    yield
    return (yield from before(picture, background))


def before(picture: Picture, background: Background) -> Generator[None, None, Picture]:
    """A transparent picture before a background, as shaders/resolve.frag mixes them."""
    if background.transparent:
        return picture
    height, width = picture.shape[:2]
    result = np.full_like(picture, 255)
    count = max(1, _PIECE // width)
    for top in range(0, height, count):
        rows = slice(top, min(top + count, height))
        drawn = torch.from_numpy(picture[rows]).float() / 255
        alpha = drawn[..., 3:]
        behind = linear_from_srgb(backdrop(background, width, height, rows))
        mixed = srgb_from_linear(linear_from_srgb(drawn[..., :3]) * alpha + (1 - alpha) * behind)
        result[rows, :, :3] = (mixed.clamp(0, 1) * 255 + 0.5).to(torch.uint8).numpy()
        if rows.stop < height:
            yield
    return result
