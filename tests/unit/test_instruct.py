"""InstructPix2Pix run for real with tiny weights, and CLIP's score."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from head360.camera import OrbitCamera
from head360.editing.clip import Clip
from head360.editing.instruct import Instruction, InstructPix2Pix, load_pipeline
from head360.editing.restyle import RestyleOptions
from head360.engine import HeadEngine, finished
from head360.errors import EditError
from tests.unit.pix2pix_stand_ins import saved_pipeline


@pytest.fixture(scope="module")
def engine() -> Iterator[HeadEngine]:
    engine = HeadEngine()
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("diffusers", reason="the extra “diffusion” is not installed")
    return saved_pipeline(tmp_path_factory.mktemp("pix2pix"))


@pytest.mark.filterwarnings("ignore")
def test_the_true_pipeline_runs_is_deterministic_and_stops_between_steps(tiny: Path) -> None:
    pipeline = load_pipeline(tiny, device="cpu")
    instruction = Instruction("red lips", steps=2)
    picture_in = np.full((64, 64, 3), 120, np.uint8)
    editor = InstructPix2Pix(pipeline, instruction)
    view = OrbitCamera()
    first, second, other = (editor.edit(picture_in, picture_in, view, s) for s in (1, 1, 2))
    assert first.shape == picture_in.shape
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)
    stopped = InstructPix2Pix(pipeline, instruction, lambda: True)
    with pytest.raises(EditError, match="stopped"):
        stopped.edit(picture_in, picture_in, view, 1)


@pytest.mark.filterwarnings("ignore")
def test_the_whole_path_runs_with_the_true_pipeline(tiny: Path, engine: HeadEngine) -> None:
    editor = InstructPix2Pix(load_pipeline(tiny, device="cpu"), Instruction("older", steps=1))
    head = engine.initial_head()
    options = RestyleOptions(views=1, rounds=1, size=64)
    made = [finished(engine.restyle(head, editor, options)) for _ in range(2)]
    (skin, hair), again = ([w.change.paint for w in m.edits[-1].wishes] for m in made)
    assert skin is not None
    assert hair is not None
    assert np.array_equal(skin.skin, again[0].skin)
    assert np.array_equal(hair.hair, again[1].hair)


@pytest.mark.filterwarnings("ignore")
def test_missing_weights_say_what_to_do(tmp_path: Path) -> None:
    pytest.importorskip("diffusers", reason="the extra “diffusion” is not installed")
    with pytest.raises(EditError) as missing:
        load_pipeline(tmp_path / "nothing", device="cpu")
    assert "timbrooks/instruct-pix2pix" in missing.value.hint or "free" in str(missing.value)
    with pytest.raises(EditError) as empty:
        load_pipeline(tmp_path, device="cpu")
    assert "model_index.json" in empty.value.hint


def test_directional_similarity_is_one_when_pictures_change_as_words_do() -> None:
    known = {"old": [1.0, 0.0], "new": [0.0, 1.0]}
    clip = Clip(
        lambda shown: torch.tensor(
            [[float(i.mean() < 0.03), float(i.mean() > 0.03)] for i in shown]
        ),
        lambda texts: torch.tensor([known[text] for text in texts]),
    )
    dark, light = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 99, np.uint8)
    assert clip.directional([dark], [light], "old", "new") == pytest.approx(1)
    assert clip.directional([dark], [light], "new", "old") == pytest.approx(-1)
    assert clip.directional([dark], [dark], "old", "new") == pytest.approx(0)
