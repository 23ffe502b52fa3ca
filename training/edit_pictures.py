"""Draws heads that sentences edited: `python -m training.edit_pictures DIR [FITTED.h360]`.

edits.png: four heads × eight sentences, front and side. edited-faces.png: three edited heads × six
expressions. The fourth head of the first is a project's, if one is given.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from head360.camera import OrbitCamera
from head360.engine import HeadEngine
from head360.light import Light
from head360.params import HeadParams
from head360.project import load_project
from head360.rendering.request import RenderRequest
from training.pictures import expression_of
from training.prompt.held_out import held_out

Picture = npt.NDArray[np.uint8]

_CELL, _LABEL = 112, 15  # pixels
_SENTENCES = (
    "much older, with grey hair", "freckles and green eyes", "a full beard", "a slimmer nose",
    "red lipstick and eyeliner", "blonde bob with a fringe", "a bit chubbier", "a big smile",
)  # fmt: skip
_EDITED = (
    ("chosen", "older, with grey hair"), ("young_man", "red hair and a full beard"),
    ("redhead", "fuller lips and dark eyeshadow"),
)  # fmt: skip
_FACES = (
    ("smile", {"mouthSmile": 0.8, "cheekSquint": 0.5}), ("jaw open", {"jawOpen": 0.7}),
    ("blink", {"eyeBlink": 1.0}), ("brows up", {"browInnerUp": 0.9, "browOuterUp": 0.8}),
    ("frown", {"browDown": 0.9, "mouthFrown": 0.7}), ("pucker", {"mouthPucker": 0.9}),
)  # fmt: skip


def main() -> None:
    """Write both sheets."""
    out, project = Path(sys.argv[1]), sys.argv[2:]
    _, starts = held_out()
    heads = [starts["chosen"], starts["young_man"], starts["dark_woman"]]
    heads.append(_resting(Path(project[0])) if project else starts["bearded"])
    engine = HeadEngine()
    _save(out / "edits.png", [_edits(engine, head) for head in heads], ("before", *_SENTENCES))
    faces = [_faces(engine, _edited(engine, starts[of], said)) for of, said in _EDITED]
    _save(out / "edited-faces.png", faces, tuple(name for name, _ in _FACES))
    engine.close()


def _resting(project: Path) -> HeadParams:
    """A project's head without expression, in the light of the others."""
    head = load_project(project).params
    return head.with_(expression=np.zeros_like(head.expression), light=Light())


def _edited(engine: HeadEngine, head: HeadParams, said: str) -> HeadParams:
    layer = engine.understand(said, head).layer
    return head.with_(edits=(layer,)) if layer else head


def _edits(engine: HeadEngine, head: HeadParams) -> list[Picture]:
    versions = [head, *(_edited(engine, head, said) for said in _SENTENCES)]
    return [
        np.concatenate([_drawn(engine, version, yaw, 1.08) for yaw in (0.0, 75.0)])
        for version in versions
    ]


def _faces(engine: HeadEngine, head: HeadParams) -> list[Picture]:
    return [
        _drawn(engine, head.with_(expression=expression_of(weights)), 12.0, 0.9, 2 * _CELL)
        for _, weights in _FACES
    ]


def _drawn(
    engine: HeadEngine, head: HeadParams, yaw: float, distance: float, size: int = _CELL
) -> Picture:
    camera = OrbitCamera(yaw_degrees=yaw, pitch_degrees=3, distance=distance)
    return engine.render(RenderRequest(head, camera, size, size)).image[..., :3]


def _save(path: Path, rows: Sequence[list[Picture]], labels: Sequence[str]) -> None:
    """A grid below its labels, in few colours so that it is a small file."""
    lines = [np.concatenate(row, 1) for row in rows]
    width = rows[0][0].shape[1]
    head = Image.new("RGB", (lines[0].shape[1], 2 * _LABEL), (24, 24, 26))
    pen, font = ImageDraw.Draw(head), ImageFont.load_default(10)
    for number, label in enumerate(labels):
        pen.multiline_text((4 + number * width, 3), _wrapped(label), (230, 230, 230), font)
    sheet = Image.fromarray(np.concatenate([np.asarray(head), *lines]))
    sheet.quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)


def _wrapped(label: str) -> str:
    words = label.split()
    half = (len(words) + 1) // 2
    return label if len(label) < 18 else " ".join(words[:half]) + "\n" + " ".join(words[half:])


if __name__ == "__main__":
    main()
