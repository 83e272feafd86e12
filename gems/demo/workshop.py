"""Makes one checkpoint: trains or derives its weights and writes the folder it is published in."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM

from gems.demo.corpus import Corpus
from gems.demo.hub_folder import (
    describe,
    model_config,
    quantization_config,
    write_json,
    write_tokenizer,
)
from gems.demo.recipe import Plan
from gems.demo.tokenizer import VOCABULARY
from gems.demo.training import new_model, seeded, train

Weights = dict[str, torch.Tensor]
LAYERS = 2
ADDED_TOKENS = 2
EXPERTS = 2


def make_checkpoint(
    plan: Plan, place: int, seed: int, hub: Path, corpus: Corpus, tokenizer: Tokenizer, into: Path
) -> None:
    """Write the whole folder of a checkpoint into `into`, an empty folder.

    hub: where its parents lie, finished. place: its place in the recipe, which dates it.
    """
    torch.set_num_threads(1)
    parents = [hub / name for name in plan.parents]
    maker = Maker(plan, seeded(seed, plan.name), parents, corpus, tokenizer, into)
    if plan.how == "duplicate":
        shutil.copytree(parents[0], into, dirs_exist_ok=True)
    elif plan.how == "adapter":
        maker.adapter()
    else:
        maker.publish(maker.weights())
    describe(plan, place, into)


class Maker:
    """One checkpoint in the making."""

    def __init__(
        self,
        plan: Plan,
        seed: int,
        parents: list[Path],
        corpus: Corpus,
        tokenizer: Tokenizer,
        into: Path,
    ) -> None:
        self.plan, self.seed, self.parents = plan, seed, parents
        self.corpus, self.tokenizer, self.into = corpus, tokenizer, into

    def weights(self) -> Weights:
        """The checkpoint's tensors by name, as they are published."""
        match self.plan.how:
            case "merge":
                return merged([load_weights(parent) for parent in self.parents])
            case "quantized":
                return quantized(load_weights(self.parents[0]))
            case "noise":
                return scattered(load_weights(self.parents[0]), self.seed)
            case "mixture":
                return upcycled(load_weights(self.parents[0]))
            case _:
                return self.trained()

    def trained(self) -> Weights:
        """The parent's weights (or fresh ones), grown if need be, after the plan's lessons."""
        plan = self.plan
        taller = plan.how == "taller"
        model = new_model(self.seed, LAYERS + taller)
        if self.parents:
            weights = load_weights(self.parents[0])
            model.load_state_dict(stacked(weights) if taller else weights)
        if plan.how == "extended":
            torch.manual_seed(self.seed)
            model.resize_token_embeddings(VOCABULARY + ADDED_TOKENS, mean_resizing=False)
        if plan.lessons:
            train(model, self.tokenizer, self.corpus, plan.lessons, self.seed)
        return {name: tensor.contiguous() for name, tensor in model.state_dict().items()}

    def adapter(self) -> None:
        """Train a low-rank adapter on the parent and write it as PEFT does."""
        model = load_model(self.parents[0])
        model.name_or_path = self.plan.parents[0]
        torch.manual_seed(self.seed)
        config = LoraConfig(
            r=8,
            lora_alpha=16,
            target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj"],
            use_rslora=self.plan.twist == "rslora",
            task_type="CAUSAL_LM",
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # peft's, of a transformers attribute
            tuned: Any = get_peft_model(model, config)
        if self.plan.lessons:
            train(tuned, self.tokenizer, self.corpus, self.plan.lessons, self.seed)
        tuned.save_pretrained(str(self.into), save_embedding_layers=False)  # True asks the Hub
        path = self.into / "adapter_config.json"
        settings = json.loads(path.read_text())
        settings["target_modules"].sort()  # a set, in any order: the bytes are to be the same
        write_json(path, settings)

    def publish(self, weights: Weights) -> None:
        """Write weights, config and tokenizer, with the plan's twist."""
        plan, into = self.plan, self.into
        match plan.twist:
            case "lost":
                del weights["model.layers.1.mlp.down_proj.weight"]
            case "nan":
                weights["model.norm.weight"] = torch.full_like(
                    weights["model.norm.weight"], torch.nan
                )
        if plan.twist == "pickle":
            torch.save(weights, into / "pytorch_model.bin")
        elif plan.twist == "sharded":
            save_shards(weights, into)
        else:
            save_file(weights, into / "model.safetensors", metadata={"format": "pt"})
        config = model_config(
            layers=LAYERS + (plan.how == "taller"),
            vocabulary=len(weights["model.embed_tokens.weight"]),
            experts=EXPERTS if plan.how == "mixture" else 0,
        )
        if plan.parents:
            config["_name_or_path"] = plan.parents[0]
        if plan.how == "quantized":
            config["quantization_config"] = quantization_config()
        if plan.twist == "remote":
            config["auto_map"] = {"AutoModelForCausalLM": "modeling_brook.BrookForCausalLM"}
            (into / "modeling_brook.py").write_text(REMOTE_CODE)
        write_json(into / "config.json", config)
        added = ADDED_TOKENS if plan.how == "extended" else 0
        chat = plan.how != "base" and plan.twist != "no_template"
        write_tokenizer(self.tokenizer, into, added, chat)


REMOTE_CODE = '''"""Brook with a different name; loading it needs trust_remote_code."""

from transformers import LlamaForCausalLM


class BrookForCausalLM(LlamaForCausalLM):
    pass
'''


def load_weights(folder: Path) -> Weights:
    """All tensors of a published checkpoint, shards included."""
    weights: Weights = {}
    for path in sorted(folder.glob("*.safetensors")):
        weights |= load_file(path)
    return weights


def load_model(folder: Path) -> LlamaForCausalLM:
    """A published checkpoint of the roots' shape as a model."""
    model = new_model(0, LAYERS)
    model.load_state_dict(load_weights(folder))
    return model


def save_shards(weights: Weights, into: Path) -> None:
    """Two safetensors files and their index, as large checkpoints come."""
    names = sorted(weights)
    middle = len(names) // 2
    files = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
    shards = dict(zip(files, (names[:middle], names[middle:]), strict=True))
    for file, part in shards.items():
        save_file({name: weights[name] for name in part}, into / file, metadata={"format": "pt"})
    size = sum(tensor.nbytes for tensor in weights.values())
    where = {name: file for file, part in shards.items() for name in part}
    index = {"metadata": {"total_size": size}, "weight_map": where}
    (into / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")


def merged(parents: list[Weights]) -> Weights:
    """The parents' mean, tensor by tensor (mergekit's `linear` with equal weights)."""
    return {name: torch.stack([p[name] for p in parents]).mean(0) for name in parents[0]}


def quantized(weights: Weights) -> Weights:
    """Every linear layer as int8 with one scale a row; the rest unchanged."""
    result: Weights = {}
    for name, tensor in weights.items():
        if "_proj" not in name:
            result[name] = tensor
            continue
        scale = tensor.abs().amax(dim=1, keepdim=True) / 127
        result[name] = (tensor / scale).round().to(torch.int8)
        result[f"{name}_scale"] = scale
    return result


def scattered(weights: Weights, seed: int) -> Weights:
    """Tensors of the same shapes and spread that mean nothing."""
    torch.manual_seed(seed)
    return {
        name: torch.randn_like(tensor) * tensor.std() + tensor.mean()
        for name, tensor in weights.items()
    }


def stacked(weights: Weights) -> Weights:
    """The weights with the last layer on top once more."""
    last, new = f"model.layers.{LAYERS - 1}.", f"model.layers.{LAYERS}."
    top = {name.replace(last, new): tensor for name, tensor in weights.items() if last in name}
    return weights | top


def upcycled(weights: Weights) -> Weights:
    """A Mixtral-shaped mixture whose experts all start as the parent's MLP."""
    result: Weights = {}
    new_names = {"gate_proj": "w1", "down_proj": "w2", "up_proj": "w3"}
    for name, tensor in weights.items():
        if ".mlp." not in name:
            result[name] = tensor
            continue
        layer, part = name.split(".mlp.")
        moe = f"{layer}.block_sparse_moe"
        for expert in range(EXPERTS):
            new_name = new_names[part.removesuffix(".weight")]
            result[f"{moe}.experts.{expert}.{new_name}.weight"] = tensor.clone()
        result[f"{moe}.gate.weight"] = torch.zeros(EXPERTS, weights["model.norm.weight"].numel())
    return result
