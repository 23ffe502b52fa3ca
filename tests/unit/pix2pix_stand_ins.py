"""A complete InstructPix2Pix pipeline of random weights, as diffusers saves it: 5 MB, quick."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch


def saved_pipeline(folder: Path) -> Path:
    """The pipeline's folder, in another one."""
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
