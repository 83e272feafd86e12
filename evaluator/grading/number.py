"""Number: one value, exactly, however it is written.

Money, units, thousands separators, fractions, mixed numbers, percents, powers of ten and LaTeX are
read; arithmetic is done in fractions, never in floats.

>>> grade(Prompt(..., grader="number", gold="29"), "So she pays $29.00.").score
1.0
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction

from evaluator.grading.grade import Grade, judged, wrong
from evaluator.grading.reading import marked, read
from evaluator.suites.prompt import Prompt

VERSION = 1

LONGEST_NUMBER = 60
LARGEST_EXPONENT = 60

_WHOLE = r"\d{1,3}(?:,\d{3})+(?!\d)|\d{1,3}(?: \d{3})+(?!\d)|\d+"
_DECIMAL = rf"(?:(?:{_WHOLE})(?:\.\d+)?|\.\d+)"
NUMBER = re.compile(
    rf"(?<![\w.])(?P<sign>[-+](?:\s?[$€£¥])?|[$€£¥]\s?-)?\s?(?:[$€£¥]\s?)?"
    rf"(?P<value>{_DECIMAL})"
    r"(?:\s?(?:\*|x|×)\s?10\s?\^\s?\{?(?P<power>[-+]?\d{1,3})\}?"
    r"|[eE](?P<exponent>[-+]?\d{1,3})(?!\w))?"
    r"(?:\s?/\s?(?P<below>\d+(?:\.\d+)?)(?![\d/])|\s(?P<top>\d+)/(?P<bottom>\d+)(?![\d/]))?"
    r"(?:\s?(?P<percent>%|percent\b|per cent\b))?"
    r"(?:\s(?P<scale>thousand|million|billion|trillion)\b)?"
)
SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
FRACTIONS = re.compile(r"\\[dt]?frac\s*\{\s*(-?[\d.,]{1,30})\s*\}\s*\{\s*([\d.,]{1,30})\s*\}")
SPELLED = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen twenty"
)
WORDS = {name: value for value, name in enumerate(SPELLED.split())}


@dataclass(frozen=True, slots=True)
class Value:
    """A number as written: its value, whether in percent, and how many decimals it shows."""

    text: str
    value: Fraction
    percent: bool
    decimals: int | None


def grade(prompt: Prompt, text: str) -> Grade:
    """Right if the marked number, or the last one of an answer that marks none, is the gold one.

    Two different numbers joined by "or" are a hedge, and no answer.
    """
    reply = read(text)
    if not reply.text:
        return wrong(reply.note or "no answer")
    gold = values(prompt.gold)
    if not gold:
        return wrong("the gold answer is no number")
    said = marked(reply.text)
    if said is None:
        found = values(reply.text)[-1:]
    else:
        found = values(said.rsplit("=", 1)[-1]) or values(said)
        if len(found) > 1 and re.search(r"\bor\b", said) and found[0].value != found[1].value:
            return wrong("it gives two answers", said)
        found = found[:1] or _word(said)
    if not found:
        return wrong("no number in the answer", said or "")
    return judged(same(gold[0], found[0]), found[0].text, reply.note)


def values(text: str) -> list[Value]:
    """Every number in a text, in order."""
    return [value for match in NUMBER.finditer(clean(text)) if (value := _value(match)) is not None]


def same(gold: Value, said: Value) -> bool:
    """Equal as fractions; a longer decimal is right if it rounds to all that gold shows.

    `50%` is 0.5; where only one of the two says percent, the bare numbers may also agree.
    """
    if gold.percent != said.percent:
        share = said if said.percent else gold
        other = gold if said.percent else said
        return other.value in (share.value, share.value / 100)
    if gold.value == said.value:
        return True
    if said.decimals is None:
        return gold.decimals is not None and gold.decimals >= 2 and _rounds(gold, said)
    return said.decimals > max(gold.decimals or 0, 3 if gold.decimals is None else 0) and _rounds(
        gold, said
    )


def _rounds(gold: Value, said: Value) -> bool:
    """Whether `said` rounds to what gold shows; for a whole or fractional gold, to within 1e-4."""
    if not gold.decimals:
        return abs(gold.value - said.value) <= Fraction(1, 10**4)
    return abs(gold.value - said.value) <= Fraction(1, 2 * 10**gold.decimals)


def clean(text: str) -> str:
    """One way of writing each sign: NFKC, a plain minus, \\frac as a quotient, no LaTeX spacing."""
    text = re.sub(r"(?<=\d)(?=[½¼¾⅓⅔⅕⅖⅗⅘⅙⅛⅜⅝⅞])", " ", text)
    text = unicodedata.normalize("NFKC", text)
    text = text.replace("−", "-").replace("–", "-").replace("⁄", "/")
    text = re.sub(r"(?<=\d)\s?\{,\}\s?(?=\d)", ",", text)
    text = re.sub(r"(?<=\d)\\[dt]?frac", r" \\frac", text)
    text = FRACTIONS.sub(r"\1/\2", text)
    text = re.sub(r"\\(?:text|mathrm|mathbf|textbf)\s?\{", " ", text)
    text = text.replace("\\times", "×").replace("\\cdot", "*").replace("\\%", "%")
    text = text.replace("\\$", "$").replace("\\,", "").replace("\\!", "").replace("\\;", " ")
    return re.sub(r"[*_]{2,}|`", "", text)


def _value(match: re.Match[str]) -> Value | None:
    if len(match["value"]) > LONGEST_NUMBER:
        return None
    digits = re.sub(r"[, ]", "", match["value"])
    value = Fraction(digits)
    decimals: int | None = len(digits.partition(".")[2])
    exponent = int(match["power"] or match["exponent"] or 0)
    if abs(exponent) > LARGEST_EXPONENT:
        return None
    value *= Fraction(10) ** exponent
    below = match["below"] or match["bottom"]
    if below:
        if max(len(below), len(match["top"] or "")) > LONGEST_NUMBER or not Fraction(below):
            return None
        quotient = Fraction(match["top"]) / Fraction(below) if match["top"] else None
        value = value + quotient if quotient is not None else value / Fraction(below)
        decimals = None
    if match["scale"]:
        value *= SCALES[match["scale"]]
        decimals = 0
    if "-" in (match["sign"] or ""):
        value = -value
    return Value(match[0].strip(), value, bool(match["percent"]), decimals)


def _word(text: str) -> list[Value]:
    """A small number spelled out, where a marked answer has no digits."""
    for word in re.findall(r"[a-z]+", text.casefold()):
        if word in WORDS:
            return [Value(word, Fraction(WORDS[word]), False, 0)]
    return []
