"""What landmarks alone ask for becomes the likeliest shape: learnt, bounded, and never wild."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from head360.fitting.equations import IDENTITY_MODES, OWN, POSE, Equations
from head360.fitting.likely_shape import LikelyShape
from training.shapes import Pairs, learnt, write


def _pairs(count: int, seed: int) -> Pairs:
    """Codes as a solver might find them: shrunk, mixed, shifted, and noisy."""
    rng = np.random.default_rng(seed)
    true = rng.normal(size=(count, IDENTITY_MODES))
    mixing = np.random.default_rng(1).normal(size=(IDENTITY_MODES, IDENTITY_MODES)) * 0.1
    fading = np.linspace(1.5, 0, IDENTITY_MODES)
    noise = 0.4 * rng.normal(size=true.shape)
    return Pairs(0.3 + (true * fading + noise) @ (0.3 * np.eye(IDENTITY_MODES) + mixing), true)


def test_likely_codes_are_nearer_to_the_true_ones() -> None:
    likely, others = learnt(_pairs(3000, 2)), _pairs(200, 3)

    told = np.array([likely.told(solved).mean for solved in others.solved])

    def off(codes: np.ndarray) -> float:
        return float(np.square(codes - others.true).sum(1).mean())

    assert off(told) < 0.85 * off(np.zeros_like(told)) < 0.85 * off(others.solved)


def test_what_is_believed_is_as_sure_as_it_is_right() -> None:
    likely, others = learnt(_pairs(3000, 2)), _pairs(400, 4)

    beliefs = [likely.told(solved) for solved in others.solved]

    off = np.array([true - each.mean for true, each in zip(others.true, beliefs, strict=True)])
    surprise = np.einsum("ni,ij,nj->n", off, beliefs[0].precision, off).mean()
    assert surprise == pytest.approx(IDENTITY_MODES, rel=0.12)


def test_nobody_is_believed_to_be_further_off_than_people_are() -> None:
    likely = LikelyShape.load()
    towards = np.random.default_rng(0).normal(size=IDENTITY_MODES)

    usual, wild, wilder = (
        likely.told(likely.middle + far * towards).mean for far in (0, 1000, 2000)
    )

    assert np.abs(usual).max() == 0
    assert np.abs(wild - wilder).max() < 1e-9
    along = likely.directions @ wild / likely.correlations
    assert np.linalg.norm(along) == pytest.approx(np.sqrt(len(along)), rel=1e-3)


def test_shipped_directions_stand_at_right_angles_and_tell_something() -> None:
    likely = LikelyShape.load()

    together = likely.directions @ likely.directions.T

    assert np.abs(together - np.eye(len(together))).max() < 1e-3
    assert (np.diff(likely.correlations) <= 0).all()
    assert 0.7 < likely.correlations[0] < 1.2
    assert likely.correlations[-1] > 0.1


def test_what_was_learnt_is_read_again(tmp_path: Path) -> None:
    likely = learnt(_pairs(500, 5))
    write(likely, tmp_path / "shape.safetensors")

    again = LikelyShape.load(tmp_path / "shape.safetensors")

    shape = np.random.default_rng(6).normal(size=IDENTITY_MODES)
    assert np.abs(again.told(shape).mean - likely.told(shape).mean).max() < 1e-4
    assert (tmp_path / "shape.safetensors").stat().st_size < 60_000


@pytest.mark.parametrize("weight", [0.5, 0.0])  # in between, and where half of the steps end
def test_landmarks_that_may_not_tell_the_shape_still_tell_the_pose(weight: float) -> None:
    rng = np.random.default_rng(7)
    rows = rng.normal(size=(936, IDENTITY_MODES + OWN))
    errors, off = 0.3 * rng.normal(size=936), 0.02 * rng.normal(size=IDENTITY_MODES)
    system = Equations(1)
    system.add(0, rows, errors)

    system.tell_no_shape()
    system.add_identity_prior(np.eye(IDENTITY_MODES), off)
    step = system.step([np.full(OWN - POSE, weight)])

    assert np.abs(step[:IDENTITY_MODES] + off).max() < 1e-9  # as believed, whatever they asked
    own = system.part(step, 0)
    free = np.append(np.ones(POSE, bool), (weight + own[POSE:]).clip(1e-6, 1) > 1e-6)
    assert free.all() == (weight > 0)
    mine, held = rows[:, IDENTITY_MODES:], rows[:, :IDENTITY_MODES] @ -off
    best = np.linalg.lstsq(mine[:, free], -errors - held, rcond=None)[0]
    assert np.abs(own[free] - best).max() < 1e-9
    assert not own[~free].any()
