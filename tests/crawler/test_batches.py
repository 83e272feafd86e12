"""Batching loses nothing, changes no order, and holds nothing back that was waited for."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.batches import together


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(), max_size=40), st.sampled_from([0.0, 1e-5, 60.0]))
def test_everything_comes_once_and_in_order(items, seconds):
    batches = list(together(iter(items), seconds))
    assert [item for batch in batches for item in batch] == items
    assert all(batches)


def slowly(pauses: list[float]) -> Iterator[int]:
    for number, pause in enumerate(pauses):
        time.sleep(pause)
        yield number


def test_what_is_waited_for_comes_at_once_and_what_comes_fast_together():
    assert list(together(slowly([0.2, 0.2, 0.2]), 0.1)) == [[0], [1], [2]]
    assert list(together(slowly([0, 0, 0.2, 0]), 0.1)) == [[0, 1, 2], [3]]


class Broken(BaseException):
    """Even what is no Exception, as when a person interrupts."""


def breaking() -> Iterator[int]:
    yield 1
    yield 2
    raise Broken


@pytest.mark.parametrize("seconds", [0, 60])
def test_what_ends_the_reading_is_raised_after_what_came_before_it(seconds):
    came: list[int] = []
    with pytest.raises(Broken):
        came.extend(item for batch in together(breaking(), seconds) for item in batch)
    assert came == [1, 2]


def test_nothing_is_read_before_it_is_wanted_or_after_nobody_takes_it():
    read = []

    def counted() -> Iterator[int]:
        for number in range(10):
            read.append(number)
            yield number

    batches = together(counted(), 0)
    assert next(batches) == [0]
    batches.close()
    assert read == [0]
