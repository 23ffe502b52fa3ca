"""Linear algebra on one core, also where numpy came before head360."""

from __future__ import annotations

import pytest

from head360.fitting import blas


@pytest.fixture
def threads() -> list[int]:
    return [3]


@pytest.fixture
def library(threads: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    found = (lambda: threads[-1], threads.append)
    monkeypatch.setattr(blas, "_threads", lambda: found)


@pytest.mark.usefixtures("library")
def test_one_core_while_it_lasts_and_as_before_after_it(threads: list[int]) -> None:
    with blas.one_core():
        assert threads[-1] == 1
    assert threads == [3, 1, 3]


@pytest.mark.usefixtures("library")
def test_nothing_is_told_where_one_core_works_already(threads: list[int]) -> None:
    threads[:] = [1]
    with blas.one_core():
        pass
    assert threads == [1]


def test_other_libraries_are_left_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blas, "_threads", lambda: None)
    with blas.one_core():
        pass


def test_numpy_s_own_library_does_as_it_is_told() -> None:
    found = blas._threads()
    if found is None:
        pytest.skip("numpy has another library here")
    get, tell = found
    before = get()
    tell(2)
    try:
        with blas.one_core():
            assert get() == 1
        assert get() == 2
    finally:
        tell(before)
