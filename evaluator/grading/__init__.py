"""One grader a file, each with a version: what an answer's raw text is worth.

A grade depends on the prompt, the text and the grader's version alone: stored answers can be
graded again at any time without an engine.

>>> from evaluator import grading
>>> grading.grade(prompt, "The answer is 42.")
Grade(score=1.0, extracted='42', note='')
"""

from evaluator.grading.desk import grade, grade_all, refusal, version
from evaluator.grading.errors import SandboxMissing
from evaluator.grading.grade import Grade

__all__ = ["Grade", "SandboxMissing", "grade", "grade_all", "refusal", "version"]
