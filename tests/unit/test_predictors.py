from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from head360.model.directions import with_trait
from head360.model.sampling import random_person
from head360.params import ATTRIBUTES, changed_fields
from training.attributes import controls
from training.stages.predictors import (
    TOLD,
    Portraits,
    Predictor,
    PredictorStage,
    explained,
    independent_attributes,
    load_predictor,
    save_predictor,
    train_predictor,
)


def grey_portraits(count: int) -> Portraits:
    """Grey pictures: as bright as the tone that is true of them."""
    torch.manual_seed(1)
    labels = torch.rand(count, len(TOLD))
    grey = (labels[:, TOLD.index("tone")] * 200 + 20).to(torch.uint8)
    return Portraits(grey.view(-1, 1, 1, 1).expand(-1, 3, 32, 32).contiguous(), labels)


def test_a_predictor_learns_what_pictures_show_and_nothing_else() -> None:
    portraits = grey_portraits(200)
    stage = PredictorStage(steps=60, batch=24, rate=4e-3)

    *_, network = train_predictor(portraits, stage, torch.device("cpu"))

    share = explained(network, portraits)
    assert share[TOLD.index("tone")] > 0.6
    assert share[TOLD.index("lipstick")] < 0.3


def test_a_predictor_survives_the_disk(tmp_path: Path) -> None:
    network = Predictor().eval()
    picture = torch.rand(1, 3, 64, 64)

    save_predictor(tmp_path / "p.safetensors", network)

    assert torch.equal(load_predictor(tmp_path / "p.safetensors")(picture), network(picture))


def test_attributes_of_training_people_do_not_depend_on_each_other() -> None:
    rng = np.random.default_rng(0)
    drawn = np.stack([independent_attributes(rng) for _ in range(2000)])

    correlation = np.corrcoef(drawn.T) - np.eye(len(ATTRIBUTES))

    assert np.abs(correlation).max() < 0.1


def test_there_is_a_control_for_everything_told() -> None:
    assert set(controls()) == set(TOLD)


@pytest.mark.parametrize("name", sorted(controls()))
def test_a_control_changes_a_head_and_keeps_the_rest(name: str) -> None:
    person = random_person(5)

    low, high = controls()[name](person)

    changed = changed_fields(low, high)
    assert changed
    assert not changed & {"expression", "light", "iris_color", "hair_color"}


def test_older_and_younger_again_is_the_same_person() -> None:
    person = random_person(3).with_(attributes=np.full(len(ATTRIBUTES), 0.4, np.float32))

    back = with_trait(with_trait(person, "old", 0.2), "old", -0.2)

    assert np.allclose(back.shape, person.shape, atol=1e-5)
    assert np.allclose(back.texture, person.texture, atol=1e-5)
    assert np.allclose(back.attributes, person.attributes, atol=1e-5)


def test_an_unknown_trait_is_refused() -> None:
    with pytest.raises(ValueError, match="no trait"):
        with_trait(random_person(0), "tall", 1.0)
