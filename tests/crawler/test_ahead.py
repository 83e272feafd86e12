"""Reading ahead loses nothing, changes no order, and stops when nobody takes what is read."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.ahead import together


def slowly(items: list[int], pause: float) -> Iterator[int]:
    for item in items:
        yield item
        time.sleep(pause)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(), max_size=40), st.integers(1, 5))
def test_everything_comes_once_and_in_order(items, most):
    batches = list(together(iter(items), most))
    assert [item for batch in batches for item in batch] == items
    assert all(batches)


def test_what_comes_while_the_last_is_used_comes_together_and_nothing_is_waited_for():
    batches = together(slowly([1, 2, 3], 0.2), 4)
    assert next(batches) == [1]
    time.sleep(1)
    assert next(batches) == [2, 3]


class Broken(BaseException):
    """Even what is no Exception."""


def breaking() -> Iterator[int]:
    yield 1
    yield 2
    raise Broken


def test_what_ends_the_reading_is_raised_after_what_came_before_it():
    came: list[int] = []
    with pytest.raises(Broken):
        came.extend(item for batch in together(breaking(), 4) for item in batch)
    assert came == [1, 2]


def test_nothing_is_read_far_ahead_or_after_nobody_takes_it():
    read = []
    ended = threading.Event()

    def counted() -> Iterator[int]:
        try:
            for number in range(10_000):
                read.append(number)
                yield number
        finally:
            ended.set()

    batches = together(counted(), 3)
    taken = next(batches)
    time.sleep(0.05)
    assert len(read) <= len(taken) + 3 + 2
    batches.close()
    assert ended.wait(5)
    assert len(read) <= len(taken) + 3 + 2 + 3
