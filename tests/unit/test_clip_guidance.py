"""CLIP leads an editor's pictures on, with a small network of which it is known what it likes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from head360 import __main__ as command_line
from head360.camera import OrbitCamera
from head360.editing.clip import Clip, as_tensor, prepared
from head360.editing.clip_guidance import ClipGuided, Guidance
from head360.editing.restyle import RestyleOptions
from head360.editing.skin_paint import Picture
from head360.engine import HeadEngine, finished
from head360.errors import EditError
from head360.project import Project, save_project
from head360.rendering.request import RenderRequest

REDDER = Guidance("redder", "as it is", 2.0)
WORDS = {"as it is": (0.0, 0.0, 0.0), "redder": (1.0, -0.4, -0.4), "bluer": (-0.4, -0.4, 1.0)}


def tiny_clip() -> Clip:
    """A convolution that looks at mean colours of patches, and words that name such a change."""
    torch.manual_seed(0)
    looks = nn.Conv2d(3, 3, 4, stride=4)
    with torch.no_grad():
        looks.weight.copy_(torch.eye(3)[:, :, None, None].expand(3, 3, 4, 4) / 16)
        looks.bias.zero_()  # type: ignore[union-attr]
    looks.requires_grad_(False)

    def seen(pictures: Tensor) -> Tensor:
        return functional.normalize(looks(prepared(pictures, 32)).mean((2, 3)) + 0.3, dim=1)

    return Clip(seen, lambda texts: torch.tensor([WORDS[text] for text in texts]))


@dataclass
class Nothing:
    """An editor that leaves pictures as they are."""

    seeds: list[int] = field(default_factory=list)

    def edit(self, now: Picture, first: Picture, view: OrbitCamera, seed: int) -> Picture:
        self.seeds.append(seed)
        return now


def face() -> Picture:
    rng = np.random.default_rng(3)
    image = rng.integers(90, 160, (64, 64, 3)).astype(np.uint8)
    image[:, :8] = 0  # background
    return image


def test_pictures_change_as_words_do_and_the_stronger_the_more() -> None:
    clip, first = tiny_clip(), face()
    likeness, reds = [], []
    for weight in (0.2, 5.0):
        guided = ClipGuided(Nothing(), clip, Guidance("redder", "as it is", weight))
        made = guided.edit(first, first, OrbitCamera(), 1)
        likeness.append(clip.directional([first], [made], "as it is", "redder"))
        means = made.astype(float).mean((0, 1)) - first.astype(float).mean((0, 1))
        reds.append(means[0] - means[2])
        assert made.shape == first.shape
        assert (made[:, :8] == 0).all()
    assert likeness[0] > 0.5
    assert reds[1] > reds[0] > 1
    bluer = ClipGuided(Nothing(), clip, Guidance("bluer", "as it is", 2.0))
    blue = bluer.edit(first, first, OrbitCamera(), 1).astype(float).mean((0, 1))
    assert blue[2] > blue[0]


def test_without_weight_it_is_the_editor_alone_and_with_it_repeats_itself() -> None:
    clip, first, editor = tiny_clip(), face(), Nothing()
    off = ClipGuided(editor, clip, Guidance("redder", "as it is", 0.0))
    assert off.edit(first, first, OrbitCamera(), 7) is first
    assert editor.seeds == [7]
    on = ClipGuided(editor, clip, REDDER)
    with torch.inference_mode():
        made = [on.edit(first, first, OrbitCamera(), 7) for _ in range(2)]
    np.testing.assert_array_equal(*made)


def test_it_stops_between_steps() -> None:
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 3

    guided = ClipGuided(Nothing(), tiny_clip(), REDDER, cancelled)
    with pytest.raises(EditError, match="stopped"):
        guided.edit(face(), face(), OrbitCamera(), 1)
    assert len(asked) == 4


@pytest.fixture(scope="module")
def engine() -> Iterator[HeadEngine]:
    engine = HeadEngine()
    yield engine
    engine.close()


def test_a_head_that_is_led_is_redder_where_nobody_looked(engine: HeadEngine) -> None:
    head = engine.initial_head().with_(hairstyle=None)
    guided = ClipGuided(Nothing(), tiny_clip(), REDDER)
    options = RestyleOptions(views=3, rounds=1, size=96)
    made = finished(engine.restyle(head, guided, options))
    unseen = OrbitCamera(yaw_degrees=15)
    before, after = (
        engine.render(RenderRequest(each, unseen, 96, 96)).image[..., :3].astype(float)
        for each in (head, made)
    )
    reds = [(image[..., 0] - image[..., 2])[30:66, 30:66].mean() for image in (before, after)]
    assert reds[1] > reds[0] + 8


def test_pictures_are_cut_to_their_middle() -> None:
    picture = np.zeros((40, 80, 3), np.uint8)
    picture[:, 20:60] = 200
    middle = prepared(as_tensor(picture), 20)
    assert middle.shape == (1, 3, 20, 20)
    assert float(middle[..., 4:16].min()) > 0.7


@pytest.mark.parametrize("words", ["redder", ""])
def test_impossible_guidance_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match="0 … 10"):
        Guidance(words, weight=11)


def test_the_command_line_says_what_guidance_needs(
    tmp_path: Path, engine: HeadEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "me.h360"
    save_project(Project(engine.initial_head()), path)
    words = ["edit", str(path), "bronze", "--editor", "diffusion", "--model", "x"]
    assert command_line.main([*words, "--clip-guidance", "1", "-o", str(tmp_path / "b.h360")]) != 0
    assert "--clip-weights" in capsys.readouterr().err
    found = [*words, "--clip-guidance", "99", "--clip-weights", "y"]
    assert command_line.main([*found, "-o", str(tmp_path / "b.h360")]) != 0
    assert "0 … 10" in capsys.readouterr().err
