"""Repainting heads by exact editors, whose right answer is known."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from head360.camera import OrbitCamera
from head360.edited import edited
from head360.editing.restyle import RestyleOptions, known_parts
from head360.editing.skin_paint import Picture
from head360.editing.unfinished import Unfinished, fingerprint, pictures_done, read_what
from head360.engine import HeadEngine, finished
from head360.errors import EditError
from head360.fitting.atlas import skin_atlas
from head360.fitting.zones import part_shares
from head360.light import BLACK
from head360.likeness import Likeness
from head360.paint import HAIR_CELLS, Paint
from head360.params import ATTRIBUTES, HeadParams, changed_fields
from head360.rendering.request import RenderRequest
from head360.rendering.shade import linear_from_srgb, srgb_from_linear

SIZE = 128
TINT = (0.75, 1.0, 0.8)
#: A square on the left cheek: first row and column of the skin tile, and its side.
STICKER = (255, 215, 36)
#: Where a part lies in a picture from in front: shares of its height, from the top.
SPANS = {"lips": (0.5, 0.75), "eyes": (0.3, 0.55), "brows": (0.25, 0.5), "skin": (0.0, 1.0)}


@pytest.fixture(scope="module")
def engine() -> Iterator[HeadEngine]:
    engine = HeadEngine()
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def head(engine: HeadEngine) -> HeadParams:
    return engine.initial_head().with_(hairstyle=None, expression=np.zeros(52))


class Exact:
    """Returns true pictures of another head: what the perfect editor would."""

    def __init__(self, engine: HeadEngine, target: HeadParams) -> None:
        self._engine, self._target = engine, target

    def edit(self, now: Picture, first: Picture, view: OrbitCamera, seed: int) -> Picture:
        return picture(self._engine, self._target, view, now.shape[0])


class Dimmer:
    """Makes pictures a little darker and redder; may be stopped as by Ctrl-C after some."""

    def __init__(self, last: int = 99) -> None:
        self.last, self.seeds = last, []

    def edit(self, now: Picture, first: Picture, view: OrbitCamera, seed: int) -> Picture:
        if len(self.seeds) == self.last:
            raise KeyboardInterrupt
        self.seeds.append(seed)
        return (first * np.array([0.9, 0.8, 0.7])).astype(np.uint8)


def paint_of(params: HeadParams) -> Paint:
    paint = edited(params).paint
    assert paint is not None
    return paint


def picture(
    engine: HeadEngine, params: HeadParams, camera: OrbitCamera, size: int = SIZE
) -> Picture:
    request = RenderRequest(params, camera, size, size, background=BLACK)
    return engine.render(request).image[..., :3].copy()


def repainted(engine: HeadEngine, head: HeadParams, *, sticker: bool = False) -> HeadParams:
    """The head with a tint on all of its skin, or a square on one cheek."""
    rows, texture = skin_atlas().rows, engine._loaded().texture
    plain = head.with_(attributes=np.zeros(len(ATTRIBUTES)))
    tile = linear_from_srgb(texture.maps(head, 0.0)[:3, :, : 2 * rows])
    if sticker:
        row, column, side = STICKER
        tile[:, row : row + side, column : column + side] = torch.tensor([0.05, 0.25, 0.05])[
            :, None, None
        ]
    else:
        tile = tile * torch.tensor(TINT)[:, None, None]
    bare = texture.maps(plain, 0.0)[:3, :, : 2 * rows]
    skin = (srgb_from_linear(tile.clamp(0, 1)) - bare).numpy()
    unseen = np.zeros((rows, 2 * rows))
    return plain.with_(likeness=Likeness.made(modes=np.zeros(70), skin=skin, observed=unseen))


def psnr(one: Picture, other: Picture) -> float:
    difference = one.astype(float) - other.astype(float)
    return float(10 * np.log10(255**2 / np.mean(difference**2)))


def test_a_tint_is_found_from_views_nobody_edited(engine: HeadEngine, head: HeadParams) -> None:
    target = repainted(engine, head)
    options = RestyleOptions(views=3, rounds=2, size=SIZE)
    made = finished(engine.restyle(head, Exact(engine, target), options))
    for yaw in (15, -45):
        camera = OrbitCamera(yaw_degrees=yaw)
        true = picture(engine, target, camera)
        assert psnr(picture(engine, made, camera), true) > 36
        assert psnr(picture(engine, head, camera), true) < 33


def test_a_sticker_stays_where_it_is_and_the_rest_as_it_was(
    engine: HeadEngine, head: HeadParams
) -> None:
    target = repainted(engine, head, sticker=True)
    options = RestyleOptions(views=5, rounds=1, size=SIZE)
    made = finished(engine.restyle(head, Exact(engine, target), options))
    seen = 0
    for yaw in (-60, 45):
        camera = OrbitCamera(yaw_degrees=yaw)
        was, now, true = (picture(engine, p, camera) for p in (head, made, target))
        stuck = np.abs(true.astype(int) - was).max(2) > 24
        seen += int(stuck.sum())
        assert not stuck.any() or np.abs(now[stuck].astype(int) - true[stuck]).mean() < 12
        far = np.abs(true.astype(int) - was).max(2) == 0
        assert np.abs(now[far].astype(int) - was[far]).mean() < 1
    assert seen > 50  # else nothing was compared


@pytest.mark.parametrize("part", ["lips", "eyes", "brows", "skin"])
def test_only_the_part_that_may_change_does(
    engine: HeadEngine, head: HeadParams, part: str
) -> None:
    options = RestyleOptions(views=1, rounds=1, size=SIZE, parts=frozenset({part}))
    made = finished(engine.restyle(head, Dimmer(), options))
    paint = paint_of(made)
    assert paint.hair is None
    atlas, mesh = skin_atlas(), engine._loaded().mesh
    share = part_shares(atlas, mesh.mean, mesh.topology)[part]
    added = atlas.listed(torch.tensor(np.array(paint.skin)).float())
    assert not added[share == 0].any()
    assert added[share == 1].abs().mean() > 3
    was, now = (picture(engine, p, OrbitCamera()).astype(int) for p in (head, made))
    rows, columns = np.nonzero(np.abs(now - was).max(2))
    assert SPANS[part][0] <= rows.min() / SIZE
    assert rows.max() / SIZE <= SPANS[part][1]
    assert len(columns) > 20


def test_hair_is_painted_strand_by_strand_and_nothing_else(
    engine: HeadEngine, head: HeadParams
) -> None:
    hairy = head.with_(hairstyle="bob")
    along, v, u = np.meshgrid(*(np.linspace(-1, 1, n) for n in HAIR_CELLS), indexing="ij")
    logs = np.stack([1.2 * u + 1.4, 0.8 * v + 0.8, 1.5 * along + 1.2])
    target = hairy.with_(paint=Paint.made(hair=logs))
    options = RestyleOptions(views=7, rounds=1, size=SIZE, parts=frozenset({"hair"}))
    made = finished(engine.restyle(hairy, Exact(engine, target), options))
    assert paint_of(made).skin is None
    for yaw in (15, -45, 120):
        camera = OrbitCamera(yaw_degrees=yaw)
        was, now, true = (picture(engine, p, camera) for p in (hairy, made, target))
        assert psnr(now, true) > 34
        assert psnr(was, true) < 30
        same = (was == true).all(2)
        assert np.abs(now[same].astype(int) - was[same]).mean() < 0.2
    halved = made.with_(edits=(made.edits[0].with_(strength=0.5),))
    camera = OrbitCamera()
    was, half, now = (picture(engine, p, camera).astype(float) for p in (hairy, halved, made))
    assert np.abs(half - was).mean() == pytest.approx(np.abs(now - was).mean() / 2, rel=0.35)


def test_a_layer_is_added_and_the_head_below_stays(engine: HeadEngine, head: HeadParams) -> None:
    smiling = np.zeros(52)
    smiling[43:45] = 0.7
    before = head.with_(expression=smiling)
    options = RestyleOptions(views=1, rounds=1, size=64, title="darker")
    made = finished(engine.restyle(before, Dimmer(), options))
    assert changed_fields(before, made) == {"edits"}
    assert [layer.text for layer in made.edits] == ["darker"]
    assert [wish.title for wish in made.edits[0].wishes] == ["Painted skin"]


def test_an_interrupted_run_goes_on_to_the_same_result(
    engine: HeadEngine, head: HeadParams, tmp_path: Path
) -> None:
    hairy = head.with_(hairstyle="bob")
    options = RestyleOptions(views=2, rounds=2, size=64)
    whole = paint_of(finished(engine.restyle(hairy, Dimmer(), options)))
    kept = Unfinished(tmp_path / "kept", "one")
    killed = Dimmer(last=3)
    with pytest.raises(KeyboardInterrupt):
        finished(engine.restyle(hairy, killed, options, kept))
    (tmp_path / "kept" / "0003.safetensors.partial").write_bytes(b"half")  # killed while writing
    assert pictures_done(tmp_path / "kept") == 3
    editor = Dimmer()
    steps = engine.restyle(hairy, editor, options, Unfinished(tmp_path / "kept", "one"))
    resumed = paint_of(finished(steps))
    assert editor.seeds == [3]
    for one, other in ((whole.skin, resumed.skin), (whole.hair, resumed.hair)):
        assert one is not None
        assert other is not None
        assert np.abs(one.astype(int) - other).max() <= 1
    assert not (tmp_path / "kept").exists()


def test_what_was_kept_of_another_run_is_not_gone_on_from(
    engine: HeadEngine, head: HeadParams, tmp_path: Path
) -> None:
    options = RestyleOptions(views=2, rounds=1, size=64)
    with pytest.raises(KeyboardInterrupt):
        finished(engine.restyle(head, Dimmer(last=1), options, Unfinished(tmp_path / "k", "one")))
    assert read_what(tmp_path / "k") == {"version": 1, "key": "one", "about": {}}
    assert Unfinished(tmp_path / "k", "other").reached() == {}
    (tmp_path / "k" / "what.json").write_text("[]")
    assert Unfinished(tmp_path / "k", "one").reached() == {}


def test_fingerprints_differ_as_heads_do(head: HeadParams) -> None:
    moved = head.with_(shape=head.shape + np.float32(1e-6))
    same = head.with_(shape=head.shape.copy(), light=replace(head.light))
    assert fingerprint(head, "a") == fingerprint(same, "a")
    assert len({fingerprint(head, "a"), fingerprint(head, "b"), fingerprint(moved, "a")}) == 3


def test_the_editor_may_work_aside(engine: HeadEngine, head: HeadParams) -> None:
    class Slow(Dimmer):
        def edit(self, now: Picture, first: Picture, view: OrbitCamera, seed: int) -> Picture:
            time.sleep(0.4)
            return super().edit(now, first, view, seed)

    options = RestyleOptions(views=1, rounds=1, size=64, aside=True)
    steps = list(engine.restyle(head, Slow(), options))
    assert sum(step.done == 0 for step in steps) > 5
    assert steps[-1].done == 1


def test_stopping_leaves_the_head_as_it_was(engine: HeadEngine, head: HeadParams) -> None:
    steps = engine.restyle(head, Exact(engine, head), RestyleOptions(views=2, rounds=1, size=SIZE))
    assert next(step.total for step in steps if step.done) == 2
    steps.close()
    assert head.edits == ()


def test_an_editor_that_returns_no_picture_is_told(engine: HeadEngine, head: HeadParams) -> None:
    class Broken:
        def edit(self, now: Picture, *_: object) -> Picture:
            return now[:10]

    with pytest.raises(EditError, match="no picture"):
        finished(engine.restyle(head, Broken(), RestyleOptions(views=1, rounds=1, size=64)))


@pytest.mark.parametrize(
    "options", [{"views": 0}, {"rounds": 99}, {"size": 100}, {"parts": frozenset()}]
)
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        RestyleOptions(**options)


def test_parts_are_named() -> None:
    assert known_parts(["lips"]) == {"lips"}
    assert "hair" in known_parts([])
    with pytest.raises(EditError, match="no part"):
        known_parts(["teeth"])
