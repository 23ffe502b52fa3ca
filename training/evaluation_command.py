"""`python -m training evaluate --table …`: measures the model against the truth."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from head360.cli.terminal import Terminal
from training.arguments import add_source, count, source_of
from training.errors import check_source

if TYPE_CHECKING:
    from training.text_table import TextTable

TABLES = ("generation", "2", "3", "4", "attributes", "modes", "text", "hair")
#: Tables that need no source data.
_SOURCELESS = ("modes", "text", "hair")
#: How many heads and views of each a table takes unless told otherwise.
_HEADS = {"generation": 8, "2": 30, "3": 100, "4": 50, "attributes": 24}
_VIEWS = {"generation": 4, "2": 24, "3": 1, "4": 2, "attributes": 1}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "evaluate",
        help="measure the model against the truth",
        description="Draw held-out views of training people with the model and with the true "
        "renderer, and write a table as Markdown and JSON, with pictures beside each other. "
        "generation: head and every hairstyle apart. 2: heads fitted to one photo each of people "
        "that nothing was trained on, with ablations (the paper's Table 2). 3: whole heads, with "
        "ablations (its Table 3). 4: hair on other heads, with and without detachment (Table 4). "
        "attributes: what each control moves, and what besides. modes: the viewer's fast mode "
        "against its exact one, for every hairstyle from all around. "
        "text: whether sentences do what they ask, and only that. hair: every hairstyle in three "
        "colours on three heads, and how soon another style shows. The last three need no source "
        "data.",
    )
    parser.add_argument("--table", choices=TABLES, default="generation")
    add_source(parser)
    parser.add_argument("--out", type=Path, default=Path("out/evaluation"), metavar="DIR")
    parser.add_argument(
        "--heads", type=count(1, 1000), metavar="N",
        help=f"default {', '.join(f'{n} ({table})' for table, n in _HEADS.items())}",
    )  # fmt: skip
    parser.add_argument("--views", type=count(1, 72), metavar="K", help="of each head")
    parser.add_argument(
        "--hair-views", type=count(1, 72), default=3, metavar="K",
        help="generation: of each hairstyle",
    )  # fmt: skip
    parser.add_argument("--size", type=count(32, 2048), default=512, metavar="PX")
    parser.add_argument(
        "--styles",
        default="",
        metavar="A,B,…",
        help="generation, 4, modes, hair: only these",
    )
    parser.add_argument(
        "--sentences", type=Path, metavar="TOML", help="text: other sentences than held_out.toml"
    )
    parser.add_argument(
        "--variants", type=Path, metavar="DIR",
        help="generation: also compare decoders: DIR/plain/head.safetensors and DIR/triplane/…",
    )  # fmt: skip
    parser.add_argument(
        "--ablations", type=Path, metavar="DIR",
        help="3: folder of depth/, plain/, triplane/ and nerf/",
    )  # fmt: skip
    parser.add_argument("--only", choices=("ablations",), help="3: not what ships")
    parser.add_argument(
        "--undetached", type=Path, metavar="DIR", help="4: what a run without detachment left"
    )
    parser.add_argument(
        "--detached", type=Path, metavar="DIR",
        help="4: what a run with detachment left, instead of what ships",
    )  # fmt: skip
    parser.add_argument(
        "--lpips", type=Path, metavar="FILE", help="2, 3, 4: the weights of LPIPS, as safetensors"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace, terminal: Terminal) -> None:
    """Measure.

    Raises:
        Head360Error: source data or a model is missing.
    """
    for line in _lines(parsed):
        terminal.note(line)
    terminal.result(str(parsed.out / f"{_file_name(parsed)}.md"))


def _file_name(parsed: argparse.Namespace) -> str:
    if parsed.table == "text":
        return _text_table(parsed).name
    return "generation" if parsed.table == "generation" else f"table-{parsed.table}"


def _lines(parsed: argparse.Namespace) -> Iterator[str]:
    if parsed.table in _SOURCELESS:
        return {"modes": _modes, "text": _text, "hair": _hair}[parsed.table](parsed)
    source = source_of(parsed)
    check_source(source)
    tables = {
        "generation": _generation, "2": _table2, "3": _table3, "4": _table4,
        "attributes": _attributes,
    }  # fmt: skip
    heads = parsed.heads or _HEADS[parsed.table]
    views = parsed.views or _VIEWS[parsed.table]
    return tables[parsed.table](source, parsed, heads, views)


# Imported inside, so that --help and misspelt options do not wait for torch.


def _generation(source: Path, parsed: argparse.Namespace, heads: int, views: int) -> Iterator[str]:
    from training.evaluate import Generation, run

    styles = tuple(name for name in parsed.styles.split(",") if name)
    return run(
        Generation(
            source, parsed.out, heads, views, parsed.hair_views,
            size=parsed.size, styles=styles, variants=parsed.variants,
        )
    )  # fmt: skip


def _table2(source: Path, parsed: argparse.Namespace, heads: int, views: int) -> Iterator[str]:
    from training.table2 import Table2, run

    return run(Table2(source, parsed.out, heads, views, parsed.size, parsed.lpips))


def _table3(source: Path, parsed: argparse.Namespace, heads: int, views: int) -> Iterator[str]:
    from training.device import chosen_device
    from training.table3 import Table3, run

    device = chosen_device(parsed.device)
    return run(
        Table3(
            source, parsed.out, heads, views, parsed.size, parsed.ablations,
            parsed.only is None, device, parsed.lpips,
        )
    )  # fmt: skip


def _table4(source: Path, parsed: argparse.Namespace, heads: int, views: int) -> Iterator[str]:
    from training.table4 import Table4, run

    styles = tuple(name for name in parsed.styles.split(",") if name)
    return run(
        Table4(
            source, parsed.out, heads, views, parsed.size, parsed.undetached, parsed.detached,
            parsed.lpips, styles,
        )
    )  # fmt: skip


def _attributes(source: Path, parsed: argparse.Namespace, heads: int, views: int) -> Iterator[str]:
    from training.attributes import AttributesTable, run
    from training.device import chosen_device

    return run(AttributesTable(source, parsed.out, heads, device=chosen_device(parsed.device)))


def _modes(parsed: argparse.Namespace) -> Iterator[str]:
    from training.modes import Modes, run

    styles = tuple(name for name in parsed.styles.split(",") if name)
    return run(Modes(parsed.out, parsed.size, styles))


def _text(parsed: argparse.Namespace) -> Iterator[str]:
    from training.text_table import run

    return run(_text_table(parsed))


def _text_table(parsed: argparse.Namespace) -> TextTable:
    from training.prompt.held_out import HELD_OUT
    from training.text_table import TextTable

    return TextTable(parsed.out, parsed.sentences or HELD_OUT)


def _hair(parsed: argparse.Namespace) -> Iterator[str]:
    from training.hair_table import HairTable, run

    styles = tuple(name for name in parsed.styles.split(",") if name)
    return run(HairTable(parsed.out, styles))
