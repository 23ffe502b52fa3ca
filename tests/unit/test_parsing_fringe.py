"""A fringe's lowest strands, told from the forehead by the colours just there."""

from __future__ import annotations

import numpy as np
import pytest

from head360.faces import OVAL
from head360.fitting.face_network import HAIR, PARTS, SKIN
from head360.fitting.landmarks import BROWS, LEFT_EYE, LIPS_INNER, LIPS_OUTER, RIGHT_EYE
from head360.fitting.parsing import lab, refined
from head360.fitting.parsing_fringe import fringe_odds

SIZE = 256
HAIR_COLOR, SHADED_SKIN, SKIN_COLOR = (118, 92, 60), (112, 84, 56), (226, 190, 165)
#: Rows: hair that is sure ends, the fringe ends, the brows begin.
SURE, FRINGE, BROW = 70, 88, 112


@pytest.fixture
def landmarks() -> np.ndarray:
    """A face in the middle, its other points on the cheeks."""
    found = np.zeros((478, 3), np.float32)
    found[:, :2] = np.random.default_rng(0).uniform((92, 140), (164, 180), (478, 2))
    for numbers, x, y, wide, high in (
        (OVAL, 128, 136, 56, 76), (LIPS_OUTER, 128, 186, 20, 9), (LIPS_INNER, 128, 186, 14, 3),
        (RIGHT_EYE, 104, 130, 10, 5), (LEFT_EYE, 152, 130, 10, 5),
        (BROWS[:10], 104, 114, 14, 2), (BROWS[10:], 152, 114, 14, 2),
    ):  # fmt: skip
        turn = np.linspace(0, 2 * np.pi, len(numbers), endpoint=False)
        found[list(numbers), 0] = x + wide * np.sin(turn)
        found[list(numbers), 1] = y - high * np.cos(turn)
    return found


def picture(skin: tuple[int, int, int] = SKIN_COLOR) -> np.ndarray:
    """Hair down to the fringe's end, and below it cheeks in the light and in shadow."""
    made = np.zeros((SIZE, SIZE, 3), np.float32)
    made[:FRINGE] = HAIR_COLOR
    made[FRINGE:] = skin
    if skin == SKIN_COLOR:
        made[140:180, 92:164] = np.linspace(SHADED_SKIN, SKIN_COLOR, 72)
    made += np.random.default_rng(1).normal(0, 4, made.shape)
    return made.clip(0, 255).astype(np.uint8)


def shares() -> np.ndarray:
    """What a network says that takes the fringe's end for a forehead."""
    made = np.full((len(PARTS), SIZE, SIZE), 0.003, np.float32)
    made[HAIR, :SURE], made[SKIN, :SURE] = 0.95, 0.03
    made[HAIR, SURE:], made[SKIN, SURE:] = 0.03, 0.95
    made[HAIR, SURE:FRINGE], made[SKIN, SURE:FRINGE] = 0.12, 0.82
    return made / made.sum(0)


def test_the_end_of_a_fringe_is_hair_and_the_forehead_is_not(landmarks: np.ndarray) -> None:
    odds = fringe_odds(lab(picture()), shares(), landmarks)

    assert np.median(odds[SURE:FRINGE, 90:166]) > 2
    assert np.median(odds[FRINGE + 2 : BROW - 4, 90:166]) < -2
    assert (odds[BROW:] == 0).all()


def test_the_parser_uses_it(landmarks: np.ndarray) -> None:
    told = refined(picture(), shares(), landmarks).argmax(0)

    assert (told[SURE + 4 : FRINGE - 3, 96:160] == HAIR).mean() > 0.95
    assert (told[FRINGE + 4 : BROW - 4, 100:156] == SKIN).mean() > 0.95


def test_skin_of_the_hairs_colour_leaves_the_network_its_word(landmarks: np.ndarray) -> None:
    odds = fringe_odds(lab(picture(HAIR_COLOR)), shares(), landmarks)

    assert (odds == 0).all()


def test_without_sure_hair_nothing_is_learnt(landmarks: np.ndarray) -> None:
    bald = shares()
    bald[[HAIR, SKIN]] = bald[[SKIN, HAIR]].clip(0, 0.5)

    assert (fringe_odds(lab(picture()), bald, landmarks) == 0).all()
