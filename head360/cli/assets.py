"""`head360 assets`: lists and fetches the files that do not ship."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from head360.cli.terminal import Terminal
from head360.downloads import Asset, asset, asset_path, assets, cache_folder, is_here
from head360.fetching import fetch

if TYPE_CHECKING:
    from collections.abc import Sequence


def run_assets(arguments: argparse.Namespace, terminal: Terminal) -> None:
    """List, fetch, or say where one lies."""
    if arguments.action == "list":
        terminal.result("\n".join(_line(entry) for entry in assets()))
        terminal.note(f"Fetched files lie in {cache_folder()}.")
    elif arguments.action == "path":
        terminal.result(str(asset_path(arguments.name)))
    else:
        _fetch(arguments.names, terminal, again=arguments.again)


def _fetch(names: Sequence[str], terminal: Terminal, *, again: bool) -> None:
    wanted = [asset(name) for name in names] or assets()  # a misspelt name stops all
    for entry in wanted:
        terminal.follow(fetch(entry.id, again=again), entry.id)
        terminal.note(f"{entry.path}  {entry.bytes / 1e6:.1f} MB, licence {entry.licence}")


def _line(entry: Asset) -> str:
    state = "here" if is_here(entry) else "not fetched"
    return (
        f"{entry.id:<18}{state:<13}{entry.bytes / 1e6:5.1f} MB  {entry.licence}\n"
        f"    {entry.title}: {entry.purpose}"
    )
