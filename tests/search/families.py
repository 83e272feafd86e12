"""Made families with a known truth."""

import numpy as np

from evaluator.search.protocol import Floats


def spread(seed: int, arms: int, items: int) -> Floats:
    """Some broken arms, a wide middle, and a top of near equals."""
    rng = np.random.default_rng([seed, 5])
    broken = arms // 10
    skill = np.concatenate([rng.normal(-2.5, 0.4, broken), rng.normal(0, 0.5, arms - broken)])
    skill = np.minimum(skill, 0.9 + 0.1 * rng.standard_normal(arms))
    ease, slope = rng.normal(0.5, 1.2, items), rng.lognormal(0, 0.3, items)
    chance = 1 / (1 + np.exp(-slope * (rng.permutation(skill)[:, None] + ease)))
    return (rng.random((arms, items)) < chance).astype(np.float64)


def close(seed: int, arms: int, items: int) -> Floats:
    """Most arms near their root, some worse, a few better."""
    rng = np.random.default_rng([seed, 6])
    kind = rng.random(arms)
    skill = np.where(
        kind < 0.6,
        rng.normal(0, 0.06, arms),
        np.where(kind < 0.85, -rng.exponential(0.6, arms), rng.exponential(0.3, arms)),
    )
    ease = rng.normal(0.5, 1.2, items)
    chance = 1 / (1 + np.exp(-(skill[:, None] + ease)))
    return (rng.random((arms, items)) < chance).astype(np.float64)


def wide(seed: int, arms: int, items: int) -> Floats:
    """Arms that spread as widely as logits of N(0, 1) do; items are alike."""
    rng = np.random.default_rng([seed, 8])
    chance = 1 / (1 + np.exp(-rng.normal(0, 1, (arms, 1))))
    return (rng.random((arms, items)) < chance).astype(np.float64)


def narrow(seed: int, arms: int, items: int) -> Floats:
    """Arms that hardly differ, asked items that do."""
    rng = np.random.default_rng([seed, 9])
    chance = 1 / (1 + np.exp(-rng.normal(0, 0.12, (arms, 1)) - rng.normal(0.5, 1.5, items)))
    return (rng.random((arms, items)) < chance).astype(np.float64)


def skewed(seed: int, arms: int, items: int) -> Floats:
    """A crowd of equals, many broken arms, and three leaders far ahead of all others."""
    rng = np.random.default_rng([seed, 10])
    skill = np.where(rng.random(arms) < 0.3, rng.normal(-2, 0.5, arms), rng.normal(0, 0.15, arms))
    skill[rng.permutation(arms)[:3]] = rng.normal(1, 0.1, min(arms, 3))
    chance = 1 / (1 + np.exp(-skill[:, None] - rng.normal(0.5, 1.2, items)))
    return (rng.random((arms, items)) < chance).astype(np.float64)


def family(seed: int, arms: int = 120, items: int = 300) -> Floats:
    """A spread of arms whose best few are close."""
    rng = np.random.default_rng([seed, 77])
    chance = np.minimum(rng.normal(0.55, 0.12, (arms, 1)), 0.8) + rng.normal(0, 0.15, items)
    return (rng.random((arms, items)) < chance).astype(float)


def best_first(scores: Floats) -> Floats:
    return scores[np.argsort(-scores.mean(axis=1), kind="stable")]


def regret(scores: Floats, pick: int) -> float:
    truth = scores.mean(axis=1)
    return float(truth.max() - truth[pick])


def excess(found: list[float], than: list[float]) -> float:
    """How much larger regrets are than others from the same seeds, in standard errors."""
    gap = np.array(found) - np.array(than)
    return float(gap.mean() / max(gap.std(ddof=1) / np.sqrt(len(gap)), 1e-12))
