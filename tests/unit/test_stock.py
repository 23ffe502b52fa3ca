"""What all fits need is made once, beside what a fit does first."""

from __future__ import annotations

import threading
import time

import pytest

from head360.errors import ResourceError
from head360.fitting.steps import Once
from head360.fitting.stock import Stock
from head360.rendering.scene import Models


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load()


def _wait(stock: Stock) -> None:
    end = time.monotonic() + 60
    while not stock.skin._made and time.monotonic() < end:
        time.sleep(0.02)


def test_who_comes_second_waits_for_the_first() -> None:
    made: list[object] = []
    going, may_go = threading.Event(), threading.Event()

    def make() -> object:
        going.set()
        may_go.wait(5)
        made.append(object())
        return made[-1]

    once = Once(make)
    found: list[object] = []
    first, second = (threading.Thread(target=lambda: found.append(once())) for _ in range(2))
    first.start()
    going.wait(5)
    second.start()
    may_go.set()
    first.join(5)
    second.join(5)

    assert found == [made[0], made[0]]


def test_what_failed_is_tried_again_by_who_needs_it() -> None:
    tries: list[int] = []

    def make() -> str:
        tries.append(1)
        if len(tries) == 1:
            raise ResourceError("The file is missing.")
        return "made"

    once = Once(make)
    with pytest.raises(ResourceError):
        once()

    assert once() == "made"


def test_everything_is_made_ahead(models: Models) -> None:
    stock = Stock(models)

    stock.begin()
    _wait(stock)

    assert stock.free_form._made
    assert stock.skin() is stock.skin()
    assert set(models.styles._grids) == set(models.styles.styles)


def test_nothing_more_is_made_once_nobody_needs_it(
    models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock = Stock(models)
    monkeypatch.setattr(stock, "free_form", stock.close)  # the first part

    stock.begin()
    time.sleep(0.2)

    assert not stock.skin._made
    assert not stock.seat._made
