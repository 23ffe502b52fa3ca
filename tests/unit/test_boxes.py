"""A picture that is drawn again only within boxes never shows a mesh that has moved on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from head360.camera import OrbitCamera
from head360.rendering.boxes import EVERYWHERE, Motion, Stale, Tile, shown_part

SIDE = 12
STILL_M, STILL_NORMAL = 2e-5, 5e-3


def grid() -> np.ndarray:
    """(F, 3) triangles of a grid of SIDE x SIDE vertices."""
    at = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    a, b, c, d = (each.ravel() for each in (at[:-1, :-1], at[:-1, 1:], at[1:, :-1], at[1:, 1:]))
    return np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)]).astype(np.int32)


def flat() -> np.ndarray:
    places = np.stack(np.meshgrid(*[np.linspace(0, 0.1, SIDE)] * 2), -1).reshape(-1, 2)
    normals = np.tile([0.0, 0.0, 1.0], (len(places), 1))
    return np.hstack([places, np.zeros((len(places), 1)), normals]).astype(np.float32)


class Picture:
    """Shows of each triangle the corners that it was last drawn with."""

    def __init__(self) -> None:
        self.stale = Stale()
        self.shown = np.full((len(grid()), 3, 6), np.nan, np.float32)

    def draw(self, corners: np.ndarray) -> int:
        box = self.stale.take()
        if box is None:
            return 0
        now = corners[grid()]
        new = np.isnan(self.shown).any((1, 2))
        whole = within(box, now) & (new | within(box, self.shown))  # no part stays outside
        self.shown[whole] = now[whole]
        return int(whole.sum())


def within(box: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """(F,) triangles that lie in a box."""
    low, high = box + np.array([[-1e-7], [1e-7]])
    return ((corners[..., :3] >= low) & (corners[..., :3] <= high)).all((1, 2))


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.sampled_from([0.6 * STILL_M, 1e-4, 0.02]))
def test_what_was_drawn_in_boxes_is_what_the_mesh_is_now(seed: int, scale: float) -> None:
    """Two pictures that are not drawn in every step, as drafts of two sizes are not."""
    rng = np.random.default_rng(seed)
    corners, motion, pictures = flat(), Motion(grid()), (Picture(), Picture())
    for _ in range(12):
        chosen = rng.random(len(corners)) < rng.choice([0.0, 0.02, 0.3, 1.0])
        corners = corners.copy()
        corners[chosen, :3] += rng.normal(0, scale, (chosen.sum(), 3)).astype(np.float32)
        corners[chosen, 3:] += rng.normal(0, 0.004, (chosen.sum(), 3)).astype(np.float32)
        moved = motion.to(corners)
        for picture in pictures:
            picture.stale.add(moved)
            if rng.random() < 0.6:
                picture.draw(corners)

    for picture in pictures:
        picture.draw(corners)
        off = abs(picture.shown - corners[grid()]).max((0, 1))
        assert (off[:3] <= 2.01 * STILL_M).all()
        assert (off[3:] <= 2.01 * STILL_NORMAL).all()


def test_little_is_drawn_where_little_moves_and_nothing_where_nothing_does() -> None:
    corners, motion, picture = flat(), Motion(grid()), Picture()
    picture.stale.add(motion.to(corners))
    assert picture.draw(corners) == len(grid())

    picture.stale.add(motion.to(corners + np.float32(1e-6)))
    assert picture.draw(corners) == 0

    corners[0, 2] += 0.001
    picture.stale.add(motion.to(corners))
    assert 0 < picture.draw(corners) < 10


def test_a_slow_movement_is_noticed_in_the_end_beside_a_quick_one() -> None:
    corners, motion = flat(), Motion(grid())
    motion.to(corners)
    reached = 0
    for step in range(10):
        corners = corners.copy()
        corners[0, 2] = 0.001 * (-1) ** step
        corners[-1, 2] += STILL_M / 4
        box = motion.to(corners)
        assert box is not None
        reached += bool((corners[-1, :2] <= box[1, :2] + 1e-7).all())
    assert reached == 2


def test_boxes_fall_where_a_camera_sees_them() -> None:
    camera, tile = OrbitCamera(), Tile((100, 100), (0, 50), (100, 50))
    clip = camera.clip_from_view(1.0) @ camera.view_from_head
    small = np.array([[-0.01, -0.01, -0.01], [0.01, 0.01, 0.01]]) + camera.target

    x, y, width, height = shown_part(small, clip, tile)

    assert x + width / 2 == pytest.approx(50, abs=1)
    assert (y, 0 < width < 20, 0 < height < 10) == (0, True, True)
    assert shown_part(EVERYWHERE, clip, tile) == (0, 0, 100, 50)
    assert shown_part(small - np.array([0, 0.4, 0]), clip, tile)[3] == 0
