"""A second way to each gold answer of the core suite's language: a program, or a second reader.

READ holds what a second reader chose from the prompts alone, with the reason.
"""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import Any

from tests.suites.derivations.search import the_only

WORDS = {
    "table",
    "drawer",
    "window",
    "carpet",
    "reward",
    "black",
    "white",
    "blackboard",
    "blackbird",
    "blacklist",
    "garden",
    "danger",
    "whiteboard",
    "board",
    "bird",
    "list",
    "blue",
    "bluebird",
} - {"danger"}
BIRDS = ["stork", "snark", "robin", "raven", "stilt"]
ROCKS = ["stock", "shock", "smock", "block", "flock"]
VERBS = {"swim": ("swim", "swam", "swum")}
SYLLABLES = {
    "basket": 2,
    "umbrella": 3,
    "river": 2,
    "strength": 1,
    "computer": 3,
    "paper": 2,
    "elephant": 3,
}


def plural(noun):
    return noun[:-2] + "es" if noun.endswith("is") else noun + "s"


def apart(a, b):
    return sum(x != y for x, y in zip(a, b, strict=True))


def witnesses():
    def said(denied):
        return not all(denied)

    readings = {
        "At least one witness did not deny knowing him.": lambda denied: not all(denied),
        "No witness denied knowing him.": lambda denied: not any(denied),
        "Every witness denied knowing him.": all,
        "At least one witness denied knowing him.": any,
    }
    worlds = list(product((True, False), repeat=3))
    return the_only(
        name for name, holds in readings.items() if all(holds(w) == said(w) for w in worlds)
    )


def pump():
    worlds = [
        (checked, valve, alarm)
        for checked, valve, alarm in product((True, False), repeat=3)
        if (alarm or checked or not valve) and valve and not alarm
    ]
    return "The pump was checked." if all(checked for checked, _, _ in worlds) else ""


DERIVED: dict[str, Any] = {
    "language-05": lambda: plural("thesis"),
    "language-06": lambda: VERBS["swim"][2],
    "language-07": lambda: len(
        ["The", "old", "man", "and", "his", "dog", "walked", "slowly", "home."]
    ),
    "language-08": lambda: min(["marble", "margin", "market", "marine"]),
    "language-15": lambda: plural("key"),
    "language-16": lambda: the_only(w for w in WORDS if sorted(w) == sorted("rgadne")),
    "language-17": lambda: "Every evening the three geese sleep here".lower().count("e"),
    "language-26": lambda: "".join(w[0] for w in "Small hens are rarely known".lower().split()),
    "language-27": lambda: "hearty"[:-1] + "ily",
    "language-28": lambda: the_only(
        w for w in ["table", "drawer", "window", "carpet"] if w[::-1] in WORDS
    ),
    "language-29": lambda: sum(
        SYLLABLES[w] == 2
        for w in ["basket", "umbrella", "river", "strength", "computer", "paper", "elephant"]
    ),
    "language-30": lambda: " ".join(sorted(["though", "through", "thorough", "thought"])),
    "language-37": lambda: the_only(
        b for a in BIRDS for b in ROCKS if apart("stark", a) == 1 and apart(a, b) == 1
    ),
    "language-38": lambda: sum(
        w[0] == "s" and w[1] != "h"
        for w in [
            "she",
            "sells",
            "sea",
            "shells",
            "he",
            "sees",
            "the",
            "sea",
            "she",
            "seems",
            "sure",
        ]
    ),
    "language-39": lambda: "perceive"[:-4] + "eption",
    "language-41": lambda: witnesses(),
    "language-43": lambda: pump(),
    "language-46": lambda: the_only({a for a in "IN" if a in ("A", "I")}),
    "language-47": lambda: the_only(
        w for w in WORDS if all(w + e in WORDS for e in ("board", "bird", "list"))
    ),
    "language-48": lambda: sum(
        not set(w) & set("stone")
        for w in ["my", "fully", "lucky", "cup", "jim", "is", "a", "big", "hid", "rug", "by", "ava"]
    ),
    "language-49": lambda: the_only(
        Counter(
            c for c in "An honest farmer often sows on Monday mornings".lower() if c in "aeiou"
        ).most_common(1)
    )[0],
}

READ: dict[str, tuple[str, str]] = {
    "language-01": (
        "Tom's sister opened the letter.",
        "the agent after 'by' becomes the subject of the active sentence",
    ),
    "language-02": (
        "the suitcase",
        "a container too small keeps a thing from fitting; a thing too small would fit",
    ),
    "language-03": (
        "unwilling",
        "reluctant: not wanting to do a thing",
    ),
    "language-04": (
        "plentiful",
        "scarce: in short supply; plentiful: in large supply",
    ),
    "language-09": (
        "that he is very hungry",
        "a fixed phrase: an exaggeration of hunger",
    ),
    "language-10": (
        "whisper",
        "the others are ways of walking",
    ),
    "language-11": (
        "ten",
        "seven weeks and then another three: 7 + 3",
    ),
    "language-12": (
        "the deputy",
        "'his deputy … did it', where 'it' is cutting the ribbon",
    ),
    "language-13": (
        "The leak happened before the second report was written.",
        "'a week after' is counted from the leak; one inspector wrote both; he was told to omit it",
    ),
    "language-14": (
        "Greta's brother",
        "'he bought … and kept the stained one': the subject of 'kept' is 'he', the brother",
    ),
    "language-18": (
        "She saw the man with the telescope.",
        "'with the telescope' may belong to 'saw' or to 'the man'; in the others it is fixed",
    ),
    "language-19": (
        "He sat down.",
        "'no sooner X than Y': X just before Y",
    ),
    "language-20": (
        "symphony",
        "the maker and the work he makes",
    ),
    "language-21": (
        "Nobody but Vera claimed that Vera had finished.",
        "'only' stands before the one who claims; what is claimed is not asserted",
    ),
    "language-22": (
        "The guard was asleep, and the painting is gone.",
        "a counterfactual implies that both its parts, not asleep and still here, are false",
    ),
    "language-23": (
        "husband",
        "the husband of the patient's wife is the patient",
    ),
    "language-24": (
        "Most guests noticed the mistake.",
        "few failed = most did not fail = most noticed",
    ),
    "language-25": (
        "There was nothing good to say about the soup but that it was warm.",
        "'to put it kindly' announces that the truth is worse than the word",
    ),
    "language-31": (
        "the man",
        "[the man [the dog [the boy owned] bit] shouted]: outermost subject, outermost verb",
    ),
    "language-32": (
        "excellent",
        "'cannot … too highly': however high the praise, it would not be too high",
    ),
    "language-33": (
        "Of the three who complained, at most one still has an open bakery.",
        "two are closed, the third is silent; causes, contentment and numbers are not stated",
    ),
    "language-34": (
        "Ravi does not smoke.",
        "'stop' presupposes the earlier state, also under negation and in questions",
    ),
    "language-35": (
        "Not every child got a present.",
        "half got one, so negation ranges over 'every'",
    ),
    "language-36": (
        "He is no astronaut, and she is no linguist.",
        "'no more X than Y' with an absurd Y denies both",
    ),
    "language-40": (
        "He missed the train, which annoyed everybody.",
        "what annoyed everybody is that he missed it; in the others 'which' is a train",
    ),
    "language-42": (
        "the director",
        "[the director of the play [the critic [whom the actors feared] praised] resigned]",
    ),
    "language-44": (
        "on weekdays only",
        "on other days the guest would have to belong to a club; one guest is within the limit",
    ),
    "language-45": (
        "John",
        "'his' can only refer to John, the one male person in the sentence",
    ),
    "language-50": (
        "The new plan may be no better, but if it differs, it is slightly better.",
        "'if anything' hedges the existence of a difference; 'less bad' gives its direction",
    ),
}
