"""Prompts into token ids, with each checkpoint's own chat template, at no risk to the house.

The checkpoint's template, else its nearest ancestor's, else none; whichever it was is recorded.
Templates and tokenizers come from strangers: they run in a process of their own with a sandboxed
environment, a pinned clock, and limits on time and memory.
"""

from evaluator.rendering.errors import (
    RendererKilled,
    RenderingError,
    TemplateFailure,
    TokenizerFailure,
)
from evaluator.rendering.rendered import Rendered
from evaluator.rendering.renderer import Renderer

__all__ = [
    "Rendered",
    "Renderer",
    "RendererKilled",
    "RenderingError",
    "TemplateFailure",
    "TokenizerFailure",
]
