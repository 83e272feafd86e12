"""Budgets, by a clock that the tests turn."""

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
    assert 130 <= clock.now <= 131


def test_requests_under_way_are_not_given_back():
    clock = Clock()
    pace = Pace(lambda: clock.now, clock.sleep)
    pace.learn("hub", told(3, 30))
    for _ in range(3):
        pace.wait("hub")
    pace.learn("hub", told(2, 30))  # the hub has seen but one of the three
    pace.wait("hub")
    assert clock.now >= 130


@given(quota=st.integers(1, 6), window=st.integers(1, 9), steps=st.lists(st.floats(0, 3)))
def test_a_fixed_window_is_never_overrun(quota, window, steps):
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
        pace.learn("hub", told(quota - used, int(left) + (left % 1 > 0)))
