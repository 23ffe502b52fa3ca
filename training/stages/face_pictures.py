"""Draws true portraits of every hairstyle in random light: what parser and classifier learn from.

Pictures of one hairstyle, on two people, belong together, so that drawing may stop at any time and
learning may begin with what is there. Each pixel has six bytes: lit colour (sRGB, straight alpha),
share of hair, and class; backgrounds, clothes and a camera's faults are added while learning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import atan, degrees
from pathlib import Path

import numpy as np
import numpy.typing as npt

from head360.camera import OrbitCamera
from head360.light import LIGHT_PRESETS, Light
from head360.model.sampling import HAIR_COLORS
from head360.params import EXPRESSIONS
from head360.rendering.lighting import lighting
from training.stages.faces_config import FacePictures
from training.stages.predictors import independent_attributes
from training.synhead.classes import BACKGROUND, CLASS_HAIR
from training.synhead.heads import HeadMaker, TrueHead
from training.synhead.renderer import HairReach, SetUp, TrueScene, TruthRenderer
from training.synhead.styles import STYLES

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

#: What a portrait shows on its head, by number; the last is nothing.
WORN: tuple[str | None, ...] = (*STYLES, None)
#: Channels of a stored picture.
COLOR, COVER, HAIR_SHARE, CLASS = slice(0, 3), 3, 4, 5
CHANNELS = 6

_FIRST_PERSON, _FIRST_HELD_OUT = 300_000, 400_000
#: Degrees, metres, and metres that the picture is wide at the head.
_YAW, _PITCH, _DISTANCES, _WIDTHS = 45.0, 15.0, (0.55, 1.7), (0.40, 0.48)
_TARGET, _OFF_TARGET = (0.0, -0.025, 0.0), 0.012
#: Every third head has attributes drawn at random, every fourth a colour nobody is born with.
_DRAWN_ATTRIBUTES, _DYED = 0.3, 0.25
#: A smile that shows teeth, as photographers like it.
_SMILE = {
    "mouthSmileLeft": 0.8, "mouthSmileRight": 0.8, "cheekSquintLeft": 0.5, "cheekSquintRight": 0.5,
    "jawOpen": 0.12, "mouthUpperUpLeft": 0.5, "mouthUpperUpRight": 0.5,
    "mouthLowerDownLeft": 0.35, "mouthLowerDownRight": 0.35,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sheet:
    """Portraits that belong together: a hairstyle as one hairdresser cuts it."""

    number: int  # of the round and the hairstyle in it
    held_out: bool = False

    @property
    def worn(self) -> int:
        """Place in `WORN`."""
        return self.number % len(WORN)

    @property
    def seed(self) -> int:
        """Of everything random in it; its people are `2 * seed` and the next ones."""
        return (_FIRST_HELD_OUT if self.held_out else _FIRST_PERSON) + self.number

    def path(self, folder: Path) -> Path:
        """Where what is made of it lies."""
        return (
            folder
            / ("held-out" if self.held_out else "training")
            / f"{self.number:05d}.safetensors"
        )


def sheets(pictures: FacePictures) -> list[Sheet]:
    """All files, in the order in which they are drawn: a held-out round among several others."""
    rounds: list[tuple[int, bool]] = [(n, False) for n in range(pictures.rounds)]
    apart = max(pictures.rounds // max(pictures.held_out_rounds, 1), 1)
    for n in range(pictures.held_out_rounds):
        rounds.insert(min((apart + 1) * n + 1, len(rounds)), (n, True))
    return [
        Sheet(number * len(WORN) + worn, held_out)
        for number, held_out in rounds
        for worn in range(len(WORN))
    ]


class FaceStudio:
    """Owns an OpenGL context; every call must come from the thread that made it."""

    def __init__(self, source: Path, pictures: FacePictures) -> None:
        self._pictures = pictures
        self._maker = HeadMaker(source)
        self._renderer = TruthRenderer(self._maker.topology, pictures.size, pictures.samples)

    def take(self, sheet: Sheet) -> Bytes:
        """(N, H, W, 6) the portraits of a file."""
        views = self._pictures.held_out_views if sheet.held_out else self._pictures.views
        people = self._pictures.people
        shown = [
            picture
            for which in range(people)
            for picture in self._portraits(sheet, which, (views + people - 1 - which) // people)
        ]
        return np.stack(shown)

    def release(self) -> None:
        """Give the graphics card back."""
        self._renderer.release()

    def _portraits(self, sheet: Sheet, which: int, count: int) -> Iterator[Bytes]:
        rng = np.random.default_rng([sheet.seed, which])
        head = self._head(sheet, which, rng)
        reach = HairReach.of(head.groom) if head.groom else None
        maps = head.maps.numpy()
        for _ in range(count):
            posed = self._maker.pose(head, random_face(rng))
            scene = TrueScene(posed, maps, head.groom, hair_color(head, rng), head.classes)
            self._renderer.show(scene, portrait_camera(rng))
            yield self._picture(SetUp.of(lighting(random_light(rng)), reach))

    def _head(self, sheet: Sheet, which: int, rng: np.random.Generator) -> TrueHead:
        person = 2 * sheet.seed + which
        head = self._maker.head(person, WORN[sheet.worn], hairdresser=sheet.seed)
        if rng.random() < _DRAWN_ATTRIBUTES:
            attributes = independent_attributes(rng)
            head = self._maker.repainted(head, head.params.with_(attributes=attributes))
        return head

    def _picture(self, light: SetUp) -> Bytes:
        size, samples = self._pictures.size, self._pictures.samples
        picture = np.empty((size, size, CHANNELS), np.uint8)
        picture[..., : COVER + 1] = self._renderer.picture(light)
        kinds, hair = pixel_classes(self._renderer.sample_classes(), samples)
        picture[..., HAIR_SHARE], picture[..., CLASS] = np.rint(hair * 255), kinds
        return picture


def pixel_classes(samples: Bytes, along: int) -> tuple[Bytes, Floats]:
    """(H, W) class of each pixel and its share of hair, from `along`² samples of each.

    Hair wins where it has half of the pixel, background where it has more; else what most of the
    other samples show does, of equally many the first.
    """
    height, width = samples.shape[0] // along, samples.shape[1] // along
    apart = samples.reshape(height, along, width, along).transpose(1, 3, 0, 2)
    cells = apart.reshape(along * along, height, width)
    hair = (cells == CLASS_HAIR).mean(0, dtype=np.float32)
    empty = (cells == BACKGROUND).mean(0, dtype=np.float32)
    solid = (cells != CLASS_HAIR) & (cells != BACKGROUND)
    alike = np.stack([(cells == each).sum(0, dtype=np.int8) for each in cells]) * solid
    chosen = np.take_along_axis(cells, alike.argmax(0)[None], 0)[0]
    kinds = np.where(solid.any(0) & (empty <= 0.5), chosen, BACKGROUND)
    return np.where(hair >= 0.5, CLASS_HAIR, kinds).astype(np.uint8), hair


def portrait_camera(rng: np.random.Generator) -> OrbitCamera:
    """Before the face, within ±45° and ±15°, from an arm's length to across the room."""
    distance, width = float(rng.uniform(*_DISTANCES)), float(rng.uniform(*_WIDTHS))
    x, y, z = (float(t + rng.normal(0, _OFF_TARGET)) for t in _TARGET)
    fov = degrees(2 * atan(width / 2 / distance))
    yaw, pitch = float(rng.uniform(-_YAW, _YAW)), float(rng.uniform(-_PITCH, _PITCH))
    return OrbitCamera(yaw, pitch, distance, (x, y, z), fov)


def random_light(rng: np.random.Generator) -> Light:
    """Any preset, from any side."""
    return Light(str(rng.choice(LIGHT_PRESETS)), float(rng.uniform(-180, 180)))


def random_face(rng: np.random.Generator) -> Floats:
    """(52,) weights: a third at rest, a third smiling, a third making any face."""
    weights = np.zeros(len(EXPRESSIONS), np.float32)
    kind = rng.random()
    if kind < 0.35:
        return weights
    if kind < 0.7:
        strength = rng.uniform(0.2, 1.1)
        for name, weight in _SMILE.items():
            weights[EXPRESSIONS.index(name)] = weight * strength * rng.uniform(0.6, 1.3)
    else:
        for shape in rng.choice(len(EXPRESSIONS), rng.integers(1, 5), replace=False):
            weights[shape] = rng.uniform(0.2, 1.0)
    return weights.clip(0, 1)


def hair_color(head: TrueHead, rng: np.random.Generator) -> tuple[float, float, float]:
    """Linear RGB: mostly the person's own or another natural one, sometimes dyed."""
    kind = rng.random()
    if kind < _DYED:
        found = rng.uniform(0.01, 0.7, 3)
    elif kind < 0.6:
        found = np.array(list(HAIR_COLORS.values()))[rng.integers(len(HAIR_COLORS))]
    else:
        found = head.params.hair_color.astype(np.float64)
    red, green, blue = (float(c) for c in found * rng.uniform(0.8, 1.25))
    return red, green, blue
