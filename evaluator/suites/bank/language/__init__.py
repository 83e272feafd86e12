"""Language: word lists read from both sides, and sentences built so that we know."""

from evaluator.suites.bank.language import sentences, words

TEMPLATES = (*sentences.TEMPLATES, *words.TEMPLATES)
