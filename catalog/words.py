"""The closed lists: relations, states, reasons, verdicts. Each reason has a sentence for people."""

from __future__ import annotations

from enum import StrEnum


class Relation(StrEnum):
    """How a checkpoint came from its parent."""

    FINETUNE = "finetune"
    ADAPTER = "adapter"
    MERGE = "merge"
    QUANTIZED = "quantized"


class Status(StrEnum):
    """What vetting made of a checkpoint."""

    UNVETTED = "unvetted"
    CANDIDATE = "candidate"
    EXCLUDED = "excluded"


class Reason(StrEnum):
    """Why a checkpoint is excluded."""

    sentence: str

    def __new__(cls, value: str, sentence: str) -> Reason:
        self = str.__new__(cls, value)
        self._value_ = value
        self.sentence = sentence
        return self

    GATED = "gated", "Its files are behind a gate that we have no key to."
    PRIVATE = "private", "Its files are private."
    DISABLED = "disabled", "The hub has disabled it."
    MISSING = "missing", "It is no longer on the hub."
    OPTED_OUT = "opted_out", "Its author asked not to be listed."
    QUANTIZED = "quantized", "It is a quantized copy; its full-precision parent is ranked."
    NO_SAFETENSORS = (
        "no_safetensors",
        "It has no safetensors weights, and we open no pickles.",
    )
    REMOTE_CODE = "remote_code", "It needs code of its own to run, and foreign code is never run."
    NO_CONFIG = "no_config", "It has no readable config.json."
    NO_TOKENIZER = "no_tokenizer", "It has no tokenizer, and none of its ancestors' fits."
    OTHER_ARCHITECTURE = "other_architecture", "Its architecture is not its root's."
    MIXTURE = "mixture", "It is a mixture of experts, which costs more than its root to run."
    LARGER = "larger", "It has more weights than its root, so it costs more to run."
    SMALLER = "smaller", "It has fewer weights than its root, so it is another model."
    OTHER_SHAPES = "other_shapes", "Its tensors do not have its root's names and shapes."
    VOCABULARY = "vocabulary", "It adds more than 1% of new tokens to its root's vocabulary."
    INCOMPLETE = "incomplete", "Some of its weight files are missing."
    BAD_HEADER = "bad_header", "Its safetensors headers cannot be trusted."
    BAD_ADAPTER = "bad_adapter", "Its adapter does not fit the base it names."
    BASE_UNKNOWN = "base_unknown", "The base of this adapter could not be found."
    BASE_EXCLUDED = "base_excluded", "The base of this adapter is itself excluded."
    DUPLICATE = "duplicate", "Its weights equal those of an older checkpoint, which stands for it."
    NOT_TEXT = "not_text", "It does not generate text."
    TOO_LARGE = "too_large", "Its files are larger than its architecture can explain."


class Verdict(StrEnum):
    """What a scan says of a checkpoint."""

    GEM = "gem"
    CONTENDER = "contender"
    GRADUATED = "graduated"
    RANKED = "ranked"
    ELIMINATED = "eliminated"
    FAILED = "failed"
    EXCLUDED = "excluded"
    NOT_YET_EVALUATED = "not yet evaluated"


class Stage(StrEnum):
    """Where a candidate's evaluation failed."""

    FETCH = "fetch"
    LOAD = "load"
    RENDER = "render"
    GENERATE = "generate"
    GRADE = "grade"


class ScanStatus(StrEnum):
    """CHECK: one checkpoint's visit, apart from any search of its family."""

    RUNNING = "running"
    FINISHED = "finished"
    CHECK = "check"


class Outcome(StrEnum):
    """How a visit ended."""

    OPEN = "open"
    CLOSED = "closed"
    FAILED = "failed"


class Part(StrEnum):
    """What a prompt is for: choosing, or proving the choice."""

    SELECTION = "selection"
    CONFIRMATION = "confirmation"
