"""The library of hairstyles, as parameters of the groomer. Lengths in metres."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long strands grow, by region, before the hem is cut (metres)."""

    top: float
    sides: float
    back: float
    front: float
    jitter: float = 0.08  # standard deviation, as a share of the length


@dataclass(frozen=True, slots=True)
class Comb:
    """Where the comb draws the hair: weights of directions along the scalp."""

    back: float = 0.0
    forward: float = 0.0
    down: float = 0.0
    up: float = 0.0
    side: float = 0.0  # away from the parting (or the mid-plane)
    sweep: float = 0.0  # towards the head's own left
    crown: float = 0.0  # away from the crown
    swirl: float = 0.0  # around the crown
    hold: float = 0.0  # how far along the strand the comb still rules (gel), 0 … 1


@dataclass(frozen=True, slots=True)
class Hem:
    """Where the scissors cut: strands end at this height."""

    height: float  # metres, at the back of the head
    rise: float = 0.0  # metres lower per metre further forward
    softness: float = 0.006  # metres, standard deviation
    layers: float = 0.0  # metres: the shortest layer ends this much higher


@dataclass(frozen=True, slots=True)
class Fringe:
    """Hair combed over the forehead."""

    height: float = 0.062  # metres: where it ends in the middle
    half_width_degrees: float = 48.0
    depth_degrees: float = 56.0  # roots up to this elevation belong to it
    sweep: float = 0.0  # to the head's own left (+) or right (-)
    softness: float = 0.005
    curve: float = 2.0  # metres lower per squared metre away from the middle


@dataclass(frozen=True, slots=True)
class Tail:
    """What hair becomes behind a tie."""

    kind: Literal["pony", "bun"]
    tie: tuple[float, float, float]  # metres; moved out to the surface of the hair
    length: float = 0.24
    radius: float = 0.017
    rise: float = 0.25  # how much the tail leaves the head upwards
    droop: float = 0.045  # metres over which it turns down
    bun_radius: float = 0.019
    turns: float = 1.15


@dataclass(frozen=True, slots=True)
class Ropes:
    """Hair gathered in many separate ropes."""

    count: int
    radius: float  # metres
    kind: Literal["braid", "lock"]
    pitch: float = 0.016  # metres a turn


@dataclass(frozen=True, slots=True)
class GroomStyle:
    """Everything the groomer has to know about a hairstyle."""

    lengths: Lengths
    comb: Comb = field(default_factory=Comb)
    strands: int = 16000
    samples: int = 20
    lift: float = 0.3  # how steeply strands leave the scalp, 0 flat … 1 upright
    volume: float = 0.012  # metres of hair between the scalp and the outermost layer
    hug: float = 0.0  # how strongly hair is pressed back to its layer, 0 … 1
    droop: float = 0.06  # metres over which a free strand turns down; 0 = never
    parting: float | None = None  # x of the parting in metres; None = no parting
    front_degrees: float = 70.0  # roots within this azimuth fall in front of the shoulders
    hem: Hem | None = None
    fringe: Fringe | None = None
    tail: Tail | None = None
    ropes: Ropes | None = None
    afro_radius: float = 0.0  # metres from the cranium's centre; 0 = no afro
    spike: float = 0.0  # how much strands on top stand up
    locks: int = 450
    clump: float = 0.45  # how much the strands of a lock meet at its tip, 0 … 1
    wave: float = 0.0  # metres, amplitude
    wave_length: float = 0.08  # metres
    curl: float = 0.0  # metres, radius
    curl_pitch: float = 0.03  # metres a turn
    curl_start: float = 0.15  # share of the strand that stays straight
    turn_in: float = 0.0  # metres that tips turn in (-: out)
    frizz: float = 0.0010  # metres at the tip of a 10 cm strand
    flyaways: float = 0.006  # share of strands that stand off
    width: float = 0.0006  # metres
    recede: float = 0.0  # hairline, 0 … 1


STYLES: dict[str, GroomStyle] = {
    "buzz": GroomStyle(
        Lengths(0.0065, 0.0045, 0.0045, 0.006), Comb(crown=1), strands=20000, samples=5,
        lift=0.65, volume=0.002, droop=0, clump=0, frizz=0.002, flyaways=0, width=0.0005,
    ),
    "short_side_part": GroomStyle(
        Lengths(0.060, 0.030, 0.024, 0.072), Comb(back=0.45, down=0.25, side=0.8, hold=0.7),
        samples=14, lift=0.36, volume=0.012, hug=0.3, droop=0.10, parting=0.028, clump=0.55,
    ),
    "bob": GroomStyle(
        Lengths(0.30, 0.20, 0.18, 0.30, 0.03), Comb(side=0.9, down=0.45, back=0.15),
        samples=22, lift=0.24, volume=0.015, droop=0.03, parting=0.012,
        hem=Hem(-0.062, 0.12, 0.003, 0.008), front_degrees=0, turn_in=0.012, clump=0.3,
        frizz=0.001,
    ),
    "long_wavy": GroomStyle(
        Lengths(0.46, 0.40, 0.36, 0.46, 0.04), Comb(side=0.8, down=0.35, back=0.3),
        samples=36, lift=0.3, volume=0.018, droop=0.035, parting=0.015,
        hem=Hem(-0.215, 0.0, 0.008, 0.07), locks=260, clump=0.7, frizz=0.0008,
        wave=0.008, wave_length=0.085,
    ),
}  # fmt: skip
