"""Does grading keep up with an engine? Answers graded a second, on as many cores as there are.

A third of the mathematics cannot be settled by reading numbers and goes to math-verify. Beside the
targets stands a named alternative: the same answers one at a time in one process.

    python benchmarks/grading.py [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence

from evaluator.grading import grade, grade_all, refusal
from evaluator.suites import Prompt

TARGETS = {"maths and choice": 200.0, "code": 20.0}
Pairs = list[tuple[Prompt, str]]


def maths_and_choice(count: int) -> Pairs:
    """Half mathematics, half choices, as a model of some skill answers them."""
    pairs: Pairs = []
    for i in range(count // 4):
        maths = Prompt(f"m{i}", "math", "?", "math", f"\\frac{{{i + 1}}}{{7}}")
        number = Prompt(f"n{i}", "math", "?", "number", str(i))
        choice = Prompt(f"c{i}", "language", "?", "choice", "B", ("red", "blue", "green"))
        work = f"First we take {i} and then we add {i + 1}. " * 20
        odd = f"\\boxed{{\\frac{{{2 * i + 2}}}{{14}}}}" if i % 3 == 0 else f"Answer: {i + 1}/7"
        pairs += [
            (maths, work + odd),
            (number, f"{work}So she has ${i}.00."),
            (choice, f"{work}The answer is (B). <!-- {i} -->"),
            (choice, f"{work}A lot can be said for {i}."),
        ]
    return pairs


def programs(count: int) -> Pairs:
    """Distinct answers to one prompt with a few dozen hidden calls."""
    tests = "for n in range(40):\n    assert triangle(n) == sum(range(n + 1))\n"
    prompt = Prompt("p", "code", "?", "code", tests=tests, entry_point="triangle")
    answer = "```python\ndef triangle(n):\n    return n * (n + 1) // 2 + {}\n```"
    return [
        (prompt, f"{answer.format(i % 2)}\nVersion {i}.".replace("+ 0", "")) for i in range(count)
    ]


def one_by_one(pairs: Sequence[tuple[Prompt, str]]) -> object:
    """The alternative: no second process at a time, nothing shared."""
    return [grade(*pair) for pair in pairs]


def rate(work: Callable[[Pairs], object], pairs: Pairs) -> float:
    """Answers a second."""
    start = time.perf_counter()
    work(pairs)
    return len(pairs) / (time.perf_counter() - start)


def main() -> None:
    """Measure, and print a table or, with --json, one object with its bars."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    work = {"maths and choice": maths_and_choice(2000), "code": programs(120)}
    if fault := refusal(prompt for prompt, _ in work["code"]):
        parser.exit(1, f"{fault}\n")
    rows = {}
    for name, pairs in work.items():
        grade_all(pairs[:8])  # helpers start once a scan, not once an answer
        rows[name] = (rate(grade_all, pairs), rate(one_by_one, pairs))
    if asked.json:
        bars = {
            f"{name}, answers a second": {
                "value": round(many, 1),
                "target": TARGETS[name],
                "holds": many >= TARGETS[name],
                "one by one": round(one, 1),
            }
            for name, (many, one) in rows.items()
        }
        print(json.dumps({"cores": os.cpu_count(), "bars": bars}))
        return
    print(
        f"{'answers':<18}{'a second':>10}{'one by one':>12}{'target':>8}   {os.cpu_count()} cores"
    )
    for name, (many, one) in rows.items():
        print(f"{name:<18}{many:>10.0f}{one:>12.0f}{TARGETS[name]:>8.0f}")


if __name__ == "__main__":
    main()
