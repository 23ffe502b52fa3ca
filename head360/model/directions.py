"""Makes a head older, younger, more of a man or of a woman, and leaves it the same person."""

from __future__ import annotations

import numpy as np

from head360.model.sampling import TRAITS, shape_statistics
from head360.params import ATTRIBUTES, HeadParams

#: What a trait does beside the shape, per unit: texture codes by place, attributes by name.
#: As random people are made (`model.sampling`).
_CODES = {"old": {7: 2.2}, "male": {8: 1.4, 16: 0.9, 5: -0.4}}
_STRENGTHS = {"old": {"wrinkles": 0.9, "age_spots": 0.5}, "male": {}}
_LIMIT = 3.0  # standard deviations


def with_trait(head: HeadParams, trait: str, by: float) -> HeadParams:
    """The head with a trait moved by an amount.

    Args:
        head: whom to change; everything that the trait does not touch stays the same object.
        trait: one of `model.sampling.TRAITS`: `male` (-1 … 1) or `old` (-0.35 … 0.95); ancestries
            move the shape alone.
        by: how far, in the trait's unit.

    Raises:
        ValueError: there is no such trait.
    """
    if trait not in TRAITS:
        raise ValueError(f"there is no trait “{trait}”; there are {', '.join(TRAITS)}")
    codes, _ = shape_statistics()
    texture, strengths = head.texture.copy(), head.attributes.copy()
    for place, slope in _CODES.get(trait, {}).items():
        texture[place] = np.clip(texture[place] + by * slope, -_LIMIT, _LIMIT)
    for name, slope in _STRENGTHS.get(trait, {}).items():
        number = ATTRIBUTES.index(name)
        strengths[number] = np.clip(strengths[number] + by * slope, 0, 1)
    shape = (head.shape + by * codes[TRAITS.index(trait)]).clip(-_LIMIT, _LIMIT)
    return head.with_(shape=shape.astype(np.float32), texture=texture, attributes=strengths)
