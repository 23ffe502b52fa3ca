"""`python -m training synhead`: writes a data set of synthetic heads, as folders or as shards."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from head360.cli.terminal import Terminal
from head360.errors import Head360Error, UnknownNameError
from head360.light import LIGHT_PRESETS
from head360.params import EXPRESSIONS
from training.arguments import add_source, count, source_of
from training.errors import check_source
from training.synhead.views import RIG_CAMERAS

if TYPE_CHECKING:
    from head360.progress import Progress
    from training.synhead.shoot import ShootOptions, TrueStudio
    from training.synhead.writer import Written

#: The one part of a data set that is made in one go.
WHOLE = "1/1"
#: Views of each head that are measured.
_BENCH_VIEWS = 6
#: The expression of a face at rest.
REST = "neutral"


class LayoutError(Head360Error):
    """Options that contradict each other."""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "synhead",
        help="write a data set of synthetic heads",
        description="Write pictures, masks and labels of synthetic heads. Heads that are finished "
        "are kept; press Ctrl-C at any time and start again to go on.",
    )
    add_source(parser)
    _add_place(parser)
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
        "--library-hair", action="store_true",
        help="hair exactly as in the library, not a little different on everybody",
    )  # fmt: skip
    parser.add_argument(
        "--set-ups", type=count(1, len(LIGHT_PRESETS)), default=3, metavar="N",
        help="lighting set-ups of each head (default 3)",
    )  # fmt: skip
    parser.add_argument(
        "--samples", type=count(1, 6), default=4, metavar="N",
        help="samples along each side of a pixel (default 4)",
    )  # fmt: skip
    parser.add_argument("--mesh", action="store_true", help="keep every view's posed mesh")
    parser.add_argument(
        "--layout", choices=("folders", "synhead100"), default="folders",
        help="of --out: a folder a head, or the paper's own (default folders)",
    )  # fmt: skip
    parser.add_argument(
        "--expressions", default="", metavar="A,B,…",
        help="for --layout synhead100: these ARKit shapes or “neutral” only (default: all 52)",
    )  # fmt: skip
    parser.set_defaults(run=run)


def _add_place(parser: argparse.ArgumentParser) -> None:
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--out", type=Path, metavar="DIR", help="where to write a folder a head")
    place.add_argument(
        "--shards", type=Path, metavar="DIR",
        help="where to write tar shards (WebDataset) instead; many machines may share the work",
    )  # fmt: skip
    place.add_argument(
        "--sheet", type=Path, metavar="FILE.jpg",
        help="write one picture of --identities people instead, --size pixels each",
    )  # fmt: skip
    place.add_argument(
        "--bench", type=count(1, 100), nargs="?", const=2, metavar="N",
        help=f"write nothing; say how fast N heads (default 2) of {_BENCH_VIEWS} views are made",
    )  # fmt: skip
    parser.add_argument(
        "--shard-size", type=count(1, 100_000), default=256, metavar="N",
        help="views in a shard (default 256)",
    )  # fmt: skip
    parser.add_argument(
        "--part", default=WHOLE, metavar="K/N",
        help="make the K-th of N parts of the shards (default 1/1: all)",
    )  # fmt: skip


def run(parsed: argparse.Namespace, terminal: Terminal) -> None:
    """Write the data set.

    Raises:
        Head360Error: source data is missing, or the folder cannot be used.
    """
    # Imported here, so that --help and misspelt options do not wait for torch.
    from training.synhead.shoot import ShootOptions, TrueStudio, check_hair

    source = source_of(parsed)
    check_source(source)
    check_hair(parsed.hair)
    if parsed.sheet is not None:
        _sheet(source, parsed, terminal)
        return
    options = ShootOptions(
        parsed.views, parsed.size, parsed.set_ups, parsed.hair, parsed.samples, parsed.mesh,
        own_hair=not parsed.library_hair,
    )  # fmt: skip
    if parsed.layout == "synhead100":  # it has room for one picture of a view
        options = replace(options, set_ups=1, paired=False)
    if parsed.bench is not None:
        _bench(source, options, parsed.bench, terminal)
        return
    job = _prepared(parsed, asdict(options))
    terminal.note("Preparing skin and source shapes…")
    studio = TrueStudio(source, options)
    try:
        written = terminal.follow(job.write(studio), "views")
    finally:
        studio.release()
    kept = f", {written.kept} were there already" if written.kept else ""
    terminal.result(f"{job.out}: {written.made} {job.unit} made{kept}")


def _sheet(source: Path, parsed: argparse.Namespace, terminal: Terminal) -> None:
    from training.synhead.sheet import draw_sheet

    terminal.note("Preparing skin and source shapes…")
    sheet = draw_sheet(source, parsed.sheet, parsed.identities, parsed.size, parsed.seed)
    terminal.follow(sheet, "people")
    terminal.result(str(parsed.sheet))


def _bench(source: Path, options: ShootOptions, heads: int, terminal: Terminal) -> None:
    from training.synhead.bench import SynheadBench, measure
    from training.synhead.shoot import TrueStudio

    terminal.note("Preparing skin and source shapes…")
    studio = TrueStudio(source, replace(options, views=min(options.views, _BENCH_VIEWS)))
    try:
        for said in measure(studio, heads, min(options.views, _BENCH_VIEWS)):
            if isinstance(said, SynheadBench):
                terminal.result("\n".join(said.lines))
            else:
                terminal.note(said)
    finally:
        studio.release()


@dataclass(frozen=True, slots=True)
class _Job:
    out: Path
    unit: str
    write: Callable[[TrueStudio], Generator[Progress, None, Written]]


def _prepared(parsed: argparse.Namespace, options: dict[str, Any]) -> _Job:
    """What to do, once it is known that the folder can be used."""
    from training.synhead.shards import ShardOrder, claim_shards, parse_part, write_shards
    from training.synhead.writer import Order, claim, write_dataset

    _check_options(parsed)
    if parsed.layout == "synhead100":
        return _layout(parsed, options)
    if parsed.shards is None:
        order = Order(parsed.out, parsed.identities, parsed.views, parsed.seed, options)
        claim(order)
        return _Job(order.out, "heads", partial(write_dataset, order))
    part = parse_part(parsed.part)
    shards = ShardOrder(
        parsed.shards, parsed.identities, parsed.views, parsed.seed, parsed.shard_size, part,
        options,
    )  # fmt: skip
    claim_shards(shards)
    return _Job(shards.out, "shards", partial(write_shards, shards))


def _check_options(parsed: argparse.Namespace) -> None:
    """Refuse what would be ignored."""
    paper = parsed.layout == "synhead100"
    if parsed.out is None and paper:
        raise LayoutError("Only --out can have the layout synhead100, not --shards.")
    if parsed.shards is None and parsed.part != WHOLE:
        raise LayoutError("Only --shards can be made in parts, not --out.")
    if parsed.expressions and not paper:
        raise LayoutError("Only --layout synhead100 lets expressions be chosen.")


def _layout(parsed: argparse.Namespace, options: dict[str, Any]) -> _Job:
    """The paper's own layout."""
    from training.synhead100_export import LayoutOrder, claim_layout, write_layout

    chosen = tuple(name for name in parsed.expressions.split(",") if name) or EXPRESSIONS
    for name in chosen:
        if name not in (*EXPRESSIONS, REST):
            raise UnknownNameError("expression", name, (*EXPRESSIONS, REST))
    order = LayoutOrder(
        parsed.out, parsed.identities, parsed.views, parsed.seed, chosen, options=options
    )
    claim_layout(order)
    return _Job(order.out, "heads", partial(write_layout, order))
