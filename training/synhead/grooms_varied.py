"""Nobody's hair is the library's: every person wears a style a little differently, or mirrored."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from training.synhead.grooms import Groom, make_groom
from training.synhead.grooms_scalp import ScalpSurface
from training.synhead.styles import STYLES, Fringe, GroomStyle, Hem, Lengths, Tail

_STREAM = 33  # of random numbers
_LOWEST_HEM = -0.222  # metres: the box of all hair ends a little below
_AFROS = (0.112, 0.148)  # metres
_LONG = 0.10  # metres, from where straight hair may take a slight wave


def varied_groom(name: str, head: ScalpSurface, seed: int) -> Groom:
    """A library style as person `seed` wears it; every second person wears it mirrored."""
    groom = make_groom(varied(STYLES[name], seed), head, seed)
    return mirrored(groom) if is_mirrored(seed) else groom


def is_mirrored(seed: int) -> bool:
    """Whether person `seed` wears styles mirrored."""
    return bool(np.random.default_rng([seed, _STREAM, 1]).random() < 0.5)


def mirrored(groom: Groom) -> Groom:
    """Left and right exchanged; the mean head is the same on both sides."""
    positions, roots = groom.positions.copy(), groom.roots.copy()
    positions[..., 0] *= -1
    roots[:, 0] = 1 - roots[:, 0]
    return Groom(positions, groom.widths, roots)


def varied(style: GroomStyle, seed: int) -> GroomStyle:
    """A slightly different style, the same for the same seed: lengths, volume, parting, locks, …"""
    some = _Some(np.random.default_rng([seed, _STREAM]))
    long = style.lengths.top > _LONG
    return replace(
        style,
        lengths=_lengths(style.lengths, some),
        volume=some.times(style.volume, 0.22),
        lift=min(some.times(style.lift, 0.12), 1.0),
        droop=some.times(style.droop, 0.12),
        parting=None if style.parting is None else some.plus(style.parting, 0.006),
        locks=round(some.times(style.locks, 0.25)),
        clump=float(np.clip(some.plus(style.clump, 0.09), 0, 0.95)) if style.clump else 0.0,
        wave=some.times(style.wave, 0.3) or long * some.between(-0.002, 0.004),
        wave_length=some.times(style.wave_length, 0.2),
        curl=some.times(style.curl, 0.2),
        curl_pitch=some.times(style.curl_pitch, 0.15),
        turn_in=some.plus(style.turn_in, 0.003) if style.turn_in else 0.0,
        frizz=some.times(style.frizz, 0.3),
        flyaways=some.times(style.flyaways, 0.4),
        width=some.times(style.width, 0.08),
        recede=max(style.recede, 0.0 if long else some.between(-0.6, 0.6)),
        afro_radius=float(np.clip(some.plus(style.afro_radius, 0.009), *_AFROS))
        if style.afro_radius
        else 0.0,
        hem=_hem(style.hem, some),
        fringe=_fringe(style.fringe, some),
        tail=_tail(style.tail, some),
    )


class _Some:
    """A little more or less of something."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def times(self, value: float, spread: float) -> float:
        return float(value * np.exp(spread * self._normal()))

    def plus(self, value: float, spread: float) -> float:
        return float(value + spread * self._normal())

    def between(self, low: float, high: float) -> float:
        """Never below 0: a negative `low` makes nothing likelier."""
        return float(max(self._rng.uniform(low, high), 0.0))

    def _normal(self) -> float:
        return float(np.clip(self._rng.normal(), -2, 2))


def _lengths(lengths: Lengths, some: _Some) -> Lengths:
    all_ = some.times(1.0, 0.13)
    parts = ("top", "sides", "back", "front")
    return replace(
        lengths, **{part: some.times(getattr(lengths, part) * all_, 0.06) for part in parts}
    )


def _hem(hem: Hem | None, some: _Some) -> Hem | None:
    if hem is None:
        return None
    return replace(
        hem,
        height=max(some.plus(hem.height, 0.014), _LOWEST_HEM),
        softness=some.times(hem.softness, 0.25),
        layers=some.times(hem.layers, 0.3),
        curve=some.times(hem.curve, 0.3),
    )


def _fringe(fringe: Fringe | None, some: _Some) -> Fringe | None:
    if fringe is None:
        return None
    return replace(
        fringe,
        height=some.plus(fringe.height, 0.005),
        half_width_degrees=some.plus(fringe.half_width_degrees, 3.0),
        sweep=some.plus(fringe.sweep, 0.15),
        softness=some.times(fringe.softness, 0.3),
    )


def _tail(tail: Tail | None, some: _Some) -> Tail | None:
    if tail is None:
        return None
    x, y, z = tail.tie
    return replace(
        tail,
        tie=(x, some.plus(y, 0.006), z),
        length=some.times(tail.length, 0.14),
        radius=some.times(tail.radius, 0.10),
        rise=some.plus(tail.rise, 0.08),
        droop=some.times(tail.droop, 0.12),
        bun_radius=some.times(tail.bun_radius, 0.10),
        pitch=some.times(tail.pitch, 0.12),
    )
