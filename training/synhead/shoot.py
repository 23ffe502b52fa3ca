"""Photographs true heads for the data set: the rig's cameras, a few set-ups, every label."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from head360.camera import OrbitCamera
from head360.errors import UnknownNameError
from head360.light import Light
from head360.model.topology import Topology
from head360.params import ATTRIBUTES, EXPRESSIONS
from head360.rendering.lighting import lighting
from training.synhead.classes import BACKGROUND, CLASSES
from training.synhead.grooms_varied import is_mirrored
from training.synhead.heads import HeadMaker, TrueHead
from training.synhead.landmarks import in_picture, landmarks68, landmarks478
from training.synhead.renderer import HairReach, Labels, SetUp, TrueScene, TruthRenderer
from training.synhead.styles import STYLES
from training.synhead.views import expression, random_style, rig, set_ups
from training.synhead.writer import View

Floats = npt.NDArray[np.float32]

RANDOM_HAIR, NO_HAIR = "random", "none"


@dataclass(frozen=True, slots=True)
class ShootOptions:
    """How every head is photographed."""

    views: int = 72
    size: int = 512  # pixels
    set_ups: int = 3
    hair: str = RANDOM_HAIR  # or a style's name, or NO_HAIR
    samples: int = 4  # along each side of a pixel
    mesh: bool = False  # keep the posed mesh with every view (0.3 MB)
    paired: bool = True  # also draw the head without its hair, and the hair alone
    own_hair: bool = True  # everybody's hair is a little different, or mirrored


class TrueStudio:
    """Opens heads to be photographed. Owns an OpenGL context."""

    def __init__(self, source: Path, options: ShootOptions) -> None:
        check_hair(options.hair)
        self._options = options
        self._maker = HeadMaker(source)
        self._renderer = TruthRenderer(self._maker.topology, options.size, options.samples)

    def open(self, seed: int) -> TrueShoot:
        """Person `seed`."""
        options = self._options
        named = {RANDOM_HAIR: random_style(seed, list(STYLES)), NO_HAIR: None}
        style = named.get(options.hair, options.hair)
        head = self._maker.head(seed, style, hairdresser=seed if options.own_hair else None)
        return TrueShoot(self._maker, self._renderer, head, options)

    @property
    def topology(self) -> Topology:
        """How every head's mesh is wired."""
        return self._maker.topology

    @property
    def card(self) -> str:
        """What OpenGL says it draws with."""
        return self._renderer.card

    def release(self) -> None:
        """Give the graphics card back."""
        self._renderer.release()


def check_hair(name: str) -> None:
    """Make sure that a hairstyle can be groomed.

    Raises:
        UnknownNameError: there is no such style.
    """
    known = (*STYLES, RANDOM_HAIR, NO_HAIR)
    if name not in known:
        raise UnknownNameError("hairstyle", name, known)


class TrueShoot:
    """One head before the cameras."""

    def __init__(
        self, maker: HeadMaker, renderer: TruthRenderer, head: TrueHead, options: ShootOptions
    ) -> None:
        self._maker, self._renderer, self._head = maker, renderer, head
        self._cameras = rig(options.views)
        self._mesh, self._paired = options.mesh, options.paired
        self._lights = set_ups(head.seed, options.set_ups)
        reach = HairReach.of(head.groom) if head.groom else None
        found = [lighting(light) for light in self._lights]
        self._worn = [SetUp.of(each, reach) for each in found]
        self._bald = [SetUp.of(each, None) for each in found]
        self._maps, self._bald_maps = head.maps.numpy(), head.bald_maps.numpy()

    @property
    def record(self) -> dict[str, Any]:
        """Who it is, for JSON."""
        head, person = self._head, self._head.person
        return {
            "seed": head.seed,
            "hairstyle": head.params.hairstyle,
            "hairdresser": head.hairdresser,
            "mirrored": head.hairdresser is not None and is_mirrored(head.hairdresser),
            "traits": {
                "male": person.sex,
                "old": person.age,
                "age_years": round(person.years, 1),
                "ancestry": list(person.ancestry),
            },
            "shape_coefficients": _rounded(person.coefficients),
            "expression_gains": _rounded(person.gains),
            "expression_asymmetry": _rounded(person.asymmetry),
            "texture_code": _rounded(head.params.texture),
            "attributes": _named(ATTRIBUTES, head.params.attributes),
            "hair_color": _rounded(head.params.hair_color),
            "iris_color": _rounded(head.params.iris_color),
            "lights": [_light(light) for light in self._lights],
            "classes": list(CLASSES),
        }

    def view(self, number: int) -> View:
        """One camera's pictures and labels, of the face that is made for it."""
        return self.look(number, expression(self._head.seed, number))

    def surface(self, face: Floats) -> Floats:
        """(V, 3) metres, head space: the mesh while the head makes a face."""
        vertices: Floats = self._maker.pose(self._head, face).vertices.numpy()
        return vertices

    def look(self, number: int, face: Floats) -> View:
        """One camera's pictures and labels while the head makes a face, (52,) weights 0 … 1."""
        head, camera = self._head, self._cameras[number]
        posed = self._maker.pose(head, face)
        color = tuple(float(c) for c in head.params.hair_color)
        whole = TrueScene(
            posed, self._maps, head.groom, (color[0], color[1], color[2]), head.classes
        )
        pictures: dict[str, npt.NDArray[np.uint8]] = {}
        renderer = self._renderer
        renderer.show(whole, camera, "whole")
        labels = renderer.labels()
        pictures |= {f"image-{i}": renderer.picture(each) for i, each in enumerate(self._worn)}
        pictures["albedo"] = renderer.albedo(self._worn[0])
        pictures["mask"] = np.ascontiguousarray(pictures["image-0"][..., 3])
        pictures["class"] = labels.kind
        coverage = renderer.hair_coverage()
        pictures["hair-mask"] = np.rint(coverage * 255).astype(np.uint8)
        if head.groom is not None and self._paired:
            renderer.show(whole, camera, "hair")
            pictures |= {f"hair-{i}": renderer.picture(each) for i, each in enumerate(self._worn)}
            bald = replace(whole, maps=self._bald_maps, groom=None)
            renderer.show(bald, camera, "bald")
            pictures |= {f"bald-{i}": renderer.picture(each) for i, each in enumerate(self._bald)}
        vertices = posed.vertices.numpy()
        numbers = packed_labels(labels) | self._shape(vertices)
        numbers |= self._landmarks(vertices, camera, labels.depth)
        return View(_view_record(camera, face), pictures, numbers)

    def _landmarks(
        self, vertices: Floats, camera: OrbitCamera, depth: Floats
    ) -> dict[str, npt.NDArray[Any]]:
        """Column, row and whether it is seen, of each landmark."""
        topology = self._maker.topology
        found = {"68": landmarks68(topology, vertices), "478": landmarks478(topology, vertices)}
        return {f"landmarks{n}": in_picture(points, camera, depth) for n, points in found.items()}

    def _shape(self, vertices: Floats) -> dict[str, npt.NDArray[Any]]:
        """Points in head space: landmarks, and the mesh if it is asked for."""
        landmarks = {"landmarks": landmarks68(self._maker.topology, vertices)}
        return landmarks | ({"mesh": vertices} if self._mesh else {})


def packed_labels(labels: Labels) -> dict[str, npt.NDArray[Any]]:
    """Depth in tenths of a millimetre, UV in 65535ths, normals in 32767ths."""
    seen = labels.kind != BACKGROUND
    return {
        "depth": np.rint(labels.depth * 1e4).clip(0, 65535).astype(np.uint16),
        "uv": np.rint((labels.uv * seen[..., None]).clip(0, 1) * 65535).astype(np.uint16),
        "normal": np.rint(labels.normal.clip(-1, 1) * 32767).astype(np.int16),
    }


def _view_record(camera: OrbitCamera, face: Floats) -> dict[str, Any]:
    return {
        "camera": {
            **asdict(camera),
            "eye": camera.eye.round(6).tolist(),
            "view_from_head": camera.view_from_head.round(7).tolist(),
        },
        "expression": _named(EXPRESSIONS, face),
    }


def _named(names: tuple[str, ...], values: Floats) -> dict[str, float]:
    return {n: round(float(v), 5) for n, v in zip(names, values, strict=True) if v}


def _rounded(values: Floats) -> list[float]:
    return [round(float(v), 5) for v in values]


def _light(light: Light) -> dict[str, Any]:
    return {**asdict(light), "rotation_degrees": round(light.rotation_degrees, 3)}
