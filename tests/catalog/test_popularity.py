import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.popularity import Concentration, concentration


def test_equal_downloads_are_not_concentrated():
    share = concentration([5] * 200)
    assert share.top1_share == pytest.approx(0.01)
    assert share.smallest_share_95 == pytest.approx(0.95)
    assert share.gini == pytest.approx(0.0)


def test_one_checkpoint_that_takes_all():
    share = concentration([0] * 999 + [1000])
    assert share.top1_share == 1.0
    assert share.smallest_share_95 == pytest.approx(0.001)
    assert share.gini == pytest.approx(0.999)


def test_nothing_downloaded_has_no_concentration():
    assert concentration([]) is None
    assert concentration([0, 0]) is None


def test_a_single_checkpoint_has_all_downloads_and_is_equal_to_itself():
    assert concentration([7]) == Concentration(top1_share=1.0, smallest_share_95=1.0, gini=0.0)


@pytest.mark.parametrize(
    ("downloads", "top1", "fewest"),
    [
        ([95, 5], 0.95, 0.5),  # 95% exactly is enough
        ([94, 6], 0.94, 1.0),
        ([10] * 20, 0.05, 0.95),
        ([10] * 100, 0.01, 0.95),
        ([10] * 101, 2 / 101, 96 / 101),  # 1% of 101 is two, rounded up
        ([3, 3, 0, 0], 0.5, 0.5),  # who has none takes part in the count
        ([0] * 99 + [1], 1.0, 0.01),
        ([10**18, 10**18, 1], 0.5, 2 / 3),
    ],
)
def test_shares_at_ties_zeros_and_round_numbers(downloads, top1, fewest):
    share = concentration(downloads)
    assert share.top1_share == pytest.approx(top1)
    assert share.smallest_share_95 == pytest.approx(fewest)
    assert concentration(sorted(downloads)) == share


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=60).filter(any))
def test_shares_are_shares_and_gini_is_the_mean_difference(counts):
    share = concentration(counts)
    assert 0 < share.smallest_share_95 <= 1
    assert 0 < share.top1_share <= 1
    n, mean = len(counts), sum(counts) / len(counts)
    differences = sum(abs(a - b) for a in counts for b in counts)
    assert share.gini == pytest.approx(differences / (2 * n * n * mean), abs=1e-9)
