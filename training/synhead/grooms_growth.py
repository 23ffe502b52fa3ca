"""Lets strands grow: a comb lays them over the scalp, gravity takes over, scissors end them.

All strands follow the same smooth fields, so neighbours stay neighbours and hair looks combed;
whatever disorder a style wants is added later, in `grooms_finish`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.synhead.grooms_scalp import (
    Bools,
    Floats,
    Roots,
    ScalpSurface,
    smoothstep,
    unit,
)
from training.synhead.styles import Comb, Fringe, GroomStyle, Hem

_STEP = 0.009  # metres, about, between growth steps of the longest strands
_STEPS = (12, 44)  # fewest and most growth steps a strand
_AFRO_CENTRE = np.array([0.0, 0.060, -0.008])  # metres
_AFRO_SHAPE = np.array([1.0, 0.85, 1.0])  # of the ellipsoid an afro is trimmed to
_CROWN = np.array([0.004, 0.134, -0.046])  # the whorl, metres
_PARTING_END = (0.012, -0.046)  # z where the parting begins to fade and has ended, metres
_EAR = np.array([0.085, 0.012, -0.012])  # the left one, metres
_DOWN = np.array([0.0, -1.0, 0.0])
_SHAVED = 0.0035  # metres
#: Long hair draws in to this half width (metres) on its way down the back.
_BACK_HALF_WIDTH = 0.088


@dataclass(frozen=True, eq=False, slots=True)
class Combed:
    """Strands as grown, with what later stages must know of each."""

    strands: Floats  # (N, S, 3) metres
    roots: Roots
    fringe: Bools  # (N,) combed over the forehead
    side: Floats  # (N,) -1 … 1, side of the parting
    outward: Floats  # (N, S, 3) unit, away from the head

    def __len__(self) -> int:
        return len(self.strands)

    def __getitem__(self, chosen: Bools) -> Combed:
        return Combed(
            self.strands[chosen],
            self.roots[chosen],
            self.fringe[chosen],
            self.side[chosen],
            self.outward[chosen],
        )


def grow(style: GroomStyle, roots: Roots, head: ScalpSurface, rng: np.random.Generator) -> Combed:
    """Strands of `style.samples` points from every root."""
    fringe = in_fringe(style.fringe, roots, rng)
    side = _parting_side(style.parting, roots.positions)
    lengths = _lengths(style, roots, fringe, rng)
    paths = _Growth(style, roots, head, fringe, side, lengths, rng).run()
    ends = _hem_ends(paths, _hem_heights(style, paths, fringe, rng))
    strands = resample(_relaxed(paths), ends, style.samples)
    outward = head.body.sample(strands.reshape(-1, 3))[1].reshape(strands.shape)
    return Combed(strands, roots, fringe, side, outward)


def keeps_face_free(style: GroomStyle) -> bool:
    """Whether hair is long enough to hang over the face, and must fall around it."""
    return style.lengths.front > 0.10 and not style.afro_radius


def resample(paths: Floats, ends: Floats, samples: int) -> Floats:
    """(N, G, 3) paths up to (N,) fractional indices, as (N, samples, 3) evenly spaced points."""
    position = np.linspace(0, 1, samples)[None] * np.minimum(ends, paths.shape[1] - 1.001)[:, None]
    index = position.astype(np.int64)
    f = (position - index)[..., None]
    rows = np.arange(len(paths))[:, None]
    even: Floats = paths[rows, index] * (1 - f) + paths[rows, index + 1] * f
    return even


def regions(roots: Roots) -> tuple[Floats, Floats, Floats, Floats]:
    """(N,) shares of top, sides, back and front, 0 … 1; the first three sum to 1."""
    azimuth = np.abs(roots.azimuth)
    top = smoothstep(26, 54, roots.elevation)
    front = smoothstep(58, 24, azimuth) * smoothstep(15, 30, roots.elevation)
    back = smoothstep(92, 138, azimuth) * (1 - top)
    return top, 1 - top - back, back, front


def _lengths(style: GroomStyle, roots: Roots, fringe: Bools, rng: np.random.Generator) -> Floats:
    top, sides, back, front = regions(roots)
    want = style.lengths
    length = want.top * top + want.sides * sides + want.back * back
    length = length * (1 - front) + want.front * front
    length = np.where(fringe, 0.13, length)
    if style.strip:
        beside = smoothstep(0.9, 1.15, np.abs(roots.positions[:, 0]) / style.strip)
        length = length * (1 - beside) + _SHAVED * beside
    if style.afro_radius:
        trimmed = np.linalg.norm((roots.positions - _AFRO_CENTRE) / _AFRO_SHAPE, axis=1)
        length = np.maximum(style.afro_radius - trimmed, 0.008)
    # Baby hairs: the last degrees before the hairline stay shorter.
    baby = 0.45 + 0.55 * smoothstep(-3, 7, roots.above_hairline + rng.normal(0, 1.5, len(roots)))
    jitter = np.clip(1 + want.jitter * rng.normal(size=len(roots)), 0.6, 1.4)
    return length * jitter * np.where(fringe, 1.0, baby)


def in_fringe(fringe: Fringe | None, roots: Roots, rng: np.random.Generator) -> Bools:
    if fringe is None:
        return np.zeros(len(roots), bool)
    azimuth = np.abs(roots.azimuth) + rng.normal(0, 2.5, len(roots))
    deep = roots.elevation + rng.normal(0, 1.5, len(roots))
    bools: Bools = (azimuth < fringe.half_width_degrees) & (deep < fringe.depth_degrees)
    return bools & (roots.elevation > 12)


def _parting_side(parting: float | None, points: Floats) -> Floats:
    """(N,) -1 … 1: which way `Comb.side` draws; sharp at a parting, smooth behind it."""
    x, z = points[:, 0], points[:, 2]
    if parting is None:
        return np.tanh(x / 0.04)
    behind = smoothstep(*_PARTING_END, z)
    return np.tanh((x - parting) / 0.003) * (1 - behind) + np.tanh(x / 0.05) * behind


def _sides(points: Floats) -> Floats:
    """(N, 3) factors that mirror a point of the left half to each point's own half."""
    sides = np.ones_like(points)
    sides[:, 0] = np.sign(points[:, 0])
    return sides


def _comb_field(comb: Comb, points: Floats, outward: Floats, side: Floats) -> Floats:
    """(N, 3) unit directions along the scalp."""
    d = np.zeros_like(points)
    d[:, 0] = comb.side * side * smoothstep(-0.075, -0.03, points[:, 2]) + comb.sweep
    d[:, 1] = comb.up - comb.down
    d[:, 2] = comb.forward - comb.back
    from_crown = unit(points - _CROWN)
    d += comb.crown * from_crown
    near = np.exp(-((np.linalg.norm(points - _CROWN, axis=1) / 0.05) ** 2))
    d += comb.swirl * near[:, None] * np.cross(from_crown, [0.0, 1.0, 0.0])
    return unit(d - (d * outward).sum(1, keepdims=True) * outward)


def _fringe_field(fringe: Fringe, points: Floats, outward: Floats) -> Floats:
    d = np.stack(
        [points[:, 0] * 4 + fringe.sweep, np.full(len(points), -0.6), np.ones(len(points))], 1
    )
    return unit(d - (d * outward).sum(1, keepdims=True) * outward)


@dataclass(eq=False)
class _Growth:
    """One growing head of hair; what is constant for every step lives here."""

    style: GroomStyle
    roots: Roots
    head: ScalpSurface
    fringe: Bools
    side: Floats
    lengths: Floats
    rng: np.random.Generator

    def __post_init__(self) -> None:
        count = len(self.roots)
        style = self.style
        self.steps = int(np.clip(self.lengths.max() / _STEP, *_STEPS))
        self.step = (self.lengths / (self.steps - 1))[:, None]
        share = 0.12 + 0.88 * self.rng.random(count) ** 1.2
        self.layer = style.volume * share * np.clip(self.lengths / 0.05, 0.15, 1.0)
        self.layer[self.fringe] *= 0.5
        lift = style.lift * np.clip(1 + 0.12 * self.rng.normal(size=count), 0.6, 1.4)
        if style.parting is not None:  # falls flat off the forehead, or it would hang in the eyes
            lift *= 0.25 + 0.75 * smoothstep(2, 22, self.roots.above_hairline)
        self.lift = np.where(self.fringe, np.minimum(lift, 0.3), lift)[:, None]
        azimuth = np.abs(self.roots.azimuth) + self.rng.normal(0, 0.8, count)
        self.in_front: Bools = azimuth < style.front_degrees
        self.hang = 1 - np.exp(-self.step / style.droop) if style.droop else 0 * self.step

    def run(self) -> Floats:
        """(N, G, 3) paths in metres."""
        points = self.roots.positions.copy()
        direction = self._first_direction()
        path = [points]
        for k in range(1, self.steps):
            direction = self._steered(points, direction, k)
            moved = self._collided(points + direction * self.step, k)
            direction = unit(0.75 * unit(moved - points) + 0.25 * direction)
            points = self._off_the_shoulders(moved)
            path.append(points)
        return np.stack(path, 1)

    def _first_direction(self) -> Floats:
        roots, style = self.roots, self.style
        comb = self._combed(roots.positions, roots.normals)
        comb = unit(comb + 0.06 * self.rng.normal(size=comb.shape))
        direction = roots.normals * self.lift + comb * (1 - self.lift)
        if style.afro_radius:
            direction = unit(roots.positions - _AFRO_CENTRE) + 0.4 * roots.normals
        spike = style.spike * regions(roots)[0][:, None]
        return unit(direction + spike * np.array([0.0, 0.6, 0.25]))

    def _combed(self, points: Floats, outward: Floats) -> Floats:
        comb = _comb_field(self.style.comb, points, outward, self.side)
        if self.style.fringe is not None:
            fringe = _fringe_field(self.style.fringe, points, outward)
            comb = np.where(self.fringe[:, None], fringe, comb)
        return comb

    def _steered(self, points: Floats, direction: Floats, k: int) -> Floats:
        """Gel keeps the comb's direction for a while; gravity takes the rest."""
        style, f = self.style, k / (self.steps - 1)
        stiff = np.exp(-k * self.step / 0.02)
        limp = 1 + 2 * smoothstep(-0.08, -0.14, points[:, 1:2])
        hang = np.minimum(self.hang * limp, 1) * (1 - 0.8 * stiff)
        direction = unit(direction + (_DOWN - direction) * hang)
        if style.comb.hold and not style.afro_radius:
            outward = self.head.body.sample(points)[1]
            comb = self._combed(points, outward)
            flat = direction - (direction * outward).sum(1, keepdims=True) * outward
            grip = style.comb.hold * (1 - f) * 0.35
            direction = unit(direction + grip * (comb - flat))
        return direction

    def _collided(self, points: Floats, k: int) -> Floats:
        """Out of the body and the face, onto the strand's layer, off the shoulders."""
        arc = k * self.step[:, 0]
        near_shoulders = smoothstep(-0.09, -0.13, points[:, 1])
        margin = 0.0006 + self.layer * smoothstep(0, 0.06, arc) * (1 - 0.7 * near_shoulders)
        if keeps_face_free(self.style):
            to_ear = np.linalg.norm(points - _EAR * _sides(points), axis=1)
            over_ear = smoothstep(0.09, 0.05, to_ear)
            margin = margin * (1 - 0.75 * over_ear)
            curtained = self.head.curtain.push_out(points, np.minimum(margin, 0.005))
            points = np.where(self.fringe[:, None], points, curtained)
        points = self.head.body.push_out(points, margin)
        return self._pressed(points, margin) if self.style.hug else points

    def _pressed(self, points: Floats, margin: Floats) -> Floats:
        distance, outward = self.head.body.sample(points)
        excess = np.clip(distance - margin - 0.0015, 0, 0.02) * (points[:, 1] > -0.02)
        return points - outward * (self.style.hug * excess)[:, None]

    def _off_the_shoulders(self, points: Floats) -> Floats:
        """Hair slides off the shoulders' ridge, to the front or to the back."""
        x, y, z = points.T
        front = np.interp(y, [-0.14, -0.03], [0.050, -0.05])
        back = np.interp(y, [-0.13, -0.03], [-0.095, 0.0])
        beside = smoothstep(0.035, 0.055, np.abs(x))
        forward = np.maximum(front - z, 0) * beside
        backward = np.minimum(back - z, 0)
        shift = np.where(self.in_front, forward, backward) * (y < -0.03) * 0.35
        wide = np.maximum(np.abs(x) - _BACK_HALF_WIDTH, 0) * np.sign(x)
        inward = np.where(self.in_front, 0.0, wide * 0.10) * smoothstep(-0.03, -0.12, y)
        moved: Floats = points + np.stack([-inward, np.zeros_like(y), shift], 1)
        return moved


def _hem_heights(
    style: GroomStyle, paths: Floats, fringe: Bools, rng: np.random.Generator
) -> Floats:
    """(N, G) metres: the height under which each point of each strand is cut off."""
    heights = np.full(paths.shape[:2], -1.0)
    noise = rng.normal(size=len(paths))[:, None]
    if style.hem is not None:
        heights = _hem_at(style.hem, paths, noise, rng)
    if style.fringe is not None:
        cut = style.fringe
        line = cut.height - cut.curve * paths[..., 0] ** 2 + cut.softness * noise
        heights = np.where(fringe[:, None], line, heights)
    return heights


def _hem_at(hem: Hem, paths: Floats, noise: Floats, rng: np.random.Generator) -> Floats:
    layer = hem.layers * rng.random((len(paths), 1)) ** 2.2
    forward = np.clip(paths[..., 2] + 0.08, 0, 0.12)
    curve = hem.curve * np.minimum(np.abs(paths[..., 0]), 0.14) ** 2 * (paths[..., 2] < 0)
    heights: Floats = hem.height + layer + curve - hem.rise * forward + hem.softness * noise
    return heights


def _hem_ends(paths: Floats, heights: Floats) -> Floats:
    """(N,) fractional index at which each path first sinks below the hem."""
    above = paths[..., 1] - heights  # (N, G)
    below = above < 0
    below[:, :6] = False  # a root below the hem keeps a stub
    first = np.where(below.any(1), below.argmax(1), paths.shape[1] - 1)
    rows = np.arange(len(paths))
    before, after = above[rows, first - 1], above[rows, first]
    crossed = below.any(1) & (before > after)
    back_off = np.where(crossed, np.clip(-after / np.maximum(before - after, 1e-9), 0, 1), 0)
    ends: Floats = first - back_off
    return ends


def _relaxed(paths: Floats) -> Floats:
    """Takes the kinks out that collisions leave."""
    smooth = paths.copy()
    for _ in range(3):
        smooth[:, 1:-1] = 0.5 * smooth[:, 1:-1] + 0.25 * (smooth[:, :-2] + smooth[:, 2:])
    return smooth
