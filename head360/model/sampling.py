"""Plausible people: shape, skin, eyes, hair colour and attributes that go together.

A person is drawn from sex, age and a mixture of ancestries, as the training people were
(`training.synhead.people`). How these traits move the shape code was found by regression over
those people and ships with the mesh; what they do to skin, hair and eyes is set here. Never
imports torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open

from head360.assets import resource
from head360.errors import ResourceError
from head360.params import (
    ATTRIBUTES,
    EXPRESSIONS,
    SHAPE_SIZE,
    TEXTURE_SIZE,
    HeadParams,
    neutral_head,
)

Floats = npt.NDArray[np.float32]
Color = tuple[float, float, float]

#: Traits in the order of `Person.traits`: what the rows of the mesh file's `trait_codes` mean.
TRAITS = ("male", "old", "african", "asian", "caucasian")
#: Places in the texture code (`catalog().texture_names`).
_TONE, _LIP_COLOR, _AGE, _MASCULINITY, _BEARD_SHADOW = 0, 5, 7, 8, 16
#: Codes further out than this look strange.
_LIMIT = 2.2
#: From this trait “old” on men can grow a beard, about twenty years.
_GROWN = -0.25
#: Mean skin tone of each ancestry, standard deviations; and spread within.
_TONES, _TONE_SPREAD = (1.35, 0.0, -0.65), 0.35

#: Linear RGB.
HAIR_COLORS: dict[str, Color] = {
    "black": (0.012, 0.010, 0.010),
    "dark brown": (0.032, 0.019, 0.012),
    "brown": (0.075, 0.042, 0.024),
    "light brown": (0.16, 0.095, 0.050),
    "dark blond": (0.27, 0.175, 0.090),
    "blond": (0.42, 0.29, 0.15),
    "red": (0.21, 0.062, 0.022),
    "auburn": (0.105, 0.034, 0.018),
    "grey": (0.30, 0.29, 0.28),
    "white": (0.55, 0.54, 0.52),
}
IRIS_COLORS: dict[str, Color] = {
    "dark brown": (0.055, 0.026, 0.012),
    "brown": (0.13, 0.060, 0.024),
    "hazel": (0.17, 0.115, 0.040),
    "green": (0.11, 0.15, 0.070),
    "blue": (0.11, 0.20, 0.32),
    "grey": (0.17, 0.21, 0.24),
    "amber": (0.25, 0.125, 0.030),
}
#: What the first head's face does.
_SMILE = {
    "mouthSmileLeft": 0.22,
    "mouthSmileRight": 0.22,
    "cheekSquintLeft": 0.15,
    "cheekSquintRight": 0.15,
}
#: How common colours are: african and asian, then caucasian.
_DARK_HAIR = {"black": 0.65, "dark brown": 0.30, "brown": 0.05}
_MIXED_HAIR = {
    "black": 0.06, "dark brown": 0.24, "brown": 0.24, "light brown": 0.15, "dark blond": 0.12,
    "blond": 0.08, "red": 0.05, "auburn": 0.06,
}  # fmt: skip
_DARK_IRIS = {"dark brown": 0.65, "brown": 0.32, "amber": 0.03}
_MIXED_IRIS = {
    "brown": 0.32, "hazel": 0.16, "green": 0.13, "blue": 0.25, "grey": 0.10, "amber": 0.04,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Traits:
    """Who a person is."""

    male: float  # -1 female … 1 male
    old: float  # -0.35 young … 0.95 old
    african: float  # shares of ancestry, together 1
    asian: float
    caucasian: float

    @property
    def row(self) -> Floats:
        """(5,) the values of `TRAITS`."""
        values = (self.male, self.old, self.african, self.asian, self.caucasian)
        return np.array(values, np.float32)


def random_person(seed: int) -> HeadParams:
    """A person without hair on the head, the same for the same seed.

    Raises:
        ResourceError: the mesh file is missing or damaged.
    """
    rng = np.random.default_rng([360, seed])
    return person_with(_random_traits(rng), rng)


def chosen_head() -> HeadParams:
    """The head that a new project starts with: a young woman about to smile."""
    person = person_with(Traits(-0.8, -0.1, 0.12, 0.2, 0.68), np.random.default_rng(12))
    skin = person.texture.copy()
    skin[_TONE] = -0.35
    making = np.zeros(len(EXPRESSIONS), np.float32)
    for name, weight in _SMILE.items():
        making[EXPRESSIONS.index(name)] = weight
    return person.with_(
        shape=person.shape * 0.6,
        texture=skin,
        attributes=_attributes(brows=0.5, freckles=0.2, blush=0.25, lipstick=0.3, eyeliner=0.25),
        expression=making,
        hairstyle="bob",
        hair_color=np.array((0.10, 0.05, 0.025), np.float32),
        iris_color=np.array((0.10, 0.13, 0.065), np.float32),
    )


def person_with(traits: Traits, rng: np.random.Generator) -> HeadParams:
    """A random person with given traits."""
    codes, rest = shape_statistics()
    shape = traits.row @ codes + rest * rng.normal(size=SHAPE_SIZE)
    shaven = neutral_head().with_(
        shape=shape.clip(-_LIMIT, _LIMIT).astype(np.float32),
        texture=_texture(traits, rng),
        attributes=_random_attributes(traits, rng),
        hair_color=_hair_color(traits, rng),
        iris_color=_iris_color(traits, rng),
    )
    return shaven.with_(attributes=shaven.attributes + _beard(traits, rng))


@cache
def shape_statistics() -> tuple[Floats, Floats]:
    """(5, 50) mean codes by trait, and (50,) deviation of what traits do not explain."""
    path = resource("models", "mesh.safetensors")
    try:
        with safe_open(path, framework="np") as file:
            return file.get_tensor("trait_codes"), file.get_tensor("trait_rest")
    except (OSError, SafetensorError) as error:
        raise ResourceError(f"The model file “{path.name}” is missing or damaged.") from error


def _random_traits(rng: np.random.Generator) -> Traits:
    sex = (1 if rng.random() < 0.5 else -1) * rng.uniform(0.35, 1.0)
    african, asian, caucasian = rng.dirichlet([0.5] * 3)
    age = rng.uniform(-0.35, 0.95)
    return Traits(float(sex), float(age), float(african), float(asian), float(caucasian))


def _texture(traits: Traits, rng: np.random.Generator) -> Floats:
    code = rng.normal(size=TEXTURE_SIZE) * 0.85
    shares = (traits.african, traits.asian, traits.caucasian)
    code[_TONE] = np.dot(shares, _TONES) + _TONE_SPREAD * rng.normal()
    code[_AGE] = 2.2 * traits.old - 0.6 + 0.3 * rng.normal()
    code[_MASCULINITY] = 1.4 * traits.male + 0.3 * rng.normal()
    code[_BEARD_SHADOW] = 0.9 * traits.male + 0.4 * rng.normal()
    code[_LIP_COLOR] -= 0.4 * traits.male
    return code.clip(-_LIMIT, _LIMIT).astype(np.float32)


def _random_attributes(traits: Traits, rng: np.random.Generator) -> Floats:
    aged, female = max(traits.old, 0.0), max(-traits.male, 0.0)
    made_up = female * (rng.random() < 0.55)
    bearded = max(traits.male, 0.0) * (rng.random() < 0.6)
    fair = traits.caucasian * (rng.random() < 0.35)
    return _attributes(
        brows=rng.uniform(0.3, 0.8),
        freckles=fair * rng.uniform(0.2, 0.9),
        moles=rng.uniform(0, 0.6),
        wrinkles=aged * rng.uniform(0.5, 1.0),
        age_spots=max(aged - 0.4, 0.0) * rng.uniform(0.2, 1.2),
        redness=traits.caucasian * rng.uniform(0, 0.4),
        blush=made_up * rng.uniform(0.1, 0.5),
        dark_circles=rng.uniform(0, 0.35) + 0.2 * aged,
        eyeshadow=made_up * rng.uniform(0, 0.6),
        eyeliner=made_up * rng.uniform(0.1, 0.8),
        lipstick=made_up * rng.uniform(0.2, 0.9),
        stubble=bearded * rng.uniform(0.2, 0.9),
    )


def _beard(traits: Traits, rng: np.random.Generator) -> Floats:
    """A third of grown men wear a beard, mostly with a moustache; a few a moustache alone."""
    grown = max(traits.male, 0.0) ** 0.5 * (traits.old > _GROWN)
    wears, kind = rng.random() < 0.35, rng.random()
    return _attributes(
        beard=grown * rng.uniform(0.5, 1.0) * (wears and kind < 0.85),
        moustache=grown * rng.uniform(0.5, 1.0) * (wears and kind > 0.08),
    )


def _attributes(**strengths: float) -> Floats:
    values = [strengths.get(name, 0.0) for name in ATTRIBUTES]
    return np.array(values, np.float32).clip(0, 1)


def _hair_color(traits: Traits, rng: np.random.Generator) -> Floats:
    mixed = rng.random() < traits.caucasian
    color = _one_of(_MIXED_HAIR if mixed else _DARK_HAIR, HAIR_COLORS, rng)
    grey = np.array(HAIR_COLORS["white" if rng.random() < 0.3 else "grey"])
    share = np.clip((traits.old - 0.5) * rng.uniform(0.3, 2.6), 0, 1)
    mixed_color: Floats = ((1 - share) * color + share * grey).astype(np.float32)
    return mixed_color


def _iris_color(traits: Traits, rng: np.random.Generator) -> Floats:
    mixed = rng.random() < traits.caucasian
    color = _one_of(_MIXED_IRIS if mixed else _DARK_IRIS, IRIS_COLORS, rng)
    return (color * rng.uniform(0.8, 1.2)).astype(np.float32)


def _one_of(
    shares: dict[str, float], colors: dict[str, Color], rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """One of the colours by its share, varied a little."""
    names = list(shares)
    weights = np.array(list(shares.values()))
    name = names[rng.choice(len(names), p=weights / weights.sum())]
    color: npt.NDArray[np.float64] = np.array(colors[name]) * rng.uniform(0.85, 1.15)
    return color
