"""A hairstyle's blob is read or refused with an error of ours, whatever it holds."""

from __future__ import annotations

import struct
import tracemalloc

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from head360.errors import ResourceError
from head360.model.field import HairPlanes
from head360.model.hair import pack_style, unpack_style, with_counted

_SIZE, _CELLS = 16, 4


def _blob() -> bytes:
    random = torch.Generator().manual_seed(0)
    planes = torch.rand(6, 11, _SIZE, _SIZE, generator=random) * 300  # with large numbers, too
    return pack_style(HairPlanes(planes, torch.zeros(_CELLS, _CELLS, _CELLS)), most=10**9)


BLOB = _blob()
COUNTED = with_counted(BLOB, torch.ones(_CELLS, _CELLS, _CELLS))


def _read(blob: bytes) -> HairPlanes | None:
    try:
        return unpack_style(blob)
    except ResourceError:
        return None


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, len(BLOB) - 1), value=st.integers(0, 255), kept=st.integers(0, len(BLOB)))
def test_damaged_blobs_are_refused_or_finite(at: int, value: int, kept: int) -> None:
    changed = bytearray(BLOB)
    changed[at] = value

    for blob in (bytes(changed), bytes(changed[:kept])):
        found = _read(blob)
        assert found is None or bool(found.planes.isfinite().all())
        assert found is None or bool(found.grid.isfinite().all())


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 60), value=st.integers(0, 255), kept=st.integers(0, len(COUNTED)))
def test_damaged_counts_are_refused_or_finite(at: int, value: int, kept: int) -> None:
    changed = bytearray(COUNTED)
    changed[at] = value

    for blob in (bytes(changed), bytes(changed[:kept])):
        found = _read(blob)
        assert found is None or bool(found.shading.isfinite().all())


@settings(max_examples=60, deadline=None)
@given(head=st.binary(min_size=12, max_size=12))
def test_lying_headers_cost_no_memory(head: bytes) -> None:
    tracemalloc.start()
    try:
        found = _read(head + BLOB[12:])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert found is None or found.planes.shape[:2] == (6, 11)
    assert peak < 300e6


def test_sizes_that_do_not_fit_the_content_are_refused() -> None:
    for size, cells in ((8, 4), (512, 4), (16, 96), (24, 4), (0, 4), (16, 0), (65535, 4)):
        blob = struct.pack("<HHHHf", 0, 2, size, cells, 1.0) + BLOB[12:]
        assert _read(blob) is None


def test_an_unknown_format_or_a_strange_step_is_refused() -> None:
    for version, step in ((1, 1.0), (4, 1.0), (2, 0.0), (2, -1.0), (2, float("nan")), (2, 1e30)):
        blob = struct.pack("<HHHHf", 0, version, _SIZE, _CELLS, step) + BLOB[12:]
        assert _read(blob) is None
