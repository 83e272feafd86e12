"""A second way to each gold answer of the core suite's reasoning: by search over all cases."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from datetime import date
from functools import cache
from heapq import heappop, heappush
from itertools import combinations, permutations, product
from typing import Any


def the_only(found: Iterable[Any]) -> Any:
    """The one value that a search comes to; AssertionError where that is none or several."""
    distinct = set(found)
    assert len(distinct) == 1, distinct
    return distinct.pop()


def race():
    found = [
        p
        for p in permutations(["Kim", "Lou", "Mo", "Nia", "Oli"])
        if p.index("Nia") < p.index("Kim") < p.index("Lou") < p.index("Mo") and p[4] == "Oli"
    ]
    return the_only(p[2] for p in found)


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


def knaves2(first, second):
    kind = {True: "knight", False: "knave"}
    found = [
        (a, b)
        for a, b in product((True, False), repeat=2)
        if first(a, b) == a and second(a, b) == b
    ]
    a, b = the_only(found)
    return f"Asa is a {kind[a]} and Bo is a {kind[b]}."


def knaves3():
    found = [
        (c, d, e)
        for c, d, e in product((True, False), repeat=3)
        if (c and d and e) == c and c == d and (not d) == e
    ]
    names = [
        name for name, knight in zip(("Cy", "Di", "Ed"), the_only(found), strict=False) if knight
    ]
    return "only " + the_only(names)


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


def pets():
    people = ("Lea", "Max", "Nora")
    found = set()
    for animals in permutations(("cat", "dog", "parrot")):
        for colours in permutations(("red", "green", "blue")):
            pet, house = (
                dict(zip(people, animals, strict=False)),
                dict(zip(people, colours, strict=False)),
            )
            owner = {animal: person for person, animal in pet.items()}
            if house["Nora"] != "blue" or house[owner["dog"]] != "red" or pet["Lea"] == "dog":
                continue
            if house[owner["parrot"]] != "blue":
                found.add(owner["parrot"])
    return the_only(found)


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


def statements():
    found = []
    for s in product((True, False), repeat=4):
        meant = (s[1], s[3], not s[0] and not s[1], not s[2])
        if meant == s and sum(s) == 1:
            found.append(s.index(True) + 1)
    return f"statement {the_only(found)}"


def meetings():
    found = set()
    for order in permutations("ABCDE"):
        at = order.index
        if at("A") + 1 == at("B") and at("D") < at("A") and at("C") in (1, 2, 3) and at("E") != 4:
            found.add(order[3])
    return the_only(found)


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


def travel():
    people, found = ("Ola", "Per", "Quin", "Rut"), set()
    for ways in permutations(("train", "bus", "bike", "car")):
        by = dict(zip(people, ways, strict=False))
        for order in permutations(people):
            at = order.index
            came = by["Per"] == "bus" and by[order[3]] == "bike" and by[order[0]] == "car"
            ordered = at("Quin") < at("Per") < at("Ola") and by["Rut"] != "bike" and at("Rut")
            if came and ordered:
                found.add(next(p for p in people if by[p] == "train"))
    return the_only(found)


def lock():
    return [
        n
        for n in range(1000, 10000)
        for a, b, c, d in [map(int, str(n))]
        if len({a, b, c, d}) == 4 and a == 2 * d and b == a + 3 and a + b + c + d == 19 and c > d
    ]


def vase():
    found = []
    for who in ("Al", "Bea", "Cal", "Dov"):
        said = [who == "Bea", who == "Dov", who != "Cal", who != "Dov"]
        if sum(said) == 1:
            found.append(who)
    return the_only(found)


def bubble(items, walks):
    for _ in range(walks):
        for i in range(len(items) - 1):
            if items[i] > items[i + 1]:
                items[i], items[i + 1] = items[i + 1], items[i]
    return " ".join(map(str, items))


def pia():
    found = set()
    for cold, sunday, slept in product((True, False), repeat=3):
        if sunday:
            drink = "cocoa" if slept else "coffee"
        elif cold:
            drink = "tea"
        else:
            drink = "juice" if slept else "coffee"
        if drink == "coffee" and cold:
            found.add((sunday, slept))
    sunday, slept = the_only(found)
    return f"It was {'' if sunday else 'not '}Sunday and she slept {'well' if slept else 'badly'}."


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


def labels():
    names = ("only apples", "only pears", "a mix of both")
    found = [
        p
        for p in permutations(names)
        if all(a != b for a, b in zip(p, names, strict=False)) and p[2] != "only apples"
    ]
    return the_only(p[0] for p in found if p[2] == "only pears")


def logicians():
    pairs = {(a, b) for a in range(1, 11) for b in range(1, 11) if abs(a - b) == 1}

    def knows(who, worlds, pair):
        return sum(other[who] == pair[who] for other in worlds) == 1

    after = {pair for pair in pairs if not knows(0, pairs, pair)}
    then = {pair for pair in after if not knows(1, after, pair)}
    last = {pair[0] for pair in then if knows(0, then, pair)}
    return the_only(a for a in last if a > 5 and a % 2 == 0)


def cards():
    found = set()
    for order in permutations(range(1, 8)):
        a, b, c = order[:2], order[2:4], order[4:6]
        if sum(a) == 6 and sum(b) == 10 and sum(c) == 5 and 1 not in c:
            found.add(order[6])
    return str(the_only(found))


def dominoes(length):
    @cache
    def ways(left, upright):
        if left == 0:
            return 1
        flat = ways(left - 2, False) if left >= 2 else 0
        return flat + (ways(left - 1, True) if not upright else 0)

    return ways(length, False)


def spies():
    found = set()
    for fay, gus, hal in permutations(("knight", "knave", "spy")):
        kinds = (fay, gus, hal)
        said = (fay != "spy", fay == "knave", gus != "knight")
        fits = all(
            (kind == "knight") == true
            for kind, true in zip(kinds, said, strict=False)
            if kind != "spy"
        )
        if fits and not said[kinds.index("spy")]:
            found.add(("Fay", "Gus", "Hal")[kinds.index("spy")])
    return the_only(found)


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


def houses():
    found = set()
    for order in permutations(("red", "blue", "green", "white", "yellow")):
        at = order.index
        near = abs(at("blue") - at("red")) == 1 and abs(at("white") - at("yellow")) == 1
        if near and at("green") < at("white") and at("red") == 2 and at("yellow") in (0, 4):
            found.add(order[1])
    return the_only(found)


def cube(steps):
    ways = {0: 1}
    for _ in range(steps):
        after = Counter()
        for corner, count in ways.items():
            for bit in (1, 2, 4):
                after[corner ^ bit] += count
        ways = after
    return ways[0]


def entailed(properties, premises, statements):
    """The only statement that holds in every world where the premises do.

    A world says of each combination of properties whether there is anything of that kind.
    """
    kinds = [
        dict(zip(properties, k, strict=False))
        for k in product((True, False), repeat=len(properties))
    ]
    true = dict.fromkeys(statements, True)
    for chosen in product((True, False), repeat=len(kinds)):
        world = [kind for kind, there in zip(kinds, chosen, strict=False) if there]
        if all(premise(world) for premise in premises):
            for name, statement in statements.items():
                true[name] = true[name] and statement(world)
    return the_only(name for name, always in true.items() if always)


def every(condition, conclusion):
    return lambda world: all(conclusion(kind) for kind in world if condition(kind))


def some(condition):
    return lambda world: any(condition(kind) for kind in world)


def pens():
    def blue(k):
        return k["pen"] and k["blue"]

    return entailed(
        ("pen", "blue", "drawer", "broken"),
        [
            every(blue, lambda k: k["drawer"]),
            every(lambda k: k["drawer"], lambda k: not k["broken"]),
        ],
        {
            "None of Ira's blue pens is broken.": every(blue, lambda k: not k["broken"]),
            "All of Ira's pens are in the drawer.": every(
                lambda k: k["pen"], lambda k: k["drawer"]
            ),
            "Everything in the drawer is blue.": every(lambda k: k["drawer"], lambda k: k["blue"]),
            "Ira has a broken pen that is not blue.": some(
                lambda k: k["pen"] and k["broken"] and not k["blue"]
            ),
        },
    )


def choir():
    return entailed(
        ("choir", "soprano", "student"),
        [
            every(lambda k: k["choir"] and k["soprano"], lambda k: k["student"]),
            some(lambda k: k["choir"] and not k["student"]),
        ],
        {
            "Some members of the choir are not sopranos.": some(
                lambda k: k["choir"] and not k["soprano"]
            ),
            "No students are sopranos.": every(lambda k: k["student"], lambda k: not k["soprano"]),
            "All students in the choir are sopranos.": every(
                lambda k: k["choir"] and k["student"], lambda k: k["soprano"]
            ),
            "Some sopranos are not students.": some(lambda k: k["soprano"] and not k["student"]),
        },
    )


def poets():
    return entailed(
        ("poet", "baker", "early", "sailor"),
        [
            some(lambda k: k["poet"] and k["baker"]),
            every(lambda k: k["baker"], lambda k: k["early"]),
            every(lambda k: k["sailor"], lambda k: not k["early"]),
        ],
        {
            "Some poets are not sailors.": some(lambda k: k["poet"] and not k["sailor"]),
            "No poet is a sailor.": every(lambda k: k["poet"], lambda k: not k["sailor"]),
            "Some sailors are poets.": some(lambda k: k["poet"] and k["sailor"]),
            "All poets rise early.": every(lambda k: k["poet"], lambda k: k["early"]),
        },
    )


def rain():
    worlds = [(r, off) for r, off in product((True, False), repeat=2) if (not r or off) and not off]
    return "It did not rain." if not any(r for r, _ in worlds) else "It may have rained."


def children():
    found = {
        name
        for name in ("Uma", "Cleo", "Ana")
        if len({"Ana", "Ben", name}) == 3 and "Uma" in {"Ana", "Ben", name}
    }
    return the_only(found)


def coin():
    holds = {"coin": "cup", "cup": "box", "box": "crate", "crate": "cellar"}
    place = "coin"
    while place in holds:
        place = holds[place]
    return f"in the {place}"


def ida():
    mother = {"Ida": "sister", "sister": "Jon's mother", "Jon": "Jon's mother"}
    return "her grandmother" if mother[mother["Ida"]] == mother["Jon"] else ""


DERIVED: dict[str, Any] = {
    "reasoning-01": lambda: race(),
    "reasoning-02": lambda: 5 + 2 + 14,
    "reasoning-03": lambda: "".join(chr((ord(c) - 98) % 26 + 97) for c in "dmpve"),
    "reasoning-04": lambda: pens(),
    "reasoning-05": lambda: -walk("R4 R3 R9")[0],
    "reasoning-06": lambda: 17 + 6,
    "reasoning-07": lambda: children(),
    "reasoning-08": lambda: coin(),
    "reasoning-09": lambda: next(n for n in range(1, 60) if n - 8 + 1 == 15),
    "reasoning-10": lambda: swaps(["red", "green", "blue", "white"], [(1, 3), (2, 4)])[1],
    "reasoning-11": lambda: knaves2(lambda a, b: not b, lambda a, b: a and b),
    "reasoning-12": lambda: rain(),
    "reasoning-13": lambda: snail(10, 3, 2),
    "reasoning-14": lambda: weekday(3, 1, "Thursday", 12, 1),
    "reasoning-15": lambda: two_pairs(),
    "reasoning-16": lambda: choir(),
    "reasoning-17": lambda: sum(
        sum(c in (0, 3) for c in p) == 2 for p in product(range(4), repeat=3)
    ),
    "reasoning-18": lambda: planet(),
    "reasoning-19": lambda: ida(),
    "reasoning-20": lambda: 45 - 1,
    "reasoning-21": lambda: knaves3(),
    "reasoning-22": lambda: pets(),
    "reasoning-23": lambda: row(),
    "reasoning-24": lambda: robot("AABCACB"),
    "reasoning-25": lambda: statements(),
    "reasoning-26": lambda: math.lcm(4, 6, 8, 10, 12),
    "reasoning-27": lambda: meetings(),
    "reasoning-28": lambda: bridge([1, 2, 5, 8]),
    "reasoning-29": lambda: "".join(
        chr((ord(c) - 97 - i - 1) % 26 + 97) for i, c in enumerate("djytj")
    ),
    "reasoning-30": lambda: poets(),
    "reasoning-31": lambda: next(k for k in range(9) if 3**k >= 27),
    "reasoning-32": lambda: travel(),
    "reasoning-33": lambda: the_only(lock()),
    "reasoning-34": lambda: vase(),
    "reasoning-35": lambda: sum("EE" not in w for w in {"".join(p) for p in permutations("LEVEL")}),
    "reasoning-36": lambda: bubble([5, 1, 4, 2, 8, 3], 2),
    "reasoning-37": lambda: pia(),
    "reasoning-38": lambda: knight((0, 0), (7, 7)),
    "reasoning-39": lambda: jugs(3, 5, 4),
    "reasoning-40": lambda: labels(),
    "reasoning-41": lambda: logicians(),
    "reasoning-42": lambda: cards(),
    "reasoning-43": lambda: dominoes(9),
    "reasoning-44": lambda: spies(),
    "reasoning-45": lambda: grids(),
    "reasoning-46": lambda: machine("udduud"),
    "reasoning-47": lambda: stones(21),
    "reasoning-48": lambda: necklaces(6),
    "reasoning-49": lambda: houses(),
    "reasoning-50": lambda: cube(6),
}
