"""Repainting heads: exact editors whose right answer is known, and InstructPix2Pix run for real."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from head360.camera import OrbitCamera
from head360.editing.clip import Clip
from head360.editing.instruct import Instruction, InstructPix2Pix, load_pipeline
from head360.editing.restyle import Picture, RestyleOptions, known_parts
from head360.engine import HeadEngine
from head360.errors import EditError
from head360.fitting.atlas import skin_atlas
from head360.light import BLACK
from head360.likeness import Likeness
from head360.params import ATTRIBUTES, HeadParams
from head360.rendering.request import RenderRequest
from head360.rendering.shade import linear_from_srgb, srgb_from_linear

SIZE = 128
TINT = (0.75, 1.0, 0.8)
#: A square on the left cheek: first row and column of the skin tile, and its side.
STICKER = (255, 215, 36)


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


def finished(steps: Generator[Any, None, HeadParams]) -> HeadParams:
    while True:
        try:
            next(steps)
        except StopIteration as done:
            made: HeadParams = done.value
            return made


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


def test_only_the_parts_that_may_change_do(engine: HeadEngine, head: HeadParams) -> None:
    target = repainted(engine, head)
    options = RestyleOptions(views=1, rounds=1, size=SIZE, parts=frozenset({"lips"}))
    made = finished(engine.restyle(head, Exact(engine, target), options))
    was, now = (picture(engine, p, OrbitCamera()).astype(int) for p in (head, made))
    changed = np.abs(now - was).max(2) > 6
    assert 0 < changed.mean() < 0.03


def test_stopping_leaves_the_head_as_it_was(engine: HeadEngine, head: HeadParams) -> None:
    steps = engine.restyle(head, Exact(engine, head), RestyleOptions(views=2, rounds=1, size=SIZE))
    first = next(steps)
    assert (first.done, first.total) == (1, 2)
    steps.close()
    assert head.likeness is None


def test_an_editor_that_returns_no_picture_is_told(engine: HeadEngine, head: HeadParams) -> None:
    class Broken:
        def edit(self, now: Picture, *_: object) -> Picture:
            return now[:10]

    with pytest.raises(EditError, match="no picture"):
        next(engine.restyle(head, Broken(), RestyleOptions(views=1, rounds=1, size=SIZE)))


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


# --- InstructPix2Pix, tiny


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete pipeline of random weights, 5 MB, as diffusers saves it."""
    pytest.importorskip("diffusers", reason="the extra “diffusion” is not installed")
    return _saved_pipeline(tmp_path_factory.mktemp("pix2pix"))


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
def test_the_whole_path_runs_with_the_true_pipeline(
    tiny: Path, engine: HeadEngine, head: HeadParams
) -> None:
    editor = InstructPix2Pix(load_pipeline(tiny, device="cpu"), Instruction("older", steps=1))
    options = RestyleOptions(views=1, rounds=1, size=64)
    made = [finished(engine.restyle(head, editor, options)) for _ in range(2)]
    assert made[0].likeness is not None
    assert made[1].likeness is not None
    assert np.array_equal(made[0].likeness.skin, made[1].likeness.skin)


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
        lambda images: torch.tensor([[float(i.mean() < 9), float(i.mean() > 9)] for i in images]),
        lambda texts: torch.tensor([known[text] for text in texts]),
    )
    dark, light = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 99, np.uint8)
    assert clip.directional([dark], [light], "old", "new") == pytest.approx(1)
    assert clip.directional([dark], [light], "new", "old") == pytest.approx(-1)
    assert clip.directional([dark], [dark], "old", "new") == pytest.approx(0)


def _saved_pipeline(folder: Path) -> Path:
    from diffusers import (
        AutoencoderKL,
        EulerAncestralDiscreteScheduler,
        StableDiffusionInstructPix2PixPipeline,
        UNet2DConditionModel,
    )
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(0)
    tokenizer, words = _tokenizer(folder / "words")
    unet = UNet2DConditionModel(
        block_out_channels=(32, 64), layers_per_block=1, sample_size=32, in_channels=8,
        out_channels=4, down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), cross_attention_dim=32,
        attention_head_dim=8, norm_num_groups=8,
    )  # fmt: skip
    vae = AutoencoderKL(
        block_out_channels=[16, 32, 32, 32], in_channels=3, out_channels=3,
        down_block_types=["DownEncoderBlock2D"] * 4, up_block_types=["UpDecoderBlock2D"] * 4,
        latent_channels=4, norm_num_groups=8, sample_size=64,
    )  # fmt: skip
    config = CLIPTextConfig(
        bos_token_id=words - 2, eos_token_id=words - 1, pad_token_id=words - 1, hidden_size=32,
        intermediate_size=37, num_attention_heads=4, num_hidden_layers=2, vocab_size=words,
        max_position_embeddings=77,
    )  # fmt: skip
    pipeline = StableDiffusionInstructPix2PixPipeline(
        unet=unet, scheduler=EulerAncestralDiscreteScheduler(), vae=vae,
        text_encoder=CLIPTextModel(config), tokenizer=tokenizer, safety_checker=None,
        feature_extractor=None, image_encoder=None, requires_safety_checker=False,
    )  # fmt: skip
    pipeline.save_pretrained(folder / "tiny", safe_serialization=True)
    return folder / "tiny"


def _tokenizer(folder: Path) -> tuple[Any, int]:
    """CLIP's byte-level vocabulary without merges."""
    from transformers import CLIPTokenizer

    folder.mkdir(parents=True)
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in printable]
    letters = [chr(byte) for byte in printable] + [chr(256 + i) for i in range(len(rest))]
    words = [*letters, *(f"{c}</w>" for c in letters), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {word: number for number, word in enumerate(words)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary), "utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", "utf-8")
    return CLIPTokenizer.from_pretrained(str(folder), model_max_length=77), len(words)
