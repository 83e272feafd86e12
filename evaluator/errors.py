"""The root of every error this room raises, and those of the scan itself.

EvaluatorError
├── ScanError
│   └── ScanLocked      another process scans this family
├── EngineError         evaluator.engines
├── RenderingError      evaluator.rendering
├── SuiteError          evaluator.suites
└── VerdictError        evaluator.verdicts
"""

from __future__ import annotations


class EvaluatorError(Exception):
    """One line that says what is wrong and what to do."""


class ScanError(EvaluatorError):
    """A scan that cannot be begun, or cannot go on."""


class ScanLocked(ScanError):
    """Another process is scanning the same family into the same catalog."""
