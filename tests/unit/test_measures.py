from __future__ import annotations

import numpy as np
import pytest

from training.measures import SAME_DB, psnr, ssim


def noise(seed: int, size: int = 48) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8)


def test_psnr_of_a_known_difference() -> None:
    one = np.full((4, 4, 3), 100, np.uint8)
    other = np.full((4, 4, 3), 110, np.uint8)

    # 10 · log10(255² / 10²)
    assert psnr(one, other) == pytest.approx(28.1308, abs=1e-4)


def test_psnr_does_not_wrap_around_in_bytes() -> None:
    black, white = np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 255, np.uint8)

    assert psnr(black, white) == pytest.approx(0.0)


def test_psnr_of_equal_pictures_is_finite() -> None:
    assert psnr(noise(0), noise(0)) == SAME_DB


def test_psnr_can_look_at_a_part_only() -> None:
    one, other = np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4, 3), np.uint8)
    other[0, 0] = 255
    part = np.zeros((4, 4), bool)
    part[0, :2] = True

    # Half of the part's values are off by 255.
    assert psnr(one, other, part) == pytest.approx(3.0103, abs=1e-4)
    assert psnr(one, other, ~part) == SAME_DB


@pytest.mark.parametrize("measure", [psnr, ssim])
def test_pictures_of_different_sizes_are_refused(measure) -> None:
    with pytest.raises(ValueError, match="different sizes"):
        measure(noise(0, 16), noise(0, 17))


def test_psnr_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no pixel"):
        psnr(noise(0), noise(0), np.zeros((48, 48), bool))


def test_ssim_is_one_for_equal_and_low_for_unrelated_pictures() -> None:
    assert ssim(noise(0), noise(0)) == pytest.approx(1.0)
    assert abs(ssim(noise(0), noise(1))) < 0.05


def test_ssim_of_flat_pictures_follows_its_formula() -> None:
    one = np.full((32, 32, 3), 100, np.uint8)
    other = np.full((32, 32, 3), 120, np.uint8)
    c1 = (0.01 * 255) ** 2

    expected = (2 * 100 * 120 + c1) / (100**2 + 120**2 + c1)
    assert ssim(one, other) == pytest.approx(expected, abs=1e-9)


def test_ssim_agrees_with_scikit_image() -> None:
    metrics = pytest.importorskip("skimage.metrics")
    one = noise(0)
    other = (0.7 * one + 0.3 * noise(1)).astype(np.uint8)

    expected = metrics.structural_similarity(
        one, other, channel_axis=2, gaussian_weights=True, sigma=1.5,
        use_sample_covariance=False, data_range=255,
    )  # fmt: skip
    assert ssim(one, other) == pytest.approx(expected, abs=1e-4)


def test_ssim_of_a_part_is_that_part_s() -> None:
    one, other = noise(0), noise(0).copy()
    other[:, 24:] = noise(1)[:, 24:]
    left = np.zeros((48, 48), bool)
    left[:, :16] = True

    assert ssim(one, other, left) == pytest.approx(1.0)
    assert ssim(one, other, ~left) < 0.6
