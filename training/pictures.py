"""Makes the contact sheets of docs/pictures with the viewer: `python -m training.pictures DIR`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from head360.camera import OrbitCamera
from head360.engine import HeadEngine
from head360.params import EXPRESSIONS, HeadParams
from head360.rendering.request import RenderRequest

Picture = npt.NDArray[np.uint8]

#: Sides of the pictures on first-light.png, pixels.
CELL = 208
_COLUMNS = 8
#: Seeds of the people on the sheet, and what each wears: bald, short, long, curly.
_PEOPLE: Mapping[int, tuple[str | None, ...]] = {
    9: (None, "quiff", "long_straight", "short_curly"),
    12: (None, "pixie", "long_wavy", "long_curly"),
    3: (None, "buzz", "box_braids", "afro"),
    15: (None, "short_side_part", "lob_wavy", "short_curly"),
}
_VIEWS = (0.0, 40.0, 90.0, 180.0)
_FACES: Mapping[str, Mapping[str, float]] = {
    "neutral": {},
    "smile": {"mouthSmile": 0.8, "cheekSquint": 0.5},
    "jaw open": {"jawOpen": 0.7},
    "blink": {"eyeBlink": 1.0},
    "brows up": {"browInnerUp": 0.9, "browOuterUp": 0.8, "eyeWide": 0.6},
    "frown": {"browDown": 0.9, "mouthFrown": 0.7},
    "pucker": {"mouthPucker": 0.9},
    "funnel": {"mouthFunnel": 0.8, "jawOpen": 0.2},
    "sneer": {"noseSneer": 0.9, "mouthUpperUp": 0.6},
    "cheeks": {"cheekPuff": 1.0},
    "tongue": {"tongueOut": 1.0, "jawOpen": 0.5},
    "look aside": {"eyeLookOutLeft": 0.9, "eyeLookInRight": 0.9, "mouthLeft": 0.5},
}


def main() -> None:
    """Write first-light.png and expressions.png."""
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    engine = HeadEngine()
    _save(out / "first-light.png", list(_people(engine)), _COLUMNS)
    _save(out / "expressions.png", list(_faces(engine)), 4)


def people(engine: HeadEngine) -> Iterator[HeadParams]:
    """Who is on first-light.png, each as often as they change their hair."""
    for seed, styles in _PEOPLE.items():
        for style in styles:
            yield engine.random_head(seed, style)


def cameras() -> Iterator[OrbitCamera]:
    """From where each of them is seen."""
    for yaw in _VIEWS:
        yield OrbitCamera(yaw_degrees=yaw, pitch_degrees=3)


def _people(engine: HeadEngine) -> Iterator[Picture]:
    for person in people(engine):
        for camera in cameras():
            yield _draw(engine, person, camera, CELL)


def _faces(engine: HeadEngine) -> Iterator[Picture]:
    person = engine.initial_head()
    camera = OrbitCamera(yaw_degrees=12, distance=0.82, target=(0.0, -0.005, 0.0))
    for weights in _FACES.values():
        yield _draw(engine, person.with_(expression=expression_of(weights)), camera, 320)


def expression_of(weights: Mapping[str, float]) -> npt.NDArray[np.float32]:
    """(52,) from weights by name; a name without a side means both."""
    made = np.zeros(len(EXPRESSIONS), np.float32)
    for name, weight in weights.items():
        for index, known in enumerate(EXPRESSIONS):
            if known in (name, f"{name}Left", f"{name}Right"):
                made[index] = weight
    return made


def _draw(engine: HeadEngine, person: HeadParams, camera: OrbitCamera, size: int) -> Picture:
    return engine.render(RenderRequest(person, camera, size, size)).image[..., :3]


def _save(path: Path, pictures: Sequence[Picture], columns: int) -> None:
    rows = [np.concatenate(pictures[i : i + columns], 1) for i in range(0, len(pictures), columns)]
    Image.fromarray(np.concatenate(rows)).save(path, optimize=True)


def save_row(path: Path, images: Sequence[Picture]) -> None:
    """The truth, contenders, and four times the first contender's difference, side by side."""
    path.parent.mkdir(parents=True, exist_ok=True)
    difference = np.abs(images[0].astype(np.int16) - images[1]) * 4
    shown = [*images, difference.clip(0, 255).astype(np.uint8)]
    Image.fromarray(np.concatenate(shown, 1)).save(path)


if __name__ == "__main__":
    main()
