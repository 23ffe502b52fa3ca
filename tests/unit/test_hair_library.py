from __future__ import annotations

from pathlib import Path

import pytest
import torch

from head360.errors import ResourceError, UnknownNameError
from head360.model.field import HairPlanes
from head360.model.hair import HairLibrary, pack_style, save_styles, unpack_style


def some_hair(seed: int = 0) -> HairPlanes:
    generator = torch.Generator().manual_seed(seed)
    planes = torch.rand(6, 11, 8, 8, generator=generator)
    planes[:, 1:3] *= 0.1
    planes[:, 4:7] -= 0.5
    return HairPlanes(planes, 8 * torch.rand(4, 4, 4, generator=generator) - 2)


def test_a_style_survives_packing_within_its_steps() -> None:
    hair = some_hair()

    found = unpack_style(pack_style(hair))

    assert (found.planes[:, 1] - hair.planes[:, 1]).abs().max() < 0.00036
    assert (found.planes - hair.planes).abs().max() < 0.042
    assert (found.grid - hair.grid).abs().max() < 0.063


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
