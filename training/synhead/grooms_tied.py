"""Hair that is gathered: combed to a tie and worn as a tail or a bun behind it, or in ropes."""

from __future__ import annotations

import numpy as np

from training.synhead.grooms_growth import Combed
from training.synhead.grooms_scalp import Bools, Floats, Ints, Roots, ScalpSurface, smoothstep, unit
from training.synhead.styles import GroomStyle, Ropes, Tail

_TIE_RADIUS = 0.008  # metres, of the bundle in the tie
_CENTRE_LINE = 40  # points on a tail's centre line


def gather(
    style: GroomStyle, tail: Tail, roots: Roots, head: ScalpSurface, rng: np.random.Generator
) -> Combed:
    """Strands combed over the scalp to the tie, then along the tail."""
    tie = head.body.push_out(np.array([tail.tie]), _TIE_RADIUS)
    axis = head.body.sample(tie)[1][0]
    across = _frame(axis)
    spread = _disk(len(roots), rng)
    knots = tie[0] + (spread * _TIE_RADIUS * 0.8) @ across
    on_scalp = _to_the_tie(style, roots, knots, head, rng)
    tail_points = style.samples - on_scalp.shape[1]
    build = _pony if tail.kind == "pony" else _bun
    behind = build(tail, tie[0], axis, spread, tail_points, head, rng)
    strands = np.concatenate([on_scalp, behind], 1)
    outward = head.body.sample(strands.reshape(-1, 3))[1].reshape(strands.shape)
    loose: Bools = np.zeros(len(roots), bool)
    return Combed(strands, roots, loose, np.tanh(roots.positions[:, 0] / 0.02), outward)


def _to_the_tie(
    style: GroomStyle, roots: Roots, knots: Floats, head: ScalpSurface, rng: np.random.Generator
) -> Floats:
    """(N, S/2, 3): the shortest way over the scalp, on the strand's own layer."""
    samples = style.samples // 2
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
    """(N, samples, 3): a bundle that swells behind the tie and thins out to a point."""
    line, tangent = _centre_line(tail, tie, axis, head)
    ends = np.where(rng.random(len(spread)) < 0.35, rng.uniform(0.55, 1, len(spread)), 1.0)
    ends *= np.clip(1 + 0.05 * rng.normal(size=len(spread)), 0.85, 1.0)
    u = np.linspace(0, 1, samples + 1)[None, 1:] * ends[:, None]  # (N, samples)
    position = np.minimum(u * (_CENTRE_LINE - 1), _CENTRE_LINE - 1.001)
    index = position.astype(np.int64)
    f = (position - index)[..., None]
    centre = line[index] * (1 - f) + line[index + 1] * f
    side = unit(np.cross(tangent, [0.0, 0.3, 1.0] if abs(axis[0]) > 0.5 else [1.0, 0.0, 0.0]))
    other = np.cross(side, tangent)
    swell = smoothstep(0, 0.3, u) * (1 - 0.88 * smoothstep(0.35, 1.0, u))
    radius = _TIE_RADIUS * 0.8 * (1 - smoothstep(0, 0.3, u)) + tail.radius * swell
    offset = side[index] * spread[:, None, :1] + other[index] * spread[:, None, 1:]
    bundle: Floats = centre + offset * radius[..., None]
    return bundle


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
