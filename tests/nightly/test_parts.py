"""The night's parts alone: clock, nights of claims, waves, log lines."""

from __future__ import annotations

import json
import logging
import time
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.nights import Trial
from evaluator.nights import nights
from evaluator.search.policies import make
from evaluator.search.protocol import Policy
from gems.night.clock import Clock, until
from gems.night.log import Lines, Plain
from tests.search.drive import problem


def test_until_is_the_next_such_time() -> None:
    assert until(6, 0, datetime(2026, 1, 1, 23, 30)) == 6.5 * 3600
    assert until(6, 0, datetime(2026, 1, 1, 5, 59)) == 60
    assert until(6, 0, datetime(2026, 1, 1, 6, 0)) == 24 * 3600


def test_the_night_in_which_clocks_change_is_an_hour_shorter_or_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    try:
        with monkeypatch.context() as patch:
            patch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
            time.tzset()
            assert until(6, 0, datetime(2026, 3, 28, 22, 0)) == 7 * 3600
            assert until(6, 0, datetime(2026, 10, 24, 22, 0)) == 9 * 3600
    finally:
        time.tzset()


def test_what_a_family_leaves_of_its_time_is_for_those_behind_it() -> None:
    now = 0.0
    clock = Clock(100.0, lambda: now)
    first = clock.share(4)
    now = 19.9
    assert not first(0.8)
    now = 20.0
    assert first(0.8)
    assert not first(1.0)
    second = clock.share(2)  # 40 each of the 80 that are left
    now = 59.9
    assert not second(1.0)
    now = 60.0
    assert second(1.0)
    assert not Clock(None, lambda: now).share(1)(1.0)
    now = 200.0
    assert clock.share(1)(0.8)


TERMS = ("confirm", "engine")


def court(popular: set[int], *claims: int, terms: tuple[str, ...] = TERMS) -> Trial:
    return Trial(terms, frozenset(popular), frozenset(claims))


def test_a_claim_keeps_its_first_night_while_it_is_the_same_claim() -> None:
    past = [court({1}, 5, 6), court({1}, 5, 6), court({1, 2}, 5, 7)]
    found = nights(past, TERMS, frozenset({1, 2}), [5, 6, 7, 8])
    assert found.tolist() == [1, 1, 2, 3]  # the second scan tested nothing new
    again = nights(past, TERMS, frozenset({1}), [5, 6, 7])
    assert again.tolist() == [1, 1, 3]  # 7 was held against 2, who is popular no more
    others = nights(past, ("other prompts",), frozenset({1}), [5])
    assert others.tolist() == [3]
    assert nights([], TERMS, frozenset({1}), [5, 6]).tolist() == [1, 1]


def asked(policy: Policy, scores: np.ndarray, known: np.ndarray) -> None:
    out = []
    while True:
        while len(out) < 2 and (batch := policy.ask()) is not None:
            out.append(batch)
        if not out:
            break
        batch = out.pop(0)
        block = np.ix_(batch.arms, batch.items)
        known[block] = True
        policy.tell(batch, scores[block])
    assert policy.done


@given(
    waves=st.lists(st.integers(1, 12), min_size=1, max_size=5),
    first=st.integers(2, 40),
    seed=st.integers(0, 9),
    budget=st.floats(12, 40),
)
@settings(deadline=None, max_examples=30)
def test_who_came_before_is_asked_nothing_when_others_join(
    waves: list[int], first: int, seed: int, budget: float
) -> None:
    rng = np.random.default_rng(seed)
    total = first + sum(waves)
    scores = (rng.random((total, 60)) < rng.uniform(0.2, 0.9, (total, 1))).astype(float)
    before = np.zeros((0, 60), dtype=bool)
    for count in range(len(waves) + 1):
        sizes = (first, *waves[:count])
        here = scores[: sum(sizes)]
        known = np.zeros(here.shape, dtype=bool)
        nightly = problem(here, budget, seed, waves=sizes, opening=2, everyone=True, once=True)
        asked(make("one_visit", nightly), here, known)
        assert np.array_equal(known[: len(before)], before)
        assert known[len(before) :].any(axis=1).all()
        assert known.sum() <= budget * len(here)
        before = known


def test_log_lines_are_one_line_each_whatever_they_hold() -> None:
    record = logging.LogRecord("gems", logging.INFO, "", 0, "gone: %s", ("a/b\n\x1b[31m",), None)
    assert "\n" not in Plain().format(record)
    assert "\x1b" not in Plain().format(record)
    assert json.loads(Lines().format(record))["message"].startswith("gone: a/b")
    assert "\n" not in Lines().format(record)
