"""Regex: the whole answer, or what it marks as its answer, matches the gold pattern.

A pattern can take for ever on the right text: it is matched in a process that can be killed.

>>> grade(Prompt(..., grader="regex", gold=r"(?i)colou?r"), "Answer: Color").score
1.0
"""

from __future__ import annotations

from evaluator.grading.grade import Grade, judged, wrong
from evaluator.grading.killable import Killable
from evaluator.grading.reading import bare, marked, read
from evaluator.suites.prompt import Prompt

VERSION = 1
SECONDS = 2.0


def grade(prompt: Prompt, text: str, helper: Killable) -> Grade:
    """Right if the pattern matches, from end to end."""
    reply = read(text)
    if not reply.text:
        return wrong(reply.note or "no answer")
    said = marked(reply.text)
    texts = [reply.text] if said is None else [reply.text, said, bare(said)]
    found = helper.ask({"op": "regex", "pattern": prompt.gold, "texts": texts}, SECONDS)
    if found is None:
        return wrong(f"the pattern did not end in {SECONDS:.0f} s", texts[-1])
    return judged(bool(found["right"]), texts[-1], reply.note)
