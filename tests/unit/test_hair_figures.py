"""What is said of bent hair from around, and how parsed faces are drawn."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from head360.fitting.face_network import HAIR, PARTS, SKIN
from training.hair_around import Case, means, overlap
from training.parsing_picture import tinted


def test_overlap_is_least_by_most() -> None:
    one, other = torch.tensor([1.0, 0.5, 0.0]), torch.tensor([0.5, 0.5, 1.0])

    assert overlap(one, one) == 1
    assert overlap(one, other) == pytest.approx(1.0 / 2.5)
    assert overlap(one, 0 * one) == 0


def test_means_tell_the_groom_s_style_from_others() -> None:
    around = dict.fromkeys(("30", "60", "90", "behind", "above"), 0.5)
    better = around | {"90": 0.9}
    found = [
        Case("bob", 1, "bob", True, 0.8, around), Case("bob", 2, "bob", True, 1.0, better),
        Case("bob", 1, "pixie", False, 0.4, around),
    ]  # fmt: skip

    told = means(found)

    assert told["own style"]["photo"] == pytest.approx(0.9)
    assert told["own style"]["90"] == pytest.approx(0.7)
    assert told["another style"] == {"photo": 0.4, **around}


def test_parts_are_tinted_and_skin_is_not() -> None:
    picture = np.full((2, 2, 3), 200, np.uint8)
    shares = np.zeros((len(PARTS), 2, 2), np.float32)
    shares[SKIN, 0], shares[HAIR, 1] = 1, 1

    shown = tinted(picture, shares)

    assert (shown[0] == 200).all()
    assert (shown[1] != 200).any()
    assert len(np.unique(shown[1].reshape(-1, 3), axis=0)) == 1
