"""`python -m training scalp`: how much scalp shows through hair on heads of many shapes."""

from __future__ import annotations

import argparse

from head360.cli.terminal import Terminal
from training.arguments import count


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "scalp",
        help="measure how much scalp shows through hair on heads of many shapes",
        description="Compare the shipped hairstyles on random and extreme heads with the mean "
        "head, from five sides. Needs no source data.",
    )
    parser.add_argument(
        "--heads", type=count(1, 1000), default=24, metavar="N", help="besides the mean head"
    )
    parser.add_argument("--styles", default="", metavar="A,B,…", help="these hairstyles only")
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace, terminal: Terminal) -> None:
    """Measure.

    Raises:
        Head360Error: a model is missing or a hairstyle unknown.
    """
    from head360.rendering.scene import Models
    from training.scalp_cover import Cover, ScalpCover, excesses, heads

    models = Models.load()
    styles = parsed.styles.split(",") if parsed.styles else models.styles.styles
    measuring = ScalpCover(models)
    covers: list[Cover] = []
    for name, code in heads(parsed.heads):
        covers += measuring.measure(name, code, styles)
        terminal.note(name)
    terminal.result("style             on the mean head   more on others   worst")
    for e in excesses(covers):
        figures = f"{e.on_mean:16.1%}   {e.mean:14.2%}   {e.worst:5.1%}  {e.where}"
        terminal.result(f"{e.style:18s}{figures}")
