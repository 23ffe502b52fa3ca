"""Makes sittings: true heads before the true renderer, posed once more as the product poses them.

Sitting i is person i mod 1000 of the training people, in a random light, with a random face. It
never depends on which process makes it, so several may share the work, and any may be stopped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from head360.light import Light
from head360.model.seating import Seat, Seating
from head360.rendering.lighting import lighting
from head360.rendering.scene import Models
from training.contenders import Contender, Drive
from training.stages.joint_config import SittingStage
from training.stages.sittings import (
    Layer,
    Photo,
    Sitting,
    picture_tensor,
    save_shard,
    save_sitting,
    shard_path,
    sitting_path,
)
from training.synhead.heads import HeadMaker, TrueHead
from training.synhead.renderer import HairReach, SetUp, TrueScene, TruthRenderer
from training.synhead.views import expression, random_cameras, set_ups

#: Streams of random numbers, apart from those of evaluation and of data sets.
_STREAM = 7_000_000
_PEOPLE = 1000


@dataclass(frozen=True, slots=True)
class Share:
    """Which part of the work a process does: every `of`-th file, from `number` on."""

    number: int = 0
    of: int = 1

    def divided(self, number: int, of: int) -> Share:
        """The `number`-th of `of` equal parts of this one."""
        return Share(self.number + number * self.of, self.of * of)


def take_sittings(
    source: Path, folder: Path, stage: SittingStage, styles: Sequence[str], share: Share
) -> Iterator[int]:
    """Make the files of sittings that are missing; yields the number of each sitting made.

    `styles` are worn in turn; none of them means that all heads are bald.
    """
    count = max(stage.shard, 1)
    path = shard_path if stage.shard else sitting_path
    files = range(share.number, -(-stage.sittings // count), share.of)
    missing = [number for number in files if not path(folder, number).exists()]
    if not missing:
        return
    studio = Photographer(source, stage, styles)
    try:
        for file in missing:
            numbers = range(file * count, min((file + 1) * count, stage.sittings))
            if stage.shard:
                taken = ((number, studio.take(number)) for number in numbers)
                save_shard(path(folder, file), taken)
            else:
                save_sitting(path(folder, file), studio.take(file))
            yield from numbers
    finally:
        studio.release()


class Photographer:
    """Owns an OpenGL context; every call must come from the thread that made it."""

    def __init__(self, source: Path, stage: SittingStage, styles: Sequence[str]) -> None:
        self._stage, self._styles = stage, list(styles)
        self._maker = HeadMaker(source)
        models = Models.load()
        self._contender = Contender(models)
        self._seat = Seat(models.mesh.topology, models.mesh.mean)
        self._mesh = models.mesh
        self._truth = TruthRenderer(self._maker.topology, stage.size, stage.samples)

    def take(self, number: int) -> Sitting:
        """Sitting `number`."""
        rng = np.random.default_rng([_STREAM, number])
        bald = not self._styles or rng.random() < self._stage.bald_share
        style = None if bald else self._styles[number % len(self._styles)]
        head = self._maker.head(number % _PEOPLE, style)
        face = expression(_STREAM + number, int(rng.integers(1000)))
        light = set_ups(_STREAM + number, 1)[0]
        vertices, seating = self._posed(head, face)
        params = head.params.with_(light=light, expression=face)
        photos = self._photos(head, face, light, _STREAM + number)
        return Sitting(params, vertices, seating, photos)

    def release(self) -> None:
        """Give the graphics card back."""
        self._truth.release()

    @torch.inference_mode()
    def _posed(
        self, head: TrueHead, face: np.ndarray[tuple[int], np.dtype[np.float32]]
    ) -> tuple[torch.Tensor, Seating | None]:
        identity = self._contender.identity(head, Drive())
        vertices = self._mesh.pose(identity, torch.from_numpy(face))
        worn = head.params.hairstyle is not None
        return vertices, self._seat.fit(identity.neutral) if worn else None

    def _photos(
        self,
        head: TrueHead,
        face: np.ndarray[tuple[int], np.dtype[np.float32]],
        light: Light,
        seed: int,
    ) -> tuple[Photo, ...]:
        lamps = lighting(light)
        worn = SetUp.of(lamps, HairReach.of(head.groom) if head.groom else None)
        posed = self._maker.pose(head, face)
        red, green, blue = (float(c) for c in head.params.hair_color)
        whole = TrueScene(posed, head.maps.numpy(), head.groom, (red, green, blue))
        shown: dict[Layer, tuple[TrueScene, SetUp]] = {"whole": (whole, worn)}
        if head.groom is not None:
            bald = TrueScene(posed, head.bald_maps.numpy(), None, whole.hair_color)
            shown |= {"bald": (bald, SetUp.of(lamps, None)), "hair": (whole, worn)}
        photos = []
        for camera in random_cameras(self._stage.photos, seed):
            layers = {}
            for layer, (scene, set_up) in shown.items():
                self._truth.show(scene, camera, layer)
                layers[layer] = picture_tensor(self._truth.picture(set_up))
            photos.append(Photo(camera, layers))
        return tuple(photos)
