"""Surfaces of volumes are closed, face outwards and lie where the values say."""

from __future__ import annotations

import numpy as np
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from head360.export.surface_nets import surface_nets


@settings(max_examples=15, deadline=None)
@given(st.floats(3.0, 5.0), st.floats(3.0, 5.0), st.floats(3.0, 5.0), st.floats(-0.5, 0.5))
def test_an_ellipsoid_is_found(a: float, b: float, c: float, shift: float) -> None:
    z, y, x = np.mgrid[:16, :16, :16] - 7.5 - shift
    values = (1 - np.sqrt((x / a) ** 2 + (y / b) ** 2 + (z / c) ** 2)).astype(np.float32)

    points, triangles = surface_nets(values, 0.0)

    mesh = trimesh.Trimesh(points, triangles, process=False)
    assert mesh.is_watertight
    expected = 4 / 3 * np.pi * a * b * c
    assert 0.7 * expected < mesh.volume < 1.05 * expected  # positive: it faces outwards
    from_centre = points - 7.5 - shift
    radii = np.linalg.norm(from_centre / [a, b, c], axis=1)
    assert np.abs(radii - 1).max() < 0.25
