"""Templates on language: word lists read from both sides, and sentences built so that we know."""

# ruff: noqa: E501 - questions and programs stand as they are put
from __future__ import annotations

import itertools
import re
from collections import Counter
from random import Random

from evaluator.suites.bank.draft import Draft, choice, number, word

PEOPLE = ("Anna", "Bruno", "Carla", "David", "Elena", "Felix", "Greta", "Henry", "Irene", "Jakob")
TRADES = ("baker", "painter", "teacher", "farmer", "singer", "doctor", "lawyer", "sailor", "miller")
THINGS = ("book", "key", "lamp", "map", "ring", "coat", "clock", "drum", "kite", "spoon")
SENTENCES = (
    "The old harbour was empty when the first boats came home",
    "Nobody in the village remembers who planted the tall trees",
    "A small green beetle crossed the kitchen table very slowly",
    "My neighbour keeps three bees in a jar for her experiments",
    "Every evening the lighthouse keeper feeds seven hungry geese",
    "The letter she never sent was found behind the mirror",
    "Between the two hills there is a meadow full of thistles",
    "He repeated the question until somebody laughed at him",
    "Cold weather seldom keeps the street musicians away from here",
    "The museum sells better coffee than the station does",
    "Winter comes early where the river meets the sea",
    "Her speech began with a joke that few people understood",
    "They moved the heavy piano up eleven narrow steps",
)
OPPOSITES = (
    ("ancient", "modern"),
    ("generous", "stingy"),
    ("shallow", "deep"),
    ("temporary", "permanent"),
    ("arrogant", "humble"),
    ("rigid", "flexible"),
    ("expand", "shrink"),
    ("conceal", "reveal"),
    ("victory", "defeat"),
    ("scarce", "plentiful"),
    ("hostile", "friendly"),
    ("vague", "precise"),
    ("voluntary", "compulsory"),
    ("praise", "blame"),
    ("transparent", "opaque"),
    ("borrow", "lend"),
)
SAME = (
    ("reluctant", "unwilling"),
    ("brief", "short"),
    ("conceal", "hide"),
    ("weary", "tired"),
    ("begin", "commence"),
    ("rapid", "swift"),
    ("odour", "smell"),
    ("assist", "help"),
    ("courageous", "brave"),
    ("wealthy", "rich"),
    ("purchase", "buy"),
    ("mistake", "error"),
    ("silent", "quiet"),
    ("ruin", "wreck"),
    ("peculiar", "strange"),
    ("forbid", "prohibit"),
)
KINDS = {
    "tools": ("hammer", "chisel", "saw", "pliers", "drill"),
    "fish": ("salmon", "trout", "herring", "cod", "perch"),
    "fabrics": ("linen", "velvet", "silk", "wool", "denim"),
    "instruments": ("cello", "flute", "trumpet", "harp", "oboe"),
    "vegetables": ("carrot", "leek", "radish", "spinach", "turnip"),
    "birds": ("sparrow", "heron", "magpie", "wren", "owl"),
}
PLURALS = (
    ("thesis", "theses"),
    ("ox", "oxen"),
    ("wolf", "wolves"),
    ("mouse", "mice"),
    ("goose", "geese"),
    ("criterion", "criteria"),
    ("child", "children"),
    ("crisis", "crises"),
    ("leaf", "leaves"),
    ("tooth", "teeth"),
    ("phenomenon", "phenomena"),
    ("knife", "knives"),
    ("foot", "feet"),
    ("hypothesis", "hypotheses"),
)
VERBS = (
    ("swim", "swam", "swum"),
    ("write", "wrote", "written"),
    ("break", "broke", "broken"),
    ("sing", "sang", "sung"),
    ("drive", "drove", "driven"),
    ("fly", "flew", "flown"),
    ("choose", "chose", "chosen"),
    ("begin", "began", "begun"),
    ("freeze", "froze", "frozen"),
    ("shake", "shook", "shaken"),
    ("drink", "drank", "drunk"),
    ("weave", "wove", "woven"),
    ("forget", "forgot", "forgotten"),
    ("tear", "tore", "torn"),
)
NEGATED = (
    ("legal", "illegal"),
    ("regular", "irregular"),
    ("possible", "impossible"),
    ("honest", "dishonest"),
    ("visible", "invisible"),
    ("happy", "unhappy"),
    ("mature", "immature"),
    ("loyal", "disloyal"),
    ("logical", "illogical"),
    ("responsible", "irresponsible"),
    ("complete", "incomplete"),
    ("patient", "impatient"),
    ("certain", "uncertain"),
    ("legible", "illegible"),
)
NOUNS = (
    ("decide", "decision"),
    ("arrive", "arrival"),
    ("brave", "bravery"),
    ("deep", "depth"),
    ("fail", "failure"),
    ("strong", "strength"),
    ("permit", "permission"),
    ("grow", "growth"),
    ("wide", "width"),
    ("refuse", "refusal"),
    ("long", "length"),
    ("describe", "description"),
    ("please", "pleasure"),
    ("receive", "reception"),
)
COMPOUNDS = (
    ("black", ("bird", "board", "list")),
    ("sun", ("flower", "light", "rise")),
    ("rain", ("bow", "coat", "fall")),
    ("foot", ("ball", "print", "path")),
    ("snow", ("ball", "man", "flake")),
    ("book", ("shelf", "mark", "worm")),
    ("fire", ("place", "man", "wood")),
    ("water", ("fall", "melon", "proof")),
    ("hand", ("shake", "bag", "writing")),
    ("moon", ("light", "beam", "stone")),
    ("news", ("paper", "letter", "stand")),
    ("grand", ("mother", "father", "son")),
    ("eye", ("brow", "lash", "lid")),
    ("tea", ("pot", "spoon", "cup")),
)
FITS = (
    (
        "The piano did not go through the door because it was too {}",
        ("wide", "the piano"),
        ("narrow", "the door"),
    ),
    (
        "The cart could not carry the stone because it was too {}",
        ("weak", "the cart"),
        ("heavy", "the stone"),
    ),
    (
        "The sofa would not stand in the niche because it was too {}",
        ("long", "the sofa"),
        ("short", "the niche"),
    ),
    (
        "The soup did not fit into the bowl because it was too {}",
        ("much", "the soup"),
        ("small", "the bowl"),
    ),
    (
        "The rope did not reach the anchor because it was too {}",
        ("short", "the rope"),
        ("far away", "the anchor"),
    ),
    (
        "The dog could not catch the hare because it was too {}",
        ("slow", "the dog"),
        ("fast", "the hare"),
    ),
    (
        "The blanket did not cover the bed because it was too {}",
        ("small", "the blanket"),
        ("large", "the bed"),
    ),
)
PHRASES = (
    ("He has a finger in every pie", "he takes part in many affairs"),
    ("She let the cat out of the bag", "she gave a secret away"),
    ("They buried the hatchet", "they made peace"),
    ("He bit off more than he could chew", "he took on too much"),
    ("She is under the weather", "she feels ill"),
    ("It costs an arm and a leg", "it is very expensive"),
    ("He is barking up the wrong tree", "he suspects the wrong thing"),
    ("She turned a blind eye to it", "she chose not to notice it"),
    ("They see eye to eye", "they agree"),
    ("He got cold feet", "he lost his courage"),
    ("It is a piece of cake", "it is very easy"),
    ("She sat on the fence", "she did not take sides"),
    ("He kicked the bucket", "he died"),
)


def letter_count(r: Random) -> Draft:
    said, letter = r.choice(SENTENCES), r.choice("aeiorsth")
    return number(
        f"How many times does the letter {letter} occur in this sentence, in capital or small form: '{said}'?",
        said.lower().count(letter),
        len(re.findall(letter, said, re.IGNORECASE)),
    )


def counted_word(r: Random) -> Draft:
    said, n = r.choice(SENTENCES), r.randrange(2, 7)
    again = re.findall(r"\w+", said)[-n]
    return word(
        f"What is the {('', '', 'second', 'third', 'fourth', 'fifth', 'sixth')[n]} word from the end of this "
        f"sentence: '{said}'?",
        said.split()[len(said.split()) - n],
        again,
    )


def dictionary_order(r: Random) -> Draft:
    words = r.sample(
        (
            "stable",
            "stage",
            "stain",
            "stair",
            "stake",
            "stale",
            "stall",
            "stamp",
            "stand",
            "staple",
            "starch",
            "start",
            "state",
            "station",
            "statue",
            "stave",
        ),
        5,
    )
    place = r.randrange(5)
    again = next(w for w in words if sum(v < w for v in words) == place)
    gold = sorted(words)[place]
    nth = ("first", "second", "third", "fourth", "last")[place]
    return word(
        f"Put these words in the order of the dictionary: {', '.join(words)}. Which one comes {nth}?",
        gold,
        again,
    )


def acrostic(r: Random) -> Draft:
    lists = {
        "a": ("apples", "artists", "all"),
        "c": ("cats", "candles", "carts"),
        "e": ("eagles", "echoes", "every"),
        "h": ("horses", "hats", "hills"),
        "i": ("inks", "islands", "icy"),
        "n": ("nuts", "nights", "nine"),
        "o": ("owls", "oceans", "old"),
        "r": ("rivers", "roses", "red"),
        "s": ("stars", "songs", "seven"),
        "t": ("towers", "tigers", "ten"),
        "l": ("lakes", "lemons", "late"),
    }
    hidden = r.choice(
        (
            "stone",
            "train",
            "coast",
            "learn",
            "earth",
            "ocean",
            "later",
            "react",
            "chair",
            "noise",
            "heart",
            "stair",
            "clone",
            "shore",
        )
    )
    words = [r.choice(lists[c]) for c in hidden]
    return word(
        f"Which word do the first letters of these words make, in order: {' '.join(words)}?",
        hidden,
        "".join(w[:1] for w in words),
    )


def unscramble(r: Random) -> Draft:
    known = {
        "lemon": "a fruit",
        "tiger": "an animal",
        "violin": "an instrument",
        "hammer": "a tool",
        "winter": "a season",
        "purple": "a colour",
        "doctor": "a profession",
        "kitchen": "a room",
        "january": "a month",
        "finger": "a part of the body",
        "copper": "a metal",
        "jacket": "a piece of clothing",
        "tuesday": "a day of the week",
        "pepper": "a spice",
    }
    hidden = r.choice(sorted(known))
    mixed = list(hidden)
    while "".join(mixed) == hidden:
        r.shuffle(mixed)
    again = [w for w in known if Counter(w) == Counter(mixed)]
    return word(
        f"The letters {' '.join(mixed).upper()} are those of an English word for {known[hidden]}. Which word is it?",
        hidden,
        again[0],
    )


def _pairs(r: Random, table: tuple[tuple[str, str], ...], ask: str) -> Draft:
    """A choice of the partner of a word; found again by reading the table from the other side."""
    a, b = r.choice(table)
    others = r.sample([y for x, y in table if a not in (x, y) and b not in (x, y)], 3)
    again = {y: x for x, y in table}
    return choice(ask.format(a), b, next(y for y in (b, *others) if again[y] == a), others)


def opposite(r: Random) -> Draft:
    return _pairs(r, OPPOSITES, "Which word means the opposite of '{}'?")


def synonym(r: Random) -> Draft:
    return _pairs(r, SAME, "Which word is closest in meaning to '{}'?")


def idiom(r: Random) -> Draft:
    return _pairs(r, PHRASES, "What does this saying mean: '{}'?")


def _form(r: Random, table: tuple[tuple[str, str], ...], ask: str) -> Draft:
    a, b = r.choice(table)
    return word(ask.format(a), b, next(y for x, y in table if x == a))


def plural(r: Random) -> Draft:
    return _form(r, PLURALS, "What is the plural of the noun '{}'?")


def participle(r: Random) -> Draft:
    table = tuple((verb, third) for verb, _, third in VERBS)
    return _form(r, table, "Write the past participle of the verb 'to {}' (as in 'has …').")


def negated(r: Random) -> Draft:
    return _form(
        r,
        NEGATED,
        "Put the right prefix (un-, in-, im-, il-, ir- or dis-) before '{}' to make its opposite, and write the whole word.",
    )


def odd_one_out(r: Random) -> Draft:
    kind, other = r.sample(sorted(KINDS), 2)
    three, one = r.sample(KINDS[kind], 3), r.choice(KINDS[other])
    home = {w: k for k, words in KINDS.items() for w in words}
    tally = Counter(home[w] for w in (*three, one))
    again = next(w for w in (*three, one) if tally[home[w]] == 1)
    return choice(
        "Which word does not belong with the others in meaning?"
        f" (They are: {', '.join(sorted((*three, one)))}.)",
        one,
        again,
        three,
    )


def derived_noun(r: Random) -> Draft:
    a, b = r.choice(NOUNS)
    others = r.sample([y for x, y in NOUNS if x != a], 3)
    return choice(
        f"Which noun belongs to '{a}' as 'choice' belongs to 'choose'?", b, dict(NOUNS)[a], others
    )


def compound(r: Random) -> Draft:
    first, ends = r.choice(COMPOUNDS)
    again = [a for a, all_ends in COMPOUNDS if set(ends) <= set(all_ends)]
    listed = r.sample(ends, 3)
    return word(
        f"Which word can be put before each of '{listed[0]}', '{listed[1]}' and '{listed[2]}' to make one word?",
        first,
        again[0],
    )


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


def shared_letters(r: Random) -> Draft:
    a, b = r.sample(
        (
            "garden",
            "danger",
            "stream",
            "master",
            "planet",
            "silent",
            "castle",
            "copper",
            "window",
            "thunder",
            "bridge",
            "orange",
            "winter",
            "carpet",
        ),
        2,
    )
    again = len([c for c in "abcdefghijklmnopqrstuvwxyz" if c in a and c in b])
    return number(
        f"How many different letters occur both in '{a}' and in '{b}'?", len(set(a) & set(b)), again
    )


def double_letters(r: Random) -> Draft:
    words = r.sample(
        (
            "letter",
            "garden",
            "coffee",
            "summer",
            "planet",
            "button",
            "silver",
            "pepper",
            "window",
            "kettle",
            "basket",
            "carrot",
            "lemon",
            "butter",
            "candle",
            "ladder",
        ),
        7,
    )
    gold = sum(any(x == y for x, y in itertools.pairwise(w)) for w in words)
    again = len(re.findall(r"\b\w*?(\w)\1\w*\b", " ".join(words)))
    return number(
        f"How many of these words contain the same letter twice in a row: {', '.join(words)}?",
        gold,
        again,
    )


TEMPLATES = (
    letter_count,
    counted_word,
    dictionary_order,
    acrostic,
    unscramble,
    opposite,
    synonym,
    idiom,
    plural,
    participle,
    negated,
    odd_one_out,
    derived_noun,
    compound,
    passive,
    too_large,
    counterfactual,
    few_failed,
    handed_on,
    before_after,
    nested_clauses,
    presupposed,
    agreement,
    shared_letters,
    double_letters,
)
