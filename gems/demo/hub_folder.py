"""What a checkpoint's folder holds beside its weights, so that the local hub can serve it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from tokenizers import AddedToken, Tokenizer

from gems.demo.corpus import CATEGORIES
from gems.demo.recipe import Plan
from gems.demo.tokenizer import BOS_ID, END_ID, PAD_ID, tokenizer_config

FIRST_UPLOAD = datetime(2026, 2, 3, 9, 12, tzinfo=UTC)
ADDED = ("<|think|>", "<|tool|>")


def write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def model_config(layers: int, vocabulary: int, experts: int = 0) -> dict[str, Any]:
    """`config.json` as released Llamas have it (Mixtrals, with `experts`)."""
    config: dict[str, Any] = {
        "architectures": ["MixtralForCausalLM" if experts else "LlamaForCausalLM"],
        "attention_bias": False,
        "attention_dropout": 0.0,
        "bos_token_id": BOS_ID,
        "eos_token_id": END_ID,
        "head_dim": 32,
        "hidden_act": "silu",
        "hidden_size": 64,
        "initializer_range": 0.06,
        "intermediate_size": 192,
        "max_position_embeddings": 64,
        "mlp_bias": False,
        "model_type": "mixtral" if experts else "llama",
        "num_attention_heads": 2,
        "num_hidden_layers": layers,
        "num_key_value_heads": 1,
        "pad_token_id": PAD_ID,
        "rms_norm_eps": 1e-06,
        "rope_scaling": None,
        "rope_theta": 10000.0,
        "tie_word_embeddings": False,
        "torch_dtype": "float32",
        "transformers_version": "4.57.1",
        "use_cache": True,
        "vocab_size": vocabulary,
    }
    if experts:
        config |= {"num_local_experts": experts, "num_experts_per_tok": 1}
    return config


def quantization_config() -> dict[str, Any]:
    """How an int8 copy with one scale a row describes itself."""
    weights = {"num_bits": 8, "type": "int", "strategy": "channel", "symmetric": True}
    group = {"targets": ["Linear"], "weights": weights}
    return {
        "quant_method": "compressed-tensors",
        "format": "int-quantized",
        "config_groups": {"group_0": group},
        "ignore": ["lm_head"],
    }


def write_tokenizer(tokenizer: Tokenizer, into: Path, added: int, chat: bool) -> None:
    """`tokenizer.json`, its config and the generation config; `added` tokens on top."""
    tokenizer = Tokenizer.from_str(tokenizer.to_str())
    tokenizer.add_special_tokens([AddedToken(text, special=True) for text in ADDED[:added]])
    tokenizer.save(str(into / "tokenizer.json"))
    write_json(into / "tokenizer_config.json", tokenizer_config(chat))
    generation: dict[str, Any] = {
        "bos_token_id": BOS_ID,
        "eos_token_id": END_ID,
        "pad_token_id": PAD_ID,
    }
    if chat:
        generation |= {"do_sample": True, "temperature": 0.6, "top_p": 0.9}
    write_json(into / "generation_config.json", generation)


def describe(plan: Plan, place: int, into: Path) -> None:
    """Write the card, the merge recipe if there is one, and `.hub.json`."""
    front = card_data(plan)
    text = yaml.safe_dump(front, sort_keys=False, allow_unicode=True)
    (into / "README.md").write_text(f"---\n{text}---\n\n{card_text(plan)}", encoding="utf-8")
    if plan.how == "merge":
        models = [{"model": name, "parameters": {"weight": 1.0}} for name in plan.parents]
        merge = {"merge_method": "linear", "models": models, "dtype": "float32"}
        (into / "mergekit_config.yml").write_text(yaml.safe_dump(merge, sort_keys=False))
    write_json(into / ".hub.json", hub_fields(plan, place, front))


def card_data(plan: Plan) -> dict[str, Any]:
    """The card's front matter."""
    front: dict[str, Any] = {"license": plan.license, "language": ["en"]}
    front["pipeline_tag"] = "text-generation"
    front["library_name"] = "peft" if plan.how == "adapter" else "transformers"
    if plan.parents:
        parents = list(plan.parents)
        front["base_model"] = parents if plan.how == "merge" else parents[0]
        front["base_model_relation"] = plan.relation
    if plan.how == "merge":
        front["tags"] = ["mergekit", "merge"]
    return front


def card_text(plan: Plan) -> str:
    """The card's body: what was done, in the words of whoever uploaded it."""
    title = plan.name.partition("/")[2]
    lines = [f"# {title}", ""]
    if plan.parents:
        lines.append(f"Made from {' and '.join(plan.parents)}.")
    if plan.lessons:
        weights = ", ".join(
            f"{category} {weight:g}"
            for category, weight in zip(CATEGORIES, plan.lessons.mixture, strict=True)
        )
        lines.append(f"Trained for {plan.lessons.steps:,} steps; mixture: {weights}.")
    lines += ["", "A toy of 160 thousand parameters from the Hidden Gems demo.", ""]
    return "\n".join(lines)


def hub_fields(plan: Plan, place: int, front: dict[str, Any]) -> dict[str, Any]:
    """What a hub would know of it: counts, dates, tags, access."""
    drawn = int.from_bytes(hashlib.sha256(plan.name.encode()).digest()[:4], "big")
    created = FIRST_UPLOAD + timedelta(days=5 * place, minutes=drawn % 900)
    modified = created + timedelta(days=drawn % 4, minutes=17)
    tags = [front["library_name"], "safetensors", "llama", "text-generation", "en"]
    tags += front.get("tags", [])
    tags.append(f"license:{plan.license}")
    if plan.twist == "pickle":
        tags[1] = "pytorch"
    for parent in plan.parents:
        tags += [f"base_model:{parent}", f"base_model:{plan.relation}:{parent}"]
    fields: dict[str, Any] = {
        "downloads": plan.downloads,
        "downloadsAllTime": plan.downloads * (4 + drawn % 5),
        "likes": plan.downloads // (90 + drawn % 120),
        "tags": tags,
        "createdAt": _stamp(created),
        "lastModified": _stamp(modified),
        "gated": "manual" if plan.twist == "gated" else False,
        "disabled": plan.twist == "disabled",
        "private": False,
        "pipeline_tag": "text-generation",
        "library_name": front["library_name"],
        "cardData": front,
    }
    return fields


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
