"""Hair that is gathered: combed to a tie and worn as a tail or a bun behind it, or in ropes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from training.synhead.grooms_growth import Combed, grow, in_fringe
from training.synhead.grooms_scalp import Bools, Floats, Ints, Roots, ScalpSurface, smoothstep, unit
from training.synhead.styles import GroomStyle, Ropes, Tail

_TIE_RADIUS = 0.008  # metres, of the bundle in the tie
_CENTRE_LINE = 40  # points on a tail's centre line
_ON_SCALP = 18  # points of a strand on its way to the tie, at most
_SECOND_TIE = 0.86  # where a braid is tied again, as a share of its length


def gather(
    style: GroomStyle, tail: Tail, roots: Roots, head: ScalpSurface, rng: np.random.Generator
) -> Combed:
    """Strands combed over the scalp to a tie, then along its tail; the rest as `grow` grows it."""
    loose = in_fringe(style.fringe, roots, rng)
    if tail.above_degrees is not None:
        low = roots.elevation + rng.normal(0, 0.7, len(roots)) < tail.above_degrees
        loose |= low & (np.abs(roots.azimuth) > 62)
    places = np.array([tail.tie, tail.tie]) * [[1, 1, 1], [-1, 1, 1]]
    nearer = (
        (roots.positions[:, 0] < 0).astype(np.int64) if tail.twin else np.zeros(len(roots), int)
    )
    parts = [(loose, grow(style, roots[loose], head, rng))] if loose.any() else []
    for number in range(1 + tail.twin):
        chosen = ~loose & (nearer == number)
        one = replace(tail, tie=tuple(places[number]))
        parts.append((chosen, _tied(style, one, roots[chosen], head, rng)))
    return _merged(parts, roots)


def _merged(parts: list[tuple[Bools, Combed]], roots: Roots) -> Combed:
    """One head of hair from shares of it, in the order of the roots."""
    order = np.argsort(np.concatenate([np.flatnonzero(chosen) for chosen, _ in parts]))

    def together(name: str) -> npt.NDArray[Any]:
        values = np.concatenate([getattr(combed, name) for _, combed in parts])
        return np.asarray(values[order])

    fields = (together(name) for name in ("strands", "fringe", "side", "outward"))
    strands, fringe, side, outward = fields
    return Combed(strands, roots, fringe, side, outward)


def _tied(
    style: GroomStyle, tail: Tail, roots: Roots, head: ScalpSurface, rng: np.random.Generator
) -> Combed:
    tie = head.body.push_out(np.array([tail.tie]), _TIE_RADIUS)
    axis = head.body.sample(tie)[1][0]
    across = _frame(axis)
    spread = _disk(len(roots), rng)
    knots = tie[0] + (spread * _TIE_RADIUS * 0.8) @ across
    on_scalp = _to_the_tie(style, roots, knots, head, rng)
    tail_points = style.samples - on_scalp.shape[1]
    build = {"pony": _pony, "bun": _bun, "braid": _plait}[tail.kind]
    behind = build(tail, tie[0], axis, spread, tail_points, head, rng)
    strands = np.concatenate([on_scalp, behind], 1)
    outward = head.body.sample(strands.reshape(-1, 3))[1].reshape(strands.shape)
    loose: Bools = np.zeros(len(roots), bool)
    return Combed(strands, roots, loose, np.tanh(roots.positions[:, 0] / 0.02), outward)


def _to_the_tie(
    style: GroomStyle, roots: Roots, knots: Floats, head: ScalpSurface, rng: np.random.Generator
) -> Floats:
    """(N, S', 3): the shortest way over the scalp, on the strand's own layer."""
    samples = min(style.samples // 2, _ON_SCALP)
    u = np.linspace(0, 1, samples)[None, :, None]
    path = roots.positions[:, None] * (1 - u) + knots[:, None] * u
    layer = style.volume * (0.15 + 0.85 * rng.random(len(roots)))
    for _ in range(8):
        path[:, 1:-1] = 0.5 * path[:, 1:-1] + 0.25 * (path[:, :-2] + path[:, 2:])
        for k in range(1, samples - 1):
            margin = 0.0008 + layer * min(1.0, k / 3) + 0.004 * (k / samples) ** 2
            path[:, k] = head.body.push_out(path[:, k], margin)
    return path


def _pony(
    tail: Tail,
    tie: Floats,
    axis: Floats,
    spread: Floats,
    samples: int,
    head: ScalpSurface,
    rng: np.random.Generator,
) -> Floats:
    """(N, samples, 3): a bundle that opens behind the tie; its strands end at many lengths."""
    ends = 1 - 0.6 * rng.beta(1.0, 1.7, len(spread))
    u = np.linspace(0, 1, samples + 1)[None, 1:] * ends[:, None]  # (N, samples)
    centre, side, other = _along_tail(tail, tie, axis, head, u)
    opened = smoothstep(0, 0.4, u)
    radius = _TIE_RADIUS * 0.8 * (1 - opened) + tail.radius * opened
    # Wider than thick, and drawn in a little where only the longest strands are left.
    narrow = 1 - 0.62 * smoothstep(0.45, 1.0, u)
    wander = 0.16 * np.sin(2 * np.pi * (0.8 * u + rng.random((len(u), 1)))) * opened
    first = (spread[:, :1] * narrow + wander) * radius * (1 + 0.25 * opened)
    second = spread[:, 1:] * narrow * radius * (1 - 0.25 * opened)
    bundle: Floats = centre + side * first[..., None] + other * second[..., None]
    return bundle


def _plait(
    tail: Tail,
    tie: Floats,
    axis: Floats,
    spread: Floats,
    samples: int,
    head: ScalpSurface,
    rng: np.random.Generator,
) -> Floats:
    """(N, samples, 3): three tresses on a figure of eight, tied again before the end."""
    ends = 1 - 0.12 * rng.beta(1.0, 2.0, len(spread))
    u = np.linspace(0, 1, samples + 1)[None, 1:] * ends[:, None]
    centre, side, other = _along_tail(tail, tie, axis, head, u)
    tress = rng.integers(0, 3, (len(spread), 1)) / 3
    turn = 2 * np.pi * (u * tail.length / tail.pitch + tress)
    radius = tail.radius * smoothstep(-0.02, 0.06, u) * (1 - 0.35 * u)
    tassel = smoothstep(_SECOND_TIE - 0.03, _SECOND_TIE, u)
    brush = 0.35 + 0.5 * smoothstep(_SECOND_TIE, 1.0, u)
    loose = 1 - tassel
    first = 0.72 * np.sin(turn) * loose + spread[:, :1] * (0.50 * loose + brush * tassel)
    second = 0.42 * np.sin(2 * turn) * loose + spread[:, 1:] * (0.46 * loose + brush * tassel)
    offset = side * (first * radius)[..., None] + other * (second * radius)[..., None]
    plait: Floats = centre + offset
    return plait


def _along_tail(
    tail: Tail, tie: Floats, axis: Floats, head: ScalpSurface, u: Floats
) -> tuple[Floats, Floats, Floats]:
    """Points of the centre line at (N, S) shares of its length, and two directions square to it."""
    line, tangent = _centre_line(tail, tie, axis, head)
    position = np.minimum(u * (_CENTRE_LINE - 1), _CENTRE_LINE - 1.001)
    index = position.astype(np.int64)
    f = (position - index)[..., None]
    reference = np.array([0.0, 0.3, 1.0]) if abs(axis[0]) > 0.5 else np.array([1.0, 0.0, 0.0])
    if abs(axis[0]) > 0.5:
        side = unit(np.cross(tangent, reference))
    else:
        side = unit(reference - tangent * (tangent @ reference)[:, None])
    other = np.cross(side, tangent)
    return line[index] * (1 - f) + line[index + 1] * f, side[index], other[index]


def _centre_line(
    tail: Tail, tie: Floats, axis: Floats, head: ScalpSurface
) -> tuple[Floats, Floats]:
    """(C, 3) points and unit tangents: leaves along the axis, droops, rests on neck and back."""
    step = tail.length / (_CENTRE_LINE - 1)
    turn = 1 - np.exp(-step / tail.droop)
    direction = unit(axis + np.array([0.0, tail.rise, 0.0]))
    points = [tie]
    for _ in range(_CENTRE_LINE - 1):
        direction = unit(direction + (np.array([0.0, -1.0, 0.0]) - direction) * turn)
        moved = head.body.push_out((points[-1] + direction * step)[None], tail.radius * 0.9)[0]
        direction = unit(0.8 * unit(moved - points[-1]) + 0.2 * direction)
        points.append(moved)
    line = np.stack(points)
    for _ in range(4):
        line[1:-1] = 0.5 * line[1:-1] + 0.25 * (line[:-2] + line[2:])
    return line, unit(np.gradient(line, axis=0))


def _bun(
    tail: Tail,
    tie: Floats,
    axis: Floats,
    spread: Floats,
    samples: int,
    head: ScalpSurface,
    rng: np.random.Generator,
) -> Floats:
    """(N, samples, 3): wound around the tie, tips tucked in."""
    count = len(spread)
    across = _frame(axis)
    u = np.linspace(0, 1, samples + 1)[None, 1:]
    start = np.arctan2(spread[:, 1], spread[:, 0])[:, None] + rng.normal(0, 0.15, (count, 1))
    around = start + 2 * np.pi * tail.turns * u
    # Where in the roll: most strands near its skin, as a rolled bundle shows.
    depth = np.sqrt(rng.uniform(0.25, 1, (count, 1))) * (1 - 0.5 * smoothstep(0.85, 1, u))
    roll = rng.uniform(0, 2 * np.pi, (count, 1)) + 1.6 * u
    out = smoothstep(0, 0.12, u)
    ring = tail.bun_radius * out + tail.radius * depth * np.cos(roll) * out
    height = tail.radius * (0.55 + 0.85 * depth * np.sin(roll)) * smoothstep(-0.05, 0.12, u)
    flat = np.stack([ring * np.cos(around), ring * np.sin(around)], -1) @ across
    return tie + flat + height[..., None] * axis


def _frame(axis: Floats) -> Floats:
    """(2, 3) unit vectors square to an axis."""
    first = unit(np.cross(axis, [0.0, 1.0, 0.05] if abs(axis[1]) < 0.9 else [1.0, 0.0, 0.0]))
    return np.stack([first, np.cross(axis, first)])


def _disk(count: int, rng: np.random.Generator) -> Floats:
    """(N, 2) points of the unit disk, evenly spread."""
    angle, radius = rng.uniform(0, 2 * np.pi, count), np.sqrt(rng.random(count))
    return np.stack([np.cos(angle), np.sin(angle)], 1) * radius[:, None]


def roped(
    ropes: Ropes, combed: Combed, arc: Floats, rng: np.random.Generator
) -> tuple[Floats, Ints]:
    """(N, S, 3) strands gathered in ropes around leaders, and each strand's leader (N,)."""
    leader = _rope_leaders(ropes.count, combed, rng)
    tangent = unit(np.gradient(combed.strands, axis=1))[leader]
    side = unit(np.cross(tangent, combed.outward[leader]) + 1e-6)
    other = np.cross(side, tangent)
    along = arc[leader]
    s = np.linspace(0, 1, combed.strands.shape[1])[None]
    radius = ropes.radius * (1 - 0.35 * s) * (1 - 0.8 * smoothstep(0.94, 1, s))
    a, b = _braid(ropes, along, rng) if ropes.kind == "braid" else _lock(ropes, along, rng)
    rope = combed.strands[leader] + side * (a * radius)[..., None] + other * (b * radius)[..., None]
    joined = smoothstep(0, 0.012, along)[..., None]
    return combed.strands * (1 - joined) + rope * joined, leader


def _braid(ropes: Ropes, along: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """(N, S) offsets in radii: three tresses on a figure of eight."""
    tress = rng.integers(0, 3, (len(along), 1)) / 3
    angle = 2 * np.pi * (along / ropes.pitch + tress)
    spread = _disk(len(along), rng)
    a = 0.62 * np.sin(angle) + 0.42 * spread[:, :1]
    return a, 0.38 * np.sin(2 * angle) + 0.42 * spread[:, 1:]


def _lock(ropes: Ropes, along: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """(N, S) offsets in radii: strands matted round a core, slowly twisting."""
    spread = _disk(len(along), rng)
    distance = np.hypot(spread[:, :1], spread[:, 1:]) ** 0.6
    bumps = 1 + 0.14 * np.sin(2 * np.pi * along / 0.013 + rng.uniform(0, 6.3, (len(along), 1)))
    angle = np.arctan2(spread[:, 1:], spread[:, :1]) + 2 * np.pi * along / ropes.pitch
    return distance * bumps * np.cos(angle), distance * bumps * np.sin(angle)


def _rope_leaders(count: int, combed: Combed, rng: np.random.Generator) -> Ints:
    """(N,) index of the strand that each strand's rope follows; ropes stand evenly apart."""
    roots = combed.roots.positions
    well_inside = np.flatnonzero(combed.roots.above_hairline > 4)
    candidates = rng.choice(well_inside, min(3000, len(well_inside)), replace=False)
    chosen = [int(candidates[0])]
    nearest = np.full(len(candidates), np.inf)
    for _ in range(count - 1):
        gap = np.linalg.norm(roots[candidates] - roots[chosen[-1]], axis=1)
        nearest = np.minimum(nearest, gap)
        chosen.append(int(candidates[nearest.argmax()]))
    leaders = np.array(chosen)
    # A rope must not straddle the parting.
    features = np.concatenate([roots, 0.02 * combed.side[:, None]], 1)
    distance = np.linalg.norm(features[:, None] - features[leaders][None], axis=2)
    owner: Ints = leaders[distance.argmin(1)]
    return owner
