"""Questions on words: their forms, meanings and letters."""

# ruff: noqa: E501 - questions and programs stand as they are put

from __future__ import annotations

import itertools
import re
from collections import Counter
from random import Random

from evaluator.suites.bank.draft import Draft, choice, number, word
from evaluator.suites.bank.language.lexicon import (
    COMPOUNDS,
    KINDS,
    NEGATED,
    NOUNS,
    OPPOSITES,
    PHRASES,
    PLURALS,
    SAME,
    SENTENCES,
    VERBS,
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


def opposite(r: Random) -> Draft:
    return _pairs(r, OPPOSITES, "Which word means the opposite of '{}'?")


def synonym(r: Random) -> Draft:
    return _pairs(r, SAME, "Which word is closest in meaning to '{}'?")


def idiom(r: Random) -> Draft:
    return _pairs(r, PHRASES, "What does this saying mean: '{}'?")


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


def _pairs(r: Random, table: tuple[tuple[str, str], ...], ask: str) -> Draft:
    """A choice of the partner of a word; found again by reading the table from the other side."""
    a, b = r.choice(table)
    others = r.sample([y for x, y in table if a not in (x, y) and b not in (x, y)], 3)
    again = {y: x for x, y in table}
    return choice(ask.format(a), b, next(y for y in (b, *others) if again[y] == a), others)


def _form(r: Random, table: tuple[tuple[str, str], ...], ask: str) -> Draft:
    a, b = r.choice(table)
    return word(ask.format(a), b, next(y for x, y in table if x == a))


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
    shared_letters,
    double_letters,
)
