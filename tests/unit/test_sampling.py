from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from head360.assets import catalog, resource
from head360.model.bilinear import BilinearModel
from head360.model.planes import HEAD_BOX
from head360.model.sampling import Traits, chosen_head, person_with, random_person
from head360.params import ATTRIBUTES


@given(st.integers(0, 2**31))
@settings(max_examples=30, deadline=None)
def test_people_are_plausible_and_repeatable(seed: int) -> None:
    person, again = random_person(seed), random_person(seed)

    for name in ("shape", "texture", "attributes", "hair_color", "iris_color"):
        values = getattr(person, name)
        np.testing.assert_array_equal(values, getattr(again, name))
        assert np.isfinite(values).all()
    assert abs(person.shape).max() <= 2.2
    assert ((person.attributes >= 0) & (person.attributes <= 1)).all()
    assert ((person.hair_color > 0) & (person.hair_color < 1)).all()
    assert not person.expression.any()


def test_other_seeds_are_other_people() -> None:
    shapes = np.stack([random_person(seed).shape for seed in range(60)])

    assert np.unique(shapes[:, 0]).size == 60
    assert 0.5 < shapes.std(0).mean() < 1.2


def test_old_people_have_wrinkles_and_women_no_stubble() -> None:
    wrinkles, stubble = ATTRIBUTES.index("wrinkles"), ATTRIBUTES.index("stubble")

    def some(**changes: float) -> np.ndarray:
        traits = {"male": -1.0, "old": 0.0, "african": 0.3, "asian": 0.3, "caucasian": 0.4}
        traits |= changes
        rngs = (np.random.default_rng(i) for i in range(20))
        return np.stack([person_with(Traits(**traits), rng).attributes for rng in rngs])

    assert some(old=0.9)[:, wrinkles].min() > 0.3
    assert some(old=-0.2)[:, wrinkles].max() == 0
    assert some()[:, stubble].max() == 0
    assert some(male=1.0)[:, stubble].max() > 0.3


def test_the_first_head_wears_hair_that_is_there() -> None:
    assert chosen_head().hairstyle in [style.id for style in catalog().hairstyles]


def test_the_planes_box_holds_the_bust_of_random_people() -> None:
    mesh = BilinearModel.load(resource("models", "mesh.safetensors"))
    centre, half = np.array(HEAD_BOX.centre), np.array(HEAD_BOX.half)

    busts = [
        mesh.identity(torch.tensor(random_person(seed).shape)).neutral.numpy() for seed in range(24)
    ]

    assert (np.abs(np.stack(busts) - centre).max((0, 1)) < half).all()
