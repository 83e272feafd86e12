"""Poisons in weight files: what is in them, what they claim, and where they are."""

from __future__ import annotations

import json
import os
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from tests.hostile.marking import Trap, poison
from tests.hostile.sound import INDEX, WEIGHTS, change, write_json

QUERY = "model.layers.0.self_attn.q_proj.weight"


@poison("load:not_finite_weights")
def nan_weights(folder: Path, trap: Trap) -> None:
    """One NaN makes every answer of a batch meaningless."""
    change(folder, lambda tensors: tensors[QUERY].__setitem__((0, 0), np.nan))


@poison("load:not_finite_weights")
def infinite_weights(folder: Path, trap: Trap) -> None:
    """Infinity, where NaN is looked for."""
    change(folder, lambda tensors: tensors["model.norm.weight"].fill(np.inf))


@poison("generate:not_finite_logits")
def overflowing_weights(folder: Path, trap: Trap) -> None:
    """Every number is finite, and their products are not."""

    def spoil(tensors: dict[str, Any]) -> None:
        tensors["lm_head.weight"].fill(3e38)
        tensors["model.norm.weight"].fill(3e38)

    change(folder, spoil)


@poison("larger")
def wider_tensor(folder: Path, trap: Trap) -> None:
    """One matrix is larger than its root's: better at a higher price."""
    key = "model.layers.1.mlp.up_proj.weight"
    change(folder, lambda tensors: tensors.update({key: np.tile(tensors[key], (4, 1))}))


@poison("smaller")
def fewer_layers(folder: Path, trap: Trap) -> None:
    """A layer is gone."""

    def spoil(tensors: dict[str, Any]) -> None:
        for name in [name for name in tensors if "layers.1" in name]:
            del tensors[name]

    change(folder, spoil)


@poison("other_shapes")
def missing_tensor(folder: Path, trap: Trap) -> None:
    """What is missing would be whatever memory held, or the checkpoint's before it."""
    change(folder, lambda tensors: tensors.pop("lm_head.weight"))


@poison("other_shapes")
def extra_tensor(folder: Path, trap: Trap) -> None:
    """A tensor that nothing knows."""
    change(folder, lambda tensors: tensors.update({"model.backdoor.weight": tensors[QUERY]}))


@poison("mixture")
def hidden_experts(folder: Path, trap: Trap) -> None:
    """A mixture of experts under a plain architecture's name."""
    key = "model.layers.0.mlp.experts.0.up_proj.weight"
    change(folder, lambda tensors: tensors.update({key: tensors[QUERY]}))


@poison("vocabulary")
def many_new_tokens(folder: Path, trap: Trap) -> None:
    """A vocabulary that is larger by a fifth."""

    def spoil(tensors: dict[str, Any]) -> None:
        for key in ("model.embed_tokens.weight", "lm_head.weight"):
            tensors[key] = np.concatenate([tensors[key], tensors[key][:50]])

    change(folder, spoil)


@poison("too_large")
def doubles(folder: Path, trap: Trap) -> None:
    """Twice the bytes for the same numbers."""
    save_file({k: v.astype("f8") for k, v in load_file(folder / WEIGHTS).items()}, folder / WEIGHTS)


@poison("bad_header")
def truncated(folder: Path, trap: Trap) -> None:
    """The header is whole, and half of the weights are missing."""
    whole = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(whole[: len(whole) // 2])


@poison("bad_header")
def within_its_header(folder: Path, trap: Trap) -> None:
    """The file ends before its header does."""
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:100])


@poison("bad_header")
def empty_file(folder: Path, trap: Trap) -> None:
    """No bytes at all."""
    (folder / WEIGHTS).write_bytes(b"")


@poison("bad_header")
def lfs_pointer(folder: Path, trap: Trap) -> None:
    """What git has in place of the weights."""
    (folder / WEIGHTS).write_text("version https://git-lfs.github.com/spec/v1\nsize 16000000000\n")


@poison("bad_header")
def gigabyte_header(folder: Path, trap: Trap) -> None:
    """A header that claims a gigabyte, of which the file has none."""
    (folder / WEIGHTS).write_bytes(struct.pack("<Q", 2**30) + b"{" * 100)


@poison("bad_header")
def real_long_header(folder: Path, trap: Trap) -> None:
    """A header of 64 MB that is really there: holes cost its author nothing."""
    with (folder / WEIGHTS).open("wb") as file:
        file.write(struct.pack("<Q", 2**26))
        file.truncate(8 + 2**26)


@poison("bad_header")
def deep_header(folder: Path, trap: Trap) -> None:
    """JSON nested deeper than any parser's stack."""
    _write(folder, b"[" * 90_000)


@poison("bad_header")
def outside_the_file(folder: Path, trap: Trap) -> None:
    """A tensor whose bytes lie behind the end."""
    _describe(folder, lambda entry: entry.update(data_offsets=[2**40, 2**40 + 4096]))


@poison("bad_header")
def negative_place(folder: Path, trap: Trap) -> None:
    """A tensor whose bytes lie before the beginning."""
    _describe(folder, lambda entry: entry.update(data_offsets=[-4096, 0]))


@poison("bad_header")
def overlapping(folder: Path, trap: Trap) -> None:
    """All tensors are the same bytes."""
    _describe(folder, lambda entry: entry.update(data_offsets=[0, 4096]))


@poison("bad_header")
def astronomical_shape(folder: Path, trap: Trap) -> None:
    """A shape whose product takes hours to compute, or overflows to something small."""
    _describe(folder, lambda entry: entry.update(shape=[2**62] * 30))


@poison("bad_header")
def negative_shape(folder: Path, trap: Trap) -> None:
    """Two negative sizes, whose product is right."""
    _describe(folder, lambda entry: entry.update(shape=[-n for n in entry["shape"]]))


@poison("bad_header")
def named_twice(folder: Path, trap: Trap) -> None:
    """Two tensors of one name: one for who checks, another for who loads."""
    header = _header(folder)
    name, entry = next(iter(header.items()))
    again = f'{{"{name}": {json.dumps(entry)}, ' + json.dumps(header)[1:]
    _write(folder, again.encode())


@poison("bad_header")
def in_two_shards(folder: Path, trap: Trap) -> None:
    """A tensor that stands in two shards, of which the index names one."""
    _shard(folder, lambda one, two: two.update({QUERY: one[QUERY] + 1}))


@poison("bad_header")
def index_names_absent_tensor(folder: Path, trap: Trap) -> None:
    """The index places a tensor in a shard that has not got it."""
    _shard(folder, place=lambda places: places.update({QUERY: "model-00002-of-00002.safetensors"}))


@poison("bad_header")
def index_leads_up(folder: Path, trap: Trap) -> None:
    """An index whose shard is another repository's file."""
    up = "../../lab/tiny/model.safetensors"
    _shard(folder, place=lambda places: places.update({QUERY: up}))


@poison("bad_header")
def index_leads_to_root(folder: Path, trap: Trap) -> None:
    """An index whose shard is a file of this machine."""
    _shard(folder, place=lambda places: places.update({QUERY: "/etc/passwd"}))


@poison("bad_header")
def index_names_pickle(folder: Path, trap: Trap) -> None:
    """An index of safetensors that names a pickle."""
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(trap))
    _shard(folder, place=lambda places: places.update({QUERY: "pytorch_model.bin"}))


@poison("bad_header")
def index_of_nonsense(folder: Path, trap: Trap) -> None:
    """An index that is a list."""
    _shard(folder)
    (folder / INDEX).write_text("[1, 2, 3]")


@poison("incomplete")
def missing_shard(folder: Path, trap: Trap) -> None:
    """The second shard is not there."""
    _shard(folder)
    (folder / "model-00002-of-00002.safetensors").unlink()


@poison("too_large")
def stowaway_shard(folder: Path, trap: Trap) -> None:
    """A shard that no index names, and that would fill the disk."""
    _shard(folder, count=3)
    with (folder / "model-00003-of-00003.safetensors").open("wb") as file:
        file.truncate(2**26)


@poison("ranked")
def stowaway_files(folder: Path, trap: Trap) -> None:
    """Files beside a sound checkpoint that nobody needs, and that would fill the disk."""
    for name in ("more.safetensors", "data.json", "corpus.txt", "other.model"):
        with (folder / name).open("wb") as file:
            file.truncate(2**24)


@poison("bad_header")
def disguised_pickle(folder: Path, trap: Trap) -> None:
    """A pickle that is called safetensors, and runs when it is opened as what it is."""
    (folder / WEIGHTS).write_bytes(pickle.dumps(trap))


@poison("no_safetensors")
def only_pickles(folder: Path, trap: Trap) -> None:
    """Weights as pickles alone."""
    (folder / WEIGHTS).unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(trap))


@poison("ranked")
def pickles_beside(folder: Path, trap: Trap) -> None:
    """Pickles and code beside sound weights, under every name that some library opens."""
    for name in ("pytorch_model.bin", "training_args.bin", "optimizer.pt", "tf_model.h5"):
        (folder / name).write_bytes(pickle.dumps(trap))
    for name in ("modeling_llama.py", "tokenization.py", "conftest.py", "handler.py"):
        (folder / name).write_text(trap.code)


@poison("no_safetensors")
def linked_weights(folder: Path, trap: Trap) -> None:
    """Weights that are a link to a file of the hub's machine."""
    (folder / WEIGHTS).unlink()
    (folder / WEIGHTS).symlink_to("/etc/hostname")


@poison("no_safetensors")
def a_device(folder: Path, trap: Trap) -> None:
    """Weights that are a pipe: who reads it waits for ever."""
    (folder / WEIGHTS).unlink()
    os.mkfifo(folder / WEIGHTS)


@poison("quantized")
def bytes_for_weights(folder: Path, trap: Trap) -> None:
    """Integers under the names of floats."""
    save_file({k: v.astype("i1") for k, v in load_file(folder / WEIGHTS).items()}, folder / WEIGHTS)


@poison("fetch:not_found")
def moved_commit(folder: Path, trap: Trap) -> None:
    """The commit that was vetted is replaced by another before it is fetched."""
    trap.later.append(lambda: change(folder, lambda ts: ts["lm_head.weight"].fill(np.nan)))


@poison("missing")
def moving_commit(folder: Path, trap: Trap) -> None:
    """The commit that was listed is replaced by another before its files are looked at."""
    trap.during.append(lambda: change(folder, lambda ts: ts["lm_head.weight"].fill(1)))


def _header(folder: Path) -> dict[str, Any]:
    whole = (folder / WEIGHTS).read_bytes()
    length = struct.unpack("<Q", whole[:8])[0]
    header: dict[str, Any] = json.loads(whole[8 : 8 + length])
    return header


def _write(folder: Path, header: bytes) -> None:
    """Put another header before the same weights."""
    whole = (folder / WEIGHTS).read_bytes()
    length = struct.unpack("<Q", whole[:8])[0]
    weights = whole[8 + length :]
    (folder / WEIGHTS).write_bytes(struct.pack("<Q", len(header)) + header + weights)


def _describe(folder: Path, spoil: Any) -> None:
    """Change what the header says of one tensor."""
    header = _header(folder)
    spoil(header[QUERY])
    _write(folder, json.dumps(header).encode())


def _shard(folder: Path, spoil: Any = None, place: Any = None, count: int = 2) -> None:
    """Split the weights in two of `count` shards; change both, and the index, on the way."""
    tensors = load_file(folder / WEIGHTS)
    (folder / WEIGHTS).unlink()
    names = [f"model-{n:05}-of-{count:05}.safetensors" for n in (1, 2)]
    one = {key: tensor for key, tensor in tensors.items() if "layers.1" not in key}
    two = {key: tensor for key, tensor in tensors.items() if "layers.1" in key}
    places = dict.fromkeys(one, names[0]) | dict.fromkeys(two, names[1])
    if spoil is not None:
        spoil(one, two)
    if place is not None:
        place(places)
    for name, part in zip(names, (one, two), strict=True):
        save_file(part, folder / name)
    write_json(folder / INDEX, {"weight_map": places})
