from __future__ import annotations

import numpy as np
import pytest

from head360.light import LIGHT_PRESETS
from head360.params import EXPRESSIONS
from training.synhead.views import (
    RIG_CAMERAS,
    expression,
    random_cameras,
    random_style,
    rig,
    set_ups,
)


def test_the_rig_has_72_different_cameras_all_around() -> None:
    cameras = rig()

    directions = {tuple(camera.axes[2].round(5)) for camera in cameras}
    assert len(cameras) == RIG_CAMERAS == 72
    assert len(directions) == 72
    mean = np.mean([camera.axes[2][[0, 2]] for camera in cameras], 0)
    assert np.abs(mean).max() < 1e-9  # evenly spread around the vertical


@pytest.mark.parametrize("count", [3, 8, 24, 36])
def test_a_part_of_the_rig_still_sees_every_side(count: int) -> None:
    yaws = np.radians([camera.yaw_degrees for camera in rig(count)])

    assert abs(np.exp(1j * yaws).mean()) < 0.2


@pytest.mark.parametrize("count", [0, 73])
def test_the_rig_has_no_other_cameras(count: int) -> None:
    with pytest.raises(ValueError, match="72"):
        rig(count)


def test_random_cameras_depend_on_the_seed_only() -> None:
    assert random_cameras(5, 3) == random_cameras(5, 3)
    assert random_cameras(5, 3)[:2] == random_cameras(2, 3)
    assert random_cameras(5, 3) != random_cameras(5, 4)


def test_no_random_camera_stands_on_the_rig() -> None:
    held_out = np.stack([camera.axes[2] for camera in random_cameras(50, 0)])
    seen = np.stack([camera.axes[2] for camera in rig()])

    assert (held_out @ seen.T).max() < 1 - 1e-8


def test_set_ups_are_different_presets_chosen_by_the_seed() -> None:
    lights = set_ups(5, 3)

    assert len({light.preset for light in lights}) == 3
    assert lights == set_ups(5, 3)
    assert [light.preset for light in set_ups(5, 8)] != list(LIGHT_PRESETS)


def test_every_third_view_is_neutral_and_the_others_are_not() -> None:
    faces = [expression(2, view) for view in range(9)]

    assert [bool(face.any()) for face in faces] == [False, True, True] * 3
    assert all(face.shape == (len(EXPRESSIONS),) for face in faces)
    assert all(face.min() >= 0 and face.max() <= 1 for face in faces)
    np.testing.assert_array_equal(expression(2, 4), expression(2, 4))


def test_a_random_style_is_one_of_those_offered_whatever_their_order() -> None:
    assert random_style(4, ["b", "a", "c"]) == random_style(4, ["c", "b", "a"])
    assert {random_style(seed, ["a", "b"]) for seed in range(20)} == {"a", "b"}
