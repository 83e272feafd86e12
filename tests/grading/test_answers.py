"""The graders' table: odd and hostile answers, and what each is worth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.grading import grade, grade_all, version
from evaluator.suites import Prompt

RIGHT, WRONG = 1.0, 0.0

NUMBERS = [
    # money, units and separators
    ("29", "So she pays $29.00.", RIGHT),
    ("29", "The answer is $29", RIGHT),
    ("29", "Answer: 29 dollars and 0 cents", RIGHT),
    ("29", "It costs 29$.", RIGHT),
    ("29", "Answer: €29,-", RIGHT),
    ("29", "Answer: $\\$29$", RIGHT),
    ("29", "Answer: 29.01", WRONG),
    ("-29", "The balance is -$29.", RIGHT),
    ("-29", "Answer: $-29", RIGHT),
    ("-29", "Answer: 29", WRONG),
    ("1234567", "**Answer:** 1,234,567 apples", RIGHT),
    ("1234567", "Answer: 1 234 567", RIGHT),
    ("1234567", "Answer: 1\u202f234\u202f567", RIGHT),
    ("1234567", "Answer: $1{,}234{,}567$", RIGHT),
    ("1234567", "Answer: 1234567.0", RIGHT),
    ("1234567", "Answer: 1,234", WRONG),
    ("12", "Answer: 12 cm", RIGHT),
    ("12", "Answer: 12cm", RIGHT),
    ("12", "\\boxed{12\\text{ cm}^2}", RIGHT),
    ("12", "$\\boxed{12 \\, \\mathrm{m}}$", RIGHT),
    ("40", "Answer: 40°", RIGHT),
    ("2000000", "Answer: 2 million", RIGHT),
    ("2500", "Answer: 2.5 thousand", RIGHT),
    # signs, fractions, percents, powers
    ("-5", "The answer is −5.", RIGHT),
    ("-5", "The answer is –5", RIGHT),
    ("-5", "The answer is 5", WRONG),
    ("3/4", "\\boxed{\\frac{3}{4}}", RIGHT),
    ("3/4", "\\boxed{\\dfrac{3}{4}}", RIGHT),
    ("3/4", "Answer: 0.75", RIGHT),
    ("3/4", "Answer: 6/8", RIGHT),
    ("3/4", "Answer: ¾", RIGHT),
    ("3/4", "Answer: 3 / 4", RIGHT),
    ("3/4", "Answer: 4/3", WRONG),
    ("0.75", "Answer: 75%", RIGHT),
    ("75", "Answer: 75%", RIGHT),
    ("75%", "Answer: 75 percent", RIGHT),
    ("75%", "Answer: 0.75", RIGHT),
    ("75%", "Answer: 7.5%", WRONG),
    ("1.5", "Answer: 1 1/2 hours", RIGHT),
    ("1.5", "Answer: 1½", RIGHT),
    ("1.5", "Answer: $1\\frac{1}{2}$", RIGHT),
    ("1500", "Answer: 1.5 × 10^3", RIGHT),
    ("1500", "Answer: $1.5 \\times 10^{3}$", RIGHT),
    ("1500", "Answer: 1.5e3", RIGHT),
    ("0.5", "Answer: .5", RIGHT),
    ("7", "Answer: 007", RIGHT),
    ("7", "Answer: seven", RIGHT),
    ("0.333", "Answer: 1/3", RIGHT),
    ("0.333", "Answer: 0.33333", RIGHT),
    ("0.333", "Answer: 0.3", WRONG),
    ("3.14", "Answer: 3.14159", RIGHT),
    ("3.14", "Answer: 3.1", WRONG),
    ("3", "Answer: 3.14159", WRONG),
    ("42", "Answer: 41.9999999", RIGHT),
    ("42", "Answer: 41.9", WRONG),
    # where the answer is
    ("42", "40 + 2 = 42", RIGHT),
    ("42", "Answer: 40 + 2 = 42.", RIGHT),
    ("42", "#### 42", RIGHT),
    ("42", "She has 5 left.\n#### 42\n", RIGHT),
    ("42", "I first thought \\boxed{41}. But no: \\boxed{42}", RIGHT),
    ("41", "I first thought \\boxed{41}. But no: \\boxed{42}", WRONG),
    ("42", "The final answer is:\n\n**42**", RIGHT),
    ("42", "Answer: 42. I checked this in 3 ways.", RIGHT),
    ("42", "The answer is not 41, it is 42", RIGHT),
    ("42", "ANSWER = 42", RIGHT),
    ("42", "Answer : `42`", RIGHT),
    ("42", "<think>Is it 41? Answer: 41</think>\nAnswer: 42", RIGHT),
    ("42", "Is it 41?</think> 42", RIGHT),
    ("42", "<think>Surely the answer is 42", WRONG),
    ("42", "<think>a</think><think>b</think>42", RIGHT),
    ("42", "42\nQuestion: What is 1 + 1?\nAnswer: 2", RIGHT),
    ("42", "42<|eot_id|><|start_header_id|>user<|end_header_id|> 7", RIGHT),
    ("42", "42</s>7", RIGHT),
    ("42", "The answer is 42\n### Instruction: say 9", RIGHT),
    ("42", "The answer to all of it is 42, not 41.", RIGHT),
    ("42", "The solution of 2x = 84 is x = 42.", RIGHT),
    # what is no answer
    ("5", "Answer: 5 or 6", WRONG),
    ("5", "", WRONG),
    ("5", "   \n", WRONG),
    ("5", "I cannot answer that.", WRONG),
    ("5", "Answer: x5y", WRONG),
    ("2", "H2O", WRONG),
    ("5", "Answer: 1/0", WRONG),
    ("5", "Answer: NaN", WRONG),
    ("5", "Answer: inf", WRONG),
    ("5", "9" * 50_000, WRONG),
    ("5", "Answer: 1e999999999", WRONG),
    ("5", "Answer: 5" + "0" * 5000, WRONG),
    ("5", "Answer: \u0665", RIGHT),
    ("5", "\x00\x1bAnswer: 5\x1b[0m", RIGHT),
    ("5", "\\boxed{" * 2000 + "5", RIGHT),
    ("5", "<think>" * 5000 + "5", WRONG),
    ("5", "1 " * 30_000 + "5", RIGHT),
]

COLOURS = ("red", "blue", "green", "a lot of grey")
CHOICES = [
    ("B", "B", RIGHT),
    ("B", "(B)", RIGHT),
    ("B", "b)", RIGHT),
    ("B", "B.", RIGHT),
    ("B", "**B**", RIGHT),
    ("B", "`B`", RIGHT),
    ("B", "B. blue", RIGHT),
    ("B", "B) Blue.", RIGHT),
    ("B", "blue", RIGHT),
    ("B", "The answer is blue.", RIGHT),
    ("B", "The answer is B", RIGHT),
    ("B", "the answer is b.", RIGHT),
    ("B", "Answer: (B) blue, as shown", RIGHT),
    ("B", "**Answer: B**", RIGHT),
    ("B", "Answer:\n\nB", RIGHT),
    ("B", "\\boxed{B}", RIGHT),
    ("B", "\\boxed{\\text{B}}", RIGHT),
    ("B", "$\\boxed{\\textbf{(B)}}$", RIGHT),
    ("B", "The correct option is B.", RIGHT),
    ("B", "Option B is correct.", RIGHT),
    ("B", "B is the right answer.", RIGHT),
    ("B", "I would choose B, since red is out.", RIGHT),
    ("B", "A is wrong. C is wrong. Answer: B", RIGHT),
    ("B", "Answer: A. Wait, no. Answer: B", RIGHT),
    ("B", "The answer is B because A is too bright", RIGHT),
    ("B", "The answer is not A. The answer is B.", RIGHT),
    ("B", "Let us see.\nB", RIGHT),
    ("B", "<think>Answer: A</think>B", RIGHT),
    ("B", "Answer: B\n\nQuestion: next one\nAnswer: C", RIGHT),
    ("B", "Final answer: option B", RIGHT),
    ("A", "Answer: A", RIGHT),
    ("A", "The answer is A because it is warm", RIGHT),
    ("D", "Answer: a lot of grey", RIGHT),
    ("D", "D. a lot of grey", RIGHT),
    ("B", "The answer to this question is B.", RIGHT),
    ("B", "The answer must be B", RIGHT),
    ("B", "Red is too warm.\nTherefore, (B).", RIGHT),
    ("B", "So it is B.", RIGHT),
    # never a guess
    ("A", "So A lot of people say", WRONG),
    ("B", "So B was never meant", WRONG),
    ("A", "A lot of people think so", WRONG),
    ("A", "A good answer would be red and blue", WRONG),
    ("A", "The answer is a colour", WRONG),
    ("A", "Answer: A or B", WRONG),
    ("A", "Answer: A and B", WRONG),
    ("A", "Answer: A, B", WRONG),
    ("A", "Answer: A/B", WRONG),
    ("A", "A, B, C, D", WRONG),
    ("A", "A B C D", WRONG),
    ("B", "Blueberry", WRONG),
    ("B", "Between A and C there is B somewhere", WRONG),
    ("B", "Answer: E", WRONG),
    ("B", "Answer: 2", WRONG),
    ("B", "The answer is not B", WRONG),
    ("B", "B was my first thought, but I am unsure", WRONG),
    ("B", "", WRONG),
    ("B", "<think>B", WRONG),
    ("C", "I choose not to answer.", WRONG),
    ("C", "Answer: none of these", WRONG),
    ("C", "C" * 10_000, WRONG),
    ("B", "Answer: Β", WRONG),  # a Greek capital beta
]

EXACTS = [
    ("Paris", "Paris", RIGHT),
    ("Paris", "paris.", RIGHT),
    ("Paris", "**Paris**", RIGHT),
    ("Paris", '"Paris"', RIGHT),
    ("Paris", "Answer: Paris", RIGHT),
    ("Paris", "It was asked twice.\nParis", RIGHT),
    ("Paris", "\\boxed{\\text{Paris}}", RIGHT),
    ("Paris", "<think>London?</think>Paris", RIGHT),
    ("New York", "Answer:  new   york", RIGHT),
    ("cafe\u0301", "caf\u00e9", RIGHT),
    ("12", "１２", RIGHT),
    ("Paris", "Paris is the capital of France", WRONG),
    ("Paris", "Answer: London, not Paris", WRONG),
    ("Paris", "Paris London Rome Berlin", WRONG),
    ("Paris", "Pariser", WRONG),
    ("Paris", "", WRONG),
    ("no", "yes and no", WRONG),
]

PATTERNS = [
    (r"(?i)colou?r", "Color", RIGHT),
    (r"(?i)colou?r", "Answer: **colour**", RIGHT),
    (r"\d{4}-\d\d-\d\d", "Answer: 2024-02-29", RIGHT),
    (r"\d{4}-\d\d-\d\d", "2024-02-29 or so", WRONG),
    (r"(?i)colou?r", "The colors", WRONG),
    (r"(a+)+b", "a" * 60, WRONG),
    (r".*", "", WRONG),
]

EXPRESSIONS = [
    ("2\\sqrt{3}", "\\boxed{\\sqrt{12}}", RIGHT),
    ("2\\sqrt{3}", "\\boxed{2\\sqrt{2}}", WRONG),
    ("x^2+2x+1", "The answer is $(x+1)^2$", RIGHT),
    ("x^2+2x+1", "The answer is $(x-1)^2$", WRONG),
    ("\\frac{1}{2}", "Answer: 0.5", RIGHT),
    ("\\{1, 2\\}", "\\boxed{\\{2, 1\\}}", RIGHT),
    ("[0, 1)", "Answer: $[0,1)$", RIGHT),
    ("[0, 1)", "Answer: $[0,1]$", WRONG),
    ("3", "\\boxed{x = 3}", RIGHT),
    ("\\pi", "Therefore the area is $\\pi$.", RIGHT),
    ("1000", "\\boxed{1{,}000}", RIGHT),
    ("5", "\\boxed{9^{9^{9^{9}}}}", WRONG),
    ("5", "no mathematics here", WRONG),
    ("5", "\\boxed{\\input{/etc/passwd}}", WRONG),
    ("5", "\\boxed{__import__('os').system('true')}", WRONG),
    ("5", "\\boxed{" + "(" * 400 + "5" + ")" * 90 + "}", WRONG),
    ("5", "\\boxed{" + "5+" * 900 + "5}", WRONG),
]


def prompt_of(grader: str, gold: str) -> Prompt:
    choices = COLOURS if grader == "choice" else ()
    return Prompt("p", "c", "?", grader, gold, choices)


@pytest.mark.parametrize(("gold", "text", "score"), NUMBERS)
def test_numbers(gold: str, text: str, score: float) -> None:
    assert grade(prompt_of("number", gold), text).score == score


@pytest.mark.parametrize(("gold", "text", "score"), CHOICES)
def test_choices(gold: str, text: str, score: float) -> None:
    assert grade(prompt_of("choice", gold), text).score == score


@pytest.mark.parametrize(("gold", "text", "score"), EXACTS)
def test_exact_texts(gold: str, text: str, score: float) -> None:
    assert grade(prompt_of("exact", gold), text).score == score


@pytest.mark.parametrize(("gold", "text", "score"), PATTERNS)
def test_patterns(gold: str, text: str, score: float) -> None:
    assert grade(prompt_of("regex", gold), text).score == score


@pytest.mark.parametrize(("gold", "text", "score"), EXPRESSIONS)
def test_expressions(gold: str, text: str, score: float) -> None:
    assert grade(prompt_of("math", gold), text).score == score


@pytest.mark.parametrize("grader", ["number", "math"])
@pytest.mark.parametrize("gold", ["1/2", "5"])
@pytest.mark.parametrize(
    "said", ["1/0", "2 1/0", "9" * 5_000, f"1/{'9' * 5_000}", f"1 {'9' * 5_000}/3", "1e999"]
)
def test_numbers_without_a_value_are_wrong(grader: str, gold: str, said: str) -> None:
    for text in (said, f"Answer: {said}", f"\\boxed{{{said}}}"):
        assert grade(prompt_of(grader, gold), text).score == WRONG


def test_the_table_is_as_long_as_promised() -> None:
    tables = (NUMBERS, CHOICES, EXACTS, PATTERNS, EXPRESSIONS)
    assert sum(len(table) for table in tables) >= 150


def test_many_answers_are_graded_in_their_order() -> None:
    pairs = [(prompt_of("math", "\\sqrt{4}"), f"\\boxed{{{i}}}") for i in (1, 2, 3, 2)]
    pairs += [(prompt_of("number", "7"), "7"), (prompt_of("exact", "a"), "b")]
    assert [found.score for found in grade_all(pairs)] == [0, 1, 0, 1, 1, 0]


def test_a_helper_that_was_killed_is_replaced() -> None:
    assert grade(prompt_of("regex", r"(a+)+b"), "a" * 60).note.startswith("the pattern did not end")
    assert grade(prompt_of("regex", "a"), "a").score == RIGHT


def test_every_grader_has_a_version() -> None:
    assert version(prompt_of("number", "1")).startswith("number/")


@given(st.text(max_size=300), st.sampled_from(["number", "choice", "exact"]))
def test_no_text_breaks_a_grader(text: str, grader: str) -> None:
    gold = {"number": "4", "choice": "B", "exact": "gold"}[grader]
    found = grade(prompt_of(grader, gold), text)
    assert found.score in (RIGHT, WRONG)
    assert found == grade(prompt_of(grader, gold), text)


@given(st.integers(-(10**12), 10**12))
def test_every_way_of_writing_a_number_reads_the_same(value: int) -> None:
    for text in (
        f"{value}",
        f"{value:,}",
        f"{value}.00",
        f"**{value:,}**",
        f"$\\boxed{{{value}}}$",
    ):
        assert grade(prompt_of("number", str(value)), f"Answer: {text}").score == RIGHT
    assert grade(prompt_of("number", str(value)), f"Answer: {value + 1}").score == WRONG
