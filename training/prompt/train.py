"""Trains the tagger of `head360.editing.tagger` on made sentences. Four CPU minutes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.numpy import load_file, save_file
from torch import Tensor, nn

from head360.editing.clues import CLUES, clues
from head360.editing.labels import LABELS
from head360.editing.tagger import REACH, Tagger
from head360.editing.tokens import features, tokens
from head360.files import replacing
from training.prompt.sentences import Sentence, described, request

_NUMBERS = {label: number for number, label in enumerate(LABELS)}
_IGNORED = -100  # of padding
_TYPED_OVER = 0.08  # share of letter runs that are dropped
#: Share of words whose letters are hidden, so that the lists alone must tell; and of words that
#: the lists are said not to know.
_HIDDEN, _UNLISTED = 0.3, 0.04
#: How often a typing error is traced back to what was meant.
_CORRECTED = 0.8


#: Numbers in a row, and where each word's begin.
Bags = tuple[Tensor, Tensor]


@dataclass(frozen=True, slots=True)
class PromptStage:
    """How large, how long."""

    buckets: int = 8192
    width: int = 48
    hidden: int = 96
    sentences: int = 80_000  # made anew from seeds; a sixth of them are captions
    steps: int = 4000
    batch: int = 96
    rate: float = 4e-3
    start: Path | None = None  # weights to go on from; None: from nothing


class TaggerNet(nn.Module):
    """The same sums as `Tagger`, with gradients."""

    def __init__(self, stage: PromptStage) -> None:
        super().__init__()
        self.embedding = nn.EmbeddingBag(stage.buckets, stage.width, mode="mean")
        self.clues = nn.EmbeddingBag(CLUES, stage.width, mode="sum")
        self.near = nn.Conv1d(stage.width, stage.hidden, 2 * REACH + 1, padding=REACH)
        self.far = nn.Conv1d(stage.hidden, stage.hidden, 2 * REACH + 1, padding=REACH)
        self.out = nn.Linear(stage.hidden + stage.width, len(LABELS))

    def forward(self, pieces: Bags, known: Bags, shape: tuple[int, int]) -> Tensor:
        """(B, W, labels) of bags of letter runs and of clues; empty bags pad short sentences."""
        embedded = (self.embedding(*pieces) + self.clues(*known)).view(*shape, -1)
        seen = torch.relu(self.near(embedded.transpose(1, 2)))
        seen = torch.relu(self.far(seen)).transpose(1, 2)
        scores: Tensor = self.out(torch.cat([seen, embedded], -1))
        return scores


def train_prompt(stage: PromptStage, seed: int = 0) -> Iterator[tuple[int, float, TaggerNet]]:
    """Yield step, running loss and the network every fiftieth step, and at the end."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = TaggerNet(stage)
    if stage.start is not None:
        _go_on_from(net, stage.start)
    optimizer = torch.optim.Adam(net.parameters(), stage.rate)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimizer, stage.rate, total_steps=stage.steps)
    running, examples = 0.0, _Examples(stage.buckets)
    for step in range(1, stage.steps + 1):
        chosen = rng.integers(stage.sentences, size=stage.batch)
        loss = _loss(net, [examples.of(int(number)) for number in chosen], rng)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rates.step()
        value = float(loss.detach())
        running = value if step == 1 else 0.95 * running + 0.05 * value
        if step % 50 == 0 or step == stage.steps:
            yield step, running, net


def _go_on_from(net: TaggerNet, path: Path) -> None:
    """Give a network the weights of a file that `save_tagger` wrote, of the same labels."""
    state = {}
    for name, value in load_file(path).items():
        own = f"{name}.weight" if name in ("embedding", "clues") else name
        state[own] = torch.from_numpy(value.astype(np.float32))
    net.load_state_dict(state)


@dataclass(frozen=True, slots=True, eq=False)
class _Example:
    """A sentence as the network sees it."""

    pieces: tuple[npt.NDArray[np.int16], ...]  # of each word
    clues: tuple[tuple[int, ...], ...]  # of each word
    labels: tuple[int, ...]


class _Examples:
    """Sentences are made once: that takes longer than learning from them."""

    def __init__(self, buckets: int) -> None:
        self._buckets = buckets
        self._known: dict[int, _Example] = {}

    def of(self, number: int) -> _Example:
        """The example of a number, 0 or more."""
        if number not in self._known:
            sentence = made(number)
            words = _corrected(sentence, np.random.default_rng([number, 0xC0]))
            pieces = tuple(np.array(features(w, self._buckets), np.int16) for w in words)
            labels = tuple(_NUMBERS[label] for label in sentence.labels)
            self._known[number] = _Example(pieces, tuple(clues(words)), labels)
        return self._known[number]


def _corrected(sentence: Sentence, rng: np.random.Generator) -> list[str]:
    """The words, most of the typing errors traced back."""
    typed, meant = ([t.word for t in tokens(s)] for s in (sentence.text, sentence.meant))
    if len(typed) != len(meant):
        return typed
    chosen = rng.random(len(typed)) < _CORRECTED
    return [
        known if right else word for word, known, right in zip(typed, meant, chosen, strict=True)
    ]


def made(number: int) -> Sentence:
    """The training sentence of a number, 0 or more; every sixth is a caption."""
    return described([number]) if number % 6 == 5 else request([number])


def accuracy(net: TaggerNet, first: int, count: int) -> float:
    """The share of words of other sentences that get their label."""
    tagger = as_tagger(net)
    right = total = 0
    for number in range(first, first + count):
        sentence = made(number)
        told = tagger.label([word.word for word in tokens(sentence.text)])
        right += sum(label == true for (label, _), true in zip(told, sentence.labels, strict=True))
        total += len(sentence.labels)
    return right / total


def as_tagger(net: TaggerNet) -> Tagger:
    """The network as the product runs it."""
    state = {name: value.detach().numpy() for name, value in net.state_dict().items()}
    pairs = {
        name: (state[f"{name}.weight"], state[f"{name}.bias"]) for name in ("near", "far", "out")
    }
    bags = state["embedding.weight"], state["clues.weight"]
    return Tagger(*bags, pairs["near"], pairs["far"], pairs["out"])


def save_tagger(net: TaggerNet, path: Path) -> None:
    """Write the weights, half precision, replacing what is there once they are complete."""
    renamed = {
        re.sub("^(embedding|clues).weight", r"\1", name): value
        for name, value in net.state_dict().items()
    }
    arrays = {name: value.detach().numpy().astype(np.float16) for name, value in renamed.items()}
    with replacing(path) as partial:
        save_file(arrays, partial)


def _loss(net: TaggerNet, sentences: Sequence[_Example], rng: np.random.Generator) -> Tensor:
    longest = max(1, *(len(sentence.labels) for sentence in sentences))
    pieces, known = Bag(), Bag()
    targets = torch.full((len(sentences), longest), _IGNORED)
    for row, sentence in enumerate(sentences):
        for column in range(longest):
            there = column < len(sentence.labels)
            letters = sentence.pieces[column] if there else _NOTHING
            seen = rng.random(len(letters)) > (_TYPED_OVER if rng.random() > _HIDDEN else 1)
            pieces.add(letters[seen].tolist())
            listed = there and rng.random() > _UNLISTED
            known.add(sentence.clues[column] if listed else ())
            if there:
                targets[row, column] = sentence.labels[column]
    scores = net(pieces.tensors(), known.tensors(), (len(sentences), longest))
    return nn.functional.cross_entropy(scores.flatten(0, 1), targets.flatten())


class Bag:
    """Numbers by the word, as torch wants them."""

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._starts: list[int] = []

    def add(self, numbers: Sequence[int]) -> None:
        """One word's."""
        self._starts.append(len(self._numbers))
        self._numbers += numbers

    def tensors(self) -> Bags:
        """All of them."""
        return torch.tensor(self._numbers, dtype=torch.long), torch.tensor(self._starts)


_NOTHING = np.zeros(0, np.int16)
