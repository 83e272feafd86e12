"""Choice: the letter that the answer says is right, last time it says so; never a guess.

Neither the first nor the last letter of a text is an answer: `A lot of people …` names no choice.
A letter counts where it is marked (`Answer: B`, `\\boxed{B}`, `B is correct`), or where it is all
there is on the last line; so does the full text of one choice in such a place.

>>> grade(Prompt(..., choices=("red", "blue"), gold="B"), "Not A. The answer is (B).").score
1.0
"""

from __future__ import annotations

import re
from string import ascii_uppercase

from evaluator.grading.exact import plain
from evaluator.grading.grade import Grade, judged, wrong
from evaluator.grading.reading import MARKER, bare, last_match, marked, read, undressed
from evaluator.suites.prompt import Prompt

VERSION = 1

_DRESS = r"[\s*_`$\"'“”({\[\\]{0,12}"
LETTER = re.compile(
    rf"^{_DRESS}(?:(?:option|choice|letter)\s{{1,4}}{_DRESS})?(?P<letter>[A-Za-z])(?![\w'’])"
    r"(?P<rest>.*)$",
    re.DOTALL | re.IGNORECASE,
)
SAID = re.compile(
    r"(?:\b(?:option|choice|letter)\s{1,3}|(?<![\w'’]))"
    r"[(*\"']{0,4}(?P<letter>[A-Z])[)*\"'.:]{0,4}\s{1,3}(?:is|would be|must be)\s{1,3}"
    r"(?:the\s{1,3})?(?:only\s{1,3})?(?:correct|right|true|best|answer)\b"
    r"|\b(?:correct|right|best)\s{1,3}(?:option|choice|letter|one)\s{1,3}(?:is|:)"
    r"[\s:(*\"']{0,6}(?P<after>[A-Z])(?!\w)"
    r"|\bI(?:\s(?:would|will|'ll))?\s{1,3}(?:choose|pick|select|go with)\s{1,3}"
    r"(?:option\s{1,3})?[(*\"']{0,4}(?P<chosen>[A-Z])(?!\w)"
)
REASON = re.compile(
    r"^[\s)\]}*_`$\"'”.,:;\\—–-]*"
    r"(?:$|because\b|since\b|as\b|for\b|which\b|is (?:correct|right)\b|\()",
    re.IGNORECASE,
)
CONCLUDES = re.compile(
    r"^(?:therefore|thus|so|hence)\b[, ]{1,4}(?:it(?:'s| is| must be) )?", re.IGNORECASE
)
ALONE = re.compile(r"^[\s)\]}*_`$\"'”.:;\\]*$|^[*_\s]{0,4}[).:]")
DELIMITED = re.compile(r"^[*_`$\"'”\s]{0,6}[)\].:,;}—–-]")
HEDGE = re.compile(
    r"^[\s)\].,*_\"'}]{0,8}(?:or|and|and/or|/|&|,)\s{0,3}"
    r"(?:option |choice )?[(\[*_\"']{0,6}[A-Z](?![\w'’])",
    re.IGNORECASE,
)


def grade(prompt: Prompt, text: str) -> Grade:
    """Right if the last explicit statement of the answer names the gold letter, and it alone."""
    reply = read(text)
    if not reply.text:
        return wrong(reply.note or "no answer")
    place, stated = _place(reply.text)
    letters = ascii_uppercase[: len(prompt.choices)]
    found = _letter(place, stated, prompt.choices, letters)
    if found is None:
        return wrong("no choice is named", bare(place)[:200])
    return judged(found == prompt.gold, found, reply.note)


def _place(text: str) -> tuple[str, bool]:
    """Where the text last states its answer, and True; or its last line, and False."""
    said, mark = last_match(SAID, text), last_match(MARKER, text)
    if said is not None and (mark is None or said.start() > mark.start()):
        named = said["letter"] or said["after"] or said["chosen"]
        rest = "" if said["letter"] else text[said.end() :].split("\n", 1)[0]
        return named + rest, True
    if mark is not None:
        return marked(text) or "", True
    return CONCLUDES.sub("", text.rsplit("\n", 1)[-1]), False


def _letter(place: str, stated: bool, choices: tuple[str, ...], letters: str) -> str | None:
    """The one choice a place names by its letter or its full text; None where that is unclear."""
    whole = plain(place)
    for letter, choice in zip(letters, choices, strict=True):
        if plain(choice) == whole:
            return letter
    match = LETTER.match(undressed(place))
    if match is None or match["letter"].upper() not in letters:
        return None
    letter, rest = match["letter"].upper(), match["rest"]
    if HEDGE.match(rest):
        return None
    named = plain(choices[letters.index(letter)])
    if ALONE.match(rest) or plain(rest).lstrip(").:- ").startswith(named):
        return letter
    if not stated:
        return None
    if REASON.match(rest) or DELIMITED.match(rest):
        return letter
    return letter if letter not in "AI" and match["letter"].isupper() else None
