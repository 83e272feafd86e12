"""Puzzles. Each answer is found by two searches, or by a search and a formula."""

from evaluator.suites.bank.reasoning import logic, moves

TEMPLATES = (*logic.TEMPLATES, *moves.TEMPLATES)
