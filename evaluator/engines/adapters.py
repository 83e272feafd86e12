"""LoRA adapters on a base that is loaded: through peft, each by its own name.

Several adapters share one base, so an adapter may bring nothing that changes the base itself:
what does so is refused by name.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, set_peft_model_state_dict
from safetensors import SafetensorError
from safetensors.torch import load_file

from evaluator.engines.errors import LoadFailure, LoadKind
from evaluator.engines.folder import ADAPTER_CONFIG, read_json

ADAPTER_WEIGHTS = "adapter_model.safetensors"
PREFIX = "base_model.model."

MEANT = (
    "r",
    "target_modules",
    "exclude_modules",
    "target_parameters",
    "lora_alpha",
    "lora_bias",
    "fan_in_fan_out",
    "use_rslora",
    "use_dora",
    "modules_to_save",
    "layers_to_transform",
    "layers_pattern",
    "rank_pattern",
    "alpha_pattern",
    "trainable_token_indices",
)
"""The settings that say what a LoRA's tensors mean; what only steered its training is left."""

REFUSED = (
    "layer_replication",
    "alora_invocation_tokens",
    "arrow_config",
    "kasa_config",
    "megatron_config",
    "monteclora_config",
    "use_bdlora",
    "use_qalora",
    "velora_config",
)
"""Settings that make it something else than base weights plus a product of two matrices."""

SIMPLE = re.compile(r"[\w.*^$\\|-]{0,300}")
LOW = re.compile(r"\.lora_(?:embedding_)?A\b")

STARTED_FROM_ITS_OWN_BASE = ("pissa", "olora", "loftq", "corda", "lora_ga")


def attach(model: Any, wrapped: PeftModel | None, folder: Path, name: str) -> PeftModel:
    """Add the adapter in `folder` under `name`. Raises LoadFailure: then load the base again.

    model: the bare base. wrapped: what the first `attach` on this base returned, if any.
    """
    config, tensors = read_adapter(folder)
    _keep_to_itself(model, config, tensors)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the libraries tell each other's authors
            if wrapped is None:
                wrapped = PeftModel(model, config, adapter_name=name, autocast_adapter_dtype=False)
            else:
                wrapped.add_adapter(name, config, autocast_adapter_dtype=False)
            told: Any = set_peft_model_state_dict(wrapped, tensors, adapter_name=name)
    except (ValueError, TypeError, KeyError, AttributeError, RuntimeError) as error:
        raise LoadFailure(LoadKind.BAD_ADAPTER, f"it does not fit its base: {error}") from error
    missing = [key for key in told.missing_keys if name in key.split(".")]
    for kind, odd in (
        (LoadKind.MISSING_TENSORS, missing),
        (LoadKind.EXTRA_TENSORS, told.unexpected_keys),
    ):
        if odd:
            raise LoadFailure(kind, f"{len(odd)}, such as {odd[0]}")
    return wrapped


def read_adapter(folder: Path) -> tuple[LoraConfig, dict[str, torch.Tensor]]:
    """Settings and finite tensors of the adapter in `folder`. Raises LoadFailure."""
    tensors = _tensors(folder)
    return _config(folder, tensors), tensors


def _config(folder: Path, tensors: dict[str, torch.Tensor]) -> LoraConfig:
    said = read_json(folder / ADAPTER_CONFIG, LoadKind.BAD_ADAPTER)
    if said.get("peft_type") != "LORA":
        raise LoadFailure(LoadKind.BAD_ADAPTER, f"it is no LoRA but {said.get('peft_type')!r}")
    for key in REFUSED:
        if said.get(key):
            raise LoadFailure(LoadKind.BAD_ADAPTER, f"{key} makes it more than a LoRA")
    start = str(said.get("init_lora_weights")).lower()
    if start.startswith(STARTED_FROM_ITS_OWN_BASE):
        raise LoadFailure(LoadKind.BAD_ADAPTER, f"its base was changed before training ({start})")
    meant = _bounded({key: said[key] for key in MEANT if said.get(key) is not None}, tensors)
    try:
        return LoraConfig(
            **meant,
            lora_dropout=0.0,
            bias="none",
            init_lora_weights=True,
            inference_mode=True,
        )
    except (TypeError, ValueError) as error:
        raise LoadFailure(LoadKind.BAD_ADAPTER, f"{ADAPTER_CONFIG}: {error}") from error


def _bounded(meant: dict[str, Any], tensors: dict[str, torch.Tensor]) -> dict[str, Any]:
    """The settings, held to what the tensors are: peft would match any pattern, make any rank.

    Modules named by an elaborate pattern are named by the tensors instead. Raises LoadFailure.
    """
    if not _is_simple(meant.get("target_modules")):
        modules = {key.partition(".lora_")[0] for key in tensors if ".lora_" in key}
        meant["target_modules"] = sorted(module.removeprefix(PREFIX) for module in modules)
    if odd := [key for key, value in meant.items() if not _is_simple(value)]:
        raise LoadFailure(LoadKind.BAD_ADAPTER, f"{odd[0]} has a pattern that may take for ever")
    highest = max((len(tensor) for key, tensor in tensors.items() if LOW.search(key)), default=0)
    patterned = meant.get("rank_pattern")
    others = patterned.values() if isinstance(patterned, dict) else ()
    if any(type(rank) is not int or not 0 < rank <= highest for rank in (meant.get("r"), *others)):
        wrong = f"it speaks of another rank than its tensors', whose highest is {highest}"
        raise LoadFailure(LoadKind.BAD_ADAPTER, wrong)
    return meant


def _is_simple(value: object) -> bool:
    """Whether every text in a setting is a name, or a pattern that cannot take long to match."""
    if isinstance(value, str):
        return SIMPLE.fullmatch(value) is not None and value.count("*") <= 2
    return not isinstance(value, (list, dict)) or all(map(_is_simple, value))


def _tensors(folder: Path) -> dict[str, torch.Tensor]:
    if not (folder / ADAPTER_WEIGHTS).is_file():
        raise LoadFailure(LoadKind.NO_WEIGHTS, f"it has no {ADAPTER_WEIGHTS}")
    try:
        tensors = load_file(folder / ADAPTER_WEIGHTS)
    except (OSError, SafetensorError, ValueError, RuntimeError) as error:
        raise LoadFailure(LoadKind.BAD_WEIGHTS, f"{ADAPTER_WEIGHTS}: {error}") from error
    for key, tensor in tensors.items():
        if not bool(torch.isfinite(tensor.float()).all()):
            raise LoadFailure(LoadKind.NOT_FINITE, f"{key} has NaN or infinity")
    return tensors


def _keep_to_itself(model: Any, config: LoraConfig, tensors: dict[str, torch.Tensor]) -> None:
    """Drop the base's own tensors where they are unchanged; refuse them where they are not.

    peft would write them into the base, and into every other adapter's answers.
    """
    own = tuple(config.modules_to_save or ())
    base = {_bare(key): tensor for key, tensor in model.state_dict().items()}
    for key in list(tensors):
        parts = key.removeprefix(PREFIX).split(".")
        if "lora_" in key or "token_adapter" in parts or any(part in own for part in parts):
            continue
        theirs = base.get(key.removeprefix(PREFIX))
        ours = tensors[key]
        if theirs is None:
            raise LoadFailure(LoadKind.EXTRA_TENSORS, f"{key} belongs to nothing in its base")
        if theirs.shape != ours.shape:
            raise LoadFailure(LoadKind.WRONG_SHAPES, f"{key} has another shape than its base's")
        if not torch.equal(theirs.cpu(), ours.to(theirs.dtype)):
            raise LoadFailure(LoadKind.BAD_ADAPTER, f"{key} changes its base, beside the LoRA")
        del tensors[key]


def _bare(key: str) -> str:
    """The name of a tensor in the base, whatever wrapping peft has done to the base by now."""
    return key.replace(".base_layer.", ".").replace(".original_module.", ".")
