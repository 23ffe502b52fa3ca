"""The refine stage: it learns, resumes exactly, and its pairs survive a stop."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from head360.errors import ResourceError
from head360.model.refine import CHANNELS, RefineNet, RefineShape, load_refine, save_refine
from training.config import ConfigError
from training.stages.refine import Learner, PairStore, unpacked
from training.stages.refine_config import RefineConfig, load_refine_config
from training.stages.refine_guard import Guard, held_out_error
from training.stages.refine_losses import Critics, critic_loss, feature_distance, persuasion
from training.stages.refine_pairs import PAIR_CHANNELS, PairError, PairPlan, make_pairs
from training.stages.refine_report import report, sheet
from training.stages.run_refine import RefineRun, run

CPU = torch.device("cpu")
SMALL = RefineConfig(
    heads=2, views=3, size=48, crop=32, batch=2, fine=8, deep=8, width=4, rate=4e-3, alone=0.5
)


def noisy_pairs(count: int = 3, size: int = 48) -> np.ndarray:
    """(N, 17, H, W): the truth is what was drawn, darker, where its guide says hair."""
    rng = np.random.default_rng(0)
    pairs = rng.integers(0, 256, (count, PAIR_CHANNELS, size, size), np.uint8)
    pairs[:, 3] = pairs[:, CHANNELS + 3] = 255
    pairs[:, CHANNELS : CHANNELS + 3] = pairs[:, :3] // 2
    return pairs


def stored(tmp_path: Path) -> PairStore:
    path = tmp_path / "head-000000.npy"
    np.save(path, noisy_pairs())
    store = PairStore(6, 48, CPU)
    store.take([path])
    return store


def learnt(store: PairStore, learner: Learner, until: int, share: float | None = None) -> float:
    loss = 0.0
    while learner.step < until:
        rng = np.random.default_rng(learner.step)
        pairs = store.crops(2, 32, rng)
        over = learner.step / 40 if share is None else share
        loss = float(learner.learn(pairs, over, rng)["pixels"])
    return loss


def test_the_network_comes_nearer_to_the_truth(tmp_path: Path) -> None:
    store, learner = stored(tmp_path), Learner(SMALL, CPU)

    first = learnt(store, learner, 1, share=0.0)
    last = learnt(store, learner, 40, share=0.0)

    assert last < 0.7 * first


def test_a_resumed_run_is_the_same_as_one_that_was_not_stopped(tmp_path: Path) -> None:
    store, whole, part, resumed = stored(tmp_path), *(Learner(SMALL, CPU) for _ in range(3))
    learnt(store, whole, 28)

    learnt(store, part, 24)
    resumed.load(part.state())
    learnt(store, resumed, 28)

    assert resumed.step == whole.step
    for one, other in zip(whole.net.parameters(), resumed.net.parameters(), strict=True):
        assert torch.equal(one, other)


def test_pairs_are_read_once_and_never_more_than_there_is_room_for(tmp_path: Path) -> None:
    files = [tmp_path / f"head-{i:06d}.npy" for i in range(3)]
    for path in files:
        np.save(path, noisy_pairs())
    store = PairStore(7, 48, CPU)

    assert store.take(files[:1]) == 3
    assert store.take(files) == 7
    assert store.take(files) == 7


def test_made_pairs_are_not_made_again(tmp_path: Path) -> None:
    plan = PairPlan(tmp_path / "no-source", tmp_path, SMALL)
    for number in range(SMALL.heads):
        np.save(plan.path(number), noisy_pairs(1))

    assert list(make_pairs([plan])) == []


def test_transparent_pixels_have_no_colour() -> None:
    pairs = torch.from_numpy(noisy_pairs())
    pairs[:, 3] = pairs[:, CHANNELS + 3] = 0

    x, truth = unpacked(pairs)

    assert x.max() == 0
    assert truth.max() == 0


def test_critics_that_know_the_truth_lose_nothing() -> None:
    critics = Critics(2, 4)
    told, picture = torch.rand(1, 9, 64, 64), torch.rand(1, 3, 64, 64)

    same = critics(told, picture)
    ones = [[*scale[:-1], torch.ones_like(scale[-1])] for scale in same]
    noughts = [[*scale[:-1], torch.zeros_like(scale[-1])] for scale in same]

    assert critic_loss(ones, noughts) == 0
    assert persuasion(ones) == 0
    assert persuasion(noughts) == 1
    assert feature_distance(same, same) == 0
    assert len({scale[-1].shape for scale in same}) == 2


def test_the_report_of_an_untrained_network_shows_no_difference() -> None:
    pairs, net = torch.from_numpy(noisy_pairs()), RefineNet(RefineShape(8, 8, 1, 1))

    measured = report(net, pairs)
    cells = sheet(net, pairs, 2)

    assert measured["drawn"] == measured["refined"]
    assert measured["drawn"]["psnr"] < 20
    assert len(cells) == 8
    assert cells[3].max() == 0


def test_a_saved_network_comes_back_and_damage_is_noticed(tmp_path: Path) -> None:
    net = RefineNet(RefineShape(8, 8, 1, 1))
    path = tmp_path / "refine.safetensors"
    save_refine(path, net, "made by a test")

    loaded = load_refine(path)
    damaged = bytearray(path.read_bytes())
    damaged[-1] ^= 0x10
    path.write_bytes(damaged)

    assert torch.equal(loaded.stem.weight, net.stem.weight.half().float())
    with pytest.raises(ResourceError, match="damaged"):
        load_refine(path)


def test_unknown_settings_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "refine.toml"
    path.write_text("heads = 3\nhats = 1\n")

    with pytest.raises(ConfigError, match="hats"):
        load_refine_config(path)


@pytest.mark.parametrize("name", ["cpu", "further-cpu", "gpu-6min", "gpu-25min"])
def test_presets_can_be_read(name: str) -> None:
    presets = Path(__file__).parents[2] / "training" / "configs"

    assert load_refine_config(presets / f"refine-{name}.toml").heads > 0


def shifted_net(shift: float) -> RefineNet:
    """One that makes everything brighter or darker."""
    net = RefineNet(RefineShape(8, 8, 1, 1))
    assert net.head.bias is not None
    torch.nn.init.constant_(net.head.bias, shift)
    return net.requires_grad_(False)


def test_the_best_network_is_the_one_that_errs_least() -> None:
    pairs = torch.from_numpy(noisy_pairs())
    guard = Guard(shifted_net(0.0))

    first, lost = guard.check(shifted_net(-4.0), 5, pairs)  # the truth is darker
    later, later_lost = guard.check(shifted_net(-1.0), 9, pairs)

    assert not lost
    assert not later_lost
    assert guard.step == 5
    assert held_out_error(guard.best, pairs) == first < later


@pytest.mark.parametrize("shift", [900.0, float("nan")])
def test_a_network_that_ruins_pictures_is_lost(shift: float) -> None:
    pairs = torch.from_numpy(noisy_pairs())
    pairs[:, CHANNELS:] = pairs[:, :4] - pairs[:, :4] // 16
    guard = Guard(shifted_net(0.0))

    _, lost = guard.check(shifted_net(shift), 5, pairs)

    assert lost
    assert guard.step == 0


def test_going_back_restores_weights_and_halves_the_rate(tmp_path: Path) -> None:
    store, learner = stored(tmp_path), Learner(SMALL, CPU)
    guard = Guard(learner.average)
    learnt(store, learner, 3, share=0.0)
    assert learner.net.head.weight.abs().max() > 0

    learner.go_back(guard.best)

    assert learner.ease == 0.5
    for module in (learner.net, learner.average):
        for one, other in zip(module.parameters(), guard.best.parameters(), strict=True):
            assert torch.equal(one, other)


def session(
    tmp_path: Path, steps: int, held: np.ndarray | None = None, start: Path | None = None
) -> list[str]:
    """A run whose pairs are there already."""
    config = replace(SMALL, heads=1, held_out=1, steps=steps, makers=0, save_seconds=0.0)
    job = RefineRun(config, tmp_path / "no-source", tmp_path / "out", tmp_path / "work", CPU, start)
    for plan in job.plans():
        plan.folder.mkdir(parents=True, exist_ok=True)
        np.save(plan.path(0), held if held is not None and plan.held_out else noisy_pairs())
    return list(run(job))


def test_a_run_that_helps_nobody_ships_a_network_that_does_nothing(tmp_path: Path) -> None:
    perfect = noisy_pairs()
    perfect[:, CHANNELS:] = perfect[:, :4]

    said = session(tmp_path, 12, perfect)

    shipped = load_refine(tmp_path / "out" / "refine.safetensors")
    assert "best: step 0 of 12" in said
    assert any(line.startswith("back to step 0") for line in said)
    assert shipped.head.weight.abs().max() == 0


def test_a_run_leaves_weights_a_report_and_a_diary(tmp_path: Path) -> None:
    said = session(tmp_path, 22)

    assert said[-1].startswith("refined:")
    measured = json.loads((tmp_path / "out" / "refine.json").read_text("utf-8"))
    assert measured["steps"] == 22
    assert set(measured["held_out"]) == {"drawn", "refined"}
    assert load_refine(tmp_path / "out" / "refine.safetensors").shape.fine == 8
    assert (tmp_path / "out" / "curves.png").is_file()
    assert len(list((tmp_path / "out").glob("sheet-*.png"))) == 2


def test_a_run_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    session(tmp_path, 4)

    said = session(tmp_path, 6)

    steps = [line for line in said if line.startswith("step ")]
    assert [line.split(",")[0] for line in steps] == ["step 5", "step 6"]


def begun(tmp_path: Path, shape: RefineShape, shift: float) -> Path:
    """A folder of a network that makes everything brighter or darker."""
    net = RefineNet(shape)
    assert net.head.bias is not None
    torch.nn.init.constant_(net.head.bias, shift)
    (tmp_path / "start").mkdir()
    save_refine(tmp_path / "start" / "refine.safetensors", net, "made by a test")
    return tmp_path / "start"


def test_a_run_that_goes_further_is_as_good_as_what_it_began_with(tmp_path: Path) -> None:
    start = begun(tmp_path, RefineShape(8, 8), -4.0)  # the truth is darker

    session(tmp_path, 1, start=start)

    shipped = load_refine(tmp_path / "out" / "refine.safetensors")
    pairs = torch.from_numpy(noisy_pairs())
    begin = load_refine(start / "refine.safetensors")
    untrained = RefineNet(RefineShape(8, 8))
    assert held_out_error(shipped, pairs) <= held_out_error(begin, pairs)
    assert held_out_error(begin, pairs) < held_out_error(untrained, pairs)


def test_a_network_of_another_size_is_no_beginning(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="begin"):
        session(tmp_path, 1, start=begun(tmp_path, RefineShape(16, 8), 0.0))


def test_without_pairs_it_says_so(tmp_path: Path) -> None:
    config = replace(SMALL, heads=0, held_out=0, makers=0)
    job = RefineRun(config, tmp_path, tmp_path / "out", tmp_path / "work")

    with pytest.raises(PairError):
        list(run(job))
