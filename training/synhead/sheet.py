"""`python -m training synhead --sheet`: a picture of many people, each in a light of their own."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from head360.camera import OrbitCamera
from head360.files import replacing
from head360.light import Background
from head360.progress import Progress
from head360.rendering.lighting import lighting
from training.synhead.heads import HeadMaker
from training.synhead.renderer import HairReach, SetUp, TrueScene, TruthRenderer
from training.synhead.styles import STYLES
from training.synhead.views import expression, random_style, set_ups

COLUMNS = 8
_QUALITY = 84
#: How far heads turn away, degrees: one in six shows a profile or the back.
_TURN, _FAR_TURN, _FAR_EVERY = 40.0, 180.0, 6


def draw_sheet(
    source: Path, target: Path, heads: int, size: int, seed: int = 0
) -> Generator[Progress, None, None]:
    """Write a JPEG of people `seed` …, `size` pixels each; a step of progress is a person."""
    maker = HeadMaker(source)
    renderer = TruthRenderer(maker.topology, size, samples=3)
    pictures = []
    try:
        for number in range(heads):
            pictures.append(_portrait(maker, renderer, seed + number))
            yield Progress(number + 1, heads)
    finally:
        renderer.release()
    missing = -len(pictures) % COLUMNS
    pictures += [np.zeros_like(pictures[0])] * missing
    rows = [np.concatenate(pictures[i : i + COLUMNS], 1) for i in range(0, len(pictures), COLUMNS)]
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as partial:
        Image.fromarray(np.concatenate(rows)).save(partial, format="JPEG", quality=_QUALITY)


def _portrait(maker: HeadMaker, renderer: TruthRenderer, seed: int) -> npt.NDArray[np.uint8]:
    head = maker.head(seed, random_style(seed, list(STYLES)), hairdresser=seed)
    rng = np.random.default_rng([seed, 48])
    reach = _FAR_TURN if seed % _FAR_EVERY == _FAR_EVERY - 1 else _TURN
    camera = OrbitCamera(float(rng.uniform(-reach, reach)), float(rng.uniform(-10, 14)), 1.12)
    posed = maker.pose(head, expression(seed, seed % 3))  # view 0 is at rest
    red, green, blue = (float(c) for c in head.params.hair_color)
    renderer.show(TrueScene(posed, head.maps.numpy(), head.groom, (red, green, blue)), camera)
    light = lighting(set_ups(seed, 1)[0])
    set_up = SetUp.of(light, HairReach.of(head.groom) if head.groom else None)
    return renderer.picture(set_up, Background())[..., :3]
