from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from head360.model.field import HairField, HairPlanes, HeadField, load_fields
from head360.model.hair import HairLibrary
from head360.rendering.march import Rays
from training.config import ConfigError, DirectConfig, HairStage, HeadStage, load_as, preset
from training.stages import hair_pool, head_pool
from training.stages.checkpoint import Checkpoint
from training.stages.direct import head_example, head_loss, random_cameras, train_head
from training.stages.hair_data import CheckView, HairData, RayTargets, load_data, save_data
from training.stages.hair_direct import check, train_style
from training.stages.pace import Budget, Pace
from training.stages.run_direct import DirectRun, run
from training.stages.stand_ins import ProductPeople

CPU = torch.device("cpu")
HEAD = HeadStage(
    heads=3, real_share=1.0, views=1, picture_size=24, plane_size=24, steps=24, rays=48
)
HAIR = HairStage(
    views=2, picture_size=16, plane_size=12, grid_size=8, decoder_steps=20, style_steps=24, rays=64
)


class Clock:
    """Time that passes when asked."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def some_targets(count: int) -> RayTargets:
    random = torch.Generator().manual_seed(count)
    directions = torch.nn.functional.normalize(
        torch.tensor([0.0, 0.0, -1.0]) + 0.1 * torch.randn(count, 3, generator=random), dim=-1
    )
    origins = torch.tensor([0.0, 0.0, 1.25]).expand(count, 3)
    columns = torch.rand(count, 9, generator=random) * 0.5
    columns[:, 3] += 0.6 * columns[:, 0]
    return RayTargets(Rays(origins, directions), torch.full((count,), 1e3), columns)


def some_data(size: int = 12, cells: int = 8) -> HairData:
    random = torch.Generator().manual_seed(3)
    planes = torch.rand(6, 11, size, size, generator=random) * 0.1
    planes[:, 0] = 0.8
    grid = torch.full((cells, cells, cells), 4.0)
    view = CheckView(some_targets(20), torch.arange(20), 16)
    return HairData(HairPlanes(planes, grid), some_targets(400), view)


@pytest.fixture(scope="module")
def people() -> ProductPeople:
    return ProductPeople(CPU)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, people: ProductPeople) -> None:
    """Nothing is groomed, and people are read from the disk once."""
    monkeypatch.setattr(hair_pool, "Salon", NoSalon)
    monkeypatch.setattr(head_pool, "ProductPeople", lambda _device: people)


@pytest.fixture(scope="module")
def examples(people: ProductPeople):
    rng = np.random.default_rng(0)
    cameras = random_cameras(1, rng)
    return [head_example(people.surface(seed), cameras, HEAD) for seed in range(2)]


class NoSalon:
    """Groomed data without grooming."""

    def __init__(self, job: hair_pool.HairJob) -> None:
        pass

    def data(self, _name: str) -> HairData:
        return some_data()


def direct_run(out: Path, **changes) -> DirectRun:
    return DirectRun(DirectConfig(0, HEAD, HAIR), Path("nowhere"), out, ("bob", "afro"), **changes)


def test_a_stage_stays_on_the_device_it_is_given(people) -> None:
    """What is made without a device would land on “meta” here, and could not be computed with."""
    head, hair, data = HeadField(), HairField(), some_data()
    with torch.device("meta"):
        surface = people.surface(5)
        example = head_example(surface, random_cameras(1, np.random.default_rng(1)), HEAD)
        loss = head_loss(example.columns, example.columns)
        checked, picture = check(hair, data.start, data.check)

    assert loss == 0
    assert math.isfinite(checked)
    assert picture.shape == (16, 32, 3)
    assert next(head.parameters()).device == CPU


def test_a_killed_head_goes_on_to_the_same_weights(tmp_path: Path, examples) -> None:
    torch.manual_seed(0)
    through = HeadField()
    torch.manual_seed(0)
    killed = HeadField()
    path = tmp_path / "head.safetensors"
    list(train_head(through, examples, HEAD, 7))

    training = train_head(killed, examples, HEAD, 7, None, Checkpoint(path, every=0.0))
    for progress in training:
        if progress.step > 10:
            break  # killed between a checkpoint and the next
    resumed = HeadField()
    list(train_head(resumed, examples, HEAD, 7, None, Checkpoint(path)))

    for one, other in zip(through.parameters(), resumed.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_a_killed_style_goes_on_to_the_same_planes(tmp_path: Path) -> None:
    field, data = HairField(), some_data()
    path = tmp_path / "style.safetensors"

    def trained(checkpoint: Checkpoint | None, until: int = 1000) -> HairPlanes | None:
        training = train_style(field, data, HAIR, 0, None, checkpoint)
        while True:
            try:
                if next(training).step > until:
                    return None
            except StopIteration as done:
                return done.value

    through = trained(None)
    trained(Checkpoint(path, every=0.0), until=10)
    resumed = trained(Checkpoint(path))

    assert torch.equal(through.planes, resumed.planes)
    assert torch.equal(through.grid, resumed.grid)
    assert not torch.equal(through.planes, data.start.planes)


def test_hair_data_survives_the_way_through_a_file(tmp_path: Path) -> None:
    data = some_data()
    save_data(tmp_path / "bob.safetensors", data)

    found = load_data(tmp_path / "bob.safetensors", CPU)

    assert torch.equal(found.targets.columns, data.targets.columns)
    assert torch.equal(found.check.targets.rays.origins, data.check.targets.rays.origins)
    assert torch.equal(found.start.planes, data.start.planes)
    assert found.check.size == 16


def test_a_run_writes_what_the_product_reads_and_a_report(tmp_path: Path, quick) -> None:
    lines = list(run(direct_run(tmp_path)))

    head, _hair = load_fields(tmp_path / "fields.safetensors")
    assert head.variant == "depth"
    assert HairLibrary.load([tmp_path / "hair-0.safetensors"]).styles == ("afro", "bob")
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert {part["name"] for part in report["parts"]} >= {"head", "hair decoder", "style/bob"}
    assert lines[-1] == "done"
    assert (tmp_path / "journal" / "curves.png").stat().st_size > 0
    assert not list((tmp_path / "unfinished").glob("*"))
    assert not list((tmp_path / "data").glob("*"))


def test_a_run_goes_on_from_its_results_alone(tmp_path: Path, quick) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    job = direct_run(first)
    list(run(DirectRun(job.config, job.source, first, ("bob",))))
    second.mkdir()
    for name in ("fields.safetensors", "hair-0.safetensors"):
        (second / name).write_bytes((first / name).read_bytes())

    lines = list(run(direct_run(second)))

    assert "head: already trained" in lines
    assert not any("style/bob" in line for line in lines)
    library = HairLibrary.load([second / "hair-0.safetensors"])
    assert library.styles == ("afro", "bob")
    assert library.blob("bob") == HairLibrary.load([first / "hair-0.safetensors"]).blob("bob")
    assert (second / "fields.safetensors").read_bytes() == (
        first / "fields.safetensors"
    ).read_bytes()


def test_a_run_without_time_still_writes_its_results(tmp_path: Path, quick) -> None:
    many = HairStage(**{**vars_of(HAIR), "style_steps": 10_000, "decoder_steps": 10_000})
    config = DirectConfig(0, HEAD, many)

    lines = list(run(DirectRun(config, Path("nowhere"), tmp_path, ("bob",), minutes=0.01)))

    load_fields(tmp_path / "fields.safetensors")
    assert HairLibrary.load([tmp_path / "hair-0.safetensors"]).styles == ("bob",)
    assert lines[-1] == "done"


def vars_of(stage: HairStage) -> dict[str, object]:
    return {name: getattr(stage, name) for name in stage.__slots__}


def test_a_pace_ends_in_time_and_says_how_much_is_done() -> None:
    clock = Clock()
    shares = []
    for _step, share in Pace(1000, 10.0, clock=clock).run():
        shares.append(share)
        clock.now += 0.5

    assert len(shares) == 20
    assert shares == sorted(shares)
    assert shares[10] == pytest.approx(0.5)


def test_a_pace_with_time_enough_goes_by_steps() -> None:
    shares = [share for _, share in Pace(4, 100.0, clock=Clock()).run()]

    assert shares == [0, 0.25, 0.5, 0.75]


def test_a_pace_does_its_least_without_any_time() -> None:
    assert len(list(Pace(100, 0.0, least=3, clock=Clock()).run())) == 3


def test_a_budget_shares_out_what_is_left() -> None:
    clock = Clock()
    budget = Budget(2.0, clock)
    clock.now = 20.0

    assert budget.left == 100.0
    assert budget.part(0.25, reserve=20.0) == 20.0
    assert Budget().part(0.5) is None
    assert math.isinf(Budget().left)


@pytest.mark.parametrize("stage", ["direct", "texture"])
@pytest.mark.parametrize("name", ["cpu", "gpu-25min"])
def test_presets_can_be_read(stage: str, name: str) -> None:
    from training.stages.command import _CONFIGURED

    config = load_as(_CONFIGURED[stage], preset(stage, name))

    assert config.seed == 0
    with pytest.raises(ConfigError) as caught:
        preset(stage, "abacus")
    assert "cpu" in caught.value.hint


@pytest.mark.parametrize("stage", ["direct", "detach"])
def test_ablations_can_be_trained_on_a_processor(stage: str) -> None:
    from training.stages.command import _CONFIGURED
    from training.stages.joint_config import PictureConfig
    from training.stages.joint_config import check as check_pictures

    config = load_as(_CONFIGURED[stage], preset(stage, "ablation-cpu"))

    if isinstance(config, PictureConfig):
        check_pictures(config)
        assert config.stage.detach
    else:
        assert config.head.identities >= 100  # as many as the table asks for
