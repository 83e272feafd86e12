"""Vetting by listing fields alone: what no look at the files could mend."""

from __future__ import annotations

import json
from dataclasses import dataclass

from catalog.screening import Kind
from catalog.words import Reason, Relation
from crawler.layout import Misfit

CAUSAL = "ForCausalLM"
_MIXTURES = ("Mixtral", "Moe", "MoE", "DeepseekV2", "DeepseekV3", "Dbrx", "Grok")


@dataclass(frozen=True, slots=True)
class Standard:
    """What a family's roots are. fewest, most: parameters that its embeddings can explain."""

    architecture: str | None
    fewest: int
    most: int


def screen(listed: Kind, standard: Standard) -> Misfit | None:
    """Why members of this kind are excluded without a look at their files, if they are."""
    if listed.missing:
        return Misfit(Reason.MISSING, "")
    if listed.disabled:
        return Misfit(Reason.DISABLED, "")
    if listed.private:
        return Misfit(Reason.PRIVATE, "")
    config = json.loads(listed.config)
    if config.get("remote_code"):
        return Misfit(Reason.REMOTE_CODE, "its configuration has an auto_map")
    if quantization := config.get("quantization"):
        return Misfit(Reason.QUANTIZED, str(quantization))
    if listed.relation == Relation.ADAPTER or "adapter_base" in config:
        return None  # what is listed of an adapter says nothing of its base
    if listed.shared:
        return None  # its files say which of its families it fits
    return _architecture(listed, standard) or _size(listed, standard)


def _architecture(listed: Kind, standard: Standard) -> Misfit | None:
    mine = listed.architecture
    if mine is None or standard.architecture is None or mine == standard.architecture:
        return None
    if any(mark in mine for mark in _MIXTURES):
        return Misfit(Reason.MIXTURE, mine)
    if CAUSAL not in mine:
        return Misfit(Reason.NOT_TEXT, mine)
    return Misfit(Reason.OTHER_ARCHITECTURE, f"{mine} instead of {standard.architecture}")


def _size(listed: Kind, standard: Standard) -> Misfit | None:
    total = listed.parameters
    if total is None:
        return None
    if total > standard.most:
        return Misfit(Reason.LARGER, f"{total:,} parameters, at most {standard.most:,} fit")
    if 0 < total < standard.fewest:
        return Misfit(Reason.SMALLER, f"{total:,} parameters, at least {standard.fewest:,} fit")
    return None
