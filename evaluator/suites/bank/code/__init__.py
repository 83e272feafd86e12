"""Programs. Two programs written differently must agree on every hidden case."""

from evaluator.suites.bank.code import lists, texts

TEMPLATES = (*lists.TEMPLATES, *texts.TEMPLATES)
