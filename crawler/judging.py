"""What a look at a checkpoint's files means: candidate or excluded, and what it really is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from catalog.checkpoints import Finding
from catalog.lineage import FILES, Evidence
from catalog.words import Reason, Relation, Status
from crawler import adapters
from crawler.evidence import claim
from crawler.layout import Layout, Misfit, adds_tokens, compare
from crawler.looking import Look
from hubs.protocol import Tensor

FLOATS = frozenset({"F32", "F16", "BF16"})


def excluded(look: Look, misfit: Misfit) -> Finding:
    return Finding(
        look.listed.repository_id,
        look.listed.sha,
        Status.EXCLUDED,
        misfit.reason,
        misfit.detail or None,
        relation(look, misfit),
        None,
        look.digest,
        look.bytes,
        _parameters(look.tensors) if look.tensors else look.listed.parameters,
    )


def candidate(look: Look, base_id: int | None = None) -> Finding:
    return Finding(
        look.listed.repository_id,
        look.listed.sha,
        Status.CANDIDATE,
        None,
        None,
        relation(look),
        base_id,
        look.digest,
        look.bytes,
        _parameters(look.tensors),
    )


def full(look: Look, layouts: Sequence[Layout]) -> Misfit | None:
    """Why a full checkpoint is not a candidate, if it is not; it must fit one of the layouts."""
    shapes = {name: tensor.shape for name, tensor in look.tensors.items()}
    if (packed := _packed(look.tensors)) is not None:
        return packed
    misfits = [compare(shapes, layout) for layout in layouts]
    fitting = [layout for layout, misfit in zip(layouts, misfits, strict=True) if misfit is None]
    if not fitting:
        return misfits[0]
    if not look.tokenizer and adds_tokens(shapes, fitting[0]):
        return Misfit(Reason.NO_TOKENIZER, "it adds tokens, but says not which")
    return None


def adapter(look: Look, layouts: Sequence[Layout]) -> Misfit | None:
    """Why an adapter does not fit its base, whose layout is one of these."""
    assert look.adapter is not None, "only adapters are judged as adapters"
    misfits = [adapters.compare(look.adapter, look.tensors, layout) for layout in layouts]
    return None if None in misfits else misfits[0]


def relation(look: Look, misfit: Misfit | None = None) -> str | None:
    """What its files make it, whatever was declared. None: they do not tell, or it is a root."""
    declared = look.listed.relation
    if declared is None:
        return None
    if look.adapter is not None:
        return Relation.ADAPTER
    if look.quantized or (misfit is not None and misfit.reason == Reason.QUANTIZED):
        return Relation.QUANTIZED
    if look.tensors and declared in (Relation.ADAPTER, Relation.QUANTIZED):
        return Relation.MERGE if len(look.evidence) > 1 else Relation.FINETUNE
    return declared


def corrections(finding: Finding, chosen: Sequence[Evidence]) -> list[Evidence]:
    """The chosen parents again, with the relation that the files show instead of the declared."""
    shown = finding.relation
    if shown is None:
        return []
    return [
        claim(said.parent, shown, FILES)
        for said in chosen
        if said.source != FILES and said.relation != shown
    ]


def _packed(tensors: Mapping[str, Tensor]) -> Misfit | None:
    """Weights that are stored in fewer, or in more, bits than any engine computes with."""
    for name, tensor in sorted(tensors.items()):
        if tensor.dtype == "F64":
            return Misfit(Reason.TOO_LARGE, f"{name[:120]} is F64")
        if tensor.dtype not in FLOATS and len(tensor.shape) > 0:
            return Misfit(Reason.QUANTIZED, f"{name[:120]} is {tensor.dtype[:20]}")
    return None


def _parameters(tensors: Mapping[str, Tensor]) -> int:
    return min(sum(prod(tensor.shape) for tensor in tensors.values()), 2**62)
