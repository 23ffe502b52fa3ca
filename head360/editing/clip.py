"""How well an edit meets its sentence: CLIP's directional similarity (Gal et al., 2021)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from head360.editing.skin_paint import Picture
from head360.editing.torchvision_stub import declare_operators
from head360.errors import EditError


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """What CLIP says of pictures and of words, as unit vectors."""

    pictures: Callable[[Sequence[Picture]], Tensor]  # (N, D)
    words: Callable[[Sequence[str]], Tensor]  # (N, D)

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
        net = open_clip.create_model(model, pretrained=None).eval()
        net.load_state_dict(load_file(weights))
    except Exception as error:
        raise EditError(
            f"“{weights}” holds no weights of {model}.",
            "Give a .safetensors file of the same model as open_clip names it.",
        ) from error
    side = net.visual.image_size
    size = side[0] if isinstance(side, tuple) else side
    prepare = open_clip.image_transform(size, is_train=False)
    tokenizer = open_clip.get_tokenizer(model)

    @torch.inference_mode()
    def pictures(images: Sequence[Picture]) -> Tensor:
        batch = torch.stack([prepare(Image.fromarray(image)) for image in images])
        return torch.nn.functional.normalize(net.encode_image(batch), dim=1)

    @torch.inference_mode()
    def words(texts: Sequence[str]) -> Tensor:
        return torch.nn.functional.normalize(net.encode_text(tokenizer(list(texts))), dim=1)

    return Clip(pictures, words)
