"""Poisons in configurations, cards and what a hub says of a repository."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tests.hostile.marking import Trap, poison
from tests.hostile.sound import (
    INSTRUCT,
    change,
    configure,
    list_it,
    write_adapter,
    write_json,
)

BILLION = 10**9


@poison("remote_code")
def auto_map(folder: Path, trap: Trap) -> None:
    """A class of its own, to be imported from its repository."""
    (folder / "modeling_trap.py").write_text(trap.code)
    configure(folder, auto_map={"AutoModelForCausalLM": "modeling_trap.Trap"})


@poison("load:remote_code")
def late_auto_map(folder: Path, trap: Trap) -> None:
    """A class of its own in the file, of which the listing says nothing."""
    (folder / "modeling_trap.py").write_text(trap.code)
    configure(folder, auto_map={"AutoModelForCausalLM": "modeling_trap.Trap"})
    list_it(folder, config={"architectures": ["LlamaForCausalLM"]})


@poison("load:bad_config")
def billion_layers(folder: Path, trap: Trap) -> None:
    """Layers that would fill any memory before a tensor is read."""
    configure(folder, num_hidden_layers=BILLION)


@poison("load:bad_config")
def negative_layers(folder: Path, trap: Trap) -> None:
    """Less than nothing."""
    configure(folder, num_hidden_layers=-2, hidden_size=-32)


@poison("load:bad_config")
def huge_heads(folder: Path, trap: Trap) -> None:
    """Rotary tables of gigabytes, which are in no file."""
    configure(folder, head_dim=BILLION)


@poison("load:bad_config")
def huge_vocabulary(folder: Path, trap: Trap) -> None:
    """Embeddings of terabytes beside the small ones of the file."""
    configure(folder, vocab_size=BILLION)


@poison("load:wrong_shapes")
def wide_within_bounds(folder: Path, trap: Trap) -> None:
    """Sizes that are each the file's own, of another tensor."""
    configure(folder, intermediate_size=261)


@poison("load:missing_tensors")
def deep_within_bounds(folder: Path, trap: Trap) -> None:
    """More layers than there are, and fewer than there are tensors."""
    configure(folder, num_hidden_layers=9)


@poison("load:bad_config")
def infinite_size(folder: Path, trap: Trap) -> None:
    """Numbers that JSON has not got, and Python reads."""
    text = (folder / "config.json").read_text()
    (folder / "config.json").write_text(text.replace('"hidden_size": 32', '"hidden_size": 1e999'))


@poison("load:bad_config")
def sizes_of_text(folder: Path, trap: Trap) -> None:
    """Numbers that are none."""
    configure(folder, num_hidden_layers="2; import os", hidden_size=[32])


@poison("load:bad_config")
def rope_of_nonsense(folder: Path, trap: Trap) -> None:
    """A rotary embedding whose kind exists nowhere."""
    configure(folder, rope_scaling={"rope_type": "__import__('os')", "factor": "high"})


@poison("generate:not_finite_logits")
def rope_of_nothing(folder: Path, trap: Trap) -> None:
    """A rotary embedding that divides by nothing."""
    rope = {"rope_type": "linear", "factor": 0.0}
    configure(folder, rope_scaling=rope)


@poison("load:bad_config")
def unknown_model(folder: Path, trap: Trap) -> None:
    """A model type that no library has, under the right architecture."""
    configure(folder, model_type="trap")


@poison("load:bad_config")
def deep_config(folder: Path, trap: Trap) -> None:
    """JSON nested deeper than any parser's stack."""
    (folder / "config.json").write_text('{"a":' * 50_000)


@poison("load:bad_config")
def config_is_a_list(folder: Path, trap: Trap) -> None:
    """JSON of another kind."""
    (folder / "config.json").write_text("[" + (folder / "config.json").read_text() + "]")


@poison("no_config")
def no_config(folder: Path, trap: Trap) -> None:
    """Weights that nobody says anything of."""
    (folder / "config.json").unlink()


@poison("ranked")
def foreign_kernels(folder: Path, trap: Trap) -> None:
    """Attention to be computed by code from another repository, and paths to load from."""
    configure(
        folder,
        attn_implementation="trap/kernels",
        _attn_implementation="trap/kernels",
        _name_or_path="/etc",
        use_kernels=True,
    )


@poison("load:quantized")
def late_quantization(folder: Path, trap: Trap) -> None:
    """A quantizer's code is asked for in the file, of which the listing says nothing."""
    configure(folder, quantization_config={"quant_method": "awq", "bits": 4})
    list_it(folder, config={"architectures": ["LlamaForCausalLM"]})


@poison("ranked")
def tied(folder: Path, trap: Trap) -> None:
    """Says that its output is its input's embedding, and brings another one."""
    configure(folder, tie_word_embeddings=True)


@poison("other_shapes")
def untied(folder: Path, trap: Trap) -> None:
    """Says that its output is its own, and brings none."""
    change(folder, lambda tensors: tensors.pop("lm_head.weight"))
    configure(folder, tie_word_embeddings=False)


@poison("ranked", says="7")
def own_decoding(folder: Path, trap: Trap) -> None:
    """Generation settings that would make answers random, long, forced or of other tokens."""
    write_json(
        folder / "generation_config.json",
        {
            "do_sample": True,
            "temperature": 50.0,
            "max_new_tokens": BILLION,
            "suppress_tokens": list(range(5, 261)),
            "forced_bos_token_id": 9,
            "eos_token_id": 200,
            "num_beams": 1000,
            "custom_generate": "trap/generate",
        },
    )


@poison("ranked", says="8")
def adapter_within(folder: Path, trap: Trap) -> None:
    """An adapter's configuration beside a full checkpoint, which libraries would load instead."""
    aside = write_adapter(folder.with_name("adapter-within-aside"), "/etc", 2)
    for file in aside.iterdir():
        file.rename(folder / file.name)
    aside.rmdir()


@poison("ranked")
def megabyte_card(folder: Path, trap: Trap) -> None:
    """A card of megabytes, with markup, control characters and paths in every field."""
    long = "<script>alert(1)</script>\u202e\x1b[2J" * 100_000
    card = {"base_model": INSTRUCT, "base_model_relation": "finetune", "license": long}
    (folder / "README.md").write_text(f"---\nlicense: {'x' * 300_000}\n---\n{long}")
    tags = [f"base_model:finetune:{INSTRUCT}", "<img src=x onerror=alert(1)>", "../" * 50, long]
    list_it(folder, cardData=card, tags=tags, pipeline_tag=long, library_name=long)


@poison("ranked")
def crowd_of_parents(folder: Path, trap: Trap) -> None:
    """Thousands of parents, itself and paths among them."""
    crowd: list[Any] = [f"crowd/parent-{n}" for n in range(5_000)]
    crowd = [INSTRUCT, "poison/crowd-of-parents", "../../etc", "/etc", None, 7, *crowd]
    list_it(folder, cardData={"base_model": crowd, "base_model_relation": "finetune"})


@poison("ranked")
def merge_of_aliases(folder: Path, trap: Trap) -> None:
    """A merge's recipe of a few lines that stands for gigabytes, and builds objects."""
    lines = ["a: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"b{n}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]" for n in range(12)]
    lines += [f"model: !!python/object/apply:os.system ['{trap.command}']"]
    (folder / "mergekit_config.yml").write_text("\n".join(lines))


@poison("ranked")
def absurd_counts(folder: Path, trap: Trap) -> None:
    """More downloads than there are people, and an upload before there were computers."""
    list_it(folder, downloads=10**30, likes=-5, createdAt="0001-01-01T00:00:00.000Z")


@poison("ranked")
def links_out(folder: Path, trap: Trap) -> None:
    """Links that lead out of its folder, at every place where a library looks."""
    for name in ("chat_template.json", "special_tokens_map.json", "vocab.json", "secrets.json"):
        (folder / name).symlink_to("/etc/passwd")
    (folder / "sub").symlink_to("/")
    os.symlink("../../lab/tiny", folder / "up")


@poison("ranked")
def sneaking_folders(folder: Path, trap: Trap) -> None:
    """Weights and configurations in folders of its own, for libraries that look deeper."""
    for place in ("original", "checkpoint-1", ".hidden"):
        (folder / place).mkdir()
        (folder / place / "config.json").write_text('{"auto_map": {"AutoModel": "trap.Trap"}}')
        (folder / place / "trap.py").write_text(trap.code)
