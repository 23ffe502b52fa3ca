"""Sentences that nothing was trained on, and how many of them do all they ask."""

from __future__ import annotations

import re
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from head360.edited import edited
from head360.editing.expressions import blendshapes
from head360.editing.prompt import Understanding, understand
from head360.editing.targets import HAIR
from head360.model.bilinear import BilinearModel
from head360.model.sampling import chosen_head, random_person
from head360.params import ATTRIBUTES, HeadParams
from training.prompt.judge import Judge

#: The two hundred sentences that the figures are about.
HELD_OUT = Path(__file__).with_name("held_out.toml")
_SHAPED = frozenset({"measures"})
_MADE_UP = frozenset({"lipstick", "eyeliner", "eyeshadow", "blush", "makeup colour"})
_SKIN = frozenset({"wrinkles", "age_spots", "dark_circles", "redness", "skin"})
#: What a want may move besides an attribute of its own name.
_MAY_MOVE: Mapping[str, frozenset[str]] = {
    "age": _SHAPED | _SKIN | {"hair colour"},
    "male": _SHAPED | _MADE_UP | {"skin", "stubble", "beard", "moustache", "brows"},
    "measure": _SHAPED, "weight": _SHAPED, "tone": frozenset({"tone"}),
    "hair": frozenset({"hair colour"}), "eyes": frozenset({"eye colour"}),
    **dict.fromkeys(
        ("style", "length", "texture", "arranged", "volume", "hairline", "parting"),
        frozenset({"hairstyle"}),
    ),
    **dict.fromkeys(("roots", "tips"), frozenset({"hair tones", "hair colour"})),
    "move": frozenset({"expression"}), "light": frozenset({"light"}),
    "lipstick": frozenset({"makeup colour"}), "eyeshadow": frozenset({"makeup colour"}),
    "lips": frozenset({"makeup colour", "lipstick"}),
    "lids": frozenset({"makeup colour", "eyeshadow"}), "mouth": frozenset({"expression"}),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence, of whom it is said, and what it wants."""

    text: str
    start: str
    wants: tuple[str, ...]
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a sentence."""

    said: Said
    before: HeadParams
    after: HeadParams  # its layer over `before`, not added up
    missed: tuple[str, ...]  # wants that are not met
    leaked: tuple[str, ...]  # what moved and was not asked for
    seconds: float  # processor time of understanding it


def held_out(path: Path = HELD_OUT) -> tuple[list[Said], dict[str, HeadParams]]:
    """Sentences of a file, and the heads they are said of, by name."""
    read = tomllib.loads(path.read_text("utf-8"))
    sentences = [
        Said(s, of, tuple(wants), tuple(kinds)) for s, of, wants, kinds in read["sentences"]
    ]
    return sentences, {name: _start(each) for name, each in read["starts"].items()}


def _start(described: Mapping[str, Any]) -> HeadParams:
    if "seed" not in described:
        return chosen_head()
    head = random_person(described["seed"])
    strengths = head.attributes.copy()
    for name, value in described.get("attributes", {}).items():
        strengths[ATTRIBUTES.index(name)] = value
    color = np.array(HAIR[described["hair"]]) if "hair" in described else head.hair_color
    weights = head.expression.copy()
    for at, weight in blendshapes(described.get("move", "neutral")):
        weights[at] = weight
    return head.with_(
        hairstyle=described.get("hairstyle"),
        hair_color=color,
        attributes=strengths,
        expression=weights,
    )


def carried_out(said: Said, head: HeadParams, mesh: BilinearModel, judge: Judge) -> Outcome:
    """Understand a sentence and judge the head it makes."""
    began = time.process_time()
    answer = understand(said.text, head, mesh)
    seconds = time.process_time() - began
    layered = head.with_(edits=(answer.layer,)) if answer.layer else head
    after = edited(layered)
    missed = [want for want in said.wants if not _met(want, answer, head, after, judge)]
    leaked = sorted(moved(head, after, judge) - _allowed(said.wants))
    return Outcome(said, head, layered, tuple(missed), tuple(leaked), seconds)


def _met(
    want: str, answer: Understanding, before: HeadParams, after: HeadParams, judge: Judge
) -> bool:
    return any(_one_met(each, answer, before, after, judge) for each in alternatives(want))


def alternatives(want: str) -> list[str]:
    """Any of which will do: “stubble+|beard+”; “move=sad|frown” is one want with two moves."""
    return re.split(r"\|(?=nothing\b|[a-z_]+[=:+-])", want)


def _one_met(
    want: str, answer: Understanding, before: HeadParams, after: HeadParams, judge: Judge
) -> bool:
    if want == "nothing":
        return answer.layer is None
    if want.startswith("said:"):
        return want.removeprefix("said:") in " ".join(answer.unknown).casefold()
    return judge.fulfilled(before, after, want)


def moved(before: HeadParams, after: HeadParams, judge: Judge) -> set[str]:
    """Names of what differs by more than a trace."""
    steps = np.abs(after.attributes - before.attributes)
    found = {name for name, step in zip(ATTRIBUTES, steps, strict=True) if step > 0.02}
    skin = np.abs(after.texture - before.texture) > 0.2
    tests = {
        "measures": judge.largest_move(before, after) > 0.25,
        "tone": skin[0], "makeup colour": before.make_up != after.make_up or skin[5],
        "skin": skin[1:5].any() or skin[6:].any(),
        "hair colour": not np.array_equal(before.hair_color, after.hair_color),
        "eye colour": not np.array_equal(before.iris_color, after.iris_color),
        "hairstyle": (before.hairstyle, before.hair_shape) != (after.hairstyle, after.hair_shape),
        "hair tones": before.hair_tones != after.hair_tones,
        "expression": np.abs(after.expression - before.expression).max() > 0.02,
        "light": before.light.preset != after.light.preset,
    }  # fmt: skip
    return found | {name for name, differs in tests.items() if differs}


def _allowed(wants: tuple[str, ...]) -> frozenset[str]:
    each = [one for want in wants for one in alternatives(want)]
    names = [re.split(r"[=:+-]", want, maxsplit=1)[0] for want in each]
    names += [want.partition("=")[2] for want in each if want.startswith(("has=", "is="))]
    return frozenset(names).union(*(_MAY_MOVE.get(name, frozenset()) for name in names))
