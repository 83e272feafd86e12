"""Greedy decoding of a batch of token ids: our own loop, so that no setting but ours has a say."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import torch
from transformers.cache_utils import DynamicCache

from evaluator.engines.errors import GenerationFailure, GenerationKind
from evaluator.engines.limits import check_requests
from evaluator.engines.protocol import Completion, Finish, Request


@torch.inference_mode()
def decode(model: Any, requests: Sequence[Request]) -> list[Completion]:
    """Answers of one left-padded batch, in its order.

    model: a Transformers causal language model, set up for inference.
    Raises GenerationFailure if logits are not finite, a token has no embedding, or a request does
    not fit the context.
    """
    check_requests(
        requests,
        embeddings=int(model.get_input_embeddings().weight.shape[0]),
        context=int(getattr(model.config, "max_position_embeddings", None) or sys.maxsize),
    )
    device = model.device
    width = max(len(request.token_ids) for request in requests)
    ids = torch.zeros((len(requests), width), dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, request in enumerate(requests):
        ids[row, width - len(request.token_ids) :] = torch.tensor(request.token_ids)
        mask[row, width - len(request.token_ids) :] = 1
    ids, mask = ids.to(device), mask.to(device)
    places = (mask.cumsum(-1) - 1).clamp(min=0)
    cache = DynamicCache(config=model.config)

    said: list[list[int]] = [[] for _ in requests]
    finish: list[Finish] = ["length"] * len(requests)
    rows = list(range(len(requests)))  # the request that each row of the batch answers
    going = [request.max_tokens > 0 for request in requests]
    while any(going[row] for row in rows):
        logits = model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=places,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits[:, -1]
        if not bool(torch.isfinite(logits).all()):
            raise GenerationFailure(GenerationKind.NOT_FINITE, "it computes NaN or infinity")
        best = logits.argmax(-1)
        for row, token in zip(rows, best.tolist(), strict=True):
            if not going[row]:
                continue
            if token in requests[row].stop_ids:
                finish[row], going[row] = "stop", False
            else:
                said[row].append(token)
                going[row] = len(said[row]) < requests[row].max_tokens
        places = places[:, -1:] + 1
        ids = best[:, None]
        kept = [at for at, row in enumerate(rows) if going[row]]
        if 0 < len(kept) <= len(rows) // 2:
            # Who has finished no longer takes part: the batch is halved, not computed in vain.
            chosen = torch.tensor(kept, device=device)
            cache.batch_select_indices(chosen)
            ids, places, mask = ids[chosen], places[chosen], mask[chosen]
            rows = [rows[at] for at in kept]
        mask = torch.cat([mask, mask.new_ones((len(rows), 1))], dim=1)
    return [Completion(tuple(tokens), ended) for tokens, ended in zip(said, finish, strict=True)]
