"""A small network that tells what each word of a sentence means.

Words are sums of embeddings of their letter runs (so that typing errors and new compounds stay
near the word that was meant) and of what the lists of words and phrases know about them
(`head360.editing.clues`), two convolutions see their neighbours, a linear layer gives scores of
`LABELS`. It was trained on captions of the training people and on sentences made like people's
(`training/prompt`). 1 MB, a millisecond a sentence, numpy only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from head360.assets import resource
from head360.editing.clues import clues
from head360.editing.labels import LABELS
from head360.editing.tokens import features
from head360.errors import ResourceError
from head360.model.checkpoint import load_arrays

Floats = npt.NDArray[np.float32]

FILE = "prompt.safetensors"
#: Words that a convolution sees to either side.
REACH = 2


@dataclass(frozen=True, slots=True, eq=False)
class Tagger:
    """The trained weights; shapes as torch's, so that training can hand them over as they are."""

    embedding: Floats  # (buckets, width)
    clues: Floats  # (CLUES, width)
    near: tuple[Floats, Floats]  # (hidden, width, 5) and (hidden,)
    far: tuple[Floats, Floats]  # (hidden, hidden, 5) and (hidden,)
    out: tuple[Floats, Floats]  # (labels, hidden + width) and (labels,)

    @classmethod
    def load(cls, path: Path) -> Tagger:
        """Read the weights.

        Raises:
            ResourceError: the file is missing, damaged, or made for other labels.
        """
        arrays = load_arrays(path)
        try:
            get = {name: arrays[name].astype(np.float32) for name in _NAMES}
            made = cls(
                get["embedding"],
                get["clues"],
                (get["near.weight"], get["near.bias"]),
                (get["far.weight"], get["far.bias"]),
                (get["out.weight"], get["out.bias"]),
            )
        except (KeyError, ValueError) as error:
            raise ResourceError(f"The model file “{path.name}” is damaged.") from error
        if len(made.out[1]) != len(LABELS):
            raise ResourceError(f"The model file “{path.name}” belongs to another version.")
        return made

    def label(
        self, words: Sequence[str], allowed: Sequence[frozenset[str] | None] | None = None
    ) -> list[tuple[str, float]]:
        """The likeliest label of each word, and how likely it is, 0 … 1.

        Args:
            words: in small letters, as `tokens` gives them.
            allowed: the labels that each can have, as far as that is known; of these, one is
                chosen.
        """
        if not words:
            return []
        scores = self._scores(words)
        for row, known in zip(scores, allowed or (), strict=False):
            if known is not None:
                row[[label not in known for label in LABELS]] = -np.inf
        shares = np.exp(scores - scores.max(1, keepdims=True))
        shares /= shares.sum(1, keepdims=True)
        return [(LABELS[row.argmax()], float(row.max())) for row in shares]

    def _scores(self, words: Sequence[str]) -> Floats:
        """(W, labels)."""
        buckets = len(self.embedding)
        rows = [
            self.embedding[list(features(word, buckets))].mean(0) + self.clues[list(known)].sum(0)
            for word, known in zip(words, clues(words), strict=True)
        ]
        embedded = np.stack(rows)
        seen = _convolved(_convolved(embedded, *self.near), *self.far)
        weight, bias = self.out
        scores: Floats = np.hstack([seen, embedded]) @ weight.T + bias
        return scores


_NAMES = (
    "embedding",
    "clues",
    "near.weight",
    "near.bias",
    "far.weight",
    "far.bias",
    "out.weight",
    "out.bias",
)


def _convolved(rows: Floats, weight: Floats, bias: Floats) -> Floats:
    """(W, hidden) of rows (W, width), rectified; beyond the ends there is nothing."""
    padded = np.pad(rows, [(REACH, REACH), (0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * REACH + 1, axis=0)
    result: Floats = np.maximum(np.einsum("wck,hck->wh", windows, weight) + bias, 0)
    return result


@lru_cache(maxsize=1)
def tagger() -> Tagger:
    """The tagger that ships.

    Raises:
        ResourceError: its weights are missing or damaged.
    """
    return Tagger.load(resource("models", FILE))
