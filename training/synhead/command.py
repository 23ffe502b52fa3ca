"""`python -m training synhead`: writes a data set of synthetic heads."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from head360.cli.terminal import Terminal
from head360.light import LIGHT_PRESETS
from training.arguments import add_source, count, source_of
from training.errors import check_source
from training.synhead.views import RIG_CAMERAS


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "synhead",
        help="write a data set of synthetic heads",
        description="Write pictures, masks and labels of synthetic heads. Heads that are finished "
        "are kept; press Ctrl-C at any time and start again to go on.",
    )
    add_source(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where to write")
    parser.add_argument("--identities", type=count(1, 100_000), default=8, metavar="N")
    parser.add_argument(
        "--views", type=count(1, RIG_CAMERAS), default=RIG_CAMERAS, metavar="K",
        help=f"cameras, spread evenly over the rig (default {RIG_CAMERAS})",
    )  # fmt: skip
    parser.add_argument("--size", type=count(16, 2048), default=512, metavar="PX")
    parser.add_argument("--seed", type=count(0, 10**6), default=0, help="of the first head")
    parser.add_argument(
        "--hair", default="random", metavar="STYLE", help="a hairstyle, “random” or “none”"
    )
    parser.add_argument(
        "--set-ups", type=count(1, len(LIGHT_PRESETS)), default=3, metavar="N",
        help="lighting set-ups of each head (default 3)",
    )  # fmt: skip
    parser.add_argument(
        "--samples", type=count(1, 6), default=4, metavar="N",
        help="samples along each side of a pixel (default 4)",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace, terminal: Terminal) -> None:
    """Write the data set.

    Raises:
        Head360Error: source data is missing, or the folder cannot be used.
    """
    # Imported here, so that --help and misspelt options do not wait for torch.
    from training.synhead.shoot import ShootOptions, TrueStudio, check_hair
    from training.synhead.writer import Order, claim, write_dataset

    source = source_of(parsed)
    check_source(source)
    check_hair(parsed.hair)
    options = ShootOptions(
        parsed.views, parsed.size, parsed.set_ups, parsed.hair, samples=parsed.samples
    )
    order = Order(parsed.out, parsed.identities, parsed.views, parsed.seed, asdict(options))
    claim(order)
    terminal.note("Preparing skin and source shapes…")
    studio = TrueStudio(source, options)
    try:
        written = terminal.follow(write_dataset(order, studio), "views")
    finally:
        studio.release()
    kept = f", {written.kept} were there already" if written.kept else ""
    terminal.result(f"{parsed.out}: {written.made} heads made{kept}")
