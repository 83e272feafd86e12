"""What can go wrong between a prompt and its token ids; each failure has a name.

RenderingError
├── TemplateFailure     the chat template is hostile or broken
├── TokenizerFailure    the tokenizer is
└── RendererKilled      somebody killed the process that renders: the checkpoint may be sound
"""

from __future__ import annotations

from typing import Literal

from evaluator.errors import EvaluatorError

Kind = Literal[
    "template_broken",  # does not compile, or raises
    "template_time",  # takes more than its time
    "template_memory",  # wanted more memory than it may have
    "template_size",  # made more text than any prompt can be
    "template_drops",  # leaves out the question it is given
    "tokenizer_missing",
    "tokenizer_broken",
    "tokenizer_vocabulary",  # makes ids that the weights have no row for
    "rendering_killed",
]


class RenderingError(EvaluatorError):
    """No prompt can be rendered for a checkpoint. `kind` is from a closed list."""

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class TemplateFailure(RenderingError):
    """A chat template that is hostile or broken."""


class TokenizerFailure(RenderingError):
    """A tokenizer that is missing, hostile or broken."""


class RendererKilled(RenderingError):
    """The process that renders was killed, twice, and not for a limit of ours."""
