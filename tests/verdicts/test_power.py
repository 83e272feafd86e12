"""What confirmation prompts can show is known before they are asked."""

from __future__ import annotations

import numpy as np
import pytest

from evaluator.verdicts import outlook
from evaluator.verdicts.paired import Paired
from evaluator.verdicts.power import power


def test_power_is_what_simulation_finds() -> None:
    rng = np.random.default_rng(5)
    prompts, delta, discordance, level, scans = 300, 0.08, 0.2, 0.01, 3000
    luck = rng.random((scans, prompts))
    wins = luck < (discordance + delta) / 2
    losses = ~wins & (luck < discordance)
    found = [
        Paired.of(np.stack([won, lost]).astype(float)).p(np.array([0]), np.array([1]))[0, 0]
        <= level
        for won, lost in zip(wins, losses, strict=True)
    ]
    wanted = power(prompts, delta, discordance, level)
    assert np.mean(found) == pytest.approx(wanted, abs=3 * np.sqrt(0.25 / scans))


def test_power_grows_with_prompts_and_points_and_shrinks_with_claims() -> None:
    (small,) = outlook(["math"] * 200, 10, 0.2)
    (large,) = outlook(["math"] * 2000, 10, 0.2)
    (crowd,) = outlook(["math"] * 2000, 1000, 0.2)
    assert small.power[2] < small.power[5] < small.power[10]
    assert all(small.power[points] < large.power[points] for points in (2, 5))
    assert all(crowd.power[points] < large.power[points] for points in (2, 5))


def test_power_without_a_difference_stays_below_the_level() -> None:
    assert power(500, 0.0, 0.2, 0.05) <= 0.05
    assert power(500, 0.0, 0.0, 0.05) == 0.0
    assert power(50, 1.0, 0.2, 0.05) == 1.0


def test_a_set_too_small_to_show_anything_says_so() -> None:
    (found,) = outlook(["math"] * 7, 10, 0.2)
    assert not found.possible
    assert found.power == {2: 0.0, 5: 0.0, 10: 0.0}
    assert outlook([], 1, 0.2)[0].possible is False


def test_a_small_category_is_not_possible_and_costs_the_others_nothing() -> None:
    whole, large, small = outlook(["math"] * 250 + ["tongue"] * 249, 5, 0.2)
    assert (whole.possible, large.possible, small.possible) == (True, True, False)
    assert whole.level == pytest.approx(0.05 / 10)


def test_later_nights_can_show_less() -> None:
    tonight, later = (outlook(["math"] * 500, 5, 0.2, night)[0] for night in (1, 10))
    assert later.level == pytest.approx(tonight.level / 100)
    assert later.power[5] < tonight.power[5]
