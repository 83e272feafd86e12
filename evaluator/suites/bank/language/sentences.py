"""Questions on sentences that are built so that we know what they say."""

# ruff: noqa: E501 - questions and programs stand as they are put

from __future__ import annotations

import re
from random import Random

from evaluator.suites.bank.draft import Draft, choice, word
from evaluator.suites.bank.language.lexicon import FITS, PEOPLE, THINGS, TRADES


def passive(r: Random) -> Draft:
    a, b, c = r.sample(TRADES, 3)
    verb = r.choice(("praised", "followed", "invited", "photographed", "warned"))
    tag = f"The {a} who was {verb} by the {b} had himself {verb} the {c}."
    deeds = [(b, a), (a, c)]
    ask = r.randrange(2)
    gold, victim = deeds[ask]
    again = next(doer for doer, done in deeds if done == victim)
    others = [f"the {x}" for x in (a, b, c) if x != gold]
    return choice(
        f"'{tag}' Who {verb} the {victim}?",
        f"the {gold}",
        f"the {again}",
        [*others, "It is not said."],
    )


def too_large(r: Random) -> Draft:
    frame, (one, what), (two, other) = r.choice(FITS)
    pick, gold, wrong = r.choice(((one, what, other), (two, other, what)))
    again = {one: what, two: other}[pick]
    return choice(
        f"'{frame.format(pick)}.' What was too {pick}?",
        gold,
        again,
        [wrong, "both of them", "something that is not named"],
    )


def counterfactual(r: Random) -> Draft:
    who = r.choice(PEOPLE)
    had, would = r.choice(
        (
            ("taken the early train", "been on time"),
            ("locked the gate", "kept the goats"),
            ("asked for help", "finished the work"),
            ("read the letter", "known the truth"),
            ("worn a coat", "stayed dry"),
            ("kept the receipt", "got the money back"),
        )
    )
    negated_first = r.choice((True, False))
    if negated_first:
        said = f"If {who} had not {had}, {who} would not have {would}."
        truth = (True, True)
    else:
        said = f"If {who} had {had}, {who} would have {would}."
        truth = (False, False)

    def say(state: tuple[bool, bool]) -> str:
        return f"{who} had {'' if state[0] else 'not '}{had} and had {'' if state[1] else 'not '}{would}."

    states = [(a, b) for a in (True, False) for b in (True, False)]
    again = next(
        s
        for s in states
        if s[0] == ("not" in said.split(",")[0]) and s[1] == ("not" in said.split(",")[1])
    )
    return choice(
        f"'{said}' What does the speaker take to be the case?",
        say(truth),
        say(again),
        [say(s) for s in states if s != truth],
    )


def few_failed(r: Random) -> Draft:
    group = r.choice(("guests", "pupils", "jurors", "drivers", "voters", "climbers"))
    verb, base = r.choice(
        (
            ("notice the sign", "noticed the sign"),
            ("answer the letter", "answered the letter"),
            ("pay the fee", "paid the fee"),
            ("pass the test", "passed the test"),
        )
    )
    how, share = r.choice((("Few", 0.1), ("Most", 0.9), ("Not one", 0.0), ("Hardly any", 0.05)))
    said = f"{how} of the {group} failed to {verb}."
    did = 1 - share
    gold = "all" if did == 1 else "most" if did > 0.5 else "few"
    again = {"Few": "most", "Hardly any": "most", "Most": "few", "Not one": "all"}[how]
    text = {
        "all": f"Every one of the {group} {base}.",
        "most": f"A large part of the {group} {base}, but not all.",
        "few": f"A small part of the {group} {base}.",
        "none": f"None of the {group} {base}.",
    }
    others = [t for key, t in text.items() if key != gold]
    return choice(f"'{said}' What follows?", text[gold], text[again], others)


def handed_on(r: Random) -> Draft:
    names, thing = r.sample(PEOPLE, 4), r.choice(THINGS)
    holder, moves = names[0], []
    for _ in range(r.randrange(3, 5)):
        to = r.choice([n for n in names if n != holder])
        form = r.randrange(3)
        moves.append(
            (
                (
                    f"{holder} gave the {thing} to {to}.",
                    f"{to} took the {thing} from {holder}.",
                    f"{to} was handed the {thing} by {holder}.",
                )[form],
                holder,
                to,
            )
        )
        holder = to
    owner = dict.fromkeys(names, False)
    owner[names[0]] = True
    for _, a, b in moves:
        if owner[a]:
            owner[a], owner[b] = False, True
    again = next(n for n in names if owner[n])
    said = " ".join(text for text, _, _ in moves)
    return choice(
        f"{names[0]} had a {thing}. {said} Who has the {thing} now?",
        holder,
        again,
        [n for n in names if n != holder],
    )


def before_after(r: Random) -> Draft:
    acts = r.sample(
        (
            "she fed the dog",
            "she rang the bell",
            "she wrote a note",
            "she opened the window",
            "she washed the cups",
            "she paid the bill",
        ),
        4,
    )
    a, b, c, d = acts
    said = [f"Before {b}, {a}.", f"After {b}, {c}.", f"As the last thing of all, {d}."]
    order = [a, b, c, d]
    r.shuffle(said)
    place = r.randrange(4)
    links = {(a, b), (b, c), (a, d), (b, d), (c, d)}
    again = sorted(order, key=lambda x: sum(y == x for _, y in links))[place]
    nth = ("first", "second", "third", "last")[place]
    return choice(
        f"{' '.join(said)} What did she do {nth}?",
        order[place],
        again,
        [x for x in order if x != order[place]],
    )


def nested_clauses(r: Random) -> Draft:
    a, b, c = r.sample(TRADES, 3)
    v1, v2, v3 = (
        r.sample(("laughed", "slept", "resigned", "waved", "left"), 1)[0],
        *r.sample(("feared", "admired", "hired", "trusted", "knew"), 2),
    )
    said = f"The {a} the {b} the {c} {v2} {v3} {v1}."
    deeds = {v1: a, v3: b, v2: c}
    verb = r.choice((v1, v2, v3))
    ask = f"Who {verb}?" if verb == v1 else f"Who {verb} somebody?"
    nouns, verbs = re.findall(r"[Tt]he (\w+)", said), said.rstrip(".").split()[-3:]
    again = dict(zip(reversed(verbs), nouns, strict=True))[verb]
    gold = deeds[verb]
    return choice(
        f"'{said}' (The sentence is grammatical.) {ask}",
        f"the {gold}",
        f"the {again}",
        [*(f"the {x}" for x in (a, b, c) if x != gold), "nobody"],
    )


def presupposed(r: Random) -> Draft:
    who = r.choice(PEOPLE)
    habit, base = r.choice(
        (
            ("smoking", "smoke"),
            ("painting", "paint"),
            ("gambling", "gamble"),
            ("keeping bees", "keep bees"),
            ("biting nails", "bite nails"),
        )
    )
    right = r.choice(
        (f"{who} does not {base}.", f"Does {who} {base}?", f"Perhaps {who} likes to {base}.")
    )
    wrong = [
        f"{who} has stopped {habit}.",
        f"{who} has not stopped {habit}.",
        f"When did {who} stop {habit}?",
    ]
    again = next(s for s in (right, *wrong) if "stop" not in s)
    return choice(
        f"Which sentence does not take for granted that {who} used to {base}?", right, again, wrong
    )


def agreement(r: Random) -> Draft:
    plural_head = r.choice((True, False))
    head = r.choice(("key", "letter", "box", "road", "song", "report"))
    near = (
        r.choice(("cabinets", "kings", "gardens", "sailors"))
        if not plural_head
        else r.choice(("cabinet", "king", "garden", "sailor"))
    )
    plural_form = head + ("es" if head.endswith("x") else "s")
    noun = plural_form if plural_head else head
    said = f"The {noun} {r.choice(('to', 'near', 'about', 'beside'))} the {near}"
    verb = r.choice((("is", "are"), ("was", "were"), ("has been", "have been")))
    gold = verb[1] if plural_head else verb[0]
    again = verb[1] if said.split()[1] != head else verb[0]
    return word(
        f"Complete the sentence with '{verb[0]}' or '{verb[1]}': '{said} … found yesterday.' Write only what is to "
        "be put in.".replace("found yesterday", "found" if "been" in gold else "old"),
        gold,
        again,
    )


TEMPLATES = (
    passive,
    too_large,
    counterfactual,
    few_failed,
    handed_on,
    before_after,
    nested_clauses,
    presupposed,
    agreement,
)
