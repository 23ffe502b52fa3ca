"""Hair on other heads: every style in three colours on three of them, and how soon a style shows.

Needs no source data. Draws sheets to look at, and times drafts as the viewer makes them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from head360.assets import catalog
from head360.camera import OrbitCamera
from head360.engine import HeadEngine
from head360.errors import UnknownNameError
from head360.files import replacing
from head360.model.sampling import HAIR_COLORS
from head360.params import HeadParams
from head360.rendering.request import RenderRequest
from training.provenance import provenance

Picture = npt.NDArray[np.uint8]

#: Seeds of the people, and the colours of their hair.
_PEOPLE, _COLORS = (3, 12, 15), ("black", "blond", "red")
_VIEWS = (0.0, 90.0, 180.0)
_CELL, _DRAFT = 96, 256  # pixels
_DISTANCE, _TARGET = 1.22, (0.0, -0.015, 0.0)


@dataclass(frozen=True, slots=True)
class HairTable:
    """One evaluation."""

    out: Path
    styles: tuple[str, ...] = ()  # none: all that ship


@dataclass(frozen=True, slots=True)
class Swap:
    """Putting a style on that was worn before, until its draft is there; milliseconds."""

    style: str
    processor: float  # of all threads together
    wall: float


def run(job: HairTable) -> Iterator[str]:
    """Draw and time; writes table-hair.md, .json, and a sheet for each person.

    Raises:
        Head360Error: a model is missing, or a style is unknown.
    """
    known = [style.id for style in catalog().hairstyles]
    styles = job.styles or tuple(known)
    for style in styles:
        if style not in known:
            raise UnknownNameError("hairstyle", style, known)
    engine = HeadEngine()
    job.out.mkdir(parents=True, exist_ok=True)
    swaps: list[Swap] = []
    try:
        for seed in _PEOPLE:
            rows = []
            for style in styles:
                rows.append(_row(engine, seed, style))
                yield f"person {seed}: {style}"
            _sheet(rows, job.out / f"hair-on-{seed}.jpg")
        swaps = [_swap(engine, style) for style in styles]
    finally:
        engine.close()
    _write(job.out, swaps)
    yield f"a style changes in {np.median([s.processor for s in swaps]):.0f} ms (median)"


def _row(engine: HeadEngine, seed: int, style: str) -> Picture:
    """A style in each colour, from the front, the side and behind."""
    person = engine.random_head(seed, style)
    cells = []
    for color in _COLORS:
        dyed = person.with_(hair_color=np.array(HAIR_COLORS[color], np.float32))
        for yaw in _VIEWS:
            camera = OrbitCamera(yaw, 4.0, _DISTANCE, _TARGET)
            cells.append(engine.render(RenderRequest(dyed, camera, _CELL, _CELL)).image[..., :3])
    return np.concatenate(cells, 1)


def _sheet(rows: list[Picture], path: Path, columns: int = 3) -> None:
    rows = rows + [np.zeros_like(rows[0])] * (-len(rows) % columns)
    lines = [np.concatenate(rows[i : i + columns], 1) for i in range(0, len(rows), columns)]
    Image.fromarray(np.concatenate(lines)).save(path, quality=82, optimize=True)


def _swap(engine: HeadEngine, style: str) -> Swap:
    """From another style back to one that was seated before."""
    person = engine.initial_head()
    other = "buzz" if style != "buzz" else "bob"
    for worn in (style, other):
        _draft(engine, person.with_(hairstyle=worn))
    began = time.process_time(), time.perf_counter()
    _draft(engine, person.with_(hairstyle=style))
    ended = time.process_time(), time.perf_counter()
    return Swap(style, *(1e3 * (b - a) for a, b in zip(began, ended, strict=True)))


def _draft(engine: HeadEngine, person: HeadParams) -> None:
    engine.render(RenderRequest(person, OrbitCamera(), _DRAFT, _DRAFT, draft=True))


def _write(out: Path, swaps: list[Swap]) -> None:
    took = [swap.processor for swap in swaps]
    page = [
        f"# Hair on other heads\n\n{provenance()}\n",
        f"A draft of {_DRAFT} pixels after a change to a style that was worn before, wanted "
        "≤ 150 ms on two cores.\n",
        "| style | processor, ms | wall, ms |\n|---|---|---|",
        f"| **median** | {np.median(took):.0f} | {np.median([s.wall for s in swaps]):.0f} |",
        *(f"| {s.style} | {s.processor:.0f} | {s.wall:.0f} |" for s in swaps),
    ]
    with replacing(out / "table-hair.md") as path:
        path.write_text("\n".join(page) + "\n", "utf-8")
    content = {s.style: {"processor": s.processor, "wall": s.wall} for s in swaps}
    with replacing(out / "table-hair.json") as path:
        path.write_text(json.dumps({"note": provenance(), "swaps": content}, indent=1), "utf-8")
