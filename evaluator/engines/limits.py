"""What a model can be asked at all."""

from __future__ import annotations

from collections.abc import Sequence

from evaluator.engines.errors import GenerationFailure, GenerationKind
from evaluator.engines.protocol import Request


def check_requests(requests: Sequence[Request], embeddings: int, context: int) -> None:
    """Raises GenerationFailure for a token without an embedding, which would take a whole process
    down on a GPU, and for more tokens than the context holds."""
    for request in requests:
        ids = request.token_ids
        if not ids or not 0 <= min(ids) <= max(ids) < embeddings:
            raise GenerationFailure(
                GenerationKind.UNKNOWN_TOKEN,
                f"its tokenizer makes tokens that its {embeddings} embeddings do not have",
            )
        if len(ids) + request.max_tokens > context:
            raise GenerationFailure(
                GenerationKind.TOO_LONG,
                f"{len(ids)} tokens and {request.max_tokens} of answer exceed its"
                f" {context} tokens of context",
            )
