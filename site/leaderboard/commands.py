"""How to start a checkpoint: commands that can be pasted, pinned to the commit that was judged."""

from __future__ import annotations

import json
import shlex

from catalog.words import Relation
from leaderboard.paths import is_clean


def vllm(name: str, sha: str, base: tuple[str, str] | None, relation: str | None) -> str | None:
    """A `vllm serve` line; None if the names could not safely be pasted into a shell."""
    if not _safe(name, sha) or (base and not _safe(*base)):
        return None
    if relation == Relation.ADAPTER:
        if base is None:
            return None
        module = json.dumps({"name": name.split("/")[1], "path": name, "base_model_name": base[0]})
        return (
            f"vllm serve {base[0]} --revision {base[1]} \\\n"
            f"  --enable-lora --lora-modules {shlex.quote(module)}"
        )
    return f"vllm serve {name} \\\n  --revision {sha}"


def transformers(
    name: str, sha: str, base: tuple[str, str] | None, relation: str | None
) -> str | None:
    """The lines that load it in Python."""
    if not _safe(name, sha) or (base and not _safe(*base)):
        return None
    if relation == Relation.ADAPTER:
        if base is None:
            return None
        return (
            "from peft import PeftModel\n"
            "from transformers import AutoModelForCausalLM\n\n"
            f'base = AutoModelForCausalLM.from_pretrained("{base[0]}", revision="{base[1]}")\n'
            f'model = PeftModel.from_pretrained(base, "{name}", revision="{sha}")'
        )
    return (
        "from transformers import AutoModelForCausalLM, AutoTokenizer\n\n"
        f'pin = {{"pretrained_model_name_or_path": "{name}", "revision": "{sha}"}}\n'
        "tokenizer = AutoTokenizer.from_pretrained(**pin)\n"
        'model = AutoModelForCausalLM.from_pretrained(**pin, dtype="auto")'
    )


def _safe(name: str, sha: str) -> bool:
    return is_clean(name) and sha.isalnum() and sha.isascii()
