"""Draws the library of hairstyles: `python -m training.hair_pictures --source DIR OUT.png`.

True strands on true heads, every style from the front, the side and behind.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from head360.camera import OrbitCamera
from head360.light import Background, Light
from head360.rendering.lighting import lighting
from training.arguments import add_source, source_of
from training.synhead.heads import HeadMaker
from training.synhead.renderer import HairReach, SetUp, TrueScene, TruthRenderer
from training.synhead.styles import STYLES

Picture = npt.NDArray[np.uint8]

_CELL = 176  # pixels
_STYLES_IN_A_ROW = 3
_VIEWS = (0.0, 90.0, 180.0)
#: A little further away than usual: tall hair needs room.
_DISTANCE, _TARGET = 1.22, (0.0, -0.015, 0.0)
#: Seeds of the people who wear them: men, women.
_MEN, _WOMEN = (10, 8, 1), (5, 2, 11, 13)
_ON_MEN = (
    "buzz", "crew", "caesar", "short_side_part", "quiff", "slicked_back", "undercut", "messy",
    "mohawk", "horseshoe", "short_curly", "afro_short", "dreadlocks", "cornrows",
)  # fmt: skip
#: Linear RGB, one after another.
_COLORS = (
    (0.030, 0.018, 0.011), (0.16, 0.095, 0.050), (0.012, 0.010, 0.010), (0.075, 0.042, 0.024),
    (0.34, 0.23, 0.12), (0.105, 0.034, 0.018), (0.28, 0.272, 0.262),
)  # fmt: skip


def main() -> None:
    """Write the sheet."""
    parser = argparse.ArgumentParser(description="Draw hairstyles from the front, side and back.")
    add_source(parser)
    parser.add_argument("out", type=Path)
    parser.add_argument("styles", nargs="*", default=list(STYLES))
    parsed = parser.parse_args()
    pictures = list(sheet(source_of(parsed), parsed.styles))
    columns = _STYLES_IN_A_ROW * len(_VIEWS)
    pictures += [np.zeros_like(pictures[0])] * (-len(pictures) % columns)
    rows = [np.concatenate(pictures[i : i + columns], 1) for i in range(0, len(pictures), columns)]
    Image.fromarray(np.concatenate(rows)).save(parsed.out, optimize=True)


def sheet(source: Path, names: Sequence[str], size: int = _CELL) -> Iterator[Picture]:
    """Pictures (size, size, 3) of styles: front, side and back of each."""
    maker = HeadMaker(source)
    renderer = TruthRenderer(maker.topology, size)
    light = lighting(Light("studio"))
    for number, name in enumerate(names):
        people = _MEN if name in _ON_MEN else _WOMEN
        color = _COLORS[number % len(_COLORS)]
        head = maker.head(people[number % len(people)], name, color)
        posed = maker.pose(head, np.zeros(52, np.float32))
        scene = TrueScene(posed, head.maps.numpy(), head.groom, color)
        set_up = SetUp.of(light, HairReach.of(head.groom) if head.groom else None)
        for yaw in _VIEWS:
            renderer.show(scene, OrbitCamera(yaw, 4.0, _DISTANCE, _TARGET))
            yield np.ascontiguousarray(renderer.picture(set_up, Background())[..., :3])
    renderer.release()


if __name__ == "__main__":
    main()
