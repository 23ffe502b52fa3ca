"""What learns hairstyles: the compact network that ships, and ResNet-50, its yardstick."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional

from head360.fitting.style_network import StyleNetwork, StyleShape
from training.stages.face_pictures import WORN
from training.stages.faces_config import FacesConfig
from training.stages.parsing import Batch, follow
from training.stages.progress import set_rates_at
from training.stages.resnet import ResNet50, quiet_start

_LARGEST_GRADIENT = 5.0


class TeacherLearner:
    """ResNet-50 and how it learns, from pictures of whole heads."""

    def __init__(self, config: FacesConfig, device: torch.device) -> None:
        torch.manual_seed(config.seed)
        self._config, self._device = config, device
        self.net = ResNet50(len(WORN)).to(device)
        quiet_start(self.net)
        learning = config.teacher
        self._optimizer = torch.optim.AdamW(
            self.net.parameters(), learning.rate, weight_decay=learning.decay
        )
        self.step = 0

    def learn(self, batch: Batch, done: float) -> float:
        """One step, when a share of the run is `done`; returns the loss."""
        set_rates_at(self._optimizer, self.step, done)
        pictures = batch.pictures.to(self._device, memory_format=torch.channels_last)
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._config.half):
            told = self.net(pictures)
        worn = batch.styles.to(self._device)
        loss = functional.cross_entropy(
            told.float(), worn, label_smoothing=self._config.teacher.smoothing
        )
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.step()
        self.step += 1
        return float(loss.detach())


class StyleLearner:
    """The network that ships, its moving average, and how they learn, from maps."""

    def __init__(
        self, config: FacesConfig, device: torch.device, shape: StyleShape | None = None
    ) -> None:
        torch.manual_seed(config.seed)
        self._config, self._device = config, device
        self.net = StyleNetwork(shape or StyleShape(styles=len(WORN))).to(device)
        self.average = copy.deepcopy(self.net).eval().requires_grad_(False)
        learning = config.style
        self._optimizer = torch.optim.AdamW(
            self.net.parameters(), learning.rate, weight_decay=learning.decay
        )
        self.step = 0

    def learn(self, maps: Tensor, worn: Tensor, done: float, taught: Tensor | None = None) -> float:
        """One step, when a share of the run is `done`; returns the loss.

        Args:
            maps: (B, MAPS, S, S).
            worn: (B,) places in `WORN`.
            done: 0 … 1.
            taught: (B, styles) logits of a teacher, to be copied as well.
        """
        learning = self._config.style
        set_rates_at(self._optimizer, self.step, done)
        seen = maps.to(self._device, memory_format=torch.channels_last)
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._config.half):
            told = self.net(seen).float()
        loss = functional.cross_entropy(
            told, worn.to(self._device), label_smoothing=learning.smoothing
        )
        if taught is not None:
            logs, truth = torch.log_softmax(told, 1), torch.softmax(taught, 1)
            copied = functional.kl_div(logs, truth, reduction="batchmean")
            loss = (1 - learning.distillation) * loss + learning.distillation * copied
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), _LARGEST_GRADIENT)
        self._optimizer.step()
        self.step += 1
        follow(self.average, self.net, min(learning.average, (1 + self.step) / (10 + self.step)))
        return float(loss.detach())
