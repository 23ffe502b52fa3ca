"""Adam (Kingma and Ba, 2015) for one tensor: `torch.optim` takes over half a second to import."""

from __future__ import annotations

import torch
from torch import Tensor


class Adam:
    """Moves a tensor against slopes, with memories of these and of their squares."""

    def __init__(self, values: Tensor, memories: tuple[float, float]) -> None:
        """`values` are changed in place; `memories` are 0 … 1, of slopes and of their squares."""
        self._values, self._memories = values, memories
        self._mean, self._square = torch.zeros_like(values), torch.zeros_like(values)
        self._count = 0

    def take(self, slope: Tensor, rate: float) -> None:
        """Go a step against a slope, at most about `rate` long."""
        first, second = self._memories
        self._count += 1
        self._mean.lerp_(slope, 1 - first)
        self._square.lerp_(slope.square(), 1 - second)
        mean = self._mean / (1 - first**self._count)
        spread = (self._square / (1 - second**self._count)).sqrt() + 1e-8
        with torch.no_grad():
            self._values.sub_(rate * mean / spread)
