"""Word problems. Each answer is known by construction and found again by search."""

from evaluator.suites.bank.math import counting, quantities

TEMPLATES = (*quantities.TEMPLATES, *counting.TEMPLATES)
