"""`python -m training prompt`: trains the editor's text encoder."""

from __future__ import annotations

import argparse
from pathlib import Path

from head360.cli.terminal import Terminal
from training.prompt.train import PromptStage, TaggerNet, accuracy, save_tagger, train_prompt

#: Seeds from here on were never trained on.
_UNSEEN = 10_000_000


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "prompt",
        help="train what understands sentences",
        description="Trains the tagger of the text editor on captions and made requests. Needs no "
        "source data.",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to write")
    parser.add_argument("--steps", type=int, default=PromptStage().steps)
    parser.add_argument("--start", type=Path, metavar="FILE", help="weights to go on from")
    parser.add_argument("--sentences", type=int, default=PromptStage().sentences)
    parser.add_argument("--rate", type=float, default=PromptStage().rate)
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace, terminal: Terminal) -> None:
    """Train and save."""
    stage = PromptStage(
        steps=parsed.steps, sentences=parsed.sentences, rate=parsed.rate, start=parsed.start
    )
    net: TaggerNet | None = None
    for step, loss, net in train_prompt(stage):  # noqa: B007 - the last network is saved
        if step % 250 == 0 or step == stage.steps:
            terminal.note(f"step {step} of {stage.steps}, loss {loss:.3f}")
    if net is not None:
        save_tagger(net, parsed.out)
        right = accuracy(net, _UNSEEN, 600)
        terminal.note(f"{parsed.out}: {right:.1%} of the words of unseen sentences")
