"""Poisons that are adapters: whose base, of what rank, and with which patterns."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from tests.hostile.marking import Trap, poison
from tests.hostile.sound import HIDDEN, INSTRUCT, change, list_it, write_adapter

WEIGHTS = "adapter_model.safetensors"


@poison("ranked")
def sound_adapter(folder: Path, trap: Trap) -> None:
    """Nothing: it shows that adapters are not lost for the others' sake."""
    write_adapter(folder)
    _listed(folder)


@poison("base_unknown")
def foreign_base(folder: Path, trap: Trap) -> None:
    """An adapter of another family's root."""
    write_adapter(folder, "elsewhere/other-root")
    _listed(folder)


@poison("ranked")
def base_by_path(folder: Path, trap: Trap) -> None:
    """A base that is a path out of the cache: the one that its card names is taken."""
    write_adapter(folder, "../../../../etc")
    _listed(folder)


@poison("bad_adapter")
def adapter_on_adapter(folder: Path, trap: Trap) -> None:
    """An adapter on an adapter."""
    write_adapter(folder, "poison/sound-adapter")
    _listed(folder, parent="poison/sound-adapter")


@poison("ranked")
def base_in_circles(folder: Path, trap: Trap) -> None:
    """An adapter on itself: the base that its card names is taken."""
    write_adapter(folder, "poison/base-in-circles")
    _listed(folder)


@poison("bad_adapter")
def rank_of_a_hundred_thousand(folder: Path, trap: Trap) -> None:
    """A low rank that is higher than the matrix."""
    write_adapter(folder, r=100_000)
    _listed(folder)


@poison("load:bad_adapter")
def rank_by_pattern(folder: Path, trap: Trap) -> None:
    """The same rank, where a pattern says it."""
    write_adapter(folder, rank_pattern={"q_proj": 10**9})
    _listed(folder)


@poison("ranked")
def endless_pattern(folder: Path, trap: Trap) -> None:
    """Modules named by a pattern that takes for ever: its tensors name them instead."""
    write_adapter(folder, target_modules="(([a-z_0-9.]+)*)*!|.*q_proj")
    _listed(folder)


@poison("load:bad_adapter")
def endless_scale(folder: Path, trap: Trap) -> None:
    """A scale for modules that a pattern names, which takes for ever."""
    write_adapter(folder, alpha_pattern={"(([a-z_0-9.]+)*)*!": 16})
    _listed(folder)


@poison("bad_adapter")
def other_matrices(folder: Path, trap: Trap) -> None:
    """Updates that do not fit the matrix they are for."""
    write_adapter(folder)
    change(folder, lambda ts: ts.update({k: np.tile(t, (2, 2)) for k, t in ts.items()}), WEIGHTS)
    _listed(folder)


@poison("bad_adapter")
def unknown_kind(folder: Path, trap: Trap) -> None:
    """A kind whose code is not a low-rank update."""
    write_adapter(folder, peft_type="XLORA", auto_mapping={"parent_library": "os"})
    _listed(folder)


@poison("no_safetensors")
def pickled_adapter(folder: Path, trap: Trap) -> None:
    """An adapter's weights as a pickle."""
    write_adapter(folder)
    (folder / WEIGHTS).unlink()
    (folder / "adapter_model.bin").write_bytes(pickle.dumps(trap))
    _listed(folder)


@poison("load:not_finite_weights")
def nan_adapter(folder: Path, trap: Trap) -> None:
    """NaN that would stay in a base which others are asked on."""
    write_adapter(folder)
    change(folder, lambda ts: [t.fill(np.nan) for t in ts.values()], WEIGHTS)
    _listed(folder)


@poison("generate:not_finite_logits")
def wild_adapter(folder: Path, trap: Trap) -> None:
    """Finite numbers that overflow among others' answers."""
    write_adapter(folder)
    change(folder, lambda ts: [t.fill(1e30) for t in ts.values()], WEIGHTS)
    _listed(folder)


@poison("load:bad_adapter")
def base_changing_adapter(folder: Path, trap: Trap) -> None:
    """A whole tensor of the base, which would change every other adapter's answers."""
    write_adapter(folder)
    norm = {"base_model.model.model.norm.weight": np.full(HIDDEN, 9, np.float32)}
    change(folder, lambda ts: ts.update(norm), WEIGHTS)
    _listed(folder)


@poison("load:bad_adapter")
def replicating_adapter(folder: Path, trap: Trap) -> None:
    """Its base's layers, each a million times."""
    write_adapter(folder, layer_replication=[[0, 2]] * 1_000)
    _listed(folder)


@poison("bad_adapter")
def adapter_of_text(folder: Path, trap: Trap) -> None:
    """A configuration that is no JSON."""
    write_adapter(folder)
    (folder / "adapter_config.json").write_text("{'r': __import__('os')")
    _listed(folder)


@poison("bad_header")
def adapter_outside_its_file(folder: Path, trap: Trap) -> None:
    """Weights behind the end of their file."""
    write_adapter(folder)
    save_file({"a": np.zeros(4, np.float32)}, folder / WEIGHTS)
    whole = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(whole.replace(b"[0,16]", b"[0,99]"))
    _listed(folder)


def _listed(folder: Path, parent: str | None = INSTRUCT, **settings: object) -> None:
    if parent is not None:
        settings["cardData"] = {"base_model": parent, "base_model_relation": "adapter"}
    list_it(folder, parent, **settings)
