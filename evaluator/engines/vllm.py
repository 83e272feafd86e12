"""The vLLM engine: one live engine, swapped between checkpoints by reloading weights in place.

What vLLM would take from a checkpoint beside its weights is kept from it: it sees a cleaned
folder, no tokenizer, no generation settings; it is given token ids and returns token ids. A swap
is made only where `swap.doubt` has none; else SwapRefused asks for a fresh process, since vLLM
does not give its memory back.
"""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from evaluator.engines.errors import (
    EngineMissing,
    GenerationFailure,
    GenerationKind,
    LoadFailure,
    LoadKind,
    SwapRefused,
)
from evaluator.engines.folder import cleaned
from evaluator.engines.limits import check_requests
from evaluator.engines.lora import merged, room_for, tidied
from evaluator.engines.protocol import Completion, Finish, Request, Weights
from evaluator.engines.swap import Build, build_of, check_whole, doubt

LONGEST = 8192
"""Tokens of prompt and answer together; a checkpoint of shorter context gets its own length."""

SHARE_OF_GPU = 0.9


class VllmEngine:
    """One vLLM engine in this process. Built by the first load; later loads swap, or refuse."""

    name = "vllm"

    def __init__(self) -> None:
        try:
            import vllm
        except ImportError as error:
            raise EngineMissing(
                "vLLM is not installed: pip install 'hidden-gems[gpu]' on a GPU machine,"
                " 'hidden-gems[cpu]' without one, or use --engine transformers"
            ) from error
        self._vllm = vllm
        self._gpu = torch.cuda.is_available()
        self._scratch = Path(tempfile.mkdtemp(prefix="gems-vllm-"))
        self._llm: Any = None
        self._build: Build | None = None
        self._rank = 0
        self._slots = 0
        self._base: Path | None = None
        self._adapters: dict[int, Path] = {}
        self._merged: dict[int, Path] = {}
        self._serial = 0

    @property
    def dtype(self) -> str:
        return "bfloat16" if self._gpu else "float32"

    def load(self, weights: Weights) -> Mapping[int, LoadFailure]:
        """See the protocol. Raises SwapRefused if only a fresh process may load this."""
        self._forget()
        base = cleaned(weights.base, self._folder("base"))
        build = build_of(base)
        check_whole(build)
        failed, ranks = self._sort(weights.adapters, base)
        self._check_room(build, max(ranks.values(), default=0), len(ranks))
        if self._llm is None:
            self._start(base, build)
        else:
            self._swap(base)
        self._base = base
        return failed

    def generate(self, requests: Sequence[Request]) -> list[Completion]:
        """Answers in the order of the requests: of base and adapters in one batch, then merged."""
        assert self._llm is not None, "nothing is loaded"
        answers: dict[int, Completion] = {}
        apart = {at for at, request in enumerate(requests) if request.adapter in self._merged}
        together = [at for at in range(len(requests)) if at not in apart]
        self._answer(requests, together, answers)
        if apart:
            assert self._base is not None
            for adapter, folder in self._merged.items():
                mine = [at for at in sorted(apart) if requests[at].adapter == adapter]
                if mine:
                    self._swap(folder)
                    self._answer(requests, mine, answers)
            self._swap(self._base)
        return [answers[at] for at in range(len(requests))]

    def close(self) -> None:
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _sort(
        self, adapters: Sequence[Path], base: Path
    ) -> tuple[dict[int, LoadFailure], dict[int, int]]:
        """Take each adapter as it is, or merge it, or say why it can be neither."""
        failed: dict[int, LoadFailure] = {}
        ranks: dict[int, int] = {}
        for index, folder in enumerate(adapters):
            try:
                rank = room_for(folder)
                if rank is None:
                    self._merged[index] = merged(
                        base, folder, self._folder(f"merged{index}"), getattr(torch, self.dtype)
                    )
                else:
                    self._adapters[index] = tidied(folder, self._folder(f"adapter{index}"))
                    ranks[index] = rank
            except LoadFailure as failure:
                failed[index] = failure
        return failed, ranks

    def _check_room(self, build: Build, rank: int, adapters: int) -> None:
        """Raises SwapRefused unless what is built can hold `build` and the adapters."""
        slots = adapters + 1 if adapters else 0  # a full house answers for the base: one more
        if self._llm is None:
            self._build, self._rank, self._slots = build, rank, slots
            return
        assert self._build is not None
        if reason := doubt(self._build, build):
            raise SwapRefused(reason)
        if rank > self._rank or slots > self._slots:
            raise SwapRefused("it has no room for these adapters")

    def _start(self, base: Path, build: Build) -> None:
        _check_finite_files(base)
        context = int(build.config.get("max_position_embeddings") or LONGEST)
        lora = (
            {
                "enable_lora": True,
                "max_loras": self._slots,
                "max_cpu_loras": self._slots,
                "max_lora_rank": self._rank,
            }
            if self._slots
            else {}
        )
        self._llm = self._vllm.LLM(
            model=str(base),
            skip_tokenizer_init=True,
            generation_config="vllm",
            dtype=self.dtype,
            max_model_len=min(context, LONGEST),
            block_size=16 if self._gpu else 32,
            gpu_memory_utilization=SHARE_OF_GPU,
            enforce_eager=not self._gpu,
            enable_prefix_caching=True,
            trust_remote_code=False,
            seed=0,
            **lora,
        )
        self._longest = min(context, LONGEST)

    def _swap(self, folder: Path) -> None:
        """Reload in place, then undo what vLLM leaves behind of the checkpoint before."""
        if not self._gpu:
            _check_finite_files(folder)
        self._llm.collective_rpc("reload_weights", kwargs={"weights_path": str(folder)})
        assert self._build is not None
        if self._build.tied:
            (same,) = self._llm.apply_model(_retie)
            if not same:
                raise SwapRefused("its tied embeddings were not renewed")
        if self._gpu:
            (odd,) = self._llm.apply_model(_first_not_finite)
            if odd is not None:
                raise LoadFailure(LoadKind.NOT_FINITE, f"{odd} has NaN or infinity")
        self._llm.reset_prefix_cache()

    def _answer(
        self, requests: Sequence[Request], places: Sequence[int], answers: dict[int, Completion]
    ) -> None:
        if not places:
            return
        chosen = [requests[at] for at in places]
        assert self._build is not None
        check_requests(chosen, int(self._build.config["vocab_size"]), self._longest)
        told = self._llm.generate(
            [{"prompt_token_ids": list(request.token_ids)} for request in chosen],
            [self._sampling(request) for request in chosen],
            lora_request=[self._lora(request.adapter) for request in chosen]
            if self._slots
            else None,
            use_tqdm=False,
        )
        for at, said in zip(places, told, strict=True):
            output = said.outputs[0]
            if not math.isfinite(output.cumulative_logprob or 0.0):
                raise GenerationFailure(GenerationKind.NOT_FINITE, "it computes NaN or infinity")
            tokens = tuple(int(token) for token in output.token_ids)
            if output.finish_reason == "stop" and tokens and tokens[-1] in requests[at].stop_ids:
                tokens = tokens[:-1]
            finish: Finish = "stop" if output.finish_reason == "stop" else "length"
            answers[at] = Completion(tokens, finish)

    def _sampling(self, request: Request) -> Any:
        return self._vllm.SamplingParams(
            temperature=0.0,
            max_tokens=request.max_tokens,
            stop_token_ids=sorted(request.stop_ids),
            ignore_eos=True,
            detokenize=False,
            logprobs=0,
        )

    def _lora(self, adapter: int | None) -> Any:
        if adapter is None or adapter in self._merged:
            return None
        # Numbers are never used again: vLLM would answer with the adapter it knows by that number.
        number = self._serial + adapter + 1
        return self._vllm.lora.request.LoRARequest(
            f"adapter{number}", number, str(self._adapters[adapter])
        )

    def _forget(self) -> None:
        self._serial += len(self._adapters) + len(self._merged) + 1
        self._adapters, self._merged, self._base = {}, {}, None
        for old in self._scratch.iterdir():
            shutil.rmtree(old, ignore_errors=True)

    def _folder(self, name: str) -> Path:
        return self._scratch / f"{name}-{self._serial}"


def _check_finite_files(folder: Path) -> None:
    """On a CPU vLLM packs weights away, so they are looked at where they come from."""
    for shard in sorted(folder.glob("*.safetensors")):
        with safe_open(shard, framework="pt") as opened:
            for name in opened.keys():  # noqa: SIM118  # it is no mapping
                tensor = opened.get_tensor(name)
                if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
                    raise LoadFailure(LoadKind.NOT_FINITE, f"{name} has NaN or infinity")


def _first_not_finite(model: Any) -> str | None:
    for name, tensor in model.named_parameters():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            return str(name)
    return None


def _retie(model: Any) -> bool:
    """Let the output layer take up the input embeddings again; whether it did."""
    head, embeddings = model.lm_head, model.model.embed_tokens
    head.quant_method.process_weights_after_loading(head)
    return bool(torch.equal(head.weight, embeddings.weight))
