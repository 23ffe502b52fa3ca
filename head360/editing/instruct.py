"""InstructPix2Pix (Brooks et al., 2023) as an `ImageEditor`, through diffusers.

Weights are the user's own affair: a local folder in diffusers' safetensors layout, or a name on the
hub that is only asked for on demand. In half precision the published model needs about 2 GB of
graphics memory for 512² pictures; on a processor, 5 GB and minutes a picture.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from head360.camera import OrbitCamera
from head360.editing.decline import declined
from head360.editing.skin_paint import Picture
from head360.editing.torchvision_stub import declare_operators
from head360.errors import EditError
from head360.hub import PUBLISHED

#: What the published model takes, bytes, in single and in half precision.
NEEDED_CPU, NEEDED_CUDA = 6 << 30, 3 << 30
#: Models whose files are smaller than this are somebody's own, and take this much besides.
_SMALL, _BESIDES = 1 << 30, 256 << 20
_MODEL_INDEX = "model_index.json"


@dataclass(frozen=True, slots=True)
class Instruction:
    """What a picture is told to become, and how strongly.

    Raises:
        ValueError: a number is out of range.
        EditError: the words are none that this program works with.
    """

    text: str
    text_guidance: float = 7.5  # 1 = not at all … 20
    image_guidance: float = 1.5  # how near the picture stays, 1 … 5
    steps: int = 20  # of denoising

    def __post_init__(self) -> None:
        if declined(self.text):
            raise EditError(
                "That is nothing this program helps with.",
                "Describe a face kindly and try again.",
            )
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
        on_step: Callable[[int], None] = lambda _: None,
    ) -> None:
        """An editor.

        Args:
            pipeline: of `load_pipeline`.
            instruction: what pictures shall become.
            is_cancelled: asked after each step of denoising.
            on_step: told after each step how many there were.
        """
        self._pipeline, self._instruction = pipeline, instruction
        self._is_cancelled, self._on_step = is_cancelled, on_step

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
        self, pipeline: Any, step: int, _time: Any, kept: dict[str, Any]
    ) -> dict[str, Any]:
        self._on_step(step + 1)
        if self._is_cancelled():
            pipeline._interrupt = True
            raise EditError("The edit was stopped.")
        return kept


@dataclass(frozen=True, slots=True)
class Outlook:
    """Whether a model can be used here, as far as can be told without reading it."""

    needed: int  # bytes of memory, about
    free: int | None  # bytes; None where the system does not say
    on_graphics_card: bool
    problem: EditError | None  # why not; its hint says what to do

    def check(self) -> None:
        """Raise the problem, if there is one."""
        if self.problem is not None:
            raise self.problem


def outlook(where: str | Path, *, device: str | None = None) -> Outlook:
    """What to expect of the model in a folder, or of a name on the hub."""
    card = (device or _usual_device()) == "cuda"
    folder = Path(where)
    size = sum(f.stat().st_size for f in folder.rglob("*.safetensors")) if folder.is_dir() else 0
    needed = NEEDED_CUDA if card else NEEDED_CPU
    if folder.is_dir() and size < _SMALL:
        needed = 2 * size + _BESIDES
    free = torch.cuda.mem_get_info()[0] if card else _free_memory()
    problem = _missing_packages() or _short_of_memory(needed, free)
    return Outlook(needed, free, card, problem)


def model_problem(where: str | Path) -> EditError | None:
    """Why a folder holds no model, if it holds none."""
    if str(where) and (Path(where) / _MODEL_INDEX).is_file():
        return None
    found = f"There are no usable weights at “{where}”." if str(where) else "No model is chosen."
    return EditError(found, _hint(where))


def load_pipeline(where: str | Path, *, fetch: bool = False, device: str | None = None) -> Any:
    """The pipeline of a folder, or of a name on the hub.

    Args:
        where: a folder in diffusers' layout, or a name such as `PUBLISHED`.
        fetch: whether a name may be downloaded; else it must be in the hub's cache.
        device: torch's name; the default is CUDA where there is some.

    Raises:
        EditError: the extra is not installed, there are no such weights, or too little memory.
    """
    chosen = device or _usual_device()
    outlook(where, device=chosen).check()
    declare_operators()
    # It says at length what it can do without.
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    try:
        from diffusers import StableDiffusionInstructPix2PixPipeline
        from diffusers.utils import logging as diffusers_logging
        from transformers.utils import logging as transformers_logging

        for each in (diffusers_logging, transformers_logging):
            each.disable_progress_bar()

        load: Any = StableDiffusionInstructPix2PixPipeline.from_pretrained
        kind = torch.float16 if chosen == "cuda" else torch.float32
        pipeline = load(str(where), use_safetensors=True, dtype=kind, local_files_only=not fetch)
    except Exception as error:
        raise EditError(f"There are no usable weights at “{where}”.", _hint(where)) from error
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to(chosen)


def _usual_device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def _hint(where: str | Path) -> str:
    return (
        f"Download it once (4.5 GB): hf download {PUBLISHED} --local-dir FOLDER, and give that"
        " folder."
        if not str(where) or not Path(where).is_dir()
        else f"The folder must hold {_MODEL_INDEX} and .safetensors files, as diffusers saves."
    )


def _missing_packages() -> EditError | None:
    if all(importlib.util.find_spec(name) for name in ("diffusers", "transformers")):
        return None
    return EditError(
        "Editing by diffusion needs more packages.",
        "Install them with: pip install 'head360-studio[diffusion]'",
    )


def _short_of_memory(needed: int, free: int | None) -> EditError | None:
    """Refuse what would end in a crash."""
    if free is None or free >= needed:
        return None
    return EditError(
        f"Editing by diffusion needs about {needed / 2**30:.1f} GB of free memory;"
        f" {free / 2**30:.1f} GB are free.",
        "Close other programs, or change the head by words alone.",
    )


def _free_memory() -> int | None:
    """Bytes that programs may still take; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:
        return None
    entry = next((line for line in lines if line.startswith("MemAvailable:")), None)
    return int(entry.split()[1]) * 1024 if entry else None
