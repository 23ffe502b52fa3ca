from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from head360.assets import resource
from head360.camera import OrbitCamera
from head360.model.field import HAIR_CHANNELS
from head360.model.planes import HAIR_BOX, sample_grid, sample_planes
from head360.model.texture import TextureModel
from head360.params import ATTRIBUTES, neutral_head
from tests.unit.picture_stand_ins import (
    PLANES,
    SIZE,
    STYLE,
    cap,
    mesh,
    tiny_model,
    tiny_sitting,
)
from training.config import ConfigError
from training.stages.detach import layers_of, undivided
from training.stages.discriminator import (
    Discriminator,
    discriminator_loss,
    dual,
    gradient_penalty,
)
from training.stages.distributed import Workers
from training.stages.gallery import Gallery, NothingToSeeError
from training.stages.joint import PictureTrainer, density_change, lazy_adam
from training.stages.joint_config import PictureConfig, PictureStage, load_picture_config
from training.stages.photometric import (
    Patch,
    condition,
    draw,
    dress,
    held_out,
    pixel_directions,
    random_patch,
    truth,
)
from training.stages.showing import Shown
from training.stages.sittings import (
    LAYERS,
    Sitting,
    SittingError,
    Stored,
    load_sitting,
    save_sitting,
    sitting_path,
)
from training.stages.trainable import Painting, Ready, Trainable

CONFIGS = Path(load_picture_config.__code__.co_filename).parent.parent / "configs"


@pytest.fixture(scope="module")
def worn() -> Sitting:
    return tiny_sitting(tiny_model(1), 0, worn=True)


@pytest.fixture(scope="module")
def bald() -> Sitting:
    return tiny_sitting(tiny_model(1), 1, worn=False)


def ready_of(model: Trainable, sitting: Sitting) -> Ready:
    return model.ready(sitting, mesh().topology, (PLANES, SIZE))


def test_rays_of_a_patch_are_those_of_the_camera() -> None:
    camera = OrbitCamera(30, -12, 1.1)
    rows, columns = torch.tensor([3, 7, 20]), torch.tensor([0, 31])

    found = pixel_directions(camera, rows, columns, 32)

    expected = camera.rays(32, 32)[[3, 7, 20]][:, [0, 31]]
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-6)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_patch_is_cut_from_the_whole_picture(worn: Sitting, layer) -> None:
    model = tiny_model()
    dressed = dress(model, ready_of(model, worn), bald_too=True)

    whole = draw(model, dressed, Patch(0, 0, 0, SIZE), layer, 1)
    patch = draw(model, dressed, Patch(0, 4, 9, 8, 2), layer, 1)

    torch.testing.assert_close(patch, whole[:, 4:20:2, 9:25:2], atol=1e-5, rtol=0)
    assert whole[3].max() > 0.5


def test_a_model_reproduces_the_pictures_it_drew(worn: Sitting) -> None:
    model = tiny_model(1)
    ready = ready_of(model, worn)

    shown, true = Shown.of(model, [ready], 1), Shown.true([ready])

    assert set(shown.psnr(true)) == set(LAYERS)
    assert min(shown.psnr(true).values()) > 40


def test_painting_is_affine_in_the_skin() -> None:
    texture = TextureModel.load(resource("models", "texture.safetensors"))
    params = neutral_head()
    params = params.with_(attributes=np.full(len(ATTRIBUTES), 0.7))
    generator = torch.Generator().manual_seed(0)
    one, other = (torch.rand(8, 512, 1024, generator=generator) * 0.4 + 0.3 for _ in range(2))

    painting = Painting.of(texture, params, 0.8, one)

    same = (painting.over(one) - texture.painted(one, params, 0.8)).abs()
    different = (painting.over(other) - texture.painted(other, params, 0.8)).abs()[..., :1024]
    assert same.max() < 1e-5
    assert different[:3].max() < 1e-5
    assert different[3:].mean() < 0.01  # these channels are clamped here and there


def test_a_sitting_comes_back_from_its_file(worn: Sitting, tmp_path: Path) -> None:
    path = sitting_path(tmp_path, 7)

    save_sitting(path, worn)
    found = load_sitting(Stored.at(path))

    assert found.params.hairstyle == STYLE
    assert found.photos[1].camera == worn.photos[1].camera
    assert torch.equal(found.vertices, worn.vertices)
    assert torch.equal(found.photos[2].layers["hair"], worn.photos[2].layers["hair"])
    np.testing.assert_array_equal(found.params.texture, worn.params.texture)
    assert found.seating is not None


def test_a_damaged_sitting_is_named(tmp_path: Path) -> None:
    path = sitting_path(tmp_path, 0)
    path.write_bytes(b"\x08\0\0\0\0\0\0\0{}      ")

    with pytest.raises(SittingError, match="sitting-000000"):
        load_sitting(Stored.at(path))


def test_the_held_out_photo_is_never_learned_from(worn: Sitting) -> None:
    ready = ready_of(tiny_model(), worn)
    rng = np.random.default_rng(0)

    photos = {random_patch(ready, 16, rng).photo for _ in range(40)}

    assert photos == {0, 1}
    assert held_out(ready, 128) == Patch(2, 0, 0, SIZE, 1)


def test_lazy_regularisation_slows_adam_as_the_paper_says() -> None:
    rate, betas = lazy_adam(0.0025, 0.0, 4)

    assert rate == pytest.approx(0.002)
    assert betas == (0.0, pytest.approx(0.99**0.8))
    assert lazy_adam(0.0025, 0.0, 16)[0] == pytest.approx(0.0025 * 16 / 17)


@pytest.mark.parametrize(
    ("layer", "moved"), [("bald", {"head", "texture"}), ("hair", {"hair", "styles"})]
)
def test_each_picture_teaches_its_own_branch_only(worn: Sitting, layer, moved: set[str]) -> None:
    model = tiny_model()
    dressed = dress(model, ready_of(model, worn), bald_too=True)
    patch = Patch(0, 0, 0, SIZE)

    drawn = draw(model, dressed, patch, layer, 1)
    (drawn - truth(dressed.ready, patch, layer)).abs().mean().backward()

    touched = {
        name.partition(".")[0]
        for name, parameter in model.named_parameters()
        if parameter.grad is not None and parameter.grad.abs().max() > 0
    }
    assert touched == moved


def test_a_whole_picture_teaches_both_branches(worn: Sitting) -> None:
    model = tiny_model()
    dressed = dress(model, ready_of(model, worn))

    draw(model, dressed, Patch(0, 0, 0, SIZE), "whole", 1).mean().backward()

    for part in (model.head, model.hair, model.texture.network, model.style(STYLE)):
        grads = [p.grad for p in part.parameters() if p.grad is not None]
        assert any(grad.abs().max() > 0 for grad in grads)


def test_only_the_detach_stage_looks_at_bald_heads_and_hair_alone(
    worn: Sitting, bald: Sitting
) -> None:
    detach = PictureStage(detach=True)

    assert layers_of(worn, detach) == LAYERS
    assert layers_of(bald, detach) == ("whole",)
    assert layers_of(worn, PictureStage()) == ("whole",)
    assert layers_of(worn, replace(detach, detachment=False)) == ("whole",)


def test_a_style_without_detachment_holds_the_head(tmp_path: Path) -> None:
    head = mesh()

    whole = undivided({STYLE: cap()}, head.topology, head.mean)[STYLE]

    nose = head.mean[head.mean[:, 2].argmax()]
    front = sample_planes(whole.planes, nose[None], HAIR_BOX)[0, :, 0]
    assert front[HAIR_CHANNELS.index("coverage")] == 1
    depth = float(front[HAIR_CHANNELS.index("depth")])
    assert depth == pytest.approx(float(nose[2]) - HAIR_BOX.centre[2], abs=0.03)
    chin = nose[None] - torch.tensor([[0.0, 0.03, 0.01]])
    assert sample_grid(whole.grid, chin, HAIR_BOX) > sample_grid(cap().grid, chin, HAIR_BOX) + 2


def test_density_regularisation_reaches_both_decoders(worn: Sitting, bald: Sitting) -> None:
    model = tiny_model()

    found = {}
    for name, sitting in (("worn", worn), ("bald", bald)):
        dressed = dress(model, ready_of(model, sitting))
        found[name] = density_change(model, dressed, 400, np.random.default_rng(5))

    assert found["worn"].item() > found["bald"].item() > 0
    found["worn"].backward()
    assert model.hair.decoder.output.bias.grad[0] != 0
    assert model.head.decoder.output.bias.grad[0] != 0


def test_the_coarse_half_of_what_the_discriminator_sees_has_no_detail() -> None:
    rows = torch.arange(16)
    checks = ((rows[:, None] + rows) % 2 * 2.0 - 1).expand(1, 3, 16, 16)

    seen = dual(checks)

    assert torch.equal(seen[:, :3], checks)
    assert seen[:, 3:].abs().max() < 1e-6


def test_the_discriminator_learns_to_tell_two_kinds_of_patches() -> None:
    torch.manual_seed(0)
    critic = Discriminator(16, 4)
    steps = torch.optim.Adam(critic.parameters(), lr=0.005)
    told = torch.zeros(8, 6)
    soft, rough = torch.full((8, 4, 16, 16), 0.5), torch.rand(8, 4, 16, 16)

    for _ in range(40):
        loss = discriminator_loss(critic(soft, told), critic(rough, told))
        steps.zero_grad()
        loss.backward()
        steps.step()

    assert (critic(rough, told) > critic(soft, told)).all()
    assert loss < 0.7


def test_r1_is_half_the_squared_gradient() -> None:
    class Linear(Discriminator):
        def forward(self, patches: torch.Tensor, conditions: torch.Tensor) -> torch.Tensor:
            return 3 * patches[:, 0, 0, 0] + 4 * patches[:, 1, 5, 5]

    penalty = gradient_penalty(Linear(16, 4), torch.rand(2, 4, 16, 16), torch.zeros(2, 6))

    assert float(penalty) == pytest.approx(25 / 2)


def test_the_discriminator_is_told_where_a_patch_was_cut(worn: Sitting) -> None:
    ready = ready_of(tiny_model(), worn)

    told = condition(ready, Patch(1, 0, 16, 16))

    angle = np.radians(-50)
    expected = [np.sin(angle), np.cos(angle), 0.0, -0.5, 0.5, 1.0]
    np.testing.assert_allclose(told.numpy(), expected, atol=1e-6)


def test_learning_from_pictures_brings_held_out_ones_nearer(tmp_path: Path) -> None:
    drawer, model = tiny_model(), tiny_model()
    with torch.no_grad():
        drawer.texture.soft_mean[:3] += 0.6
    sitting = tiny_sitting(drawer, 1, worn=False)
    save_sitting(sitting_path(tmp_path, 0), sitting)
    ready = ready_of(model, sitting)
    gallery = Gallery(tmp_path, 1, 1, lambda _: ready)
    stage = PictureStage(
        heads=1, patches=1, patch=32, plane_size=PLANES, discriminator_width=4, base_rate=0.01,
        shared_maps=True,
    )  # fmt: skip
    trainer = PictureTrainer.begin(model, PictureConfig(stage=stage), Workers())
    true, before = Shown.true([ready]), Shown.of(model, [ready], 1)

    losses = [trainer.step(number, gallery, 0.0) for number in range(17)]

    gain = Shown.of(model, [ready], 1).psnr(true)["whole"] - before.psnr(true)["whole"]
    assert gain > 3
    assert {"picture", "adversarial", "density", "discriminator", "penalty"} == set(losses[16])


def test_the_window_of_sittings_moves_on(bald: Sitting, tmp_path: Path) -> None:
    for number in range(5):
        save_sitting(sitting_path(tmp_path, number), bald)
    ready = ready_of(tiny_model(), bald)
    made: list[Sitting] = []

    def prepare(sitting: Sitting) -> Ready:
        made.append(sitting)
        return ready

    gallery = Gallery(tmp_path, kept=2, turnover=3, prepare=prepare)
    names = [[stored.path.stem[-1] for stored in gallery.window(step)] for step in (0, 2, 3, 12)]
    for _ in range(6):
        gallery.pick(0, np.random.default_rng(0))

    assert names == [["0", "1"], ["0", "1"], ["1", "2"], ["4", "0"]]
    assert len(made) == 1


def test_without_detachment_bald_heads_teach_nothing(bald: Sitting, tmp_path: Path) -> None:
    save_sitting(sitting_path(tmp_path, 0), bald)
    ready = ready_of(tiny_model(), bald)

    with pytest.raises(NothingToSeeError):
        Gallery(tmp_path, 1, 1, lambda _: ready, worn_only=True).window(0)


def test_what_was_trained_comes_back_from_its_files(tmp_path: Path) -> None:
    model = tiny_model()
    with torch.no_grad():
        model.style(STYLE).change[:, HAIR_CHANNELS.index("tangent_x")] += 0.25
        model.texture.soft_mean += 0.125

    model.write(tmp_path)
    found = Trainable.load(tmp_path)

    torch.testing.assert_close(found.texture.soft_mean, model.texture.soft_mean, atol=2e-3, rtol=0)
    difference = found.style(STYLE)().planes - model.style(STYLE)().planes
    assert difference.abs().max() < 2e-4  # depth is stored in steps
    assert torch.equal(found.head.decoder.hidden.weight, model.head.decoder.hidden.weight)


def test_every_preset_can_be_read() -> None:
    paths = [p for p in CONFIGS.glob("*.toml") if p.stem.split("-")[0] in ("joint", "detach")]

    configs = {path.stem: load_picture_config(path) for path in paths}

    assert len(configs) == 7
    for name, config in configs.items():
        assert config.stage.detach == name.startswith("detach")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[stage]\nstep = 3", "step"),
        ("[stage]\npatch = 20", "patch"),
        ("[sittings]\nphotos = 1", "photos"),
        ("[stages]", "stages"),
        ("[stage]\nsteps = 1.5", "steps"),
        ("[stage]\nheads = 0", "heads"),
    ],
)
def test_a_wrong_setting_is_named(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text, "utf-8")

    with pytest.raises(ConfigError, match=said):
        load_picture_config(path)
