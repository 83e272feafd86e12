"""Word problems on counting, chance and divisibility."""

# ruff: noqa: E501 - questions and programs stand as they are put

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, count, permutations, product
from math import comb, gcd, lcm, perm
from random import Random

from evaluator.suites.bank.draft import Draft, number


def remainders(r: Random) -> Draft:
    a, b = r.choice(((5, 7), (7, 9), (8, 9), (5, 11), (7, 11), (9, 13), (11, 13)))
    wanted = r.randrange(a + b, a * b)
    found = next(n for n in count(1) if n % a == wanted % a and n % b == wanted % b)
    again = sum(
        part for part in (wanted % a * b * pow(b, -1, a), wanted % b * a * pow(a, -1, b))
    ) % (a * b)
    return number(
        f"What is the smallest positive whole number that leaves the remainder {wanted % a} when divided "
        f"by {a} and the remainder {wanted % b} when divided by {b}?",
        found,
        again,
    )


def divisible_either(r: Random) -> Draft:
    a, b = r.sample((3, 4, 5, 6, 7, 8, 9, 10, 12), 2)
    top = r.randrange(150, 900)
    gold = top // a + top // b - 2 * (top // lcm(a, b))
    again = sum((n % a == 0) + (n % b == 0) == 1 for n in range(1, top + 1))
    return number(
        f"How many whole numbers from 1 to {top} are divisible by exactly one of {a} and {b}?",
        gold,
        again,
    )


def last_digit(r: Random) -> Draft:
    base, power = r.choice((3, 7, 8, 2, 13, 17, 4, 9, 12)), r.randrange(40, 400)
    digit = 1
    for _ in range(power):
        digit = digit * base % 10
    return number(
        f"What is the last digit of {base} to the power of {power}?", digit, pow(base, power, 10)
    )


def committee(r: Random) -> Draft:
    women, men, size = r.randrange(3, 6), r.randrange(3, 7), r.randrange(3, 5)
    least = r.randrange(1, 3)
    gold = sum(comb(women, k) * comb(men, size - k) for k in range(least, size + 1))
    again = sum(
        sum(person < women for person in group) >= least
        for group in combinations(range(women + men), size)
    )
    return number(
        f"A jury of {size} is chosen from {women} women and {men} men. In how many ways can this be done "
        f"if at least {least} of the jury must be {'a woman' if least == 1 else 'women'}?",
        gold,
        again,
    )


def arrangements_apart(r: Random) -> Draft:
    n, what = r.randrange(4, 8), r.choice(("books", "flags", "runners", "dogs"))
    gold = perm(n) - 2 * perm(n - 1)
    again = sum(abs(p.index(0) - p.index(1)) > 1 for p in permutations(range(n)))
    names = r.sample(("red", "blue", "old", "young", "tall", "small"), 2)
    return number(
        f"{n} different {what} are put in a row. One of them is called the {names[0]} one and another "
        f"the {names[1]} one. In how many ways can this be done so that these two are not side by side?",
        gold,
        again,
    )


def dice_sum(r: Random) -> Draft:
    low = r.randrange(3, 12)
    faces = r.choice((4, 6, 8))
    gold = Fraction(sum(max(0, faces - max(1, low - a) + 1) for a in range(1, faces + 1)), faces**2)
    rolls = list(product(range(1, faces + 1), repeat=2))
    again = Fraction(sum(sum(roll) >= low for roll in rolls), len(rolls))
    return number(
        f"Two fair dice with {faces} faces each, numbered from 1 to {faces}, are rolled. What is the "
        f"probability that the sum is at least {low}? Give a whole number or a fraction in lowest terms.",
        gold,
        again,
    )


def marbles(r: Random) -> Draft:
    a, b = r.randrange(3, 9), r.randrange(2, 8)
    gold = Fraction(2 * a * b, (a + b) * (a + b - 1))
    bag = "r" * a + "b" * b
    pairs = list(permutations(bag, 2))
    again = Fraction(sum(x != y for x, y in pairs), len(pairs))
    return number(
        f"A bag holds {a} red and {b} black balls. Two are taken out at random, without putting the first "
        "back. What is the probability that they differ in colour? Give a fraction in lowest terms.",
        gold,
        again,
    )


def set_overlap(r: Random) -> Draft:
    both, only_a, only_b, none = (r.randrange(3, 15) for _ in range(4))
    total = both + only_a + only_b + none
    a, b = both + only_a, both + only_b
    return number(
        f"Of {total} hikers, {a} carry a map and {b} carry a compass; {none} carry neither. How many "
        "carry both?",
        both,
        next(x for x in range(total) if a + b - x + none == total),
    )


def arithmetic_sum(r: Random) -> Draft:
    first, step, terms = r.randrange(2, 20), r.randrange(2, 9), r.randrange(10, 40)
    again = sum(first + step * i for i in range(terms))
    return number(
        f"A hall has {terms} rows of seats. The first row has {first} seats and each further row has "
        f"{step} more than the one before. How many seats are there?",
        terms * (2 * first + (terms - 1) * step) // 2,
        again,
    )


def pigeonhole(r: Random) -> Draft:
    colours = sorted(r.randrange(4, 12) for _ in range(3))
    wanted = r.randrange(2, 5)
    gold = 3 * (wanted - 1) + 1
    again = 1 + max(
        sum(drawn) for drawn in product(*(range(n + 1) for n in colours)) if max(drawn) < wanted
    )
    a, b, c = colours
    return number(
        f"A box holds {a} red, {b} yellow and {c} green gloves, which differ in nothing else. In the dark, "
        f"how many must be taken out to be sure of {wanted} gloves of one colour?",
        gold,
        again,
    )


def common_return(r: Random) -> Draft:
    a, b, c = r.sample((4, 6, 8, 9, 10, 12, 14, 15, 18, 20), 3)
    again = next(n for n in count(1) if n % a == n % b == n % c == 0)
    return number(
        f"Three lighthouses flash together at midnight. They then flash every {a}, {b} and {c} seconds. "
        "After how many seconds do all three next flash together?",
        lcm(a, b, c),
        again,
    )


def largest_tile(r: Random) -> Draft:
    side = r.randrange(6, 25)
    a, b = r.sample(range(4, 20), 2)
    long, wide = side * a, side * b
    again = max(n for n in range(1, long + 1) if long % n == wide % n == 0)
    return number(
        f"A floor of {long} cm by {wide} cm is to be covered with equal square tiles, as large as "
        "possible, none of them cut. How many tiles are needed?",
        (long // gcd(long, wide)) * (wide // gcd(long, wide)),
        long * wide // again**2,
    )


TEMPLATES = (
    remainders,
    divisible_either,
    last_digit,
    committee,
    arrangements_apart,
    dice_sum,
    marbles,
    set_overlap,
    arithmetic_sum,
    pigeonhole,
    common_return,
    largest_tile,
)
