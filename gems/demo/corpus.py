"""The demo's tasks, made up by rule in four categories, and how they are split.

An item is one prompt with its one right answer. Its place is decided by the seed alone: the suite
(50 a category), the confirmation suite (100 a category), or the training pool. No prompt is in two
of them, and the balance of a category's task kinds is the same in each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np

from evaluator.suites.prompt import Prompt
from gems.demo.words import NAMES, NOUNS, OPPOSITES

CATEGORIES = ("math", "code", "reasoning", "language")
SUITE_SIZE = 50
CONFIRM_SIZE = 100


@dataclass(frozen=True, slots=True)
class Item:
    """One prompt: `kind` names the rule that made it, `gold` is the answer in full."""

    category: str
    kind: str
    prompt: str
    gold: str
    choices: tuple[str, ...] = ()

    @property
    def grader(self) -> str:
        """How its answer is graded."""
        if self.choices:
            return "choice"
        return "number" if self.category == "math" else "exact"

    @property
    def question(self) -> str:
        """The prompt as it is put, with lettered choices if it has any."""
        asked = Prompt(self.kind, self.category, self.prompt, self.grader, choices=self.choices)
        return asked.question


@dataclass(frozen=True, slots=True)
class Corpus:
    """The items by use; `suite` and `confirm` are category by category, in `CATEGORIES`' order."""

    train: tuple[Item, ...]
    suite: tuple[Item, ...]
    confirm: tuple[Item, ...]

    def pool(self, category: str) -> tuple[Item, ...]:
        """The training items of one category."""
        return tuple(item for item in self.train if item.category == category)


def make_corpus(seed: int) -> Corpus:
    """Every item, shuffled by the seed and split; kinds are thinned to their share first."""
    rng = np.random.default_rng([seed, 1])
    train: list[Item] = []
    suite: list[Item] = []
    confirm: list[Item] = []
    for category in CATEGORIES:
        kinds = [_thin(kind, share, rng) for kind, share in _kinds(category)]
        suite_sizes = _shares([len(kind) for kind in kinds], SUITE_SIZE)
        confirm_sizes = _shares([len(kind) for kind in kinds], CONFIRM_SIZE)
        for items, first, second in zip(kinds, suite_sizes, confirm_sizes, strict=True):
            suite += items[:first]
            confirm += items[first : first + second]
            train += items[first + second :]
    return Corpus(tuple(train), tuple(suite), tuple(confirm))


def _thin(items: list[Item], share: int, rng: np.random.Generator) -> list[Item]:
    return [items[place] for place in rng.permutation(len(items))[:share]]


def _shares(sizes: list[int], total: int) -> list[int]:
    """`total` split in proportion to `sizes`, by largest remainder."""
    exact = [total * size / sum(sizes) for size in sizes]
    shares = [int(part) for part in exact]
    by_remainder = sorted(range(len(sizes)), key=lambda place: shares[place] - exact[place])
    for place in by_remainder[: total - sum(shares)]:
        shares[place] += 1
    return shares


def _kinds(category: str) -> Iterator[tuple[list[Item], int]]:
    """Each kind of a category: all its items, and how many of them to keep."""
    rules = {
        "math": (("sum", _sums, 441), ("difference", _differences, 400)),
        "code": (
            ("max", _maxima, 240),
            ("min", _minima, 240),
            ("index", _indices, 400),
            ("sort", _sortings, 300),
            ("repeat", _repeats, 144),
            ("reverse", _reversals, 240),
        ),
        "reasoning": (
            ("larger", _larger, 400),
            ("smaller", _smaller, 400),
            ("parity", _parities, 160),
            ("order", _orders, 400),
        ),
        "language": (
            ("first", _first_letters, 240),
            ("last", _last_letters, 240),
            ("second", _second_letters, 240),
            ("opposite", _opposites, 192),
            ("after", _next_letters, 100),
        ),
    }
    for kind, make, share in rules[category]:
        yield [Item(category, kind, *made) for made in make()], share


Pairs = Iterator[tuple[str, str]]  # prompt and gold


def _sums() -> Pairs:
    for a, b in product(range(21), repeat=2):
        yield f"{a}+{b}=", str(a + b)


def _differences() -> Pairs:
    for a, b in product(range(31), range(21)):
        if a >= b:
            yield f"{a}-{b}=", str(a - b)


def _maxima() -> Pairs:
    for digits in permutations(range(10), 3):
        yield "max({},{},{})".format(*digits), str(max(digits))


def _minima() -> Pairs:
    for digits in permutations(range(10), 3):
        yield "min({},{},{})".format(*digits), str(min(digits))


def _indices() -> Pairs:
    for digits in permutations(range(10), 3):
        for place in range(3):
            yield "item {} of {} {} {}".format(place + 1, *digits), str(digits[place])


def _sortings() -> Pairs:
    for digits in permutations(range(10), 3):
        yield "sort {} {} {}".format(*digits), "{} {} {}".format(*sorted(digits))


def _repeats() -> Pairs:
    for letter, times in product("abcdefghijklmnopqrstuvwxyz", range(2, 6)):
        yield f"repeat {letter} {times}", " ".join(letter * times)
    for letter, times in product("0123456789", range(2, 6)):
        yield f"repeat {letter} {times}", " ".join(letter * times)


def _reversals() -> Pairs:
    for letters in permutations("abdegkmoprst", 3):
        yield "reverse {} {} {}".format(*letters), " ".join(reversed(letters))


def _larger() -> Pairs:
    for a, b in permutations(range(10, 40), 2):
        yield f"larger: {a} or {b}?", str(max(a, b))


def _smaller() -> Pairs:
    for a, b in permutations(range(10, 40), 2):
        yield f"smaller: {a} or {b}?", str(min(a, b))


def _parities() -> Iterator[tuple[str, str, tuple[str, str]]]:
    for number in range(100):
        for choices in (("odd", "even"), ("even", "odd")):
            right = "odd" if number % 2 else "even"
            yield f"{number} is", "AB"[choices.index(right)], choices


def _orders() -> Pairs:
    for one, two, three in permutations(NAMES, 3):
        yield f"{one}>{two}, {two}>{three}. top?", one
        yield f"{one}>{two}, {two}>{three}. bottom?", three
        yield f"{one}<{two}, {two}<{three}. top?", three
        yield f"{one}<{two}, {two}<{three}. bottom?", one


def _first_letters() -> Pairs:
    for word in NOUNS:
        yield f"first of {' '.join(word)}", word[0]


def _last_letters() -> Pairs:
    for word in NOUNS:
        yield f"last of {' '.join(word)}", word[-1]


def _second_letters() -> Pairs:
    for word in NOUNS:
        yield f"second of {' '.join(word)}", word[1]


def _opposites() -> Pairs:
    for pair in OPPOSITES:
        for word, other in (pair, pair[::-1]):
            for form in ("opposite of {}", "not {} but", "{} or its reverse,", "antonym: {}"):
                yield form.format(word), other


def _next_letters() -> Pairs:
    alphabet = "abcdefghijklmnopqrstuvwxyz"
    for place in range(25):
        for form in ("letter after {}", "{} comes before", "{}, then", "follows {}:"):
            yield form.format(alphabet[place]), alphabet[place + 1]
