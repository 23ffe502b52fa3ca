"""Layers and tiles are drawn anew; what was learnt stays."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load_file

from head360.assets import resource
from training import repaint as module
from training.synhead import skin as skin_module


def test_what_was_learnt_stays_to_the_bit(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    import training.stages.run_texture as run_texture
    import training.synhead.skin_layers as skin_layers
    from head360.model.texture import TextureModel

    shipped = resource("models", "texture.safetensors")
    model = TextureModel.load(shipped)
    fixed = model._fixed
    fixed.tiles[3].maps.fill_(0.25)
    monkeypatch.setattr(skin_module.SkinStudio, "open", lambda *_: None)
    monkeypatch.setattr(skin_layers, "draw_layers", lambda _: model.layers)
    monkeypatch.setattr(run_texture, "fixed_tiles", lambda _: fixed)

    made = load_file(module.repaint(tmp_path, shipped, tmp_path / "out"))

    before = load_file(shipped)
    learnt = set(model.generator.state_dict())
    assert made.keys() == before.keys()
    for name in learnt:
        np.testing.assert_array_equal(made[name], before[name])
    changed = {n for n in made if not np.array_equal(made[n], before[n])}
    assert changed - {"description"} == {"tile.4"}  # the eye is the first
