from __future__ import annotations

import itertools
import os
import pickle
from collections import Counter
from pathlib import Path

import pytest
import torch

from tests.unit.synhead_stand_ins import PlainOpener, PlainShoot, PlainStudio
from training.synhead.cache import RollingCache
from training.synhead.dataset import (
    HeadStream,
    Schedule,
    ShardDataset,
    StreamOptions,
    StreamState,
    loader,
)
from training.synhead.samples import pack, sample_key
from training.synhead.shards import ShardOrder, write_shards
from training.synhead.tars import ShardError

SMALL = {"visit": 3, "echo": 2, "window": 4}


def stream(cache: Path, state: StreamState | None = None, **options) -> HeadStream:
    return HeadStream(PlainOpener(), StreamOptions(cache, **{**SMALL, **options}), state)


def taken(source, count: int) -> list[tuple[str, int]]:
    return [(s["key"], s["set_up"]) for s in itertools.islice(iter(source), count)]


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def packed(seed: int, number: int):
    shoot = PlainShoot(seed, 6)
    return pack(sample_key(seed, number), shoot.record, shoot.view(number), number)


def test_seeds_decide_what_comes_and_the_cache_does_not(tmp_path: Path) -> None:
    first = taken(stream(tmp_path / "a"), 40)
    again = taken(stream(tmp_path / "a"), 40)  # everything is cached
    tight = taken(stream(tmp_path / "b", cache_bytes=1), 40)  # nothing stays

    assert first == again == tight
    assert first != taken(stream(tmp_path / "a", seed=1), 40)


def test_the_sample_is_the_picture_of_its_key(tmp_path: Path) -> None:
    for sample in itertools.islice(iter(stream(tmp_path)), 12):
        person, view = map(int, sample["key"].split("-"))
        assert sample["identity"] == person
        assert sample["image"][0, 0, 0] == person + sample["set_up"]
        assert sample["image"][1, 0, 0] == view + sample["set_up"]


def test_a_picture_that_comes_again_is_said_in_other_words(tmp_path: Path) -> None:
    said: dict[str, list[str]] = {}
    for sample in itertools.islice(iter(stream(tmp_path, echo=6)), 36):
        said.setdefault(sample["key"], []).append(sample["caption"])
        for span in sample["spans"]:
            assert sample["facts"][span.attribute] == span.value

    texts = max(said.values(), key=len)
    assert len(texts) > 3
    assert len(set(texts)) == len(texts)


def test_every_new_picture_is_drawn_once_and_used_echo_times_on_average(tmp_path: Path) -> None:
    opener = PlainOpener()
    source = HeadStream(opener, StreamOptions(tmp_path, **SMALL))

    seen = Counter(key for key, _ in taken(source, 120))

    assert len(seen) == 60
    assert opener.studios[0].opened == list(range(20))  # no person was opened twice


def test_pictures_of_several_people_are_mixed(tmp_path: Path) -> None:
    people = [key.split("-")[0] for key, _ in taken(stream(tmp_path), 60)]

    assert all(len(set(people[i : i + 12])) >= 3 for i in range(24, 48))


def test_the_stream_goes_on_where_it_stopped(tmp_path: Path) -> None:
    whole = taken(stream(tmp_path / "a"), 30)

    rest = taken(stream(tmp_path / "b", StreamState(batches=3, batch_size=4)), 18)

    assert rest == whole[12:]


def test_workers_never_share_a_person() -> None:
    options = StreamOptions(Path("unused"), **SMALL)
    schedules = [Schedule(options, 6, worker, 3) for worker in range(3)]

    people = [{s.draw(step).person for step in range(60)} for s in schedules]

    assert not people[0] & people[1]
    assert not people[1] & people[2]
    assert set().union(*people) == set(range(30))


def test_after_the_last_person_the_first_is_seen_from_elsewhere() -> None:
    schedule = Schedule(StreamOptions(Path("unused"), people=2, visit=3, echo=1), 60)

    draws = [schedule.draw(step) for step in range(12)]

    assert [draw.person for draw in draws] == [0] * 3 + [1] * 3 + [0] * 3 + [1] * 3
    assert {d.view for d in draws[:3]} != {d.view for d in draws[6:9]}


@pytest.mark.parametrize("name", ["people", "visit", "echo", "window", "cache_bytes"])
def test_nothing_can_be_none(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        StreamOptions(Path("unused"), **{name: 0})


def test_other_options_use_other_files(tmp_path: Path) -> None:
    for views in (6, 12):
        list(itertools.islice(iter(HeadStream(PlainOpener(views), StreamOptions(tmp_path))), 1))

    assert len(list(tmp_path.iterdir())) == 2


def test_ranks_draw_different_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    found = []
    for rank in ("0", "1"):
        monkeypatch.setenv("RANK", rank)
        found.append({key.split("-")[0] for key, _ in taken(stream(tmp_path), 30)})

    assert not found[0] & found[1]


def test_closing_gives_the_graphics_card_back(tmp_path: Path) -> None:
    opener = PlainOpener()
    source = HeadStream(opener, StreamOptions(tmp_path))
    next(iter(source))

    source.close()

    assert opener.studios[0].released


@pytest.mark.filterwarnings("ignore:.*fork")
@pytest.mark.filterwarnings("ignore:.*fork")
def test_workers_give_their_studios_back(tmp_path: Path) -> None:
    log = tmp_path / "log"
    source = HeadStream(PlainOpener(log=log), StreamOptions(tmp_path / "cache", **SMALL))

    data = iter(loader(source, 2, workers=1, multiprocessing_context="fork"))
    next(data)
    data._shutdown_workers()

    assert [line.split()[0] for line in log.read_text("utf-8").splitlines()] == ["open", "close"]


@pytest.mark.filterwarnings("ignore:.*fork")
def test_each_worker_opens_a_studio_of_its_own_and_a_stopped_run_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "log"
    options = StreamOptions(tmp_path / "cache", **SMALL)

    def batches(state: StreamState | None, count: int) -> list[list[str]]:
        # Forked, because starting afresh takes seconds; this studio has no graphics to lose.
        source = HeadStream(PlainOpener(log=log), options, state)
        data = loader(source, 2, workers=2, multiprocessing_context="fork")
        return [batch["key"] for batch in itertools.islice(data, count)]

    whole = batches(None, 5)
    lines = log.read_text("utf-8").splitlines()
    processes = [line.split()[1] for line in lines if line.startswith("open")]
    rest = batches(StreamState(3, 2), 2)

    assert len(set(processes)) == len(processes) == 2
    assert rest == whole[3:]


def test_a_stream_that_has_drawn_can_be_sent_to_another_process(tmp_path: Path) -> None:
    source = stream(tmp_path)
    expected = taken(source, 4)

    sent = pickle.loads(pickle.dumps(source))

    assert taken(sent, 4) == expected


def test_the_cache_stays_within_its_bounds(tmp_path: Path) -> None:
    one = size_of_one(tmp_path / "one")
    cache = RollingCache(tmp_path / "cache", "a", 3 * one)
    other = RollingCache(tmp_path / "cache", "b", 3 * one)

    for number in range(6):
        (cache if number % 2 else other).put(packed(0, number))
        assert size(tmp_path / "cache") <= 3 * one

    assert cache.get(sample_key(0, 5)) is not None
    assert other.get(sample_key(0, 0)) is None


def size_of_one(folder: Path) -> int:
    RollingCache(folder, "a", 10**9).put(packed(0, 0))
    return size(folder)


def test_what_was_used_last_stays_longest(tmp_path: Path) -> None:
    one = size_of_one(tmp_path / "one")
    cache = RollingCache(tmp_path / "cache", "a", 2 * one)
    for number in range(2):
        cache.put(packed(0, number))
        os.utime(tmp_path / "cache" / "a" / f"{sample_key(0, number)}.tar", (number, number))

    cache.get(sample_key(0, 0))
    cache.put(packed(0, 2))

    assert cache.get(sample_key(0, 0)) is not None
    assert cache.get(sample_key(0, 1)) is None


def test_a_file_cut_by_a_power_failure_is_drawn_again(tmp_path: Path) -> None:
    expected = taken(stream(tmp_path), 6)
    for path in tmp_path.rglob("*.tar"):
        path.write_bytes(path.read_bytes()[:700])

    assert taken(stream(tmp_path), 6) == expected


def test_shards_are_read_once_in_an_order_of_the_epoch(tmp_path: Path) -> None:
    for _ in write_shards(ShardOrder(tmp_path, 4, 6, size=5), PlainStudio(6)):
        pass
    data = ShardDataset(tmp_path, mixed=8, check=True)

    first = [s["key"] for s in data]
    data.epoch = 1
    second = [s["key"] for s in data]

    assert len(data) == 24
    assert sorted(first) == sorted(second) == [sample_key(n // 6, n % 6) for n in range(24)]
    assert first != second
    assert first != sorted(first)


def test_ranks_share_the_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in write_shards(ShardOrder(tmp_path, 4, 6, size=5), PlainStudio(6)):
        pass
    monkeypatch.setenv("WORLD_SIZE", "2")
    found = []
    for rank in ("0", "1"):
        monkeypatch.setenv("RANK", rank)
        found += [s["key"] for s in ShardDataset(tmp_path)]

    assert len(found) == len(set(found)) == 24


def test_a_shard_with_fewer_samples_than_the_index_says_is_noticed(tmp_path: Path) -> None:
    for _ in write_shards(ShardOrder(tmp_path, 1, 6, size=6), PlainStudio(6)):
        pass
    index = tmp_path / "index.json"
    index.write_text(index.read_text("utf-8").replace('"samples": 6', '"samples": 7'), "utf-8")

    with pytest.raises(ShardError, match="6 samples"):
        list(ShardDataset(tmp_path))


def test_batches_come_as_tensors(tmp_path: Path) -> None:
    batch = next(iter(loader(stream(tmp_path), 4)))

    assert batch["image"].shape == (4, 4, 8, 8)
    assert batch["camera"].dtype == torch.float32
    assert batch["camera"].shape == (4, 25)
    assert len(batch["caption"]) == 4
