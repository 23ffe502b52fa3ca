"""How old somebody is, and how old a wish makes them."""

from __future__ import annotations

import re

import numpy as np

from head360.editing.labels import LESS, MORE, NO
from head360.editing.meant import Meant
from head360.edits import Change
from head360.model.sampling import TRAITS, shape_statistics
from head360.params import HeadParams

_AGE_CODE = 7  # of the texture code
#: The youngest and the oldest that there are, and how much of the trait “old” they have.
AGES, OLD = (16.0, 70.0), (-0.35, 0.95)
#: How old words are.
WORD_AGES = {"young": 21.0, "middle-aged": 47.0, "old": 68.0}
OLDER_YEARS = 22.0
_COMPARED = frozenset(
    {"older", "younger", "aging", "ageing", "rejuvenate", "rejuvenated", "by", "decade", "decades",
     "clock", "age"}
)  # fmt: skip
_TIMES = frozenset({"years", "year", "yrs", "yr", "years'"})
_PAST = frozenset({"ago", "back", "earlier", "previously", "off"})
_FUTURE = frozenset({"later", "now", "hence", "time", "future", "on", "years'"})


def age_of(head: HeadParams) -> float:
    """About how many years a head's code stands for."""
    codes, _ = shape_statistics()
    row = codes[TRAITS.index("old")]
    by_shape = float(head.shape @ row / (row @ row))
    by_skin = (float(head.texture[_AGE_CODE]) + 0.6) / 2.2
    return float(np.interp(0.4 * by_shape + 0.6 * by_skin, OLD, AGES))


def ageless(change: Change) -> dict[str, np.ndarray]:
    """Shape and texture of a change, as far as it has them, without what makes older or younger."""
    rest: dict[str, np.ndarray] = {}
    if change.shape is not None:
        row = shape_statistics()[0][TRAITS.index("old")]
        rest["shape"] = (change.shape - row * float(change.shape @ row / (row @ row))).astype(
            np.float32
        )
    if change.texture is not None:
        rest["texture"] = change.texture.copy()
        rest["texture"][_AGE_CODE] = 0.0
    return rest


def years_wished(head: HeadParams, meant: Meant) -> float:
    """How many years older (or younger) a wish makes a head."""
    sign, said = -1.0 if meant.name == "young" else 1.0, frozenset(meant.said)
    if (number := years_said(meant)) is not None:
        timed = not said.isdisjoint(_TIMES | {"decade", "decades"})
        counted = _years_counted(head, meant, number, timed=timed)
        return number - age_of(head) if counted is None else counted
    if meant.way in (NO, LESS):
        return -sign * 0.7 * OLDER_YEARS
    if meant.way == MORE or said & _COMPARED:
        return sign * OLDER_YEARS
    wished = WORD_AGES[meant.name] - age_of(head)
    if meant.name == "middle-aged":
        return wished
    return sign * max(sign * wished, 0.7 * OLDER_YEARS)


def _years_counted(head: HeadParams, meant: Meant, number: float, *, timed: bool) -> float | None:
    """By how many years a number makes older; None if it is an age."""
    sign, said = -1.0 if meant.name == "young" else 1.0, frozenset(meant.said)
    if meant.way in (NO, LESS) and number >= 15 and not timed:
        return None  # “bring her down to 25”
    if meant.way == LESS and meant.name == "young":  # “too young, add ten years”, “… forty”
        return None if number > age_of(head) else number
    if meant.way in (NO, LESS) or said & _PAST:  # “take ten years off”
        return -number
    if meant.way == MORE or said & _FUTURE:
        return number
    if any(re.search(r"(ties|\d0'?s)$", word) for word in meant.said):
        return None  # “age him to his forties”
    if timed and meant.said[-1:] == ["old"]:
        return None  # “older, about 50 years old”
    apart = meant.counted_in not in (-1, meant.clause) and number > 15
    if apart and (number - age_of(head)) * sign > 0:
        return None  # “older, about 60”
    compared = said & _COMPARED and meant.said[-1:] != ["age"]  # “50 years of age”
    timed = timed or bool(said & (_COMPARED - {"older", "younger"})) or number <= 15
    relative = bool(compared and timed) or (number <= 12 and meant.name == "young")
    return sign * number if relative else None


def years_said(meant: Meant) -> float | None:
    """How many years a wish is about: ten for a decade."""
    if "decades" in meant.said:
        return 10.0 * (meant.number or 2.0)
    if "decade" in meant.said:
        return 10.0 * (meant.number or 1.0)
    return meant.number
