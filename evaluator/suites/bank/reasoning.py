"""Templates of puzzles. Each answer is found by two searches, or by a search and a formula."""

# ruff: noqa: E501 - questions and programs stand as they are put
from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable
from datetime import date, timedelta
from functools import cache
from itertools import combinations, pairwise, permutations, product
from random import Random
from typing import Any

from evaluator.suites.bank.draft import Draft, choice, number, word

Fits = Callable[[tuple[tuple[str, ...], tuple[str, ...]]], bool]
NAMES = ("Aki", "Bela", "Cem", "Dora", "Emil", "Fina", "Gero", "Hana", "Ivo", "Jule")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
COLOURS = ("red", "green", "blue", "white", "yellow", "brown")
WORDS = (
    "garden",
    "silver",
    "planet",
    "window",
    "candle",
    "thunder",
    "pocket",
    "marble",
    "bridge",
    "copper",
    "winter",
    "lantern",
    "saddle",
    "basket",
    "mirror",
    "anchor",
)


def queue_order(r: Random) -> Draft:
    people = r.sample(NAMES, 5)
    clues = [(a, b) for a, b in pairwise(people)]
    place = r.randrange(5)
    said = [f"{a} stands somewhere in front of {b}." for a, b in clues]
    r.shuffle(said)
    fits = [
        p for p in permutations(sorted(people)) if all(p.index(a) < p.index(b) for a, b in clues)
    ]
    words = ("first", "second", "third", "fourth", "fifth")
    again = fits[0][place] if len(fits) == 1 else ""
    others = [name for name in people if name != people[place]]
    return choice(
        f"Five people stand in a queue. {' '.join(said)} Who is {words[place]}?",
        people[place],
        again,
        others[:3],
    )


def knights(r: Random) -> Draft:
    names = r.sample(NAMES, 3)
    while True:
        claims = []
        for speaker in range(3):
            kind, about = r.randrange(3), r.choice([i for i in range(3) if i != speaker])
            claims.append((kind, about))
        worlds = [
            w
            for w in product((True, False), repeat=3)
            if all(_claim(kind, about, i, w) == w[i] for i, (kind, about) in enumerate(claims))
        ]
        if len(worlds) == 1:
            break
    says = (
        lambda i, a: f"{names[i]} says: '{names[a]} is a knave.'",
        lambda i, a: f"{names[i]} says: '{names[a]} and I are of the same kind.'",
        lambda i, _: f"{names[i]} says: 'There are exactly two knights among us three.'",
    )
    said = " ".join(says[kind](i, about) for i, (kind, about) in enumerate(claims))
    again = []
    for bits in range(8):
        w = tuple(bool(bits >> i & 1) for i in range(3))
        truths = [[not w[a], w[a] == w[i], sum(w) == 2][k] for i, (k, a) in enumerate(claims)]
        if tuple(truths) == w:
            again.append(sum(w))
    return number(
        "On an island each person is a knight, who always tells the truth, or a knave, who always lies. "
        f"{said} How many of the three are knights?",
        sum(worlds[0]),
        again[0] if len(again) == 1 else "",
    )


def _claim(kind: int, about: int, speaker: int, world: tuple[bool, ...]) -> bool:
    if kind == 0:
        return not world[about]
    return world[about] == world[speaker] if kind == 1 else world.count(True) == 2


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


def weekday_after(r: Random) -> Draft:
    day, ahead = r.randrange(7), r.randrange(20, 400)
    back = r.randrange(3, 15)
    gold = DAYS[(day + ahead - back) % 7]
    again = DAYS[(date(2024, 1, 1) + timedelta(days=day + ahead - back)).weekday()]
    return word(
        f"Today is {DAYS[day]}. A market takes place {ahead} days from now, and its stalls are let {back} days "
        "before that. On which day of the week are the stalls let?",
        gold,
        again,
    )


def days_between(r: Random) -> Draft:
    first = date(2023, 1, 1) + timedelta(days=r.randrange(200))
    second = first + timedelta(days=r.randrange(30, 160))
    months = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    again = (
        sum(months[: second.month - 1]) + second.day - sum(months[: first.month - 1]) - first.day
    )
    return number(
        f"In a year that is not a leap year, how many days after {first.day} {first:%B} is {second.day} "
        f"{second:%B}?",
        (second - first).days,
        again,
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


def shifted_word(r: Random) -> Draft:
    plain, k = r.choice(WORDS), r.randrange(1, 6)
    coded = "".join(chr((ord(c) - 97 + k + i) % 26 + 97) for i, c in enumerate(plain))
    alphabet = "abcdefghijklmnopqrstuvwxyz"
    again = "".join(alphabet[alphabet.index(c) - k - i] for i, c in enumerate(coded))
    return word(
        f"In a code, the first letter of a word is moved {k} places on in the alphabet, the second {k + 1}, "
        f"the third {k + 2}, and so on; after z comes a. Which word is written '{coded}'?",
        plain,
        again,
    )


def nonsense_syllogism(r: Random) -> Draft:
    a, b, c = r.sample(("blips", "fenks", "gorms", "larps", "tovs", "wugs", "zins", "murks"), 3)
    form = r.randrange(3)
    premises, right, wrong = (
        (
            (f"All {a} are {b}. No {b} are {c}.", ((0, "all", 1), (1, "no", 2))),
            (0, "no", 2),
            [(2, "all", 1), (1, "all", 0), (2, "some", 0)],
        ),
        (
            (f"Some {a} are {b}. All {b} are {c}.", ((0, "some", 1), (1, "all", 2))),
            (0, "some", 2),
            [(0, "all", 2), (2, "all", 1), (0, "no", 1)],
        ),
        (
            (f"Some {a} are not {b}. All {c} are {b}.", ((0, "somenot", 1), (2, "all", 1))),
            (0, "somenot", 2),
            [(0, "no", 2), (2, "all", 0), (0, "all", 2)],
        ),
    )[form]
    names = (a, b, c)
    text = {
        "all": "All {} are {}.",
        "no": "No {} are {}.",
        "some": "Some {} are {}.",
        "somenot": "Some {} are not {}.",
    }

    def say(s: tuple[int, str, int]) -> str:
        return text[s[1]].format(names[s[0]], names[s[2]])

    kinds = list(product((True, False), repeat=3))
    options = [right, *wrong]
    always = dict.fromkeys(options, True)
    for present in product((True, False), repeat=8):
        world = [kind for kind, there in zip(kinds, present, strict=True) if there]
        if all(_holds(p, world) for p in premises[1]):
            for s in options:
                always[s] = always[s] and _holds(s, world)
    follow = [s for s in options if always[s]]
    return choice(
        f"{premises[0]} Which statement must be true?",
        say(right),
        say(follow[0]) if len(follow) == 1 else "",
        [say(s) for s in wrong],
    )


def _holds(said: tuple[int, str, int], world: list[tuple[bool, ...]]) -> bool:
    a, how, b = said
    both = any(kind[a] and kind[b] for kind in world)
    apart = any(kind[a] and not kind[b] for kind in world)
    return {"all": not apart, "no": not both, "some": both, "somenot": apart}[how]


def truth_cases(r: Random) -> Draft:
    p, q, s = r.sample(("it is cold", "the shop is open", "the bus is late", "Ann is at home"), 3)
    forms: list[
        tuple[str, Callable[[bool, bool, bool], bool], Callable[[bool, bool, bool], bool]]
    ] = [
        (
            f"if {p}, then {q} or {s}",
            lambda a, b, c: not a or b or c,
            lambda a, b, c: a <= max(b, c),
        ),
        (
            f"{p}, and {q} or {s} but not both",
            lambda a, b, c: a and b != c,
            lambda a, b, c: a * (b + c) == 1,
        ),
        (
            f"exactly two of these hold: {p}; {q}; {s}",
            lambda a, b, c: a + b + c == 2,
            lambda a, b, c: (a and b and not c) or (a and c and not b) or (b and c and not a),
        ),
        (
            f"{p} if and only if both {q} and {s}",
            lambda a, b, c: a == (b and c),
            lambda a, b, c: a == min(b, c),
        ),
        (
            f"neither {p} nor {q}, or else {s}",
            lambda a, b, c: (not a and not b) or c,
            lambda a, b, c: not ((a or b) and not c),
        ),
    ]
    said, one, other = r.choice(forms)
    cases = list(product((False, True), repeat=3))
    return number(
        f"Three things may each be true or false, independently: {p}; {q}; {s}. In how many of the 8 cases is "
        f"this true: '{said}'? ('Or' includes both unless it is said otherwise.)",
        sum(bool(one(*c)) for c in cases),
        sum(bool(other(*c)) for c in cases),
    )


def descent(r: Random) -> Draft:
    people = r.sample(NAMES, 5)
    depth = r.randrange(2, 5)
    facts = [f"{a} is a parent of {b}." for a, b in pairwise(people)]
    r.shuffle(facts)
    terms = ("child", "grandchild", "great-grandchild", "great-great-grandchild")
    parent = dict(zip(people[1:], people, strict=False))
    who, steps = people[depth], 0
    while who != people[0]:
        who, steps = parent[who], steps + 1
    gold = terms[depth - 1]
    return choice(
        f"{' '.join(facts)} What is {people[depth]} to {people[0]}?",
        f"a {gold}",
        f"a {terms[steps - 1]}",
        [f"a {t}" for t in terms if t != gold],
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


def groups_greet(r: Random) -> Draft:
    a, b = r.randrange(4, 14), r.randrange(3, 12)
    gold = a * (a - 1) // 2 + a * b
    people = [("a", i) for i in range(a)] + [("b", i) for i in range(b)]
    again = sum("a" in (x[0], y[0]) for x, y in combinations(people, 2))
    return number(
        f"At a party there are {a} neighbours and {b} visitors. Every neighbour shakes hands once with every "
        "other person, but visitors do not shake hands with each other. How many handshakes are there?",
        gold,
        again,
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


def free_hour(r: Random) -> Draft:
    while True:
        busy = [sorted(r.sample(range(8, 18), r.randrange(4, 7))) for _ in range(3)]
        free = [h for h in range(8, 18) if not any(h in hours for hours in busy)]
        if len(free) == 1:
            break
    again = set(range(8, 18)).difference(*busy)
    names = r.sample(NAMES, 3)
    said = " ".join(
        f"{name} is busy in the hours that begin at {', '.join(map(str, hours))}."
        for name, hours in zip(names, busy, strict=True)
    )
    return number(
        f"Three people look for one hour between 8 and 18 o'clock that is free for all. {said} At what o'clock "
        "does the only such hour begin?",
        free[0],
        again.pop(),
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


def pets_and_houses(r: Random) -> Draft:
    while True:
        people = r.sample(NAMES, 3)
        pets, colours = r.sample(("cat", "dog", "parrot", "rabbit"), 3), r.sample(COLOURS, 3)
        worlds = [(p, c) for p in permutations(pets) for c in permutations(colours)]
        clues: list[tuple[str, Fits]] = []
        for i, (who, pet, colour) in enumerate(zip(people, pets, colours, strict=True)):
            pet_not = r.choice([p for p in pets if p != pet])
            colour_not = r.choice([c for c in colours if c != colour])
            clues += [
                (f"{who} has no {pet_not}.", _without(0, i, pet_not)),
                (f"{who} does not live in the {colour_not} house.", _without(1, i, colour_not)),
                (f"The {pet} lives in the {colour} house.", _together(pet, colour)),
            ]
        r.shuffle(clues)
        kept: list[tuple[str, Fits]] = []
        left = worlds
        for said, holds in clues:
            fewer = [w for w in left if holds(w)]
            if len(fewer) < len(left):
                left, kept = fewer, [*kept, (said, holds)]
        asked = r.randrange(3)
        found = {w[0][asked] for w in worlds if all(holds(w) for _, holds in kept)}
        if len(found) == 1:
            break
    a, b, c = sorted(pets)
    x, y, z = sorted(colours)
    others = [f"the {pet}" for pet in sorted(pets) if pet != pets[asked]]
    return choice(
        f"{', '.join(sorted(people)[:2])} and {sorted(people)[2]} have one pet each: a {a}, a {b} and a {c}, in "
        f"some order. Their houses are {x}, {y} and {z}. {' '.join(said for said, _ in kept)} Which pet does "
        f"{people[asked]} have?",
        f"the {pets[asked]}",
        f"the {found.pop()}",
        [*others, "It cannot be known."],
    )


def _without(which: int, person: int, thing: str) -> Fits:
    return lambda world: world[which][person] != thing


def _together(pet: str, colour: str) -> Fits:
    return lambda world: world[0].index(pet) == world[1].index(colour)


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


def _nth(k: int) -> str:
    return ("", "", "second", "third", "fourth", "fifth", "sixth")[k]


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


def one_true_label(r: Random) -> Draft:
    colours = r.sample(COLOURS, 4)
    while True:
        claims = [(r.randrange(4), r.choice((True, False))) for _ in range(4)]
        fits = [t for t in range(4) if sum((t == c) == yes for c, yes in claims) == 1]
        if len(fits) == 1:
            break
    said = " ".join(
        f"On the {colour} one: 'The treasure is {'' if yes else 'not '}in the {colours[c]} chest.'"
        for colour, (c, yes) in zip(colours, claims, strict=True)
    )
    again = []
    for t in range(4):
        truths = [(c == t) is yes for c, yes in claims]
        if truths.count(True) == 1:
            again.append(colours[t])
    gold = colours[fits[0]]
    return choice(
        f"One of four chests holds a treasure, and exactly one of the labels on them is true. {said} Which chest "
        "holds the treasure?",
        f"the {gold} chest",
        f"the {again[0]} chest",
        [f"the {c} chest" for c in colours if c != gold],
    )


TEMPLATES = (
    queue_order,
    knights,
    cups,
    weekday_after,
    days_between,
    compass,
    shifted_word,
    nonsense_syllogism,
    truth_cases,
    descent,
    next_term,
    clock_hands,
    groups_greet,
    closed_crossing,
    lift,
    free_hour,
    heavy_coin,
    torch_bridge,
    jugs,
    last_stone,
    pets_and_houses,
    page_digits,
    toggled_doors,
    counting_out,
    text_machine,
    one_true_label,
)
