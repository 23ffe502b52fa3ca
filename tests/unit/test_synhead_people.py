"""Who training people are, and that their skin suits them."""

from __future__ import annotations

import numpy as np
import pytest

from head360.light import LIGHT_PRESETS
from training.synhead.people import traits_of
from training.synhead.skin import person_code
from training.synhead.skin_recipe import CODE_NAMES
from training.synhead.views import set_ups

PEOPLE = range(400)


@pytest.fixture(scope="module")
def traits() -> np.ndarray:
    """(400, 5) sex, age, shares of ancestry."""
    return np.stack([traits_of(seed).row for seed in PEOPLE])


@pytest.fixture(scope="module")
def codes() -> np.ndarray:
    return np.stack([person_code(seed) for seed in PEOPLE])


def code(codes: np.ndarray, name: str) -> np.ndarray:
    return codes[:, CODE_NAMES.index(name)]


def test_half_of_people_are_women_of_every_age(traits: np.ndarray) -> None:
    assert 0.42 < (traits[:, 0] < 0).mean() < 0.58
    ages = np.histogram(traits[:, 1], bins=6, range=(-0.35, 0.95))[0]
    assert ages.sum() == len(traits)
    assert ages.min() > len(traits) / 10


@pytest.mark.parametrize(
    ("name", "trait", "least"),
    [("Skin tone", 2, 0.7), ("Age", 1, 0.7), ("Masculinity", 0, 0.8), ("Beard shadow", 0, 0.6)],
)
def test_skin_suits_who_a_person_is(
    traits: np.ndarray, codes: np.ndarray, name: str, trait: int, least: float
) -> None:
    assert least < np.corrcoef(traits[:, trait], code(codes, name))[0, 1] < 0.97


def test_skins_reach_from_very_light_to_very_dark(codes: np.ndarray) -> None:
    tones = code(codes, "Skin tone")

    assert np.quantile(tones, 0.05) < -0.7
    assert np.quantile(tones, 0.95) > 1.4


def test_numbers_that_go_together_can_still_be_told_apart(codes: np.ndarray) -> None:
    correlation = np.abs(np.corrcoef(codes.T)) - np.eye(codes.shape[1])

    assert correlation.max() < 0.8


def test_people_who_are_never_trained_on_are_others() -> None:
    assert not np.array_equal(person_code(-3), person_code(3))
    assert np.array_equal(person_code(-3), person_code(-3))


def test_all_light_probes_are_used_alike() -> None:
    used = [light.preset for seed in range(200) for light in set_ups(seed, 3)]

    counts = np.array([used.count(name) for name in LIGHT_PRESETS])
    assert counts.sum() == 600
    assert counts.min() > 50
