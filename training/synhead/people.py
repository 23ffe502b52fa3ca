"""Random people: shape, and how strongly, how evenly and in which proportions they move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from head360.model.sampling import Traits
from head360.params import EXPRESSIONS
from training.synhead.skin_recipe import CODE_NAMES
from training.synhead.source import Source

Floats = npt.NDArray[np.float32]

#: Standard deviation of the source's modes; 1 would be true to it, and give caricatures.
_SPREAD = 0.65
SOURCE_MODES = 100  # how many there are
#: Mean skin tone of each ancestry, standard deviations of the skin code.
_TONES = (1.35, 0.0, -0.75)
#: Half-width in metres over which asymmetry goes from one side to the other.
_SEAM = 0.012
#: Landmarks (iBUG) of the regions whose size scales a person's movements, and their reach, metres.
_REGIONS = (
    range(36, 42), range(42, 48), range(17, 22), range(22, 27), range(27, 36), range(48, 68),
    range(4, 13), (1, 2, 3, 31, 48), (13, 14, 15, 35, 54),
)  # fmt: skip
_REGION_REACH = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One synthetic person."""

    coefficients: Floats  # (127,) of the source's modes, then of its semantic directions
    gains: Floats  # (52,) strength of each expression, about 1
    asymmetry: Floats  # (52,) left stronger (+) or right
    sex: float  # -1 female … 1 male
    age: float  # -0.35 young … 0.95 old
    ancestry: tuple[float, float, float]  # shares: african, asian, caucasian

    @property
    def years(self) -> float:
        """Age, 16 … 70."""
        return float(np.interp(self.age, (-0.35, 0.95), (16.0, 70.0)))


def random_person(source: Source, seed: int) -> Person:
    """The same person for the same seed."""
    rng = np.random.default_rng([360, seed])
    modes = rng.normal(size=len(source.modes)) * _SPREAD
    traits = _who(rng)
    shares = (traits.african, traits.asian, traits.caucasian)
    chosen = {"sex_male": traits.male, "age_old": traits.old, "weight": 0.0}
    chosen |= {
        f"ethn_{n}": 0.9 * s for n, s in zip(("african", "asian", "caucasian"), shares, strict=True)
    }
    usual = 0.3 * rng.normal(size=len(source.semantic_names))
    usual[source.semantic_names.index("forehead_nubian_incr")] *= 0.5
    weights = [chosen.get(n, u) for n, u in zip(source.semantic_names, usual, strict=True)]
    return Person(
        np.concatenate([modes, weights]).astype(np.float32),
        rng.uniform(0.7, 1.3, len(EXPRESSIONS)).astype(np.float32),
        (0.08 * rng.normal(size=len(EXPRESSIONS))).astype(np.float32),
        traits.male,
        traits.old,
        shares,
    )


def traits_of(seed: int) -> Traits:
    """Who training person `seed` is, without the source's shapes."""
    rng = np.random.default_rng([360, seed])
    rng.normal(size=SOURCE_MODES)
    return _who(rng)


def _who(rng: np.random.Generator) -> Traits:
    sex = float((1 if rng.random() < 0.5 else -1) * rng.uniform(0.35, 1.0))
    age = float(rng.uniform(-0.35, 0.95))
    shares = rng.dirichlet([0.5] * 3)
    return Traits(sex, age, float(shares[0]), float(shares[1]), float(shares[2]))


def suited(code: Floats, traits: Traits) -> Floats:
    """A skin code (64,) of normal numbers, moved to suit who the person is.

    Numbers that say the same about a person go together only loosely, so that who learns from them
    can tell them apart.
    """
    found = code.copy()
    shares = (traits.african, traits.asian, traits.caucasian)
    wanted = {
        "Skin tone": (np.dot(shares, _TONES), 0.40),
        "Age": (2.2 * traits.old - 0.6, 0.5),
        "Masculinity": (1.2 * traits.male, 0.5),
        "Beard shadow": (0.9 * traits.male - 0.2, 0.6),
        "Lip colour": (-0.4 * traits.male, 0.9),
    }
    for name, (mean, spread) in wanted.items():
        number = CODE_NAMES.index(name)
        found[number] = mean + spread * code[number]
    return found


def neutral(source: Source, person: Person) -> Floats:
    """The person's neutral face (V, 3) metres."""
    split = len(source.modes)
    shape = np.tensordot(person.coefficients[:split], source.modes, 1)
    shape += np.tensordot(person.coefficients[split:], source.semantic, 1)
    face: Floats = (source.mean + shape).astype(np.float32)
    return face


class Proportions:
    """Scales movements by the size of the region that makes them."""

    def __init__(self, source: Source) -> None:
        landmarks = source.mean[source.topology.landmarks68]
        centers = np.stack([landmarks[list(region)].mean(0) for region in _REGIONS])
        squared = ((source.mean[:, None] - centers) ** 2).sum(-1)
        weights = np.exp(-squared / (2 * _REGION_REACH**2)) + 1e-6
        self._source = source
        self._weights = (weights / weights.sum(1, keepdims=True)).astype(np.float32)
        self._usual = self._extents(source.mean)
        self._side = np.tanh(source.mean[:, 0] / _SEAM)

    def deltas(self, face: Floats, person: Person | None) -> Floats:
        """(52, V, 3) metres: a face's expressions, with a person's gains and asymmetry or none."""
        scale = np.clip(self._extents(face) / self._usual, 0.6, 1.6).astype(np.float32)
        moved: Floats = self._source.expressions * (self._weights @ scale)
        if person is None:
            return moved
        side = 1 + person.asymmetry[:, None] * self._side
        personal: Floats = moved * (person.gains[:, None] * side)[..., None].astype(np.float32)
        return personal

    @property
    def side(self) -> npt.NDArray[np.float64]:
        """(V,) -1 right … 1 left."""
        side: npt.NDArray[np.float64] = self._side
        return side

    def _extents(self, face: Floats) -> npt.NDArray[np.float64]:
        landmarks = face[self._source.topology.landmarks68]
        spans = [np.ptp(landmarks[list(region)], axis=0) for region in _REGIONS]
        extents: npt.NDArray[np.float64] = np.maximum(np.stack(spans), 0.003)
        return extents
