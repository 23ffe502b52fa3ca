"""Parsing: shares stay shares, edges follow colours, and a file that is no network is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from head360.errors import ResourceError
from head360.fitting.face_network import (
    BACKGROUND,
    HAIR,
    PARTS,
    SKIN,
    FaceNetwork,
    FaceShape,
    load_faces,
    save_faces,
)
from head360.fitting.parsing import (
    ClassMap,
    color_odds,
    guided,
    lab,
    parse,
    refined,
    told_again,
)

SMALL = FaceShape(widths=(4, 4, 8, 8, 8), blocks=(0, 0, 1, 0, 0), up=6, styles=3)


def two_halves(size: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """A picture, brown left and pale right, and shares whose border lies a few pixels off."""
    picture = np.full((size, size, 3), (70, 45, 30), np.uint8)
    picture[:, size // 2 :] = (220, 180, 160)
    shares = np.full((len(PARTS), size, size), 1e-4, np.float32)
    at = (np.arange(size) - size / 2 - 3) / 3
    shares[SKIN], shares[HAIR] = 1 / (1 + np.exp(-at)), 1 / (1 + np.exp(at))
    return picture, shares / shares.sum(0)


def test_shares_stay_shares_and_borders_move_to_where_colours_change() -> None:
    picture, shares = two_halves()

    found = refined(picture, shares)

    np.testing.assert_allclose(found.sum(0), 1, atol=1e-4)
    assert found.min() >= 0
    before = np.argmax(shares[SKIN][32] > 0.5) - 32
    after = np.argmax(found[SKIN][32] > 0.5) - 32
    assert before >= 3
    assert abs(after) <= 1


def test_colours_say_nothing_where_the_network_is_sure_or_knows_one_part_only() -> None:
    picture, shares = two_halves()

    odds = color_odds(lab(picture), shares)

    sure = shares.max(0) >= 0.9
    assert not odds[:, sure].any()
    assert odds[SKIN][:, 33].mean() > odds[HAIR][:, 33].mean()
    alone = np.zeros_like(shares)
    alone[BACKGROUND] = 1
    assert not color_odds(lab(picture), alone).any()


def test_the_guided_filter_keeps_what_is_even_and_smooths_what_the_guide_does_not_show() -> None:
    rng = np.random.default_rng(0)
    even, noise = np.full((40, 40), 0.3, np.float32), rng.random((40, 40), np.float32)

    np.testing.assert_allclose(guided(noise, even, 7), even, atol=1e-5)
    assert guided(even, noise, 7).std() < 0.3 * noise.std()


def test_lab_of_known_colours() -> None:
    picture = np.array([[[255, 255, 255], [0, 0, 0], [255, 0, 0]]], np.uint8)

    white, black, red = lab(picture)[0]

    np.testing.assert_allclose(white, (100, 0, 0), atol=0.2)
    np.testing.assert_allclose(black, (0, 0, 0), atol=0.2)
    np.testing.assert_allclose(red, (53.2, 80.1, 67.2), atol=0.3)


def test_parts_are_asked_for_by_name() -> None:
    shares = np.zeros((len(PARTS), 2, 2), np.float32)
    shares[HAIR, 0], shares[SKIN, 1] = 0.75, 0.75
    shares[BACKGROUND] = 0.25
    found = ClassMap(shares.argmax(0).astype(np.uint8), shares, ())

    assert found.mask("hair").tolist() == [[True, True], [False, False]]
    assert found.share("hair", "background").tolist() == [[1, 1], [0.25, 0.25]]
    with pytest.raises(ValueError, match="not in"):
        found.share("feathers")


def test_a_network_comes_back_from_its_file(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = FaceNetwork(SMALL).eval()
    pictures = torch.rand(2, 3, 64, 64)

    save_faces(tmp_path / "faces.safetensors", network, ["bob", "", "afro"])
    again, names = load_faces(tmp_path / "faces.safetensors")

    assert names == ("bob", "", "afro")
    parts, styles = again(pictures)
    assert parts.shape == (2, len(PARTS), 64, 64)
    assert styles.shape == (2, 3)
    torch.testing.assert_close(parts, network(pictures)[0], atol=2e-2, rtol=2e-2)


@pytest.mark.parametrize("content", [b"", b"no network at all", b"\xff" * 64])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "faces.safetensors").write_bytes(content)

    with pytest.raises(ResourceError, match="damaged"):
        load_faces(tmp_path / "faces.safetensors")


def test_a_file_that_lacks_something_is_refused(tmp_path: Path) -> None:
    from safetensors import safe_open
    from safetensors.torch import save_file

    path = tmp_path / "faces.safetensors"
    save_faces(path, FaceNetwork(SMALL), ["a", "b", "c"])
    with safe_open(path, "pt") as file:
        about = file.metadata()
        names = [name for name in file.keys() if "context" not in name]  # noqa: SIM118
        rest = {name: file.get_tensor(name) for name in names}
    save_file(rest, path, about)

    with pytest.raises(ResourceError, match="damaged"):
        load_faces(path)


def test_hair_that_was_painted_away_is_told_again(astronaut: np.ndarray) -> None:
    face = np.ascontiguousarray(astronaut[:260, 95:355])
    parts = parse(face)
    shares = parts.shares.copy()
    shares[SKIN] += shares[HAIR]
    shares[HAIR] = 0

    bald = told_again(face, replace(parts, shares=shares))

    assert bald.styles[0][0] is None
    assert parts.styles[0][0] is not None
    assert sum(share for _, share in bald.styles) == pytest.approx(1)
