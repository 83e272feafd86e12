"""Puzzles of moves, games and machines."""

# ruff: noqa: E501 - questions and programs stand as they are put

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable
from functools import cache
from itertools import combinations, pairwise
from random import Random
from typing import Any

from evaluator.suites.bank.draft import Draft, number, word


def cups(r: Random) -> Draft:
    start, moves = (
        r.randrange(1, 6),
        [tuple(r.sample(range(1, 6), 2)) for _ in range(r.randrange(4, 8))],
    )
    at = start
    for a, b in moves:
        at = b if at == a else a if at == b else at
    row = [n == start for n in range(1, 6)]
    for a, b in moves:
        row[a - 1], row[b - 1] = row[b - 1], row[a - 1]
    said = ", then ".join(f"cups {a} and {b}" for a, b in moves)
    return number(
        f"Five cups stand in a row at places 1 to 5, with a ball under the cup at place {start}. Cups change "
        f"places with what is under them; each time the cups that stand at two places are swapped: {said}. At "
        "which place is the ball now?",
        at,
        row.index(True) + 1,
    )


def compass(r: Random) -> Draft:
    steps = [(r.choice(("left", "right")), r.randrange(1, 10)) for _ in range(r.randrange(3, 6))]
    x = y = 0
    heading = 0
    place = complex(0, 0)
    facing = complex(0, 1)
    for turn, n in steps:
        heading = (heading + (1 if turn == "right" else 3)) % 4
        x += (0, n, 0, -n)[heading]
        y += (n, 0, -n, 0)[heading]
        facing *= complex(0, 1 if turn == "left" else -1)
        place += facing * n
    said = ", ".join(f"turn {turn}, walk {n} steps" for turn, n in steps)
    return number(
        f"You face north and then do this: {said}. How many steps, counted along the streets of a square "
        "grid, are you from where you started?",
        abs(x) + abs(y),
        int(abs(place.real) + abs(place.imag)),
    )


def next_term(r: Random) -> Draft:
    a, b, c = r.randrange(1, 4), r.randrange(-3, 6), r.randrange(0, 12)
    terms = [a * n * n + b * n + c for n in range(6)]
    steps = [y - x for x, y in pairwise(terms)]
    again = terms[-1] + steps[-1] + (steps[-1] - steps[-2])
    listed = ", ".join(map(str, terms))
    return number(
        f"The differences between neighbouring terms of this sequence grow by the same amount each time: "
        f"{listed}, … What is the next term?",
        a * 36 + b * 6 + c,
        again,
    )


def clock_hands(r: Random) -> Draft:
    hour, minute = r.randrange(1, 13), 2 * r.randrange(1, 30)
    apart = abs(30 * (hour % 12) + minute / 2 - 6 * minute)
    gold = min(apart, 360 - apart)
    again = (
        min((2 * 30 * (hour % 12) - 11 * minute) % 720, (11 * minute - 60 * (hour % 12)) % 720) / 2
    )
    return number(
        f"What is the smaller angle, in degrees, between the hour hand and the minute hand of a clock at "
        f"{hour}:{minute:02}?",
        int(gold) if gold == int(gold) else gold,
        int(again) if again == int(again) else again,
    )


def closed_crossing(r: Random) -> Draft:
    w, h = r.randrange(3, 6), r.randrange(3, 6)
    cx, cy = r.randrange(1, w), r.randrange(1, h)

    @cache
    def ways(x: int, y: int) -> int:
        if (x, y) == (cx, cy) or x < 0 or y < 0:
            return 0
        return 1 if (x, y) == (0, 0) else ways(x - 1, y) + ways(x, y - 1)

    again = 0
    for rights in combinations(range(w + h), w):
        x = y = 0
        open_ = True
        for i in range(w + h):
            x, y = (x + 1, y) if i in rights else (x, y + 1)
            open_ = open_ and (x, y) != (cx, cy)
        again += open_
    return number(
        f"On a grid of streets you walk from a crossing to the one {w} blocks east and {h} blocks north of it, "
        f"going only east or north. The crossing {cx} east and {cy} north of the start is closed. How many "
        "routes are there?",
        ways(w, h),
        again,
    )


def lift(r: Random) -> Draft:
    start, top = r.randrange(2, 8), r.randrange(9, 15)
    moves = [r.choice((-1, 1)) * r.randrange(1, 7) for _ in range(6)]
    at = start
    for m in moves:
        at = at + m if 0 <= at + m <= top else at
    again, path = start, [start]
    for m in moves:
        if again + m in range(top + 1):
            again += m
        path.append(again)
    said = ", ".join(f"{'up' if m > 0 else 'down'} {abs(m)}" for m in moves)
    return number(
        f"A lift in a building with floors 0 to {top} stands at floor {start}. It gets these orders: {said}. An "
        "order that would take it past the lowest or highest floor is ignored as a whole. At which floor is it "
        "in the end?",
        at,
        path[-1],
    )


def heavy_coin(r: Random) -> Draft:
    coins = r.randrange(5, 400)
    weighings, reach = 0, 1
    while reach < coins:
        weighings, reach = weighings + 1, reach * 3

    @cache
    def need(n: int) -> int:
        return 0 if n == 1 else 1 + need(-(-n // 3))

    return number(
        f"Of {coins} coins that look alike one is heavier than the rest. With a balance that compares two sides, "
        "what is the smallest number of weighings in which it can always be found?",
        weighings,
        need(coins),
    )


def torch_bridge(r: Random) -> Draft:
    times = sorted(r.sample(range(1, 16), 4))
    a, b, c, d = times
    gold = min(a + 3 * b + d, 2 * a + b + c + d)
    people = frozenset(range(4))
    best: dict[tuple[frozenset[int], bool], int] = {(people, True): 0}
    changed = True
    while changed:
        changed = False
        for (near, here), spent in list(best.items()):
            side = near if here else people - near
            for group in [*combinations(side, 1), *combinations(side, 2)]:
                state = (near - set(group) if here else near | set(group), not here)
                total = spent + max(times[i] for i in group)
                if total < best.get(state, 10**6):
                    best[state] = total
                    changed = True
    listed = ", ".join(map(str, times[:3]))
    return number(
        f"Four people must cross a narrow bridge in the dark with one lamp, at most two at a time, never "
        f"without the lamp. Alone they need {listed} and {d} minutes; two together need as long as the slower. "
        "What is the smallest number of minutes until all are across?",
        gold,
        best[frozenset(), False],
    )


def jugs(r: Random) -> Draft:
    small, large = r.choice(
        ((3, 5), (3, 7), (4, 7), (3, 8), (5, 7), (4, 9), (5, 8), (2, 7), (5, 9), (2, 9))
    )
    goal = r.choice([n for n in range(1, large) if n != small])

    def steps(state: tuple[int, int]) -> list[tuple[int, int]]:
        a, b = state
        there, back = min(a, large - b), min(b, small - a)
        return [
            (small, b),
            (a, large),
            (0, b),
            (a, 0),
            (a - there, b + there),
            (a + back, b - back),
        ]

    def within(state: tuple[int, int], left: int) -> bool:
        return goal in state or (left > 0 and any(within(s, left - 1) for s in set(steps(state))))

    gold = _fewest((0, 0), steps, lambda state: goal in state)
    again = gold if gold > 8 or (within((0, 0), gold) and not within((0, 0), gold - 1)) else -1
    return number(
        f"There are an empty {small}-litre jug, an empty {large}-litre jug and a tap. Filling a jug to the brim, "
        "emptying a jug, and pouring from one into the other until that is full or the first is empty are one "
        f"step each. What is the smallest number of steps until one of the jugs holds exactly {goal} "
        f"{'litre' if goal == 1 else 'litres'}?",
        gold,
        again,
    )


def last_stone(r: Random) -> Draft:
    takes = r.choice(((1, 2, 3), (1, 2, 4), (1, 3, 4), (1, 2, 5), (1, 4, 5), (1, 3, 6), (1, 2, 6)))

    @cache
    def wins(n: int) -> bool:
        return any(t <= n and not wins(n - t) for t in takes)

    stones = r.randrange(12, 40)
    while sum(not wins(stones - t) for t in takes) != 1:
        stones = r.randrange(12, 40)
    gold = next(t for t in takes if not wins(stones - t))
    table = [False]
    for n in range(1, stones + 1):
        table.append(not all(table[n - t] for t in takes if t <= n))
    again = [t for t in takes if not table[stones - t]]
    return number(
        f"Two players take turns taking {takes[0]}, {takes[1]} or {takes[2]} stones from a heap of {stones}. Who "
        "takes the last stone wins. Exactly one first move wins against perfect play. How many stones does it take?",
        gold,
        again[0],
    )


def page_digits(r: Random) -> Draft:
    pages = r.randrange(110, 950)
    digit = r.randrange(1, 10)
    gold = sum(str(n).count(str(digit)) for n in range(1, pages + 1))
    again = 0
    for unit in (1, 10, 100):
        high, here, low = pages // (unit * 10), pages // unit % 10, pages % unit
        again += high * unit + (unit if here > digit else low + 1 if here == digit else 0)
    return number(
        f"The pages of a book are numbered from 1 to {pages}. How many times is the digit {digit} printed in "
        "these numbers?",
        gold,
        again,
    )


def toggled_doors(r: Random) -> Draft:
    doors, steps = r.randrange(20, 60), sorted(r.sample(range(2, 10), 3))
    state = [False] * (doors + 1)
    for step in steps:
        for door in range(step, doors + 1, step):
            state[door] = not state[door]
    again = sum(sum(door % step == 0 for step in steps) % 2 for door in range(1, doors + 1))
    return number(
        f"{doors} doors, numbered from 1, are all closed. One person changes every door whose number is a multiple "
        f"of {steps[0]} (a closed door is opened, an open one closed), then another those of {steps[1]}, then a "
        f"third those of {steps[2]}. How many doors are open in the end?",
        sum(state),
        again,
    )


def counting_out(r: Random) -> Draft:
    n, k = r.randrange(5, 14), r.randrange(2, 7)
    circle = list(range(1, n + 1))
    at = 0
    while len(circle) > 1:
        at = (at + k - 1) % len(circle)
        circle.pop(at)
    survivor = 0
    for size in range(2, n + 1):
        survivor = (survivor + k) % size
    return number(
        f"{n} children, numbered from 1 to {n}, stand in a circle in this order. Counting begins with child 1; "
        f"every {_nth(k)} child that is counted leaves the circle, and counting goes on with the next one. Which "
        "number has the child that is left at the end?",
        circle[0],
        survivor + 1,
    )


def text_machine(r: Random) -> Draft:
    orders = "".join(r.choice("AABC") for _ in range(r.randrange(5, 9))) + "AB"
    text = ""
    for o in orders:
        text = text + "x" if o == "A" else text[::-1] + "y" if o == "B" else text[1:]
    letters: deque[str] = deque()
    for o in orders:
        if o == "A":
            letters.append("x")
        elif o == "B":
            letters.reverse()
            letters.append("y")
        elif letters:
            letters.popleft()
    return word(
        "A machine holds a text, which is empty at first. On A it adds x at the end; on B it turns the text "
        "round, so that it reads backwards, and then adds y at the end; on C it removes the first letter, if "
        f"there is one. What is its text after {' '.join(orders)}?",
        text,
        "".join(letters),
    )


def _fewest(
    start: Hashable, steps: Callable[[Any], Iterable[Hashable]], done: Callable[[Any], bool]
) -> int:
    queue, seen = deque([(start, 0)]), {start}
    while queue:
        state, count = queue.popleft()
        if done(state):
            return count
        for following in steps(state):
            if following not in seen:
                seen.add(following)
                queue.append((following, count + 1))
    return -1


def _nth(k: int) -> str:
    return ("", "", "second", "third", "fourth", "fifth", "sixth")[k]


TEMPLATES = (
    cups,
    compass,
    next_term,
    clock_hands,
    closed_crossing,
    lift,
    heavy_coin,
    torch_bridge,
    jugs,
    last_stone,
    page_digits,
    toggled_doors,
    counting_out,
    text_machine,
)
