"""Lets `import torchvision` succeed beside a CPU build of torch that it was not built for.

Its compiled operators cannot load there; all that its import needs is that two of them are
declared. Nothing here calls them. Without effect on builds that fit.
"""

from __future__ import annotations

import importlib.util
from typing import Any

import torch

_LIBRARIES: list[Any] = []  # a library's declarations live as long as it does


def declare_operators() -> None:
    """Call before the first import of torchvision (open_clip, timm, diffusers)."""
    if _LIBRARIES or importlib.util.find_spec("torchvision") is None or torch.version.cuda:
        return
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _LIBRARIES.append(library)
