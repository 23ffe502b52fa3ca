from __future__ import annotations

from collections.abc import Iterator

import moderngl
import numpy as np
import pytest

from head360.camera import OrbitCamera
from head360.engine import HeadEngine
from head360.rendering import gpu_hair
from head360.rendering.baked_volume import DRAFT, VOLUME_SIZE, BakedVolume, Voxels
from head360.rendering.gpu_hair import GpuHair
from head360.rendering.request import RenderRequest
from head360.rendering.scene import Models, SceneBuilder, WornHair

WHOLE = Voxels((0, 0, 0), VOLUME_SIZE, VOLUME_SIZE)


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load()


def worn(models: Models, style: str) -> WornHair:
    hair = SceneBuilder(models).build(HeadEngine().initial_head().with_(hairstyle=style)).hair
    assert hair is not None
    return hair


def filled(steps: Iterator[None]) -> None:
    for _ in steps:
        pass


def slices_of(volume: BakedVolume) -> dict[str, np.ndarray]:
    return {n: np.frombuffer(t.read(alignment=1), np.float16) for n, t in volume.textures.items()}


def density_of(volume: BakedVolume) -> np.ndarray:
    """(z, y, x) roots of extinctions."""
    raw = volume.textures["u_volume_density"].read(alignment=1)
    found: np.ndarray = np.frombuffer(raw, np.float16).reshape(volume.voxels.size[::-1])
    return found.clip(0)


@pytest.mark.usefixtures("gl")
@pytest.mark.parametrize("style", ["bob", "afro"])
def test_voxels_that_baking_leaves_out_have_no_hair(models: Models, gl, style: str) -> None:
    with gl:
        hair = GpuHair(gl, models.head, models.hair)
        hair.wear(worn(models, style))
        volume = BakedVolume(gl, DRAFT)
        filled(hair.fill(volume))
        baked = slices_of(volume)
        volume.frame.scissor = None
        known = hair._known[0]
        hair._bake.draw(volume.frame, known.textures, {**known.uniforms, **volume.uniforms})
        everywhere = slices_of(volume)

    assert 0.01 < (baked["u_density_slices"] > 0).mean() < 0.3
    for name, values in everywhere.items():
        np.testing.assert_array_equal(baked[name], values, name)


@pytest.mark.usefixtures("gl")
@pytest.mark.parametrize("style", ["buzz", "bob", "dreadlocks", "high_ponytail"])
def test_all_hair_lies_in_the_fine_volume(models: Models, gl, style: str) -> None:
    with gl:
        hair = GpuHair(gl, models.head, models.hair)
        hair.wear(worn(models, style))
        filled(hair.bake(draft=False))
        part = hair._known[0].baked
        whole = BakedVolume(gl, WHOLE)
        filled(hair.fill(whole))
        whole.finish()
        expected, found = density_of(whole), density_of(part)

    (x, y, z), (columns, rows, depth) = part.voxels.first, part.voxels.size
    assert found.size < 0.8 * expected.size
    inside = np.zeros_like(expected)
    inside[z : z + depth, y : y + rows, x : x + columns] = found
    np.testing.assert_allclose(inside, expected, atol=0.02, rtol=2e-3)
    np.testing.assert_allclose(part.bounds, whole.bounds, atol=1e-9)


@pytest.mark.usefixtures("gl")
def test_hair_that_was_worn_before_is_not_baked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine, baked = HeadEngine(), []
    head = engine.initial_head()
    fill = GpuHair.fill
    monkeypatch.setattr(
        GpuHair, "fill", lambda self, target: baked.append(target) or fill(self, target)
    )

    def drawn(style: str) -> np.ndarray:
        request = RenderRequest(head.with_(hairstyle=style), OrbitCamera(), 96, 96)
        return engine.render(request).image

    first = [drawn(style) for style in ("bob", "pixie", "afro")]
    assert len(baked) == 6  # a draft's and a fine one of each
    again = [drawn(style) for style in ("bob", "pixie", "afro")]
    assert len(baked) == 6
    np.testing.assert_array_equal(first, again)
    engine.close()


@pytest.mark.usefixtures("gl")
def test_what_was_worn_longest_ago_makes_room(
    models: Models, gl: moderngl.Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    with gl:
        hair = GpuHair(gl, models.head, models.hair)
        kinds = [worn(models, style) for style in ("bob", "pixie", "buzz")]
        sizes = []
        for each in kinds:
            hair.wear(each)
            filled(hair.bake(draft=False))
            sizes.append(hair._known[0].bytes)
        assert len(hair._known) == 3
        monkeypatch.setattr(gpu_hair, "_KEPT_BYTES", sizes[0] + sizes[2] + 1)
        hair.wear(kinds[0])
        assert [known.hair for known in hair._known] == [kinds[0], kinds[2]]
        monkeypatch.setattr(gpu_hair, "_KEPT_BYTES", 1)
        hair.wear(kinds[2])
        assert [known.hair for known in hair._known] == [kinds[2]]
