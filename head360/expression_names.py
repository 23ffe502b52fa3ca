"""The 52 blendshapes as people speak of them: groups, plain names, mirror pairs, presets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from head360.params import EXPRESSIONS, FloatArray

#: Group titles with the technical prefixes they hold.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Brows", ("brow",)),
    ("Eyes", ("eye",)),
    ("Cheeks and nose", ("cheek", "nose")),
    ("Mouth", ("mouth",)),
    ("Jaw", ("jaw",)),
    ("Tongue", ("tongue",)),
)

_SHORTENED = ("brow", "eye", "mouth")  # prefixes that the group title already says


@dataclass(frozen=True, slots=True)
class Preset:
    """A whole face at once."""

    name: str
    weights: Mapping[str, float]  # by blendshape; a name without Left/Right means both sides


PRESETS: tuple[Preset, ...] = (
    Preset("Neutral", {}),
    Preset("Smile", {"mouthSmile": 0.75, "cheekSquint": 0.45, "eyeSquint": 0.25, "jawOpen": 0.05}),
    Preset(
        "Laugh",
        {"mouthSmile": 0.9, "jawOpen": 0.45, "cheekSquint": 0.7, "eyeSquint": 0.55,
         "mouthUpperUp": 0.35, "mouthLowerDown": 0.25, "browInnerUp": 0.15},
    ),
    Preset(
        "Surprise",
        {"jawOpen": 0.5, "eyeWide": 0.8, "browInnerUp": 0.8, "browOuterUp": 0.7,
         "mouthFunnel": 0.25},
    ),
    Preset(
        "Sad",
        {"browInnerUp": 0.75, "mouthFrown": 0.7, "mouthShrugLower": 0.45, "eyeSquint": 0.15,
         "eyeLookDown": 0.25},
    ),
    Preset(
        "Angry",
        {"browDown": 0.9, "eyeSquint": 0.45, "noseSneer": 0.5, "mouthPress": 0.5,
         "mouthFrown": 0.3, "jawForward": 0.2},
    ),
    Preset(
        "Disgust",
        {"noseSneer": 0.9, "mouthUpperUp": 0.5, "browDown": 0.5, "eyeSquint": 0.4,
         "mouthFrown": 0.3},
    ),
    Preset("Blink", {"eyeBlink": 1.0}),
    Preset("Wink", {"eyeBlinkLeft": 1.0, "cheekSquintLeft": 0.5, "mouthSmileLeft": 0.45}),
    Preset("Kiss", {"mouthPucker": 0.9, "mouthFunnel": 0.15, "eyeSquint": 0.2}),
    Preset("Tongue", {"tongueOut": 1.0, "jawOpen": 0.4, "mouthLowerDown": 0.2}),
    Preset("Think", {"eyeLookUp": 0.5, "browOuterUpLeft": 0.6, "mouthLeft": 0.35,
                     "mouthPress": 0.35}),
)  # fmt: skip


def spoken_name(name: str) -> str:
    """“Mouth smile left” for `mouthSmileLeft`."""
    return re.sub(r"(?<!^)([A-Z])", r" \1", name).lower().capitalize()


def short_name(name: str) -> str:
    """“Smile left” for `mouthSmileLeft`: for rows below a title that says “Mouth”."""
    prefix = next((p for p in _SHORTENED if name.startswith(p)), "")
    rest = name[len(prefix) :]
    return spoken_name(rest[0].lower() + rest[1:])


def members(prefixes: tuple[str, ...]) -> list[int]:
    """Indices of the blendshapes of one group."""
    return [index for index, name in enumerate(EXPRESSIONS) if name.startswith(prefixes)]


def other_side(index: int) -> int | None:
    """The same muscle on the other side; None in the middle."""
    name = EXPRESSIONS[index]
    if name.startswith(("jaw", "mouthLeft", "mouthRight")):
        return None  # these move the middle: their left and right are opposites, not twins
    for here, there in (("Left", "Right"), ("Right", "Left")):
        if name.endswith(here):
            return EXPRESSIONS.index(name.removesuffix(here) + there)
    return None


def mirrored(weights: FloatArray) -> FloatArray:
    """(52,) with left and right exchanged."""
    swapped = [
        name.replace("Left", "?").replace("Right", "Left").replace("?", "Right")
        for name in EXPRESSIONS
    ]
    order = [EXPRESSIONS.index(name) for name in swapped]
    result: FloatArray = weights[order]
    return result


def preset_weights(preset: Preset) -> FloatArray:
    """(52,) weights of a preset."""
    weights = np.zeros(len(EXPRESSIONS), np.float32)
    for name, weight in preset.weights.items():
        for index, known in enumerate(EXPRESSIONS):
            if known == name or (
                name not in EXPRESSIONS and known in (f"{name}Left", f"{name}Right")
            ):
                weights[index] = weight
    return weights


def matches(name: str, query: str) -> bool:
    """Whether every word of the query occurs in the plain or the technical name."""
    text = f"{spoken_name(name)} {name}".lower()
    return all(word in text for word in query.lower().split())
