"""Finishes the hairstyle's classifier on a parser that has learnt and stays as it is.

What the classifier sees of many disturbed pictures is computed once; learning from that takes
seconds, where learning through the whole network takes an hour.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from head360.fitting.face_network import INPUT, FaceNetwork, StyleHead
from training.stages.faces_config import FaceLearning
from training.stages.parsing import FaceBatches

_BATCH = 128
_RATE, _DECAY = 1e-3, 5e-2
#: Features of two pictures are mixed, and their labels with them (Zhang et al., ICLR 2018).
_MIXING = 0.3
#: Batches of pictures with numbers that training never came to.
_FIRST = 1_000_000


@torch.inference_mode()
def seen_styles(
    network: FaceNetwork, batches: FaceBatches, count: int, half: bool
) -> Iterator[tuple[Tensor, Tensor]]:
    """(B, N) features and (B,) styles of `count` batches."""
    network.eval()
    device = next(network.parameters()).device
    for number in range(count):
        batch = batches.batch(_FIRST + number, INPUT)
        whole = batch.styles >= 0
        pictures = batch.pictures[whole].to(device, memory_format=torch.channels_last)
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            parts, levels = network.parsed(pictures)
            found = network.about_hair(levels, parts)
        yield found.float().cpu(), batch.styles[whole]


def fit_styles(
    features: Tensor, styles: Tensor, learning: FaceLearning, classes: int, seed: int = 0
) -> StyleHead:
    """A classifier of (M, N) features that knows (M,) styles."""
    torch.manual_seed(seed)
    head = StyleHead(features.shape[1], classes).train()
    optimizer = torch.optim.AdamW(head.parameters(), _RATE, weight_decay=_DECAY)
    steps = learning.style_steps
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3 * _RATE, steps)
    truth = functional.one_hot(styles, classes).float()
    for _ in range(steps):
        one = torch.randint(len(features), (_BATCH,))
        other = one[torch.randperm(_BATCH)]
        share = torch.distributions.Beta(_MIXING, _MIXING).sample((_BATCH, 1))
        mixed = features[one].lerp(features[other], share)
        told = head(mixed)
        loss = functional.cross_entropy(
            told, truth[one].lerp(truth[other], share), label_smoothing=learning.smoothing
        )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
    return head.eval().requires_grad_(False)
