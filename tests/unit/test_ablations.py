from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from head360.assets import resource
from head360.camera import OrbitCamera
from head360.errors import Head360Error, ResourceError
from head360.light import BLACK
from head360.params import EXPRESSIONS, neutral_head
from head360.rendering.march import NO_HIT, Rays, march_hair, march_head
from head360.rendering.reference_picture import reference_picture
from head360.rendering.request import RenderRequest
from head360.rendering.scene import Models, SceneBuilder
from training.ablations import ablation_picture, load_ablation, load_ablations, seated
from training.vanilla import Vanilla, VanillaShape

SMALL = VanillaShape(hidden=16, layers=3)
FORWARD = Rays(torch.tensor([[0.0, 0.0, 1.0]] * 3), torch.tensor([[0.0, 0.0, -1.0]] * 3))


@pytest.fixture
def vanilla() -> Vanilla:
    torch.manual_seed(0)
    return Vanilla.begun(2, ("bob", "afro"), SMALL)


def test_our_own_ablation_draws_what_the_reference_draws(tmp_path: Path) -> None:
    models, params, size = Models.load(), neutral_head().with_(hairstyle="bob"), 24
    (tmp_path / "depth").mkdir()
    for path in [resource("models", "fields.safetensors"), *resource("models").glob("hair-*")]:
        shutil.copy(path, tmp_path / "depth")
    scene, camera = SceneBuilder(models).build(params), OrbitCamera(20.0)

    ours = load_ablation(tmp_path, "depth", torch.device("cpu"))
    truth = SimpleNamespace(camera=camera)
    sitter = seated(models.mesh.topology, scene, truth, size, torch.device("cpu"))
    drawn = ablation_picture(ours, sitter, "bob", size, 1)

    request = RenderRequest(params, camera, size, size, background=BLACK)
    assert np.array_equal(drawn, reference_picture(models, scene, request, 1)[..., :3])


def test_a_missing_ablation_says_how_to_train_it(tmp_path: Path) -> None:
    with pytest.raises(Head360Error) as caught:
        load_ablation(tmp_path, "plain", torch.device("cpu"))

    assert "--variant plain" in caught.value.hint


def test_what_was_trained_is_compared_and_one_alone_is_not(tmp_path: Path) -> None:
    for name in ("depth", "triplane"):
        (tmp_path / name).mkdir()
        shutil.copy(resource("models", "fields.safetensors"), tmp_path / name)

    assert list(load_ablations(tmp_path, torch.device("cpu"))) == ["depth", "triplane"]

    shutil.rmtree(tmp_path / "triplane")
    with pytest.raises(Head360Error) as caught:
        load_ablations(tmp_path, torch.device("cpu"))
    assert "--variant plain" in caught.value.hint


def test_vanilla_networks_march_like_fields_and_learn(vanilla: Vanilla) -> None:
    code = vanilla.head.code_of(1, torch.zeros(len(EXPRESSIONS)))

    head = march_head(vanilla.head, code, FORWARD, torch.full((3,), 0.9))
    limit = torch.full((3,), NO_HIT)
    hair = march_hair(vanilla.hair, vanilla.hair.style(0), FORWARD, limit)
    (head.sum() + hair.sum()).backward()

    assert head.shape == (3, 12)
    assert hair.shape == (3, 9)
    assert vanilla.head.identities.grad is not None
    assert vanilla.head.identities.grad[1].abs().sum() > 0
    assert vanilla.head.identities.grad[0].abs().sum() == 0
    assert vanilla.hair.styles.grad is not None


def test_vanilla_networks_survive_the_disk(vanilla: Vanilla, tmp_path: Path) -> None:
    vanilla.save(tmp_path / "nerf.safetensors")

    again = Vanilla.load(tmp_path / "nerf.safetensors", SMALL)

    assert again.styles == ("bob", "afro")
    assert torch.equal(again.head.identities, vanilla.head.identities)
    assert torch.equal(again.hair.style(1).planes, vanilla.hair.style(1).planes)


def test_another_network_is_no_vanilla_nerf(vanilla: Vanilla, tmp_path: Path) -> None:
    vanilla.save(tmp_path / "nerf.safetensors")

    with pytest.raises(ResourceError, match="no vanilla NeRF"):
        Vanilla.load(tmp_path / "nerf.safetensors", VanillaShape(hidden=32))
