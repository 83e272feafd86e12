"""Programs on numbers, lists and tables."""

# ruff: noqa: E501 - questions and programs stand as they are put

from __future__ import annotations

from random import Random

from evaluator.suites.bank.code.programs import Case, ints, program
from evaluator.suites.bank.draft import Draft


def sum_of_some(r: Random) -> Draft:
    k, rest = r.randrange(2, 8), 0
    rest = r.randrange(k)
    cases: list[Case] = [([],), *((ints(r),) for _ in range(8))]
    return program(
        "sum_some",
        f"`sum_some(numbers)` returns the sum of the squares of those integers of a list that leave "
        f"the remainder {rest} when divided by {k} (with Python's % operator).",
        "def sum_some(numbers):\n    return sum(n * n for n in numbers if n % K == REST)\n",
        "def sum_some(numbers):\n    total = 0\n    for n in numbers:\n        if (n - REST) % K == 0:\n"
        "            total += n ** 2\n    return total\n",
        cases,
        k=k,
        rest=rest,
    )


def pairs_with_sum(r: Random) -> Draft:
    target = r.randrange(3, 25)
    cases: list[Case] = [
        ([],),
        *((ints(r, 0, 15, 10),) for _ in range(8)),
        ([target - 1, 1, 1, target - 1],),
    ]
    return program(
        "count_pairs",
        f"`count_pairs(numbers)` returns how many pairs of places i < j of a list of integers have "
        f"numbers that add up to {target}.",
        "def count_pairs(numbers):\n    return sum(a + b == TARGET for i, a in enumerate(numbers) for b in numbers[i + 1:])\n",
        "def count_pairs(numbers):\n    seen, count = {}, 0\n    for n in numbers:\n"
        "        count += seen.get(TARGET - n, 0)\n        seen[n] = seen.get(n, 0) + 1\n    return count\n",
        cases,
        target=target,
    )


def matrix_line(r: Random) -> Draft:
    m = r.randrange(2, 14)
    cases: list[Case] = [
        ([[r.randrange(20) for _ in range(size)] for _ in range(size)],)
        for size in (1, 2, 3, 4, 5, 3, 4)
    ]
    return program(
        "border_sum",
        f"`border_sum(grid)` gets a square list of lists of integers and returns the sum of those "
        f"numbers on its border (first and last row and column, each cell once) that are not multiples of {m}.",
        "def border_sum(grid):\n    n = len(grid)\n    return sum(grid[y][x] for y in range(n) for x in range(n)\n"
        "               if (y in (0, n - 1) or x in (0, n - 1)) and grid[y][x] % M)\n",
        "def border_sum(grid):\n    inner = [row[1:-1] for row in grid[1:-1]]\n"
        "    worth = lambda rows: sum(v for row in rows for v in row if v % M)\n    return worth(grid) - worth(inner)\n",
        cases,
        m=m,
    )


def padded_chunks(r: Random) -> Draft:
    size, pad = r.randrange(2, 6), r.choice((0, -1, None))
    cases: list[Case] = [([],), *((ints(r, 0, 9, 12),) for _ in range(8))]
    return program(
        "chunks",
        f"`chunks(items)` cuts a list into consecutive lists of {size} elements and returns the list of "
        f"them; the last one is filled up with {pad} if it is shorter. An empty list gives an empty list.",
        "def chunks(items):\n    result = []\n    for i in range(0, len(items), SIZE):\n        part = items[i:i + SIZE]\n"
        "        result.append(part + [PAD] * (SIZE - len(part)))\n    return result\n",
        "def chunks(items):\n    items = list(items)\n    while len(items) % SIZE:\n        items.append(PAD)\n"
        "    return [list(p) for p in zip(*[iter(items)] * SIZE)]\n",
        cases,
        size=size,
        pad=pad,
    )


def longest_run(r: Random) -> Draft:
    bound = r.randrange(0, 20)
    word, sign = r.choice((("at least", ">="), ("at most", "<=")))
    cases: list[Case] = [([],), *((ints(r, -5, 26, 14),) for _ in range(9))]
    return program(
        "longest_run",
        f"`longest_run(numbers)` returns the length of the longest run of neighbouring integers in a "
        f"list that are all {word} {bound}.",
        f"def longest_run(numbers):\n    best = now = 0\n    for n in numbers:\n        now = now + 1 if n {sign} BOUND else 0\n"
        "        best = max(best, now)\n    return best\n",
        f"def longest_run(numbers):\n    marks = ''.join('x' if n {sign} BOUND else ' ' for n in numbers)\n"
        "    return max(map(len, marks.split(' ')))\n",
        cases,
        bound=bound,
    )


def covered_length(r: Random) -> Draft:
    low = r.randrange(0, 6)
    high = low + r.randrange(8, 20)

    def some(count: int) -> list[tuple[int, int]]:
        spans = [(r.randrange(-3, 22), r.randrange(1, 8)) for _ in range(count)]
        return [(a, a + n) for a, n in spans]

    cases: list[Case] = [([],), *((some(r.randrange(1, 6)),) for _ in range(8))]
    return program(
        "covered",
        f"`covered(spans)` gets a list of (start, end) tuples of integers with start < end, which may "
        f"overlap, and returns how much of the stretch from {low} to {high} they cover together.",
        "def covered(spans):\n    return sum(any(a <= x < b for a, b in spans) for x in range(LOW, HIGH))\n",
        "def covered(spans):\n    total, at = 0, LOW\n    for a, b in sorted(spans):\n        a, b = max(a, at), min(b, HIGH)\n"
        "        if b > a:\n            total += b - a\n            at = b\n    return total\n",
        cases,
        low=low,
        high=high,
    )


def hailstone(r: Random) -> Draft:
    add, limit = r.choice((1, 5, 7)), r.randrange(15, 60)
    cases: list[Case] = [(1,), (2,), *((r.randrange(3, 200),) for _ in range(8))]
    return program(
        "steps_down",
        f"`steps_down(n)` starts with an integer n >= 1 and counts steps until the number is 1: an even "
        f"number is halved, an odd one is multiplied by 3 and {add} is added. If it has not come to 1 after "
        f"{limit} steps, the function returns -1.",
        "def steps_down(n):\n    for step in range(LIMIT + 1):\n        if n == 1:\n            return step\n"
        "        n = n // 2 if n % 2 == 0 else 3 * n + ADD\n    return -1\n",
        "def steps_down(n, left=LIMIT):\n    if n == 1:\n        return 0\n    if left == 0:\n        return -1\n"
        "    below = steps_down(3 * n + ADD if n % 2 else n // 2, left - 1)\n    return -1 if below < 0 else below + 1\n",
        cases,
        add=add,
        limit=limit,
    )


def recurrence(r: Random) -> Draft:
    p, q, a, b = r.randrange(1, 4), r.choice((-2, -1, 1, 2)), r.randrange(0, 6), r.randrange(1, 7)
    cases: list[Case] = [(n,) for n in (0, 1, 2, 3, 7, 12, 40)]
    return program(
        "term",
        f"`term(n)` returns the term number n of a sequence: term 0 is {a}, term 1 is {b}, and each later "
        f"term is {p} times the one before it plus {q} times the one before that.",
        "def term(n):\n    x, y = FIRST, SECOND\n    for _ in range(n):\n        x, y = y, P_ * y + Q_ * x\n    return x\n",
        "def term(n):\n    terms = [FIRST, SECOND]\n    while len(terms) <= n:\n"
        "        terms.append(P_ * terms[-1] + Q_ * terms[-2])\n    return terms[n]\n",
        cases,
        first=a,
        second=b,
        p_=p,
        q_=q,
    )


def account(r: Random) -> Draft:
    start, floor, fee = r.randrange(0, 50), -r.randrange(0, 30), r.randrange(0, 4)

    def moves() -> list[tuple[str, int]]:
        return [(r.choice(("in", "out", "out")), r.randrange(1, 40)) for _ in range(r.randrange(9))]

    cases: list[Case] = [([],), *((moves(),) for _ in range(9))]
    return program(
        "balance",
        f"`balance(moves)` keeps an account that starts at {start}. Each move is ('in', amount) or ('out', "
        f"amount). An 'out' also costs a fee of {fee}; it is refused, at no cost, if the balance would fall "
        f"below {floor}. The function returns the tuple (balance at the end, number of refused moves).",
        "def balance(moves):\n    now, refused = START, 0\n    for kind, amount in moves:\n        if kind == 'in':\n"
        "            now += amount\n        elif now - amount - FEE < FLOOR:\n            refused += 1\n        else:\n"
        "            now -= amount + FEE\n    return (now, refused)\n",
        "def balance(moves):\n    history = [START]\n    for kind, amount in moves:\n"
        "        history.append(history[-1] + (amount if kind == 'in' else -amount - FEE))\n"
        "        if kind == 'out' and history[-1] < FLOOR:\n            history[-1] = None\n"
        "            history.append(next(x for x in reversed(history) if x is not None))\n"
        "    return (history[-1], history.count(None))\n",
        cases,
        start=start,
        floor=floor,
        fee=fee,
    )


def best_window(r: Random) -> Draft:
    k = r.randrange(2, 14)
    which, pick = r.choice((("largest", "max"), ("smallest", "min")))
    cases: list[Case] = [([],), ([5],), *((ints(r, -9, 10, 18),) for _ in range(9))]
    return program(
        "window",
        f"`window(numbers)` returns the {which} sum of {k} neighbouring integers of a list, or None if the "
        f"list has fewer than {k}.",
        f"def window(numbers):\n    if len(numbers) < K:\n        return None\n"
        f"    return {pick}(sum(numbers[i:i + K]) for i in range(len(numbers) - K + 1))\n",
        "def window(numbers):\n    sums, total = [], 0\n    for i, n in enumerate(numbers):\n        total += n\n"
        "        if i >= K:\n            total -= numbers[i - K]\n        if i >= K - 1:\n            sums.append(total)\n"
        f"    return {pick}(sums, default=None)\n",
        cases,
        k=k,
    )


def special_primes(r: Random) -> Draft:
    k = r.randrange(2, 9)
    rest = r.randrange(k)
    cases: list[Case] = [(0, 10), (14, 16), (90, 100), (7, 7)]
    cases += [(a, a + r.randrange(5, 120)) for a in (r.randrange(500) for _ in range(5))]
    return program(
        "special_primes",
        f"`special_primes(low, high)` returns the list of all prime numbers p with low <= p <= high whose "
        f"sum of decimal digits leaves the remainder {rest} when divided by {k}, in ascending order.",
        "def special_primes(low, high):\n    def prime(n):\n        return n > 1 and all(n % d for d in range(2, int(n ** 0.5) + 1))\n"
        "    return [n for n in range(low, high + 1) if prime(n) and sum(map(int, str(n))) % K == REST]\n",
        "def special_primes(low, high):\n    sieve = [True] * (high + 2)\n    found = []\n    for n in range(2, high + 1):\n"
        "        if sieve[n]:\n            sieve[n * n::n] = [False] * len(sieve[n * n::n])\n            total, m = 0, n\n"
        "            while m:\n                total, m = total + m % 10, m // 10\n"
        "            if n >= low and total % K == REST:\n                found.append(n)\n    return found\n",
        cases,
        k=k,
        rest=rest,
    )


def coin_ways(r: Random) -> Draft:
    coins = tuple(sorted(r.sample((1, 2, 3, 5, 6, 7, 10, 12), 3)))
    cases: list[Case] = [(0,), (1,), *((r.randrange(2, 60),) for _ in range(6))]
    listed = ", ".join(map(str, coins))
    return program(
        "ways_to_pay",
        f"`ways_to_pay(amount)` returns in how many ways an amount (an integer >= 0) can be paid with coins "
        f"of {listed}, each as often as wanted. The order of coins does not matter; 0 can be paid in one way.",
        "def ways_to_pay(amount):\n    ways = [1] + [0] * amount\n    for c in COINS:\n        for a in range(c, amount + 1):\n"
        "            ways[a] += ways[a - c]\n    return ways[amount]\n",
        "def ways_to_pay(amount):\n    a, b, c = COINS\n    return sum((amount - c * k - b * j) % a == 0\n"
        "               for k in range(amount // c + 1) for j in range((amount - c * k) // b + 1))\n",
        cases,
        coins=coins,
    )


def fewest_coins(r: Random) -> Draft:
    coins = tuple(sorted(r.sample((3, 4, 5, 7, 8, 9, 11, 13), 3)))
    cases: list[Case] = [(0,), (1,), (2,), *((r.randrange(3, 60),) for _ in range(7))]
    listed = ", ".join(map(str, coins))
    return program(
        "fewest",
        f"`fewest(amount)` returns the smallest number of stamps with which an amount (an integer >= 0) can "
        f"be paid exactly if there are stamps of {listed}, each as often as wanted, or -1 if it cannot.",
        "def fewest(amount):\n    best = [0] + [None] * amount\n    for a in range(1, amount + 1):\n"
        "        known = [best[a - c] for c in COINS if c <= a and best[a - c] is not None]\n"
        "        best[a] = min(known) + 1 if known else None\n    return -1 if best[amount] is None else best[amount]\n",
        "def fewest(amount):\n    a, b, c = COINS\n    found = [k + j + (amount - c * k - b * j) // a\n"
        "             for k in range(amount // c + 1) for j in range((amount - c * k) // b + 1)\n"
        "             if (amount - c * k - b * j) % a == 0]\n    return min(found, default=-1)\n",
        cases,
        coins=coins,
    )


def totals(r: Random) -> Draft:
    least = r.randrange(5, 60)

    def rows() -> list[tuple[str, int]]:
        return [
            (r.choice(("tea", "salt", "oil", "rice")), r.randrange(1, 30))
            for _ in range(r.randrange(10))
        ]

    cases: list[Case] = [([],), *((rows(),) for _ in range(9))]
    return program(
        "totals",
        f"`totals(rows)` gets a list of (name, amount) tuples and returns a dictionary from each name to the "
        f"sum of its amounts, leaving out names whose sum is below {least}.",
        "def totals(rows):\n    sums = {}\n    for name, amount in rows:\n        sums[name] = sums.get(name, 0) + amount\n"
        "    return {name: total for name, total in sums.items() if total >= LEAST}\n",
        "def totals(rows):\n    names = {name for name, _ in rows}\n"
        "    found = {n: sum(a for m, a in rows if m == n) for n in names}\n"
        "    for n in names:\n        if found[n] < LEAST:\n            del found[n]\n    return found\n",
        cases,
        least=least,
    )


TEMPLATES = (
    sum_of_some,
    pairs_with_sum,
    matrix_line,
    padded_chunks,
    longest_run,
    covered_length,
    hailstone,
    recurrence,
    account,
    best_window,
    special_primes,
    coin_ways,
    fewest_coins,
    totals,
)
