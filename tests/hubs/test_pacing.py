"""Budgets, by a clock that the tests turn."""

from math import ceil, floor

from hypothesis import given
from hypothesis import strategies as st

from hubs.pacing import Pace


class Clock:
    def __init__(self):
        self.now = 100.0

    def sleep(self, seconds):
        self.now += seconds


def told(remaining, seconds):
    return {"RateLimit": f'"api";r={remaining};t={seconds}'}


def test_nothing_waits_before_anything_is_known():
    clock = Clock()
    pace = Pace(lambda: clock.now, clock.sleep)
    for _ in range(1000):
        pace.wait("hub")
    pace.learn("hub", {"RateLimit": "nonsense"})
    pace.wait("hub")
    assert clock.now == 100


def test_the_last_request_of_a_window_is_followed_by_a_wait():
    clock = Clock()
    pace = Pace(lambda: clock.now, clock.sleep)
    pace.learn("hub", told(2, 30))
    pace.wait("hub")
    pace.wait("hub")
    assert clock.now == 100
    pace.wait("another")
    pace.wait("hub")
    assert 131 <= clock.now <= 132  # the hub may have rounded 30.9 down


def test_requests_under_way_are_not_given_back():
    clock = Clock()
    pace = Pace(lambda: clock.now, clock.sleep)
    pace.learn("hub", told(3, 30))
    for _ in range(3):
        pace.wait("hub")
    pace.learn("hub", told(2, 30))  # the hub has seen but one of the three
    pace.wait("hub")
    assert clock.now >= 131


@given(
    quota=st.integers(1, 6),
    window=st.integers(1, 9),
    steps=st.lists(st.floats(0, 3)),
    rounded=st.sampled_from([floor, ceil, round]),
)
def test_a_fixed_window_is_never_overrun(quota, window, steps, rounded):
    clock = Clock()
    pace = Pace(lambda: clock.now, clock.sleep)
    since, used = clock.now, 0
    for step in [0.0, *steps, *[0.0] * 10]:
        clock.sleep(step)
        pace.wait("hub")
        if clock.now - since >= window:
            since, used = clock.now, 0
        used += 1
        assert used <= quota
        left = since + window - clock.now
        pace.learn("hub", told(quota - used, rounded(left)))


def test_an_answer_of_the_window_before_forgets_nothing_of_this_one():
    """A slow answer comes after quick ones, and speaks of a window that is over."""
    clock = Clock()
    pace = Pace(lambda: clock.now, clock.sleep)
    pace.learn("hub", told(1, 3))
    clock.sleep(5)
    pace.wait("hub")
    pace.learn("hub", told(2, 300))
    pace.learn("hub", told(0, 0))
    for _ in range(2):
        pace.wait("hub")
    assert clock.now < 110
    pace.wait("hub")
    assert clock.now >= 405
