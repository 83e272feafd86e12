"""Numbers and verdicts as people read them."""

from __future__ import annotations

from datetime import datetime

import pytest

from catalog.database import Catalog
from catalog.words import Verdict
from leaderboard.numbers import count, day, p_value, percent, plural, points, short, size
from leaderboard.sentences import regressions, verdict
from leaderboard.views import look
from tests.site.made import Made


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (percent(0.7469), "74.7"),
        (percent(None), "–"),
        (points(0.034), "+3.4"),
        (points(-0.0101), "−1.0"),
        (points(0.0001), "±0.0"),
        (p_value(0.0001), "p < 0.001"),
        (p_value(0.0214), "p = 0.021"),
        (count(1234567), "1,234,567"),
        (short(1234), "1.2k"),
        (short(12_345), "12k"),
        (short(999), "999"),
        (short(8_000_000_000), "8B"),
        (size(16_060_556_376), "16.1 GB"),
        (day(datetime(2026, 5, 3)), "3 May 2026"),
        (plural(1, "gem"), "1 gem"),
        (plural(1200, "gem"), "1,200 gems"),
    ],
)
def test_numbers_are_short_and_exact(said: str, meant: str) -> None:
    assert said == meant


def test_each_verdict_is_a_sentence_with_its_numbers(small: tuple[Catalog, Made, object]) -> None:
    with small[0].read() as session:
        site = look(session)
    view = site.views[0]
    by_verdict = {s.overall.verdict: s for s in view.standings if not s.popular}
    gem = by_verdict[Verdict.GEM]
    said = verdict(view, gem)
    assert f"{percent(gem.overall.score)}%" in said
    assert "none of which played a part in selecting it" in said
    assert f"{points(gem.overall.delta).lstrip('+')} points ahead of every popular" in said
    assert "p < 0.001" in said
    out = by_verdict[Verdict.ELIMINATED]
    said = verdict(view, out)
    assert f"out at rung {(out.overall.rung or 0) + 1}, n = {out.overall.n}" in said
    assert "no rank" in said


def test_what_got_worse_is_said_beside_what_got_better(
    small: tuple[Catalog, Made, object],
) -> None:
    with small[0].read() as session:
        view = look(session).views[0]
    worse = {s.name: regressions(view, s) for s in view.finalists}
    assert any(worse.values())
    assert all(change < 0 for found in worse.values() for _, change in found)
