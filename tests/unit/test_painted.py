"""What was painted on a photo counts more than what the network found."""

from __future__ import annotations

import numpy as np
import pytest

from head360.errors import PhotoError
from head360.faces import OVAL
from head360.fitting.face_network import BACKGROUND, HAIR, PARTS, SKIN
from head360.fitting.painted import Painted, check_shown, painted
from head360.fitting.parsing import ClassMap
from head360.marks import HAIR as HAIR_MARK
from head360.marks import LEFT_OUT, NOT_HAIR

SIZE = 64
WHOLE = np.array([[1.0, 0, 0], [0, 1, 0]])


def parsed() -> ClassMap:
    """Hair above, skin below, the network not quite sure."""
    shares = np.full((len(PARTS), SIZE, SIZE), 0.01, np.float32)
    shares[SKIN], shares[HAIR] = 0.1, 0.1
    shares[HAIR, : SIZE // 2], shares[SKIN, SIZE // 2 :] = 0.9, 0.9
    shares /= shares.sum(0)
    return ClassMap(shares.argmax(0).astype(np.uint8), shares, ((None, 1.0),))


def brushed(code: int, rows: slice, columns: slice) -> Painted:
    marks = np.zeros((SIZE, SIZE), np.uint8)
    marks[rows, columns] = code
    found = painted(marks, np.zeros((SIZE, SIZE, 3), np.uint8), WHOLE, SIZE)
    assert found is not None
    return found


def test_painted_hair_is_hair() -> None:
    found = brushed(HAIR_MARK, slice(40, 60), slice(10, 30)).over(parsed())

    assert (found.labels[42:58, 12:28] == HAIR).all()
    assert found.share("hair")[50, 20] == pytest.approx(1)
    assert (found.labels[42:58, 40:] == SKIN).all()
    assert np.allclose(found.shares.sum(0), 1, atol=1e-4)


def test_where_no_hair_is_painted_the_next_likely_part_is_seen() -> None:
    found = brushed(NOT_HAIR, slice(5, 25), slice(10, 30)).over(parsed())

    assert (found.labels[7:23, 12:28] == SKIN).all()
    assert found.share("hair")[15, 20] == pytest.approx(0, abs=1e-6)
    assert np.allclose(found.shares.sum(0), 1, atol=1e-4)


def test_certain_hair_can_be_painted_away() -> None:
    sure = parsed()
    shares = np.zeros_like(sure.shares)
    shares[HAIR] = 1
    sure = ClassMap(np.full((SIZE, SIZE), HAIR, np.uint8), shares, sure.styles)

    found = brushed(NOT_HAIR, slice(5, 25), slice(10, 30)).over(sure)

    assert (found.labels[7:23, 12:28] == BACKGROUND).all()
    assert np.allclose(found.shares.sum(0), 1, atol=1e-4)


def test_nothing_is_known_of_what_is_left_out() -> None:
    found = brushed(LEFT_OUT, slice(20, 50), slice(10, 30)).over(parsed())

    assert found.inside is not None
    assert not found.inside[22:48, 12:28].any()
    assert found.inside[:, 40:].all()
    assert (found.labels[22:48, 12:28] == BACKGROUND).all()


def test_hair_is_known_even_where_all_else_is_left_out() -> None:
    found = brushed(LEFT_OUT | HAIR_MARK, slice(40, 60), slice(10, 30)).over(parsed())

    assert found.inside is not None
    assert found.inside.all()
    assert (found.labels[42:58, 12:28] == HAIR).all()


def test_marks_of_another_photo_are_refused() -> None:
    marks = np.ones((SIZE, SIZE - 1), np.uint8)

    with pytest.raises(PhotoError, match="another picture"):
        painted(marks, np.zeros((SIZE, SIZE, 3), np.uint8), WHOLE, SIZE)
    assert painted(None, np.zeros((SIZE, SIZE, 3), np.uint8), WHOLE, SIZE) is None


def test_a_face_that_is_all_painted_over_is_refused() -> None:
    around = np.linspace(0, 2 * np.pi, len(OVAL), endpoint=False)
    landmarks = np.zeros((478, 3), np.float32)
    landmarks[list(OVAL), 0] = 32 + 20 * np.sin(around)
    landmarks[list(OVAL), 1] = 32 - 25 * np.cos(around)

    check_shown(brushed(LEFT_OUT, slice(0, 64), slice(0, 32)), landmarks)
    for code in (LEFT_OUT, HAIR_MARK):
        with pytest.raises(PhotoError, match="whole face"):
            check_shown(brushed(code, slice(0, 64), slice(0, 60)), landmarks)
