"""The hairstyle network: pictures become maps, maps vary, and networks learn from them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from head360.fitting.face_network import PARTS
from head360.fitting.line_tensor import LINES_SIZE
from head360.fitting.style_network import (
    CENTRE,
    LIGHT,
    LINES,
    LOCKS,
    SLANTS,
    STRANDS,
    face_centres,
    mirrored_maps,
    style_maps,
)
from training.stages.face_pictures import (
    CHANNELS,
    CLASS,
    COLOR,
    COVER,
    HAIR_SHARE,
    WORN,
)
from training.stages.face_samples import FaceSample, Framing, plain_sample
from training.stages.faces_config import FacesConfig, StyleLearning
from training.stages.style_learners import StyleLearner
from training.stages.style_maps import maps_of, packed_maps, unpacked_maps, varied_maps
from training.synhead.classes import CLASS_HAIR, CLASS_NECK, CLASS_SKIN

SIZE = 64
CONFIG = FacesConfig(half=False, style=StyleLearning(steps=2, batch=4))
BALD = len(WORN) - 1


def doll(hair: bool) -> np.ndarray:
    """(64, 64, 6): a face over a neck, with hair on top or none."""
    stored = np.zeros((SIZE, SIZE, CHANNELS), np.uint8)
    for rows, columns, kind, color in (
        (slice(20, 44), slice(18, 46), CLASS_SKIN, (220, 170, 150)),
        (slice(44, 60), slice(24, 40), CLASS_NECK, (200, 150, 130)),
        (slice(8, 20), slice(16, 48), CLASS_HAIR, (60, 40, 20)),
    ):
        if kind != CLASS_HAIR or hair:
            stored[rows, columns, CLASS] = kind
            stored[rows, columns, COLOR], stored[rows, columns, COVER] = color, 255
            stored[rows, columns, HAIR_SHARE] = 255 * (kind == CLASS_HAIR)
    return stored


def doll_maps(hair: bool) -> np.ndarray:
    """(MAPS, S, S) of the doll, as it truly is, with lines that were not drawn."""
    sample = plain_sample(doll(hair), Framing(), np.zeros((SIZE, SIZE, 3), np.uint8))
    picture = np.repeat(np.repeat(sample.picture, 4, 0), 4, 1)
    y, x = np.mgrid[: len(picture), : len(picture)]
    lined = (picture * (1 + 0.4 * np.sin((x + y) / 2)[..., None])).clip(0, 255).astype(np.uint8)
    return style_maps(lined, shares_of(sample).repeat(4, 1).repeat(4, 2))


def shares_of(sample: FaceSample) -> np.ndarray:
    """(len(PARTS), H, W) of what a sample is known to show."""
    return (np.arange(len(PARTS))[:, None, None] == sample.parts).astype(np.float32)


def test_maps_are_kept_in_bytes() -> None:
    maps = doll_maps(hair=True)

    again = unpacked_maps(packed_maps(torch.from_numpy(maps)[None]))[0].numpy()

    np.testing.assert_allclose(again, maps, atol=0.01)
    assert np.abs(maps[SLANTS]).max() > 0.3


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**31), st.floats(0.5, 6))
def test_many_maps_at_once_are_those_of_one(seed: int, smooth: float) -> None:
    rng = np.random.default_rng(seed)
    grain = gaussian_filter(rng.normal(0, 1, (LINES_SIZE, LINES_SIZE, 3)), (smooth, smooth, 0))
    picture = (128 + 60 * grain / grain.std()).clip(0, 255).astype(np.uint8)
    shares = np.exp(
        gaussian_filter(rng.normal(0, 9, (len(PARTS), LINES_SIZE, LINES_SIZE)), (0, 9, 9))
    )
    shares = (shares / shares.sum(0)).astype(np.float32)

    pictures = torch.from_numpy(picture).permute(2, 0, 1)[None].float()
    found = maps_of(pictures.repeat(2, 1, 1, 1), torch.from_numpy(shares)[None].repeat(2, 1, 1, 1))

    np.testing.assert_allclose(found[1].numpy(), style_maps(picture, shares), atol=2e-5)


def test_varied_maps_keep_the_face_near_its_place_and_turn_slants_with_the_mirror() -> None:
    maps = torch.from_numpy(doll_maps(hair=True))[None].repeat(64, 1, 1, 1)

    varied = varied_maps(maps, np.random.default_rng(0))
    again = varied_maps(maps, np.random.default_rng(0))

    assert torch.equal(varied, again)
    away = face_centres(varied) - torch.tensor(CENTRE)
    assert float(away.abs().mean()) < 0.05
    lined = varied[varied[:, LINES].abs().sum((1, 2, 3)) > 0]
    slants = lined[:, SLANTS].sum((1, 2, 3))
    assert (slants > 0).any()
    assert (slants < 0).any()
    plain = float(maps[0, SLANTS].sum())
    assert float(mirrored_maps(maps)[0, SLANTS].sum()) == pytest.approx(-plain, rel=1e-3)
    assert (varied[:, LIGHT].abs().sum((1, 2)) == 0).any(), "some tell nothing of light"


def test_hair_is_bent_in_training_and_no_two_alike() -> None:
    maps = torch.from_numpy(doll_maps(hair=True))[None].repeat(32, 1, 1, 1)

    varied = varied_maps(maps, np.random.default_rng(1))

    hair = varied[:, 0].sum((1, 2)) / varied[:, 1].sum((1, 2)).clamp(min=1)
    assert float(hair.std()) > 0.02, "hair and face do not keep their ratio"
    assert (varied[:, LINES].abs().sum((1, 2, 3)) > 0).float().mean() > 0.8
    strands = varied[:, STRANDS].abs().sum((1, 2, 3)) > 0
    locks = varied[:, LOCKS].abs().sum((1, 2, 3)) > 0
    assert (locks & ~strands).any(), "some are blurred"


def test_the_network_learns_who_has_hair() -> None:
    torch.set_num_threads(1)
    maps = torch.from_numpy(np.stack([doll_maps(hair) for hair in (True, False)] * 4))
    worn = torch.tensor([0, BALD] * 4)
    learner = StyleLearner(CONFIG, torch.device("cpu"))

    losses = [
        learner.learn(varied_maps(maps.clone(), np.random.default_rng(step)), worn, 0.0)
        for step in range(30)
    ]

    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:3])
    assert learner.step == 30


def test_what_a_teacher_says_is_copied() -> None:
    torch.set_num_threads(1)
    maps = torch.from_numpy(doll_maps(hair=True))[None].repeat(4, 1, 1, 1)
    worn = torch.zeros(4, dtype=torch.long)
    said = torch.full((4, len(WORN)), -4.0)
    said[:, 7] = 4.0
    config = replace(CONFIG, style=replace(CONFIG.style, distillation=1.0))
    learner = StyleLearner(config, torch.device("cpu"))

    for _ in range(25):
        learner.learn(maps, worn, 0.0, said)

    assert int(learner.average(maps).argmax(1)[0]) == 7
