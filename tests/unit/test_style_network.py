"""Hairstyles are told from maps: where hair and face lie, and how the hair's lines run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from head360.errors import ResourceError
from head360.fitting import parsing
from head360.fitting.face_network import BACKGROUND, HAIR, NECK, PARTS, SKIN
from head360.fitting.style_network import (
    CENTRE,
    LIGHT,
    LINES,
    LOCKS,
    MAP_SIZE,
    MAPS,
    SLANTS,
    STRANDS,
    StyleNetwork,
    StyleShape,
    centred,
    face_centres,
    load_style,
    mirrored_maps,
    save_style,
    style_maps,
    told_styles,
)

SIZE = 256
SMALL = StyleShape((4, 4, 8, 8), (0,) * 4, 2, 3)
ACROSS = LIGHT + 1


def striped(across: float, down: float) -> np.ndarray:
    """A picture of stripes, brighter and darker along a direction."""
    y, x = np.mgrid[:SIZE, :SIZE]
    bright = 120 + 60 * np.sin((across * x + down * y) / 2)
    return np.repeat(bright[..., None], 3, 2).astype(np.uint8)


def parts(face: slice = slice(100, 180)) -> np.ndarray:
    """Shares of a face with hair to its left and above."""
    shares = np.zeros((len(PARTS), SIZE, SIZE), np.float32)
    shares[HAIR, 40:100, 30:180] = 1
    shares[HAIR, 100:220, 30:70] = 1
    shares[SKIN, 100:180, face] = 1
    shares[NECK, 180:230, 110:160] = 1
    shares[BACKGROUND] = 1 - shares.sum(0)
    return shares


@pytest.fixture(scope="module")
def network() -> StyleNetwork:
    torch.manual_seed(0)
    return StyleNetwork(SMALL).eval().requires_grad_(False)


def test_maps_know_where_parts_are_and_which_way_lines_run() -> None:
    upright, lying = (style_maps(striped(*way), parts()) for way in ((1, 0), (0, 1)))
    hair = upright[0] > 0.99

    assert upright.shape == (MAPS, MAP_SIZE, MAP_SIZE)
    np.testing.assert_allclose(upright[0, 60, 20], 1)
    np.testing.assert_allclose(upright[1, 70, 70], 1)
    assert np.median(upright[ACROSS][hair]) > 0.9
    assert np.median(lying[ACROSS][hair]) < -0.9
    assert np.abs(upright[LINES][:, 70, 70]).max() == 0, "a face has no lines of hair"
    assert np.abs(upright[LIGHT][: SIZE // 2][:10]).max() == 0, "nor has a background light"


def test_a_grey_picture_has_no_lines() -> None:
    maps = style_maps(np.full((SIZE, SIZE, 3), 90, np.uint8), parts())

    assert np.abs(maps[LINES]).max() < 1e-3
    assert np.abs(maps[LIGHT]).max() < 1e-3


def test_a_mirrored_picture_has_mirrored_maps() -> None:
    picture, shares = striped(1, 1), parts()
    maps = torch.from_numpy(style_maps(picture, shares))[None]
    other = style_maps(
        np.ascontiguousarray(picture[:, ::-1]), np.ascontiguousarray(shares[..., ::-1])
    )

    assert float(maps[0, SLANTS].abs().max()) > 0.5
    np.testing.assert_allclose(mirrored_maps(maps)[0].numpy(), other, atol=1e-4)


def test_locks_are_seen_where_strands_are_blurred() -> None:
    across = np.tile(np.arange(SIZE), (SIZE, 1))
    wide = (120 + 60 * np.sin(across / 3))[..., None].repeat(3, 2).astype(np.uint8)
    noise = np.random.default_rng(0).normal(0, 25, wide.shape[:2])[..., None]
    noisy = (wide + noise).clip(0, 255).astype(np.uint8)
    hair = style_maps(wide, parts())[0] > 0.99

    upright = style_maps(noisy, parts())[[STRANDS.start, LOCKS.start]][:, hair]

    assert np.median(upright[0]) < 0.6
    assert np.median(upright[1]) > 0.8


def test_half_of_what_is_told_needs_no_strands(network: StyleNetwork) -> None:
    maps = style_maps(striped(1, 1), parts())
    blurred = maps.copy()
    blurred[STRANDS] = 0
    both = np.log(told_styles(network, maps))
    with torch.inference_mode():
        seen = centred(torch.from_numpy(np.stack([maps, blurred])))
        one, other = (
            torch.log_softmax(network(torch.cat([seen, mirrored_maps(seen)])), 1)
            .view(2, 2, -1)
            .mean(0)
        )

    expected = torch.log_softmax((one + other) / 2, 0).numpy()
    np.testing.assert_allclose(both, expected, atol=1e-4)
    assert float((one - other).abs().max()) > 1e-4


def test_larger_pictures_have_the_same_maps() -> None:
    picture, shares = striped(0.4, 0.1), parts()
    large = style_maps(picture.repeat(2, 0).repeat(2, 1), shares.repeat(2, 1).repeat(2, 2))

    np.testing.assert_allclose(large, style_maps(picture, shares), atol=1e-3)


def test_faces_are_put_where_faces_are() -> None:
    maps = torch.from_numpy(style_maps(striped(1, 0), parts(slice(60, 140))))[None]
    moved = centred(maps)

    assert abs(float(face_centres(maps)[0, 0]) - CENTRE[0]) > 0.1
    np.testing.assert_allclose(face_centres(moved)[0].numpy(), CENTRE, atol=0.01)
    nobody = torch.zeros_like(maps)
    nobody[:, 0, 30:60, 30:60] = 1
    np.testing.assert_allclose(centred(nobody).numpy(), nobody.numpy(), atol=1e-4)


def test_styles_are_told_with_certainty_one_whichever_side_they_are_worn(
    network: StyleNetwork,
) -> None:
    maps = style_maps(striped(1, 1), parts())
    mirrored = mirrored_maps(torch.from_numpy(maps)[None])[0].numpy()

    told = told_styles(network, maps)

    assert told.shape == (SMALL.styles,)
    assert told.sum() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(told, told_styles(network, mirrored), atol=1e-3)


def test_a_file_gives_the_network_back(network: StyleNetwork, tmp_path: Path) -> None:
    path, maps = tmp_path / "hairstyle.safetensors", style_maps(striped(1, 0), parts())
    save_style(path, network, ["bob", "afro", ""])

    again, names = load_style(path)

    assert names == ("bob", "afro", "")
    np.testing.assert_allclose(told_styles(again, maps), told_styles(network, maps), atol=0.01)


def test_damaged_files_are_named(network: StyleNetwork, tmp_path: Path) -> None:
    path = tmp_path / "hairstyle.safetensors"
    with pytest.raises(ResourceError, match="missing"):
        load_style(path)
    path.write_bytes(b"no network")
    with pytest.raises(ResourceError, match="damaged"):
        load_style(path)
    save_style(path, network, ["bob", "afro", ""])
    content = load_file(path)
    content.pop(next(iter(content)))
    save_file(content, path, {"shape": "{}", "styles": "[]"})
    with pytest.raises(ResourceError, match="damaged"):
        load_style(path)


def test_two_networks_tell_hairstyles_together(
    network: StyleNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsing, "_style_network", lambda: (network, ("bob", "afro", "")))
    picture, shares = striped(1, 0), parts()
    alone = dict(
        zip(("bob", "afro", None), told_styles(network, style_maps(picture, shares)), strict=True)
    )

    agreed = dict(parsing._worn(picture, shares, {"bob": 0.9, "afro": 0.05, "": 0.05}))
    ranked = parsing._worn(picture, shares, {"bob": 0.0, "afro": 0.0, "": 1.0})

    assert agreed["bob"] > alone["bob"]
    assert sum(agreed.values()) == pytest.approx(1)
    assert ranked[0][0] is None, "bald has no name"
    assert all(share > 0 for _, share in ranked), "nothing that a network says is certain"
