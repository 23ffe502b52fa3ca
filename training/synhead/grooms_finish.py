"""What makes combed strands hair: locks, waves, curls, frizz, flyaways, tapered widths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from training.synhead.grooms_growth import Combed, keeps_face_free
from training.synhead.grooms_rows import rowed
from training.synhead.grooms_scalp import Floats, Ints, ScalpSurface, smoothstep, unit
from training.synhead.grooms_tied import roped
from training.synhead.styles import GroomStyle

_FINE_LOCKS = 7  # fine locks in a lock
#: Strands shorter than the first do not clump, longer than the second do, metres.
_CLUMPING_LENGTHS = (0.006, 0.022)


@dataclass(frozen=True, eq=False, slots=True)
class Locks:
    """Which lock each strand belongs to."""

    leader: Ints  # (N,) index of the strand that leads the lock
    number: Ints  # (N,) 0 … count - 1


def finish(
    style: GroomStyle, combed: Combed, head: ScalpSurface, rng: np.random.Generator
) -> Floats:
    """(N, S, 3) strands in metres as they will be seen."""
    if style.ropes is not None:
        strands = roped(style.ropes, combed, arc_length(combed.strands), rng)[0]
        frame = _Frame.along(strands, combed.outward)
    elif style.rows is not None:
        strands = rowed(style.rows, combed.strands, arc_length(combed.strands), head, rng)
        frame = _Frame.along(strands, combed.outward)
    else:
        strands, frame = _locked(style, combed, rng)
    strands = _frizzed(style, strands, frame, rng)
    strands = head.body.push_out_strands(strands, 0.0008, passes=3)
    if not keeps_face_free(style):
        return strands
    curtained = head.curtain.push_out_strands(strands, 0.0)
    return np.where(combed.fringe[:, None, None], strands, curtained)


def _locked(style: GroomStyle, combed: Combed, rng: np.random.Generator) -> tuple[Floats, _Frame]:
    """Strands in locks, waved and curled, and their frame."""
    fine = gather_locks(combed, style.locks * _FINE_LOCKS, rng)
    coarse = gather_locks(combed, style.locks, rng)
    strands = clumped(combed.strands, fine, 0.8 * style.clump)
    strands = clumped(strands, coarse, style.clump)
    frame = _Frame.along(strands, combed.outward)
    if style.turn_in:
        turned = np.where(combed.fringe, 0.0, style.turn_in)[:, None, None]
        strands = strands - frame.outward * turned * smoothstep(0.72, 1, frame.s) ** 2
    if style.wave:
        strands = _waved(style, strands, frame, coarse, combed, rng)
    if style.curl:
        strands = _curled(style, strands, frame, coarse, rng)
    return strands, frame


def widths(style: GroomStyle, combed: Combed, rng: np.random.Generator) -> Floats:
    """(N, S) metres: thinner at the hairline, tapered to the tip."""
    s = np.linspace(0, 1, style.samples)[None]
    taper = (0.75 + 0.25 * smoothstep(0, 0.1, s)) * (1 - 0.75 * s**3)
    fine = 0.55 + 0.45 * smoothstep(-3, 9, combed.roots.above_hairline)
    varied = np.clip(1 + 0.15 * rng.normal(size=len(fine)), 0.6, 1.4)
    width: Floats = style.width * (fine * varied)[:, None] * taper
    return width


def gather_locks(combed: Combed, count: int, rng: np.random.Generator) -> Locks:
    """Locks of neighbouring roots that are combed the same way."""
    roots = combed.roots.positions
    # A parting or the edge of a fringe must not run through a lock: set its sides far apart.
    apart = np.stack([combed.side * 0.02, combed.fringe * 0.5], 1)
    middle = combed.strands[:, combed.strands.shape[1] // 2] * 0.5
    # Nor may one lock fall before and behind a shoulder.
    tip = combed.strands[:, -1] * 0.45
    features = np.concatenate([roots, apart, middle, tip], 1)
    leaders = rng.choice(len(roots), min(count, len(roots)), replace=False)
    number: Ints = np.asarray(cKDTree(features[leaders]).query(features)[1], np.int64)
    return Locks(leaders[number], number)


def clumped(strands: Floats, locks: Locks, strength: float) -> Floats:
    """Draw strands to their lock's leader, more towards the tip."""
    if not strength:
        return strands
    s = np.linspace(0, 1, strands.shape[1])[None, :, None]
    # Stubble stands by itself.
    able = smoothstep(*_CLUMPING_LENGTHS, arc_length(strands)[:, -1:, None])
    pull = strength * able * s**1.3
    leader = strands[locks.leader]
    offset = strands[:, :1] - leader[:, :1]
    together: Floats = strands * (1 - pull) + (leader + offset * (1 - 0.75 * s)) * pull
    return together


@dataclass(frozen=True, eq=False, slots=True)
class _Frame:
    """Directions along strands."""

    s: Floats  # (1, S, 1) 0 at the root … 1
    arc: Floats  # (N, S) metres from the root
    sideways: Floats  # (N, S, 3) unit
    outward: Floats  # (N, S, 3) unit, square to the strand

    @classmethod
    def along(cls, strands: Floats, outward: Floats) -> _Frame:
        tangent = unit(np.gradient(strands, axis=1))
        sideways = unit(np.cross(tangent, outward) + 1e-6)
        s = np.linspace(0, 1, strands.shape[1])[None, :, None]
        return cls(s, arc_length(strands), sideways, np.cross(sideways, tangent))


def arc_length(strands: Floats) -> Floats:
    """(N, S) metres along each strand of (N, S, 3)."""
    steps = np.linalg.norm(np.diff(strands, axis=1), axis=2)
    return np.concatenate([np.zeros((len(strands), 1)), np.cumsum(steps, 1)], 1)


def _waved(
    style: GroomStyle,
    strands: Floats,
    frame: _Frame,
    locks: Locks,
    combed: Combed,
    rng: np.random.Generator,
) -> Floats:
    """Waves that neighbouring locks share, a little out of step."""
    lock_phase = rng.normal(0, 0.55, locks.number.max() + 1)[locks.number]
    phase = lock_phase + rng.normal(0, 0.12, len(strands)) + 14 * combed.roots.positions[:, 1]
    angle = 2 * np.pi * frame.arc / style.wave_length + phase[:, None]
    swing = style.wave * smoothstep(0.03, 0.12, frame.arc)
    side = frame.sideways * (swing * np.sin(angle))[..., None]
    waved: Floats = strands + side + frame.outward * (0.45 * swing * np.cos(angle))[..., None]
    return waved


def _curled(
    style: GroomStyle, strands: Floats, frame: _Frame, locks: Locks, rng: np.random.Generator
) -> Floats:
    """Corkscrews; the strands of a lock turn together."""
    count = locks.number.max() + 1
    phase = rng.uniform(0, 2 * np.pi, count)[locks.number] + rng.normal(0, 0.35, len(strands))
    pitch = style.curl_pitch * np.clip(rng.normal(1, 0.2, count), 0.6, 1.6)[locks.number]
    hand = np.where(rng.random(count) < 0.5, -1.0, 1.0)[locks.number]
    angle = hand[:, None] * 2 * np.pi * frame.arc / pitch[:, None] + phase[:, None]
    size = np.clip(rng.normal(1, 0.2, count), 0.5, 1.5)[locks.number]
    radius = style.curl * size[:, None] * smoothstep(0, style.curl_start, frame.s[..., 0])
    turn = frame.sideways * np.cos(angle)[..., None] + frame.outward * np.sin(angle)[..., None]
    curled: Floats = strands + turn * radius[..., None]
    return curled


def _frizzed(style: GroomStyle, strands: Floats, frame: _Frame, rng: np.random.Generator) -> Floats:
    """Small disorder everywhere, and a few strands that stand off."""
    count, samples = strands.shape[:2]
    stray = (rng.random((count, 1, 1)) < style.flyaways).astype(np.float64)
    length = np.clip(frame.arc[:, -1:, None] / 0.1, 0.05, 1.2)
    amount = style.frizz * length * (0.05 + 0.95 * frame.s)
    wander = _smooth_noise(count, samples, rng)
    strands = strands + wander * amount * (1 + 3 * stray)
    return strands + frame.outward * stray * (0.010 * length * frame.s**0.7)


def _smooth_noise(count: int, samples: int, rng: np.random.Generator) -> Floats:
    """(N, S, 3) noise that changes about every fifth sample."""
    knots = rng.normal(size=(count, max(3, samples // 5 + 2), 3))
    x = np.linspace(0, knots.shape[1] - 1.001, samples)
    index = x.astype(np.int64)
    f = smoothstep(0, 1, x - index)[None, :, None]
    noise: Floats = knots[:, index] * (1 - f) + knots[:, index + 1] * f
    return noise
