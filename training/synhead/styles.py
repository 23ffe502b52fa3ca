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
    curve: float = 0.0  # metres higher per squared metre away from the middle


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

    kind: Literal["pony", "bun", "braid"]
    tie: tuple[float, float, float]  # metres; moved out to the surface of the hair
    length: float = 0.24
    radius: float = 0.017
    rise: float = 0.25  # how much the tail leaves the head upwards
    droop: float = 0.045  # metres over which it turns down
    bun_radius: float = 0.019
    turns: float = 1.15
    pitch: float = 0.040  # metres a turn of a braid
    twin: bool = False  # a second one on the head's other side
    above_degrees: float | None = None  # only roots above this elevation are tied; None = all


@dataclass(frozen=True, slots=True)
class Ropes:
    """Hair gathered in many separate ropes."""

    count: int
    radius: float  # metres
    kind: Literal["braid", "lock"]
    pitch: float = 0.016  # metres a turn


@dataclass(frozen=True, slots=True)
class Rows:
    """Hair braided flat to the scalp, from the forehead to the nape."""

    pitch_degrees: float = 6.5  # from row to row, about an axis along the head
    filled: float = 0.72  # share of it that grows hair
    radius: float = 0.0048  # metres
    braid_pitch: float = 0.015  # metres a turn


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
    rows: Rows | None = None
    strip: float = 0.0  # metres: half width of the hair on top, beside it all is shaved; 0 = none
    bald_degrees: float | None = None  # nothing grows above this elevation
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
    frizzy: bool = False  # each strand keeps its own tone, instead of its neighbours'


_DOWN_AND_ASIDE = Comb(side=0.8, down=0.4, back=0.25)
_SLEEK = Comb(back=1.0, down=0.12, hold=0.9)

STYLES: dict[str, GroomStyle] = {
    "buzz": GroomStyle(
        Lengths(0.0065, 0.0045, 0.0045, 0.006), Comb(crown=1), strands=30000, samples=5,
        lift=0.6, volume=0.002, droop=0, clump=0, frizz=0.002, flyaways=0, width=0.0006,
    ),
    "crew": GroomStyle(
        Lengths(0.026, 0.010, 0.010, 0.024), Comb(crown=0.6, forward=0.3), strands=20000,
        samples=8, lift=0.6, volume=0.008, droop=0, clump=0.3, spike=0.15, frizz=0.002,
    ),
    "caesar": GroomStyle(
        Lengths(0.034, 0.016, 0.018, 0.034), Comb(crown=0.8, forward=0.5), strands=19000,
        samples=10, lift=0.3, volume=0.007, hug=0.35, droop=0.12, clump=0.45, locks=600,
        fringe=Fringe(0.092, softness=0.004, depth_degrees=50), frizz=0.0016,
    ),
    "short_side_part": GroomStyle(
        Lengths(0.060, 0.030, 0.024, 0.072), Comb(back=0.45, down=0.25, side=0.8, hold=0.7),
        samples=14, lift=0.36, volume=0.012, hug=0.3, droop=0.10, parting=0.028, clump=0.55,
    ),
    "quiff": GroomStyle(
        Lengths(0.060, 0.014, 0.018, 0.082), Comb(back=0.9, down=0.1, hold=0.5), samples=14,
        lift=0.55, volume=0.018, hug=0.15, droop=0.30, spike=0.35, clump=0.6,
    ),
    "slicked_back": GroomStyle(
        Lengths(0.098, 0.070, 0.060, 0.098), _SLEEK, samples=18, lift=0.2, volume=0.007,
        hug=0.5, droop=0.15, clump=0.55, frizz=0.0005, flyaways=0.003,
    ),
    "undercut": GroomStyle(
        Lengths(0.125, 0.0045, 0.005, 0.140), Comb(back=0.6, side=0.7, hold=0.6),
        strands=18000, samples=20, lift=0.34, volume=0.016, hug=0.1, droop=0.09,
        parting=-0.024, clump=0.5, frizz=0.0008,
    ),
    "messy": GroomStyle(
        Lengths(0.060, 0.040, 0.050, 0.065, 0.2), Comb(crown=0.7, swirl=0.5), strands=15000,
        samples=14, lift=0.45, volume=0.016, hug=0.2, droop=0.09, locks=240, clump=0.75,
        frizz=0.004, wave=0.003, wave_length=0.05,
    ),
    "mohawk": GroomStyle(
        Lengths(0.062, 0.050, 0.026, 0.060, 0.06), Comb(back=0.25), strands=20000, samples=14,
        lift=0.92, volume=0.004, droop=0, clump=0.55, locks=220, strip=0.026, spike=0.45,
        frizz=0.0016,
    ),
    "horseshoe": GroomStyle(
        Lengths(0.012, 0.022, 0.022, 0.010, 0.15), Comb(down=0.8, back=0.4), strands=13000,
        samples=9, lift=0.35, volume=0.005, droop=0.06, clump=0.35, bald_degrees=25.0,
        frizz=0.0018, width=0.00052,
    ),
    "short_curly": GroomStyle(
        Lengths(0.075, 0.045, 0.050, 0.072), Comb(crown=0.6), samples=26, lift=0.5,
        volume=0.018, hug=0.15, droop=0.10, locks=420, clump=0.75, curl=0.0036,
        curl_pitch=0.016, frizz=0.0016, frizzy=True,
    ),
    "pixie": GroomStyle(
        Lengths(0.075, 0.052, 0.034, 0.075), Comb(crown=0.5, side=0.3, down=0.3, sweep=0.2),
        samples=14, lift=0.3, volume=0.011, hug=0.3, droop=0.06, clump=0.5,
        fringe=Fringe(0.068, sweep=0.55, softness=0.007),
    ),
    "bob": GroomStyle(
        Lengths(0.30, 0.20, 0.18, 0.30, 0.03), Comb(side=0.9, down=0.45, back=0.15),
        samples=22, lift=0.22, volume=0.013, droop=0.028, parting=0.012,
        hem=Hem(-0.062, 0.10, 0.003, 0.008), front_degrees=0, turn_in=0.012, clump=0.3,
    ),
    "bob_bangs": GroomStyle(
        Lengths(0.28, 0.19, 0.17, 0.28, 0.03), Comb(side=0.9, down=0.5), samples=22,
        lift=0.22, volume=0.013, droop=0.028, hem=Hem(-0.050, 0.04, 0.0025, 0.006),
        fringe=Fringe(0.060), front_degrees=0, turn_in=0.014, clump=0.3, frizz=0.0008,
    ),
    "lob_wavy": GroomStyle(
        Lengths(0.36, 0.26, 0.24, 0.36, 0.04), _DOWN_AND_ASIDE, samples=28, lift=0.28,
        volume=0.018, droop=0.035, parting=0.0, hem=Hem(-0.110, 0.0, 0.006, 0.05), locks=300,
        clump=0.65, wave=0.007, wave_length=0.075, frizz=0.0012,
    ),
    "long_straight": GroomStyle(
        Lengths(0.46, 0.40, 0.36, 0.46, 0.03), _DOWN_AND_ASIDE, samples=30, lift=0.22,
        volume=0.012, droop=0.030, parting=0.0, hem=Hem(-0.215, 0.0, 0.007, 0.05, 2.2),
        clump=0.5, locks=300, frizz=0.0008,
    ),
    "long_side_swept": GroomStyle(
        Lengths(0.45, 0.39, 0.36, 0.46, 0.05), Comb(side=0.8, down=0.3, back=0.35),
        samples=32, lift=0.30, volume=0.018, droop=0.034, parting=-0.028,
        hem=Hem(-0.205, 0.0, 0.008, 0.07, 2.0), locks=240, clump=0.6, frizz=0.0008,
        wave=0.005, wave_length=0.13,
    ),
    "long_wavy": GroomStyle(
        Lengths(0.46, 0.40, 0.36, 0.46, 0.04), Comb(side=0.8, down=0.35, back=0.3),
        samples=36, lift=0.3, volume=0.018, droop=0.035, parting=0.015,
        hem=Hem(-0.210, 0.0, 0.009, 0.08, 2.0), locks=260, clump=0.7, frizz=0.0008,
        wave=0.008, wave_length=0.085,
    ),
    "long_curly": GroomStyle(
        Lengths(0.44, 0.38, 0.34, 0.44, 0.06), Comb(side=0.8, down=0.3, back=0.25),
        strands=14000, samples=48, lift=0.36, volume=0.022, droop=0.04, parting=0.006,
        hem=Hem(-0.180, 0.0, 0.012, 0.09, 1.5), locks=260, clump=0.85, curl=0.0075,
        curl_pitch=0.042, curl_start=0.3, frizz=0.0010,
    ),
    "long_bangs": GroomStyle(
        Lengths(0.46, 0.40, 0.36, 0.44, 0.03), _DOWN_AND_ASIDE, samples=30, lift=0.22,
        volume=0.012, droop=0.030, hem=Hem(-0.210, 0.0, 0.007, 0.05, 2.0),
        fringe=Fringe(0.058), clump=0.5, locks=300, frizz=0.0008,
    ),
    "afro": GroomStyle(
        Lengths(0.07, 0.06, 0.06, 0.06, 0.05), strands=18000, samples=18, lift=1.0, droop=0,
        volume=0, afro_radius=0.134, locks=2200, clump=0.5, curl=0.0026, curl_pitch=0.010,
        frizz=0.003, flyaways=0.003, frizzy=True,
    ),
    "afro_short": GroomStyle(
        Lengths(0.022, 0.015, 0.016, 0.019), Comb(crown=0.5), strands=22000, samples=10,
        lift=0.9, volume=0.002, droop=0, locks=1800, clump=0.55, curl=0.0016,
        curl_pitch=0.007, frizz=0.003, flyaways=0, width=0.0005, frizzy=True,
    ),
    "ponytail": GroomStyle(
        Lengths(0.2, 0.2, 0.2, 0.1), samples=36, volume=0.004,
        tail=Tail("pony", (0.0, 0.085, -0.09), 0.26, 0.024, rise=0.1, droop=0.030),
        locks=260, clump=0.4, frizz=0.0008, flyaways=0.004,
    ),
    "high_ponytail": GroomStyle(
        Lengths(0.2, 0.2, 0.2, 0.1), samples=38, volume=0.004,
        tail=Tail("pony", (0.0, 0.122, -0.066), 0.30, 0.026, rise=0.30, droop=0.032),
        locks=260, clump=0.5, wave=0.004, wave_length=0.09, frizz=0.0008, flyaways=0.004,
    ),
    "bun_top": GroomStyle(
        Lengths(0.2, 0.2, 0.2, 0.1), samples=32, volume=0.004,
        tail=Tail("bun", (0.0, 0.118, -0.070), radius=0.013, bun_radius=0.017),
        locks=300, clump=0.25, frizz=0.0006, flyaways=0.004,
    ),
    "bun_low": GroomStyle(
        Lengths(0.2, 0.2, 0.2, 0.1), samples=32, volume=0.005,
        tail=Tail("bun", (0.0, 0.015, -0.085), radius=0.013, bun_radius=0.017),
        locks=300, clump=0.25, frizz=0.0006, flyaways=0.004,
    ),
    "braid": GroomStyle(
        Lengths(0.2, 0.2, 0.2, 0.1), samples=60, volume=0.005,
        tail=Tail("braid", (0.0, 0.010, -0.088), 0.235, 0.0165, rise=-0.3, droop=0.030,
                  pitch=0.052),
        locks=400, clump=0.1, frizz=0.0005, flyaways=0.004,
    ),
    "pigtails": GroomStyle(
        Lengths(0.2, 0.2, 0.2, 0.1), samples=36, volume=0.004, parting=0.0,
        tail=Tail("pony", (0.076, 0.060, -0.045), 0.22, 0.022, twin=True, rise=0.1,
                  droop=0.026),
        locks=260, clump=0.4, frizz=0.0008, flyaways=0.004,
    ),
    "twin_braids": GroomStyle(
        Lengths(0.2, 0.2, 0.2, 0.1), samples=56, volume=0.004,
        tail=Tail("braid", (0.060, -0.012, -0.050), 0.22, 0.0125, twin=True, rise=-0.4,
                  droop=0.024, pitch=0.042),
        fringe=Fringe(0.060), locks=400, clump=0.1, frizz=0.0005, flyaways=0.004,
    ),
    "half_up": GroomStyle(
        Lengths(0.44, 0.39, 0.36, 0.44, 0.04), Comb(side=0.5, down=0.6, back=0.3),
        samples=34, lift=0.22, volume=0.010, droop=0.030, hem=Hem(-0.205, 0.0, 0.008, 0.05, 2.0),
        tail=Tail("pony", (0.0, 0.085, -0.09), 0.20, 0.018, above_degrees=16.0, rise=0.0,
                  droop=0.022),
        locks=280, clump=0.45, frizz=0.0008, flyaways=0.005,
    ),
    "box_braids": GroomStyle(
        Lengths(0.46, 0.40, 0.36, 0.46, 0.03), _DOWN_AND_ASIDE, samples=56, lift=0.35,
        volume=0.016, droop=0.04, parting=0.0, hem=Hem(-0.205, 0.0, 0.008, 0.04, 1.5),
        ropes=Ropes(240, 0.0046, "braid"), frizz=0.0002, flyaways=0,
    ),
    "dreadlocks": GroomStyle(
        Lengths(0.34, 0.26, 0.24, 0.34, 0.06), Comb(side=0.7, down=0.3, back=0.4),
        samples=40, lift=0.4, volume=0.020, droop=0.045, parting=0.0,
        hem=Hem(-0.100, 0.0, 0.015, 0.05), ropes=Ropes(150, 0.0054, "lock", 0.06),
        frizz=0.0008, flyaways=0.004,
    ),
    "cornrows": GroomStyle(
        Lengths(0.030, 0.030, 0.034, 0.030, 0.05), Comb(back=1.0, down=0.15, hold=0.9),
        strands=20000, samples=18, lift=0.05, volume=0.002, hug=0.9, droop=0.2, clump=0,
        rows=Rows(6.5), frizz=0.0002, flyaways=0, width=0.00055,
    ),
}  # fmt: skip
