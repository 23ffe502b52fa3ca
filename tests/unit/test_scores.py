from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from head360.camera import OrbitCamera
from training.identity import similarity
from training.measures import flip
from training.perception import Lpips, LpipsError, load_lpips
from training.scores import Measures, Scores, rows, shows_face
from training.truths import pixels


def noise(seed: int, size: int = 64) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8)


def truth(image: np.ndarray, yaw: float = 0.0) -> SimpleNamespace:
    return SimpleNamespace(image=image, hair=None, camera=OrbitCamera(yaw), landmarks=None)


def test_flip_is_nothing_for_the_same_picture_and_grows_with_the_difference() -> None:
    distance = flip()
    one = noise(0)

    assert distance is not None
    assert distance(one, one) == pytest.approx(0.0, abs=1e-6)
    assert (
        0.0
        < distance(one, np.clip(one.astype(int) + 9, 0, 255).astype(np.uint8))
        < distance(one, 255 - one)
    )


def test_what_cannot_be_measured_is_said() -> None:
    distance = flip()

    some = Measures(flip=distance).missing

    assert "LPIPS" in some
    assert "CSIM" in some
    assert "ꟻLIP" not in some
    assert Measures(distance, distance, object()).missing == ""  # type: ignore[arg-type]


def test_a_row_holds_means_of_what_was_measured_and_nothing_else() -> None:
    scores = Scores()
    image = np.full((16, 16, 3), 100, np.uint8)

    scores.add(truth(image), image + 10)
    scores.add(truth(image), image + 20)

    (row,) = rows({"ours": scores})
    assert (row.name, row.pictures) == ("ours", 2)
    assert row.psnr == pytest.approx((28.1308 + 22.1102) / 2, abs=1e-3)
    assert row.flip is None
    assert row.csim is None


@pytest.mark.parametrize(("yaw", "seen"), [(0, True), (-59, True), (75, False), (180, False)])
def test_only_faces_that_can_be_recognised_are_compared(yaw: float, seen: bool) -> None:
    assert shows_face(truth(noise(1), yaw)) is seen


def test_similarity_is_the_cosine() -> None:
    one, other = np.array([1.0, 0, 0], np.float32), np.array([1.0, 1.0, 0], np.float32)

    assert similarity(one, 3 * one) == pytest.approx(1.0)
    assert similarity(one, other) == pytest.approx(np.sqrt(0.5))


def test_the_point_that_a_camera_looks_at_falls_on_the_middle() -> None:
    camera = OrbitCamera(31.0, -12.0, 1.1, (0.01, 0.02, 0.03))
    up = np.array([0.0, 0.1, 0.0])

    middle, above = pixels(np.array([camera.target, camera.target + up]), camera, 200)

    assert middle == pytest.approx([100, 100], abs=1e-3)
    assert above[1] < 100


def lpips_file(path: Path) -> Path:
    torch.manual_seed(0)
    made = Lpips()
    tensors = {f"head{i}": head.detach().abs() for i, head in enumerate(made.heads)}
    for i, layer in enumerate(made.convolutions):
        tensors |= {f"conv{i}.{name}": value for name, value in layer.state_dict().items()}
    save_file(tensors, path)
    return path


def test_lpips_of_the_same_picture_is_zero_and_of_others_is_not(tmp_path: Path) -> None:
    distance = load_lpips(lpips_file(tmp_path / "lpips.safetensors"))

    assert distance(noise(0), noise(0)) == 0.0
    assert distance(noise(0), noise(1)) > 0.0


@pytest.mark.parametrize("content", [b"", b"not a network"])
def test_what_is_no_lpips_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)

    with pytest.raises(LpipsError, match="no LPIPS"):
        load_lpips(path)
