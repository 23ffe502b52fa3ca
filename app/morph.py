"""Between two people: what a morph mixes, and where on the way a head stands."""

from __future__ import annotations

from typing import Any

import numpy as np

from head360.make_up import PARTS, MakeUp
from head360.params import FloatArray, HairMix, HeadParams

#: What is mixed in a straight line. Expression, pose and light belong to the scene; hair has a way
#: of its own.
MORPHED = ("shape", "texture", "attributes", "hair_color", "iris_color")
#: What makes a person.
PERSON = (*MORPHED, "hairstyle", "hair_mix", "make_up")


def mixed(first: HeadParams, second: HeadParams, share: float) -> dict[str, FloatArray]:
    """The fields of `MORPHED`, from the first head (0) to the second (1); the ends are exact."""
    near, far = np.float32(1 - share), np.float32(share)
    return {name: near * getattr(first, name) + far * getattr(second, name) for name in MORPHED}


def hair_between(first: HeadParams, second: HeadParams, share: float) -> dict[str, Any]:
    """The hairstyle from the first head (0) to the second (1); the ends are exact.

    Two plain hairstyles mix. What is mixed already, or bald, has no way between: there, the hair
    is that of the nearer head.
    """
    plain = not (first.hair_mix or second.hair_mix) and first.hairstyle and second.hairstyle
    if plain and first.hairstyle != second.hairstyle and 0 < share < 1:
        assert second.hairstyle is not None
        mix = HairMix(second.hairstyle, share)
        return {"hairstyle": first.hairstyle, "hair_mix": mix}
    nearer = first if share < 0.5 else second
    return {"hairstyle": nearer.hairstyle, "hair_mix": nearer.hair_mix}


def make_up_between(first: HeadParams, second: HeadParams, share: float) -> MakeUp | None:
    """The colours of make-up from the first head (0) to the second (1); the ends are exact."""
    if share in (0, 1) or first.make_up == second.make_up:
        return second.make_up if share == 1 else first.make_up
    worn = [(head.make_up or MakeUp(), head.texture) for head in (first, second)]
    between: dict[str, Any] = {}
    for part in PARTS.values():
        near, far = (np.array(make_up.linear(part, texture)) for make_up, texture in worn)
        between[part] = tuple(((1 - share) * near + share * far).tolist())
    return MakeUp(**between)


def share_of(params: HeadParams, first: HeadParams, second: HeadParams) -> float:
    """The place between two heads that is nearest to `params`, 0 … 1."""
    start, end, here = _flat(first), _flat(second), _flat(params)
    way = end - start
    length = float(way @ way)
    return float(np.clip((here - start) @ way / length, 0.0, 1.0)) if length else 0.0


def _flat(params: HeadParams) -> FloatArray:
    return np.concatenate([getattr(params, name) for name in MORPHED])
