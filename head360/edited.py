"""Adds up a head and the edit layers over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar, cast

import numpy as np

from head360.edits import ARRAYS, BALD, Change, FloatArray
from head360.light import Light
from head360.make_up import PARTS, MakeUp
from head360.paint import Paint
from head360.params import ATTRIBUTES, HairMix, HairShape, HairTones, HeadParams

Value = TypeVar("Value")

#: Fields of a change that are vectors of a head, too.
_OTHERS = ("hair_shape", "hair_roots", "hair_tips", "lip_color", "lid_color")
_VECTORS = tuple(name for name in ARRAYS if name not in _OTHERS)
#: Colours of a change, by the field of `MakeUp` that they reach.
_MADE_UP = {"lips": "lip_color", "lids": "lid_color"}
#: Numbers of a `HairShape`, in the order of a change's.
_SHAPED = ("length", "volume", "fringe", "hairline", "curl")
#: How far layers may push codes, standard deviations; weights end at 0 and 1.
_LIMITS = {"shape": (-4.0, 4.0), "texture": (-3.5, 3.5), "attributes": (0, 1), "expression": (0, 1)}
#: Fields of a head that are about its hair.
HAIR_FIELDS = ("hairstyle", "hair_mix", "hair_shape", "hair_color", "hair_tones", "own_hair")
#: From which amount on something that cannot be halved is changed.
_DECISIVE = 0.5


def edited(params: HeadParams) -> HeadParams:
    """The head as its layers make it, without layers. What no layer touches is the same object."""
    return Edited().of(params)


class Edited:
    """Adds layers up, head after head; a field whose sources are the same stays the same object."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[tuple[Any, ...], Any]] = {}

    def of(self, params: HeadParams) -> HeadParams:
        """As `edited`."""
        if not params.edits:
            return params
        changes: dict[str, Any] = {name: self._field(params, name) for name in _VECTORS}
        sources = (params.light, params.edits)
        light = self._remembered("light", sources, lambda: _light(params))
        tones = self._tones(params, changes["hair_color"])
        paint = self._remembered("paint", (params.paint, params.edits), lambda: _paint(params))
        made_up = self._made_up(params, changes["texture"])
        return params.with_(
            edits=(), light=light, hair_tones=tones, paint=paint, make_up=made_up,
            **changes, **self._hair(params),
        )  # fmt: skip

    def _field(self, params: HeadParams, name: str) -> FloatArray:
        base = getattr(params, name)
        if all(getattr(change, name) is None for change, _ in _active(params)):
            result: FloatArray = base
            return result
        return self._remembered(name, (base, params.edits), lambda: _summed(params, name))

    def _hair(self, params: HeadParams) -> dict[str, Any]:
        sources = (params.hairstyle, params.hair_mix, params.hair_shape, params.edits)
        return self._remembered("hair", sources, lambda: _hair(params))

    def _tones(self, params: HeadParams, color: FloatArray) -> HairTones | None:
        sources = (params.hair_tones, color, params.edits)
        return self._remembered("tones", sources, lambda: _tones(params, color))

    def _made_up(self, params: HeadParams, texture: FloatArray) -> MakeUp | None:
        sources = (params.make_up, params.attributes, texture, params.edits)
        return self._remembered("make_up", sources, lambda: _make_up(params, texture))

    def _remembered(
        self, name: str, sources: tuple[object, ...], make: Callable[[], Value]
    ) -> Value:
        known = self._known.get(name)
        if known is None or any(a is not b for a, b in zip(known[0], sources, strict=True)):
            known = self._known[name] = (sources, make())
        return cast("Value", known[1])


def hair_of(params: HeadParams) -> dict[str, Any]:
    """The fields of a head's hair, its layers added up, for another head to wear."""
    shown = edited(params)
    return {name: getattr(shown, name) for name in HAIR_FIELDS}


def _active(params: HeadParams) -> Iterator[tuple[Change, float]]:
    """Each change that counts and its amount, from the lowest layer up."""
    for layer in params.edits:
        for wish in layer.wishes:
            amount = wish.amount * layer.strength
            if layer.on and amount > 0:
                yield wish.change, amount


def _summed(params: HeadParams, name: str) -> FloatArray:
    base = getattr(params, name)
    total = base.astype(np.float64)
    for change, amount in _active(params):
        values = getattr(change, name)
        if values is None:
            continue
        if name in _LIMITS:
            total = total + amount * values
        else:  # a colour is reached, however strongly it is wished
            total = total + min(amount, 1.0) * (values - total)
    if name in _LIMITS:
        low, high = _LIMITS[name]
        total = total.clip(np.minimum(low, base), np.maximum(high, base))
    result: FloatArray = total.astype(np.float32)
    result.setflags(write=False)  # so that parameters take it as it is
    return result


def _hair(params: HeadParams) -> dict[str, Any]:
    style, mix = params.hairstyle, params.hair_mix
    for change, amount in _active(params):
        if change.hairstyle is not None:
            style, mix = _towards(style, mix, change.hairstyle, amount)
    return {"hairstyle": style, "hair_mix": mix, "hair_shape": _hair_shape(params)}


def _hair_shape(params: HeadParams) -> HairShape | None:
    base = params.hair_shape or HairShape()
    total = np.array([getattr(base, name) for name in _SHAPED])
    mirrored, moved = base.mirrored, False
    for change, amount in _active(params):
        if change.hair_shape is not None:
            total, moved = total + amount * change.hair_shape, True
        if change.hair_mirrored is not None and amount >= _DECISIVE:
            mirrored, moved = change.hair_mirrored, True
    if not moved:
        return params.hair_shape
    numbers = dict(zip(_SHAPED, (float(v) for v in total.clip(-1, 1)), strict=True))
    return HairShape(**numbers, mirrored=mirrored)


def _tones(params: HeadParams, color: FloatArray) -> HairTones | None:
    """Colours of roots and tips on their way from the hair's own to what is wished."""
    tones = params.hair_tones or HairTones()
    changes: dict[str, Any] = {}
    for name in ("roots", "tips"):
        now = changes.get(name, getattr(tones, name))
        for change, amount in _active(params):
            wanted = getattr(change, f"hair_{name}")
            if wanted is not None:
                start = np.array(color if now is None else now)
                reached = start + min(amount, 1.0) * (wanted - start)
                now = changes[name] = tuple(float(v) for v in reached.clip(0, 1))
    return replace(tones, **changes) if changes else params.hair_tones


def _make_up(params: HeadParams, texture: FloatArray) -> MakeUp | None:
    """Colours on their way to those that are wished; on bare skin, they are there at once."""
    start = params.make_up or MakeUp()
    found: dict[str, Any] = {}
    for attribute, part in PARTS.items():
        at = ATTRIBUTES.index(attribute)
        strength = float(params.attributes[at])
        for change, amount in _active(params):
            before = strength
            if change.attributes is not None:
                strength = min(max(strength + amount * float(change.attributes[at]), 0.0), 1.0)
            wanted = getattr(change, _MADE_UP[part])
            if wanted is not None:
                now = np.array(found.get(part) or start.linear(part, texture))
                kept = (1 - min(amount, 1.0)) * min(before / max(strength, 1e-3), 1.0)
                reached = wanted + kept * (now - wanted)
                found[part] = tuple(float(v) for v in reached.clip(0, 1))
    return replace(start, **found) if found else params.make_up


def _towards(
    style: str | None, mix: HairMix | None, wanted: str, amount: float
) -> tuple[str | None, HairMix | None]:
    """A style on its way to another; between bald and hair there is no way."""
    if amount >= 1 or wanted == style:
        return wanted or None, None
    if wanted == BALD or style is None:
        return (wanted or None, None) if amount >= _DECISIVE else (style, mix)
    return style, HairMix(wanted, amount)


def _paint(params: HeadParams) -> Paint | None:
    total = params.paint
    for change, amount in _active(params):
        if change.paint is not None:
            total = (total or Paint()).added(change.paint, amount)
    return total


def _light(params: HeadParams) -> Light:
    presets = [c.light for c, amount in _active(params) if c.light and amount >= _DECISIVE]
    return replace(params.light, preset=presets[-1]) if presets else params.light
