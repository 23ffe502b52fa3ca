from __future__ import annotations

import numpy as np
import pytest

from head360.engine import HeadEngine
from head360.rendering.gpu_hair import GpuHair
from head360.rendering.scene import Models, SceneBuilder


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load()


def slices_of(hair: GpuHair) -> dict[str, np.ndarray]:
    textures = hair._volumes[True].textures
    names = ("u_density_slices", "u_volume_strand", "u_volume_root")
    return {n: np.frombuffer(textures[n].read(alignment=1), np.float16) for n in names}


@pytest.mark.usefixtures("gl")
@pytest.mark.parametrize("style", ["bob", "afro"])
def test_voxels_that_baking_leaves_out_have_no_hair(models: Models, gl, style: str) -> None:
    worn = SceneBuilder(models).build(HeadEngine().initial_head().with_(hairstyle=style)).hair
    assert worn is not None
    with gl:
        hair = GpuHair(gl, models.head, models.hair)
        hair.wear(worn)
        for _ in hair.bake(draft=True):
            pass
        baked = slices_of(hair)
        volume = hair._volumes[True]
        volume.frame.scissor = None
        hair._bake.draw(volume.frame, hair._textures, {**hair._uniforms, **volume.uniforms})
        everywhere = slices_of(hair)

    assert 0.01 < (baked["u_density_slices"] > 0).mean() < 0.3
    for name, values in everywhere.items():
        np.testing.assert_array_equal(baked[name], values, name)
