"""Word problems on money, time, speed, ages and mixtures."""

# ruff: noqa: E501 - questions and programs stand as they are put

from __future__ import annotations

from fractions import Fraction
from itertools import count
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


TEMPLATES = (
    packed_boxes,
    two_prices,
    discount_chain,
    ages,
    average_removed,
    meeting_trains,
    work_together,
    mixture,
    geometric_growth,
    rectangle_from_perimeter,
    taxi,
    ratio_parts,
    clock_drift,
    profit_share,
)
