"""Exact: the answer is the gold text, whatever its case, spacing, quotes and closing full stop.

>>> grade(Prompt(..., grader="exact", gold="Paris"), "Answer: **paris.**").score
1.0
"""

from __future__ import annotations

import re
import unicodedata

from evaluator.grading.grade import Grade, judged, wrong
from evaluator.grading.reading import bare, marked, read
from evaluator.suites.prompt import Prompt

VERSION = 1


def grade(prompt: Prompt, text: str) -> Grade:
    """Right if what is marked as the answer, or else the whole answer or its last line, is gold."""
    reply = read(text)
    if not reply.text:
        return wrong(reply.note or "no answer")
    said = marked(reply.text)
    tries = [reply.text, reply.text.rsplit("\n", 1)[-1]] if said is None else [said]
    gold = plain(prompt.gold)
    for candidate in tries:
        if plain(candidate) == gold:
            return judged(True, bare(candidate), reply.note)
    return judged(False, bare(tries[-1]), reply.note)


def plain(text: str) -> str:
    """Text as it is compared: one Unicode form, one case, single spaces, undressed."""
    folded = unicodedata.normalize("NFKC", bare(text)).casefold()
    return re.sub(r"\s+", " ", bare(folded))
