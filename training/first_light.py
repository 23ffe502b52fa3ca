"""Lays first-light.png beside a former one and beside the truth, person by person.

`python -m training.first_light --source DIR --before OLD.png NEW.png OUT.jpg`: rows of four views
each as they were, as they are, and with true skin and strands on the same shape, in the same light.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from head360.assets import resource
from head360.engine import HeadEngine
from head360.light import Background
from head360.model.bilinear import BilinearModel
from head360.params import HeadParams
from head360.rendering.lighting import lighting
from training.arguments import add_source, source_of
from training.pictures import CELL, cameras, people
from training.synhead.heads import HeadMaker
from training.synhead.renderer import HairReach, SetUp, TrueScene, TruthRenderer

Picture = npt.NDArray[np.uint8]

_SHOWN = 160  # pixels, of each picture


def main() -> None:
    """Write the sheet."""
    parser = argparse.ArgumentParser(description="Lay contact sheets beside the truth.")
    add_source(parser)
    parser.add_argument("--before", type=Path, required=True, help="an older first-light.png")
    parser.add_argument("now", type=Path, help="first-light.png")
    parser.add_argument("out", type=Path)
    parsed = parser.parse_args()
    columns = [rows_of(parsed.before), rows_of(parsed.now), list(true_rows(source_of(parsed)))]
    sheet = np.concatenate([np.concatenate(rows) for rows in columns], 1)
    height, width = (side * _SHOWN // CELL for side in sheet.shape[:2])
    Image.fromarray(sheet).resize((width, height), Image.Resampling.LANCZOS).save(
        parsed.out, quality=82
    )


def rows_of(path: Path) -> list[Picture]:
    """(CELL, 4 · CELL, 3) of each person on a sheet; two stand beside each other there."""
    sheet = np.asarray(Image.open(path).convert("RGB"))
    halves = [np.hsplit(row, 2) for row in np.vsplit(sheet, len(sheet) // CELL)]
    return [half for row in halves for half in row]


def true_rows(source: Path) -> Iterator[Picture]:
    """The same people by the true renderer."""
    maker = HeadMaker(source)
    renderer = TruthRenderer(maker.topology, CELL)
    mesh = BilinearModel.load(resource("models", "mesh.safetensors"))
    for person in people(HeadEngine()):
        yield np.concatenate(list(_true_views(maker, renderer, mesh, person)), 1)
    renderer.release()


def _true_views(
    maker: HeadMaker, renderer: TruthRenderer, mesh: BilinearModel, person: HeadParams
) -> Iterator[Picture]:
    head = maker.modelled(person, mesh.identity_of(person))
    red, green, blue = (float(c) for c in person.hair_color)
    posed = maker.pose(head, person.expression)
    scene = TrueScene(posed, head.maps.numpy(), head.groom, (red, green, blue))
    reach = HairReach.of(head.groom) if head.groom else None
    for camera in cameras():
        renderer.show(scene, camera)
        lit = renderer.picture(SetUp.of(lighting(person.light), reach), Background())
        yield np.ascontiguousarray(lit[..., :3])


if __name__ == "__main__":
    main()
