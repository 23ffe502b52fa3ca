from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from head360.model.texture import _as_cosines, _stepped
from head360.model.texture_file import restored
from head360.model.texture_generator import GeneratorShape, TextureGenerator
from head360.model.transform import packed_images, unpacked_images
from training.config import TextureConfig, TextureSizes, TextureStage
from training.stages.checkpoint import Checkpoint
from training.stages.run_texture import TextureRun
from training.stages.texture import SkinData, begin, fine_rows, settle_details, train_network

CPU = torch.device("cpu")
SHAPE = GeneratorShape(hidden=16, rows=16, soft_rows=8, basis=6, details=3, convolution=(8, 8))
STAGE = TextureStage(people=10, soft_people=24, steps=30, batch=4)


def some_skin() -> SkinData:
    random = torch.Generator().manual_seed(0)
    codes = torch.randn(24, 64, generator=random)
    patterns = torch.randn(4, 8, 8, 16, generator=random)
    soft = torch.einsum("nk,kchw->nchw", codes[:, :4], patterns)
    details = torch.randn(2, 5, 16, 32, generator=random)
    fine = torch.einsum("nk,kchw->nchw", codes[:10, 4:6], details)
    return SkinData(codes, fine.half(), torch.zeros(8, 16, 32), soft, torch.ones(1, 1, 8, 16))


def test_the_texture_stage_stays_on_the_device_it_is_given() -> None:
    data = some_skin()
    with torch.device("meta"):
        rows = fine_rows(data)
    generator, _ = begin(data, rows, SHAPE)
    with torch.device("meta"):
        settle_details(generator, data, rows)
        made = generator(data.codes[:2])

    assert made.shape == (2, 8, 16, 32)
    assert made.isfinite().all()


def test_a_killed_texture_run_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    data = some_skin()
    rows = fine_rows(data)

    def begun() -> tuple[TextureGenerator, torch.Tensor]:
        torch.manual_seed(1)
        return begin(data, rows, SHAPE)

    through, wanted = begun()
    list(train_network(through, data, wanted, STAGE))
    killed, wanted = begun()
    path = tmp_path / "texture.safetensors"
    for progress in train_network(
        killed, data, wanted, STAGE, checkpoint=Checkpoint(path, every=0.0)
    ):
        if progress.step > 10:
            break
    resumed, wanted = begun()
    list(train_network(resumed, data, wanted, STAGE, checkpoint=Checkpoint(path)))

    for one, other in zip(through.parameters(), resumed.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_training_brings_the_loss_down() -> None:
    data = some_skin()
    generator, wanted = begin(data, fine_rows(data), SHAPE)

    losses = [p.loss for p in train_network(generator, data, wanted, STAGE)]

    assert losses[-1] < losses[0]


def test_sizes_of_the_convolutions_follow_the_rows(tmp_path: Path) -> None:
    for rows, layers in ((32, 4), (64, 5), (128, 6)):
        config = TextureConfig(generator=TextureSizes(soft_rows=rows))
        shape = TextureRun(Path("nowhere"), tmp_path, config).shape

        assert 4 * 2 ** (len(shape.convolution) - 1) == rows
        assert len(shape.convolution) == layers


def test_fine_details_survive_packing() -> None:
    maps = 0.03 * torch.randn(3, 24, 40, generator=torch.Generator().manual_seed(0))

    found = torch.from_numpy(restored(_as_cosines(maps, 0.008, 10**9), (3, 24, 40), 0.08))

    assert (found - maps).square().mean().sqrt() < 0.008


def test_maps_of_version_0_1_are_read() -> None:
    maps = torch.linspace(-1, 1, 60).view(1, 6, 10)

    found = torch.from_numpy(restored(_stepped(maps, 0.02), (1, 6, 10), 0.02))

    torch.testing.assert_close(found, maps, atol=0.011, rtol=0)


def test_images_get_coarser_to_weigh_less() -> None:
    images = np.random.default_rng(0).normal(size=(2, 64, 64)).astype(np.float32)
    fine = packed_images(images, 0.05)

    coarse = packed_images(images, 0.05, len(fine) // 2)

    assert len(coarse) <= len(fine) // 2
    assert np.abs(unpacked_images(coarse, images.shape) - images).mean() < 0.8


@pytest.mark.parametrize("damage", [b"", b"\xc5\x01", b"\xc5\x02" + b"\x00" * 30])
def test_damaged_images_are_refused(damage: bytes) -> None:
    images = np.random.default_rng(0).normal(size=(1, 8, 8)).astype(np.float32)
    good = packed_images(images, 0.01)

    for blob in (damage, good[: len(good) // 2]):
        with pytest.raises(ValueError, match=r"damaged|wrong count"):
            unpacked_images(blob, (1, 8, 8))
    with pytest.raises(ValueError, match=r"damaged|wrong count"):
        unpacked_images(good, (1, 16, 16))
