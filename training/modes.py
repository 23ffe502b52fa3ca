"""The viewer's fast mode against its exact one: every hairstyle from all around, on varied heads.

Needs nothing but what ships. Both pictures are complete ones, as `HeadEngine.render` makes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from head360.assets import catalog
from head360.camera import OrbitCamera
from head360.engine import HeadEngine
from head360.errors import UnknownNameError
from head360.light import LIGHT_PRESETS, Light
from head360.model.sampling import HAIR_COLORS
from head360.params import EXPRESSIONS, HeadParams
from head360.rendering.request import RendererName, RenderRequest
from training.ledger import Ledger, shipped_weights, weights_mark
from training.measures import psnr
from training.pictures import save_row
from training.provenance import provenance
from training.tables import Row, Table, write_tables

Picture = npt.NDArray[np.uint8]

#: Names of the views and their yaw, degrees; each camera stands up to `_YAW_SPREAD` beside it.
VIEWS = {"front": 0.0, "three-quarter": 40.0, "side": 90.0, "back": 180.0}
_YAW_SPREAD = 12.0
_PITCHES, _DISTANCES = (-20.0, 30.0), (0.9, 1.4)  # degrees, metres
_FIRST_SEED, _SALT = 100, 2100
_MOVED = 0.2  # share of the expression's weights that are not zero
_WANTED_DB = 38.0
_MEASURE = "psnr"


@dataclass(frozen=True, slots=True)
class Modes:
    """One comparison."""

    out: Path
    size: int = 512  # pixels
    styles: tuple[str, ...] = ()  # none: all that ship, and bald


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A person seen from somewhere."""

    name: str
    params: HeadParams
    camera: OrbitCamera


def run(job: Modes) -> Iterator[str]:
    """Measure; yields a line a hairstyle, and writes table-modes.md, .json and worst views.

    Raises:
        Head360Error: a model is missing, or a style is unknown.
    """
    for style in job.styles:
        if style not in all_styles():
            raise UnknownNameError("hairstyle", style, all_styles())
    engine = HeadEngine()
    found: dict[str, dict[str, float]] = {}
    ledger = _ledger(job)
    try:
        for style in job.styles or all_styles():
            found[style] = _known(ledger, style) or _measured(engine, job, ledger, style)
            yield f"{style}: " + ", ".join(f"{k} {v:.1f} dB" for k, v in found[style].items())
    finally:
        engine.close()
    every = [each for views in found.values() for each in views.values()]
    rows = [Row(f"{style}, {view}", 1, psnr=db) for style, views in found.items()
            for view, db in views.items()]  # fmt: skip
    summary = (
        Row("mean", len(every), psnr=float(np.mean(every))),
        Row("worst", 1, psnr=min(every)),
    )
    title = f"Fast mode against exact mode, complete pictures of {job.size} pixels"
    table = Table(title, (*summary, *rows), f"{_WANTED_DB:.0f} dB in each")
    write_tables(job.out, "table-modes", [table], provenance())
    yield f"mean {np.mean(every):.1f} dB, worst {min(every):.1f} dB of {len(every)} views"


def all_styles() -> tuple[str, ...]:
    """“bald”, and the ids of what ships."""
    return ("bald", *(style.id for style in catalog().hairstyles))


def views(engine: HeadEngine, style: str) -> Iterator[View]:
    """Someone with a hairstyle, or “bald”, from each of `VIEWS`; always the same for a style."""
    index = all_styles().index(style)
    worn = None if style == "bald" else style
    rng = np.random.default_rng([_SALT, index])
    weights = rng.random(len(EXPRESSIONS)) * (rng.random(len(EXPRESSIONS)) < _MOVED)
    light = Light(LIGHT_PRESETS[index % len(LIGHT_PRESETS)], rng.uniform(-180, 180))
    person = engine.random_head(_FIRST_SEED + index, worn)
    person = person.with_(expression=weights.astype(np.float32), light=light)
    colors = list(HAIR_COLORS.values())
    for turn, (name, yaw) in enumerate(VIEWS.items()):
        camera = OrbitCamera(
            yaw_degrees=yaw + rng.uniform(-_YAW_SPREAD, _YAW_SPREAD),
            pitch_degrees=rng.uniform(*_PITCHES), distance=rng.uniform(*_DISTANCES),
        )  # fmt: skip
        color = colors[(index + 3 * turn) % len(colors)]
        yield View(name, person.with_(hair_color=color), camera)


def _ledger(job: Modes) -> Ledger:
    settings = {"size": job.size, "weights": weights_mark(shipped_weights())}
    return Ledger(job.out / "modes" / "known.jsonl", settings)


def _known(ledger: Ledger, style: str) -> dict[str, float] | None:
    known = ledger.known(style)
    return None if known is None else dict(known[_MEASURE])


def _measured(engine: HeadEngine, job: Modes, ledger: Ledger, style: str) -> dict[str, float]:
    """Of each view, kept; the worst one is drawn."""
    scores, worst = _compared(engine, style, job.size)
    save_row(job.out / "modes" / f"{style}.png", worst)
    ledger.note(style, {_MEASURE: scores})
    return scores


def _compared(
    engine: HeadEngine, style: str, size: int
) -> tuple[dict[str, float], tuple[Picture, ...]]:
    """PSNR of each view, dB; exact and fast picture of the worst."""
    pictures = {view.name: _drawn(engine, view, size) for view in views(engine, style)}
    scores = {name: psnr(*pair) for name, pair in pictures.items()}
    return scores, pictures[min(scores, key=scores.__getitem__)]


def _drawn(engine: HeadEngine, view: View, size: int) -> tuple[Picture, Picture]:
    """The exact picture and the fast one, (H, W, 3)."""
    return _picture(engine, view, size, "exact"), _picture(engine, view, size, "fast")


def _picture(engine: HeadEngine, view: View, size: int, renderer: RendererName) -> Picture:
    request = RenderRequest(view.params, view.camera, size, size, renderer=renderer)
    return engine.render(request).image[..., :3]
