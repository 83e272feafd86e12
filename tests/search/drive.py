"""Drives a policy over a matrix and checks the books from outside."""

from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evaluator.search.ordering import balanced_order
from evaluator.search.protocol import Batch, Floats, Ints, Policy, Problem


def problem(
    scores: Floats,
    budget: float,
    seed: int = 0,
    load: float = 0.0,
    reload: float | None = None,
    order: Ints | None = None,
    **more: object,
) -> Problem:
    arms, items = scores.shape
    categories = np.arange(items) % 3
    return Problem(
        arms=arms,
        order=balanced_order(categories, seed) if order is None else order,
        categories=categories,
        budget=budget,
        load_cost=np.full(arms, float(load)),
        reload_cost=np.full(arms, float(load if reload is None else reload)),
        seed=seed,
        **more,  # type: ignore[arg-type]
    )


@dataclass
class Driven:
    """What a policy asked, booked apart from the policy's own ledger."""

    asked: NDArray[np.bool_]
    loads: NDArray[np.int64]
    spent: float = 0.0
    batches: list[Batch] = field(default_factory=list)


def drive(policy: Policy, problem: Problem, scores: Floats, shuffle: int | None = None) -> Driven:
    """Drive to the end. With `shuffle`, batches are told late, in random parts and order."""
    seen = Driven(np.zeros(scores.shape, dtype=bool), np.zeros(len(scores), dtype=np.int64))
    rng = np.random.default_rng(shuffle)
    resident: OrderedDict[int, None] = OrderedDict()
    waiting: list[Batch] = []
    while not policy.done:
        batch = policy.ask()
        if batch is None:
            assert waiting, "a policy that is not done must hand out a batch or wait for one"
            one = waiting.pop(int(rng.integers(len(waiting))) if shuffle is not None else 0)
            policy.tell(one, scores[np.ix_(one.arms, one.items)])
            continue
        assert batch.arms
        assert batch.items
        block = np.ix_(batch.arms, batch.items)
        assert not seen.asked[block].any(), "a pair was asked twice"
        seen.asked[block] = True
        seen.batches.append(batch)
        seen.spent += len(batch.arms) * len(batch.items)
        busy = {arm for one in waiting for arm in one.arms}
        for arm in batch.arms:
            if arm not in resident:
                cost = problem.reload_cost if seen.loads[arm] else problem.load_cost
                seen.spent += cost[arm]
                seen.loads[arm] += 1
                if len(resident) >= problem.workers:
                    idle = [held for held in resident if held not in busy]
                    del resident[idle[0] if idle else next(iter(resident))]
            resident[arm] = None
            resident.move_to_end(arm)
        if shuffle is None:
            waiting.append(batch)
        else:
            waiting += [Batch((arm,), batch.items) for arm in batch.arms]
    assert policy.ask() is None
    return seen
