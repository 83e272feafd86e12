"""Math: an expression, a set, an interval … equal to the gold one as mathematics.

Whatever is no plain number goes to math-verify, which can hang or grow without end on a few
characters: it runs in a process that is killed when it does, and that answer is wrong.

>>> grade(Prompt(..., grader="math", gold="2\\\\sqrt{3}"), "\\\\boxed{\\\\sqrt{12}}").score
1.0
"""

from __future__ import annotations

import re

from evaluator.grading.exact import plain
from evaluator.grading.grade import Grade, judged, wrong
from evaluator.grading.killable import Killable
from evaluator.grading.number import NUMBER, Value, clean, same, values
from evaluator.grading.reading import bare, marked, read
from evaluator.suites.prompt import Prompt

VERSION = 1
SECONDS = 5.0
LONGEST = 4_000
LONGEST_MARKED = 500


def grade(prompt: Prompt, text: str, helper: Killable) -> Grade:
    """Right if what is marked as the answer, or what the end of the text comes to, equals gold."""
    reply = read(text)
    if not reply.text:
        return wrong(reply.note or "no answer")
    said = marked(reply.text)
    if said is not None:
        if len(said) > LONGEST_MARKED:
            return wrong("the marked answer is too long", said)
        inner = bare(said)
        if plain(inner) == plain(prompt.gold):
            return judged(True, inner, reply.note)
        gold, number = _number(prompt.gold), _number(inner)
        if gold is not None and number is not None:
            return judged(same(gold, number), inner, reply.note)
        answers = [f"${inner}$", said]
    else:
        answers = [reply.text[-LONGEST:]]
    found = helper.ask({"op": "math", "gold": prompt.gold, "answers": answers}, SECONDS)
    if found is None:
        return wrong(f"math-verify did not end in {SECONDS:.0f} s, or died", said or "")
    extracted = said if said is not None else str(found.get("said", ""))
    return judged(bool(found["right"]), extracted, str(found.get("note", reply.note)))


def _number(text: str) -> Value | None:
    """What a text comes to that is one number and nothing else; 1/0 and 1e999 are none."""
    if re.fullmatch(NUMBER, clean(text).strip()) is None:
        return None
    return next(iter(values(text)), None)
