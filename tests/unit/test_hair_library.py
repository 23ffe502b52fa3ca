from __future__ import annotations

import lzma
from pathlib import Path

import numpy as np
import pytest
import torch

from head360.assets import resource
from head360.errors import ResourceError, UnknownNameError
from head360.model.field import HAIR_CHANNELS, HairPlanes
from head360.model.hair import (
    _PLANE_STEPS,
    HairLibrary,
    pack_style,
    save_styles,
    unpack_grid,
    unpack_style,
    with_counted,
)
from head360.model.transform import filled, from_bytes, to_bytes


def some_hair(seed: int = 0) -> HairPlanes:
    generator = torch.Generator().manual_seed(seed)
    planes = torch.rand(6, 11, 8, 8, generator=generator)
    planes[:, 1:3] *= 0.1
    planes[:, 4:7] -= 0.5
    return HairPlanes(planes, 8 * torch.rand(4, 4, 4, generator=generator) - 2)


def smooth_hair(size: int = 40) -> HairPlanes:
    """A round of hair, no multiple of a block wide, with nothing around it."""
    x = torch.linspace(-1, 1, size)
    radius = torch.hypot(x[:, None], x[None])
    coverage = ((0.8 - radius) / 0.3).clamp(0, 1)
    planes = (0.5 + 0.4 * torch.sin(3 * x)[:, None] * x).expand(6, 11, size, size).clone()
    planes[:, 1:3] *= 0.1
    planes[:, 0] = coverage
    return HairPlanes(planes, torch.linspace(-2, 8, 125).view(5, 5, 5))


def packed_first(hair: HairPlanes) -> bytes:
    """A blob of the first format, as of version 0.1."""
    steps = np.array(_PLANE_STEPS)[:, None, None]
    body = b""
    for part in (hair.planes.numpy() / steps, hair.grid.numpy() * 8):
        values = np.rint(part).astype(np.int16).view(np.uint16)
        change = np.diff(values, axis=-1, prepend=np.zeros_like(values[..., :1]))
        body += (change & 0xFF).astype(np.uint8).tobytes()
        body += (change >> 8).astype(np.uint8).tobytes()
    sizes = np.array([hair.planes.shape[-1], hair.grid.shape[-1]], "<u2").tobytes()
    return sizes + lzma.compress(body, lzma.FORMAT_ALONE)


def test_a_style_of_the_first_format_is_read() -> None:
    hair = some_hair()

    found = unpack_style(packed_first(hair))

    assert (found.planes[:, 1] - hair.planes[:, 1]).abs().max() < 0.00036
    assert (found.planes - hair.planes).abs().max() < 0.042
    assert (found.grid - hair.grid).abs().max() < 0.063


def test_a_style_survives_packing_where_there_is_hair() -> None:
    hair = smooth_hair()

    found = unpack_style(pack_style(hair))

    error = (found.planes - hair.planes).abs() * (hair.planes[:, :1] > 0.1)
    steps = torch.tensor(_PLANE_STEPS)
    assert found.planes.shape == hair.planes.shape
    assert (error.amax((0, 2, 3)) < 2 * steps).all()
    assert (found.grid - hair.grid).abs().max() < 0.063


def test_packing_is_smaller_than_the_first_format_was() -> None:
    hair = smooth_hair(64)
    noise = torch.randn(hair.planes.shape, generator=torch.Generator().manual_seed(0))
    hair.planes[:, 1:] += 2 * torch.tensor(_PLANE_STEPS)[1:, None, None] * noise[:, 1:]

    assert 2 * len(pack_style(hair)) < len(packed_first(hair))


def test_a_style_that_weighs_too_much_gets_coarser_steps() -> None:
    hair = some_hair()
    fine = pack_style(hair)

    coarse = pack_style(hair, most=len(fine) * 3 // 4)

    assert len(coarse) <= len(fine) * 3 // 4
    assert (unpack_style(coarse).planes - hair.planes).abs().mean() < 0.1


def test_coverage_and_the_like_stay_shares() -> None:
    hair = smooth_hair()
    hair.planes[:, 0] = (hair.planes[:, 0] > 0.5).float()  # waves overshoot at edges

    found = unpack_style(pack_style(hair, most=1)).planes

    for name in ("coverage", "along", "root_u", "root_v"):
        channel = found[:, HAIR_CHANNELS.index(name)]
        assert channel.min() >= 0
        assert channel.max() <= 1


def test_numbers_too_large_for_a_byte_survive() -> None:
    numbers = np.array([[0, 126, 127, -127, 5000, -70000]], np.int32)

    small, large = to_bytes(numbers)

    assert small.dtype == np.int8
    np.testing.assert_array_equal(from_bytes(small, large), numbers)


def test_holes_are_filled_from_what_is_around_them() -> None:
    known = np.ones((1, 12, 12))
    known[0, 3:9, 3:9] = 0
    image = np.where(known > 0, 0.25, 9.0)

    found = filled(image, known)

    np.testing.assert_allclose(found, 0.25, atol=1e-6)


def test_library_round_trip(tmp_path: Path) -> None:
    save_styles(tmp_path / "hair.safetensors", {"bob": some_hair(0), "afro": some_hair(1)})

    library = HairLibrary.load([tmp_path / "hair.safetensors"])

    assert library.styles == ("afro", "bob")
    assert library.planes("bob") is library.planes("bob")


def test_an_unknown_style_names_a_close_one() -> None:
    library = HairLibrary({"bob": pack_style(some_hair())})

    with pytest.raises(UnknownNameError) as caught:
        library.planes("bop")

    assert "bob" in caught.value.hint


@pytest.mark.parametrize("damage", [b"", b"\x00" * 40, b"\xff\xff\x40\x00" + b"\x00" * 40])
def test_a_damaged_style_is_refused(damage: bytes) -> None:
    with pytest.raises(ResourceError):
        unpack_style(damage)


def test_a_truncated_style_is_refused() -> None:
    blob = pack_style(some_hair())

    with pytest.raises(ResourceError):
        unpack_style(blob[: len(blob) // 2])


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hair.safetensors"
    path.write_bytes(b"not a library")

    with pytest.raises(ResourceError):
        HairLibrary.load([path])


def test_the_count_of_strands_is_kept_and_what_was_learnt_stays() -> None:
    blob = pack_style(smooth_hair())
    counted = torch.linspace(-2, 7, 6**3).view(6, 6, 6)

    again = with_counted(with_counted(blob, torch.zeros(4, 4, 4)), counted)

    plain, found = unpack_style(blob), unpack_style(again)
    assert plain.counted is None
    assert plain.shading is plain.grid
    assert torch.equal(found.planes, plain.planes)
    assert torch.equal(found.grid, plain.grid)
    assert (found.shading - counted).abs().max() < 0.063


def test_packing_keeps_the_count() -> None:
    hair = some_hair()
    counted = torch.full((4, 4, 4), 3.0)

    found = unpack_style(pack_style(HairPlanes(hair.planes, hair.grid, counted)))

    assert found.counted is not None
    assert torch.equal(found.counted, counted)


def test_a_style_of_the_first_format_cannot_take_a_count() -> None:
    with pytest.raises(ResourceError):
        with_counted(packed_first(some_hair()), torch.zeros(4, 4, 4))


def test_every_shipped_style_knows_how_dense_its_strands_are() -> None:
    paths = sorted(resource("models").glob("hair-*.safetensors"))

    for path in paths:
        library = HairLibrary.load([path])
        for name in library.styles:
            blob = library.blob(name)
            assert np.frombuffer(blob, "<u2", 2).tolist() == [0, 3], name
        found = library.planes(library.styles[0])
        assert found.counted is not None
        assert found.counted.shape == (64, 64, 64)
        assert 3 < found.counted.max() < 12  # log(1/m)


def test_the_grid_alone_is_the_whole_style_s() -> None:
    blob = pack_style(smooth_hair())

    assert torch.equal(unpack_grid(blob), unpack_style(blob).grid)
    with pytest.raises(ResourceError):
        unpack_grid(blob[:40])
