"""Exact tails of the two null distributions, computed without a draw."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from evaluator.verdicts.evidence import Floats, Ints

CHUNK = 1 << 22  # numbers held at once
STEP = 256  # tables grow by this many rows, so that few are ever built


def coin(wins: Ints, tosses: Ints) -> Floats:
    """P(at least `wins` heads in `tosses` fair tosses), elementwise."""
    if not wins.size:
        return np.zeros(wins.shape)
    table = _coins(-(-(int(tosses.max()) + 1) // STEP) * STEP)
    picked: Floats = table[tosses * (tosses + 1) // 2 + wins]
    return picked


@lru_cache(maxsize=4)
def _coins(rows: int) -> Floats:
    """Row m, from m(m+1)/2: P(Bin(m, 1/2) >= b) for b = 0..m, by Pascal's rule (sums of positive
    terms, so the far tail keeps its digits). It takes 4 * rows² bytes."""
    table = np.ones(rows * (rows + 1) // 2)
    above = np.ones(1)
    for m in range(1, rows):
        row = np.ones(m + 1)
        row[1:m] = (above[1:] + above[:-1]) / 2
        row[m] = above[-1] / 2
        start = m * (m + 1) // 2
        table[start : start + m + 1] = row
        above = row
    table.setflags(write=False)
    return table


def flips(differences: Ints) -> Floats:
    """P(sum of ±d >= sum of d) when every sign is a fair coin; d is a row of `differences`.

    The distribution of the sum of ±d is the Fourier inverse of the product of cos(d t): exact for
    integers, up to rounding of about 1e-15. Pagano & Tritchler, "On obtaining permutation
    distributions in polynomial time", JASA 78 (1983), section 2.

    differences: (pairs, units). Returns (pairs,).
    """
    result = np.ones(len(differences))
    sizes = np.abs(differences)
    unit = int(np.gcd.reduce(sizes, axis=None, initial=0))
    if unit == 0:
        return result
    sizes, sums = sizes // unit, differences.sum(axis=1) // unit
    span = int(sizes.sum(axis=1).max())
    period = 1 << (2 * span + 1).bit_length()
    magnitudes = np.unique(sizes[sizes > 0])
    circle = np.cos(2 * np.pi / period * np.arange(period))
    turns = np.outer(magnitudes, np.arange(period // 2 + 1)) % period
    waves = np.log(np.maximum(np.abs(circle), 1e-300))[turns]
    negative = (circle < 0).astype(np.float64)[turns]
    step = max(1, CHUNK // period)
    for start in range(0, len(differences), step):
        chunk = slice(start, start + step)
        counts = _counts(sizes[chunk], magnitudes)
        spectrum = np.exp(counts @ waves) * (1 - 2 * ((counts @ negative) % 2))
        chances = np.fft.irfft(spectrum, n=period, axis=1)[:, : span + 1]
        result[chunk] = _upper(chances, sums[chunk])
    # All signs as they are is one of the 2^k flips: no tail is smaller.
    least = np.exp2(-np.count_nonzero(differences, axis=1).astype(np.float64))
    return np.clip(result, least, 1.0)


def _counts(sizes: Ints, magnitudes: Ints) -> Floats:
    """How often each magnitude occurs in each row, (pairs, magnitudes)."""
    place = np.searchsorted(magnitudes, sizes) + 1
    place[sizes == 0] = 0
    width = len(magnitudes) + 1
    place += width * np.arange(len(sizes))[:, None]
    flat = np.bincount(place.ravel(), minlength=width * len(sizes))
    return flat.reshape(len(sizes), width)[:, 1:].astype(np.float64)


def _upper(chances: Floats, sums: Ints) -> Floats:
    """P(S >= sums) from P(S = 0, 1, ..., span) of a symmetric S, (pairs, span + 1)."""
    tails = np.zeros((len(chances), chances.shape[1] + 1))
    tails[:, :-1] = np.cumsum(chances[:, ::-1], axis=1)[:, ::-1]
    at = np.arange(len(sums))
    upper: Floats = np.where(sums > 0, tails[at, np.abs(sums)], 1 - tails[at, np.abs(sums) + 1])
    return upper


def binomial(trials: int, chance: float) -> Floats:
    """P(Bin(trials, chance) = 0..trials), (trials + 1,)."""
    if chance <= 0 or chance >= 1:
        certain = np.zeros(trials + 1)
        certain[trials if chance >= 1 else 0] = 1.0
        return certain
    ways = _log_factorials(trials)
    k = np.arange(trials + 1)
    logs = ways[-1] - ways - ways[::-1] + k * math.log(chance) + (trials - k) * math.log1p(-chance)
    chances: NDArray[np.float64] = np.exp(logs)
    return chances


@lru_cache(maxsize=4096)
def _log_factorials(n: int) -> Floats:
    return np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, n + 1)))))
