"""Starts Head360 Studio: `head360-studio [FILE.h360]`, or `python -m app [FILE.h360]`.

Exit codes: 0 closed as usual; 1 there is no screen; 2 what was typed makes no sense.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import head360
from app.display import display_problem

NO_SCREEN = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the studio until its window closes; returns the exit code."""
    parsed = _parser().parse_args(arguments)
    if problem := display_problem(os.environ, sys.platform):
        print(problem, file=sys.stderr)
        return NO_SCREEN
    # Imported only now, so that --help and a missing screen are answered at once.
    from app.studio import run_studio

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Qt's loop would swallow Ctrl+C
    return run_studio(parsed.file)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="head360-studio", description="Make, animate, light and export parametric heads."
    )
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE.h360", help="a project to open")
    version = f"Head360 Studio {head360.__version__}"
    parser.add_argument("--version", action="version", version=version)
    return parser


if __name__ == "__main__":
    sys.exit(main())
