"""Data that is made ahead, here or in other processes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from head360.rendering.march import Rays
from tests.unit.pool_stand_ins import Written
from training.config import HeadStage
from training.stages.data_pool import DataPool
from training.stages.direct import HeadExample
from training.stages.head_pool import HeadJob, load_example, piece, save_example

META = torch.device("meta")


def test_without_workers_data_is_made_when_asked_for(tmp_path: Path) -> None:
    with DataPool(tmp_path, {"one": Written("a"), "two": Written("b")}, 0, META) as pool:
        assert list(pool.ready(["two", "one"], lambda: 0.0)) == ["two", "one"]
        assert not list(tmp_path.iterdir())

        assert pool.path("two").read_text("utf-8") == "b two meta"
        pool.forget("two")
        assert not list(tmp_path.iterdir())
        pool.path("one")

    assert not list(tmp_path.iterdir())


def test_what_a_killed_run_left_is_not_made_again(tmp_path: Path) -> None:
    (tmp_path / "one.data.safetensors").write_text("from before", "utf-8")

    with DataPool(tmp_path, {"one": Written("a")}, 0) as pool:
        assert pool.path("one").read_text("utf-8") == "from before"


def test_other_processes_make_the_same(tmp_path: Path) -> None:
    wanted = {"one": Written("a"), "two": Written("b"), "broken": Written("c")}

    with DataPool(tmp_path, wanted, 1) as pool:
        got = {name: pool.path(name).read_text("utf-8") for name in pool.ready(["one", "two"], _no)}
        with pytest.raises(ValueError, match="broken"):
            pool.path("broken")

    assert got == {"one": "a one cpu", "two": "b two cpu"}


def _no() -> float:
    return float("inf")


def test_what_is_given_up_makes_room(tmp_path: Path) -> None:
    wanted = {f"{n}": Written("a") for n in range(50)}

    with DataPool(tmp_path, wanted, 1) as pool:
        pool.give_up([f"{n}" for n in range(10, 50)])
        made = list(pool.ready([f"{n}" for n in range(10)], _no))

        assert sorted(made, key=int) == [f"{n}" for n in range(10)]
        assert not (tmp_path / "49.data.safetensors").exists()


def test_a_person_survives_the_way_through_a_file(tmp_path: Path) -> None:
    rays = Rays(torch.rand(5, 3), torch.rand(5, 3))
    example = HeadExample(torch.rand(6, 12, 4, 4), rays, torch.rand(5, 12))
    save_example(tmp_path / "one", example)

    found = load_example(tmp_path / "one", torch.device("cpu"))

    assert torch.equal(found.planes, example.planes)
    assert torch.equal(found.columns, example.columns)
    assert torch.equal(found.rays.directions, rays.directions)


def test_as_many_people_are_the_products_as_was_asked() -> None:
    job = HeadJob(Path("nowhere"), HeadStage(real_share=0.6), 0)

    assert sum(job._real(seed) for seed in range(100)) == 60
    assert [piece(7), piece(12)] == sorted([piece(12), piece(7)])
