import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.popularity import concentration


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


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=60).filter(any))
def test_shares_are_shares_and_gini_is_the_mean_difference(counts):
    share = concentration(counts)
    assert 0 < share.smallest_share_95 <= 1
    assert 0 < share.top1_share <= 1
    n, mean = len(counts), sum(counts) / len(counts)
    differences = sum(abs(a - b) for a in counts for b in counts)
    assert share.gini == pytest.approx(differences / (2 * n * n * mean), abs=1e-9)
