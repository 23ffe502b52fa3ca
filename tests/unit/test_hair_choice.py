"""Lines of hair tell straight from curly, and a blob on a sleeve is nobody's hair."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from head360.errors import ResourceError
from head360.faces import OVAL
from head360.fitting.face_network import (
    BACKGROUND,
    HAIR,
    PARTS,
    SKIN,
    FaceNetwork,
    FaceShape,
    Lines,
    load_lines,
    save_faces,
)
from head360.fitting.hair import FittedHair
from head360.fitting.hair_choice import Candidate, _lines_say, in_question, ranked
from head360.fitting.hair_own import OwnWays
from head360.fitting.landmarks import LEFT_EYE, LIPS_OUTER, RIGHT_EYE
from head360.fitting.parsing import ClassMap
from head360.fitting.parsing_hair import own_hair
from head360.fitting.photo_lines import coherence, line_coherence
from head360.params import HairShape


def strands(size: int = 128) -> np.ndarray:
    """A picture of slanted stripes."""
    y, x = np.mgrid[:size, :size]
    bright = 110 + 70 * np.sin((x + 0.4 * y) / 2)
    return np.repeat(bright[..., None], 3, 2).astype(np.uint8)


def grain(size: int = 128) -> np.ndarray:
    made = np.random.default_rng(0).integers(40, 180, (size, size, 1)).astype(np.uint8)
    return np.repeat(made, 3, 2)


def test_lines_that_run_together_cohere_and_grain_does_not() -> None:
    hair = np.ones((128, 128), bool)

    assert line_coherence(strands(), hair) > 0.9  # type: ignore[operator]
    assert line_coherence(grain(), hair) < 0.4  # type: ignore[operator]
    assert line_coherence(strands(), hair & False) is None


def test_only_hair_within_the_photo_is_looked_at() -> None:
    picture, size = strands(256), 256
    picture[128:] = grain(256)[128:]
    shares = np.zeros((len(PARTS), size, size), np.float32)
    shares[HAIR] = 1
    inside = np.ones((size, size), bool)
    inside[128:] = False
    labels = shares.argmax(0).astype(np.uint8)

    seen = coherence(picture, ClassMap(labels, shares, (), inside))
    both = coherence(picture, ClassMap(labels, shares, ()))

    assert both is not None
    assert seen is None or seen > both


def test_hair_whose_lines_are_like_a_style_s_speaks_for_it() -> None:
    straight, curly = Lines(0.75, 0.05), Lines(0.3, 0.05)

    assert _lines_say(0.7, straight) > _lines_say(0.7, curly) + 2
    assert _lines_say(None, straight) == 0
    assert _lines_say(0.7, None) == 0


def test_lines_lie_beside_the_weights(tmp_path: Path) -> None:
    path, small = tmp_path / "faces.safetensors", FaceShape((4, 4, 8, 8, 8), (0,) * 5, 6, 2)

    save_faces(path, FaceNetwork(small), ["bob", ""], {"bob": Lines(0.7, 0.04)})

    assert load_lines(path) == {"bob": Lines(0.7, 0.04)}
    save_faces(path, FaceNetwork(small), ["bob", ""])
    assert load_lines(path) == {}
    path.write_bytes(b"no network")
    with pytest.raises(ResourceError, match="damaged"):
        load_lines(path)


@pytest.fixture
def landmarks() -> np.ndarray:
    """A face's oval around the middle of 128 pixels."""
    found = np.full((478, 3), 64, np.float32)
    angles = np.linspace(0, 2 * np.pi, len(OVAL), endpoint=False)
    found[list(OVAL), 0] = 64 + 22 * np.sin(angles)
    found[list(OVAL), 1] = 64 - 28 * np.cos(angles)
    found[[*RIGHT_EYE, *LEFT_EYE], 1], found[list(LIPS_OUTER), 1] = 58, 80
    return found


def test_hair_away_from_the_head_is_background(landmarks: np.ndarray) -> None:
    shares = np.full((len(PARTS), 128, 128), 1e-3, np.float32)
    shares[BACKGROUND] = 0.3
    shares[HAIR, 24:50, 40:88] = 5
    shares[HAIR, 50:110, 36:42] = 5  # down beside the face
    shares[HAIR, 100:120, 100:125] = 5
    shares[SKIN, 50:92, 44:84] = 5
    shares /= shares.sum(0)

    for known in (landmarks, None):
        found = own_hair(shares, known)
        np.testing.assert_allclose(found.sum(0), 1, atol=1e-4)
        assert (found.argmax(0)[100:120, 100:125] == BACKGROUND).all()
        assert (found.argmax(0)[24:50, 40:88] == HAIR).all()
        assert (found.argmax(0)[50:110, 36:42] == HAIR).all()


def test_hair_falls_below_the_mouth_only_where_it_passes_the_cheek(landmarks: np.ndarray) -> None:
    shares = np.full((len(PARTS), 128, 128), 1e-3, np.float32)
    shares[BACKGROUND] = 0.3
    shares[HAIR, 24:50, 40:88] = 5
    shares[HAIR, 50:110, 36:42] = 5  # down on one side
    shares[HAIR, 84:110, 42:100] = 5  # a collar that touches it, also on the other side
    shares /= shares.sum(0)

    found = own_hair(shares, landmarks).argmax(0)

    assert (found[50:110, 36:42] == HAIR).all()
    assert (found[84:110, 66:100] != HAIR).all()


def test_a_bent_style_is_as_unlike_as_it_was_before() -> None:
    told = [Candidate("afro", -2.0, 0.3), Candidate("bob", -2.2, 0.1)]
    fitted: dict[str | None, FittedHair] = {
        "afro": FittedHair(HairShape(), 0.25), "bob": FittedHair(HairShape(), 0.07),
    }  # fmt: skip
    ways, uncut = np.zeros((3, 1, 1, 1), np.float32), np.zeros((1, 1, 1), np.float32)
    bent: dict[str | None, OwnWays] = {
        "afro": OwnWays(ways, uncut, 1.0, 0.01, 0.0), "bob": OwnWays(ways, uncut, 1.0, 0.02, 0.02),
    }  # fmt: skip

    assert ranked(told, fitted, bent)[0][0] == "bob"


def test_styles_in_question_are_few_where_one_is_sure() -> None:
    named = (("bob", 0.6), ("messy", 0.2), ("crew", 0.1), ("afro", 0.05), (None, 0.05))

    assert in_question(named, ("bob", "messy", "afro", None), 3) == ["bob", "messy"]
    assert in_question(named, ("messy", "crew", "afro"), 2) == ["messy", "crew"]
    assert in_question(named, ("afro",), 3) == ["afro"]
    assert in_question(named, (), 3) == []
