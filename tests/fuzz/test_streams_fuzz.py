"""Whatever bytes arrive, a decoder gives a face in range or none, and does not grow.

`python -m tests.fuzz.test_streams_fuzz 100000` tries more, and measures memory.
"""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from head360.driving import ifacialmocap, livelink, vmc
from head360.driving.udp import Reading
from head360.performance import Sample
from tests.unit.faces_stand_ins import random_face

READERS: dict[str, Callable[[], Callable[[bytes], Reading]]] = {
    "livelink": lambda: livelink.read,
    "ifacialmocap": lambda: ifacialmocap.decode,
    "vmc": lambda: vmc.VmcFace().feed,
}
FIXTURES = {
    "livelink": [livelink.encode(random_face(seed), "phone" * seed) for seed in range(8)],
    "ifacialmocap": [
        ifacialmocap.encode(random_face(seed), version=1 + seed % 2) for seed in range(8)
    ],
    "vmc": [vmc.encode(random_face(seed)) for seed in range(8)],
}


def mutated(packet: bytes, rng: np.random.Generator) -> bytes:
    """A packet with bytes changed, cut, doubled, or nothing but noise."""
    kind = rng.integers(6)
    content = bytearray(packet)
    if kind == 0:
        return rng.bytes(int(rng.integers(0, 600)))
    if kind == 1:
        return packet[: rng.integers(len(packet))]
    if kind == 2:
        start, stop = sorted(rng.integers(0, len(packet), 2))
        return packet[:stop] + packet[start:]
    changes = int(rng.integers(1, 24))
    places = rng.integers(0, len(content) if kind < 5 else min(64, len(content)), changes)
    for place, value in zip(places, rng.integers(0, 256, changes), strict=True):
        content[place] = value
    return bytes(content)


def check(reading: Reading) -> None:
    if isinstance(reading, Sample):
        assert ((reading.expression >= 0) & (reading.expression <= 1)).all()
        assert (np.abs(reading.head_pose) <= 180.001).all()


def attack(name: str, count: int, seed: int = 0) -> int:
    """Bytes of memory that reading so many mutated packets left behind."""
    rng, read, fixtures = np.random.default_rng(seed), READERS[name](), FIXTURES[name]
    for _ in range(200):  # caches fill
        read(mutated(fixtures[0], rng))
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for index in range(count):
        check(read(mutated(fixtures[index % len(fixtures)], rng)))
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return after - before


@pytest.mark.parametrize("name", READERS)
def test_mutated_packets_do_no_harm(name: str) -> None:
    assert attack(name, 1500) < 64 << 10


if __name__ == "__main__":
    for protocol in READERS:
        left = attack(protocol, int(sys.argv[1]))
        sys.stdout.write(f"{protocol}: {sys.argv[1]} packets, {left} bytes left\n")
