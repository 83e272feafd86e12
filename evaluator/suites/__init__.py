"""Prompt suites: data and their loader.

>>> from evaluator import suites
>>> suite = suites.load("core")
>>> selection, confirmation = suites.split(suite)
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
