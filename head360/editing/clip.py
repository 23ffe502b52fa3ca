"""How well an edit meets its sentence: CLIP's directional similarity (Gal et al., 2021)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from head360.editing.skin_paint import Picture
from head360.editing.torchvision_stub import declare_operators
from head360.errors import EditError

#: What OpenAI's pictures were normalised by; open_clip's own numbers win where a model has some.
_MEAN, _SPREAD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """What CLIP says of pictures and of words, as unit vectors."""

    seen: Callable[[Tensor], Tensor]  # (N, D) of (N, 3, H, W) sRGB, 0 … 1; gradients flow
    words: Callable[[Sequence[str]], Tensor]  # (N, D)

    def pictures(self, pictures: Sequence[Picture]) -> Tensor:
        """(N, D) of (H, W, 3) sRGB pictures."""
        with torch.no_grad():
            return torch.cat([self.seen(as_tensor(picture)) for picture in pictures])

    def directional(
        self, before: Sequence[Picture], after: Sequence[Picture], was: str, is_now: str
    ) -> float:
        """Cosine between what changed in the pictures and in the words, -1 … 1; 1 is perfect.

        Args:
            before: (H, W, 3) sRGB pictures.
            after: as many, edited.
            was: what the first show, such as “a photo of a woman”.
            is_now: what the others should show.
        """
        seen = self.pictures(after) - self.pictures(before)
        said = self.words([is_now]) - self.words([was])
        return float(torch.cosine_similarity(seen, said, dim=1, eps=1e-6).mean())


def as_tensor(picture: Picture) -> Tensor:
    """(1, 3, H, W) 0 … 1 of an (H, W, 3) sRGB picture."""
    values = torch.from_numpy(np.ascontiguousarray(picture)).float() / 255
    return values.permute(2, 0, 1)[None]


def load_clip(weights: Path, model: str = "ViT-B-32") -> Clip:
    """CLIP from a local file of weights (safetensors), by open_clip.

    Raises:
        EditError: the extra is not installed, or the weights cannot be used.
    """
    declare_operators()
    try:
        import open_clip  # type: ignore[import-not-found,import-untyped,unused-ignore]
        from safetensors.torch import load_file
    except ImportError as error:
        raise EditError(
            "Scoring edits needs more packages.",
            "Install them with: pip install 'head360-studio[clip]'",
        ) from error
    try:
        net = open_clip.create_model(model, pretrained=None).eval().requires_grad_(False)
        net.load_state_dict(load_file(weights))
    except Exception as error:
        raise EditError(
            f"“{weights}” holds no weights of {model}.",
            "Give a .safetensors file of the same model as open_clip names it.",
        ) from error
    side = net.visual.image_size
    size = side[0] if isinstance(side, tuple) else side
    tokenizer = open_clip.get_tokenizer(model)
    mean, spread = (
        torch.tensor(getattr(net.visual, name, None) or usual)[:, None, None]
        for name, usual in (("image_mean", _MEAN), ("image_std", _SPREAD))
    )

    def seen(pictures: Tensor) -> Tensor:
        batch = (prepared(pictures, size) - mean) / spread
        return functional.normalize(net.encode_image(batch), dim=1)

    @torch.no_grad()
    def words(texts: Sequence[str]) -> Tensor:
        return functional.normalize(net.encode_text(tokenizer(list(texts))), dim=1)

    return Clip(seen, words)


def prepared(pictures: Tensor, size: int) -> Tensor:
    """(N, 3, size, size) the middle of (N, 3, H, W) pictures, as CLIP was shown them."""
    height, width = pictures.shape[2:]
    scale = size / min(height, width)
    shape = (max(round(height * scale), size), max(round(width * scale), size))
    smaller = functional.interpolate(
        pictures, shape, mode="bicubic", align_corners=False, antialias=True
    )
    top, left = (shape[0] - size) // 2, (shape[1] - size) // 2
    return smaller[..., top : top + size, left : left + size].clamp(0, 1)
