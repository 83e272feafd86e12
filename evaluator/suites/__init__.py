"""Prompt suites: data and their loader.

>>> from evaluator import suites
>>> suite = suites.load("core")
>>> selection, confirmation = suites.split(suite)

A suite file is YAML (a mapping with `suite` and a list of `prompts`) or JSONL (one prompt a line,
after a line with `suite` if there is more to say than the file's name does).

| of a prompt | holds |
|---|---|
| `id`, `category`, `prompt` | always: short names, and what is asked |
| `grader` | `number`, `math`, `choice`, `exact`, `regex` or `code` |
| `gold` | the right answer; `choice`: its letter or text; `code`: a reference, or nothing |
| `choices` | for `choice`: 2 to 26 texts, which are put below the prompt as A, B, C … |
| `tests`, `entry_point` | for `code`: Python asserts, and the name that they call |
| `difficulty`, `template` | 1 to 5, and where it came from: for people only |
| `system`, `max_tokens`, `few_shot` | also for a whole suite; examples: `prompt`, `answer` |

`confirm: SUITE` names the suite that confirms, a packaged one or a file beside this one; without
it, two fifths of the suite's own prompts are held back, by their content.
"""

from evaluator.suites.errors import SuiteError
from evaluator.suites.prompt import GRADERS, Example, Prompt
from evaluator.suites.reading import Problem
from evaluator.suites.shelf import load, names, problems_in, split
from evaluator.suites.suite import Suite
from evaluator.suites.writing import write

__all__ = [
    "GRADERS",
    "Example",
    "Problem",
    "Prompt",
    "Suite",
    "SuiteError",
    "load",
    "names",
    "problems_in",
    "split",
    "write",
]
