"""Templates of word problems. Each answer is known by construction and found again by search."""

# ruff: noqa: E501 - questions and programs stand as they are put
from __future__ import annotations

from fractions import Fraction
from itertools import combinations, count, permutations, product
from math import comb, gcd, lcm, perm
from random import Random

from evaluator.suites.bank.draft import Draft, number

NAMES = ("Aylin", "Boris", "Chiara", "Dario", "Edda", "Femi", "Gita", "Hugo", "Inés", "Jonas")


def packed_boxes(r: Random) -> Draft:
    items, size, broken = r.randrange(210, 700), r.randrange(12, 30), r.randrange(5, 40)
    again = next(n for n in count() if n * size >= items - broken)
    return number(
        f"A potter made {items} cups; {broken} broke in the kiln. The others are packed in boxes that "
        f"hold {size} cups each. How many boxes are needed for all of them?",
        -(-(items - broken) // size),
        again,
    )


def two_prices(r: Random) -> Draft:
    a, b, sold = r.randrange(9, 20), r.randrange(3, 9), r.randrange(60, 240)
    adults = r.randrange(10, sold - 10)
    takings = a * adults + b * (sold - adults)
    again = next(n for n in range(sold + 1) if a * n + b * (sold - n) == takings)
    return number(
        f"A fair sold {sold} tickets and took in {takings} euros. Adults pay {a} euros and children "
        f"{b} euros. How many adult tickets were sold?",
        adults,
        again,
    )


def discount_chain(r: Random) -> Draft:
    price, first, second = 20 * r.randrange(3, 30), 5 * r.randrange(1, 9), 5 * r.randrange(1, 6)
    left = price
    left_cents = left * (100 - first) * (100 - second)
    gold = Fraction(left_cents, 10_000)
    again = Fraction(price) - Fraction(price * first, 100)
    again -= again * Fraction(second, 100)
    return number(
        f"A coat costs {price} euros. In a sale its price is cut by {first}%, and at the till another "
        f"{second}% is taken off what is left. What is paid in the end, in euros?",
        float(gold),
        float(again),
    )


def ages(r: Random) -> Draft:
    child, times, later = r.randrange(4, 13), r.randrange(3, 6), r.randrange(2, 12)
    parent = child * times
    total = parent + child + 2 * later
    again = next(c for c in range(1, 100) if c * times + c + 2 * later == total)
    who = r.choice(NAMES)
    return number(
        f"{who}'s father is {times} times as old as {who}. In {later} years their ages will add up to "
        f"{total}. How old is {who} now?",
        child,
        again,
    )


def average_removed(r: Random) -> Draft:
    n, mean = r.randrange(5, 11), r.randrange(12, 60)
    after = mean + r.choice((-3, -2, -1, 1, 2, 3))
    gone = n * mean - (n - 1) * after
    again = next(x for x in range(-500, 999) if Fraction(n * mean - x, n - 1) == after)
    return number(
        f"The average of {n} numbers is {mean}. One of them is crossed out, and the average of the "
        f"others is {after}. Which number was crossed out?",
        gone,
        again,
    )


def meeting_trains(r: Random) -> Draft:
    a, b, hours = 10 * r.randrange(5, 13), 10 * r.randrange(4, 11), r.randrange(2, 6)
    start = r.randrange(1, 4)
    apart = (a + b) * hours + a * start
    again = next(h for h in range(1, 50) if a * (start + h) + b * h == apart)
    return number(
        f"Two towns are {apart} km apart. A lorry leaves the first town at {a} km/h towards the second. "
        f"{start} hours later a van leaves the second town at {b} km/h towards the first. How many hours "
        "after the van's departure do they meet?",
        hours,
        again,
    )


def work_together(r: Random) -> Draft:
    a, b = r.choice(
        (
            (3, 6),
            (4, 12),
            (6, 12),
            (10, 15),
            (12, 24),
            (20, 30),
            (6, 30),
            (10, 40),
            (12, 36),
            (15, 30),
            (9, 18),
            (8, 24),
            (5, 20),
            (14, 35),
        )
    )
    minutes = Fraction(a * b, a + b)
    again = 1 / (Fraction(1, a) + Fraction(1, b))
    what = r.choice(("fills a basin", "empties a silo", "paints a fence"))
    return number(
        f"One machine {what} in {a} hours, another in {b} hours. How many hours do they need together?",
        minutes,
        again,
    )


def mixture(r: Random) -> Draft:
    weak, strong, target = r.choice(
        ((10, 40, 20), (5, 25, 10), (20, 60, 30), (10, 50, 25), (8, 20, 12))
    )
    grams = r.choice((120, 240, 360, 480, 600))
    added = Fraction(grams * (target - weak), strong - target)
    again = next(
        Fraction(x, 4)
        for x in range(1, 9999)
        if Fraction(grams * weak, 100) + Fraction(x * strong, 400)
        == Fraction(target, 100) * (grams + Fraction(x, 4))
    )
    return number(
        f"How many grams of a {strong}% sugar syrup must be stirred into {grams} grams of a {weak}% "
        f"syrup to get a {target}% syrup?",
        added,
        again,
    )


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


def geometric_growth(r: Random) -> Draft:
    start, factor, every = r.randrange(3, 40), r.choice((2, 3)), r.choice((15, 20, 30, 45))
    steps = r.randrange(3, 7)
    amount = start
    for _ in range(steps):
        amount *= factor
    word = {2: "doubles", 3: "triples"}[factor]
    return number(
        f"A mould covers {start} square millimetres. Its area {word} every {every} minutes. How many "
        f"square millimetres does it cover after {steps * every} minutes?",
        amount,
        start * factor**steps,
    )


def rectangle_from_perimeter(r: Random) -> Draft:
    width, longer = r.randrange(4, 25), r.randrange(2, 15)
    around = 4 * width + 2 * longer
    again = next(w * (w + longer) for w in range(1, 99) if 4 * w + 2 * longer == around)
    return number(
        f"A field is {longer} m longer than it is wide, and the fence around it is {around} m long. "
        "What is its area in square metres?",
        width * (width + longer),
        again,
    )


def taxi(r: Random) -> Draft:
    base, per, metres = (
        r.randrange(20, 50) * 10,
        r.randrange(8, 25) * 10,
        r.randrange(21, 140) * 100,
    )
    started = -(-metres // 1000)
    cents = base
    for _ in range(started):
        cents += per
    return number(
        f"A boat taxi asks {base / 100:.2f} euros to start and {per / 100:.2f} euros for every started "
        f"kilometre. What does a ride of {metres / 1000:.1f} km cost, in euros?",
        cents / 100,
        float(Fraction(base + per * started, 100)),
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


def ratio_parts(r: Random) -> Draft:
    a, b, c = r.sample(range(2, 10), 3)
    unit = r.randrange(3, 12)
    high, low = max(a, b, c), min(a, b, c)
    difference = (high - low) * unit
    again = next((a + b + c) * k for k in range(1, 99) if (high - low) * k == difference)
    return number(
        f"A sum of money is shared in the ratio {a} : {b} : {c}. The largest share is {difference} "
        "euros more than the smallest. How large is the sum, in euros?",
        (a + b + c) * unit,
        again,
    )


def clock_drift(r: Random) -> Draft:
    fast, hours = r.randrange(2, 9), r.randrange(5, 30)
    shown = hours * 60 + fast * hours
    days, rest = divmod(shown, 24 * 60)
    again = sum(60 + fast for _ in range(hours)) - days * 24 * 60
    return number(
        f"A clock gains {fast} minutes every hour. It is set right at midnight. {hours} true hours later, "
        "how many minutes past the last midnight does it show? (At midnight it shows 0 minutes.)",
        rest,
        again,
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


def profit_share(r: Random) -> Draft:
    cost, percent, pieces = r.randrange(4, 30) * 5, r.randrange(2, 9) * 10, r.randrange(12, 60)
    broken = r.randrange(1, 8)
    sale = Fraction(cost * (100 + percent), 100)
    gold = sale * (pieces - broken) - cost * pieces
    again = sum((sale if i >= broken else Fraction(0)) - cost for i in range(pieces))
    return number(
        f"A trader buys {pieces} vases at {cost} euros each. {broken} break. She sells the others at a "
        f"price {percent}% above what she paid for one. What is her profit in euros? (A loss is negative.)",
        float(gold),
        float(again),
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
    packed_boxes,
    two_prices,
    discount_chain,
    ages,
    average_removed,
    meeting_trains,
    work_together,
    mixture,
    remainders,
    divisible_either,
    last_digit,
    committee,
    arrangements_apart,
    dice_sum,
    marbles,
    geometric_growth,
    rectangle_from_perimeter,
    taxi,
    set_overlap,
    ratio_parts,
    clock_drift,
    arithmetic_sum,
    pigeonhole,
    profit_share,
    common_return,
    largest_tile,
)
