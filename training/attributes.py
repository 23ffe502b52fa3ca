"""What sliders do: whether each moves what its name says, and how little it moves besides.

A predictor that learned from true pictures alone looks at the product's pictures of random people,
once with a control low and once high. What it says of everything else should stay the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from head360.camera import OrbitCamera
from head360.engine import HeadEngine
from head360.files import replacing
from head360.light import BLACK, Light
from head360.model.directions import with_trait
from head360.params import ATTRIBUTES, HeadParams
from head360.rendering.request import RenderRequest
from training.device import chosen_device
from training.provenance import provenance
from training.stages.predictors import (
    TOLD,
    Predictor,
    PredictorStage,
    draw_portraits,
    explained,
    load_portraits,
    load_predictor,
    save_predictor,
    train_predictor,
)

Floats = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]
#: From a person to the same with a control low, and high.
Control: TypeAlias = Callable[[HeadParams], tuple[HeadParams, HeadParams]]

_FIRST_PERSON = 900_000
_VIEWS = (-20.0, 15.0)
_CODE_STEP = 1.5  # of codes, standard deviations to each side
_TONE = 0  # place in the texture code
_STRIP_STEPS = 16
_CELL, _PIXELS = 192, 128


@dataclass(frozen=True, slots=True)
class AttributesTable:
    """One evaluation."""

    source: Path
    out: Path
    people: int = 24
    stage: PredictorStage = field(default_factory=PredictorStage)
    device: torch.device = field(default_factory=chosen_device)


@dataclass(frozen=True, slots=True, eq=False)
class _Findings:
    """What was measured."""

    trust: Floats  # (T,) share of each label's variance that the predictor explains
    responses: Mapping[str, Floats]  # of each control: (T,) change, standard deviations of labels
    variety: Floats  # (T,) standard deviation among random people, in the same unit
    unevenness: float  # largest step of an interpolation, times the mean step


def run(job: AttributesTable) -> Iterator[str]:
    """Train the predictor if it is not there, measure, and write table-attributes.md and .json."""
    portraits_folder, weights = job.out / "portraits", job.out / "predictor.safetensors"
    yield from draw_portraits(job.source, portraits_folder, job.stage)
    portraits = load_portraits(portraits_folder)
    if not weights.exists():
        for said in train_predictor(portraits, job.stage, job.device):
            if isinstance(said, str):
                yield said
            else:
                save_predictor(weights, said)
    network = load_predictor(weights)
    engine = HeadEngine()
    try:
        people = [engine.random_head(_FIRST_PERSON + n) for n in range(job.people)]
        eye = _Eye(engine, network, portraits.labels.std(0).numpy())
        responses: dict[str, Floats] = {}
        for name, control in controls().items():
            responses[name] = eye.response(people, control)
            yield _line(name, responses[name])
        variety = np.std([eye.told(person) for person in people], 0)
        found = _Findings(
            explained(network, portraits), responses, variety, _walk(engine, people[:2], job.out)
        )
        _save_people(engine, people, job.out / "random-people.png")
    finally:
        engine.close()
    _write(job, found)


class _Eye:
    """Looks at the product's people through the predictor."""

    def __init__(self, engine: HeadEngine, network: Predictor, unit: Floats) -> None:
        self._engine, self._network, self._unit = engine, network, unit

    def told(self, person: HeadParams) -> Floats:
        """(T,) mean over a few views, in standard deviations of the labels."""
        lit = person.with_(light=Light("studio"))
        pictures = np.stack([_portrait(self._engine, lit, yaw, _PIXELS) for yaw in _VIEWS])
        tensor = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255
        told: Floats = self._network(tensor).mean(0).numpy() / self._unit
        return told

    def response(self, people: list[HeadParams], control: Control) -> Floats:
        """(T,) mean change from low to high."""
        changes = []
        for person in people:
            low, high = control(person)
            changes.append(self.told(high) - self.told(low))
        mean: Floats = np.mean(changes, 0)
        return mean


def controls() -> Mapping[str, Control]:
    """Every control that says what it does, by the name of what it should move."""
    found: dict[str, Control] = {
        "male": lambda head: (with_trait(head, "male", -0.8), with_trait(head, "male", 0.8)),
        "age": lambda head: (with_trait(head, "old", -0.3), with_trait(head, "old", 0.8)),
        "tone": lambda head: (_coded(head, -_CODE_STEP), _coded(head, _CODE_STEP)),
        "hair": lambda head: (head.with_(hairstyle=None), head.with_(hairstyle="bob")),
    }
    return found | {name: _strength(number) for number, name in enumerate(ATTRIBUTES)}


def _strength(number: int) -> Control:
    def control(head: HeadParams) -> tuple[HeadParams, HeadParams]:
        return _with_attribute(head, number, 0.0), _with_attribute(head, number, 1.0)

    return control


def _with_attribute(head: HeadParams, number: int, value: float) -> HeadParams:
    strengths = head.attributes.copy()
    strengths[number] = value
    return head.with_(attributes=strengths)


def _coded(head: HeadParams, by: float) -> HeadParams:
    code = head.texture.copy()
    code[_TONE] = by
    return head.with_(texture=code)


def _portrait(engine: HeadEngine, person: HeadParams, yaw: float, size: int) -> Picture:
    camera = OrbitCamera(yaw, 2.0, 0.78, (0.0, 0.0, 0.0))
    request = RenderRequest(person, camera, size, size, background=BLACK)
    return engine.render(request).image[..., :3]


def _walk(engine: HeadEngine, ends: list[HeadParams], out: Path) -> float:
    """Morph between two people; the largest step over the mean one, and a strip of pictures."""
    first, last = ends
    pictures = []
    for share in np.linspace(0, 1, _STRIP_STEPS, dtype=np.float32):
        between = first.with_(
            shape=first.shape + share * (last.shape - first.shape),
            texture=first.texture + share * (last.texture - first.texture),
            attributes=first.attributes + share * (last.attributes - first.attributes),
        )
        pictures.append(_portrait(engine, between, 15.0, _CELL))
    steps = [np.abs(a.astype(np.int16) - b).mean() for a, b in pairwise(pictures)]
    Image.fromarray(np.concatenate(pictures[::2], 1)).save(out / "interpolation.png")
    return float(max(steps) / np.mean(steps))


def _save_people(engine: HeadEngine, people: list[HeadParams], path: Path) -> None:
    cells = [_portrait(engine, person, 15.0, _CELL) for person in people]
    columns = 8
    cells += [np.zeros_like(cells[0])] * (-len(cells) % columns)
    rows = [np.concatenate(cells[i : i + columns], 1) for i in range(0, len(cells), columns)]
    Image.fromarray(np.concatenate(rows)).save(path, optimize=True)


def _line(name: str, response: Floats) -> str:
    own, other, besides = _summed(name, response)
    return f"{name}: moves itself by {own:.2f}, most besides {other} by {besides:.2f}"


def _summed(name: str, response: Floats) -> tuple[float, str, float]:
    """How far a control moves what it names, and which other moves most, and how far."""
    own = TOLD.index(name)
    others = [number for number in range(len(TOLD)) if number != own]
    most = max(others, key=lambda number: abs(response[number]))
    return float(response[own]), TOLD[most], float(response[most])


def _write(job: AttributesTable, found: _Findings) -> None:
    lines = [
        "# What controls move\n",
        f"{job.people} random people, drawn by the viewer; a predictor that learned from true "
        f"pictures of {job.stage.heads} other people looks at them. Units are standard deviations "
        f"of each label among those. {provenance()}\n",
        "| control | told right of true pictures | moves itself | moves most besides | by | "
        "spread among random people |",
        "|---|---|---|---|---|---|",
    ]
    for name, response in found.responses.items():
        own, other, besides = _summed(name, response)
        number = TOLD.index(name)
        lines.append(
            f"| {name} | {found.trust[number]:.0%} | {own:.2f} | {other} | {besides:.2f} | "
            f"{found.variety[number]:.2f} |"
        )
    lines.append(
        f"\nInterpolation between two people in {_STRIP_STEPS} steps: the largest change of the "
        f"picture is {found.unevenness:.2f} times the mean one.\n"
    )
    with replacing(job.out / "table-attributes.md") as path:
        path.write_text("\n".join(lines), "utf-8")
    content = {
        "told": TOLD, "trust": found.trust.tolist(), "variety": found.variety.tolist(),
        "responses": {name: row.tolist() for name, row in found.responses.items()},
        "unevenness": found.unevenness, "provenance": provenance(),
    }  # fmt: skip
    with replacing(job.out / "table-attributes.json") as path:
        path.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
