"""Puzzles of who, when and what must be true."""

# ruff: noqa: E501 - questions and programs stand as they are put

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import combinations, pairwise, permutations, product
from random import Random

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


def _claim(kind: int, about: int, speaker: int, world: tuple[bool, ...]) -> bool:
    if kind == 0:
        return not world[about]
    return world[about] == world[speaker] if kind == 1 else world.count(True) == 2


def _holds(said: tuple[int, str, int], world: list[tuple[bool, ...]]) -> bool:
    a, how, b = said
    both = any(kind[a] and kind[b] for kind in world)
    apart = any(kind[a] and not kind[b] for kind in world)
    return {"all": not apart, "no": not both, "some": both, "somenot": apart}[how]


def _without(which: int, person: int, thing: str) -> Fits:
    return lambda world: world[which][person] != thing


def _together(pet: str, colour: str) -> Fits:
    return lambda world: world[0].index(pet) == world[1].index(colour)


TEMPLATES = (
    queue_order,
    knights,
    weekday_after,
    days_between,
    shifted_word,
    nonsense_syllogism,
    truth_cases,
    descent,
    groups_greet,
    free_hour,
    pets_and_houses,
    one_true_label,
)
