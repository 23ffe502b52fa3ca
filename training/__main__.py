"""`python -m training COMMAND`: makes the data and the weights, and measures them.

Exit codes: 0 done; 1 it could not be done; 2 what was typed makes no sense; 130 interrupted.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from head360.cli.terminal import Terminal
from head360.errors import Head360Error, UnknownNameError
from training.arguments import add_source, count, source_of
from training.errors import check_source
from training.stages import command as stages
from training.synhead import command as synhead

FAILED, MISUSED, INTERRUPTED = 1, 2, 130
_TABLES = ("generation",)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parsed = _parser().parse_args(sys.argv[1:] if arguments is None else list(arguments))
    terminal = Terminal(quiet=parsed.quiet)
    former = signal.signal(signal.SIGTERM, _interrupt)
    try:
        parsed.run(parsed, terminal)
    except UnknownNameError as error:
        terminal.problem(error)
        return MISUSED
    except Head360Error as error:
        terminal.problem(error)
        return FAILED
    except KeyboardInterrupt:
        terminal.note("\nStopped; what was finished is kept.")
        return INTERRUPTED
    finally:
        signal.signal(signal.SIGTERM, former)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training", description="Make the data and the weights of Head360 Studio."
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="say only what goes wrong")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    synhead.add_parser(commands)
    stages.add_parser(commands)
    _add_evaluate(commands)
    _add_export(commands)
    return parser


def _add_evaluate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "evaluate",
        help="measure the model against the truth",
        description="Draw held-out views of training people with the model and with the true "
        "renderer, and write a table as Markdown and JSON, with pictures beside each other.",
    )
    parser.add_argument("--table", choices=_TABLES, default="generation")
    add_source(parser)
    parser.add_argument("--out", type=Path, default=Path("out/evaluation"), metavar="DIR")
    parser.add_argument("--heads", type=count(1, 128), default=8, metavar="N")
    parser.add_argument("--views", type=count(1, 72), default=4, metavar="K", help="of each head")
    parser.add_argument(
        "--hair-views", type=count(1, 72), default=3, metavar="K", help="of each hairstyle"
    )
    parser.add_argument("--size", type=count(32, 2048), default=512, metavar="PX")
    parser.add_argument("--styles", default="", metavar="A,B,…", help="these hairstyles only")
    parser.add_argument(
        "--variants", type=Path, metavar="DIR",
        help="also compare decoders: DIR/plain/head.safetensors and DIR/triplane/…",
    )  # fmt: skip
    parser.set_defaults(run=_evaluate)


def _evaluate(parsed: argparse.Namespace, terminal: Terminal) -> None:
    source = source_of(parsed)
    check_source(source)
    # Imported here, so that --help and misspelt options do not wait for torch.
    from training.evaluate import Generation, run

    styles = tuple(name for name in parsed.styles.split(",") if name)
    job = Generation(
        source, parsed.out, parsed.heads, parsed.views, parsed.hair_views,
        size=parsed.size, styles=styles, variants=parsed.variants,
    )  # fmt: skip
    for line in run(job):
        terminal.note(line)
    terminal.result(str(parsed.out / "generation.md"))


def _add_export(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "export",
        help="put what was trained into the product",
        description="Copy trained parts into resources/models and write their catalogue; "
        "parts that are missing stay as they are.",
    )
    parser.add_argument("--from", dest="trained", type=Path, required=True, metavar="DIR")
    parser.add_argument("--to", type=Path, metavar="DIR", help="default: resources/models")
    parser.set_defaults(run=_export)


def _export(parsed: argparse.Namespace, terminal: Terminal) -> None:
    from training.export import export

    for name in export(parsed.trained, parsed.to):
        terminal.result(name)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Let a polite kill clean up as Ctrl-C does."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
