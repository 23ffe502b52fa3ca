"""What another painting changes of a head at rest is all that is drawn again, and exactly so."""

from __future__ import annotations

import moderngl
import numpy as np
import pytest

from head360.model.sampling import chosen_head
from head360.rendering.gpu_head import GpuHead
from head360.rendering.painting import Changed, Layout
from head360.rendering.scene import Models, Scene, SceneBuilder


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load()


@pytest.fixture(scope="module")
def scenes(models: Models) -> list[Scene]:
    """The same head under four tints of the scalp, and with other skin."""
    builder, head = SceneBuilder(models), chosen_head()
    worn = [head.with_(hairstyle=style) for style in ("bob", "pixie", "buzz", None)]
    other = head.with_(texture=np.full(64, 0.4, np.float32))
    return [builder.build(each) for each in (*worn, other)]


def planes_of(head: GpuHead, size: int, *, coarse: bool) -> dict[str, np.ndarray]:
    kinds = {"f2": np.float16, "f4": np.float32}
    return {
        name: np.frombuffer(each.read(alignment=1), kinds[each.dtype]).copy()
        for name, each in head.planes(size, coarse=coarse).items()
    }


@pytest.mark.usefixtures("gl")
@pytest.mark.parametrize(("size", "coarse"), [(256, False), (192, True)])
def test_a_head_painted_anew_is_as_one_drawn_from_scratch(
    models: Models, scenes: list[Scene], gl: moderngl.Context, size: int, coarse: bool
) -> None:
    def fresh() -> GpuHead:
        return GpuHead(gl, models.mesh.topology, models.mesh.mean.numpy())

    def pose(head: GpuHead) -> None:
        head.pose(scenes[0].vertices.numpy(), scenes[0].normals.numpy())

    with gl:
        kept = fresh()
        for number, scene in enumerate((*scenes, scenes[0], scenes[2])):
            kept.paint(scene.maps.numpy())
            if number in (0, 3):  # in the middle it moves as well, though not far
                pose(kept)
            if number == 1:
                continue  # two paintings at once
            alone = fresh()
            alone.paint(scene.maps.numpy())
            pose(alone)
            found = planes_of(kept, size, coarse=coarse)
            for name, expected in planes_of(alone, size, coarse=coarse).items():
                np.testing.assert_array_equal(found[name], expected, f"{name} {number}")


def test_a_tint_of_the_scalp_is_shown_by_few_triangles(models: Models, scenes: list[Scene]) -> None:
    layout, topology = Layout(models.mesh.topology), models.mesh.topology
    before, after = (scene.maps.numpy() for scene in scenes[:2])
    changed = Changed.between(before, after)
    size = before.shape[1], before.shape[2]
    showing = layout.showing(changed, *size)

    assert not changed.heights
    assert showing.mean() < 0.2
    rest = after.copy()
    for rows, columns in changed.bands(*size):
        rest[:, rows, columns] = before[:, rows, columns]
    np.testing.assert_array_equal(rest, before)
    rows, columns = np.nonzero((before != after).any(0))
    corners = topology.render_uv[topology.render_triangles] * (size[1], size[0])
    low, high = corners.min(1), corners.max(1)
    chosen = np.random.default_rng(1).choice(len(rows), 300)
    for row, column in zip(rows[chosen], columns[chosen], strict=True):
        near = ((low <= (column + 1, row + 1)) & (high >= (column, row))).all(1)
        assert showing[near].all()


def test_nothing_else_nothing_drawn_and_another_size_everything() -> None:
    maps = np.zeros((8, 40, 100), np.float32)
    same = Changed.between(maps, maps.copy())
    assert not same.blocks.any()
    assert list(same.bands(40, 100)) == []
    whole = Changed.between(maps[:, :20], maps)
    assert whole.heights
    assert whole.blocks.all()
    covered = np.zeros((40, 100), np.bool_)
    for rows, columns in whole.bands(40, 100):
        covered[rows, columns] = True
    assert covered.all()
    other = maps.copy()
    other[7, 17, 33] = 1
    high = Changed.between(maps, other).united(same)
    assert high.heights
    assert np.argwhere(high.blocks).tolist() == [[1, 2]]
