"""Puzzles of the core suite solved by making the moves, or every move there is."""

from __future__ import annotations

from collections import Counter
from datetime import date
from functools import cache
from heapq import heappop, heappush
from itertools import combinations, permutations, product

from tests.suites.derivations.search import the_only


def walk(moves):
    x = y = 0
    dx, dy = 0, 1
    for move in moves.split():
        dx, dy = (dy, -dx) if move[0] == "R" else (-dy, dx)
        x, y = x + dx * int(move[1:]), y + dy * int(move[1:])
    return x, y


def swaps(items, pairs):
    for a, b in pairs:
        items[a - 1], items[b - 1] = items[b - 1], items[a - 1]
    return items


def snail(depth, up, down):
    height = day = 0
    while True:
        day += 1
        height += up
        if height >= depth:
            return day
        height -= down


def weekday(month, day, name, to_month, to_day):
    names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    days = (date(2023, to_month, to_day) - date(2023, month, day)).days
    return names[(names.index(name) + days) % 7]


def two_pairs():
    worst = max(
        b + g + w
        for b, g, w in product(range(7), range(9), range(11))
        if sum(n >= 2 for n in (b, g, w)) < 2
    )
    return worst + 1


def planet():
    word = "PLANET"
    word = word[-1] + word[:-1]
    word = word[0] + word[2] + word[1] + word[3:]
    return word[:-1]


def row():
    count = 0
    for seats in permutations("ABCDEF"):
        at = seats.index
        count += at("A") + 1 == at("B") and at("C") in (0, 5) and abs(at("D") - at("E")) != 1
    return count


def robot(orders):
    text = ""
    for order in orders:
        if order == "A":
            text += "x"
        elif order == "B":
            text += text
        else:
            text = text.replace("x", "y", 1)
    return text


def bridge(times):
    people = frozenset(range(len(times)))
    best = {(people, True): 0}
    queue = [(0, 0, people, True)]
    ticket = 0
    while queue:
        spent, _, near, torch = heappop(queue)
        if not near:
            return spent
        side = near if torch else people - near
        for group in [(a,) for a in side] + list(combinations(side, 2)):
            state = (near - set(group) if torch else near | set(group), not torch)
            total = spent + max(times[person] for person in group)
            if total < best.get(state, 10**9):
                best[state] = total
                ticket += 1
                heappush(queue, (total, ticket, *state))
    return None


def bubble(items, walks):
    for _ in range(walks):
        for i in range(len(items) - 1):
            if items[i] > items[i + 1]:
                items[i], items[i + 1] = items[i + 1], items[i]
    return " ".join(map(str, items))


def fewest(start, steps, done):
    seen, edge, count = {start}, [start], 0
    while not any(map(done, edge)):
        edge = [state for old in edge for state in steps(old) if state not in seen]
        edge = list(dict.fromkeys(edge))
        seen.update(edge)
        count += 1
    return count


def knight(start, goal):
    jumps = [(a, b) for a in (-2, -1, 1, 2) for b in (-2, -1, 1, 2) if abs(a) != abs(b)]

    def steps(at):
        moved = [(at[0] + a, at[1] + b) for a, b in jumps]
        return [(x, y) for x, y in moved if 0 <= x < 8 and 0 <= y < 8]

    return fewest(start, steps, lambda at: at == goal)


def jugs(small, large, goal):
    def steps(state):
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

    return fewest((0, 0), steps, lambda state: goal in state)


def dominoes(length):
    @cache
    def ways(left, upright):
        if left == 0:
            return 1
        flat = ways(left - 2, False) if left >= 2 else 0
        return flat + (ways(left - 1, True) if not upright else 0)

    return ways(length, False)


def grids():
    lines = [r for r in product((0, 1), repeat=4) if sum(r) == 2]
    return sum(
        all(sum(column) == 2 for column in zip(*grid, strict=False))
        for grid in product(lines, repeat=4)
    )


def machine(orders):
    number = 1
    for order in orders:
        number = 2 * number + 1 if order == "u" else number // 2 if number % 2 == 0 else number * 3
    return str(number)


def stones(count):
    wins = [False]
    for n in range(1, count + 1):
        wins.append(any(not wins[n - k] for k in (1, 3, 4) if k <= n))
    good = [k for k in (1, 3, 4) if not wins[count - k]]
    return f"taking {the_only(good)}" if good else "There is no winning first move."


def necklaces(beads):
    every = {"".join(p) for p in product("bw", repeat=beads)}
    return len({min(n[i:] + n[:i] for i in range(beads)) for n in every})


def cube(steps):
    ways = {0: 1}
    for _ in range(steps):
        after = Counter()
        for corner, count in ways.items():
            for bit in (1, 2, 4):
                after[corner ^ bit] += count
        ways = after
    return ways[0]


def coin():
    holds = {"coin": "cup", "cup": "box", "box": "crate", "crate": "cellar"}
    place = "coin"
    while place in holds:
        place = holds[place]
    return f"in the {place}"


def lock():
    return [
        n
        for n in range(1000, 10000)
        for a, b, c, d in [map(int, str(n))]
        if len({a, b, c, d}) == 4 and a == 2 * d and b == a + 3 and a + b + c + d == 19 and c > d
    ]
