import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.search.field import Field
from evaluator.search.protocol import Ints

RUNGS: Ints = np.array([1, 2, 4, 8, 16])


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 30), st.sampled_from([0.0, 0.75]))
def test_what_stopped_arms_need_is_what_each_alone_needs(
    seed: int, arms: int, grace: float
) -> None:
    rng = np.random.default_rng(seed)
    field = Field(RUNGS, 0.75, grace, arms)
    for arm in range(arms):
        last = int(rng.integers(len(RUNGS) - 1))
        for level in range(last + 1):
            field.enter(arm, level, float(rng.normal()))
        field.stop(arm, last)
    needed = field.needed(np.arange(arms))
    alone = [field.scale(arm, int(field.halted[arm])) for arm in range(arms)]
    assert np.allclose(needed, alone)
    assert (needed <= RUNGS[field.halted]).all()


def test_the_best_of_many_needs_less_than_the_best_of_few() -> None:
    needed = []
    for others in (3, 30):
        field = Field(RUNGS, 0.75, 0.75, others + 1)
        for arm in range(others + 1):
            field.enter(arm, 0, float(arm))
            field.stop(arm, 0)
        needed.append(float(field.needed(np.array([0]))[0]))
    assert needed[1] < needed[0]


def test_an_arm_that_goes_on_again_no_longer_stands_in_the_way() -> None:
    field = Field(RUNGS, 0.75, 0.0, 2)
    for arm in range(2):
        field.enter(arm, 0, float(arm))
    field.stop(0, 0)
    field.enter(1, 1, 0.5)
    before = field.scale(1, 1)
    field.resume(0)
    assert field.halted[0] == -1
    assert field.scale(1, 1) < before
