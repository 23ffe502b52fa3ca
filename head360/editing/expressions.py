"""What a face does: smiles, gazes, shut eyes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from head360.editing import targets
from head360.editing.difference import difference
from head360.editing.labels import LESS, NO
from head360.editing.meant import Meant
from head360.edits import Change
from head360.model.bilinear import BilinearModel
from head360.params import EXPRESSIONS, HeadParams


def what_a_face_does(head: HeadParams, meant: Meant, _mesh: BilinearModel) -> Change | None:
    """Smiles, gazes and the like; what says the contrary ends."""
    weights, name = head.expression.copy(), meant.name
    if name == "neutral":
        return difference(head, head.with_(expression=np.zeros_like(weights)))
    if name == "eyes closed" and meant.way == NO and not _shut(head):
        name, meant = "eyes wide", replace(meant, way="", degree=0.5)  # “open the eyes a touch”
    said = {name for _, name, _ in meant.modifiers}
    if name == "smile" and said & {"wide", "big", "full"}:
        name = "grin"
    for at in _opposed(name) if not meant.way else _scowled(meant):
        weights[at] = 0.0
    gently = name == "smile" and not meant.way and bool(said & {"soft", "small", "narrow"})
    for at, weight in blendshapes(name):
        if gently:
            weights[at] = 0.6 * weight
            continue
        if meant.way == NO:
            weights[at] = 0.0
        elif meant.way == LESS:
            weights[at] *= 0.5
        else:
            weights[at] = max(weights[at], weight) if weight > 0 else 0.0
    return difference(head, head.with_(expression=weights))


def _shut(head: HeadParams) -> bool:
    """Whether an eye is closed, in part at least."""
    blinks = [n for n, known in enumerate(EXPRESSIONS) if known.startswith("eyeBlink")]
    return bool(head.expression[blinks].max() > 0.05)


#: A smile has no scowl, grief no smile.
_GLAD, _GLUM = ("smile", "grin", "laugh"), ("sad", "angry", "disgusted", "frown")
_GLADLY = ("mouthSmile", "cheekSquint")
_GLUMLY = ("browDown", "noseSneer", "mouthFrown", "mouthPress")


def _opposed(name: str) -> list[int]:
    """The blendshapes that what a face does puts an end to."""
    ends = _GLUMLY if name in _GLAD else _GLADLY if name in _GLUM else ()
    return [n for n, known in enumerate(EXPRESSIONS) if ends and known.startswith(ends)]


def _scowled(meant: Meant) -> list[int]:
    """The blendshapes of a scowl that shall end: it is in brows, nose and mouth."""
    scowl = any(word.startswith(("scowl", "frown", "glower")) for word in meant.said)
    return _opposed("smile") if meant.way == NO and scowl else []


def blendshapes(move: str) -> Iterator[tuple[int, float]]:
    """Number and weight of each blendshape of what a face does, a name of `targets.MOVES`."""
    for name, weight in targets.MOVES[move].items():
        for side in ("", "Left", "Right"):
            if name + side in EXPRESSIONS:
                yield EXPRESSIONS.index(name + side), weight
