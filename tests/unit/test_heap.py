"""Threads share the memory that they free, where glibc would give each a place of its own."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

_COUNT_HEAPS = """
import ctypes, sys, threading
from head360.heap import share_freed_memory

if sys.argv[1] == "shared":
    share_freed_memory()
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
together = threading.Barrier(6)

def work():
    libc.malloc(ctypes.c_size_t(5000))
    together.wait()

threads = [threading.Thread(target=work) for _ in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
file = ctypes.c_void_p(libc.fopen(sys.argv[2].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
print(open(sys.argv[2]).read().count("<heap nr"))
"""


def heaps(how: str, folder: Path) -> int:
    command = [sys.executable, "-c", _COUNT_HEAPS, how, str(folder / "heaps.xml")]
    return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_threads_take_memory_from_one_place(tmp_path: Path) -> None:
    assert heaps("apart", tmp_path) > heaps("shared", tmp_path) == 1
