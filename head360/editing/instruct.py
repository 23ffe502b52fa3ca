"""InstructPix2Pix (Brooks et al., 2023) as an `ImageEditor`, through diffusers.

Weights are the user's own affair: a local folder in diffusers' safetensors layout, or a name on the
hub that is only asked for on demand. In half precision the published model needs about 2 GB of
graphics memory for 512² pictures; on a processor, 4 GB and minutes a picture.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from head360.camera import OrbitCamera
from head360.editing.restyle import Picture
from head360.editing.torchvision_stub import declare_operators
from head360.errors import EditError

#: The published weights (MIT licence of the code; CreativeML OpenRAIL-M of the weights).
PUBLISHED = "timbrooks/instruct-pix2pix"
#: What the published model takes, bytes, in single and in half precision.
NEEDED_CPU, NEEDED_CUDA = 6 << 30, 3 << 30


@dataclass(frozen=True, slots=True)
class Instruction:
    """What a picture is told to become, and how strongly.

    Raises:
        ValueError: a number is out of range.
    """

    text: str
    text_guidance: float = 7.5  # 1 = not at all … 20
    image_guidance: float = 1.5  # how near the picture stays, 1 … 5
    steps: int = 20  # of denoising

    def __post_init__(self) -> None:
        if not (1 <= self.text_guidance <= 30 and 1 <= self.image_guidance <= 10):
            raise ValueError("text guidance is within 1 … 30, image guidance within 1 … 10")
        if not 1 <= self.steps <= 200:
            raise ValueError("there are 1 … 200 steps")


class InstructPix2Pix:
    """Edits pictures by an instruction."""

    def __init__(
        self,
        pipeline: Any,
        instruction: Instruction,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self._pipeline, self._instruction = pipeline, instruction
        self._is_cancelled = is_cancelled

    def edit(self, now: Picture, first: Picture, view: OrbitCamera, seed: int) -> Picture:
        """As `ImageEditor`. Asked to stop, it does so between two steps of denoising.

        Raises:
            EditError: it was stopped.
        """
        wanted = self._instruction
        made = self._pipeline(
            wanted.text,
            image=Image.fromarray(now),
            num_inference_steps=wanted.steps,
            guidance_scale=wanted.text_guidance,
            image_guidance_scale=wanted.image_guidance,
            generator=torch.Generator().manual_seed(seed),
            callback_on_step_end=self._between_steps,
        ).images[0]
        result: Picture = np.asarray(made.convert("RGB").resize(now.shape[1::-1]), np.uint8)
        return result

    def _between_steps(
        self, pipeline: Any, _step: int, _time: Any, kept: dict[str, Any]
    ) -> dict[str, Any]:
        if self._is_cancelled():
            pipeline._interrupt = True
            raise EditError("The edit was stopped.")
        return kept


def load_pipeline(where: str | Path, *, fetch: bool = False, device: str | None = None) -> Any:
    """The pipeline of a folder, or of a name on the hub.

    Args:
        where: a folder in diffusers' layout, or a name such as `PUBLISHED`.
        fetch: whether a name may be downloaded; else it must be in the hub's cache.
        device: torch's name; the default is CUDA where there is some.

    Raises:
        EditError: the extra is not installed, there are no such weights, or too little memory.
    """
    declare_operators()
    os.environ.setdefault(
        "TRANSFORMERS_VERBOSITY", "error"
    )  # says at length what it can do without
    try:
        from diffusers import StableDiffusionInstructPix2PixPipeline
    except ImportError as error:
        raise EditError(
            "Editing by diffusion needs more packages.",
            "Install them with: pip install 'head360-studio[diffusion]'",
        ) from error
    chosen = device or ("cuda" if torch.cuda.is_available() else "cpu")
    _check_memory(Path(where), chosen)
    kind = torch.float16 if chosen == "cuda" else torch.float32
    try:
        load: Any = StableDiffusionInstructPix2PixPipeline.from_pretrained
        pipeline = load(str(where), use_safetensors=True, dtype=kind, local_files_only=not fetch)
    except Exception as error:
        raise EditError(f"There are no usable weights at “{where}”.", _hint(where)) from error
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to(chosen)


def _hint(where: str | Path) -> str:
    return (
        f"Download {PUBLISHED} (4.5 GB; “hf download {PUBLISHED}”) and give its folder, or add"
        " --fetch to let the program ask the hub for it."
        if not Path(where).is_dir()
        else "The folder must hold model_index.json and .safetensors files, as diffusers saves."
    )


def _check_memory(folder: Path, device: str) -> None:
    """Refuse what would end in a crash; small models of one's own pass."""
    size = sum(f.stat().st_size for f in folder.rglob("*.safetensors")) if folder.is_dir() else 0
    small = folder.is_dir() and size < 1 << 30
    free = torch.cuda.mem_get_info()[0] if device == "cuda" else _free_memory()
    needed = NEEDED_CUDA if device == "cuda" else NEEDED_CPU
    if not small and free is not None and free < needed:
        raise EditError(
            f"Editing by diffusion needs about {needed >> 30} GB of free memory;"
            f" {free / 2**30:.1f} GB are free.",
            "Close other programs, or use --editor attributes.",
        )


def _free_memory() -> int | None:
    """Bytes that programs may still take; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:
        return None
    entry = next((line for line in lines if line.startswith("MemAvailable:")), None)
    return int(entry.split()[1]) * 1024 if entry else None
