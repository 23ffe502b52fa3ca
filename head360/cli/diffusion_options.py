"""Options of `head360 edit --editor diffusion`."""

from __future__ import annotations

import argparse
from pathlib import Path

from head360.cli.values import number, seed


def add_diffusion_options(parser: argparse.ArgumentParser) -> None:
    """Let a parser know how a head can be repainted."""
    parser.add_argument(
        "--editor", default="attributes", metavar="NAME",
        help="attributes (offline, at once) or diffusion (InstructPix2Pix; needs --model)",
    )  # fmt: skip
    group = parser.add_argument_group("diffusion")
    group.add_argument("--model", metavar="DIR", help="weights: a folder, or a name on the hub")
    group.add_argument("--fetch", action="store_true", help="let the hub be asked for them")
    group.add_argument("--views", type=int, default=5, metavar="N", help="sides (%(default)s)")
    group.add_argument("--rounds", type=int, default=2, metavar="N", help="(%(default)s)")
    group.add_argument("--size", type=int, default=512, metavar="N", help="pixels (%(default)s)")
    group.add_argument("--steps", type=int, default=20, metavar="N", help="of denoising")
    group.add_argument("--text-guidance", type=number, default=7.5, metavar="1…30")
    group.add_argument("--image-guidance", type=number, default=1.5, metavar="1…10")
    group.add_argument("--edit-seed", type=seed, default=0, metavar="N")
    group.add_argument(
        "--parts", nargs="+", default=[], metavar="PART",
        help="what may change: skin, lips, eyes, brows, hair (all)",
    )  # fmt: skip
    group.add_argument(
        "--clip-guidance", type=number, default=0.0, metavar="0…10",
        help="how strongly CLIP leads each picture on (not at all; needs --clip-weights)",
    )  # fmt: skip
    group.add_argument("--clip-weights", type=Path, metavar="FILE", help="of ViT-B-32, safetensors")
    group.add_argument(
        "--clip-target", metavar="TEXT",
        help="what the pictures should show, such as “a photo of a bronze statue”",
    )  # fmt: skip
    group.add_argument(
        "--restart", action="store_true", help="do not go on from an interrupted run"
    )
