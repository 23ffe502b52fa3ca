"""What faces do, by chance: single shapes, mixtures, and those that people know by name.

Whoever learns to read faces from renders must not see one shape at a time only: a smile comes
with narrowed eyes, anger with a sneer, and every face blinks and looks around meanwhile.
"""

from __future__ import annotations

import numpy as np

from head360.params import EXPRESSIONS, FloatArray
from head360.performance import Performance

#: Shapes that come together, at full strength. A name without a side is both sides'.
KNOWN_FACES: dict[str, dict[str, float]] = {
    "smile": {"mouthSmile": 0.9, "cheekSquint": 0.5, "eyeSquint": 0.4},
    "laugh": {"mouthSmile": 1.0, "jawOpen": 0.4, "cheekSquint": 0.6, "eyeSquint": 0.5,
              "mouthUpperUp": 0.4},
    "surprise": {"browInnerUp": 0.9, "browOuterUp": 0.9, "eyeWide": 0.9, "jawOpen": 0.5},
    "anger": {"browDown": 1.0, "eyeSquint": 0.5, "noseSneer": 0.6, "mouthPress": 0.6},
    "shout": {"browDown": 0.9, "noseSneer": 0.5, "jawOpen": 0.8, "mouthUpperUp": 0.6,
              "mouthLowerDown": 0.7},
    "disgust": {"noseSneer": 1.0, "mouthUpperUp": 0.7, "browDown": 0.6, "cheekSquint": 0.5},
    "sadness": {"browInnerUp": 0.8, "mouthFrown": 0.9, "mouthShrugLower": 0.4},
    "fear": {"browInnerUp": 0.8, "eyeWide": 0.9, "mouthStretch": 0.8, "jawOpen": 0.3},
    "pressed": {"mouthPress": 0.9, "mouthRollLower": 0.5, "mouthRollUpper": 0.4},
    "kiss": {"mouthPucker": 1.0, "mouthFunnel": 0.3},
    "doubt": {"mouthShrugLower": 0.8, "mouthShrugUpper": 0.5, "browInnerUp": 0.4,
              "mouthFrown": 0.4},
    "puffed": {"cheekPuff": 1.0, "mouthPress": 0.4},
    "left": {"jawLeft": 0.8, "mouthLeft": 0.5},
    "right": {"jawRight": 0.8, "mouthRight": 0.5},
    "smirk left": {"mouthSmileLeft": 0.8, "mouthDimpleLeft": 0.5, "eyeSquintLeft": 0.3},
    "smirk right": {"mouthSmileRight": 0.8, "mouthDimpleRight": 0.5, "eyeSquintRight": 0.3},
    "wink left": {"eyeBlinkLeft": 1.0, "cheekSquintLeft": 0.6, "mouthSmileLeft": 0.3},
    "wink right": {"eyeBlinkRight": 1.0, "cheekSquintRight": 0.6, "mouthSmileRight": 0.3},
    "ah": {"jawOpen": 0.7, "mouthLowerDown": 0.3},
    "oh": {"jawOpen": 0.4, "mouthFunnel": 0.8},
    "ee": {"mouthStretch": 0.5, "mouthSmile": 0.4, "mouthLowerDown": 0.5, "jawOpen": 0.15},
    "oo": {"mouthPucker": 0.8, "jawOpen": 0.15},
    "ff": {"mouthRollLower": 0.8, "mouthUpperUp": 0.4, "jawOpen": 0.1},
    "mm": {"mouthRollLower": 0.5, "mouthRollUpper": 0.6, "mouthClose": 0.2, "jawOpen": 0.2},
    "jaw forward": {"jawForward": 0.9, "mouthShrugLower": 0.3},
}  # fmt: skip
#: Shapes that mean nothing without another.
_COMPANIONS = {"mouthClose": "jawOpen"}
_SINGLE, _MIXED = 0.3, 0.25  # shares of faces; the others are known ones
_BLINKS, _LOOKS = 0.2, 0.5
_BOTH_SIDES = 0.7
_REST_S, _FACE_S, _RESTING = 1.0, 0.4, 0.15
_SWAY = np.array([14.0, 7.0, 5.0])  # degrees
_TRACKED = [name for name in EXPRESSIONS if name != "tongueOut"]


def made_face(rng: np.random.Generator) -> FloatArray:
    """(52,) weights of some face, never of the tongue."""
    kind = rng.random()
    if kind < _SINGLE:
        return _filled(_shapes(1, rng))
    face = _shapes(int(rng.integers(2, 7)), rng) if kind < _SINGLE + _MIXED else _known(rng)
    return _filled(face | _eyes(rng))


def _known(rng: np.random.Generator) -> dict[str, float]:
    """One or two of the known faces, each in somebody's own way."""
    face: dict[str, float] = {}
    for name in rng.choice(list(KNOWN_FACES), rng.integers(1, 3), replace=False):
        strength = rng.uniform(0.25, 1.1)
        for shape, weight in KNOWN_FACES[str(name)].items():
            own = weight * strength * rng.uniform(0.5, 1.4)
            for sided in sides(shape):
                face[sided] = max(face.get(sided, 0.0), own * rng.uniform(0.85, 1.15))
    return face


def _shapes(count: int, rng: np.random.Generator) -> dict[str, float]:
    face: dict[str, float] = {}
    for name in rng.choice(_TRACKED, count, replace=False):
        weight = rng.uniform(0.15, 1.0)
        mirrored = name.replace("Left", "#").replace("Right", "Left").replace("#", "Right")
        both = rng.random() < _BOTH_SIDES and "Look" not in name and name[:3] not in ("jaw",)
        both = both and name not in ("mouthLeft", "mouthRight")
        for shape in {str(name), mirrored} if both else {str(name)}:
            face[shape] = weight
            if shape in _COMPANIONS:
                face[_COMPANIONS[shape]] = weight
    return face


def _eyes(rng: np.random.Generator) -> dict[str, float]:
    """Now and then a blink, and a look somewhere with both eyes."""
    face: dict[str, float] = {}
    if rng.random() < _BLINKS:
        face |= dict.fromkeys(sides("eyeBlink"), float(rng.uniform(0.2, 1.0)))
    if rng.random() < _LOOKS:
        aside, up = rng.normal(0, 0.35, 2)
        left, right = ("Out", "In") if aside > 0 else ("In", "Out")
        face |= {f"eyeLook{left}Left": abs(aside), f"eyeLook{right}Right": abs(aside)}
        face |= dict.fromkeys(sides(f"eyeLook{'Up' if up > 0 else 'Down'}"), abs(float(up)))
    return face


def sides(shape: str) -> tuple[str, ...]:
    """Both sides' names of a shape that has sides and was named without one."""
    return (shape,) if shape in EXPRESSIONS else (f"{shape}Left", f"{shape}Right")


def _filled(face: dict[str, float]) -> FloatArray:
    weights = np.zeros(len(EXPRESSIONS), np.float32)
    for name, weight in face.items():
        weights[EXPRESSIONS.index(name)] = min(weight, 1.0)
    return weights


def acted(fps: float, seconds: float = 12.0, seed: int = 0) -> Performance:
    """Somebody who makes one face after the other, each turning into the next, and sways.

    It begins with a second of rest, and now and then there is some in between.
    """
    rng = np.random.default_rng([seed, 6])
    count = int((seconds - _REST_S) / _FACE_S)
    faces = [made_face(rng) * (rng.random() > _RESTING) for _ in range(count)]
    keys = np.stack([np.zeros(len(EXPRESSIONS)), np.zeros(len(EXPRESSIONS)), *faces])
    moments = np.concatenate([[0.0], _REST_S + _FACE_S * np.arange(count + 1)])
    times = np.arange(round(seconds * fps)) / fps
    before = np.searchsorted(moments, times, "right").clip(1, len(moments) - 1) - 1
    share = ((times - moments[before]) / (moments[before + 1] - moments[before])).clip(0, 1)
    eased = (0.5 - 0.5 * np.cos(np.pi * share))[:, None]
    weights = (1 - eased) * keys[before] + eased * keys[before + 1]
    start, rate = rng.uniform(0, 0.2, 3), np.array([0.13, 0.21, 0.17])
    sway = _SWAY * np.sin(2 * np.pi * (times[:, None] - _REST_S).clip(0) * (rate + start))
    return Performance(times, weights.astype(np.float32), sway.astype(np.float32), "Acted", fps)
