"""Pairs for the refine stage: a head as the viewer draws it, with its guides, and the truth.

Each person is one file of several views, written whole or not at all, so that processes that make
pairs and the one that learns from them share nothing but a folder, and any of them may be stopped.
Person `number` of a seed is always the same, whoever makes it.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.context import SpawnProcess
from pathlib import Path

import numpy as np
import numpy.typing as npt

from head360.assets import catalog
from head360.camera import OrbitCamera
from head360.errors import Head360Error
from head360.files import replacing
from head360.light import TRANSPARENT, Light
from head360.model.refine import CHANNELS, OUTPUTS, Layers
from head360.rendering.lighting import lighting
from head360.rendering.refined import LAYERS
from head360.rendering.scene import Models, Scene
from head360.rendering.viewer import Shot, Viewer
from training.contenders import SAMPLES, Contender, Drive
from training.stages.refine_config import RefineConfig
from training.synhead.heads import HeadMaker, TrueHead
from training.synhead.renderer import HairReach, SetUp, TrueScene, TruthRenderer
from training.synhead.styles import STYLES
from training.synhead.views import expression, random_cameras, set_ups

Floats = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]

#: Channels of a pair: what the network sees, then the true RGB and opacity.
PAIR_CHANNELS = CHANNELS + OUTPUTS
#: Training people, and people only measured; the model's evaluation uses people below 1000.
FIRST_PERSON, FIRST_HELD_OUT = 200_000, 900_000
_PATTERN = "head-*.npy"
#: Every third view is a close-up: distances in metres, and how far the target wanders.
_CLOSE_EVERY, _CLOSE_M, _WANDER_M = 3, (0.5, 1.05), 0.05


class PairError(Head360Error):
    """No pairs can be made."""

    hint = "The messages above say why; “head360 doctor” tells whether OpenGL works."


@dataclass(frozen=True, slots=True)
class PairPlan:
    """What to make, and where."""

    source: Path
    folder: Path
    config: RefineConfig
    held_out: bool = False

    @property
    def count(self) -> int:
        """People."""
        return self.config.held_out if self.held_out else self.config.heads

    def path(self, number: int) -> Path:
        """File of a person: (views, 17, size, size) uint8."""
        return self.folder / f"head-{number:06d}.npy"

    def finished(self) -> list[Path]:
        """Files that are there."""
        return sorted(self.folder.glob(_PATTERN))


class PairMaker:
    """Draws pairs. Owns two OpenGL contexts; every call must come from one thread."""

    def __init__(self, source: Path, config: RefineConfig) -> None:
        models = Models.load()
        self._config = config
        self._maker = HeadMaker(source)
        self._contender = Contender(models)
        self._truth = TruthRenderer(self._maker.topology, config.size)
        self._viewer = Viewer(models)
        known = {style.id for style in catalog().hairstyles}
        self._styles = sorted(known & set(STYLES))

    def make(self, person: int) -> Picture:
        """(views, 17, size, size) of one person in one light."""
        rng = np.random.default_rng([self._config.seed, person])
        bald = rng.random() < self._config.bald
        style = None if bald else str(rng.choice(self._styles))
        drive = Drive(true_maps=bool(rng.random() < self._config.true_skin))
        head = self._maker.head(person, style)
        lamps = lighting(_light(person, rng))
        set_up = SetUp.of(lamps, HairReach.of(head.groom) if head.groom else None)
        drawn = self._contender.scene(head, expression(person, 0), lamps, style, drive)
        cameras = _cameras(self._config.views, person, rng)
        views = [
            np.concatenate(
                [
                    self._drawn(drawn, head, drive, camera, expression(person, number)).stack(),
                    self._true(head, set_up, camera, expression(person, number)),
                ]
            )
            for number, camera in enumerate(cameras)
        ]
        return np.stack(views)

    def release(self) -> None:
        """Give the graphics card back."""
        self._truth.release()
        self._viewer.release()

    def _drawn(
        self, scene: Scene, head: TrueHead, drive: Drive, camera: OrbitCamera, face: Floats
    ) -> Layers:
        """The product's version; hair and maps stay the same objects, so they are made once."""
        vertices, normals = self._contender.pose(head, face, drive)
        posed = replace(scene, vertices=vertices, normals=normals)
        return viewer_layers(self._viewer, posed, camera, self._config.size)

    def _true(self, head: TrueHead, set_up: SetUp, camera: OrbitCamera, face: Floats) -> Picture:
        """(4, size, size)."""
        posed = self._maker.pose(head, face)
        red, green, blue = (float(c) for c in head.params.hair_color)
        scene = TrueScene(posed, head.maps.numpy(), head.groom, (red, green, blue))
        self._truth.show(scene, camera)
        return self._truth.picture(set_up).transpose(2, 0, 1)


def viewer_layers(viewer: Viewer, scene: Scene, camera: OrbitCamera, size: int) -> Layers:
    """What RefineNet sees of a scene, drawn as the studio draws complete pictures."""
    shot = Shot(camera, size, size, SAMPLES, background=TRANSPARENT)
    steps = viewer.layers(scene, shot, LAYERS)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return Layers(*done.value)


def _light(person: int, rng: np.random.Generator) -> Light:
    """One set-up, brighter or darker than usual."""
    chosen = set_ups(person, 1)[0]
    return Light(chosen.preset, chosen.rotation_degrees, float(rng.uniform(0.7, 1.35)))


def _cameras(count: int, person: int, rng: np.random.Generator) -> Iterator[OrbitCamera]:
    for number, camera in enumerate(random_cameras(count, person)):
        if number % _CLOSE_EVERY == _CLOSE_EVERY - 1:
            x, y, z = np.array(camera.target) + rng.uniform(-_WANDER_M, _WANDER_M, 3)
            distance = float(rng.uniform(*_CLOSE_M))
            yield camera.with_(distance=distance, target=(float(x), float(y), float(z)))
        else:
            yield camera


def make_pairs(plans: Sequence[PairPlan], part: int = 0, of: int = 1) -> Iterator[Path]:
    """Make the missing files of every `of`-th person, from `part` on; yields each when it is there.

    Raises:
        Head360Error: source data or a model is missing, or OpenGL cannot be used.
    """
    work = [
        (plan, number)
        for plan in plans
        for number in range(part, plan.count, of)
        if not plan.path(number).exists()
    ]
    if not work:
        return
    maker = PairMaker(work[0][0].source, work[0][0].config)
    try:
        for plan, number in work:
            first = FIRST_HELD_OUT if plan.held_out else FIRST_PERSON
            made = maker.make(first + number)
            plan.folder.mkdir(parents=True, exist_ok=True)
            with replacing(plan.path(number)) as partial, partial.open("wb") as file:
                np.save(file, made)
            yield plan.path(number)
    finally:
        maker.release()


class Makers:
    """Processes that make pairs meanwhile. As a context: they end with the block."""

    def __init__(self, plans: Sequence[PairPlan], count: int) -> None:
        spawning = multiprocessing.get_context("spawn")
        self._processes: list[SpawnProcess] = [
            spawning.Process(target=_work, args=(plans, part, count), daemon=True)
            for part in range(count)
        ]

    def __enter__(self) -> Makers:
        # One core each: their libraries would otherwise start as many threads as there are cores.
        former = os.environ.get("OMP_NUM_THREADS")
        os.environ["OMP_NUM_THREADS"] = "1"
        try:
            for process in self._processes:
                process.start()
        finally:
            del os.environ["OMP_NUM_THREADS"]
            if former is not None:
                os.environ["OMP_NUM_THREADS"] = former
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End them; what they were drawing is not kept."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join(10)

    @property
    def working(self) -> int:
        """Processes that have not ended."""
        return sum(process.is_alive() for process in self._processes)


def _work(plans: Sequence[PairPlan], part: int, of: int) -> None:
    import torch

    torch.set_num_threads(1)
    torch.set_flush_denormal(False)  # scipy's trees can crash with it
    for _ in make_pairs(plans, part, of):
        pass
