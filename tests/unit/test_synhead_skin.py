"""Painting skin: many people at once, anywhere, always within the channels' range."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from training.synhead.skin import bake_skin, person_code
from training.synhead.skin_canvas import PATTERNS, Canvas
from training.synhead.skin_recipe import MELANIN, SUM_NAMES, melanin_of, weights

ROWS, COLUMNS = 6, 12
SHARED = (
    "one", "melanin", "mottled", "neck", "lips", "blood", "uneven blood", "cheeks", "warm", "lids",
    "capillaries", "rim", "lip blood", "yellow", "forehead", "inner red", "inner green",
    "inner blue", "veins", "under_eyes", "beard", "flat", "pores", "relief", "fine lines",
    "furrows", "roughness", "greasy", "bare",
    *(f"{kind} {i}" for kind in ("texture", "melanin", "blood") for i in range(PATTERNS)),
)  # fmt: skip


@pytest.fixture
def canvas() -> Canvas:
    """Maps made up by chance; what they would look like on a head does not matter here."""
    generator = torch.Generator().manual_seed(1)
    count = ROWS * COLUMNS
    features = 0.3 * torch.rand(len(SHARED), count, generator=generator)
    for name, level in (("melanin", 1.0), ("blood", 1.0), ("flat", 0.5), ("roughness", 0.5)):
        features[SHARED.index(name)] += level
    others = torch.rand(5, count, generator=generator)
    return Canvas((ROWS, COLUMNS), SHARED, features, *others)


def codes(count: int) -> Tensor:
    return torch.from_numpy(np.stack([person_code(seed) for seed in range(count)]))


def test_many_people_at_once_are_painted_as_one_by_one(canvas: Canvas) -> None:
    together = bake_skin(canvas, codes(3))

    alone = torch.cat([bake_skin(canvas, code[None]) for code in codes(3)])
    assert together.shape == (3, 8, ROWS, COLUMNS)
    torch.testing.assert_close(together, alone)


def test_painting_in_parts_gives_the_same(canvas: Canvas, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = bake_skin(canvas, codes(2))

    monkeypatch.setattr("training.synhead.skin._AT_ONCE", {"cpu": 2 * len(SUM_NAMES) * 7})

    torch.testing.assert_close(bake_skin(canvas, codes(2)), whole)


def test_every_channel_stays_between_0_and_1_for_the_wildest_people(canvas: Canvas) -> None:
    wild = 4 * torch.randn(32, 64, generator=torch.Generator().manual_seed(2))

    maps = bake_skin(canvas, wild)

    assert maps.isfinite().all()
    assert maps.min() >= 0
    assert maps.max() <= 1


def test_a_darker_tone_darkens_every_texel(canvas: Canvas) -> None:
    tones = torch.zeros(5, 64)
    tones[:, 0] = torch.linspace(-2, 2, 5)

    albedo = bake_skin(canvas, tones)[:, :3]

    assert (albedo.diff(dim=0) <= 0).all()


def test_one_texel_checked_by_hand() -> None:
    features = torch.zeros(len(SHARED), 1)
    features[SHARED.index("melanin")] = 1.0
    flat = Canvas((1, 1), SHARED, features, *torch.ones(5, 1))

    maps = bake_skin(flat, torch.zeros(1, 64))

    absorbed = MELANIN[0] * float(melanin_of(torch.zeros(1)))
    linear = np.exp(-absorbed)
    assert float(maps[0, 0]) == pytest.approx(1.055 * linear ** (1 / 2.4) - 0.055, abs=1e-5)


def test_weights_name_every_feature_they_need(canvas: Canvas) -> None:
    mixture = weights(canvas, codes(4))

    assert mixture.shape == (4, len(SUM_NAMES), len(SHARED))
    assert (mixture != 0).any(0).any(0).all()  # and none is carried for nothing
