"""Puzzles of the core suite solved by going through every world they could be about."""

from __future__ import annotations

from itertools import permutations, product

from tests.suites.derivations.search import the_only


def race():
    found = [
        p
        for p in permutations(["Kim", "Lou", "Mo", "Nia", "Oli"])
        if p.index("Nia") < p.index("Kim") < p.index("Lou") < p.index("Mo") and p[4] == "Oli"
    ]
    return the_only(p[2] for p in found)


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


def vase():
    found = []
    for who in ("Al", "Bea", "Cal", "Dov"):
        said = [who == "Bea", who == "Dov", who != "Cal", who != "Dov"]
        if sum(said) == 1:
            found.append(who)
    return the_only(found)


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


def houses():
    found = set()
    for order in permutations(("red", "blue", "green", "white", "yellow")):
        at = order.index
        near = abs(at("blue") - at("red")) == 1 and abs(at("white") - at("yellow")) == 1
        if near and at("green") < at("white") and at("red") == 2 and at("yellow") in (0, 4):
            found.add(order[1])
    return the_only(found)


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


def ida():
    mother = {"Ida": "sister", "sister": "Jon's mother", "Jon": "Jon's mother"}
    return "her grandmother" if mother[mother["Ida"]] == mother["Jon"] else ""
