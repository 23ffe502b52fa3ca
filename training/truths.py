"""True pictures of training people, and everything that draws the product's versions of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from head360.camera import OrbitCamera
from head360.light import BLACK
from head360.rendering.lighting import Lighting, lighting
from head360.rendering.scene import Models
from head360.rendering.viewer import Viewer
from training.contenders import Contender, Drive, viewer_picture
from training.synhead.heads import HeadMaker, Posed, TrueHead
from training.synhead.renderer import HairReach, SetUp, TrueScene, TruthRenderer
from training.synhead.views import expression, random_cameras, set_ups

Floats = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]

#: Pixels with more hair than this belong to the hair's region.
_HAIR_FROM = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """A true picture, and what it was made with."""

    head: TrueHead
    camera: OrbitCamera
    face: Floats  # (52,) expression
    lighting: Lighting
    image: Picture  # (H, W, 3)
    hair: npt.NDArray[np.bool_] | None  # (H, W) where hair is
    landmarks: Floats  # (68, 2) pixels, iBUG 68


class TruthBench:
    """Everything that draws; pictures are `size` pixels wide and high."""

    def __init__(self, source: Path, size: int, models: Models | None = None) -> None:
        self.size = size
        self.models = models or Models.load()
        self.maker = HeadMaker(source)
        self.contender = Contender(self.models)
        self.truth = TruthRenderer(self.maker.topology, size)
        self.viewer = Viewer(self.models)

    def close(self) -> None:
        """Release both contexts."""
        self.truth.release()
        self.viewer.release()

    def truths(self, seed: int, style: str | None, count: int, salt: int) -> Iterator[Truth]:
        """Pictures of one head from random cameras; `salt` chooses cameras, faces and light."""
        head = self.maker.head(seed, style)
        light = lighting(set_ups(seed + salt, 1)[0])
        shots = (
            (camera, expression(seed + salt, view))
            for view, camera in enumerate(random_cameras(count, seed + salt))
        )
        yield from self.pictures(head, shots, light)

    def pictures(
        self, head: TrueHead, shots: Iterable[tuple[OrbitCamera, Floats]], light: Lighting
    ) -> Iterator[Truth]:
        """Pictures of a head, each from a camera and with an expression (52,), on black."""
        set_up = SetUp.of(light, HairReach.of(head.groom) if head.groom else None)
        for camera, face in shots:
            posed = show(self.maker, self.truth, head, camera, face)
            image = self.truth.picture(set_up, BLACK)[..., :3]
            hair = self.truth.hair_coverage() > _HAIR_FROM if head.groom else None
            points = posed.vertices.numpy()[self.maker.topology.landmarks68]
            landmarks = pixels(points, camera, self.size)
            yield Truth(head, camera, face, light, image, hair, landmarks)

    def drawn(self, truth: Truth, style: str | None, drive: Drive, *, exact: bool) -> Picture:
        """The product's picture of the same."""
        scene = self.contender.scene(truth.head, truth.face, truth.lighting, style, drive)
        return viewer_picture(self.viewer, scene, truth.camera, self.size, exact=exact)


def show(
    maker: HeadMaker, truth: TruthRenderer, head: TrueHead, camera: OrbitCamera, face: Floats
) -> Posed:
    """Put a head with an expression (52,) before a camera; returns how it stands there."""
    posed = maker.pose(head, face)
    red, green, blue = (float(c) for c in head.params.hair_color)
    truth.show(TrueScene(posed, head.maps.numpy(), head.groom, (red, green, blue)), camera)
    return posed


def pixels(points: npt.NDArray[np.floating], camera: OrbitCamera, size: int) -> Floats:
    """Where (N, 3) points in metres fall on a square picture: (N, 2) pixels, x then y."""
    clip_from_head = camera.clip_from_view() @ camera.view_from_head
    clip = np.append(points, np.ones((len(points), 1)), 1) @ clip_from_head.T
    unit = clip[:, :2] / clip[:, 3:]
    placed: Floats = ((unit * (1, -1) + 1) * (size / 2)).astype(np.float32)
    return placed
