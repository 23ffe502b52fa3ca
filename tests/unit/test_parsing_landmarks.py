"""Landmarks in parsing: features where they are, skin within the face, a fringe by its colour."""

from __future__ import annotations

import numpy as np
import pytest

from head360.faces import OVAL
from head360.fitting.face_network import (
    BROWS,
    EYES,
    GLASSES,
    HAIR,
    LIPS,
    MOUTH,
    NECK,
    PARTS,
    SKIN,
)
from head360.fitting.landmarks import BROWS as BROW_POINTS
from head360.fitting.landmarks import LEFT_EYE, LIPS_INNER, LIPS_OUTER, RIGHT_EYE
from head360.fitting.parsing import lab, refined
from head360.fitting.parsing_landmarks import landmark_odds

SIZE = 128


def ring(numbers: tuple[int, ...], x: float, y: float, wide: float, high: float) -> np.ndarray:
    """(478, 3) with these points on an ellipse."""
    points = np.zeros((478, 3), np.float32)
    angles = np.linspace(0, 2 * np.pi, len(numbers), endpoint=False)
    points[list(numbers), 0] = x + wide * np.sin(angles)
    points[list(numbers), 1] = y - high * np.cos(angles)
    return points


@pytest.fixture
def landmarks() -> np.ndarray:
    """A round face in the middle; every other point on its cheeks."""
    found = np.zeros((478, 3), np.float32)
    rng = np.random.default_rng(0)
    found[:, :2] = rng.uniform((50, 70), (78, 80), (478, 2))
    for numbers, *place in (
        (OVAL, 64, 64, 30, 38), (LIPS_OUTER, 64, 86, 10, 5), (LIPS_INNER, 64, 86, 7, 2),
        (RIGHT_EYE, 52, 58, 5, 3), (LEFT_EYE, 76, 58, 5, 3),
        (BROW_POINTS[:10], 52, 49, 6, 2), (BROW_POINTS[10:], 76, 49, 6, 2),
    ):  # fmt: skip
        part = ring(numbers, *place)
        found[list(numbers)] = part[list(numbers)]
    return found


def picture() -> np.ndarray:
    """Skin all over, but for a dark fringe within the face and the white of an eye."""
    made = np.full((SIZE, SIZE, 3), (215, 170, 150), np.uint8)
    made[26:44] = (60, 40, 25)
    made[56:61, 49:56] = (245, 245, 250)
    return made


def test_features_are_where_landmarks_say(landmarks: np.ndarray) -> None:
    odds = landmark_odds(lab(picture()), landmarks)

    assert odds.shape == (len(PARTS), SIZE, SIZE)
    assert np.isfinite(odds).all()
    assert odds[EYES, 58, 52] > 0 > odds[EYES, 70, 64]
    assert odds[MOUTH, 86, 64] > 0 > odds[LIPS, 86, 64]
    assert odds[BROWS, 49, 76] > 0 > odds[BROWS, 56, 76]
    assert odds[LIPS, 82, 64] == 0 > odds[LIPS, 78, 64]


def test_an_edge_is_where_the_picture_has_it(landmarks: np.ndarray) -> None:
    shares = np.full((len(PARTS), SIZE, SIZE), 0.01, np.float32)
    shares[SKIN] = 0.9
    seen = np.s_[46:50, 72:81]  # a brow, higher than the landmarks have it
    shares[SKIN][seen], shares[BROWS][seen] = 0.05, 0.9
    shares /= shares.sum(0)

    odds = landmark_odds(lab(picture()), landmarks, shares)

    assert (odds[BROWS][seen] > -1).all()
    assert abs(odds[BROWS, 51, 76]) < 1
    assert odds[BROWS, 49, 52] > 0, "the other brow is not seen, but must be there"


def test_skin_is_within_the_face_and_a_fringe_is_not_skin(landmarks: np.ndarray) -> None:
    odds = landmark_odds(lab(picture()), landmarks)

    assert odds[SKIN, 70, 64] > 0
    assert odds[SKIN, 70, 8] < -2
    assert odds[SKIN, 35, 64] < 0 < odds[HAIR, 35, 64]
    assert odds[HAIR, 75, 64] == 0
    assert odds[GLASSES, 100, 64] < odds[GLASSES, 58, 64] == 0


def test_a_network_that_took_a_fringe_for_skin_is_corrected(landmarks: np.ndarray) -> None:
    shares = np.full((len(PARTS), SIZE, SIZE), 0.01, np.float32)
    shares[SKIN], shares[HAIR] = 0.7, 0.2
    shares /= shares.sum(0)

    told = refined(picture(), shares, landmarks).argmax(0)

    assert (told[30:42, 50:78] == HAIR).mean() > 0.95
    assert (told[66:76, 50:78] == SKIN).mean() > 0.95
    assert told[58, 52] == EYES


def test_a_forehead_that_shines_stays_skin(landmarks: np.ndarray) -> None:
    shown = picture()
    shown[:] = (180, 130, 110)
    shown[32:40, 56:72] = (255, 250, 235)
    shares = np.full((len(PARTS), SIZE, SIZE), 0.01, np.float32)
    shares[SKIN], shares[HAIR] = 0.75, 0.15
    shares /= shares.sum(0)

    told = refined(shown, shares, landmarks).argmax(0)

    assert (told[33:39, 57:71] == SKIN).mean() > 0.9


def test_a_neck_is_skin_and_a_black_collar_is_not(landmarks: np.ndarray) -> None:
    shown = picture()
    shown[104:116], shown[116:] = (150, 110, 95), (15, 14, 18)

    odds = landmark_odds(lab(shown), landmarks)

    assert (odds[NECK, 106:115, 50:78] > -1.5).all()
    assert (odds[NECK, 118:, 50:78] < -3).all()
