"""Whether an edited head shows what a sentence asked for.

A want is a short text: what, and which way or what it shall be.

    age+  age-  age=70          years, by the head's code
    male+  male-                more of a man; more of a woman
    freckles+  beard-  lipstick=0   strengths of attributes: more, less, none
    measure:Nose width+         measures of the face (`head360.model.measures`)
    weight+  weight-            wider cheeks and jaw
    tone+  tone-                darker, lighter skin
    hair=blond  hair:dark  hair:bright  eyes=blue  eyes:dark  eyes:bright
    style=bob,bob_bangs         one of these styles; bald is `style=none`
    volume+  volume-            fuller, flatter hair of the same style
    length=long  length+  length-   cropped, short, medium, long
    texture=curly  arranged=fringe,tied,centre,side,slicked,tousled,loose
    move=smile  move-smile      what the face does; what it does no more
    roots=black  tips=blond  roots:dark  tips:bright    near the scalp, at the ends
    parting=left  parting=right  parting=other     on the head's own side; on the other side
    hairline+  hairline-        higher, lower
    light=sunset
    is=male  has=stubble  male=0  mouth=closed     how it is, however it was
    lips=red  lids=brown        the colour of the make-up
    keep:beard  keep:hair  keep:haircolour  keep:eyes  keep:skin  keep:tone  keep:age  keep:nose
    keep:lips  keep:hairstyle   as before
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from head360.editing.ages import AGES, age_of
from head360.editing.controls import masculinity_of
from head360.editing.targets import (
    EYES,
    HAIR,
    MAKE_UP,
    MOVES,
    PARTED,
    STYLE_FACTS,
)
from head360.make_up import SHADES, MakeUp
from head360.model.bilinear import BilinearModel
from head360.model.measures import measure_correlations
from head360.params import ATTRIBUTES, EXPRESSIONS, HairShape, HairTones, HeadParams

_LENGTHS = ("cropped", "short", "medium", "long")
_WANT = re.compile(r"(?P<what>[a-z_]+)(?P<how>[=:+-])(?P<rest>.*)")


class Judge:
    """Compares heads before and after."""

    def __init__(self, mesh: BilinearModel) -> None:
        self._correlations = measure_correlations(mesh)

    def fulfilled(self, before: HeadParams, after: HeadParams, want: str) -> bool:
        """Whether a want is met; heads with their edits added up.

        Raises:
            ValueError: the want is not of this language.
        """
        parts = _WANT.fullmatch(want)
        if not parts:
            raise ValueError(f"“{want}” is no want")
        what, how, rest = parts["what"], parts["how"], parts["rest"]
        if what == "measure":
            return self._measure(before, after, rest[:-1], rest[-1])
        if what in ATTRIBUTES:
            return _attribute(before, after, what, how)
        if what == "keep" and rest in _MEASURED:
            moved = (self._step(before, after, name) for name in _MEASURED[rest])
            return max(map(abs, moved)) < 0.3
        rule = _RULES.get(what)
        if what == "weight":
            return self._measure(before, after, "Cheek width", how)
        if rule is None:
            raise ValueError(f"“{want}” is no want")
        return rule(before, after, how, rest)

    def largest_move(self, before: HeadParams, after: HeadParams) -> float:
        """By how much the face's measures differ at most, standard deviations."""
        step = after.shape - before.shape
        return max(abs(float(slope @ step)) for slope in self._correlations.values())

    def _measure(self, before: HeadParams, after: HeadParams, name: str, sign: str) -> bool:
        return self._step(before, after, name) * _sign(sign) > 0.25

    def _step(self, before: HeadParams, after: HeadParams, name: str) -> float:
        return float(self._correlations[name] @ (after.shape - before.shape))


#: Parts of a face that can be kept, by their measures.
_MEASURED = {"nose": ("Nose width", "Nose length", "Nose tip"), "lips": ("Lip fullness",)}


def _sign(how: str) -> float:
    return {"+": 1.0, "-": -1.0}[how]


def _attribute(before: HeadParams, after: HeadParams, name: str, how: str) -> bool:
    at = ATTRIBUTES.index(name)
    if how == "=":
        return bool(after.attributes[at] <= 0.05)
    return float(after.attributes[at] - before.attributes[at]) * _sign(how) > 0.04


def _age(before: HeadParams, after: HeadParams, how: str, rest: str) -> bool:
    if how == "=":  # beyond the youngest and the oldest that there are, these
        return abs(age_of(after) - float(np.clip(float(rest), *AGES))) < 9
    return (age_of(after) - age_of(before)) * _sign(how) > 4


def _male(before: HeadParams, after: HeadParams, how: str, rest: str) -> bool:
    if how == "=":
        return abs(masculinity_of(after) - float(rest)) < 0.35
    ends = masculinity_of(after) * _sign(how) > 0.99  # as much as there is
    return ends or (masculinity_of(after) - masculinity_of(before)) * _sign(how) > 0.15


def _tone(before: HeadParams, after: HeadParams, how: str, _rest: str) -> bool:
    return float(after.texture[0] - before.texture[0]) * _sign(how) > 0.2


def _color(
    palette: Mapping[str, tuple[float, float, float]], field: str, before: HeadParams,
    after: HeadParams, how: str, rest: str,
) -> bool:  # fmt: skip
    color = getattr(after, field)
    if how == "=":
        return any(np.allclose(color, palette[name], atol=0.02) for name in rest.split(","))
    brighter = float(color.sum() / getattr(before, field).sum())
    return brighter < 0.8 if rest == "dark" else brighter > 1.2


def _facts(head: HeadParams) -> tuple[int, str, str]:
    return STYLE_FACTS.get(head.hairstyle or "", (-1, "", ""))


def _style(_before: HeadParams, after: HeadParams, _how: str, rest: str) -> bool:
    return (after.hairstyle or "none") in rest.split(",")


def _length(before: HeadParams, after: HeadParams, how: str, rest: str) -> bool:
    if how == "=":
        return _facts(after)[0] == _LENGTHS.index(rest)
    styles = (_facts(after)[0] - _facts(before)[0]) * _sign(how)
    return styles > 0 or (styles == 0 and _worn(before, after, "length") * _sign(how) > 0.1)


def _volume(before: HeadParams, after: HeadParams, how: str, _rest: str) -> bool:
    return _worn(before, after, "volume") * _sign(how) > 0.1


def _worn(before: HeadParams, after: HeadParams, name: str) -> float:
    """How much more of a `HairShape`'s length or volume there is."""
    shapes = [head.hair_shape or HairShape() for head in (before, after)]
    return float(getattr(shapes[1], name) - getattr(shapes[0], name))


def _hairline(before: HeadParams, after: HeadParams, how: str, _rest: str) -> bool:
    receded = how == "+" and after.hairstyle == "horseshoe" != before.hairstyle
    return receded or _worn(before, after, "hairline") * _sign(how) > 0.1


def _tone_of(
    part: str, _before: HeadParams, after: HeadParams, how: str, rest: str
) -> bool:  # of the roots or the tips
    tone = getattr(after.hair_tones or HairTones(), part)
    if tone is None:
        return False
    if how == "=":
        return any(np.allclose(tone, HAIR[name], atol=0.02) for name in rest.split(","))
    brighter = float(sum(tone)) / float(after.hair_color.sum())
    return brighter < 0.8 if rest == "dark" else brighter > 1.2


def _parting(before: HeadParams, after: HeadParams, _how: str, rest: str) -> bool:
    mirrored = [(head.hair_shape or HairShape()).mirrored for head in (before, after)]
    if rest == "other":
        return mirrored[0] != mirrored[1]
    side = PARTED.get(after.hairstyle or "")
    return side is not None and (side == rest) != mirrored[1]


def _texture(_before: HeadParams, after: HeadParams, _how: str, rest: str) -> bool:
    return _facts(after)[1] in rest.split(",")


def _arranged(_before: HeadParams, after: HeadParams, _how: str, rest: str) -> bool:
    if rest == "loose":
        return _facts(after)[2] not in ("tied", "fringe")
    return _facts(after)[2] in rest.split(",")


def _is(_before: HeadParams, after: HeadParams, _how: str, rest: str) -> bool:
    return masculinity_of(after) * (1 if rest == "male" else -1) > 0.2


def _has(_before: HeadParams, after: HeadParams, _how: str, rest: str) -> bool:
    return bool(after.attributes[ATTRIBUTES.index(rest)] > 0.2)


def _mouth(_before: HeadParams, after: HeadParams, _how: str, _rest: str) -> bool:
    return bool(after.expression[EXPRESSIONS.index("jawOpen")] < 0.1)


def _made_up(
    part: str, _before: HeadParams, after: HeadParams, _how: str, rest: str
) -> bool:  # of lips or lids
    color = (after.make_up or MakeUp()).linear(part, after.texture)
    return _plainly(color) in {_plainly(SHADES[MAKE_UP[name]]) for name in rest.split(",")}


def _plainly(color: tuple[float, float, float]) -> str:
    """Of which colour the shade is that a colour of make-up, linear RGB, is nearest to."""
    encoded = np.power(color, 1 / 2.2)
    apart = {name: np.power(shade, 1 / 2.2) - encoded for name, shade in SHADES.items()}
    nearest = min(apart, key=lambda name: float(np.square(apart[name]).sum()))
    return _FAMILIES.get(nearest, nearest)


_FAMILIES = {
    "burgundy": "red", "fuchsia": "pink", "coral": "pink", "nude": "pink", "bronze": "brown",
    "light blue": "blue",
}  # fmt: skip


def _move(before: HeadParams, after: HeadParams, how: str, rest: str) -> bool:
    moved = after.expression - before.expression
    if "|" in rest:
        return any(_move(before, after, how, one) for one in rest.split("|"))
    if rest == "neutral":
        return bool(np.abs(after.expression).max() < 0.05)
    names = [name for name, weight in MOVES[rest].items() if abs(weight) >= 0.3]
    steps = [
        float(np.max([moved[i] for i, known in enumerate(EXPRESSIONS) if known.startswith(name)]))
        if how == "="
        else -float(np.min([moved[i] for i, k in enumerate(EXPRESSIONS) if k.startswith(name)]))
        for name in names
    ]
    sign = -1.0 if how == "=" and min(MOVES[rest].values()) < 0 else 1.0
    return any(sign * step > 0.12 for step in steps)


def _light(_before: HeadParams, after: HeadParams, _how: str, rest: str) -> bool:
    return after.light.preset == rest


def _kept(before: HeadParams, after: HeadParams, _how: str, rest: str) -> bool:
    if rest == "hair":
        same_color = np.array_equal(before.hair_color, after.hair_color)
        return same_color and before.hairstyle == after.hairstyle
    if rest == "hairstyle":
        return (before.hairstyle, before.hair_shape) == (after.hairstyle, after.hair_shape)
    if rest == "age":
        return abs(age_of(after) - age_of(before)) < 4
    if rest == "tone":
        return bool(abs(after.texture[0] - before.texture[0]) < 0.05)
    if rest in ("eyes", "skin", "haircolour"):
        field = {"eyes": "iris_color", "skin": "texture", "haircolour": "hair_color"}[rest]
        return bool(np.array_equal(getattr(before, field), getattr(after, field)))
    at = ATTRIBUTES.index(rest)
    return bool(abs(before.attributes[at] - after.attributes[at]) < 0.02)


_Rule = Callable[[HeadParams, HeadParams, str, str], bool]
_RULES: Mapping[str, _Rule] = {
    "age": _age, "male": _male, "tone": _tone, "style": _style, "length": _length,
    "texture": _texture, "volume": _volume, "arranged": _arranged, "move": _move,
    "light": _light, "keep": _kept, "hairline": _hairline, "parting": _parting,
    "is": _is, "has": _has, "mouth": _mouth, "lips": partial(_made_up, "lips"),
    "lids": partial(_made_up, "lids"),
    "roots": partial(_tone_of, "roots"), "tips": partial(_tone_of, "tips"),
    "hair": partial(_color, HAIR, "hair_color"), "eyes": partial(_color, EYES, "iris_color"),
}  # fmt: skip
